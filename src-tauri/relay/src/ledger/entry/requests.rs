//! Entries about calls that desks ask for.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::requests::{self, RequestRow, RequestState};
use perezvon_core::Time;

/// A desk asks for a call. The answer is an existing request with the same key.
#[derive(Clone, Debug)]
pub(crate) struct CallAsked {
    pub(crate) abonent: String,
    /// The idempotency key.
    pub(crate) key: String,
    /// Canonical number.
    pub(crate) number: String,
    /// When; together with the key it distinguishes this attempt from a later one.
    pub(crate) asked_at: Time,
}

impl CallAsked {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<RequestRow>, LedgerError> {
        let (connection, at) = (transaction.connection, self.asked_at);
        requests::begin(connection, &self.abonent, &self.key, &self.number, at)
    }
}

/// The PBX was not asked after all: the caller of [`CallAsked`] was told that it is not stored, which is uncertain
/// after a failed sync. The request is removed, so that a repeat of it is placed.
#[derive(Clone, Debug)]
pub(crate) struct CallNotAsked(pub(crate) CallAsked);

impl CallNotAsked {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        let CallAsked {
            abonent, key, asked_at, ..
        } = &self.0;
        requests::take_back(transaction.connection, abonent, key, *asked_at)
    }
}

/// The outcome of a placed call. The answer is the call's id, if known. The entry may come twice: an outcome whose
/// storing seemed to fail is stored again.
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
        let known = requests::get(transaction.connection, whose.0, whose.1)?;
        if let Some(known) = known.filter(|known| known.state != RequestState::Placing)
            && (known.call_id.is_some() || known.state == self.state)
        {
            // Applied before. A second search might match another call.
            return Ok(known.call_id);
        }
        requests::finish(transaction.connection, whose, self.state, tracking, self.error, at)?;
        match self.state {
            RequestState::Placed | RequestState::Unknown => transaction.placed(&self.request, tracking),
            RequestState::Placing | RequestState::Failed => Ok(None),
        }
    }
}

/// An abonent undertakes to call the caller of a missed call back, or gives that back. The answer is false where the call
/// is not theirs.
#[derive(Clone, Debug)]
pub(crate) struct CallClaimed {
    pub(crate) abonent: String,
    /// Key of the call.
    pub(crate) call: String,
    /// Until when; none: given back.
    pub(crate) until: Option<Time>,
}

impl CallClaimed {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        Ok(transaction.claim(&self.call, &self.abonent, self.until)?)
    }
}
