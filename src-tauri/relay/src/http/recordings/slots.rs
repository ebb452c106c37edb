//! How many recordings are passed on at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// In all: each is a connection to the PBX.
const ALL: usize = 32;
/// For one key: a player that seeks opens the next before the last has ended.
const EACH: usize = 4;

/// The places for downloads under way.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<HashMap<String, Held>>);

/// The places of one key.
#[derive(Debug, Default)]
struct Held {
    count: usize,
    end: CancellationToken,
}

/// One place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    who: String,
    end: CancellationToken,
}

impl Slots {
    /// A place for the holder of a key; none while this key, or all keys together, have their limit.
    pub(super) fn take(self: &Arc<Self>, who: &str) -> Option<Slot> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = held.values().map(|held| held.count).sum();
        if all >= ALL || held.get(who).is_some_and(|held| held.count >= EACH) {
            return None;
        }
        let own = held.entry(who.to_owned()).or_default();
        own.count += 1;
        Some(Slot {
            slots: self.clone(),
            who: who.to_owned(),
            end: own.end.clone(),
        })
    }

    /// Ends the downloads of a key that was revoked.
    pub(crate) fn cut(&self, who: &str) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get(who) {
            own.end.cancel();
        }
    }
}

impl Slot {
    /// Until the key is revoked.
    pub(super) async fn revoked(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = held.get_mut(&self.who) {
            own.count -= 1;
            if own.count == 0 {
                held.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_key_and_all_together_have_bounded_places_that_come_back() {
        let slots = Arc::new(Slots::default());
        let of_one: Vec<_> = (0..EACH).map(|_| slots.take("a").unwrap()).collect();
        assert!(slots.take("a").is_none(), "one key has {EACH}");
        let others: Vec<_> = (EACH..ALL).map(|n| slots.take(&format!("b{n}")).unwrap()).collect();
        assert!(slots.take("c").is_none(), "all together have {ALL}");
        drop(of_one);
        assert!(slots.take("a").is_some(), "what ended makes room");
        drop(others);
        assert!(
            slots.0.lock().unwrap().is_empty(),
            "nothing is remembered of who has ended"
        );
    }
}
