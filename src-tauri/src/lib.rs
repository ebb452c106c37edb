//! The Tauri app: tray, toasts, the window and the embedded relay. Everything that can do without Tauri lives in the
//! other packages; see ARCHITECTURE.md.
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod action;
mod app;
mod args;
mod autostart;
mod commands;
mod dial;
pub mod ipc;
mod link;
mod log;
mod memory;
mod missing;
#[cfg(windows)]
mod register;
pub mod secrets;
mod service;
mod settings;
pub mod toast;
mod tray;
mod window;

pub use args::Args;

use anyhow::Context as _;
use app::Perezvon;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::{AppHandle, Manager as _, RunEvent};

/// Runs the app until somebody quits it from the tray.
pub fn run(args: Args) -> ExitCode {
    let context = tauri::generate_context!();
    let identifier = context.config().identifier.clone();
    let built = tauri::Builder::default()
        .plugin(single_instance(&args, &identifier))
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_window_state::Builder::new().build())
        .invoke_handler(commands::handler())
        .setup(move |tauri| {
            if let Err(error) = start(tauri.handle(), &args) {
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
    let code = tauri.run_return(|handle, event| match event {
        // The last window is closed: the app lives on in the tray. Only `exit` carries a code.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        RunEvent::Exit => app::stop(handle),
        _ => {}
    });
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// A second start hands its arguments over and ends. Each data folder is an instance of its own. Without the plugin's
/// feature `deep-link`: it would hand a link over twice, and a number would be called twice.
fn single_instance(args: &Args, identifier: &str) -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let mut builder = tauri_plugin_single_instance::Builder::new().callback(|handle, argv, _cwd| {
        if let Some(wish) = Args::of_second_start(&argv) {
            action::grant(handle, wish);
        }
    });
    if let Some(dir) = &args.data_dir {
        builder = builder.dbus_id(format!("{identifier}.dir{:016x}", app::profile_of(dir)));
    }
    builder.build()
}

fn start(handle: &AppHandle, args: &Args) -> anyhow::Result<()> {
    let data_dir = match &args.data_dir {
        Some(dir) => dir.clone(),
        None => handle.path().app_data_dir()?,
    };
    app::make_private_dir(&data_dir).with_context(|| format!("the data folder {}", data_dir.display()))?;
    let app = Arc::new(Perezvon::open(handle.clone(), data_dir, args));
    handle.manage(Arc::clone(&app));
    tray::build(handle)?;
    app::listen_to_links(handle);
    tauri::async_runtime::spawn(app::agree_with_system(Arc::clone(&app)));
    tauri::async_runtime::spawn(service::run(Arc::clone(&app)));
    match args.wish() {
        // Most open no window: the app is started as by the system.
        Some(wish @ args::Wish::Click(_)) => {
            action::grant(handle, wish);
            memory::give_back_when_idle(handle);
        }
        Some(wish) => action::grant(handle, wish),
        None if !args.minimized => window::show(handle, ""),
        None => memory::give_back_when_idle(handle),
    }
    Ok(())
}
