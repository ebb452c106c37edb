//! The one window: made when somebody wants to see it, gone with its web process when closed (design, part 3).

use crate::app::Perezvon;
use crate::ipc::Changed;
use std::sync::Arc;
use tauri::{AppHandle, Emitter as _, Manager as _, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "main";

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
    let url = if route.is_empty() {
        "index.html".to_owned()
    } else {
        format!("index.html#/{route}")
    };
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(url.into()))
        .title("Перезвон")
        .inner_size(1100.0, 720.0)
        .min_inner_size(720.0, 480.0)
        .build()?;
    Ok(())
}

/// Tells an open window what is worth reading again; with no window open nobody needs to know.
pub(crate) fn tell_changed(app: &AppHandle, changed: Changed) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.emit("changed", changed)
    {
        tracing::warn!(%error, "The window could not be told of a change");
    }
}
