//! A private desktop for the end-to-end tests: a virtual display, a session bus without service activation, a
//! notification server that records and clicks, the simulator, and the real app. Everything lives in one temporary
//! folder and ends with the test.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::match_wild_err_arm
)]
// zbus calls the methods of an interface with all that the protocol has.
#![allow(clippy::unused_self, clippy::used_underscore_binding)]

#[cfg(target_os = "linux")]
pub mod app;
#[cfg(target_os = "linux")]
pub mod bus;
#[cfg(target_os = "linux")]
pub mod display;
#[cfg(target_os = "linux")]
pub mod keyring;
pub mod links;
pub mod load;
#[cfg(target_os = "linux")]
pub mod notifications;
pub mod pbx;
#[cfg(target_os = "linux")]
pub mod portal;
#[cfg(target_os = "linux")]
pub mod processes;
#[cfg(target_os = "linux")]
pub mod speaker;
#[cfg(target_os = "linux")]
pub mod tray;
#[cfg(target_os = "linux")]
pub mod typist;
#[cfg(target_os = "linux")]
pub mod update;
#[cfg(target_os = "linux")]
pub mod window;
pub mod xml;

use std::time::{Duration, Instant};

/// How long a test waits for something that must happen. Long, because it only matters when the test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer; panics with `what` when there is none in time.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "in {PATIENCE:?} there was no: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The same for an answer that must be awaited.
pub async fn eventually_async<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "in {PATIENCE:?} there was no: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
