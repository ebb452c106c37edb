//! The app's own walks on Windows, as far as they need no window: the real program, its embedded relay and the simulator.
//! `cargo xtask test windows` runs them under Wine; they are the same on a real Windows, where they register the program of
//! this build for links in the place of an installed one, as every start of the app does.
#![cfg(windows)]
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod app;
mod calls;
mod clock;
mod files;
#[path = "../harness/mod.rs"]
mod harness;
mod links;
mod relay;
mod system;
mod webview;
