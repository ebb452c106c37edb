//! The moment for a new version: never while a call goes on, and, where nobody asked for it, not while the app is used.

use crate::core::Core;
use crate::ipc::{UpdateStep, Updates as Policy};
use crate::player::PlayerPhase;
use crate::updates::Wish;
use crate::window;
use perezvon_core::Outcome;
use perezvon_desk::Trouble;
use perezvon_desk::view::CallsFilter;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tauri::AppHandle;

/// How often it is looked whether it has come; calls tell of themselves at once.
const LOOK: Duration = Duration::from_secs(5);
/// Nobody has had the window in front of him for so long.
const UNUSED: Duration = Duration::from_mins(10);
/// As many of the newest calls are looked at: one has few at once.
const CALLS: u32 = 20;

/// Waits for it. False where the app ends, or nobody wants the new version any more.
pub(super) async fn good_moment(handle: &AppHandle, core: &Arc<Core>, mut by_hand: bool) -> bool {
    let (mut changes, mut used, mut calling) = (core.changes(), Instant::now(), false);
    loop {
        if !by_hand && core.settings().updates != Policy::Install {
            return false;
        }
        if window::is_focused(handle) {
            used = Instant::now();
        }
        let unused = !window::is_open(handle) || used.elapsed() >= UNUSED;
        let starts = core.service.borrow().trouble == Some(Trouble::Starting.into());
        let wait = if is_calling(core).await {
            if !calling {
                tracing::info!("The new version waits for the end of a call");
            }
            calling = true;
            UpdateStep::Call
        } else if !starts && (by_hand || unused && !is_listening(core)) {
            return true;
        } else {
            UpdateStep::Quiet
        };
        core.show_update(|view| view.step = wait);
        tokio::select! {
            () = core.quit.cancelled() => return false,
            wish = core.updates.wished() => by_hand |= wish == Wish::Install,
            _ = changes.next() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// The user's phone rings, or he talks. Without the feed nobody knows.
async fn is_calling(core: &Core) -> bool {
    let newest = CallsFilter::default();
    let calls = core.with_desk(move |desk| desk.calls(&newest, None, CALLS)).await;
    let goes_on = |outcome| matches!(outcome, Outcome::Ringing | Outcome::Talking);
    core.service.borrow().connected
        && calls.is_ok_and(|page| page.rows.iter().any(|row| goes_on(row.outcome) && !row.uncertain))
}

fn is_listening(core: &Core) -> bool {
    core.player()
        .is_some_and(|player| player.borrow().phase == PlayerPhase::Playing)
}
