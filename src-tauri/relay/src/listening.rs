//! The address of the listener and whether it uses TLS.

use crate::tls::Tls;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// The listener as the account knows it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) addr: SocketAddr,
    /// None: connections are not encrypted here, or a proxy ends TLS.
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Listening {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The address as it is shown to people.
    pub(crate) fn told(&self) -> String {
        format!("{}://{}", self.scheme(), self.addr)
    }

    /// The address at which this machine reaches the relay. Behind TLS the certificate names the public host, not
    /// this address.
    pub(crate) fn own_url(&self) -> String {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            addr.set_ip(match addr {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{}://{addr}", self.scheme())
    }
}
