//! What all parts of a running relay share.

use crate::feed::Hub;
use crate::importer::Import;
use crate::keeper::{Asked, KeeperState};
use crate::keys::Secret;
use crate::ledger::{Ledger, SettingsNow};
use crate::metrics::Metrics;
use crate::probes::Probes;
use crate::rate::Bucket;
use crate::roster::{Roster, RosterNow};
use crate::tables::settings::Settings;
use crate::timing::Timing;
use perezvon_core::Time;
use perezvon_pbx::rest::Portal;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// Shared by all tasks; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(pub(crate) Arc<Shared>);

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

pub(crate) struct Shared {
    /// Name of the account (PBX contract).
    pub(crate) account: String,
    pub(crate) ledger: Ledger,
    pub(crate) hub: Arc<Hub>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) roster: RosterNow,
    pub(crate) settings: SettingsNow,
    pub(crate) secret: Secret,
    /// Hash of the embedding program's key.
    pub(crate) local_key: [u8; 32],
    pub(crate) pbx_url: Url,
    pub(crate) portal: RwLock<Option<Portal>>,
    /// Where an accepted token is kept; none: the embedding program keeps it.
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) wake_keeper: Arc<Notify>,
    /// There may be abonents of whom it is not known whether they are recorded.
    pub(crate) wake_recording: Notify,
    /// Tries to join that have failed.
    pub(crate) join_tries: crate::rate::Tries,
    pub(crate) keeper: Mutex<KeeperState>,
    /// What the keeper was asked to do at its next look.
    pub(crate) keeper_asked: Mutex<Asked>,
    /// Recordings that are being passed on.
    pub(crate) downloads: Arc<crate::http::Slots>,
    pub(crate) import: Import,
    pub(crate) ingest_limit: Option<Bucket>,
    /// How the listener before the account is secured; empty: it is not, or a proxy does it.
    pub(crate) tls: OnceLock<Arc<crate::front::Tls>>,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    /// The part that ended though nobody stopped the account.
    pub(crate) failed: watch::Sender<Option<&'static str>>,
    pub(crate) started: Instant,
    pub(crate) data_dir: PathBuf,
    /// Where the relay listens; known once there is a listener.
    pub(crate) addr: OnceLock<SocketAddr>,
    /// The embedding program's key, for the relay's look at its own feed.
    pub(crate) own_key: Secret,
    /// What the service check has sent to the public address.
    pub(crate) probes: Probes,
}

impl Shared {
    pub(crate) fn settings(&self) -> Settings {
        Settings::clone(&self.settings.borrow())
    }

    /// The company as it is known now.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        self.roster.borrow().clone()
    }

    /// The client of the PBX, if there is a token.
    pub(crate) fn portal(&self) -> Option<Portal> {
        self.portal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The client of the PBX for one purpose, which the journal of requests names with each exchange: `keeper`,
    /// `call:KEY`.
    pub(crate) fn portal_for(&self, cause: &str) -> Option<Portal> {
        Some(self.portal()?.caused_by(cause))
    }

    pub(crate) fn set_portal(&self, portal: Option<Portal>) {
        *self.portal.write().unwrap_or_else(PoisonError::into_inner) = portal;
        self.wake_keeper.notify_one();
        self.import.wake();
        self.wake_recording.notify_one();
    }

    /// The wall clock.
    pub(crate) fn now(&self) -> Time {
        self.timing.clock.now()
    }

    /// Where this machine reaches the relay. Behind TLS the certificate is for the public name, not for this address.
    pub(crate) fn own_url(&self) -> Option<String> {
        let scheme = if self.tls.get().is_some() { "https" } else { "http" };
        Some(format!("{scheme}://{}", self.own_addr()?))
    }

    fn own_addr(&self) -> Option<SocketAddr> {
        let mut addr = *self.addr.get()?;
        if addr.ip().is_unspecified() {
            addr.set_ip(match addr {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Some(addr)
    }

    /// Where the PBX must post to, if the public address is known.
    pub(crate) fn callback_url(&self) -> Option<Url> {
        self.settings().callback_url(self.secret.reveal())
    }
}
