//! Finds calls that may be related.

use super::open_calls::OpenCalls;
use perezvon_core::Call;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Calls remembered per other party, the latest. More than the number of phones that ring at once for one caller.
const PER_SIDE: usize = 32;

/// Calls that may be related.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    /// Keys of calls by [`Call::sides`].
    pub(super) by_side: HashMap<String, VecDeque<String>>,
    /// Sessions to which picked-up callers were moved, by the id of their leg.
    pub(super) picked_up: HashMap<String, String>,
}

impl Neighbours {
    /// Built from the calls in memory.
    pub(super) fn of(calls: &OpenCalls) -> Self {
        let mut neighbours = Self::default();
        for key in calls.keys_where(|_| true) {
            calls.peek(&key).map(|call| neighbours.note(call));
        }
        neighbours
    }

    /// Adds a call; returns the keys of the others with the same other party.
    pub(super) fn note(&mut self, call: &Call) -> BTreeSet<String> {
        for leg in call.picked_up() {
            self.picked_up.insert(leg.to_owned(), call.key().to_owned());
        }
        let mut others = BTreeSet::new();
        for side in call.sides() {
            let keys = self.by_side.entry(side).or_default();
            others.extend(keys.iter().filter(|key| *key != call.key()).cloned());
            if !keys.iter().any(|key| key == call.key()) {
                keys.push_back(call.key().to_owned());
            }
            if keys.len() > PER_SIDE {
                keys.pop_front();
            }
        }
        others
    }
}
