//! Events of the PBX, and time.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::events::Readable;
use crate::tables::events::body::Body;
use serde_json::json;

/// What became of a posted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appended {
    /// New and read.
    Stored,
    /// New; it cannot be read and is kept as it came.
    Unreadable,
    /// It was there already.
    Repeated,
}

/// The PBX posted an event.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The event, or why it cannot be read: what reading the body gives.
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

/// A stored event is given to its calls once more; the answer says whether they learnt something, or nothing where there
/// is no such event any more.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    /// Number of the event.
    pub(crate) seq: i64,
    /// What reading its text gives now.
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

/// Time passed: deadlines of calls, lost events.
#[derive(Clone, Debug)]
pub(crate) struct Swept;

impl Swept {
    #[expect(clippy::unused_self, reason = "every entry is applied in the same way")]
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.sweep()
    }
}
