//! When a subscription is to be renewed. Two clocks measure its age, and each can be wrong: the wall clock may be
//! set, and the monotonic clock may stop while the machine sleeps.

use std::time::Duration;

/// Part of the granted life after which a subscription is renewed at the latest, percent.
const RENEW_AT_PERCENT: u32 = 45;
/// Smaller steps back of the wall clock are ignored, milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 60_000;
/// A subscription is never renewed earlier after it was made, however the wall clock jumps.
const MIN_AGE: Duration = Duration::from_mins(1);

/// How old a subscription is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    /// By the wall clock, milliseconds; negative if the clock was set back.
    pub(super) by_clock: i64,
    /// By the monotonic clock, a lower bound; none if an earlier run made the subscription.
    pub(super) by_counter: Option<Duration>,
}

/// The age at which a subscription is renewed: the setting, but never later than before half of the granted time.
pub(super) fn renew_after(granted_s: i64, minutes: Option<u32>) -> Duration {
    let granted = Duration::from_secs(granted_s.max(0) as u64);
    let latest = granted * RENEW_AT_PERCENT / 100;
    minutes.map_or(latest, |minutes| latest.min(Duration::from_mins(minutes.into())))
}

/// The age, reduced by up to a tenth according to the subscription's id: subscriptions that were made for many
/// abonents in one go are not all renewed in one go.
pub(super) fn spread(after: Duration, id: &str) -> Duration {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    after * (10_000 - (hasher.finish() % 1000) as u32) / 10_000
}

/// How long until the renewal; zero: now.
pub(super) fn left(age: Age, after: Duration) -> Duration {
    let by_clock = if age.by_clock < -CLOCK_TOLERANCE_MS {
        // The clock was set back: how long the PBX will keep the subscription is not known.
        Duration::ZERO
    } else {
        after.saturating_sub(Duration::from_millis(age.by_clock.max(0) as u64))
    };
    let Some(counter) = age.by_counter else {
        return by_clock;
    };
    let rest = MIN_AGE.min(after / 10).saturating_sub(counter);
    by_clock.min(after.saturating_sub(counter)).max(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn age(by_clock: i64, by_counter_s: u64) -> Age {
        Age {
            by_clock,
            by_counter: Some(Duration::from_secs(by_counter_s)),
        }
    }

    #[test]
    fn the_renewal_comes_before_half_of_the_grant_whatever_is_set() {
        assert_eq!(renew_after(86_400, None), Duration::from_mins(648), "45 percent");
        assert_eq!(
            renew_after(86_400, Some(5)),
            Duration::from_mins(5),
            "sooner where people want so"
        );
        assert_eq!(
            renew_after(3_600, Some(1440)),
            Duration::from_mins(27),
            "never later than the grant allows"
        );
    }

    #[test]
    fn many_that_were_made_together_are_renewed_one_after_the_other() {
        let after = renew_after(3_600, None);
        let mut times: Vec<_> = (0..300).map(|n| spread(after, &format!("s-{n}"))).collect();
        times.sort_unstable();
        assert!(
            times[0] >= after * 9 / 10 && times[299] <= after,
            "never later, hardly sooner"
        );
        let soon = |window: &[Duration]| window[29].saturating_sub(window[0]) < Duration::from_secs(5);
        assert!(!times.windows(30).any(soon), "no thirty of them within five seconds");
    }

    #[test]
    fn neither_a_sleep_nor_a_set_clock_makes_it_lapse() {
        let after = renew_after(7_200, None);
        assert_eq!(
            left(age(600_000, 600), after),
            Duration::from_mins(44),
            "both clocks agree"
        );
        assert_eq!(
            left(age(8 * HOUR_MS, 600), after),
            Duration::ZERO,
            "asleep for hours: the counter stood still"
        );
        assert_eq!(
            left(age(-24 * HOUR_MS, 600), after),
            Duration::ZERO,
            "set back: the age by the clock says nothing"
        );
        assert_eq!(
            left(age(-30_000, 4_000), after),
            Duration::ZERO,
            "a clock slightly behind does not hide the real age"
        );
        let of_before = Age {
            by_clock: -24 * HOUR_MS,
            by_counter: None,
        };
        assert_eq!(left(of_before, after), Duration::ZERO, "nor after a restart");
    }

    #[test]
    fn a_clock_that_jumps_to_and_fro_makes_no_storm() {
        let after = renew_after(7_200, None);
        for jump in [48 * HOUR_MS, -48 * HOUR_MS] {
            assert_eq!(
                left(age(jump, 10), after),
                Duration::from_secs(50),
                "one made ten seconds ago is left alone for the rest of a minute"
            );
        }
    }
}
