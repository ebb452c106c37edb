//! Random words that the service check sends to the relay's own public address, to see whether they arrive here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Most checks at the same time.
const MAX_PROBES: usize = 16;

/// The words that were sent, each with whether it has arrived.
#[derive(Debug, Default)]
pub(crate) struct Probes(Mutex<VecDeque<(String, bool)>>);

impl Probes {
    /// Registers a word before it is sent.
    pub(crate) fn expect(&self, word: &str) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == MAX_PROBES {
            words.pop_front();
        }
        words.push_back((word.to_owned(), false));
    }

    /// A request for this path has come; unknown words are ignored.
    pub(crate) fn arrived(&self, path: &str) {
        let Some(word) = path.strip_prefix("probe/") else {
            return;
        };
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for known in words.iter_mut().filter(|known| known.0 == word) {
            known.1 = true;
        }
    }

    /// Whether a word has arrived; removes it.
    pub(crate) fn take(&self, word: &str) -> bool {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = words.iter().position(|known| known.0 == word);
        at.and_then(|at| words.remove(at)).is_some_and(|known| known.1)
    }
}
