//! The front of a relay: one listener for all accounts (PBX contracts).
//!
//! [`accept`] accepts connections within their limits, [`client`] determines the client's address, [`limits`] limits
//! the rate of requests, [`dispatch`] selects the account by what the request carries. The accounts do not know the
//! front.

mod accept;
mod client;
mod dispatch;
mod limits;
mod local;
mod paced;

pub(crate) use accept::run;
pub(crate) use client::Network;
pub(crate) use dispatch::{Directory, RunningAccount};
pub(crate) use limits::Limits;
pub(crate) use local::{Announced, Local};
pub(crate) use paced::Paced;

use crate::tls::TlsOptions;

/// Options of the front.
#[derive(Clone, Debug)]
pub(crate) struct FrontOptions {
    /// Limits for clients.
    pub(crate) limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// None: connections are not encrypted, as behind a proxy that ends TLS.
    pub(crate) tls: Option<TlsOptions>,
    /// Whether the address is announced to the command line, by a file next to each ledger.
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
