//! Lost events (design, invariant 4): each subscription numbers its events from 1 (reference 2.3), so a missing
//! number is a missing event. While one is missing within a call's time, *missed* is not certain.
//!
//! The PBX posts in parallel, so numbers come a little out of order. A gap is open at first and concerns only calls
//! that end as missed while it is open. After [`LATE_MS`] it is judged to last; only then are calls checked again
//! that were told as missed before.

use perezvon_core::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Missing numbers remembered per subscription; beyond that the oldest are forgotten.
const MAX_MISSING: usize = 256;
/// Judged steps from which it is decided whether the numbers are contiguous at all.
const JUDGED_STEPS: usize = 50;
/// More lasting gaps than this among them mean that the PBX does not number per subscription; its numbers are then
/// ignored.
const MAX_LASTING_GAPS: usize = JUDGED_STEPS / 10;
/// How many gaps may be open at once; the oldest beyond that are judged to last.
const MAX_OPEN_GAPS: usize = 64;
/// Age from which an open gap is judged to last, milliseconds.
const LATE_MS: i64 = 10_000;
/// How long a missing number is remembered, milliseconds: longer than any call.
const REMEMBERED_MS: i64 = 24 * 3_600_000;
/// The number after which numbering begins again at 1 (reference 2.3).
const LAST_NUMBER: i64 = 2_147_483_647;

/// A time in which an event may have been lost, by the relay's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LossWindow {
    from: Time,
    to: Time,
}

impl LossWindow {
    /// Whether the window and the time from `from` to `to` overlap.
    pub(crate) fn meets(&self, from: Time, to: Time) -> bool {
        self.from <= to && self.to >= from
    }
}

/// Changes of the losses, after which calls must be checked again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LossChanges {
    /// Gaps that were judged to last: in these windows *missed* is no longer certain.
    pub(crate) lasting: Vec<LossWindow>,
    /// A missing event came or was forgotten: an uncertain call may be certain now.
    pub(crate) is_less: bool,
}

impl LossChanges {
    pub(crate) fn add(&mut self, other: Self) {
        self.lasting.extend(other.lasting);
        self.is_less |= other.is_less;
    }
}

/// Numbers that were skipped together and may still come.
#[derive(Clone, Debug)]
struct Gap {
    first: i64,
    last: i64,
    left: usize,
    window: LossWindow,
}

/// The numbering of one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    /// None until the first counted event.
    newest: Option<i64>,
    newest_at: Time,
    missing: BTreeMap<i64, LossWindow>,
    /// Open gaps, the oldest first.
    open: VecDeque<Gap>,
    /// Whether each of the last judged gaps and steps lasted.
    lasted: VecDeque<bool>,
    /// The subscription has ended.
    is_over: bool,
}

impl Numbering {
    /// Continues after `newest`, which came at `at`. None for a subscription just made: the PBX posts to it before
    /// its answer is stored here, so the numbers before the first counted event say nothing.
    pub(crate) fn after(newest: Option<i64>, at: Time) -> Self {
        Self {
            newest,
            newest_at: at,
            missing: BTreeMap::new(),
            open: VecDeque::new(),
            lasted: VecDeque::new(),
            is_over: false,
        }
    }

    fn take(&mut self, number: i64, at: Time) -> LossChanges {
        let Some(newest) = self.newest else {
            *self = Self::after(Some(number), at);
            return LossChanges::default();
        };
        let was_trusted = self.is_trusted();
        let mut news = LossChanges::default();
        if number <= newest {
            if number == 1 && newest == LAST_NUMBER {
                *self = Self::after(Some(1), at);
            }
            news.is_less = self.fill(number);
        } else {
            self.step(newest, number, at);
        }
        news.add(self.judge_late(at));
        news.is_less |= was_trusted && !self.is_trusted();
        news
    }

    /// A number above the newest.
    fn step(&mut self, newest: i64, number: i64, at: Time) {
        let window = LossWindow {
            from: self.newest_at,
            to: at,
        };
        // Of a long gap only the last numbers are remembered: the window is the same for all.
        let remembered = (newest + 1..number).rev().take(MAX_MISSING);
        let left = remembered.clone().count();
        self.missing.extend(remembered.map(|lost| (lost, window)));
        while self.missing.len() > MAX_MISSING {
            self.missing.pop_first();
        }
        if left == 0 {
            self.note(false);
        } else {
            let (first, last) = (newest + 1, number - 1);
            self.open.push_back(Gap {
                first,
                last,
                left,
                window,
            });
        }
        self.newest = Some(number);
        self.newest_at = self.newest_at.max(at);
    }

    /// Judges the gaps that have been open for too long; returns the windows of those that count.
    fn judge_late(&mut self, at: Time) -> LossChanges {
        let mut news = LossChanges::default();
        let was_trusted = self.is_trusted();
        while (self.open.front())
            .is_some_and(|gap| self.open.len() > MAX_OPEN_GAPS || at.since(gap.window.to) > LATE_MS)
        {
            news.lasting.extend(self.open.pop_front().map(|gap| gap.window));
            self.note(true);
        }
        if !self.is_trusted() {
            news.lasting.clear();
            news.is_less = was_trusted;
        }
        news
    }

    /// A number came late; true if it was missing.
    fn fill(&mut self, number: i64) -> bool {
        if self.missing.remove(&number).is_none() {
            return false;
        }
        let of = (self.open.iter_mut()).position(|gap| (gap.first..=gap.last).contains(&number));
        if let Some(gap) = of {
            self.open[gap].left -= 1;
            if self.open[gap].left == 0 {
                self.open.remove(gap);
                self.note(false);
            }
        }
        true
    }

    fn note(&mut self, lasted: bool) {
        if self.lasted.len() == JUDGED_STEPS {
            self.lasted.pop_front();
        }
        self.lasted.push_back(lasted);
    }

    fn is_trusted(&self) -> bool {
        self.lasted.iter().filter(|gap| **gap).count() <= MAX_LASTING_GAPS
    }
}

/// The numbering of all subscriptions of the relay itself.
#[derive(Clone, Debug)]
pub(crate) struct Losses {
    numberings: HashMap<String, Numbering>,
    /// What was missing before is not known.
    since: Time,
}

impl Losses {
    /// Counts from now on.
    pub(crate) fn since(at: Time) -> Self {
        Self {
            numberings: HashMap::new(),
            since: at,
        }
    }

    /// Whether all that was missing from this time on is still known.
    pub(crate) fn reach_back_to(&self, from: Time, at: Time) -> bool {
        from >= self.since && at.since(from) <= REMEMBERED_MS
    }

    /// Counts a subscription from now on.
    pub(crate) fn follow(&mut self, subscription: &str, numbering: Numbering) {
        self.numberings.entry(subscription.to_owned()).or_insert(numbering);
    }

    /// The subscription has ended. Its missing numbers are remembered for a while.
    pub(crate) fn end(&mut self, subscription: &str) {
        if let Some(numbering) = self.numberings.get_mut(subscription) {
            numbering.is_over = true;
        }
    }

    /// Counts the number of an event.
    pub(crate) fn take(&mut self, subscription: &str, number: i64, at: Time) -> LossChanges {
        let numbering = self.numberings.get_mut(subscription);
        numbering.map_or_else(LossChanges::default, |numbering| numbering.take(number, at))
    }

    /// Whether the subscription is one of the relay's own.
    pub(crate) fn knows(&self, subscription: &str) -> bool {
        self.numberings.contains_key(subscription)
    }

    /// The newest number of a subscription.
    pub(crate) fn newest(&self, subscription: &str) -> Option<i64> {
        self.numberings.get(subscription)?.newest
    }

    /// When the next open gap must be judged.
    pub(crate) fn next_due(&self) -> Option<Time> {
        let gaps = self.numberings.values().filter_map(|numbering| numbering.open.front());
        gaps.map(|gap| gap.window.to.plus(LATE_MS + 1)).min()
    }

    /// Judges late gaps, and forgets what is too old to matter, including ended subscriptions.
    pub(crate) fn sweep(&mut self, at: Time) -> LossChanges {
        let mut news = LossChanges::default();
        for numbering in self.numberings.values_mut() {
            news.add(numbering.judge_late(at));
            numbering
                .missing
                .retain(|_, window| at.since(window.to) <= REMEMBERED_MS);
        }
        self.numberings
            .retain(|_, numbering| !numbering.is_over || !numbering.missing.is_empty());
        news
    }

    /// Whether an event may have been lost between the two times.
    pub(crate) fn is_doubtful(&self, from: Time, to: Time) -> bool {
        self.numberings
            .values()
            .filter(|numbering| !numbering.missing.is_empty() && numbering.is_trusted())
            .any(|numbering| numbering.missing.values().any(|window| window.meets(from, to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: i64) -> Time {
        Time::from_ms(s * 1000)
    }

    #[test]
    fn what_was_missing_is_known_since_the_start_and_for_a_day() {
        let all = Losses::since(at(100));
        assert!(!all.reach_back_to(at(99), at(200)), "before the start");
        assert!(all.reach_back_to(at(100), at(200)));
        assert!(!all.reach_back_to(at(100), at(100 + 25 * 3600)), "long ago");
    }

    fn following(numbers: &[(i64, i64)]) -> Losses {
        let mut all = Losses::since(at(0));
        all.follow("s", Numbering::after(Some(0), at(0)));
        for (number, second) in numbers {
            all.take("s", *number, at(*second));
        }
        all
    }

    #[test]
    fn what_came_before_a_new_subscription_was_stored_is_no_gap() {
        let mut all = Losses::since(at(0));
        all.follow("s", Numbering::after(None, at(0)));
        assert!(
            all.take("s", 2, at(1)) == LossChanges::default(),
            "its first event came before it was known here"
        );
        assert!(!all.is_doubtful(at(0), at(9)), "nothing is known to be lost");
        all.take("s", 4, at(3));
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
        assert!(all.take("s", 3, at(41)).is_less, "the late event is news");
        assert!(!all.is_doubtful(at(0), at(100)), "nothing is missing any more");
        assert_eq!(all.take("s", 3, at(42)), LossChanges::default(), "its repeat is not");
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
        assert!(
            all.numberings["s"].missing.len() <= MAX_MISSING,
            "and takes bounded memory"
        );
        all = following(&[]);
        all.numberings
            .insert("s".to_owned(), Numbering::after(Some(LAST_NUMBER), at(5)));
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
        all.take("s", 323, at(41));
        assert!(
            all.is_doubtful(at(40), at(41)),
            "and casts doubt: 321 and 322 did not come"
        );
        assert!(
            all.take("s", 321, at(42)).is_less && all.take("s", 322, at(42)).is_less,
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
        assert!(all.numberings["s"].open.len() <= MAX_OPEN_GAPS && all.numberings["s"].missing.len() == 3);
    }

    #[test]
    fn a_numbering_over_all_subscriptions_is_soon_ignored_at_any_rate() {
        // A hundred events a second, each skipping what went to others.
        let jumps: Vec<i64> = (1..=200).map(|n| n * 3).collect();
        let mut all = Losses::since(at(0));
        all.follow("s", Numbering::after(Some(0), at(0)));
        for (n, number) in jumps.iter().enumerate() {
            all.take("s", *number, Time::from_ms(n as i64 * 10));
        }
        assert!(!all.is_doubtful(at(0), at(100)), "such numbering is ignored");
    }

    #[test]
    fn a_gap_is_told_once_when_it_is_judged_to_last() {
        let mut all = Losses::since(at(0));
        all.follow("s", Numbering::after(Some(0), at(0)));
        assert_eq!(all.take("s", 1, at(10)), LossChanges::default());
        assert_eq!(all.take("s", 3, at(11)), LossChanges::default(), "2 may still come");
        assert!(all.is_doubtful(at(10), at(11)), "a call that ends now is uncertain");
        assert_eq!(all.next_due(), Some(at(11).plus(LATE_MS + 1)));
        assert_eq!(all.sweep(at(15)), LossChanges::default(), "not too late yet");
        let news = all.sweep(at(22));
        assert_eq!(
            news.lasting,
            [LossWindow {
                from: at(10),
                to: at(11)
            }],
            "now it lasts"
        );
        assert_eq!(all.sweep(at(23)), LossChanges::default(), "and is not told again");
        assert!(all.take("s", 2, at(30)).is_less, "it came after all");
        assert!(!all.is_doubtful(at(0), at(100)));
    }

    #[test]
    fn swapped_pairs_are_told_to_nobody() {
        let mut all = Losses::since(at(0));
        all.follow("s", Numbering::after(Some(0), at(0)));
        for n in (1..2_000).step_by(2) {
            assert_eq!(all.take("s", n + 1, at(n)).lasting, [], "{n} is late");
            all.take("s", n, at(n));
        }
        assert!(all.numberings["s"].missing.is_empty() && all.numberings["s"].open.is_empty());
    }

    #[test]
    fn ended_subscriptions_and_old_losses_are_forgotten() {
        let mut all = Losses::since(at(0));
        let hour = |n: i64| at(n * 3_600);
        for day in 0..30 {
            for abonent in 0..20 {
                let id = format!("{day}-{abonent}");
                all.follow(&id, Numbering::after(Some(0), hour(day * 24)));
                all.take(&id, 1, hour(day * 24));
                all.take(&id, 3, hour(day * 24 + 1));
                all.end(&id);
            }
            all.sweep(hour(day * 24 + 2));
        }
        assert!(
            all.numberings.len() <= 40,
            "of 600 subscriptions {} are remembered",
            all.numberings.len()
        );
    }
}
