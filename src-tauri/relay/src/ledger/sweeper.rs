//! Deadlines of calls: the end of the grace time, or of the time in which a call may be silent.

use perezvon_core::Time;
use std::collections::BTreeSet;

/// Calls by the time at which [`perezvon_core::Call::tick`] has something to do.
#[derive(Debug, Default)]
pub(crate) struct Sweeper(BTreeSet<(Time, String)>);

impl Sweeper {
    /// Moves a call from its former deadline to its present one.
    pub(crate) fn schedule(&mut self, key: &str, before: Option<Time>, due: Option<Time>) {
        if before == due {
            return;
        }
        if let Some(before) = before {
            self.0.remove(&(before, key.to_owned()));
        }
        if let Some(due) = due {
            self.0.insert((due, key.to_owned()));
        }
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        self.0.first().map(|(due, _)| *due)
    }

    /// Takes out the due calls, at most `limit`.
    pub(crate) fn take_due(&mut self, now: Time, limit: usize) -> Vec<String> {
        let mut keys = Vec::new();
        while keys.len() < limit && self.next().is_some_and(|due| due <= now) {
            keys.extend(self.0.pop_first().map(|(_, key)| key));
        }
        keys
    }
}
