//! A running relay: what it is made of, how it starts and how it ends.

use crate::abonents::recording;
use crate::auth::code::Tries;
use crate::auth::{self, Secret};
use crate::config::Options;
use crate::feed::{self, Hub};
use crate::ingest::Bucket;
use crate::keeper;
use crate::ledger::audit::{self, Entry, What, Who};
use crate::ledger::requests::{self, ExchangeRow};
use crate::ledger::settings::{self, Settings};
use crate::ledger::{self, Ledger, LedgerError};
use crate::roster::{Roster, RosterCell};
use crate::state::{App, Shared};
use crate::writer::{self, Around, now};
use perezvon_pbx::rest::{Exchange, Portal, PortalError, Token};
use std::fs::File;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

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

/// A running relay. Every task of it ends with it: dropped without [`Relay::shutdown`] they are aborted, and the ledger
/// is as after a power cut, which it survives.
pub struct Relay {
    app: Option<App>,
    addr: SocketAddr,
    local_key: Secret,
    tasks: JoinSet<()>,
    writer: Option<JoinHandle<Result<(), LedgerError>>>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

impl Relay {
    /// Opens the ledger and serves on the listener. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub async fn start(options: Options, listener: TcpListener) -> Result<Self, StartError> {
        let addr = listener.local_addr().map_err(StartError::Listener)?;
        // A large database takes its time to be checked; the caller's thread has other things to do.
        let opening = tokio::task::spawn_blocking(move || Opened::open(&options).map(|opened| (opened, options)));
        let (opened, options) = opening.await.map_err(|error| StartError::Thread(error.into()))??;
        let roster = Arc::new(RosterCell::default());
        roster.set(opened.roster);
        let hub = Hub::new(options.feed_queue.max(1));
        let (changed, batches) = tokio::sync::mpsc::channel(feed::BATCHES);
        let around = Around {
            changed,
            hub: hub.clone(),
            roster: roster.clone(),
            settings: Arc::new(RwLock::new(opened.settings)),
            keeper: Arc::new(Notify::new()),
            healthy: Arc::new(AtomicBool::new(true)),
        };
        let (jobs, queue) = mpsc::sync_channel(ledger::QUEUE);
        let ledger = Ledger::new(jobs, &options.data_dir)?;
        let local_key = Secret::new(auth::random_key());
        let app = App(Arc::new(Shared {
            ledger,
            healthy: around.healthy.clone(),
            hub: hub.clone(),
            roster: roster.clone(),
            settings: around.settings.clone(),
            secret: opened.secret,
            local_key: auth::hash(local_key.reveal()),
            pbx_url: options.pbx_url,
            portal: RwLock::new(None),
            token_file: options.token_file,
            wake_keeper: around.keeper.clone(),
            wake_recording: Notify::new(),
            join_tries: Tries::default(),
            keeper: Mutex::default(),
            keeper_asked: Mutex::default(),
            ingest_limit: options.ingest_per_second.map(Bucket::new),
            timing: options.timing,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            started: Instant::now(),
            data_dir: options.data_dir,
        }));
        if let Some(token) = options.token {
            app.set_portal(Some(portal(&app, token).map_err(StartError::Portal)?));
        }
        let (connection, lock) = (opened.connection, opened.lock);
        let writer = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                // Held as long as anything can be written, also when the relay's end does not wait for that.
                let _lock = lock;
                writer::run(connection, queue, around)
            })
            .map_err(StartError::Thread)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(feed::route(hub, batches, roster));
        tasks.spawn(keeper::run(app.clone()));
        tasks.spawn(recording::watch(app.clone()));
        tasks.spawn(serve(app.clone(), listener));
        if app.portal().is_some() {
            tasks.spawn(first_look(app.clone()));
        }
        tracing::info!(%addr, "the relay serves");
        Ok(Self {
            app: Some(app),
            addr,
            local_key,
            tasks,
            writer: Some(writer),
        })
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("there until shutdown, which takes the relay")
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// An admin key for the embedding program: made at each start, only in memory.
    pub fn local_key(&self) -> &Secret {
        &self.local_key
    }

    /// The address that the PBX must post to, the secret included; none while the public address is not known.
    pub fn callback_url(&self) -> Option<Url> {
        self.app().callback_url()
    }

    /// The secret of the callback's path.
    pub fn callback_secret(&self) -> &Secret {
        &self.app().secret
    }

    /// Stores another public address and has the subscriptions made anew for it.
    pub async fn set_public_url(&self, url: Option<Url>) -> Result<(), LedgerError> {
        let change = move |settings: &Settings| {
            let public_url = url;
            Ok(Settings {
                public_url,
                ..settings.clone()
            })
        };
        // Nothing of this change can be out of bounds.
        set_settings(self.app(), Who::console(), change).await.map(drop)
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.app().settings()
    }

    /// Ends: takes no more, answers what is in flight, closes the feeds, moves the WAL into the database.
    /// Subscriptions stay: the next start goes on with them.
    pub async fn shutdown(mut self) {
        let Some(app) = self.app.take() else { return };
        let drain = app.timing.drain;
        app.stop.cancel();
        app.tasks.close();
        let all = async {
            app.tasks.wait().await;
            // The server, the keeper and those who look at the abonents; the router ends when the writer has.
            while self.tasks.len() > 1 && self.tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout(drain, all).await.is_err() {
            tracing::warn!("not everything in flight ended in time");
        }
        // The writer ends when nobody can hand it jobs any more.
        drop(app);
        let writer = self.writer.take();
        let mut tasks = std::mem::take(&mut self.tasks);
        let join = tokio::task::spawn_blocking(move || writer.map(JoinHandle::join));
        // A connection that hangs holds the way to the writer.
        let ended = tokio::time::timeout(drain, async {
            let ended = join.await;
            while tasks.join_next().await.is_some() {}
            ended
        });
        match ended.await {
            Ok(Ok(Some(Ok(Err(error))))) => tracing::warn!(%error, "the last checkpoint failed"),
            Ok(Ok(Some(Err(_)) | None) | Err(_)) => tracing::error!("the ledger's thread ended badly"),
            Ok(Ok(Some(Ok(Ok(()))))) => tracing::info!("the relay has ended"),
            Err(_) => tracing::warn!("the ledger is still in use; what was answered is safe"),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(app) = &self.app {
            app.stop.cancel();
        }
    }
}

/// What the data directory holds.
struct Opened {
    lock: File,
    connection: rusqlite::Connection,
    settings: Settings,
    secret: Secret,
    roster: Roster,
}

impl Opened {
    fn open(options: &Options) -> Result<Self, StartError> {
        let lock = ledger::lock(&options.data_dir)?;
        let connection = ledger::open(&options.data_dir)?;
        let settings = first_settings(&connection, options)?;
        let secret = Secret::new(settings::secret(&connection)?);
        let roster = Roster::load(&connection)?;
        let forgotten = requests::forget_placing(&connection)?;
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
    settings::store(connection, &settings, Who::console())?;
    Ok(settings)
}

async fn serve(app: App, listener: TcpListener) {
    let stop = app.stop.clone();
    let router = crate::api::router(app);
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the server ended");
    }
}

/// Reads the company once after the start.
async fn first_look(app: App) {
    let Some(portal) = app.portal() else { return };
    tokio::select! {
        looked = crate::abonents::refresh(&app, &portal, Who::relay()) => {
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
        let row = ExchangeRow {
            at: now(),
            method: exchange.method.to_string(),
            path: exchange.path,
            status: exchange.status,
            ms: exchange.duration_ms as i64,
            error: exchange.error.map(str::to_owned),
        };
        let add = Box::new(move |batch: &mut writer::Batch<'_>| {
            let failed = requests::add_exchange(batch.connection, &row).is_err();
            let finish: Box<dyn FnOnce(Option<LedgerError>) + Send> = Box::new(|_| {});
            (failed, finish)
        });
        if shared.ledger.submit(writer::Job::Change(add)).is_err() {
            tracing::warn!("an exchange with the PBX is missing in the journal: the ledger is busy");
        }
    })))
}

/// Checks a token at the PBX and uses it from now on; gives how many abonents it opens. It is kept where the options say.
pub(crate) async fn try_token(app: &App, token: Token, who: Who) -> Result<usize, TokenError> {
    let portal = portal(app, token.clone())?;
    let abonents = match crate::abonents::refresh(app, &portal, who.clone()).await {
        Ok(abonents) => abonents.len(),
        Err(crate::abonents::RefreshError::Portal(error)) => return Err(error.into()),
        Err(crate::abonents::RefreshError::Ledger(error)) => {
            return Err(TokenError::Store(std::io::Error::other(error)));
        }
    };
    if let Some(file) = &app.token_file {
        crate::cli::store_token(file, &token).map_err(TokenError::Store)?;
    }
    app.set_portal(Some(portal));
    let changed = Entry {
        at: now(),
        who,
        what: What::TokenChanged,
        subject: None,
        detail: None,
    };
    let written = app.ledger.write(move |batch| audit::add(batch.connection, &changed));
    written
        .await
        .map_err(|error| TokenError::Store(std::io::Error::other(error)))?;
    Ok(abonents)
}

/// Changes the settings and lets everybody know; gives the new ones, or why the change refused.
pub(crate) async fn set_settings(
    app: &App,
    who: Who,
    change: impl FnOnce(&Settings) -> Result<Settings, String> + Send + 'static,
) -> Result<Result<Settings, String>, LedgerError> {
    app.ledger
        .write(move |batch| {
            // From what is stored, not from what was in force when the request came: two changes at once both hold.
            let settings = match change(&settings::load(batch.connection)?) {
                Ok(settings) => settings,
                Err(refused) => return Ok(Err(refused)),
            };
            settings::store(batch.connection, &settings, who)?;
            batch.new_settings = Some(settings.clone());
            batch.wake_keeper = true;
            Ok(Ok(settings))
        })
        .await
}
