//! The company as the PBX lists it, taken into the ledger.

use crate::ledger::LedgerError;
use crate::ledger::abonents::{self, Abonent};
use crate::state::App;
use crate::writer::now;
use perezvon_pbx::rest::{Portal, PortalError};

/// Why the company could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error(transparent)]
    Portal(#[from] PortalError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Reads abonents and inbound numbers from the PBX and stores them; gives the abonents.
pub(crate) async fn refresh(app: &App, portal: &Portal) -> Result<Vec<Abonent>, RefreshError> {
    let told = portal.abonents().await?;
    let abonents: Vec<Abonent> = told
        .into_iter()
        .map(|a| Abonent {
            id: a.user_id,
            phone: a.phone,
            first_name: a.first_name,
            last_name: a.last_name,
            email: a.email,
            department: a.department,
            extension: a.extension,
            gone_at: None,
        })
        .collect();
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
            abonents::replace(batch.connection, &stored, now())?;
            abonents::add_numbers(batch.connection, &numbers)?;
            batch.roster_changed = true;
            batch.wake_keeper = true;
            Ok(())
        })
        .await?;
    Ok(abonents)
}
