//! Where the listener in front of the account is, and how it is secured.

use crate::tls::Tls;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) addr: SocketAddr,
    /// None: connections are plain, or a proxy speaks TLS.
    pub(crate) tls: Option<Arc<Tls>>,
}

impl Listening {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The address as it is told to people.
    pub(crate) fn told(&self) -> String {
        format!("{}://{}", self.scheme(), self.addr)
    }

    /// Where this machine reaches the relay. Behind TLS the certificate is for the public name, not for this address.
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
