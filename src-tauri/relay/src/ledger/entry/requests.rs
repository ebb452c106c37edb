//! Calls that desks ask for.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::requests::{self, RequestRow, RequestState};

/// A desk asks for a call. The answer is the request of the same key that was there already.
#[derive(Clone, Debug)]
pub(crate) struct CallAsked {
    pub(crate) abonent: String,
    /// The idempotency key.
    pub(crate) key: String,
    /// Canonical number.
    pub(crate) number: String,
}

impl CallAsked {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<RequestRow>, LedgerError> {
        let at = transaction.at;
        requests::begin(transaction.connection, &self.abonent, &self.key, &self.number, at)
    }
}

/// What became of a call that was asked for. The answer is the call's id, where it is known.
#[derive(Clone, Debug)]
pub(crate) struct CallPlaced {
    pub(crate) request: RequestRow,
    pub(crate) state: RequestState,
    /// The session that the PBX named.
    pub(crate) tracking_id: Option<String>,
    /// Code of the failure.
    pub(crate) error: Option<&'static str>,
}

impl CallPlaced {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<String>, LedgerError> {
        let whose = (self.request.abonent.as_str(), self.request.key.as_str());
        let (tracking, at) = (self.tracking_id.as_deref(), transaction.at);
        requests::finish(transaction.connection, whose, self.state, tracking, self.error, at)?;
        match self.state {
            RequestState::Placed | RequestState::Unknown => transaction.placed(&self.request, tracking),
            RequestState::Placing | RequestState::Failed => Ok(None),
        }
    }
}
