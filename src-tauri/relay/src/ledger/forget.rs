//! Forgetting calls: in the ledger and in the writer's memory alike.

use super::transaction::Transaction;
use crate::tables::calls::aside;
use crate::tables::{LedgerError, retention};

impl Transaction<'_> {
    /// Deletes calls that began before `cut` (epoch milliseconds) and are over; the desks keep theirs. Gives how many.
    pub(crate) fn forget_calls(&mut self, cut: i64) -> Result<usize, LedgerError> {
        let mut forgotten = 0;
        for (seq, key) in retention::old_calls(self.connection, cut)? {
            if self.state.calls.forget(&key) {
                forgotten += retention::forget_call(self.connection, seq)?;
            }
        }
        aside::forget(self.connection, cut)?;
        Ok(forgotten)
    }
}
