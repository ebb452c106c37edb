//! The real app and the simulator it is connected to.

use super::display::{Desktop, Running};
use super::eventually_async;
use perezvon_sim::{Args, Options, Sim};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The app's binary, as Cargo built it for this test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_perezvon");

/// The simulator's first abonent, whom the demonstration picks.
pub const CLIENT: &str = "+79000000099";

/// A call with [`CLIENT`].
pub fn from_client() -> Args {
    Args {
        number: Some(CLIENT.to_owned()),
        ..Args::default()
    }
}

/// A simulator with waits shortened fifty times.
pub async fn simulator() -> Sim {
    Sim::start(Options {
        speed: 50.0,
        seed: Some(7),
        ..Options::default()
    })
    .await
    .unwrap()
}

/// How the app is started against a simulator: as a demonstration, with everything in the desktop's folder.
pub fn environment(desktop: &Desktop, sim: &Sim, command: &mut Command) {
    environment_at(desktop, &sim.rest_url(), command);
}

/// The same against the PBX at this address.
pub fn environment_at(desktop: &Desktop, rest_url: &str, command: &mut Command) {
    let token = desktop.path("token");
    std::fs::write(&token, perezvon_sim::DEFAULT_TOKEN).unwrap();
    command
        .env("PEREZVON_DATA_DIR", data_dir(desktop))
        .env("PEREZVON_PBX_URL", rest_url)
        .env("PEREZVON_PBX_TOKEN_FILE", token)
        .env("PEREZVON_DEMO", "1")
        .env("PEREZVON_LOG", "debug");
}

pub fn data_dir(desktop: &Desktop) -> PathBuf {
    desktop.path("app")
}

/// Starts the app; `--minimized` keeps it without a window.
pub fn start(desktop: &Desktop, sim: &Sim, args: &[&str]) -> Running {
    let mut command = desktop.command(BINARY);
    environment(desktop, sim, &mut command);
    let log = std::fs::File::create(desktop.path("app.out")).unwrap();
    command.args(args).stdout(Stdio::null()).stderr(log);
    Running(command.spawn().unwrap())
}

/// Waits until the app has subscribed to events, so that a call played now reaches it.
pub async fn subscribed(sim: &Sim) -> String {
    eventually_async("subscription of the app", || async {
        sim.subscriptions().pop().map(|subscription| subscription.url)
    })
    .await
}
