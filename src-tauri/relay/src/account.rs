//! The rooms of one account (PBX contract): what they are made of, how they start and how they end. The listener in
//! front of them is [`crate::front`].

use crate::company::recording;
use crate::config::Options;
use crate::feed::{self, Hub};
use crate::importer::{self, Import};
use crate::keeper;
use crate::keys::{self, Secret};
use crate::ledger::entry::Noted;
use crate::ledger::{self, Audience, Health, Ledger, Versions, writer};
use crate::metrics::Metrics;
use crate::probes::Probes;
use crate::rate::{Bucket, Rate, Tries};
use crate::roster::Roster;
use crate::state::{App, Shared};
use crate::tables::audit::{What, Who};
use crate::tables::exchanges::ExchangeRow;
use crate::tables::settings::{self, Settings};
use crate::tables::{self, LedgerError, calls, requests};
use perezvon_pbx::rest::{Exchange, Portal, PortalError, Token};
use std::fs::File;
use std::sync::{Arc, Mutex, OnceLock, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the writer may take for what waits for it and for moving the WAL into the database.
const CHECKPOINT: Duration = Duration::from_secs(10);

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

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The PBX does not accept it, or cannot be asked.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// It cannot be kept.
    #[error("the token cannot be stored: {0}")]
    Store(std::io::Error),
}

/// One account that runs. Every task of it ends with it: dropped without [`Account::shutdown`] they are aborted, and the
/// ledger is as after a power cut, which it survives.
pub(crate) struct Account {
    app: Option<App>,
    local_key: Secret,
    tasks: JoinSet<()>,
    /// Serves the readers as long as the writer writes.
    router: JoinSet<()>,
    writer: Option<JoinHandle<Result<(), LedgerError>>>,
}

impl Account {
    /// Opens the ledger and starts what works on it; nothing runs where it fails.
    pub(crate) async fn start(options: Options) -> Result<Self, StartError> {
        // A large database takes its time to be checked; the caller's thread has other things to do.
        let opening = tokio::task::spawn_blocking(move || Opened::open(&options).map(|opened| (opened, options)));
        let (opened, options) = opening.await.map_err(|error| StartError::Thread(error.into()))??;
        let (roster_now, roster) = watch::channel(Arc::new(opened.roster));
        let (settings_now, settings) = watch::channel(Arc::new(opened.settings));
        let (health_now, health) = watch::channel(Health::Stores);
        let (durable_now, durable) = watch::channel(opened.version);
        let hub = Hub::new(options.feed_queue.max(1));
        let (changed, batches) = tokio::sync::mpsc::channel(feed::BATCHES);
        let (metrics, wake_keeper) = (Arc::new(Metrics::default()), Arc::new(Notify::new()));
        let versions = Versions {
            committed: Arc::new(opened.version.into()),
            durable,
        };
        let beat = Arc::default();
        let clock = options.timing.clock.clone();
        let set = writer::Set {
            data_dir: options.data_dir.clone(),
            clock: clock.clone(),
            sync: options.wal_sync,
            audience: Audience {
                metrics: metrics.clone(),
                changed,
                roster: roster_now,
                settings: settings_now,
                health: health_now,
                keeper: wake_keeper.clone(),
                durable: durable_now,
            },
            readers: hub.count(),
            committed: versions.committed.clone(),
            beat: Arc::clone(&beat),
        };
        let (jobs, queue) = mpsc::sync_channel(ledger::QUEUE);
        let shared = ledger::Shared {
            jobs,
            health,
            versions,
            beat,
        };
        let ledger = Ledger::new(shared, &options.data_dir, clock, metrics.clone())?;
        let local_key = options.local_key.unwrap_or_else(|| Secret::new(keys::random_key()));
        let app = App(Arc::new(Shared {
            account: options.account,
            ledger,
            hub: hub.clone(),
            metrics,
            roster: roster.clone(),
            settings,
            secret: opened.secret,
            local_key: keys::hash(local_key.reveal()),
            pbx_url: options.pbx_url,
            portal: RwLock::new(None),
            token_file: options.token_file,
            wake_keeper,
            wake_recording: Notify::new(),
            join_tries: Tries::default(),
            keeper: Mutex::default(),
            keeper_asked: Mutex::default(),
            import: Import::default(),
            ingest_limit: options.ingest_per_second.map(|limit| Bucket::new(Rate::events(limit))),
            tls: OnceLock::new(),
            timing: options.timing,
            downloads: Arc::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            failed: watch::Sender::new(None),
            started: Instant::now(),
            data_dir: options.data_dir,
            addr: OnceLock::new(),
            own_key: local_key.clone(),
            probes: Probes::default(),
        }));
        if let Some(token) = options.token {
            app.set_portal(Some(portal(&app, token).map_err(StartError::Portal)?));
        }
        let (connection, lock) = (opened.connection, opened.lock);
        let watched = app.watched("ledger");
        let writer = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                // Held as long as anything can be written, also when the relay's end does not wait for that.
                let _lock = lock;
                let _watched = watched;
                writer::run(connection, &queue, set)
            })
            .map_err(StartError::Thread)?;
        let (mut tasks, mut router) = (JoinSet::new(), JoinSet::new());
        router.spawn(app.watched("feed").over(feed::route(hub, batches, roster)));
        tasks.spawn(app.watched("keeper").over(keeper::run(app.clone())));
        tasks.spawn(app.watched("retention").over(crate::retention::run(app.clone())));
        tasks.spawn(app.watched("recording modes").over(recording::watch(app.clone())));
        for list in [importer::List::Records, importer::List::Statistics] {
            tasks.spawn(app.watched("importer").over(importer::run(app.clone(), list)));
        }
        if app.portal().is_some() {
            tasks.spawn(first_look(app.clone()));
        }
        Ok(Self {
            app: Some(app),
            local_key,
            tasks,
            router,
            writer: Some(writer),
        })
    }

    /// What its tasks share.
    pub(crate) fn app(&self) -> &App {
        self.app
            .as_ref()
            .expect("there until shutdown, which takes the account")
    }

    /// An admin key for the embedding program: made at each start, only in memory.
    pub(crate) fn local_key(&self) -> &Secret {
        &self.local_key
    }

    /// From now on nothing new is taken and the feeds close.
    pub(crate) fn stop(&self) {
        if let Some(app) = &self.app {
            app.stop.cancel();
        }
    }

    /// Ends: takes no more, closes the feeds, moves the WAL into the database. What is in flight has time until `end`.
    /// Nobody else may hold the account any more. Subscriptions stay: the next start goes on with them.
    pub(crate) async fn shutdown(mut self, end: tokio::time::Instant) {
        let Some(app) = self.app.take() else { return };
        let account = app.account.clone();
        app.stop.cancel();
        app.tasks.close();
        let all = async {
            app.tasks.wait().await;
            while self.tasks.join_next().await.is_some() {}
        };
        if timeout_at(end, all).await.is_err() {
            tracing::warn!(account, "not everything in flight ended in time");
        }
        // The writer ends when nobody can hand it jobs any more.
        self.tasks.shutdown().await;
        drop(app);
        let Some(writer) = self.writer.take() else { return };
        let join = tokio::task::spawn_blocking(move || writer.join());
        match timeout(CHECKPOINT, join).await {
            Ok(Ok(Ok(Ok(())))) => tracing::info!(account, "the account has ended"),
            Ok(Ok(Ok(Err(error)))) => tracing::warn!(account, %error, "the last checkpoint failed"),
            Ok(Ok(Err(_)) | Err(_)) => tracing::error!(account, "the ledger's thread ended badly"),
            Err(_) => tracing::warn!(account, "the ledger is still in use; what was answered is safe"),
        }
        self.router.shutdown().await;
    }
}

/// A part of an account that runs until the account is stopped. Dropped before that, by a panic or because it ended, it
/// says so, and the front starts the account anew.
struct Watched {
    name: &'static str,
    stop: CancellationToken,
    failed: watch::Sender<Option<&'static str>>,
}

impl App {
    fn watched(&self, name: &'static str) -> Watched {
        Watched {
            name,
            stop: self.stop.clone(),
            failed: self.failed.clone(),
        }
    }
}

impl Watched {
    async fn over(self, task: impl Future<Output = ()>) {
        task.await;
    }
}

impl Drop for Watched {
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

/// What the data directory holds.
struct Opened {
    lock: File,
    connection: rusqlite::Connection,
    settings: Settings,
    secret: Secret,
    roster: Roster,
    /// The newest version; what is there is on the disk.
    version: i64,
}

impl Opened {
    fn open(options: &Options) -> Result<Self, StartError> {
        let lock = tables::lock(&options.data_dir)?;
        let connection = tables::open(&options.data_dir)?;
        settings::claim(&connection, &options.account)?;
        let settings = first_settings(&connection, options)?;
        let secret = Secret::new(settings::secret(&connection)?);
        let roster = Roster::load(&connection)?;
        let version = calls::version(&connection).map_err(LedgerError::from)?;
        let forgotten = requests::forget_placing(&connection)?;
        // What is in the log may never have been synced: the last relay may have ended before that.
        tables::move_log(&connection)?;
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

/// The stored settings with what the options say.
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

/// Reads the company once after the start.
async fn first_look(app: App) {
    let Some(portal) = app.portal_for("abonents") else {
        return;
    };
    tokio::select! {
        looked = crate::company::refresh(&app, &portal, Who::relay()) => {
            if let Err(error) = looked {
                tracing::warn!(%error, "the abonents could not be read");
            }
        }
        () = app.stop.cancelled() => {}
    }
}

/// A client whose exchanges go to the journal.
fn portal(app: &App, token: Token) -> Result<Portal, PortalError> {
    let portal = Portal::new(app.pbx_url.clone(), token, app.timing.portal)?;
    let weak = Arc::downgrade(&app.0);
    Ok(portal.observed(Arc::new(move |exchange: Exchange| {
        let Some(shared) = weak.upgrade() else { return };
        shared.metrics.exchanged(&exchange);
        let row = ExchangeRow {
            at: shared.now(),
            method: exchange.method.to_string(),
            path: exchange.path,
            status: exchange.status,
            ms: exchange.duration_ms as i64,
            error: exchange.error.map(str::to_owned),
            correlation: exchange.cause.as_deref().map(str::to_owned),
        };
        if !shared.ledger.note_exchange(row) {
            tracing::warn!("an exchange with the PBX is missing in the journal: the ledger is busy");
        }
    })))
}

/// Checks a token at the PBX and uses it from now on; gives how many abonents it opens. It is kept where the options say.
pub(crate) async fn try_token(app: &App, token: Token, who: Who) -> Result<usize, TokenError> {
    let portal = portal(app, token.clone())?;
    let asking = portal.clone().caused_by("token");
    let abonents = match crate::company::refresh(app, &asking, who.clone()).await {
        Ok(abonents) => abonents.len(),
        Err(crate::company::RefreshError::Portal(error)) => return Err(error.into()),
        Err(crate::company::RefreshError::Ledger(error)) => {
            return Err(TokenError::Store(std::io::Error::other(error)));
        }
    };
    if let Some(file) = &app.token_file {
        crate::token_file::store(file, &token).map_err(TokenError::Store)?;
    }
    app.set_portal(Some(portal));
    let changed = Noted {
        who,
        what: What::TokenChanged,
        subject: None,
        detail: None,
    };
    let written = app.ledger.put(changed).await;
    written.map_err(|error| TokenError::Store(std::io::Error::other(error)))?;
    Ok(abonents)
}
