//! Quiet hours: nothing comes up on the screen in them. What was held back and still applies comes after them.

use crate::core::Core;
use perezvon_desk::Desk;
use std::sync::Arc;
use std::time::Duration;

/// How often the clock is looked at: it goes on while the machine sleeps, and a timer may not.
const LOOK: Duration = Duration::from_secs(2);

/// Runs until the app ends.
pub(crate) async fn run(core: Arc<Core>) {
    let mut changes = core.changes();
    loop {
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = changes.next() => match changed {
                Some(changed) if changed.settings => {}
                Some(_) => continue,
                None => return,
            },
            // Without quiet hours there is nothing to look for.
            () = tokio::time::sleep(LOOK), if core.settings().quiet => {}
        }
        if core.quiet_is_over() {
            show_held_back(&core).await;
        }
    }
}

/// Storage that does not answer has what was held back for the next start.
async fn show_held_back(core: &Core) {
    for read in [Desk::quiet_digest, Desk::pending_toasts] {
        if let Ok(ops) = core.with_desk(read).await {
            core.show(ops).await;
        }
    }
}
