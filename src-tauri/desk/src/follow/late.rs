//! When the summary of what the relay learnt late is shown: once, when no more of it comes. The importer stores the calls
//! of a long absence in many steps.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Late news are complete when none has come for this long.
const QUIET_TIME: Duration = Duration::from_secs(3);
/// Longest wait for more late news; what comes afterwards is added to the summary.
const MAX_WAIT: Duration = Duration::from_mins(1);

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
        Some(late) => sleep_until((late.last + QUIET_TIME).min(late.first + MAX_WAIT)).await,
        None => std::future::pending().await,
    }
}
