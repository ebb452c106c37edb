//! The company as the PBX lists it, taken into the ledger.

pub(crate) mod recording;

use crate::tables::LedgerError;
use crate::tables::abonents::{self, Abonent, Diff};
use crate::tables::audit::{self, Entry, What, Who};
use crate::state::App;
use crate::clock::now;
use perezvon_pbx::rest::{Portal, PortalError};
use serde_json::json;

/// Why the company could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error(transparent)]
    Portal(#[from] PortalError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The abonents as the PBX lists them now.
async fn ask(portal: &Portal) -> Result<Vec<Abonent>, PortalError> {
    let told = portal.abonents().await?;
    let abonents = told.into_iter().map(|a| Abonent {
        id: a.user_id,
        phone: a.phone,
        first_name: a.first_name,
        last_name: a.last_name,
        email: a.email,
        department: a.department,
        extension: a.extension,
        ..Abonent::default()
    });
    Ok(abonents.collect())
}

/// What [`refresh`] would change. Stores nothing.
pub(crate) async fn preview(app: &App, portal: &Portal) -> Result<Diff, RefreshError> {
    let told = ask(portal).await?;
    Ok(app
        .ledger
        .read(move |connection| abonents::diff(connection, &told))
        .await?)
}

/// Reads abonents and inbound numbers from the PBX and stores them; gives the abonents.
pub(crate) async fn refresh(app: &App, portal: &Portal, who: Who) -> Result<Vec<Abonent>, RefreshError> {
    let abonents = ask(portal).await?;
    // Not every account has lines, and calls can be told without them.
    let numbers = match portal.numbers().await {
        Ok(numbers) => numbers
            .into_iter()
            .filter_map(|n| Some((n.number_id, n.phone?)))
            .collect(),
        Err(error) => {
            tracing::warn!(code = error.code(), "the PBX does not list its inbound numbers");
            Vec::new()
        }
    };
    let stored = abonents.clone();
    app.ledger
        .write(move |batch| {
            let diff = abonents::diff(batch.connection, &stored)?;
            abonents::replace(batch.connection, &stored, now())?;
            abonents::add_numbers(batch.connection, &numbers)?;
            if !diff.is_empty() {
                audit::add(batch.connection, &filled(who, &diff))?;
            }
            batch.roster_changed = true;
            batch.wake_keeper = true;
            Ok(())
        })
        .await?;
    app.wake_recording.notify_one();
    Ok(abonents)
}

/// The line of the audit: whom it concerned. The ids of a very large company are cut.
fn filled(who: Who, diff: &Diff) -> Entry {
    const IDS: usize = 1000;
    let ids = |of: &mut dyn Iterator<Item = &String>| of.take(IDS).cloned().collect::<Vec<_>>();
    Entry {
        at: now(),
        who,
        what: What::AbonentsFilled,
        subject: None,
        detail: Some(json!({
            "new": ids(&mut diff.new.iter().map(|a| &a.id)),
            "changed": ids(&mut diff.changed.iter().map(|c| &c.after.id)),
            "gone": ids(&mut diff.gone.iter().map(|a| &a.id)),
        })),
    }
}
