//! Notices that the machine slept, that its clock was set, or that its network changed: the keeper then acts at once.

use super::Keeper;
use crate::routes::Routes;
use crate::timing::Timing;
use perezvon_core::Time;
use std::time::{Duration, Instant};

/// Tolerated drift between wall clock and monotonic clock, and delay of a comparison.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// The machine was asleep, or the clock was set forward, which looks the same.
    Woken,
    /// The clock was set back.
    SetBack,
    /// The machine's addresses are different.
    Network,
}

/// The values of the last comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) counter: Instant,
    pub(super) clock: Time,
    pub(super) routes: Routes,
}

impl Observed {
    /// What happened between two comparisons, which were planned `every` apart.
    pub(super) fn until(&self, now: &Self, every: Duration) -> Option<Happened> {
        let passed = now.counter.saturating_duration_since(self.counter);
        let by_clock = now.clock.ms() - self.clock.ms();
        let jump = by_clock - passed.as_millis() as i64;
        let tolerance = CLOCK_TOLERANCE.as_millis() as i64;
        // On systems whose monotonic clock runs on during sleep, only the comparison itself is late.
        if jump > tolerance || passed > every + CLOCK_TOLERANCE {
            Some(Happened::Woken)
        } else if jump < -tolerance {
            Some(Happened::SetBack)
        } else if now.routes != self.routes {
            Some(Happened::Network)
        } else {
            None
        }
    }
}

/// Compares until it is dropped.
pub(super) async fn run(keeper: &Keeper, timing: &Timing) {
    let every = timing.keeper_watch;
    let look = || Observed {
        counter: Instant::now(),
        clock: timing.clock.now(),
        routes: (timing.routes)(),
    };
    let mut seen = look();
    loop {
        tokio::time::sleep(every).await;
        let now = look();
        if let Some(why) = seen.until(&now, every) {
            tracing::info!(?why, "the subscriptions are looked at anew");
            keeper.look();
        }
        seen = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn sleep_set_clocks_and_other_networks_are_told_apart() {
        let every = Duration::from_secs(5);
        let home: Routes = [Some(IpAddr::from([192, 0, 2, 7])), None];
        let start = Observed {
            counter: Instant::now(),
            clock: Time::from_ms(1_800_000_000_000),
            routes: home,
        };
        let after = |counter_s: u64, clock_s: i64, routes: Routes| Observed {
            counter: start.counter + Duration::from_secs(counter_s),
            clock: start.clock.plus(clock_s * 1000),
            routes,
        };
        let why = |now: Observed| start.until(&now, every);
        assert_eq!(why(after(5, 5, home)), None, "nothing happened");
        assert_eq!(why(after(20, 19, home)), None, "a busy machine and a drifting clock");
        assert_eq!(
            why(after(5, 7200, home)),
            Some(Happened::Woken),
            "the counter slept too"
        );
        assert_eq!(
            why(after(7200, 7200, home)),
            Some(Happened::Woken),
            "the counter ran on"
        );
        assert_eq!(
            why(after(5, -3600, home)),
            Some(Happened::SetBack),
            "the clock was set back"
        );
        let away: Routes = [Some(IpAddr::from([198, 51, 100, 7])), None];
        assert_eq!(why(after(5, 5, away)), Some(Happened::Network), "another network");
        assert_eq!(why(after(5, 5, [None, None])), Some(Happened::Network), "none at all");
    }
}
