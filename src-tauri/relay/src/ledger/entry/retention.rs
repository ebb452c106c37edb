//! Entries of retention: one bounded step each.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::retention::{self, EventCut, Step};

/// One step of deleting events.
#[derive(Clone, Debug)]
pub(crate) struct EventsForgotten {
    pub(crate) old: EventCut,
    /// Where the previous step ended.
    pub(crate) after: Option<(i64, i64)>,
}

impl EventsForgotten {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Step, LedgerError> {
        Ok(retention::forget_events(transaction.connection, self.old, self.after)?)
    }
}

/// One step of deleting requests to the PBX; the answer says how many were deleted.
#[derive(Clone, Debug)]
pub(crate) struct RequestsForgotten {
    /// Before this time, epoch milliseconds.
    pub(crate) before: i64,
}

impl RequestsForgotten {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        Ok(retention::forget_requests(transaction.connection, self.before)?)
    }
}

/// One step of deleting ended calls; the answer says how many were deleted.
#[derive(Clone, Debug)]
pub(crate) struct CallsForgotten {
    /// Began before this time, epoch milliseconds.
    pub(crate) before: i64,
}

impl CallsForgotten {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        transaction.forget_calls(self.before)
    }
}
