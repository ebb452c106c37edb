//! The Tauri app: tray, toasts, the window and the embedded relay. Everything that can do without Tauri lives in the
//! other packages; see ARCHITECTURE.md.
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod action;
mod again;
mod app;
mod args;
mod asked;
mod autostart;
mod badge;
pub mod changes;
mod clicks;
mod clipboard;
mod core;
mod example;
mod fetching;
mod hotkey;
mod importing;
pub mod ipc;
mod joining;
mod link;
mod log;
mod media;
mod memory;
mod metered;
mod missing;
mod orders;
pub mod player;
mod policy;
mod quiet;
#[cfg(windows)]
mod register;
mod reminders;
mod room;
mod saving;
pub mod secrets;
mod service;
mod settings;
mod small;
mod sought;
pub mod toast;
mod tray;
mod updates;
mod updating;
mod watched;
mod watching;
mod window;

pub use crate::core::{Core, Shell};
pub use args::{Args, Given};
pub use room::{Reply, ask};

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::RunEvent;
use tauri_plugin_window_state::StateFlags;

/// Opens the core in a folder, which is there, and starts what runs beside it: the service loop and the ear for clicks.
/// For a shell without Tauri; [`Core::stop`] ends it.
///
/// # Panics
/// Outside a tokio runtime.
pub fn open(shell: Arc<dyn Shell>, data_dir: PathBuf, args: &Args, given: Given, options: toast::Options) -> Arc<Core> {
    let updated = updates::Before::take(&data_dir);
    let (core, told) = Core::open(shell, data_dir, args, given, updated, options);
    tokio::spawn(clicks::hear(Arc::clone(&core), told));
    tokio::spawn(service::run(Arc::clone(&core)));
    tokio::spawn(reminders::run(Arc::clone(&core)));
    tokio::spawn(quiet::run(Arc::clone(&core)));
    tokio::spawn(watching::run(Arc::clone(&core)));
    fetching::start(&core);
    core
}

/// Runs the app until somebody quits it from the tray.
pub fn run(args: Args) -> ExitCode {
    #[cfg(target_os = "linux")]
    window::draw_plainly();
    let context = tauri::generate_context!();
    let identifier = context.config().identifier.clone();
    let given = args.clone();
    let built = tauri::Builder::default()
        .plugin(single_instance(&args, &identifier))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_updater::Builder::new().build())
        // The small windows have one size, and their place is the pointer's.
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_filter(|label| label == window::LABEL)
                // Who makes the window shows it; this would give it the focus too.
                .with_state_flags(StateFlags::all() - StateFlags::VISIBLE)
                .build(),
        )
        .invoke_handler(window::handler())
        .setup(move |tauri| {
            if args.quit {
                // Nothing runs: a running app has taken this start over before.
                tauri.cleanup_before_exit();
                std::process::exit(0);
            }
            if let Err(error) = app::start(tauri.handle(), &args) {
                // Tauri makes a panic of an error here: nobody reads why in a backtrace.
                eprintln!("perezvon: could not start: {error:#}");
                tauri.cleanup_before_exit();
                std::process::exit(1);
            }
            Ok(())
        })
        .build(context);
    let tauri = match built {
        Ok(tauri) => tauri,
        Err(error) => {
            // The log may not exist yet: this is the one place that speaks to the terminal.
            eprintln!("perezvon: could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (end, next) = std::sync::mpsc::channel();
    let code = tauri.run_return(move |handle, event| match event {
        // The last window is closed: the app lives on in the tray. Only `exit` carries a code.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        // Nobody waits for it where nothing is to be started.
        RunEvent::Exit => drop(end.send(app::stop(handle))),
        // A click on the icon in the Dock.
        #[cfg(target_os = "macos")]
        RunEvent::Reopen {
            has_visible_windows: false,
            ..
        } => window::show(handle, "", None),
        _ => {}
    });
    // Only now, when nothing of this one is left that a second start would be handed over to.
    if let Ok(Some(next)) = next.try_recv() {
        next.start(&given);
    }
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// A second start hands its arguments over and ends. Each data folder is an instance of its own. Without the plugin's
/// feature `deep-link`: it would hand a link over twice, and a number would be called twice.
fn single_instance(args: &Args, identifier: &str) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let mut builder = tauri_plugin_single_instance::Builder::new().callback(|handle, argv, _cwd| {
        app::second_start(handle, &argv);
    });
    if let Some(dir) = &args.data_dir {
        builder = builder.dbus_id(format!("{identifier}.dir{:016x}", app::profile_of(dir)));
    }
    builder.build()
}
