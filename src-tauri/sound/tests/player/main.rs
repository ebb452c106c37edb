//! The player with a real sound server: PulseAudio of the test's own, whose only device hands what it is given to a reader.
//! Its address is in the environment of a process, so each test starts the server and then itself once more inside.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod devices;
mod playing;
mod recording;
#[allow(dead_code, reason = "the benchmark needs more of it")]
mod sink;
