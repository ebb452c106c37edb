//! The ledger: the only way to change `relay.db`. Other modules give [`entry`] values to the handle; one thread
//! ([`writer`]) applies all that wait as one transaction and answers once that is on the disk. A few read-only
//! connections serve queries.

mod apply;
mod batch;
pub(crate) mod entry;
mod forget;
mod join;
mod later;
mod lists;
mod losses;
mod neighbours;
mod open_calls;
mod pickup;
#[cfg(test)]
mod properties;
mod rebuild;
mod replay;
mod state;
mod sweeper;
mod sync;
mod transaction;
#[cfg(test)]
mod undone;
pub(crate) mod writer;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::tables::events::Readable;
use crate::tables::events::body::Body;
use crate::tables::exchanges::ExchangeRow;
use crate::tables::settings::Settings;
use crate::tables::{self, LedgerError};
use entry::{Answer, Change, Entry, Exchanged, Posted, Stamped};
use rusqlite::Connection;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot, watch};

pub use sync::WalSync;
pub(crate) use sync::{Audience, Reply, Versions};

/// The settings in force.
pub(crate) type SettingsNow = watch::Receiver<Arc<Settings>>;

/// How many entries may wait for the writer; further ones are answered 503 at once.
pub(crate) const QUEUE_ENTRIES: usize = 8192;

/// Read-only connections.
const READ_CONNECTIONS: usize = 3;

/// How long a reader waits for a commit to be on the disk.
const DURABLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether changes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// The last transaction was stored.
    Stores,
    /// The last transaction was not stored; every change tries again.
    Fails,
    /// The writer has ended.
    Ended,
}

/// An entry on its way to the writer.
pub(crate) struct Job {
    pub(crate) stamped: Stamped,
    /// Told once the entry is on the disk, or that it is not.
    pub(crate) reply: Reply,
}

/// The handle of the ledger for async code: queries on the pool, changes through the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ledger {
    jobs: SyncSender<Job>,
    clock: Clock,
    metrics: Arc<Metrics>,
    readers: Arc<ConnectionPool>,
    health: watch::Receiver<Health>,
    versions: Versions,
    beat: Arc<AtomicU64>,
}

/// What the handle shares with the writer.
pub(crate) struct Shared {
    pub(crate) jobs: SyncSender<Job>,
    pub(crate) health: watch::Receiver<Health>,
    pub(crate) versions: Versions,
    /// Incremented in each round of the writer.
    pub(crate) beat: Arc<AtomicU64>,
}

struct ConnectionPool {
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A connection of the pool, given back when this is dropped, also by a panic.
struct PooledConnection {
    readers: Arc<ConnectionPool>,
    connection: Option<Connection>,
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        let mut free = self.readers.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
    }
}

impl Ledger {
    pub(crate) fn new(
        shared: Shared,
        data_dir: &Path,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, LedgerError> {
        let free = (0..READ_CONNECTIONS)
            .map(|_| tables::open_read(data_dir))
            .collect::<Result<_, _>>()?;
        let readers = ConnectionPool {
            free: Mutex::new(free),
            permits: Arc::new(Semaphore::new(READ_CONNECTIONS)),
        };
        Ok(Self {
            jobs: shared.jobs,
            clock,
            metrics,
            readers: Arc::new(readers),
            health: shared.health,
            versions: shared.versions,
            beat: shared.beat,
        })
    }

    /// Whether changes are stored at present.
    pub(crate) fn health(&self) -> Health {
        *self.health.borrow()
    }

    /// A number that grows at least once a second while the writer works.
    pub(crate) fn beat(&self) -> u64 {
        self.beat.load(Ordering::Relaxed)
    }

    /// Waits until everything committed so far is on the disk; returns the newest version for readers. A reader of
    /// the feed asks after it has registered: later commits come through its queue.
    pub(crate) async fn durable_version(&self) -> Result<i64, LedgerError> {
        let committed = self.versions.committed.load(Ordering::SeqCst);
        let mut durable = self.versions.durable.clone();
        let reached = durable.wait_for(|durable| *durable >= committed);
        match tokio::time::timeout(DURABLE_TIMEOUT, reached).await {
            Ok(Ok(durable)) => Ok(*durable),
            Ok(Err(_)) | Err(_) => Err(LedgerError::Busy),
        }
    }

    /// The newest version that is known to be on the disk; does not wait for later commits.
    pub(crate) fn known_durable(&self) -> i64 {
        *self.versions.durable.borrow()
    }

    /// Sends an entry to the writer without waiting.
    fn submit(&self, entry: Entry) -> Result<oneshot::Receiver<Result<Answer, LedgerError>>, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let stamped = stamped(&self.clock, entry);
        // Counted before the writer can receive it.
        self.metrics.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(Job { stamped, reply }).map_err(|_| {
            self.metrics.waiting.fetch_sub(1, Ordering::Relaxed);
            LedgerError::Busy
        })?;
        Ok(answer)
    }

    /// Makes a change and waits until it is on the disk. A change that fails is undone alone; if its transaction or
    /// the sync fails, nothing of the batch is stored.
    pub(crate) async fn put<C: Change>(&self, change: C) -> Result<C::Answer, LedgerError> {
        let answer = self.submit(change.into())?.await;
        C::answer(answer.unwrap_or(Err(LedgerError::Busy))?).ok_or(LedgerError::Busy)
    }

    /// Stores a posted event and waits until it is on the disk.
    pub(crate) async fn append(&self, read: Box<Readable>, body: Body) -> Result<(), LedgerError> {
        self.put(Posted { read, body }).await.map(drop)
    }

    /// Stores an exchange with the PBX without waiting. False if the queue is full: the exchange is then lost.
    pub(crate) fn note_exchange(&self, row: ExchangeRow) -> bool {
        self.submit(Exchanged(row).into()).is_ok()
    }

    /// Runs a query on a read-only connection.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let readers = self.readers.clone();
        let permit = readers.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| LedgerError::Busy)?;
        let run = move || {
            // Kept until the connection is given back, even if the caller no longer waits.
            let _permit = permit;
            let connection = readers.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let taken = PooledConnection { readers, connection };
            match &taken.connection {
                Some(connection) => query(connection),
                None => Err(LedgerError::Busy),
            }
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|ended| {
            tracing::error!(%ended, "a query of the ledger ended badly");
            Err(LedgerError::Query)
        })
    }
}

/// An entry made now, with its time and its random seed.
pub(crate) fn stamped(clock: &Clock, entry: impl Into<Entry>) -> Stamped {
    Stamped {
        at: clock.now(),
        seed: seed(),
        entry: entry.into(),
    }
}

/// Differs for each entry and cannot be guessed. The system is asked for random numbers once in a thread, not for each
/// entry.
fn seed() -> u64 {
    RandomState::new().hash_one(())
}
