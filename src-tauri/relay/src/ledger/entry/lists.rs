//! Entries about the PBX's lists: lines of the statistics and recordings.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::recordings::RecordingRow;
use crate::tables::statistics;
use perezvon_core::Time;
use perezvon_core::call::StatisticsLine;
use serde_json::Value;

/// Lines of the statistics were read, the earliest first.
#[derive(Clone, Debug)]
pub(crate) struct LinesRead {
    pub(crate) lines: Vec<StatisticsLine>,
    /// All lines up to this time have been read; none: more of the same window follow.
    pub(crate) until: Option<Time>,
}

impl LinesRead {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.take_lines(self.lines.clone())?;
        self.until.map_or(Ok(()), |until| transaction.lines_read(until))
    }
}

/// Recordings were listed.
#[derive(Clone, Debug)]
pub(crate) struct RecordsRead {
    pub(crate) rows: Vec<RecordingRow>,
    /// The position from which reading goes on; none: it stays.
    pub(crate) cursor: Option<String>,
    /// This was the last part of the list.
    pub(crate) is_last: bool,
}

impl RecordsRead {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.take_recordings(self.rows.clone())?;
        if !self.is_last {
            return Ok(());
        }
        let (cursor, at) = (self.cursor.as_deref(), transaction.at);
        statistics::advance(transaction.connection, statistics::RECORDS, cursor, None, at)
    }
}

/// The PBX no longer has a recording; false if that was known.
#[derive(Clone, Debug)]
pub(crate) struct RecordingGone {
    pub(crate) id: String,
}

impl RecordingGone {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        transaction.recording_gone(&self.id)
    }
}

/// An administrator deleted a recording at the PBX.
#[derive(Clone, Debug)]
pub(crate) struct RecordingDeleted {
    pub(crate) id: String,
    pub(crate) who: Who,
    /// The detail for the audit.
    pub(crate) detail: Value,
}

impl RecordingDeleted {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        transaction.recording_gone(&self.id)?;
        transaction.audit(
            &self.who,
            What::RecordingDeleted,
            Some(self.id.clone()),
            Some(self.detail.clone()),
        )
    }
}

/// Calls that have waited since before `before` for lines or a recording stop waiting; the answer says how many.
#[derive(Clone, Debug)]
pub(crate) struct WaitGivenUp {
    pub(crate) before: Time,
    /// At most this many.
    pub(crate) limit: usize,
}

impl WaitGivenUp {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<usize, LedgerError> {
        transaction.give_up_waiting(self.before, self.limit)
    }
}
