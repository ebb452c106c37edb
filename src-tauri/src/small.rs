//! Small windows: the panel where one dials (from the tray, or with the number that was selected), and the toasts that the
//! app draws itself. Made when there is something to show, and gone with it.

use crate::core::Core;
use crate::ipc::PopupScreen;
use crate::window::{is_own, let_go, raise, raise_once_shown};
#[cfg(target_os = "linux")]
use crate::{action, clipboard};
use std::sync::Arc;
use tauri::{
    AppHandle, Emitter as _, Manager as _, Monitor, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent,
};

const PANEL: &str = "panel";
/// In units of the screen's scale.
const PANEL_SIZE: (f64, f64) = (440.0, 480.0);
/// The toasts' windows, one on each screen: `toasts-0`.
const TOASTS: &str = "toasts-";
/// The window sets its height by what it shows.
const TOASTS_SIZE: (f64, f64) = (380.0, 160.0);
/// Between a window and the edge of the screen.
const EDGE: f64 = 12.0;
/// More screens have no toasts of their own.
const MAX_SCREENS: usize = 8;

/// Shows the panel near the pointer, on a person's wish: it takes the focus. With a number that somebody asks to dial it
/// shows that, else where one dials. `token`: Wayland's permission to raise it, where the wish came with one.
pub(crate) fn panel(app: &AppHandle, token: Option<String>) {
    on_main_thread(app, move |app| {
        if let Some(window) = app.get_webview_window(PANEL) {
            // It may be going: then it comes back (`follow_end`).
            if let Some(core) = app.try_state::<Arc<Core>>() {
                core.asked.call();
            }
            window.emit("panel", ())?;
            window.show()?;
            return raise(&window, token.as_deref());
        }
        #[cfg(windows)]
        crate::window::webview::wish(app)?;
        let window = builder(app, PANEL, "panel", PANEL_SIZE)
            .title("Перезвон: позвонить")
            .build()?;
        #[cfg(target_os = "linux")]
        follow_keyboard(app, &window);
        if let Some((x, y)) = near_pointer(app, PANEL_SIZE) {
            window.set_position(tauri::PhysicalPosition::new(x, y))?;
        }
        follow_end(app, &window);
        raise_once_shown(&window, token.as_deref())?;
        window.show()?;
        window.set_focus()
    });
}

/// Under Wayland only who has the keyboard may read what is selected.
#[cfg(target_os = "linux")]
fn follow_keyboard(app: &AppHandle, window: &WebviewWindow) {
    let app = app.clone();
    window.on_window_event(move |event| {
        let Some(core) = app.try_state::<Arc<Core>>() else {
            return;
        };
        if matches!(event, WindowEvent::Focused(true)) && core.asked.awaits_selection() {
            clipboard::selected(&app, |core, text| {
                if !text.trim().is_empty() {
                    action::dial_selected(core, text, None);
                }
            });
        }
    });
}

/// Shows the toasts of the app's own window while there are any, until the app ends.
pub(crate) fn follow(app: &AppHandle, core: &Arc<Core>) {
    let (app, core) = (app.clone(), Arc::clone(core));
    tauri::async_runtime::spawn(async move {
        let mut toasts = core.own_toasts();
        while toasts.changed().await.is_ok() {
            let some = !toasts.borrow_and_update().is_empty();
            let screen = core.settings().popup_screen;
            on_main_thread(&app, move |app| show_toasts(app, some, screen));
        }
    });
}

fn show_toasts(app: &AppHandle, some: bool, screen: PopupScreen) -> tauri::Result<()> {
    let open: Vec<_> = app
        .webview_windows()
        .into_iter()
        .filter(|(label, _)| label.starts_with(TOASTS))
        .collect();
    if !some {
        return open.iter().try_for_each(|(_, window)| window.destroy());
    }
    if let Some((_, window)) = open.first() {
        return window.emit("toasts", ());
    }
    // Nobody has asked for it: nobody is told where it cannot be.
    #[cfg(windows)]
    crate::window::webview::check()?;
    for (at, screen) in screens(app, screen)?.iter().take(MAX_SCREENS).enumerate() {
        let window = builder(app, &format!("{TOASTS}{at}"), "toasts", TOASTS_SIZE)
            .title("Перезвон: уведомления")
            // A phone rings while somebody types: the window must not take the next letter.
            .focused(false)
            .focusable(false)
            .build()?;
        let (area, scale) = (screen.work_area(), screen.scale_factor());
        let x = f64::from(area.position.x) + f64::from(area.size.width) - (TOASTS_SIZE.0 + EDGE) * scale;
        let y = f64::from(area.position.y) + EDGE * scale;
        window.set_position(tauri::PhysicalPosition::new(x, y))?;
        never_focused(&window)?;
        follow_end(app, &window);
        window.show()?;
    }
    Ok(())
}

/// Where the toasts are shown; somewhere in any case.
fn screens(app: &AppHandle, wished: PopupScreen) -> tauri::Result<Vec<Monitor>> {
    let all = app.available_monitors()?;
    let one = match wished {
        PopupScreen::All => return Ok(all),
        PopupScreen::Pointer => app
            .cursor_position()
            .and_then(|at| app.monitor_from_point(at.x, at.y))?,
        PopupScreen::Primary => app.primary_monitor()?,
    };
    Ok(one.or_else(|| all.into_iter().next()).into_iter().collect())
}

/// A window without a frame, which the desktop lists nowhere and which is not seen yet.
fn builder<'a>(
    app: &'a AppHandle,
    label: &str,
    page: &str,
    (width, height): (f64, f64),
) -> WebviewWindowBuilder<'a, tauri::Wry, AppHandle> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(format!("index.html#/{page}").into()))
        .inner_size(width, height)
        .decorations(false)
        .skip_taskbar(true)
        .always_on_top(true)
        .visible(false)
        .on_navigation(is_own)
}

/// The upper left corner of a window of this size, under the pointer and wholly on its screen; in pixels.
fn near_pointer(app: &AppHandle, (width, height): (f64, f64)) -> Option<(f64, f64)> {
    let at = app.cursor_position().ok()?;
    let screen = app.monitor_from_point(at.x, at.y).ok()??;
    let (area, scale) = (screen.work_area(), screen.scale_factor());
    let within = |wished: f64, start: i32, room: u32, size: f64| {
        let (start, room) = (f64::from(start), f64::from(room));
        wished.min(start + room - size - EDGE * scale).max(start + EDGE * scale)
    };
    let (width, height) = (width * scale, height * scale);
    Some((
        within(at.x - width / 2.0, area.position.x, area.size.width, width),
        within(at.y + EDGE * scale, area.position.y, area.size.height, height),
    ))
}

/// For the window manager: it is a notification, and its appearing is no wish for the keyboard.
#[cfg(target_os = "linux")]
fn never_focused(window: &WebviewWindow) -> tauri::Result<()> {
    use gtk::prelude::GtkWindowExt as _;
    let window = window.gtk_window()?;
    window.set_type_hint(gtk::gdk::WindowTypeHint::Notification);
    window.set_accept_focus(false);
    window.set_focus_on_map(false);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn never_focused(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

fn follow_end(app: &AppHandle, window: &WebviewWindow) {
    let (handle, label) = (app.clone(), window.label().to_owned());
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            let_go(&handle, &label);
            if let Some(core) = handle.try_state::<Arc<Core>>() {
                come_back(&handle, &core, &label);
            }
        }
    });
}

/// A toast may have come, or the panel may have been called for, while the window went.
fn come_back(app: &AppHandle, core: &Core, label: &str) {
    let (app, screen) = (app.clone(), core.settings().popup_screen);
    if label == PANEL && core.asked.missed_call() {
        // Its name is free once this event is over.
        tauri::async_runtime::spawn(async move { panel(&app, None) });
    } else if label.starts_with(TOASTS) && !core.own_toasts().borrow().is_empty() {
        tauri::async_runtime::spawn(async move {
            on_main_thread(&app, move |app| show_toasts(app, true, screen));
        });
    }
}

/// Windows are made and moved there only.
fn on_main_thread(app: &AppHandle, work: impl FnOnce(&AppHandle) -> tauri::Result<()> + Send + 'static) {
    let handle = app.clone();
    let done = app.run_on_main_thread(move || {
        if let Err(error) = work(&handle) {
            tracing::error!(%error, "A small window could not be shown");
        }
    });
    if let Err(error) = done {
        tracing::error!(%error, "A small window could not be asked for");
    }
}
