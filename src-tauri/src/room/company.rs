//! The abonents of the company.

use super::Answer;
use super::relay::{failure_of, page_failure, relay};
use crate::core::Core;
use perezvon_desk::relay_client::admin::{AbonentRow, AbonentsDiff};
use std::sync::Arc;

room! {
    list {} -> Vec<AbonentRow>,
    /// What the PBX has and the relay has not; stores nothing.
    preview {} -> AbonentsDiff,
    fill {} -> (),
    /// Answers `on` or `off`, as the PBX says after it.
    switch_recording { abonent: String, on: bool } -> String,
}

async fn list(core: &Arc<Core>) -> Answer<Vec<AbonentRow>> {
    let relay = relay(core).await?;
    relay.abonent_rows().await.map_err(|e| page_failure(&e))
}

async fn preview(core: &Arc<Core>) -> Answer<AbonentsDiff> {
    let relay = relay(core).await?;
    relay.preview_abonents().await.map_err(|e| page_failure(&e))
}

async fn fill(core: &Arc<Core>) -> Answer<()> {
    let relay = relay(core).await?;
    relay.fill_abonents().await.map_err(|e| page_failure(&e))
}

async fn switch_recording(core: &Arc<Core>, abonent: String, on: bool) -> Answer<String> {
    let relay = relay(core).await?;
    relay.switch_recording(&abonent, on).await.map_err(|e| failure_of(&e))
}
