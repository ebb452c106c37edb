//! Applies a stored event once more.

use super::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::events::{self, Readable};
use perezvon_core::event::EventKind;
use perezvon_core::{Event, Time};

impl Transaction<'_> {
    /// Applies a stored event to its calls again; returns whether it changed any, or none if there is no such event.
    /// An unreadable event that can be read now becomes like any other; an event that was readable does not bring
    /// back a deleted call, and is not counted for the subscriptions.
    pub(crate) fn replay(&mut self, seq: i64, read: &Readable) -> Result<Option<bool>, LedgerError> {
        let Some(stored) = events::receipt(self.connection, seq)? else {
            return Ok(None);
        };
        let event = match read {
            Ok(event) => event,
            Err(reason) => {
                if stored.unreadable {
                    events::set_unreadable(self.connection, seq, reason)?;
                }
                return Ok(Some(false));
            }
        };
        if stored.unreadable {
            events::set_read(self.connection, seq, event)?;
            self.count(event, stored.at)?;
        }
        Ok(Some(self.join(event, stored.at, stored.unreadable)?))
    }

    /// A number that counted as lost has come after all. The time when the subscription was last heard stays.
    fn count(&mut self, event: &Event, at: Time) -> rusqlite::Result<()> {
        let Some(id) = self.counted(event, at) else {
            return Ok(());
        };
        if event.kind == EventKind::SubscriptionTerminated {
            self.end_subscription(id, "terminated", None)?;
            self.wake_keeper();
        }
        Ok(())
    }
}
