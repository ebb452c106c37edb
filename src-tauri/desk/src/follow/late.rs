//! When what the relay learnt late is told: together, once no more of it comes. The importer stores a long absence in
//! many steps.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// No more came for so long.
const QUIET: Duration = Duration::from_secs(3);
/// Longer than this nobody waits, however much still comes; the summary is then added to.
const LONGEST: Duration = Duration::from_mins(1);

/// Old news that was not told yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Late {
    first: Instant,
    last: Instant,
}

impl Late {
    /// Some more has come just now.
    pub(super) fn again(before: Option<Self>) -> Self {
        let last = Instant::now();
        Self {
            first: before.map_or(last, |late| late.first),
            last,
        }
    }
}

/// Waits until it is to be told; for ever where there is none.
pub(super) async fn settled(late: Option<Late>) {
    match late {
        Some(late) => sleep_until((late.last + QUIET).min(late.first + LONGEST)).await,
        None => std::future::pending().await,
    }
}
