//! The client of a connection.

use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

const FORWARDED: &str = "x-forwarded-for";

/// Addresses with a common prefix: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// This machine itself.
    pub(crate) const LOCAL: [Self; 2] = [
        Self {
            base: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
            bits: 8,
        },
        Self {
            base: IpAddr::V6(Ipv6Addr::LOCALHOST),
            bits: 128,
        },
    ];

    /// Whether the network contains the address.
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let rest = 32_u32.saturating_sub(self.bits.into());
                (base.to_bits() ^ ip.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let rest = 128_u32.saturating_sub(self.bits.into());
                (base.to_bits() ^ ip.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither an address nor a network like 10.0.0.0/8");
        let (base, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let base: IpAddr = base.trim().parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse()).map_err(|_| wrong())?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { base, bits })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The client of a request: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    /// What a limit counts by: an IPv4 address, or an IPv6 network of 64 bits, which belongs to one customer.
    pub(crate) address: IpAddr,
}

impl Client {
    /// The address at the other end of the connection.
    pub(crate) fn of(peer: IpAddr) -> Self {
        let address = match peer.to_canonical() {
            IpAddr::V6(ip) if !ip.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
            ip => ip,
        };
        Self { address }
    }

    /// The client behind the trusted proxies: each of them has appended the address from which it was called.
    pub(crate) fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_proxy = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
        let mut found = peer.to_canonical();
        if !is_proxy(found) {
            return Self::of(found);
        }
        let lines: Vec<&str> = headers
            .get_all(FORWARDED)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .collect();
        for name in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            // What is not an address comes from a client that forges the header.
            let Ok(ip) = name.trim().parse::<IpAddr>() else { break };
            found = ip.to_canonical();
            if !is_proxy(found) {
                break;
            }
        }
        Self::of(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Client, FORWARDED, Network};
    use axum::http::HeaderMap;
    use std::net::IpAddr;

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        let holds = |text: &str| network.contains(text.parse().unwrap());
        assert!(holds("10.1.255.3"), "inside");
        assert!(!holds("10.2.0.1"), "outside");
        assert!(!holds("::1"), "another family");
        let one: Network = "2001:db8::1".parse().unwrap();
        assert!(one.contains("2001:db8::1".parse().unwrap()) && !one.contains("2001:db8::2".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()), "all of them");
        for wrong in ["", "10.0.0.0/33", "relay.example.ru", "10.0.0.0/x"] {
            assert!(wrong.parse::<Network>().is_err(), "no network: {wrong}");
        }
    }

    fn seen(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), Network::LOCAL[0]];
        let peer: IpAddr = peer.parse().unwrap();
        Client::behind(peer, &headers, &trusted).address.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks() {
        assert_eq!(
            seen("192.0.2.1", &["198.51.100.7"]),
            "192.0.2.1",
            "nobody else is believed"
        );
        assert_eq!(seen("10.0.0.2", &["198.51.100.7"]), "198.51.100.7", "a proxy is");
        assert_eq!(
            seen("10.0.0.2", &["203.0.113.9, 198.51.100.7", "10.0.0.3"]),
            "198.51.100.7",
            "through two of them; what the client wrote himself stands before"
        );
        assert_eq!(
            seen("10.0.0.2", &["198.51.100.7, nonsense"]),
            "10.0.0.2",
            "nonsense ends it"
        );
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1", "without the header");
        assert_eq!(seen("::ffff:192.0.2.1", &[]), "192.0.2.1", "one address, one spelling");
        assert_eq!(seen("2001:db8::1:2:3:4", &[]), "2001:db8::", "one customer");
    }
}
