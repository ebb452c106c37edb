//! «Пауза» in the tray's menu, while a recording is open: it goes on playing when the window is closed.

use super::Tray;
use crate::core::Core;
use crate::player::{PlayerPhase, PlayerView};
use perezvon_desk::Language;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::menu::MenuItem;
use tauri::{AppHandle, Manager as _, Wry};

/// Id of the entry.
pub(super) const ID: &str = "tray-sound";
/// Entries below it: a line, and «Выход».
const BELOW: usize = 2;

/// The entry, while there is one.
type Entry = Arc<Mutex<Option<MenuItem<Wry>>>>;

/// Follows the player until the app ends.
pub(super) async fn follow(handle: AppHandle, core: Arc<Core>) {
    let Ok(listening) = core.listening() else { return };
    let mut view = listening.view();
    let entry = Entry::default();
    let mut shown = None;
    loop {
        let wanted = text(&view.borrow_and_update(), core.language());
        if wanted != shown {
            shown = wanted;
            let (handle, entry) = (handle.clone(), Arc::clone(&entry));
            let target = handle.clone();
            // Menus belong to the main thread.
            let asked = handle.run_on_main_thread(move || {
                if let Err(error) = show(&target, &entry, wanted) {
                    tracing::warn!(%error, "The tray's menu could not be changed");
                }
            });
            if asked.is_err() {
                return;
            }
        }
        tokio::select! {
            () = core.quit.cancelled() => return,
            changed = view.changed() => if changed.is_err() { return },
        }
    }
}

fn text(view: &PlayerView, language: Language) -> Option<&'static str> {
    let (ru, en) = match view.phase {
        PlayerPhase::Playing => ("Пауза", "Pause"),
        PlayerPhase::Paused | PlayerPhase::Ended => ("Слушать запись дальше", "Go on listening"),
        PlayerPhase::Empty | PlayerPhase::Waiting | PlayerPhase::Failed => return None,
    };
    Some(match language {
        Language::Ru => ru,
        Language::En => en,
    })
}

/// On the main thread.
fn show(handle: &AppHandle, entry: &Entry, text: Option<&str>) -> tauri::Result<()> {
    let Some(tray) = handle.try_state::<Tray>() else {
        return Ok(());
    };
    let mut entry = entry.lock().unwrap_or_else(PoisonError::into_inner);
    match (text, &*entry) {
        (Some(text), Some(item)) => item.set_text(text)?,
        (Some(text), None) => {
            let item = MenuItem::with_id(handle, ID, text, true, None::<&str>)?;
            let place = tray.menu.items()?.len().saturating_sub(BELOW);
            tray.menu.insert(&item, place)?;
            *entry = Some(item);
        }
        (None, Some(item)) => {
            tray.menu.remove(item)?;
            *entry = None;
        }
        (None, None) => {}
    }
    Ok(())
}
