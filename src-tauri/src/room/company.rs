//! The abonents of the company.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use crate::sought::Abonent;
use perezvon_core::Number;
use perezvon_desk::relay_client::admin::{AbonentRow, AbonentsDiff};
use std::sync::Arc;

room! {
    list {} -> Vec<AbonentRow>,
    /// The ids of those who are found in the list that was read last, here or by `connection.abonents`.
    find { query: String } -> Vec<String>,
    /// What the PBX has and the relay has not; stores nothing.
    preview {} -> AbonentsDiff,
    fill {} -> (),
    /// Answers `on` or `off`, as the PBX says after it.
    switch_recording { abonent: String, on: bool } -> String,
}

async fn list(core: &Arc<Core>) -> Answer<Vec<AbonentRow>> {
    let relay = relay(core).await?;
    let mut rows = relay.abonent_rows().await.map_err(|e| page_failure(&e))?;
    rows.iter_mut().for_each(show);
    core.sought.keep(rows.iter().map(sought).collect());
    Ok(rows)
}

/// The number for reading.
fn show(row: &mut AbonentRow) {
    row.phone = row.phone.take().map(|phone| Number::parse(&phone).display());
}

fn sought(row: &AbonentRow) -> Abonent {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let shown = [&row.last_name, &row.first_name, &row.department, &row.email].map(of);
    Abonent::new(
        &row.id,
        &of(&row.phone),
        &of(&row.extension),
        &shown.each_ref().map(String::as_str),
    )
}

async fn find(core: &Arc<Core>, query: String) -> Answer<Vec<String>> {
    Ok(core.sought.find(&query))
}

async fn preview(core: &Arc<Core>) -> Answer<AbonentsDiff> {
    let relay = relay(core).await?;
    let mut diff = relay.preview_abonents().await.map_err(|e| page_failure(&e))?;
    diff.new.iter_mut().chain(&mut diff.gone).for_each(show);
    for change in &mut diff.changed {
        show(&mut change.before);
        show(&mut change.after);
    }
    Ok(diff)
}

async fn fill(core: &Arc<Core>) -> Answer<()> {
    let relay = relay(core).await?;
    relay.fill_abonents().await.map_err(|e| page_failure(&e))
}

async fn switch_recording(core: &Arc<Core>, abonent: String, on: bool) -> Answer<String> {
    let relay = relay(core).await?;
    relay.switch_recording(&abonent, on).await.map_err(|e| failure_of(&e))
}
