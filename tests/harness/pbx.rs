//! The app's program and the simulator it is connected to, on any system.

use super::eventually_async;
use perezvon_sim::{Args, Options, Sim};
use std::path::Path;
use std::process::Command;

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

/// How the app is started against the PBX at this address: as a demonstration, its data in `app` of the folder.
pub fn environment_in(folder: &Path, rest_url: &str, command: &mut Command) {
    let token = folder.join("token");
    std::fs::write(&token, perezvon_sim::DEFAULT_TOKEN).unwrap();
    command
        .env("PEREZVON_DATA_DIR", folder.join("app"))
        .env("PEREZVON_PBX_URL", rest_url)
        .env("PEREZVON_PBX_TOKEN_FILE", token)
        .env("PEREZVON_DEMO", "1")
        .env("PEREZVON_LOG", "debug");
}

/// Waits until the app has subscribed to events, so that a call played now reaches it.
pub async fn subscribed(sim: &Sim) -> String {
    eventually_async("subscription of the app", || async {
        sim.subscriptions().pop().map(|subscription| subscription.url)
    })
    .await
}
