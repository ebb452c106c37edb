//! The sync of the WAL, in parallel to the next batch. The writer commits without syncing and sends the batch to this
//! thread, which syncs the WAL once for all batches that wait; only then are they answered and published.
//!
//! A failed sync fails every batch that waited for it. After that nothing is synced until the writer has read the
//! ledger anew: the system may have dropped what it could not write.

use super::Health;
use super::entry::Answer;
use crate::metrics::Metrics;
use crate::roster::Roster;
use crate::tables::settings::Settings;
use crate::tables::{self, LedgerError};
use crate::told::{Changed, FeedMessage};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Batches that may wait for the sync; the writer waits if there are more.
const MAX_WAITING_BATCHES: usize = 4;

/// Receives the answer to an entry once.
pub(crate) type Reply = oneshot::Sender<Result<Answer, LedgerError>>;

type Sync = dyn Fn(&File) -> std::io::Result<()> + Send + std::marker::Sync;

/// How the WAL is synced.
#[derive(Clone)]
pub struct WalSync(Arc<Sync>);

impl WalSync {
    /// With a function of the caller, which must return only once the file's data are on the disk.
    pub fn new(sync: impl Fn(&File) -> std::io::Result<()> + Send + std::marker::Sync + 'static) -> Self {
        Self(Arc::new(sync))
    }

    /// Syncs the log of a database once.
    pub(crate) fn sync(&self, wal: &Path) -> std::io::Result<()> {
        (self.0)(&File::options().read(true).write(true).open(wal)?)
    }
}

impl Default for WalSync {
    /// `fdatasync`; `F_FULLFSYNC` on macOS, where `fsync` leaves the data in the disk's cache; `FlushFileBuffers` on
    /// Windows.
    fn default() -> Self {
        Self::new(File::sync_data)
    }
}

impl std::fmt::Debug for WalSync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WalSync")
    }
}

/// The receivers of what was stored.
pub(crate) struct Audience {
    pub(crate) metrics: Arc<Metrics>,
    /// For the feeds.
    pub(crate) changed: mpsc::Sender<FeedMessage>,
    pub(crate) roster: watch::Sender<Arc<Roster>>,
    pub(crate) settings: watch::Sender<Arc<Settings>>,
    pub(crate) health: watch::Sender<Health>,
    /// Notified when the subscriptions may need a change.
    pub(crate) keeper: Arc<Notify>,
    /// The newest version that is on the disk.
    pub(crate) durable: watch::Sender<i64>,
}

/// A committed batch that is not on the disk yet.
pub(crate) struct Committed {
    pub(crate) replies: Vec<(Reply, Result<Answer, LedgerError>)>,
    pub(crate) version: i64,
    pub(crate) changed: Vec<Changed>,
    pub(crate) roster: Option<Arc<Roster>>,
    pub(crate) settings: Option<Arc<Settings>>,
    pub(crate) wake_keeper: bool,
    pub(crate) began: Instant,
}

impl Committed {
    /// Tells every caller in it that the sync failed: what was committed may be stored or not.
    pub(crate) fn fail(self) {
        for (reply, _) in self.replies {
            // The receiver is gone if the caller was cancelled.
            let _ = reply.send(Err(LedgerError::NotSynced));
        }
    }
}

/// The ledger as it was read anew after a failed sync. All of it is on the disk, including the failed batches.
pub(crate) struct Recovered {
    pub(crate) version: i64,
    pub(crate) roster: Arc<Roster>,
    pub(crate) settings: Arc<Settings>,
}

enum SyncJob {
    Batch(Box<Committed>),
    /// Answered once everything before it is done.
    Barrier(SyncSender<()>),
    /// Syncs are valid again.
    Recovered(Recovered),
}

/// What the writer may know of the syncing thread while it makes the next batch.
pub(super) struct Progress {
    /// Batches that were sent and are neither on the disk nor failed.
    unsynced: AtomicUsize,
    has_ended: AtomicBool,
    /// Unparked when there is nothing left to sync.
    writer: thread::Thread,
}

impl Progress {
    pub(super) fn of(writer: thread::Thread) -> Self {
        Self {
            unsynced: AtomicUsize::new(0),
            has_ended: AtomicBool::new(false),
            writer,
        }
    }

    /// One batch more is to be synced.
    pub(super) fn sent(&self) {
        self.unsynced.fetch_add(1, Ordering::SeqCst);
    }

    /// So many batches more are on the disk, or have failed.
    pub(super) fn settled(&self, batches: usize) {
        if self.unsynced.fetch_sub(batches, Ordering::SeqCst) == batches {
            self.writer.unpark();
        }
    }

    fn end(&self) {
        self.has_ended.store(true, Ordering::SeqCst);
        self.writer.unpark();
    }

    /// Whether a commit would wait for the sync of an earlier one.
    pub(super) fn is_syncing(&self) -> bool {
        self.unsynced.load(Ordering::SeqCst) > 0 && !self.has_ended.load(Ordering::SeqCst)
    }
}

/// The syncing thread, for the writer.
pub(crate) struct Syncer {
    queue: Option<SyncSender<SyncJob>>,
    failed: Arc<AtomicBool>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// To be called by the writer's thread.
    pub(crate) fn start(database: &Path, sync: WalSync, audience: Audience) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(MAX_WAITING_BATCHES);
        let failed = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(Progress::of(thread::current()));
        let mut thread = Thread {
            wal: tables::wal_of(database),
            file: None,
            sync,
            audience,
            failed: failed.clone(),
            progress: progress.clone(),
        };
        let thread = thread::Builder::new()
            .name("ledger sync".to_owned())
            .spawn(move || thread.run(&jobs))?;
        Ok(Self {
            queue: Some(queue),
            failed,
            progress,
            thread: Some(thread),
        })
    }

    /// Sends a committed batch; waits if too many are in progress.
    pub(crate) fn hand(&self, batch: Committed) {
        let queue = self.queue.as_ref();
        self.progress.sent();
        if let Some(Err(refused)) = queue.map(|queue| queue.send(SyncJob::Batch(Box::new(batch))))
            && let SyncJob::Batch(batch) = refused.0
        {
            // The thread has ended by a panic.
            self.failed.store(true, Ordering::SeqCst);
            batch.fail();
        }
    }

    /// See [`Progress`].
    pub(super) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Whether a sync has failed since the ledger was last read.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Waits until all that was sent is answered; false if the thread has ended.
    pub(crate) fn drain(&self) -> bool {
        let (done, wait) = sync_channel(1);
        let queue = self.queue.as_ref();
        queue.is_some_and(|queue| queue.send(SyncJob::Barrier(done)).is_ok()) && wait.recv().is_ok()
    }

    /// The ledger was read anew: its contents are published.
    pub(crate) fn recovered(&self, ledger: Recovered) {
        if let Some(queue) = &self.queue
            && queue.send(SyncJob::Recovered(ledger)).is_ok()
        {
            self.failed.store(false, Ordering::SeqCst);
        }
    }

    /// Whether the thread has ended, which happens only by a panic; the panic hook has logged it.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until all that was sent is done and the thread has ended.
    ///
    /// # Errors
    /// [`LedgerError::NoSync`] if it ended by a panic.
    pub(crate) fn end(&mut self) -> Result<(), LedgerError> {
        self.queue = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(LedgerError::NoSync),
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        // The panic hook has logged it.
        let _ = self.end();
    }
}

struct Thread {
    wal: PathBuf,
    /// Opened at the first sync, and again after a failure.
    file: Option<File>,
    sync: WalSync,
    audience: Audience,
    failed: Arc<AtomicBool>,
    progress: Arc<Progress>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Also by a panic: nobody may wait for a sync any more.
        self.progress.end();
    }
}

impl Thread {
    fn run(&mut self, jobs: &Receiver<SyncJob>) {
        let mut broken = false;
        while let Ok(first) = jobs.recv() {
            let mut batches = Vec::new();
            let mut barriers = Vec::new();
            // A recovery begins a new round: what was sent before it fails first.
            let mut recovered = None;
            for one in std::iter::once(first).chain(jobs.try_iter()) {
                match one {
                    SyncJob::Batch(batch) => batches.push(*batch),
                    SyncJob::Barrier(done) => barriers.push(done),
                    SyncJob::Recovered(ledger) => recovered = Some(ledger),
                }
                if recovered.is_some() {
                    break;
                }
            }
            if broken {
                self.progress.settled(batches.len());
                for batch in batches.drain(..) {
                    batch.fail();
                }
            } else if !batches.is_empty() {
                broken = !self.settle(batches);
            }
            for done in barriers {
                let _ = done.send(());
            }
            if let Some(ledger) = recovered {
                broken = false;
                self.file = None;
                self.publish_all(ledger);
            }
        }
    }

    /// Syncs once for all these batches and answers them; false if the sync failed.
    fn settle(&mut self, batches: Vec<Committed>) -> bool {
        let synced = self.sync_wal();
        self.progress.settled(batches.len());
        let Err(error) = synced else {
            for batch in batches {
                self.publish(batch);
            }
            return true;
        };
        tracing::error!(%error, "the ledger's log cannot be brought to the disk");
        self.failed.store(true, Ordering::SeqCst);
        self.audience.metrics.failures.fetch_add(1, Ordering::Relaxed);
        let _ = self.audience.health.send(Health::Fails);
        for batch in batches {
            batch.fail();
        }
        false
    }

    fn sync_wal(&mut self) -> std::io::Result<()> {
        let file = if let Some(file) = &self.file {
            file
        } else {
            let mut options = File::options();
            let file = options.read(true).write(true).open(&self.wal)?;
            self.file.insert(file)
        };
        (self.sync.0)(file)
    }

    fn publish(&self, batch: Committed) {
        let told = &self.audience;
        told.metrics.committed(batch.replies.len(), batch.began.elapsed());
        if let Some(roster) = batch.roster {
            told.roster.send_replace(roster);
        }
        if let Some(settings) = batch.settings {
            told.settings.send_replace(settings);
        }
        self.publish_durable(batch.version);
        for (reply, answer) in batch.replies {
            // The receiver is gone if the caller was cancelled; the change stands.
            let _ = reply.send(answer);
        }
        if batch.wake_keeper {
            told.keeper.notify_one();
        }
        if !batch.changed.is_empty() {
            // The router never waits for a reader, and ends after this thread.
            let _ = told.changed.blocking_send(FeedMessage::Calls(batch.changed));
        }
    }

    fn publish_durable(&self, version: i64) {
        self.audience.durable.send_if_modified(|durable| {
            let is_news = *durable != version;
            *durable = version;
            is_news
        });
    }

    /// The failed batches are stored but were not published one by one: everything is published.
    fn publish_all(&self, ledger: Recovered) {
        let told = &self.audience;
        told.roster.send_replace(ledger.roster);
        told.settings.send_replace(ledger.settings);
        // Before the readers are cut off: a reader that comes back finds this version.
        self.publish_durable(ledger.version);
        told.keeper.notify_one();
        let _ = told.changed.blocking_send(FeedMessage::CutAll);
    }
}

/// The versions of commits, for the ledger's handle.
#[derive(Clone)]
pub(crate) struct Versions {
    /// The newest version that was committed, on the disk or not.
    pub(crate) committed: Arc<AtomicI64>,
    /// The newest version that is on the disk.
    pub(crate) durable: watch::Receiver<i64>,
}
