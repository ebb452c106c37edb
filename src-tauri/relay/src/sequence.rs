//! Lost events (design, invariant 4): each subscription numbers its events from 1 (reference 2.3), so a number that
//! never came is an event that never came. While one is missing within a call's time, *missed* is not certain.
//!
//! The PBX posts in parallel, so numbers come a little out of order: a gap speaks against the numbering only if it stays.

use perezvon_core::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Missing numbers that are remembered per subscription; beyond that the oldest are forgotten.
const MISSING: usize = 256;
/// Verdicts that judge whether the numbers are contiguous at all.
const STEPS: usize = 50;
/// More lasting gaps than this among them: this PBX does not number per subscription, and the numbers say nothing.
const TOLERATED: usize = STEPS / 10;
/// So many gaps may wait for their numbers; the oldest beyond that are judged to last.
const OPEN: usize = 64;
/// A gap that was not filled for so long lasts, milliseconds.
const LATE_MS: i64 = 10_000;
/// The number after which 1 comes again (reference 2.3).
const LAST: i64 = 2_147_483_647;

/// When an event may have been lost, by the relay's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    from: Time,
    to: Time,
}

/// Numbers that were skipped at one time and may still come.
#[derive(Debug)]
struct Gap {
    first: i64,
    last: i64,
    left: usize,
    at: Time,
}

/// The numbering of one subscription.
#[derive(Debug)]
pub(crate) struct Numbering {
    /// None until the first event that is counted.
    newest: Option<i64>,
    newest_at: Time,
    missing: BTreeMap<i64, Window>,
    /// Gaps that were not judged yet, the oldest first.
    open: VecDeque<Gap>,
    /// Of the last steps forward, whether each left a gap that lasted.
    lasted: VecDeque<bool>,
}

impl Numbering {
    /// Continues after `newest`, which came at `at`. None for a subscription just made: the PBX posts to it before its
    /// answer is stored here, so what came before the first counted event says nothing.
    pub(crate) fn after(newest: Option<i64>, at: Time) -> Self {
        Self {
            newest,
            newest_at: at,
            missing: BTreeMap::new(),
            open: VecDeque::new(),
            lasted: VecDeque::new(),
        }
    }

    /// Takes the next number; true when what is missing changed.
    fn take(&mut self, number: i64, at: Time) -> bool {
        let Some(newest) = self.newest else {
            *self = Self::after(Some(number), at);
            return false;
        };
        let was_trusted = self.is_trusted();
        if number <= newest {
            if number == 1 && newest == LAST {
                *self = Self::after(Some(1), at);
            }
            return self.fill(number) || was_trusted != self.is_trusted();
        }
        let window = Window {
            from: self.newest_at,
            to: at,
        };
        let (first, last) = (newest + 1, number - 1);
        // Of a long gap the last numbers are enough to remember: the window is the same for all.
        let remembered = (first..number).rev().take(MISSING);
        let left = remembered.clone().count();
        self.missing.extend(remembered.map(|lost| (lost, window)));
        while self.missing.len() > MISSING {
            self.missing.pop_first();
        }
        if left == 0 {
            self.judge(false);
        } else {
            self.open.push_back(Gap { first, last, left, at });
        }
        while (self.open.front()).is_some_and(|gap| self.open.len() > OPEN || at.since(gap.at) > LATE_MS) {
            self.open.pop_front();
            self.judge(true);
        }
        self.newest = Some(number);
        self.newest_at = self.newest_at.max(at);
        left > 0 || was_trusted != self.is_trusted()
    }

    /// A number came late; true when it was missing.
    fn fill(&mut self, number: i64) -> bool {
        if self.missing.remove(&number).is_none() {
            return false;
        }
        let of = (self.open.iter_mut()).position(|gap| (gap.first..=gap.last).contains(&number));
        if let Some(gap) = of {
            self.open[gap].left -= 1;
            if self.open[gap].left == 0 {
                self.open.remove(gap);
                self.judge(false);
            }
        }
        true
    }

    fn judge(&mut self, lasted: bool) {
        if self.lasted.len() == STEPS {
            self.lasted.pop_front();
        }
        self.lasted.push_back(lasted);
    }

    fn is_trusted(&self) -> bool {
        self.lasted.iter().filter(|gap| **gap).count() <= TOLERATED
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

    #[test]
    fn a_pbx_that_posts_in_parallel_is_still_trusted() {
        // Blocks of eight arrive back to front: every step forward but the first of a block skips seven numbers.
        let block = |n: i64| (1..=8).rev().map(move |i| (n * 8 + i, n));
        let shuffled: Vec<(i64, i64)> = (0..40).flat_map(block).collect();
        let mut all = following(&shuffled);
        assert!(!all.is_doubtful(at(0), at(100)), "every gap was filled");
        assert!(all.take("s", 323, at(41)), "so a gap is still a gap");
        assert!(
            all.is_doubtful(at(40), at(41)),
            "and casts doubt: 321 and 322 did not come"
        );
        assert!(
            all.take("s", 321, at(42)) && all.take("s", 322, at(42)),
            "until they come"
        );
        assert!(!all.is_doubtful(at(0), at(100)));
    }

    #[test]
    fn a_few_lost_events_amid_disorder_are_lost_and_nothing_else() {
        // Each pair comes swapped; of every hundred numbers one never comes.
        let mut came: Vec<(i64, i64)> = (1..=300).map(|n| (if n % 2 == 0 { n - 1 } else { n + 1 }, n)).collect();
        came.retain(|(number, _)| number % 100 != 50);
        let all = following(&came);
        for lost in [50, 150, 250] {
            assert!(all.is_doubtful(at(lost), at(lost)), "{lost} was lost about then");
            assert!(!all.is_doubtful(at(lost + 40), at(lost + 40)), "and nothing 40 s later");
        }
        assert!(all.0["s"].open.len() <= OPEN && all.0["s"].missing.len() == 3);
    }

    #[test]
    fn a_numbering_over_all_subscriptions_is_soon_ignored_at_any_rate() {
        // A hundred events a second, each skipping what went to others.
        let jumps: Vec<i64> = (1..=200).map(|n| n * 3).collect();
        let mut all = Sequences::default();
        all.follow("s", Numbering::after(Some(0), at(0)));
        for (n, number) in jumps.iter().enumerate() {
            all.take("s", *number, Time::from_ms(n as i64 * 10));
        }
        assert!(!all.is_doubtful(at(0), at(100)), "such numbering is ignored");
    }
}
