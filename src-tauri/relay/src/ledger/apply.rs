//! Applies entries in order.

use super::entry::{Answer, Entry, Stamped};
use super::losses::LossChanges;
use super::transaction::{Transaction, Unsettled};
use crate::tables::LedgerError;

impl Transaction<'_> {
    /// Applies the entry of this number; none if it was applied before. An error undoes this entry alone, except that
    /// an error of [`Entry::Posted`] or [`Entry::Swept`] undoes the transaction.
    pub(super) fn apply(&mut self, number: i64, stamped: &Stamped) -> Result<Option<Answer>, NotApplied> {
        if number <= self.state.rest.applied {
            return Ok(None);
        }
        self.at = stamped.at;
        let is_hot = matches!(stamped.entry, Entry::Posted(_) | Entry::Swept(_));
        let answer = if is_hot {
            self.state.calls.begin(stamped.at, stamped.seed, false);
            self.apply_and_settle(&stamped.entry).map_err(NotApplied::All)?
        } else {
            self.apply_alone(stamped)?
        };
        self.state.rest.applied = number;
        Ok(Some(answer))
    }

    fn apply_alone(&mut self, stamped: &Stamped) -> Result<Answer, NotApplied> {
        let connection = self.connection;
        let run = |sql: &str| {
            connection
                .execute_batch(sql)
                .map_err(|error| NotApplied::All(error.into()))
        };
        // Changes of earlier entries must not be undone with this one, and this one may look for calls in the tables.
        self.flush().map_err(NotApplied::All)?;
        let before = self.state.rest.clone();
        run("SAVEPOINT entry")?;
        self.state.calls.begin(stamped.at, stamped.seed, true);
        match self.apply_and_settle(&stamped.entry) {
            Ok(answer) => {
                run("RELEASE entry")?;
                Ok(answer)
            }
            Err(error) => {
                run("ROLLBACK TO entry; RELEASE entry")?;
                self.losses = LossChanges::default();
                self.unsettled = Unsettled::default();
                let undone = self.state.undo(connection, before);
                undone.map_err(|error| NotApplied::All(error.into()))?;
                Err(NotApplied::Alone(error))
            }
        }
    }

    fn apply_and_settle(&mut self, entry: &Entry) -> Result<Answer, LedgerError> {
        let answer = entry.apply(self)?;
        self.rebuild()?;
        self.settle_lists()?;
        self.pick_ups()?;
        self.later_talks()?;
        self.weigh_doubt()?;
        self.state.calls.end();
        Ok(answer)
    }
}

/// Why an entry was not applied.
#[derive(Debug)]
pub(super) enum NotApplied {
    /// This entry alone failed; the transaction goes on.
    Alone(LedgerError),
    /// The whole transaction must be undone.
    All(LedgerError),
}

impl NotApplied {
    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::Alone(error) | Self::All(error) => error,
        }
    }
}
