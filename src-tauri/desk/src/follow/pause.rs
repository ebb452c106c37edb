//! Pauses between attempts.

use std::time::Duration;

/// Between half and the whole of it, so that desks do not come back all at once.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut random = [0_u8; 4];
    if getrandom::fill(&mut random).is_err() {
        return pause;
    }
    let part = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + part / 2.0)
}
