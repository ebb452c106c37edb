//! Reads the company from the PBX into the ledger.

pub(crate) mod forwarding;
pub(crate) mod recording;

use crate::failed::Failed;
use crate::ledger::Ledger;
use crate::ledger::entry::{CompanyRead, Noted};
use crate::pbx::Pbx;
use crate::tables::LedgerError;
use crate::tables::abonents::{self, Abonent, Diff};
use crate::tables::audit::{What, Who};
use perezvon_pbx::rest::{Portal, PortalError, Reach, Token};
use std::sync::Arc;
use tokio::sync::Notify;

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The PBX rejects it, or cannot be reached.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// It cannot be stored.
    #[error("the token cannot be stored: {0}")]
    Store(std::io::Error),
}

impl From<LedgerError> for TokenError {
    fn from(error: LedgerError) -> Self {
        Self::Store(std::io::Error::other(error))
    }
}

/// Reads the company. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Company {
    ledger: Ledger,
    /// Notified when there may be abonents whose recording mode is not known.
    look_at_recording: Arc<Notify>,
}

/// The PBX may have done what it was asked for, although its answer was lost: the result must be read.
fn may_be_done(error: &PortalError) -> bool {
    matches!(
        error,
        PortalError::Timeout
            | PortalError::Unavailable { .. }
            | PortalError::OutcomeUnknown { .. }
            | PortalError::Unreachable { reach: Reach::Broken }
    )
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

impl Company {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self {
            ledger,
            look_at_recording: Arc::default(),
        }
    }

    /// What [`Self::refresh`] would change. Stores nothing.
    pub(crate) async fn preview(&self, portal: &Portal) -> Result<Diff, Failed> {
        let told = ask(portal).await?;
        let diff = self.ledger.read(move |connection| abonents::diff(connection, &told));
        Ok(diff.await?)
    }

    /// Reads abonents and inbound numbers from the PBX and stores them; gives the abonents.
    pub(crate) async fn refresh(&self, portal: &Portal, who: Who) -> Result<Vec<Abonent>, Failed> {
        let abonents = ask(portal).await?;
        // Not every account has inbound numbers, and calls can be shown without them.
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
        self.ledger.put(read).await?;
        self.look_at_recording.notify_one();
        Ok(abonents)
    }

    /// Checks a token at the PBX and uses it from now on; returns how many abonents it gives access to.
    pub(crate) async fn accept_token(&self, pbx: &Pbx, token: Token, who: Who) -> Result<usize, TokenError> {
        let portal = pbx.client(token.clone())?;
        let asking = portal.clone().caused_by("token");
        let abonents = match self.refresh(&asking, who.clone()).await {
            Ok(abonents) => abonents.len(),
            Err(Failed::Portal(error)) => return Err(error.into()),
            Err(Failed::Ledger(error)) => return Err(error.into()),
        };
        pbx.accept(token, portal).map_err(TokenError::Store)?;
        let changed = Noted {
            who,
            what: What::TokenChanged,
            subject: None,
            detail: None,
        };
        self.ledger.put(changed).await?;
        Ok(abonents)
    }
}
