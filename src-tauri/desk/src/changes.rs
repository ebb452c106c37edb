//! What a transaction has changed, for those who show it. Sent after the commit, so that who reads on hearing of it finds
//! it.

use std::collections::BTreeSet;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Most ids of one kind that are told one by one.
const MAX_IDS: usize = 64;

/// Which rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ids<T: Ord> {
    /// These, at most 64; none of them in most changes.
    These(BTreeSet<T>),
    /// Too many to name, or it is not known which.
    Many,
}

impl<T: Ord> Default for Ids<T> {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl<T: Ord> Ids<T> {
    /// No row of this kind.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::These(ids) if ids.is_empty())
    }

    /// Whether this row may be among them.
    pub fn has(&self, id: &T) -> bool {
        match self {
            Self::These(ids) => ids.contains(id),
            Self::Many => true,
        }
    }

    pub(crate) fn add(&mut self, id: T) {
        if let Self::These(ids) = self {
            ids.insert(id);
            if ids.len() > MAX_IDS {
                *self = Self::Many;
            }
        }
    }

    fn join(&mut self, other: Self) {
        match other {
            Self::These(ids) => ids.into_iter().for_each(|id| self.add(id)),
            Self::Many => *self = Self::Many,
        }
    }
}

/// The rows that a transaction has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The relay's ids of calls.
    pub calls: Ids<String>,
    /// Those of them that ring here.
    pub ringing: Ids<String>,
    /// Those of them whose conversations have ended now.
    pub ended: Ids<String>,
    /// Whose calls those are: number keys.
    pub callers: Ids<String>,
    /// Number keys of which the name, or whether they wait to be called back, has changed: every row with such a number
    /// may look otherwise.
    pub numbers: Ids<String>,
    /// Persons of whom contacts or numbers have changed, or who are gone.
    pub persons: Ids<i64>,
    /// Contacts.
    pub contacts: Ids<i64>,
    /// Rows of the list «Уведомления».
    pub notices: Ids<i64>,
    /// Documents.
    pub documents: Ids<i64>,
    /// Entries of the queue «Надо перезвонить».
    pub callbacks: Ids<i64>,
    /// Recordings.
    pub recordings: Ids<i64>,
    /// Settings, by their keys.
    pub settings: Ids<String>,
}

impl Touched {
    /// Everything may have changed.
    pub fn everything() -> Self {
        Self {
            calls: Ids::Many,
            ringing: Ids::Many,
            ended: Ids::Many,
            callers: Ids::Many,
            numbers: Ids::Many,
            persons: Ids::Many,
            contacts: Ids::Many,
            notices: Ids::Many,
            documents: Ids::Many,
            callbacks: Ids::Many,
            recordings: Ids::Many,
            settings: Ids::Many,
        }
    }

    /// An entry of the queue, and with it the rows of its number.
    pub(crate) fn queued(&mut self, id: i64, key: String) {
        self.callbacks.add(id);
        self.numbers.add(key);
    }

    /// Nothing was changed that anybody shows.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what another transaction has changed.
    pub fn join(&mut self, other: Self) {
        self.calls.join(other.calls);
        self.ringing.join(other.ringing);
        self.ended.join(other.ended);
        self.callers.join(other.callers);
        self.numbers.join(other.numbers);
        self.persons.join(other.persons);
        self.contacts.join(other.contacts);
        self.notices.join(other.notices);
        self.documents.join(other.documents);
        self.callbacks.join(other.callbacks);
        self.recordings.join(other.recordings);
        self.settings.join(other.settings);
    }
}

/// Figures for the tray and the window's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Persons who wait to be called back.
    pub to_call_back: u32,
    /// Notifications not yet looked at.
    pub unseen: u32,
}

/// What one transaction has changed, and the figures after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rows.
    pub touched: Touched,
    /// The figures.
    pub counts: Counts,
}

/// Hears of every change from its making on.
pub struct Changes {
    told: Receiver<Change>,
    /// Some were missed: the next one stands for all.
    behind: bool,
}

impl Changes {
    pub(crate) fn new(told: Receiver<Change>) -> Self {
        Self { told, behind: false }
    }

    /// The next change; none once the desk is gone. Who hears too slowly hears that everything may have changed. Who stops
    /// waiting has missed nothing.
    pub async fn next(&mut self) -> Option<Change> {
        loop {
            match self.told.recv().await {
                Ok(change) if std::mem::take(&mut self.behind) => {
                    let touched = Touched::everything();
                    return Some(Change { touched, ..change });
                }
                Ok(change) => return Some(change),
                Err(RecvError::Closed) => return None,
                // The oldest that is left has the figures of its time; all later ones will be heard after it.
                Err(RecvError::Lagged(_)) => self.behind = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ids, Touched};

    #[test]
    fn more_than_64_are_many_and_stay_so() {
        let mut ids = Ids::default();
        (0..64).for_each(|id| ids.add(id));
        assert!(ids.has(&63) && !ids.has(&64));
        ids.add(64);
        assert_eq!(ids, Ids::Many);
        let mut one = Touched::default();
        one.notices.add(1);
        let mut all = Touched {
            notices: ids,
            ..Touched::default()
        };
        all.join(one);
        assert!(all.notices.has(&500) && all.calls.is_empty());
    }
}
