//! Lost events (design, invariant 4): each subscription numbers its events from 1 (reference 2.3), so a number that
//! never came is an event that never came. While one is missing within a call's time, *missed* is not certain.

use perezvon_core::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Missing numbers that are remembered per subscription; beyond that the oldest are forgotten.
const MISSING: usize = 64;
/// Steps that judge whether the numbers are contiguous at all.
const STEPS: usize = 50;
/// More gaps than this among them: this PBX does not number per subscription, and the numbers say nothing.
const TOLERATED: usize = STEPS / 10;
/// The number after which 1 comes again (reference 2.3).
const LAST: i64 = 2_147_483_647;

/// When an event may have been lost, by the relay's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    from: Time,
    to: Time,
}

/// The numbering of one subscription.
#[derive(Debug)]
pub(crate) struct Numbering {
    /// None until the first event that is counted.
    newest: Option<i64>,
    newest_at: Time,
    missing: BTreeMap<i64, Window>,
    steps: VecDeque<bool>,
}

impl Numbering {
    /// Continues after `newest`, which came at `at`. None for a subscription just made: the PBX posts to it before its
    /// answer is stored here, so what came before the first counted event says nothing.
    pub(crate) fn after(newest: Option<i64>, at: Time) -> Self {
        Self {
            newest,
            newest_at: at,
            missing: BTreeMap::new(),
            steps: VecDeque::new(),
        }
    }

    /// Takes the next number; true when what is missing changed.
    fn take(&mut self, number: i64, at: Time) -> bool {
        let Some(newest) = self.newest else {
            *self = Self::after(Some(number), at);
            return false;
        };
        if number <= newest {
            if number == 1 && newest == LAST {
                *self = Self::after(Some(1), at);
            }
            return self.missing.remove(&number).is_some();
        }
        let was_trusted = self.is_trusted();
        let gap = number - newest - 1;
        if self.steps.len() == STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back(gap > 0);
        let window = Window {
            from: self.newest_at,
            to: at,
        };
        // Of a long gap the last numbers are enough to remember: the window is the same for all.
        for lost in (newest + 1..number).rev().take(MISSING) {
            self.missing.insert(lost, window);
        }
        while self.missing.len() > MISSING {
            self.missing.pop_first();
        }
        self.newest = Some(number);
        self.newest_at = self.newest_at.max(at);
        gap > 0 || was_trusted != self.is_trusted()
    }

    fn is_trusted(&self) -> bool {
        self.steps.iter().filter(|gap| **gap).count() <= TOLERATED
    }
}

/// The numbering of all subscriptions that the relay itself made.
#[derive(Debug, Default)]
pub(crate) struct Sequences(HashMap<String, Numbering>);

impl Sequences {
    /// Follows a subscription from here on.
    pub(crate) fn follow(&mut self, subscription: &str, numbering: Numbering) {
        self.0.entry(subscription.to_owned()).or_insert(numbering);
    }

    /// Takes the number of an event; true when what is missing changed, so that calls must be looked at again.
    pub(crate) fn take(&mut self, subscription: &str, number: i64, at: Time) -> bool {
        self.0
            .get_mut(subscription)
            .is_some_and(|numbering| numbering.take(number, at))
    }

    /// Whether the subscription is one of ours.
    pub(crate) fn knows(&self, subscription: &str) -> bool {
        self.0.contains_key(subscription)
    }

    /// Whether an event may have been lost between the two times.
    pub(crate) fn is_doubtful(&self, from: Time, to: Time) -> bool {
        self.0
            .values()
            .filter(|numbering| numbering.is_trusted())
            .any(|numbering| {
                numbering
                    .missing
                    .values()
                    .any(|window| window.from <= to && window.to >= from)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Time {
        Time::from_ms(s * 1000)
    }

    fn following(numbers: &[(i64, i64)]) -> Sequences {
        let mut all = Sequences::default();
        all.follow("s", Numbering::after(Some(0), at(0)));
        for (number, second) in numbers {
            all.take("s", *number, at(*second));
        }
        all
    }

    #[test]
    fn what_came_before_a_new_subscription_was_stored_is_no_gap() {
        let mut all = Sequences::default();
        all.follow("s", Numbering::after(None, at(0)));
        assert!(
            !all.take("s", 2, at(1)),
            "its first event came before it was known here"
        );
        assert!(!all.is_doubtful(at(0), at(9)), "nothing is known to be lost");
        assert!(all.take("s", 4, at(3)), "from then on a gap is a gap");
        assert!(all.is_doubtful(at(2), at(9)));
    }

    #[test]
    fn a_gap_casts_doubt_on_its_time_and_no_other() {
        let all = following(&[(1, 10), (2, 20), (4, 40)]);
        assert!(all.is_doubtful(at(25), at(30)), "number 3 was lost between 20 and 40");
        assert!(
            all.is_doubtful(at(5), at(100)),
            "a call that lasted through it is doubtful"
        );
        assert!(!all.is_doubtful(at(41), at(60)), "a call after it is not");
        assert!(!all.is_doubtful(at(0), at(19)), "nor one before it");
    }

    #[test]
    fn a_late_event_fills_the_gap() {
        let mut all = following(&[(1, 10), (2, 20), (4, 40)]);
        assert!(all.take("s", 3, at(41)), "the late event is news");
        assert!(!all.is_doubtful(at(0), at(100)), "nothing is missing any more");
        assert!(!all.take("s", 3, at(42)), "its repeat is not");
    }

    #[test]
    fn numbers_that_always_jump_say_nothing() {
        let jumps: Vec<(i64, i64)> = (1..=20).map(|n| (n * 7, n)).collect();
        assert!(
            !following(&jumps).is_doubtful(at(0), at(100)),
            "such numbering is ignored"
        );
        let strange = following(&[(1, 1)]);
        assert!(!strange.knows("other"), "only own subscriptions are followed");
    }

    #[test]
    fn a_long_gap_and_the_wrap_around_stay_bounded() {
        let mut all = following(&[(1, 1), (1_000_000_000, 2)]);
        assert!(all.is_doubtful(at(1), at(2)), "a long gap is a gap");
        assert!(all.0["s"].missing.len() <= MISSING, "and takes bounded memory");
        all = following(&[]);
        all.0.insert("s".to_owned(), Numbering::after(Some(LAST), at(5)));
        all.take("s", 1, at(6));
        all.take("s", 2, at(7));
        assert!(
            !all.is_doubtful(at(0), at(10)),
            "after the last number comes 1, not a gap"
        );
    }
}
