//! End to end: the real app on a private desktop, against the simulated PBX. One program for all of it, since linking
//! the whole app costs more than running most of these tests.
//!
//! Every test has its own desktop, bus, data folder and simulator, and hands them to the programs that it starts: none
//! changes the environment of this process. What a library looks up only once per process runs in a process of its own
//! (`secrets.rs`).
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::unused_self,
    clippy::used_underscore_binding,
    missing_docs,
    unreachable_pub
)]

mod admin;
mod clicks;
mod first_run;
mod focus;
#[path = "../harness/mod.rs"]
mod harness;
mod idle;
mod instance;
mod join;
mod kill;
mod main_job;
mod recordings;
mod report;
mod screens;
mod secrets;
mod toasts;
mod trouble;
mod update;
mod walks;
