//! Recordings on disk: fetched over real HTTP from a relay that answers everything that relays, proxies and the PBX behind them
//! have been seen to answer, and from the real relay with the simulated PBX.
#![allow(clippy::unwrap_used, missing_docs)]

mod bounds;
mod faults;
#[cfg(windows)]
mod held;
mod killed;
mod library;
mod page;
mod server;
