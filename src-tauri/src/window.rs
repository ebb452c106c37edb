//! The one window: made when it is to be shown, and destroyed with its web process when it is closed (design, part 3).

#[cfg(windows)]
pub(crate) mod webview;

use crate::action::{DIAL, FORWARDING};
use crate::core::Core;
use crate::ipc::Failure;
use crate::memory;
use crate::room::{self, Reply};
#[cfg(target_os = "linux")]
use gdkx11::functions::x11_get_server_time;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tauri::ipc::{Invoke, Response};
use tauri::{
    AppHandle, Emitter as _, Manager as _, State, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
};
use tokio::sync::watch;

/// The window's name for Tauri.
pub(crate) const LABEL: &str = "main";
/// The player and the downloads are told of no more often.
const TELL_PAUSE: Duration = Duration::from_millis(100);

/// The one command of Tauri: what a window asks goes to its room.
pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![ask]
}

#[tauri::command]
async fn ask(core: State<'_, Arc<Core>>, name: String, body: Value) -> Result<Response, Failure> {
    Ok(match room::ask(&core, &name, body).await? {
        Reply::Json(json) => Response::new(json),
        Reply::Bytes(bytes) => Response::new(bytes),
    })
}

/// Shows the window at a route such as `contact/12`; an empty route leaves an open window where it is. Called on a
/// person's wish only, so it may take the focus. `token`: Wayland's permission to raise it, where a click came with one.
pub(crate) fn show(app: &AppHandle, route: &str, token: Option<String>) {
    // GTK windows are made and raised on the main thread only.
    let (handle, route) = (app.clone(), route.to_owned());
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = show_on_main_thread(&handle, &route, token.as_deref()) {
            tracing::error!(%error, "The window could not be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "The window could not be asked for");
    }
}

/// Shows the window without anybody's wish, where none is open: it does not take the focus.
pub(crate) fn appear(app: &AppHandle) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        if !is_open(&handle)
            && let Err(error) = build(&handle, "index.html", false, None)
        {
            tracing::error!(%error, "The window could not be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "The window could not be asked for");
    }
}

fn show_on_main_thread(app: &AppHandle, route: &str, token: Option<&str>) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(LABEL) {
        if !route.is_empty() {
            // A window that is still loading does not hear the event; it asks for the route when it is ready.
            if let Some(app) = app.try_state::<Arc<Core>>() {
                app.set_route(Some(route.to_owned()));
            }
            window.emit("navigate", route)?;
        }
        window.unminimize()?;
        window.show()?;
        return raise(&window, token);
    }
    let url = if matches!(route, DIAL | FORWARDING) {
        // No page: the window asks for it when it is ready.
        if let Some(app) = app.try_state::<Arc<Core>>() {
            app.set_route(Some(route.to_owned()));
        }
        "index.html".to_owned()
    } else if route.is_empty() {
        "index.html".to_owned()
    } else {
        format!("index.html#/{route}")
    };
    build(app, &url, true, token)
}

/// Makes the window and shows it. `focused`: it takes the focus; `token`: Wayland's permission for that, if there is one.
fn build(app: &AppHandle, url: &str, focused: bool, token: Option<&str>) -> tauri::Result<()> {
    #[cfg(windows)]
    webview::wish(app)?;
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(url.into()))
        .title("Перезвон")
        .inner_size(1100.0, 720.0)
        .min_inner_size(720.0, 480.0)
        .focused(focused)
        // WebKitGTK waits half a second for the first picture of a page that is seen before the page's process runs.
        .visible(false)
        // Else the system takes dropped files before the page, which reads contacts from them.
        .disable_drag_drop_handler()
        .on_navigation(is_own)
        .build()?;
    if focused {
        raise_once_shown(&window, token)?;
    } else {
        #[cfg(target_os = "linux")]
        gtk::prelude::GtkWindowExt::set_focus_on_map(&window.gtk_window()?, false);
    }
    window.show()?;
    if focused {
        window.set_focus()?;
    }
    #[cfg(windows)]
    count(app);
    let handle = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            let_go(&handle, LABEL);
        }
    });
    Ok(())
}

/// WebKitGTK draws by the graphics card and, where there is none, by a program that does as if: lists and forms are
/// painted later by that, the page's process takes 60 MB more, and with some drivers the window stays white. The processor
/// alone draws them well. WebKit's own variable, for there is no other way before the first page; who wants it otherwise
/// sets it to 0. A program that the window opens has it too: one that draws by WebKitGTK draws so. To be called before there
/// is a second thread.
#[cfg(target_os = "linux")]
pub(crate) fn draw_plainly() {
    if let Err(error) = gtk::glib::setenv("WEBKIT_DISABLE_COMPOSITING_MODE", "1", false) {
        eprintln!("perezvon: the environment could not be changed: {error}");
    }
}

/// A window is gone: with the last one goes what it has left behind.
pub(crate) fn let_go(app: &AppHandle, label: &str) {
    if app.webview_windows().keys().all(|other| other == label) {
        end_network_process();
        memory::give_back_when_idle(app);
    }
}

/// The window shows its own pages only: what a link or a page leads away from them is not followed.
pub(crate) fn is_own(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => true,
        // Windows; and where the pages are served while one works on them.
        "http" | "https" => {
            url.host_str() == Some("tauri.localhost") || cfg!(dev) && url.host_str() == Some("127.0.0.1")
        }
        "about" => url.as_str() == "about:blank",
        _ => false,
    }
}

/// WebKitGTK ends the web process with its window but keeps the network process for good, some 20 MB in a tray where
/// nobody looks; it has no call to end it. The network process keeps nothing of ours, and WebKit starts a new one with
/// the next window, as after a crash.
#[cfg(target_os = "linux")]
fn end_network_process() {
    use rustix::process::{Pid, Signal, kill_process};
    let name_of = |id: i32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    // A process is a child of the thread that started it. All of a process's threads are under `task`.
    let children = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children = children.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let ids: Vec<i32> = children
        .flat_map(|ids| {
            ids.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect();
    for id in ids {
        // The kernel cuts a name after 15 letters.
        if name_of(id).trim_end() == "WebKitNetworkPr"
            && let Some(pid) = Pid::from_raw(id)
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::warn!(%error, "The network process could not be ended");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn end_network_process() {}

/// Shows how many wait on a window that is open, if there is one and the core is.
#[cfg(windows)]
pub(crate) fn count(app: &AppHandle) {
    if let (Some(core), Some(window)) = (app.try_state::<Arc<Core>>(), app.get_webview_window(LABEL)) {
        badge::begin(Arc::clone(&core), window);
    }
}

/// How many wait, on the window's button in the taskbar.
#[cfg(windows)]
mod badge {
    use super::{Arc, Core, WebviewWindow};
    use crate::badge::{OVERLAY_SIDE, overlay};
    use tauri::image::Image;

    /// On a window that was just made.
    pub(super) fn begin(core: Arc<Core>, window: WebviewWindow) {
        tauri::async_runtime::spawn(async move {
            // Without figures there is no badge.
            if let Ok(counts) = core.with_desk(|desk| desk.counts()).await {
                show(&window, counts.to_call_back);
            }
        });
    }

    pub(super) fn show(window: &WebviewWindow, waiting: u32) {
        let side = OVERLAY_SIDE as u32;
        let picture = overlay(waiting).map(|rgba| Image::new_owned(rgba, side, side));
        if let Err(error) = window.set_overlay_icon(picture) {
            tracing::warn!(%error, "The taskbar's button could not be changed");
        }
    }
}

/// Brings an open window to the front. GNOME and KDE refuse that under Wayland without the permission of the click; on X11
/// a window manager asks when the person wished it, because they may have gone on typing elsewhere.
#[cfg(target_os = "linux")]
pub(crate) fn raise(window: &WebviewWindow, token: Option<&str>) -> tauri::Result<()> {
    use gtk::prelude::GtkWindowExt as _;
    let window = window.gtk_window()?;
    if let Some(token) = token {
        window.set_startup_id(token);
    }
    present(&window);
    Ok(())
}

/// The same for a window that is not shown yet: as soon as it is. Not every window manager gives the keyboard to what appears
/// (one that the taskbar leaves out, under openbox), and Tauri asks for it before there is anything to see.
#[cfg(target_os = "linux")]
pub(crate) fn raise_once_shown(window: &WebviewWindow, token: Option<&str>) -> tauri::Result<()> {
    use gtk::prelude::{GtkWindowExt as _, WidgetExtManual as _};
    let window = window.gtk_window()?;
    if let Some(token) = token {
        window.set_startup_id(token);
    }
    let shown = std::cell::Cell::new(false);
    window.connect_map_event(move |window, _| {
        if !shown.replace(true) {
            present(window);
        }
        gtk::glib::Propagation::Proceed
    });
    Ok(())
}

#[cfg(target_os = "linux")]
fn present(window: &gtk::ApplicationWindow) {
    use gtk::prelude::GtkWindowExt as _;
    match x11_window(window) {
        Some(own) => window.present_with_time(x11_get_server_time(&own)),
        None => window.present(),
    }
}

/// None under Wayland.
#[cfg(target_os = "linux")]
fn x11_window(window: &gtk::ApplicationWindow) -> Option<gdkx11::X11Window> {
    use gtk::prelude::{Cast as _, WidgetExt as _};
    window.realize();
    window.window()?.downcast().ok()
}

/// Elsewhere no click comes with a permission, and none is asked for.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise(window: &WebviewWindow, _token: Option<&str>) -> tauri::Result<()> {
    window.set_focus()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_once_shown(_window: &WebviewWindow, _token: Option<&str>) -> tauri::Result<()> {
    Ok(())
}

/// Whether it is open.
pub(crate) fn is_open(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some()
}

/// Whether somebody has it in front of them.
pub(crate) fn is_focused(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL)
        .is_some_and(|window| window.is_focused().unwrap_or(false))
}

/// Tells an open window, until the app ends, what is worth reading again; with no window open nobody needs to know.
pub(crate) fn follow(app: &AppHandle, core: &Core) {
    let (app, mut changes) = (app.clone(), core.changes());
    tauri::async_runtime::spawn(async move {
        while let Some(changed) = changes.next().await {
            if app.webview_windows().is_empty() {
                continue;
            }
            #[cfg(windows)]
            if let (Some(window), Some(counts)) = (app.get_webview_window(LABEL), &changed.counts) {
                badge::show(&window, counts.to_call_back);
            }
            // Every window hears it.
            if let Err(error) = app.emit("changed", changed) {
                tracing::warn!(%error, "The window could not be told of a change");
            }
        }
    });
}

/// Tells an open window what is listened to and what is being fetched.
pub(crate) fn follow_sound(app: &AppHandle, core: &Core) {
    if let (Some(player), Some(loadings)) = (core.player(), core.loadings()) {
        forward(app, "player", player);
        forward(app, "loading", loadings);
    }
}

/// Not more often than ten times a second, and always the newest.
fn forward<T: Serialize + Clone + Send + Sync + 'static>(
    app: &AppHandle,
    event: &'static str,
    mut told: watch::Receiver<T>,
) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        while told.changed().await.is_ok() {
            let now = told.borrow_and_update().clone();
            if let Some(window) = app.get_webview_window(LABEL)
                && let Err(error) = window.emit(event, now)
            {
                tracing::warn!(%error, event, "The window could not be told");
            }
            tokio::time::sleep(TELL_PAUSE).await;
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::is_own;

    #[test]
    fn the_window_stays_on_its_own_pages() {
        for own in [
            "tauri://localhost/index.html#/calls",
            "http://tauri.localhost/index.html",
            "about:blank",
        ] {
            assert!(is_own(&own.parse().unwrap()), "{own}");
        }
        for other in [
            "https://example.ru/",
            "http://tauri.localhost.example.ru/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:config",
            "javascript:alert(1)",
        ] {
            assert!(!is_own(&other.parse().unwrap()), "{other}");
        }
    }
}
