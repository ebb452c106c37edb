//! Entries about events of the PBX and the passing of time.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::events::Readable;
use crate::tables::events::body::Body;
use serde_json::json;

/// What was done with a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// New and readable.
    Stored,
    /// New and unreadable; stored as it came.
    Unreadable,
    /// Stored before.
    Repeated,
}

/// The PBX posted an event.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The event, or why it cannot be read.
    pub(crate) read: Box<Readable>,
    /// The body as it is stored.
    pub(crate) body: Body,
}

impl Posted {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Appended, LedgerError> {
        if !transaction.event(&self.read, &self.body)? {
            return Ok(Appended::Repeated);
        }
        Ok(if self.read.is_ok() {
            Appended::Stored
        } else {
            Appended::Unreadable
        })
    }
}

/// A stored event is applied to its calls once more; the answer says whether it changed any, or none if the event no
/// longer exists.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    /// Number of the event.
    pub(crate) seq: i64,
    /// The result of reading its text now.
    pub(crate) read: Box<Readable>,
    pub(crate) who: Who,
}

impl Replayed {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Option<bool>, LedgerError> {
        let changed = transaction.replay(self.seq, &self.read)?;
        if let Some(changed) = changed {
            transaction.audit(
                &self.who,
                What::EventReplayed,
                Some(self.seq.to_string()),
                Some(json!({ "changed": changed })),
            )?;
        }
        Ok(changed)
    }
}

/// Time passed: deadlines of calls and of gaps are due.
#[derive(Clone, Debug)]
pub(crate) struct Swept;

impl Swept {
    #[expect(clippy::unused_self, reason = "every entry is applied in the same way")]
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.sweep()
    }
}
