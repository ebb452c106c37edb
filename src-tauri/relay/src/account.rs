//! One account (PBX contract): its parts, its start and its shutdown. [`crate::front`] is the listener in front of
//! it.

use crate::company::{Company, recording};
use crate::config::Options;
use crate::feed::{self, Feed, Hub};
use crate::front::RunningAccount;
use crate::http::ingest::Ingest;
use crate::http::{self, AllParts, Parts};
use crate::importer::{self, Importer};
use crate::keeper::{self, Keeper};
use crate::keys::{self, LocalKey, Secret};
use crate::ledger::{self, Audience, Health, Ledger, SettingsNow, Versions, writer};
use crate::listening::Listening;
use crate::metrics::Metrics;
use crate::pbx::{Callback, Pbx, Reach};
use crate::probes::Probes;
use crate::rate::{Bucket, Rate};
use crate::releases::Releases;
use crate::retention;
use crate::roster::{Roster, RosterNow};
use crate::tables::audit::Who;
use crate::tables::settings::{self, Settings};
use crate::tables::{self, LedgerError, calls, requests};
use crate::told::FeedMessage;
use perezvon_pbx::rest::PortalError;
use std::fs::File;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Time limit for the writer to finish its queue and to move the WAL into the database.
const CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory or the database.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The listener has no address.
    #[error("the listener cannot be used: {0}")]
    Listener(std::io::Error),
    /// The writer's thread cannot be started.
    #[error("no thread for the ledger: {0}")]
    Thread(std::io::Error),
    /// The PBX's address or this machine's TLS.
    #[error("no client for the PBX: {0}")]
    Portal(PortalError),
    /// The certificate.
    #[error("no TLS: {0}")]
    Tls(String),
    /// A value in the options.
    #[error("the setting {0} is out of bounds")]
    Setting(&'static str),
}

/// A running account. Dropping it without [`Account::shutdown`] aborts every task; the ledger is then as after a
/// power cut, which it survives.
pub(crate) struct Account {
    /// None during the shutdown.
    parts: Option<Parts>,
    /// The part that ended without being stopped.
    failed: watch::Sender<Option<&'static str>>,
    tasks: JoinSet<()>,
    /// Sends the changed calls to the readers until the writer has ended.
    router: JoinSet<()>,
    writer: Option<JoinHandle<Result<(), LedgerError>>>,
}

impl Account {
    /// Opens the ledger and starts the tasks; nothing runs if that fails.
    pub(crate) async fn start(options: Options, listening: Listening) -> Result<Self, StartError> {
        // Checking a large database takes long and must not block the caller.
        let opening = tokio::task::spawn_blocking(move || OpenedLedger::open(&options).map(|opened| (opened, options)));
        let (opened, options) = opening.await.map_err(|error| StartError::Thread(error.into()))??;
        let stop = CancellationToken::new();
        let watching = PartWatch {
            stop: stop.clone(),
            failed: watch::Sender::new(None),
        };
        let started = StartedLedger::start(opened, &options, &watching)?;
        let (parts, writer) = (parts(&started, options, listening, stop)?, started.writer);
        let mut router = JoinSet::new();
        router.spawn(watching.over(
            "feed",
            feed::route(parts.feed.hub.clone(), started.changed, parts.roster.clone()),
        ));
        Ok(Self {
            tasks: work(&parts, &watching),
            parts: Some(parts),
            failed: watching.failed,
            router,
            writer: Some(writer),
        })
    }

    /// The parts of which requests are served.
    pub(crate) fn parts(&self) -> &Parts {
        self.parts
            .as_ref()
            .expect("there until shutdown, which takes the account")
    }

    /// Becomes the name of the part that ended without being stopped.
    pub(crate) fn failed(&self) -> watch::Receiver<Option<&'static str>> {
        self.failed.subscribe()
    }

    /// What the listener needs.
    pub(crate) fn open(&self) -> RunningAccount {
        let parts = self.parts();
        RunningAccount {
            ledger: parts.ledger.clone(),
            secret: parts.callback.secret().clone(),
            local_key: parts.local_key.clone(),
            ingest: parts.ingest.clone(),
            router: http::router(parts.clone()),
        }
    }

    /// Stops accepting requests and closes the feeds.
    pub(crate) fn stop(&self) {
        if let Some(parts) = &self.parts {
            parts.stop.cancel();
        }
    }

    /// Stops accepting requests, closes the feeds and moves the WAL into the database. Requests in flight have time
    /// until `end`. The caller must hold the last reference. The subscriptions stay: the next start goes on with
    /// them.
    pub(crate) async fn shutdown(mut self, end: tokio::time::Instant) {
        let Some(parts) = self.parts.take() else { return };
        let account = parts.account.to_string();
        parts.stop.cancel();
        parts.tasks.close();
        let all = async {
            parts.tasks.wait().await;
            while self.tasks.join_next().await.is_some() {}
        };
        if timeout_at(end, all).await.is_err() {
            tracing::warn!(account, "not everything in flight ended in time");
        }
        // The writer ends when the last sender of jobs is dropped.
        self.tasks.shutdown().await;
        drop(parts);
        let Some(writer) = self.writer.take() else { return };
        let join = tokio::task::spawn_blocking(move || writer.join());
        match timeout(CHECKPOINT_TIMEOUT, join).await {
            Ok(Ok(Ok(Ok(())))) => tracing::info!(account, "the account has ended"),
            Ok(Ok(Ok(Err(error)))) => tracing::warn!(account, %error, "the last checkpoint failed"),
            Ok(Ok(Err(_)) | Err(_)) => tracing::error!(account, "the ledger's thread ended badly"),
            Err(_) => tracing::warn!(account, "the ledger is still in use; what was answered is safe"),
        }
        self.router.shutdown().await;
    }
}

/// Watches the parts of an account, which must run until the account is stopped.
struct PartWatch {
    stop: CancellationToken,
    failed: watch::Sender<Option<&'static str>>,
}

/// Guard in a watched part. If it is dropped before the account is stopped, because the part ended or panicked, it
/// reports the part, and the account is restarted.
struct PartGuard {
    name: &'static str,
    stop: CancellationToken,
    failed: watch::Sender<Option<&'static str>>,
}

impl PartWatch {
    fn watched(&self, name: &'static str) -> PartGuard {
        PartGuard {
            name,
            stop: self.stop.clone(),
            failed: self.failed.clone(),
        }
    }

    fn over<T: Future<Output = ()>>(&self, name: &'static str, task: T) -> impl Future<Output = ()> + use<T> {
        let watched = self.watched(name);
        async move {
            let _watched = watched;
            task.await;
        }
    }
}

impl Drop for PartGuard {
    fn drop(&mut self) {
        if !self.stop.is_cancelled() {
            self.failed
                .send_if_modified(|failed| failed.replace(self.name).is_none());
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The contents of the data directory.
struct OpenedLedger {
    lock: File,
    connection: rusqlite::Connection,
    settings: Settings,
    secret: Secret,
    roster: Roster,
    /// The newest version; everything up to it is on the disk.
    version: i64,
}

impl OpenedLedger {
    fn open(options: &Options) -> Result<Self, StartError> {
        let lock = tables::lock(&options.data_dir)?;
        let connection = tables::open(&options.data_dir)?;
        settings::claim(&connection, &options.account)?;
        let settings = first_settings(&connection, options)?;
        let secret = Secret::new(settings::secret(&connection)?);
        let roster = Roster::load(&connection)?;
        let version = calls::version(&connection).map_err(LedgerError::from)?;
        let forgotten = requests::forget_placing(&connection)?;
        secure_log(&connection, options)?;
        if forgotten > 0 {
            tracing::warn!(
                forgotten,
                "calls were being placed when the relay last ended: their outcome is unknown"
            );
        }
        Ok(Self {
            lock,
            connection,
            settings,
            secret,
            roster,
            version,
        })
    }
}

/// The stored settings, updated from the options.
fn first_settings(connection: &rusqlite::Connection, options: &Options) -> Result<Settings, StartError> {
    let mut settings = settings::load(connection)?;
    if let Some(url) = &options.public_url {
        settings.public_url = Some(url.clone());
    }
    if let Some(policy) = options.policy {
        settings.set_policy(policy);
    }
    if let Some(what) = settings.invalid() {
        return Err(StartError::Setting(what));
    }
    let whole = connection.unchecked_transaction().map_err(LedgerError::from)?;
    settings::store(&whole, &settings, Who::console(), options.timing.clock.now())?;
    whole.commit().map_err(LedgerError::from)?;
    Ok(settings)
}

/// The ledger with its writer, and the receiving ends of what the writer publishes.
struct StartedLedger {
    ledger: Ledger,
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    keeper: Keeper,
    roster: RosterNow,
    settings: SettingsNow,
    secret: Secret,
    changed: tokio::sync::mpsc::Receiver<FeedMessage>,
    writer: JoinHandle<Result<(), LedgerError>>,
}

impl StartedLedger {
    fn start(opened: OpenedLedger, options: &Options, watching: &PartWatch) -> Result<Self, StartError> {
        let (roster_now, roster) = watch::channel(Arc::new(opened.roster));
        let (settings_now, settings) = watch::channel(Arc::new(opened.settings));
        let (health_now, health) = watch::channel(Health::Stores);
        let (durable_now, durable) = watch::channel(opened.version);
        let hub = Hub::new(options.feed_queue.max(1));
        let (told, changed) = tokio::sync::mpsc::channel(feed::QUEUED_BATCHES);
        let (metrics, keeper) = (Arc::new(Metrics::default()), Keeper::default());
        let versions = Versions {
            committed: Arc::new(opened.version.into()),
            durable,
        };
        let beat = Arc::default();
        let clock = options.timing.clock.clone();
        let set = writer::WriterParts {
            data_dir: options.data_dir.clone(),
            clock: clock.clone(),
            sync: options.wal_sync.clone(),
            audience: Audience {
                metrics: metrics.clone(),
                changed: told,
                roster: roster_now,
                settings: settings_now,
                health: health_now,
                keeper: keeper.waker(),
                durable: durable_now,
            },
            readers: hub.count(),
            committed: versions.committed.clone(),
            beat: Arc::clone(&beat),
        };
        let (jobs, queue) = mpsc::sync_channel(ledger::QUEUE_ENTRIES);
        let shared = ledger::Shared {
            jobs,
            health,
            versions,
            beat,
        };
        let ledger = Ledger::new(shared, &options.data_dir, clock, metrics.clone())?;
        let (connection, lock) = (opened.connection, opened.lock);
        let watched = watching.watched("ledger");
        let writer = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                // The lock is held while anything can be written, even if the shutdown stops waiting for it.
                let _lock = lock;
                let _watched = watched;
                writer::run(connection, &queue, set)
            })
            .map_err(StartError::Thread)?;
        Ok(Self {
            ledger,
            hub,
            metrics,
            keeper,
            roster,
            settings,
            secret: opened.secret,
            changed,
            writer,
        })
    }
}

/// Everything that serves requests, built around the ledger.
fn parts(
    started: &StartedLedger,
    options: Options,
    listening: Listening,
    stop: CancellationToken,
) -> Result<Parts, StartError> {
    let (ledger, keeper) = (started.ledger.clone(), started.keeper.clone());
    let clock = options.timing.clock.clone();
    let reach = Reach {
        url: options.pbx_url,
        timing: options.timing.portal,
        token_file: options.token_file,
    };
    let metrics = started.metrics.clone();
    let pbx = Pbx::new(reach, options.token, clock.clone(), ledger.clone(), metrics).map_err(StartError::Portal)?;
    let callback = Callback::new(started.settings.clone(), started.secret.clone());
    let local_key = options.local_key.unwrap_or_else(|| Secret::new(keys::random_key()));
    let tasks = TaskTracker::new();
    let probes = Arc::<Probes>::default();
    let ingest = Ingest {
        callback: callback.clone(),
        ledger: ledger.clone(),
        limit: options.ingest_per_second.map(|limit| Bucket::new(Rate::events(limit))),
        metrics: started.metrics.clone(),
        probes: probes.clone(),
        stop: stop.clone(),
    };
    Ok(Parts::from(AllParts {
        account: options.account.into(),
        feed: Feed {
            hub: started.hub.clone(),
            ledger: ledger.clone(),
            roster: started.roster.clone(),
            timing: options.timing,
            tasks: tasks.clone(),
            stop: stop.clone(),
        },
        roster: started.roster.clone(),
        settings: started.settings.clone(),
        company: Company::new(ledger.clone()),
        importer: Importer::new(
            ledger.clone(),
            pbx.clone(),
            callback.clone(),
            keeper.clone(),
            clock.clone(),
        ),
        ledger,
        callback,
        pbx,
        keeper,
        metrics: started.metrics.clone(),
        downloads: Arc::default(),
        join_tries: Arc::default(),
        ingest: Arc::new(ingest),
        local_key: Arc::new(LocalKey::new(local_key)),
        listening,
        probes,
        clock,
        tasks,
        stop,
        started: Instant::now(),
        releases: Releases::of(&options.data_dir),
        data_dir: options.data_dir,
    }))
}

/// Starts the background tasks.
fn work(parts: &Parts, watching: &PartWatch) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let timing = &parts.feed.timing;
    let (clock, stop) = (|| parts.clock.clone(), || parts.stop.clone());
    let keeper = keeper::KeeperParts {
        ledger: parts.ledger.clone(),
        pbx: parts.pbx.clone(),
        callback: parts.callback.clone(),
        settings: parts.settings.clone(),
        company: parts.company.clone(),
        timing: timing.clone(),
    };
    tasks.spawn(watching.over("keeper", keeper::run(parts.keeper.clone(), keeper, stop())));
    let old = retention::run(parts.ledger.clone(), parts.settings.clone(), clock(), stop());
    tasks.spawn(watching.over("retention", old));
    let modes = recording::watch(parts.company.clone(), parts.pbx.clone(), clock(), stop());
    tasks.spawn(watching.over("recording modes", modes));
    let for_importer = importer::ImporterParts {
        company: parts.company.clone(),
        roster: parts.roster.clone(),
        settings: parts.settings.clone(),
        timing: timing.clone(),
    };
    for list in [importer::List::Records, importer::List::Statistics] {
        let import = importer::run(parts.importer.clone(), list, for_importer.clone(), stop());
        tasks.spawn(watching.over("importer", import));
    }
    tasks.spawn(first_look(parts.company.clone(), parts.pbx.clone(), stop()));
    tasks
}

/// Brings the log (WAL) to the disk: the last process may have been killed before it was synced. Somebody who reads the
/// database, a backup for example, keeps it from being moved into the database; a sync is as good then, unless one failed
/// in this process: what the system could not write it may have dropped from its cache.
fn secure_log(connection: &rusqlite::Connection, options: &Options) -> Result<(), LedgerError> {
    match tables::move_log(connection) {
        Err(LedgerError::Busy) if !options.is_restart => {
            tracing::info!("the database is being read; its log is synced and moved later");
            let wal = tables::wal_of(&tables::path(&options.data_dir));
            let synced = options.wal_sync.sync(&wal);
            synced.map_err(|error| LedgerError::Directory { path: wal, error })
        }
        moved => moved,
    }
}

/// Reads the company once after the start.
async fn first_look(company: Company, pbx: Pbx, stop: CancellationToken) {
    let Some(portal) = pbx.portal("abonents") else {
        return;
    };
    tokio::select! {
        looked = company.refresh(&portal, Who::relay()) => {
            if let Err(error) = looked {
                tracing::warn!(%error, "the abonents could not be read");
            }
        }
        () = stop.cancelled() => {}
    }
}
