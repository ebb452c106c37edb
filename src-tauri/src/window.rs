//! The one window: made when it is to be shown, and destroyed with its web process when it is closed (design, part 3).

use crate::app::Perezvon;
use crate::ipc::Changed;
use crate::memory;
use std::sync::Arc;
use tauri::{AppHandle, Emitter as _, Manager as _, WebviewUrl, WebviewWindowBuilder, WindowEvent};

const LABEL: &str = "main";

/// The route of the question before a link dials: a dialog over whatever page is shown.
pub(crate) const DIAL: &str = "dial";

/// Shows the window at a route such as `contact/12`; an empty route leaves an open window where it is. Called on a
/// person's wish only, so it may take the focus.
pub(crate) fn show(app: &AppHandle, route: &str) {
    // GTK windows are made and raised on the main thread only.
    let (handle, route) = (app.clone(), route.to_owned());
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = show_on_main_thread(&handle, &route) {
            tracing::error!(%error, "The window could not be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "The window could not be asked for");
    }
}

fn show_on_main_thread(app: &AppHandle, route: &str) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(LABEL) {
        if !route.is_empty() {
            // A window that is still loading does not hear the event; it asks for the route when it is ready.
            if let Some(app) = app.try_state::<Arc<Perezvon>>() {
                app.set_route(Some(route.to_owned()));
            }
            window.emit("navigate", route)?;
        }
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    let url = if route == DIAL {
        // No page: the window asks for it when it is ready.
        if let Some(app) = app.try_state::<Arc<Perezvon>>() {
            app.set_route(Some(route.to_owned()));
        }
        "index.html".to_owned()
    } else if route.is_empty() {
        "index.html".to_owned()
    } else {
        format!("index.html#/{route}")
    };
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(url.into()))
        .title("Перезвон")
        .inner_size(1100.0, 720.0)
        .min_inner_size(720.0, 480.0)
        .build()?;
    let handle = app.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            end_network_process();
            memory::give_back_when_idle(&handle);
        }
    });
    Ok(())
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

/// Tells an open window what is worth reading again; with no window open nobody needs to know.
pub(crate) fn notify_changed(app: &AppHandle, changed: Changed) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.emit("changed", changed)
    {
        tracing::warn!(%error, "The window could not be told of a change");
    }
}
