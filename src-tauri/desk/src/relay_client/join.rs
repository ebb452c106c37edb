//! Joining a relay with a one-time code: `perezvon://join?relay=URL&code=…`, or the same two typed.

use super::{ANSWER_TIMEOUT, RelayClient, RelayError, answer, of_transport};
use crate::secret::Secret;
use reqwest::{Method, Url};
use serde::Deserialize;
use std::sync::Arc;

/// Longest link or address that is read, bytes.
const MAX_LINK_BYTES: usize = 2048;

/// Which relay to join, and with which code. Comes from anywhere, a hostile web page too: a person must agree first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinLink {
    relay: String,
    code: Secret,
}

/// The key that a code was exchanged for, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The new key.
    pub key: Secret,
    /// `admin` or `user`.
    pub role: String,
    /// Whose calls it opens; a user's key always has one.
    pub abonent: Option<String>,
    /// Name of the new user, as the administrator gave it.
    pub name: String,
    /// The relay's account.
    pub account: String,
}

#[derive(Deserialize)]
struct KeyAnswer {
    key: String,
    role: String,
    #[serde(default)]
    abonent: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    account: String,
}

impl JoinLink {
    /// From a link. None for what is no link to join by.
    pub fn parse(link: &str) -> Option<Self> {
        let link = link.trim();
        if link.len() > MAX_LINK_BYTES {
            return None;
        }
        let url = Url::parse(link).ok()?;
        // `perezvon://join?…` as it is written, `perezvon:join?…` as some systems hand it over.
        let place = url.host_str().unwrap_or_else(|| url.path()).trim_matches('/');
        if url.scheme() != "perezvon" || place != "join" {
            return None;
        }
        let of = |name: &str| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name);
            let first = values.next()?.1.into_owned();
            // Two of one kind: one would be shown and the other used.
            values.next().is_none().then_some(first)
        };
        Self::typed(&of("relay")?, &of("code")?).ok()
    }

    /// From what a person typed: the address and the code, or a whole link in place of the code.
    ///
    /// # Errors
    /// [`RelayError::BadAddress`] where the address is none, or a code is missing.
    pub fn typed(relay: &str, code: &str) -> Result<Self, RelayError> {
        let code = code.trim();
        if code.starts_with("perezvon:") {
            return Self::parse(code).ok_or(RelayError::BadAddress);
        }
        let relay = relay.trim().trim_end_matches('/');
        let url = Url::parse(relay).map_err(|_| RelayError::BadAddress)?;
        // A name before the host reads like another host; a query or a fragment would swallow the paths.
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let good = matches!(url.scheme(), "http" | "https") && url.has_host() && plain && url.fragment().is_none();
        if !good || relay.len() > MAX_LINK_BYTES || code.is_empty() || code.len() > 64 {
            return Err(RelayError::BadAddress);
        }
        Ok(Self {
            // As it was understood, not as it was written: that is what a person must see and what is used.
            relay: url.as_str().trim_end_matches('/').to_owned(),
            code: Secret::new(code),
        })
    }

    /// Address of the relay: `https://relay.example.ru`.
    pub fn relay(&self) -> &str {
        &self.relay
    }

    /// Whether everybody on the way could read the code, the key and the calls: HTTP to another machine.
    pub fn is_in_the_clear(&self) -> bool {
        is_in_the_clear(&self.relay)
    }
}

/// Whether what is said to this address can be read on the way: HTTP to another machine.
pub fn is_in_the_clear(relay: &str) -> bool {
    let Ok(url) = Url::parse(relay) else { return false };
    let own = url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    url.scheme() == "http" && !own
}

impl RelayClient {
    /// Exchanges the code for a key. Asks first whether a relay is there: nobody else is told the code.
    ///
    /// # Errors
    /// [`RelayError::NotARelay`]; [`RelayError::Refused`] with `code_unknown`, `code_used`, `code_expired` or
    /// `too_many_tries`; and what a way to a relay can have. After a broken connection the code may be used up.
    pub async fn join(link: &JoinLink) -> Result<Joined, RelayError> {
        let client = Self::new(&link.relay, Arc::new(|| None))?;
        client.is_relay().await?;
        let body = serde_json::json!({ "code": link.code.expose() });
        let request = client
            .http
            .request(Method::POST, client.url("/v1/join"))
            .timeout(ANSWER_TIMEOUT)
            .json(&body);
        let told: KeyAnswer = answer(request).await.map_err(|error| match error {
            // An older relay has no such path, and says so without a word of its own about codes.
            RelayError::Refused { status: 404, code, .. } if code != "code_unknown" => RelayError::NotARelay,
            error => error,
        })?;
        Ok(Joined {
            key: Secret::new(&told.key),
            role: told.role,
            abonent: told.abonent,
            name: told.name,
            account: told.account,
        })
    }

    async fn is_relay(&self) -> Result<(), RelayError> {
        let response = self
            .http
            .get(self.url("/v1/health"))
            .timeout(ANSWER_TIMEOUT)
            .send()
            .await;
        let response = response.map_err(|e| of_transport(&e))?;
        match super::body(response).await.map(|body| serde_json::from_slice(&body)) {
            Ok(Ok(super::Health { version, ledger, .. })) if !version.is_empty() && !ledger.is_empty() => Ok(()),
            Ok(_) | Err(RelayError::Unreadable) => Err(RelayError::NotARelay),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn links_are_read() {
        for (link, relay) in [
            (
                "perezvon://join?relay=https%3A%2F%2Frelay.example.ru%2Fa&code=K7M2-4QXP-9DRT",
                "https://relay.example.ru/a",
            ),
            (
                "perezvon://join/?code=K7M2-4QXP-9DRT&relay=https://relay.example.ru/",
                "https://relay.example.ru",
            ),
            (
                "perezvon:join?relay=http://127.0.0.1:8717&code=K7M2-4QXP-9DRT",
                "http://127.0.0.1:8717",
            ),
        ] {
            let read = JoinLink::parse(link).unwrap();
            assert_eq!((read.relay(), read.code.expose()), (relay, "K7M2-4QXP-9DRT"), "{link}");
            assert!(!format!("{read:?}").contains("K7M2"), "the code is not printed");
        }
        for link in [
            "perezvon://join",
            "perezvon://join?relay=https://relay.example.ru",
            "perezvon://join?code=K7M2-4QXP-9DRT",
            "perezvon://join?relay=ftp://relay.example.ru&code=1",
            "perezvon://join?relay=https://good.example.ru&relay=https://bad.example.ru&code=1",
            "perezvon://join?relay=https://good.example.ru@bad.example.ru&code=1",
            "perezvon://call/12?relay=https://relay.example.ru&code=1",
            "https://join?relay=https://relay.example.ru&code=1",
        ] {
            assert_eq!(JoinLink::parse(link), None, "{link}");
        }
    }

    #[test]
    fn what_is_typed_is_shown_as_it_is_understood() {
        let typed = JoinLink::typed(" HTTPS://Relay.Example.RU/ ", " k7m2 4qxp 9drt ").unwrap();
        assert_eq!(typed.relay(), "https://relay.example.ru");
        let pasted = JoinLink::typed("", "perezvon://join?relay=https://relay.example.ru&code=1").unwrap();
        assert_eq!(
            pasted.relay(),
            "https://relay.example.ru",
            "a whole link in place of the code"
        );
        for (relay, code) in [
            ("relay.example.ru", "1"),
            ("https://relay.example.ru", " "),
            ("", "K7M2-4QXP-9DRT"),
        ] {
            assert!(JoinLink::typed(relay, code).is_err(), "{relay:?} and {code:?}");
        }
    }

    #[test]
    fn http_is_in_the_clear_beyond_this_machine() {
        for (relay, clear) in [
            ("http://relay.example.ru", true),
            ("http://192.168.1.5:8717", true),
            ("http://127.0.0.1.example.ru", true),
            ("http://127.0.0.1:8717", false),
            ("http://[::1]:8717", false),
            ("http://localhost:8717", false),
            ("https://relay.example.ru", false),
        ] {
            assert_eq!(is_in_the_clear(relay), clear, "{relay}");
        }
    }
}
