//! Keys that the app hears while another program has the focus (X11, Windows, macOS): one calls the number that is
//! selected there, once the person has seen it; one brings the own popup back. Wayland gives no program such keys, and
//! the settings say so.
//!
//! On X11 what is selected is asked for as such (the selection PRIMARY), so the clipboard is never touched. Elsewhere it is
//! copied, and the clipboard put back (`clipboard.rs`).

use crate::action;
use crate::changes::Own;
use crate::core::Core;
use crate::ipc::{KeyState, Keys};
use std::str::FromStr as _;
use std::sync::Arc;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::{Builder, GlobalShortcutExt as _, Shortcut, ShortcutState};

/// Registers the keys of the settings, and others when those change, until the app ends.
pub(crate) fn follow(handle: &AppHandle, core: &Arc<Core>) {
    let unheard = |state| Keys {
        dial: state,
        popup: state,
    };
    if is_wayland() {
        core.set_keys(unheard(KeyState::NotHere));
        return;
    }
    if let Err(error) = handle.plugin(Builder::new().build()) {
        tracing::warn!(%error, "Keys of the whole desktop cannot be heard");
        core.set_keys(unheard(KeyState::NotHere));
        return;
    }
    let (handle, core) = (handle.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        let mut changes = core.changes();
        let mut heard = None;
        loop {
            let settings = core.settings();
            let wished = (settings.dial_key, settings.popup_key);
            if heard.as_ref() != Some(&wished) {
                core.set_keys(register(&handle, &wished.0, &wished.1));
                core.tell(Own::Settings);
                heard = Some(wished);
            }
            tokio::select! {
                () = core.quit.cancelled() => return,
                changed = changes.next() => if changed.is_none() { return },
            }
        }
    });
}

/// In place of those before.
fn register(handle: &AppHandle, dial: &str, popup: &str) -> Keys {
    if let Err(error) = handle.global_shortcut().unregister_all() {
        tracing::warn!(%error, "Keys of the whole desktop could not be given back");
    }
    Keys {
        dial: register_one(handle, dial, dial_selected),
        popup: register_one(handle, popup, recall),
    }
}

fn register_one(handle: &AppHandle, keys: &str, pressed: fn(&AppHandle)) -> KeyState {
    if keys.is_empty() {
        return KeyState::Off;
    }
    let Ok(shortcut) = Shortcut::from_str(keys) else {
        return KeyState::Bad;
    };
    let heard = handle.global_shortcut().on_shortcut(shortcut, move |handle, _, event| {
        if event.state == ShortcutState::Pressed {
            pressed(handle);
        }
    });
    match heard {
        Ok(()) => KeyState::On,
        Err(error) => {
            tracing::warn!(%error, keys, "Another program has these keys");
            KeyState::Taken
        }
    }
}

fn recall(handle: &AppHandle) {
    if let Some(core) = handle.try_state::<Arc<Core>>() {
        core.toasts.recall();
    }
}

/// Shows what is selected as the number that it is understood as.
#[cfg(target_os = "linux")]
fn dial_selected(handle: &AppHandle) {
    let app = handle.clone();
    // GTK belongs to the main thread; the answer of the program with the selection is not waited for there.
    let asked = handle.run_on_main_thread(move || {
        let selection = gtk::Clipboard::get(&gtk::gdk::SELECTION_PRIMARY);
        selection.request_text(move |_, text| {
            if let Some(core) = app.try_state::<Arc<Core>>() {
                action::dial_selected(&core, text.unwrap_or_default());
            }
        });
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "The selection could not be asked for");
    }
}

/// Elsewhere nothing tells of the selection: it is copied. Where that is not allowed the field to dial in is shown.
#[cfg(not(target_os = "linux"))]
fn dial_selected(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn_blocking(move || {
        let text = crate::clipboard::selected().unwrap_or_default();
        if let Some(core) = handle.try_state::<Arc<Core>>() {
            action::dial_selected(&core, &text);
        }
    });
}

fn is_wayland() -> bool {
    cfg!(target_os = "linux") && std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty())
}
