//! Intervals and time limits of a running relay, and its clock.

use crate::clock::Clock;
use crate::routes;
use perezvon_core::time::jittered;
use std::net::IpAddr;
use std::time::Duration;

/// Intervals and time limits; the defaults are right except in tests.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Between two pings to a reader.
    pub ping: Duration,
    /// A reader that is silent for this long is disconnected.
    pub dead: Duration,
    /// Before the keeper's first retry after a failure; doubled with each.
    pub keeper_backoff: Duration,
    /// Longest wait between two attempts of the keeper.
    pub keeper_backoff_cap: Duration,
    /// How often the keeper asks the PBX whether the subscriptions still exist.
    pub keeper_verify: Duration,
    /// Before each request of the keeper to the PBX; up to half as long again by chance.
    pub keeper_pace: Duration,
    /// How often the keeper compares the clocks and the machine's addresses.
    pub keeper_watch: Duration,
    /// After this long without events the PBX's statistics are asked whether there were calls.
    pub keeper_silence: Duration,
    /// The wall clock.
    pub clock: Clock,
    /// The addresses from which this machine reaches other networks, IPv4 and IPv6.
    pub routes: fn() -> [Option<IpAddr>; 2],
    /// The length of a second in the pace of the importer.
    pub import_second: Duration,
    /// Between two requests of the importer.
    pub import_pause: Duration,
    /// How often certificate files are looked at.
    pub certificate_look: Duration,
    /// How long the shutdown waits for requests in flight.
    pub drain: Duration,
    /// Before a failed account is started again.
    pub restart_pause: Duration,
    /// Time limits of the PBX client.
    pub portal: perezvon_pbx::rest::Timing,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(25),
            dead: Duration::from_mins(1),
            keeper_backoff: Duration::from_secs(1),
            keeper_backoff_cap: Duration::from_mins(5),
            keeper_verify: Duration::from_mins(10),
            keeper_pace: Duration::from_millis(100),
            keeper_watch: Duration::from_secs(5),
            keeper_silence: Duration::from_hours(1),
            clock: Clock::system(),
            routes: routes::present,
            import_second: Duration::from_secs(1),
            import_pause: Duration::from_millis(200),
            certificate_look: Duration::from_mins(1),
            drain: Duration::from_secs(20),
            restart_pause: Duration::from_secs(10),
            portal: perezvon_pbx::rest::Timing::default(),
        }
    }
}

/// Between three quarters and the whole of `pause`, so that many relays do not retry at the same instant.
pub(crate) fn shortened(pause: Duration) -> Duration {
    pause / 2 + jittered(pause / 2, random())
}

/// Between the whole of `pause` and half as long again, so that many relays do not send in step.
pub(crate) fn lengthened(pause: Duration) -> Duration {
    pause / 2 + jittered(pause, random())
}

/// A random number; the largest if the system has none, which makes the pause longest.
fn random() -> u32 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u32::from_le_bytes(bytes),
        Err(_) => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::{lengthened, shortened};
    use std::time::Duration;

    #[test]
    fn random_pauses_keep_their_bounds() {
        let pause = Duration::from_secs(8);
        for _ in 0..1000 {
            assert!((pause * 3 / 4..=pause).contains(&shortened(pause)));
            assert!((pause..=pause * 3 / 2).contains(&lengthened(pause)));
        }
    }
}
