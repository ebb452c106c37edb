//! The system's media keys and its card of what is played. The card names nobody: it stands on lock screens too.
//!
//! By hand and not with souvlaki, but for macOS: its feature for zbus takes zbus without tokio, which would start a second executor in this app
//! and every crate that shares zbus with it.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "windows")]
mod windows;

use crate::core::Core;
use crate::player::{PlayerPhase, PlayerView};
use perezvon_desk::Language;
use std::sync::Arc;

/// Follows the player until the app ends; the keys are the app's only while a recording is open.
pub(crate) fn follow(core: &Arc<Core>) {
    if core.listening().is_err() {
        return;
    }
    #[cfg(target_os = "linux")]
    tauri::async_runtime::spawn(linux::run(Arc::clone(core)));
    #[cfg(target_os = "macos")]
    tauri::async_runtime::spawn(macos::run(Arc::clone(core)));
    #[cfg(target_os = "windows")]
    tauri::async_runtime::spawn(windows::run(Arc::clone(core)));
}

/// The app's name and what stands in the place of a title.
fn words(core: &Core) -> (&'static str, &'static str) {
    match core.language() {
        Language::Ru => ("Перезвон", "Запись разговора"),
        Language::En => ("Perezvon", "Recording of a call"),
    }
}

/// Something can be played, stopped or sought in.
fn is_open(view: &PlayerView) -> bool {
    matches!(
        view.phase,
        PlayerPhase::Playing | PlayerPhase::Paused | PlayerPhase::Ended
    )
}
