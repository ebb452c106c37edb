//! Deletes calls, from the tables and from the writer's memory.

use super::transaction::Transaction;
use crate::tables::calls::aside;
use crate::tables::{LedgerError, recordings, retention, statistics};

impl Transaction<'_> {
    /// Deletes ended calls that began before `cut` (epoch milliseconds), with their lines and recordings; the desks
    /// keep their copies. Returns how many.
    pub(crate) fn forget_calls(&mut self, cut: i64) -> Result<usize, LedgerError> {
        let mut forgotten = 0;
        for (seq, key) in retention::old_calls(self.connection, cut)? {
            let stored = aside::by_key(self.connection, &key)?;
            if self.state.calls.forget(&key) {
                for id in stored.iter().flatten().flat_map(|row| row.call.lines().keys()) {
                    statistics::forget(self.connection, id, &key)?;
                }
                recordings::forget(self.connection, &key)?;
                forgotten += retention::forget_call(self.connection, seq)?;
            }
        }
        aside::forget(self.connection, cut)?;
        statistics::forget_aside(self.connection, cut)?;
        Ok(forgotten)
    }
}
