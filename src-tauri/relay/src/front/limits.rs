//! Limits of the requests and connections of one client.

use super::client::Client;
use crate::http::error::ApiError;
use crate::rate::{Buckets, Rate};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Limits for clients; none: no limit. Events have a limit of their own, see [`crate::Options::ingest_per_second`].
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Requests to the API from one address.
    pub(crate) address: Option<Rate>,
    /// Requests to the API with one key, from all addresses.
    pub(crate) key: Option<Rate>,
    /// Wrong keys and wrong secrets from one address; more are answered 429. Valid keys from the same address are not
    /// affected.
    pub(crate) wrong: Option<Rate>,
    /// Open connections, including the readers of the feed.
    pub(crate) connections: usize,
    /// Open connections of one address that is not a trusted proxy.
    pub(crate) connections_per_address: usize,
    /// Time limit for the head of a request, and for an idle connection.
    pub(crate) head: Duration,
    /// Time limit for the body of a request to the API.
    pub(crate) body: Duration,
    /// Longest time in which a client receives nothing of an answer.
    pub(crate) stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address: Some(Rate::requests(500)),
            key: Some(Rate::requests(200)),
            wrong: Some(Rate::failures(60)),
            connections: 16_384,
            connections_per_address: 2_048,
            head: Duration::from_secs(30),
            body: Duration::from_secs(15),
            stall: Duration::from_mins(1),
        }
    }
}

/// Counts the requests of clients.
pub(crate) struct RequestLimits {
    address: Option<Buckets<Client>>,
    key: Option<Buckets<[u8; 32]>>,
    wrong: Option<Buckets<Client>>,
}

impl RequestLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            address: limits.address.map(Buckets::new),
            key: limits.key.map(Buckets::new),
            wrong: limits.wrong.map(Buckets::new),
        }
    }

    /// Counts a request to the API.
    pub(crate) fn request(&self, client: Client, key: Option<&[u8; 32]>) -> Result<(), ApiError> {
        let by_address = self.address.as_ref().is_none_or(|buckets| buckets.take(client));
        let by_key = match (&self.key, key) {
            (Some(buckets), Some(key)) if by_address => buckets.take(*key),
            _ => true,
        };
        if by_address && by_key {
            Ok(())
        } else {
            Err(ApiError::TooMany)
        }
    }

    /// Counts a wrong key or secret.
    pub(crate) fn wrong(&self, client: Client) -> Result<(), ApiError> {
        match &self.wrong {
            Some(buckets) if !buckets.take(client) => Err(ApiError::TooMany),
            _ => Ok(()),
        }
    }
}

/// The open connections.
pub(crate) struct Connections {
    all: usize,
    each: usize,
    taken: Mutex<(usize, HashMap<Client, usize>)>,
}

/// Permit for one open connection, given back when dropped.
pub(crate) struct ConnectionPermit {
    connections: Arc<Connections>,
    client: Option<Client>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            all: limits.connections,
            each: limits.connections_per_address,
            taken: Mutex::default(),
        })
    }

    /// A permit for one more connection; `client` is none if the address stands for many clients.
    pub(crate) fn take(self: &Arc<Self>, client: Option<Client>) -> Option<ConnectionPermit> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.0 >= self.all {
            return None;
        }
        if let Some(client) = client {
            let own = taken.1.entry(client).or_default();
            if *own >= self.each {
                return None;
            }
            *own += 1;
        }
        taken.0 += 1;
        let connections = self.clone();
        Some(ConnectionPermit { connections, client })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut taken = self.connections.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.0 -= 1;
        if let Some(client) = self.client
            && let Some(own) = taken.1.get_mut(&client)
        {
            *own -= 1;
            if *own == 0 {
                taken.1.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn client(n: u32) -> Client {
        Client::of(IpAddr::V4(Ipv4Addr::from_bits(n)))
    }

    #[test]
    fn a_permit_is_free_again_when_its_connection_ends() {
        let connections = Connections::new(&Limits {
            connections: 3,
            connections_per_address: 2,
            ..Limits::default()
        });
        let first = connections.take(Some(client(1))).unwrap();
        let _second = connections.take(Some(client(1))).unwrap();
        assert!(connections.take(Some(client(1))).is_none(), "its own bound");
        let third = connections.take(None).unwrap();
        assert!(connections.take(Some(client(2))).is_none(), "the bound of all");
        drop((first, third));
        assert!(connections.take(Some(client(1))).is_some(), "a free permit");
        assert_eq!(
            connections.taken.lock().unwrap().1.len(),
            1,
            "who has gone is forgotten"
        );
    }
}
