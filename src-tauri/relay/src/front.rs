//! The front of a relay: one listener before the rooms of all accounts (PBX contracts).
//!
//! [`accept`] takes connections within their bounds, [`client`] finds out who is at the other end, [`limits`] slows down
//! who asks too much, [`dispatch`] finds the account by what the request carries. The rooms behind know nothing of it.

mod accept;
mod client;
mod dispatch;
mod limits;
mod local;
mod paced;

pub(crate) use accept::run;
pub(crate) use client::Network;
pub(crate) use dispatch::{Directory, Open};
pub(crate) use limits::Limits;
pub(crate) use local::{Announced, Local};
pub(crate) use paced::Paced;

use crate::tls::TlsOptions;

/// What stands before the accounts.
#[derive(Clone, Debug)]
pub(crate) struct FrontOptions {
    /// Bounds for clients.
    pub(crate) limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// None: connections are plain, as behind a proxy that speaks TLS.
    pub(crate) tls: Option<TlsOptions>,
    /// Whether the command line may find the relay, by a file beside each ledger.
    pub(crate) announced: bool,
}

impl Default for FrontOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            trusted_proxies: Network::LOCAL.to_vec(),
            tls: None,
            announced: false,
        }
    }
}
