//! The relay: receives the PBX's events, turns them into logical calls, keeps the account token, and tells each desk
//! about the calls it may know.
//!
//! The same code runs embedded in the desktop app and as the headless `perezvon-relay`:
//!
//! ```no_run
//! # async fn embed() -> anyhow::Result<()> {
//! use perezvon_relay::{Options, Relay};
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let relay = Relay::start(Options::new("relay-data"), listener).await?;
//! println!("http://{}", relay.addr());
//! relay.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! Path of an event: [`ingest`] → [`writer`] (one thread, group commit) → [`feed`]. Everything that was answered with
//! 200 is in the [`ledger`].
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

mod abonents;
mod account;
mod api;
mod auth;
mod check;
pub mod cli;
mod config;
mod error;
mod feed;
mod front;
mod importer;
mod ingest;
mod keeper;
mod ledger;
mod metrics;
mod open_calls;
mod probes;
mod retention;
mod roster;
mod sequence;
mod single;
mod state;
mod sweeper;
mod words;
mod writer;

pub use account::StartError;
pub use auth::{Role, Secret};
pub use config::{MAIN, Options};
pub use ledger::LedgerError;
pub use ledger::settings::{Scope, Settings, SubscriptionKind};
pub use perezvon_core::call::Policy;
pub use perezvon_pbx::rest::Token;
pub use single::Relay;
pub use state::Timing;
pub use words::cause_codes;
