//! The time by which the desk judges.

use perezvon_core::Time;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The relay's clock as far as it is known, else this machine's. Cheap to clone; the statements have it as `now_ms()`.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    /// The relay's minus this machine's, milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    pub(crate) fn set(&self, relay_now: Time) {
        let ahead = relay_now.ms().saturating_sub(local_now().ms());
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Time {
        local_now().plus(self.ahead.load(Ordering::Relaxed))
    }
}

fn local_now() -> Time {
    chrono::Utc::now().into()
}
