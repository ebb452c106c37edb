//! Keys that the app hears while another program has the focus: one calls the number that is selected there, once the person
//! has seen it; one brings the own popup back. X11, Windows and macOS give them to the program. Wayland does not: there the
//! desktop gives them, where it has a portal for that (`hotkey/portal.rs`), and the settings say so or tell what to do instead.
//!
//! On X11 what is selected is asked for as such (the selection PRIMARY), so the clipboard is never touched; under Wayland too,
//! but only once the panel has the keyboard. Elsewhere it is copied, and the clipboard put back (`clipboard.rs`).

#[cfg(target_os = "linux")]
mod portal;
#[cfg(target_os = "linux")]
mod wayland;

use crate::action;
use crate::changes::Own;
use crate::clipboard;
use crate::core::Core;
use crate::ipc::{HeardKey, KeyState, Keys};
use std::str::FromStr as _;
use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::time::Duration;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_global_shortcut::{Builder, GlobalShortcutExt as _, Shortcut, ShortcutState};

/// How long a start leaves to its window.
#[cfg(target_os = "linux")]
const WINDOW_OPENS: Duration = Duration::from_secs(1);

/// Registers the keys of the settings, and others when those change, until the app ends.
pub(crate) fn follow(handle: &AppHandle, core: &Arc<Core>) {
    #[cfg(target_os = "linux")]
    if wayland::is_here() {
        tauri::async_runtime::spawn(wayland::follow(handle.clone(), Arc::clone(core)));
        return;
    }
    if let Err(error) = handle.plugin(Builder::new().build()) {
        tracing::warn!(%error, "Keys of the whole desktop cannot be heard");
        core.set_keys(both(KeyState::NotHere));
        return;
    }
    let (handle, core) = (handle.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        let mut changes = core.changes();
        let mut heard = None;
        // On X11 the main thread waits 50 ms for each key; a window that is just being opened is not to wait for it.
        #[cfg(target_os = "linux")]
        if crate::window::is_open(&handle) {
            tokio::time::sleep(WINDOW_OPENS).await;
        }
        loop {
            let settings = core.settings();
            let wished = (settings.dial_key, settings.popup_key);
            if heard.as_ref() != Some(&wished) {
                if heard.is_some()
                    && let Err(error) = handle.global_shortcut().unregister_all()
                {
                    tracing::warn!(%error, "Keys of the whole desktop could not be given back");
                }
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

fn state(state: KeyState) -> HeardKey {
    HeardKey {
        state,
        given: String::new(),
    }
}

fn both(one: KeyState) -> Keys {
    Keys {
        dial: state(one),
        popup: state(one),
        wayland: false,
    }
}

fn register(handle: &AppHandle, dial: &str, popup: &str) -> Keys {
    Keys {
        dial: state(register_one(handle, dial, dial_selected)),
        popup: state(register_one(handle, popup, recall)),
        wayland: false,
    }
}

/// None is wished, or what is wished is no key.
fn unusable(keys: &str) -> Option<KeyState> {
    if keys.is_empty() {
        return Some(KeyState::Off);
    }
    Shortcut::from_str(keys).is_err().then_some(KeyState::Bad)
}

fn register_one(handle: &AppHandle, keys: &str, pressed: fn(&AppHandle)) -> KeyState {
    if let Some(unusable) = unusable(keys) {
        return unusable;
    }
    let heard = handle.global_shortcut().on_shortcut(keys, move |handle, _, event| {
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
    clipboard::selected(handle, |core, text| action::dial_selected(core, text, None));
}

/// Elsewhere nothing tells of the selection: it is copied. Where that is not allowed the field to dial in is shown.
#[cfg(not(target_os = "linux"))]
fn dial_selected(handle: &AppHandle) {
    let handle = handle.clone();
    tauri::async_runtime::spawn_blocking(move || {
        let text = clipboard::selected().unwrap_or_default();
        if let Some(core) = handle.try_state::<Arc<Core>>() {
            action::dial_selected(&core, &text, None);
        }
    });
}
