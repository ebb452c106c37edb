//! What all parts of a running relay share.

use crate::auth::Secret;
use crate::auth::code::Tries;
use crate::feed::Hub;
use crate::importer::Import;
use crate::keeper::{Asked, KeeperState};
use crate::ledger::{Ledger, settings::Settings};
use crate::metrics::Metrics;
use crate::probes::Probes;
use crate::roster::RosterCell;
use perezvon_core::Time;
use perezvon_pbx::rest::Portal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// Waits of the relay; the defaults are right except in tests.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Between two pings to a reader.
    pub ping: Duration,
    /// A reader who says nothing for so long is gone.
    pub dead: Duration,
    /// Before the keeper's first repeat after a failure; doubled with each.
    pub keeper_backoff: Duration,
    /// Longest wait between two tries of the keeper.
    pub keeper_backoff_cap: Duration,
    /// How often the keeper asks the PBX whether the subscriptions are still there.
    pub keeper_verify: Duration,
    /// Before each subscription that is made, asked for or ended; up to half as long again by chance.
    pub keeper_pace: Duration,
    /// How often the keeper looks whether the machine slept, its clock was set or its network changed.
    pub keeper_watch: Duration,
    /// After so much silence the statistics are asked whether there were calls.
    pub keeper_silence: Duration,
    /// The wall clock.
    pub clock: fn() -> Time,
    /// The addresses from which this machine reaches the outside.
    pub routes: fn() -> [Option<IpAddr>; 2],
    /// What counts as a second in the pace of the importer.
    pub import_second: Duration,
    /// Between two requests of the importer.
    pub import_pause: Duration,
    /// How often certificate files are looked at.
    pub certificate_look: Duration,
    /// How long the end of the relay waits for what is in flight.
    pub drain: Duration,
    /// Limits of the PBX client.
    pub portal: perezvon_pbx::rest::Timing,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping: Duration::from_secs(25),
            dead: Duration::from_mins(1),
            keeper_backoff: Duration::from_secs(1),
            keeper_backoff_cap: Duration::from_mins(5),
            keeper_verify: Duration::from_mins(10),
            keeper_pace: Duration::from_millis(100),
            keeper_watch: Duration::from_secs(5),
            keeper_silence: Duration::from_hours(1),
            clock: crate::writer::now,
            routes: crate::keeper::routes,
            import_second: Duration::from_secs(1),
            import_pause: Duration::from_millis(200),
            certificate_look: Duration::from_mins(1),
            drain: Duration::from_secs(20),
            portal: perezvon_pbx::rest::Timing::default(),
        }
    }
}

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
    /// Whether the last change was stored.
    pub(crate) healthy: Arc<AtomicBool>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) roster: Arc<RosterCell>,
    pub(crate) settings: Arc<RwLock<Settings>>,
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
    pub(crate) join_tries: Tries,
    pub(crate) keeper: Mutex<KeeperState>,
    /// What the keeper was asked to do at its next look.
    pub(crate) keeper_asked: Mutex<Asked>,
    /// Recordings that are being passed on.
    pub(crate) downloads: Arc<crate::api::Slots>,
    pub(crate) import: Import,
    pub(crate) ingest_limit: Option<crate::ingest::Bucket>,
    /// How the listener before the account is secured; empty: it is not, or a proxy does it.
    pub(crate) tls: OnceLock<Arc<crate::front::Tls>>,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
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
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
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
        (self.timing.clock)()
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
