//! Whether the desktop has a place for the icon. GNOME without an extension has none: then no start is hidden, and the app says
//! once how its window comes back.

use super::words;
use crate::changes::Own;
use crate::core::Core;
use crate::window;
use perezvon_desk::toast::{Action, Toast, ToastKey, ToastKind, ToastOp};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tauri::AppHandle;

/// At the start of a session the desktop's panel may come after us.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(1);
const LOOK_LATER: Duration = Duration::from_secs(10);
/// Key of the setting: it was said.
const SAID: &str = "no_tray_said";

/// Looks for it, and says once that there is none. An app that was started `hidden` shows its window then: it would be
/// nowhere.
pub(super) async fn look(handle: AppHandle, core: Arc<Core>, hidden: bool) {
    let there = async {
        while !is_there().await {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = core.quit.cancelled() => return,
        found = tokio::time::timeout(PATIENCE, there) => if found.is_ok() { return },
    }
    tracing::info!("This desktop has no place for the icon");
    core.tray.store(false, Ordering::SeqCst);
    core.tell(Own::Settings);
    if hidden {
        window::appear(&handle);
    }
    let said = core.with_desk(|desk| desk.setting(SAID)).await.ok().flatten();
    // In quiet hours it waits for the next start.
    if said != Some(true) && !core.is_quiet() {
        core.show(vec![ToastOp::Show(told(&core))]).await;
        // Where it cannot be stored it is said again.
        let _ = core.with_desk(|desk| desk.set_setting(SAID, &true)).await;
    }
    // A panel that comes very late has a place for it all the same.
    let there = async {
        while !is_there().await {
            tokio::time::sleep(LOOK_LATER).await;
        }
    };
    tokio::select! {
        () = core.quit.cancelled() => {}
        () = there => {
            core.tray.store(true, Ordering::SeqCst);
            core.tell(Own::Settings);
        }
    }
}

fn told(core: &Core) -> Toast {
    let (title, line) = words::no_place(core.language());
    Toast {
        body_action: Some(Action::Hide),
        category: "x-perezvon.trouble".to_owned(),
        icon: "trouble".to_owned(),
        ..Toast::plain(
            ToastKey::Request("no-tray".to_owned()),
            ToastKind::Trouble,
            title.to_owned(),
            vec![line.to_owned()],
        )
    }
}

/// A host of the freedesktop's icons, or the older place of X11, which the library falls back to.
#[cfg(target_os = "linux")]
async fn is_there() -> bool {
    has_host().await.unwrap_or(false)
        || tokio::task::spawn_blocking(has_x11_place)
            .await
            .is_ok_and(|there| there == Some(true))
}

#[cfg(target_os = "linux")]
async fn has_host() -> zbus::Result<bool> {
    let name = "org.kde.StatusNotifierWatcher";
    let bus = zbus::Connection::session().await?;
    let watcher = zbus::Proxy::new(&bus, name, "/StatusNotifierWatcher", name).await?;
    watcher.get_property("IsStatusNotifierHostRegistered").await
}

#[cfg(target_os = "linux")]
fn has_x11_place() -> Option<bool> {
    use x11rb::protocol::xproto::ConnectionExt as _;
    let (display, screen) = x11rb::rust_connection::RustConnection::connect(None).ok()?;
    let name = format!("_NET_SYSTEM_TRAY_S{screen}");
    let atom = display.intern_atom(false, name.as_bytes()).ok()?.reply().ok()?.atom;
    let owner = display.get_selection_owner(atom).ok()?.reply().ok()?.owner;
    Some(owner != x11rb::NONE)
}

#[cfg(not(target_os = "linux"))]
async fn is_there() -> bool {
    true
}
