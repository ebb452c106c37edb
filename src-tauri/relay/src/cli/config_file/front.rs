//! `[tls]` and `[limits]` of the configuration file: the front, which is shared by the accounts.

use crate::front::Limits;
use crate::rate::Rate;
use crate::tls::{Acme, Files, TlsOptions};
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// `[tls]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct FileTls {
    pub(crate) mode: Option<TlsMode>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) domains: Vec<String>,
    pub(crate) email: Option<String>,
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) directory: Option<Url>,
}

/// Where TLS ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsMode {
    /// At a proxy in front of the relay, or nowhere.
    #[default]
    Off,
    /// At the relay, with a certificate that another program renews.
    Files,
    /// At the relay, with a certificate that it gets by ACME.
    Acme,
}

/// `[limits]`; 0 means no limit if the field says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct FileLimits {
    /// 0: no limit.
    pub(crate) requests_per_address: Option<u32>,
    /// 0: no limit.
    pub(crate) requests_per_key: Option<u32>,
    /// 0: no limit.
    pub(crate) wrong_keys_per_minute: Option<u32>,
    pub(crate) connections: Option<u32>,
    pub(crate) connections_per_address: Option<u32>,
    pub(crate) head_seconds: Option<u32>,
    pub(crate) body_seconds: Option<u32>,
    pub(crate) stall_seconds: Option<u32>,
}

impl FileTls {
    pub(super) fn options(&self, data_dir: &Path) -> anyhow::Result<Option<TlsOptions>> {
        Ok(match self.mode.unwrap_or_default() {
            TlsMode::Off => None,
            TlsMode::Files => Some(TlsOptions::Files(Files {
                cert: self.cert.clone().context("tls.mode \"files\" needs tls.cert")?,
                key: self.key.clone().context("tls.mode \"files\" needs tls.key")?,
            })),
            TlsMode::Acme if self.domains.is_empty() => bail!("tls.mode \"acme\" needs tls.domains"),
            TlsMode::Acme => Some(TlsOptions::Acme(Acme {
                domains: self.domains.clone(),
                email: self.email.clone(),
                cache_dir: self.cache_dir.clone().unwrap_or_else(|| data_dir.join("acme")),
                directory: self.directory.clone(),
            })),
        })
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let plain = |domain: &String| {
            let label =
                |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            domain.len() <= 253 && domain.contains('.') && domain.split('.').all(label)
        };
        if let Some(wrong) = self.domains.iter().find(|domain| !plain(domain)) {
            bail!("tls.domains must have names like relay.example.ru (in ASCII, no wildcards), not `{wrong}`");
        }
        if self.email.as_ref().is_some_and(|email| !email.contains('@')) {
            bail!("tls.email must be an address of mail");
        }
        if self.directory.as_ref().is_some_and(|url| url.scheme() != "https") {
            bail!("tls.directory must begin with https://");
        }
        self.options(Path::new("")).map(drop)
    }
}

impl FileLimits {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (name, value, bounds) in [
            ("requestsPerAddress", self.requests_per_address, 0..=1_000_000),
            ("requestsPerKey", self.requests_per_key, 0..=1_000_000),
            ("wrongKeysPerMinute", self.wrong_keys_per_minute, 0..=1_000_000),
            ("connections", self.connections, 1..=1_000_000),
            ("connectionsPerAddress", self.connections_per_address, 1..=1_000_000),
            ("headSeconds", self.head_seconds, 1..=3_600),
            ("bodySeconds", self.body_seconds, 1..=3_600),
            ("stallSeconds", self.stall_seconds, 1..=3_600),
        ] {
            if value.is_some_and(|value| !bounds.contains(&value)) {
                bail!("limits.{name} must be {} to {}", bounds.start(), bounds.end());
            }
        }
        Ok(())
    }

    /// Replaces the limits that the file sets.
    pub(super) fn set(&self, limits: &mut Limits) {
        let rate = |told: Option<u32>, rate: fn(u32) -> Rate, default| match told {
            None => default,
            Some(0) => None,
            Some(n) => Some(rate(n)),
        };
        limits.address = rate(self.requests_per_address, Rate::requests, limits.address);
        limits.key = rate(self.requests_per_key, Rate::requests, limits.key);
        limits.wrong = rate(self.wrong_keys_per_minute, Rate::failures, limits.wrong);
        let count = |told: Option<u32>, default| told.map_or(default, |n| n as usize);
        limits.connections = count(self.connections, limits.connections);
        limits.connections_per_address = count(self.connections_per_address, limits.connections_per_address);
        let wait = |told: Option<u32>, default| told.map_or(default, |s| Duration::from_secs(s.into()));
        limits.head = wait(self.head_seconds, limits.head);
        limits.body = wait(self.body_seconds, limits.body);
        limits.stall = wait(self.stall_seconds, limits.stall);
    }
}
