//! The real app on a private desktop.

pub use super::pbx::*;

use super::display::{Desktop, Running};
use perezvon_sim::Sim;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How the app is started against a simulator: as a demonstration, with everything in the desktop's folder.
pub fn environment(desktop: &Desktop, sim: &Sim, command: &mut Command) {
    environment_at(desktop, &sim.rest_url(), command);
}

/// The same against the PBX at this address.
pub fn environment_at(desktop: &Desktop, rest_url: &str, command: &mut Command) {
    environment_in(desktop.dir.path(), rest_url, command);
}

pub fn data_dir(desktop: &Desktop) -> PathBuf {
    desktop.path("app")
}

/// Starts the app; `--minimized` keeps it without a window.
pub fn start(desktop: &Desktop, sim: &Sim, args: &[&str]) -> Running {
    start_with(desktop, sim, args, |_| {})
}

/// Of a Wayland desktop an app knows the display's name; its windows are on the X display all the same, as with XWayland.
pub fn of_wayland(command: &mut Command) {
    command.env("WAYLAND_DISPLAY", "wayland-test").env("GDK_BACKEND", "x11");
}

/// Starts it with more in its environment.
pub fn start_with(desktop: &Desktop, sim: &Sim, args: &[&str], more: impl FnOnce(&mut Command)) -> Running {
    let mut command = desktop.command(BINARY);
    environment(desktop, sim, &mut command);
    more(&mut command);
    let log = std::fs::File::create(desktop.path("app.out")).unwrap();
    command.args(args).stdout(Stdio::null()).stderr(log);
    Running(command.spawn().unwrap())
}
