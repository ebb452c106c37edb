//! The relay: receives the PBX's events, joins them to logical calls, keeps the account token, and sends each desk
//! the calls that it may know.
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
//! The way of an event: [`http`] (ingest) → [`ledger`] (one writer, group commit, sync) → [`feed`]. Every event that
//! was answered with 200 is in the [`tables`] on the disk.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

// From the highest floor to the lowest: a file imports only from lower floors (ARCHITECTURE.md).
pub mod cli;
mod relay;
mod scrape;

mod accounts;

mod account;

mod config;

mod front;

mod http;

mod check;

mod importer;
mod retention;

mod keeper;

mod company;

mod feed;
mod pbx;
mod people;

mod ledger;

mod told;

mod failed;
mod roster;

mod tables;

mod clock;
mod keys;
mod listening;
mod metrics;
mod private;
mod probes;
mod rate;
mod releases;
mod routes;
mod timing;
mod tls;
mod token_file;
mod words;

pub use account::StartError;
pub use clock::Clock;
pub use config::Options;
pub use keys::{Role, Secret};
pub use ledger::WalSync;
pub use perezvon_core::call::Policy;
pub use perezvon_pbx::rest::Token;
pub use relay::Relay;
pub use tables::LedgerError;
pub use tables::settings::{MAIN, Scope, Settings, SubscriptionKind};
pub use timing::Timing;
pub use words::cause_codes;
