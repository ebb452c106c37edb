//! Pauses between attempts.

use std::time::Duration;

/// A pause of a random length, see [`perezvon_core::time::jittered`]; the whole one where there are no random numbers.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut random = [0_u8; 4];
    match getrandom::fill(&mut random) {
        Ok(()) => perezvon_core::time::jittered(pause, u32::from_le_bytes(random)),
        Err(_) => pause,
    }
}
