//! Two things at once.

use std::panic::resume_unwind;

/// Does the first on a thread of its own and the second, which may hold a connection, here.
pub(super) fn beside<A: Send, B>(apart: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let apart = scope.spawn(apart);
        let here = here();
        (apart.join().unwrap_or_else(|panic| resume_unwind(panic)), here)
    })
}
