//! Putting a stored event through once more.

use super::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::events::{self, Readable};
use perezvon_core::event::EventKind;
use perezvon_core::{Event, Time};

impl Transaction<'_> {
    /// Gives a stored event to its calls again; says whether they learnt something, or nothing where there is no such
    /// event any more. One that was unreadable is from now on an event like the others; one that was read brings no
    /// call back that was deleted meanwhile, and tells nothing about the subscriptions of today.
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

    /// A number that was thought lost has come after all. When the subscription was last heard does not change by it.
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
