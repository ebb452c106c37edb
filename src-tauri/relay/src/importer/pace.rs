//! How often the importer asks the PBX.

use super::{Importer, ListLoop};
use crate::tables::{calls, subscriptions};
use perezvon_core::Time;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// While events come and the lists only complete them, seconds.
const LIVE_INTERVAL_S: u32 = 600;
/// While no events come and there are no calls, seconds.
const QUIET_INTERVAL_S: u32 = 300;
/// Shortest wait for what a call waits for, seconds; it appears after 10 s to 1 h (reference 1.9).
const SHORTEST_WAIT_S: u32 = 10;
/// Longest wait for it, seconds.
const LONGEST_WAIT_S: u32 = 3600;

/// How the relay learns of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportMode)]
pub(crate) enum Mode {
    /// The PBX posts events.
    Live,
    /// The PBX cannot post events here: the lists are polled. Calls come late, and none is shown while it rings.
    Polling,
    /// There is no token.
    Off,
}

impl Importer {
    /// The mode of now, see [`Mode`].
    pub(super) async fn mode(&self) -> Mode {
        if !self.pbx.has_token() {
            return Mode::Off;
        }
        let subscribed = self.ledger.read(subscriptions::active).await;
        let now = self.clock.now();
        let is_heard = self.callback.url().is_some()
            && subscribed.is_ok_and(|active| active.iter().any(|one| one.expires_at > now))
            // A keeper that has just started still has the subscriptions of before.
            && matches!(self.keeper.state().state, "active" | "starting");
        if is_heard { Mode::Live } else { Mode::Polling }
    }
}

impl ListLoop {
    /// How long to wait between two rounds.
    pub(super) async fn wait(&self) -> Duration {
        let second = self.parts.timing.import_second;
        let at = self.now();
        let since = at.plus(-super::GIVEN_UP_MS);
        let asked = self.importer.ledger.read(move |connection| {
            Ok((
                calls::newest_waiting(connection, since)?,
                calls::newest_start(connection)?,
            ))
        });
        let Ok((waiting, newest)) = asked.await else {
            return second * QUIET_INTERVAL_S;
        };
        let regular = match self.importer.mode().await {
            Mode::Live => LIVE_INTERVAL_S,
            Mode::Polling | Mode::Off => polling_s(
                self.parts.settings.borrow().poll_seconds,
                newest.map(|newest| at.since(newest)),
            ),
        };
        let soon = waiting.map_or(LONGEST_WAIT_S, |waits| soon_s(at, waits));
        second * regular.min(soon)
    }
}

/// The interval while polling: as set while calls come, growing to [`QUIET_INTERVAL_S`] with the age of the last call.
fn polling_s(set: u32, quiet_ms: Option<i64>) -> u32 {
    let slack = quiet_ms.map_or(i64::from(QUIET_INTERVAL_S), |ms| ms / 30_000);
    u32::try_from(slack)
        .unwrap_or(QUIET_INTERVAL_S)
        .clamp(set.min(QUIET_INTERVAL_S), QUIET_INTERVAL_S)
        .max(set)
}

/// The longer something is waited for, the less often it is asked for.
fn soon_s(at: Time, waits: Time) -> u32 {
    u32::try_from(at.since(waits) / 2000)
        .unwrap_or(LONGEST_WAIT_S)
        .clamp(SHORTEST_WAIT_S, LONGEST_WAIT_S)
}

#[cfg(test)]
mod tests {
    use super::{polling_s, soon_s};
    use perezvon_core::Time;

    #[test]
    fn polling_slackens_when_it_is_quiet() {
        assert_eq!(polling_s(20, Some(60_000)), 20, "a call a minute ago");
        assert_eq!(polling_s(20, Some(3_600_000)), 120, "an hour ago");
        assert_eq!(polling_s(20, Some(36_000_000)), 300, "at night");
        assert_eq!(polling_s(20, None), 300, "never yet");
        assert_eq!(polling_s(900, Some(60_000)), 900, "never faster than set");
    }

    #[test]
    fn what_is_waited_for_is_asked_for_soon_and_then_less_often() {
        let after = |s: i64| soon_s(Time::from_ms(s * 1000), Time::from_ms(0));
        assert_eq!([0, 10, 60, 600, 36_000].map(after), [10, 10, 30, 300, 3600]);
    }
}
