//! The company as the PBX lists it, taken into the ledger.

pub(crate) mod recording;

use crate::ledger::entry::CompanyRead;
use crate::state::App;
use crate::tables::LedgerError;
use crate::tables::abonents::{self, Abonent, Diff};
use crate::tables::audit::Who;
use perezvon_pbx::rest::{Portal, PortalError};

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
    let read = CompanyRead {
        abonents: abonents.clone(),
        numbers,
        who,
    };
    app.ledger.put(read).await?;
    app.wake_recording.notify_one();
    Ok(abonents)
}
