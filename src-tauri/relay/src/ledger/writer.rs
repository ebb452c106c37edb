//! The only writer of the ledger: one thread, one transaction for all entries that wait and come while the batch before
//! is synced ([`super::batch`]). It commits without syncing and goes on with the next batch; [`super::sync`] syncs and
//! answers.
//!
//! On any failure to store, the whole batch is undone, every caller in it gets an error, and the calls in memory are
//! read anew: the relay never acknowledges or publishes what may be lost (design, invariants 1 and 8).

use super::apply::NotApplied;
use super::batch::Batch;
use super::entry::{Answer, Appended, Change, Swept};
use super::state::State;
use super::sync::{Audience, Committed, Recovered, Reply, Syncer};
use super::transaction::Transaction;
use super::{Health, Job, WalSync, stamped};
use crate::clock::Clock;
use crate::tables::calls::views;
use crate::tables::{self, LedgerError};
use rusqlite::{Connection, TransactionBehavior};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The writer checks the clock at least this often, for deadlines and a clock that was set.
const MAX_SLEEP: Duration = Duration::from_secs(1);
/// How long deadlines are postponed after a failed transaction; jobs are retried at once.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// What the writer needs.
pub(crate) struct WriterParts {
    pub(crate) data_dir: PathBuf,
    pub(crate) clock: Clock,
    pub(crate) sync: WalSync,
    pub(crate) audience: Audience,
    /// How many read the feed; without readers the changed calls are not copied.
    pub(crate) readers: Arc<AtomicUsize>,
    /// The newest version that was committed.
    pub(crate) committed: Arc<AtomicI64>,
    /// Incremented in each round of the writer.
    pub(crate) beat: Arc<AtomicU64>,
}

/// The writer's thread.
struct Writer {
    connection: Connection,
    /// None if the ledger could not be read after a failure.
    state: Option<State>,
    data_dir: PathBuf,
    clock: Clock,
    health: watch::Sender<Health>,
    metrics: Arc<crate::metrics::Metrics>,
    readers: Arc<AtomicUsize>,
    committed: Arc<AtomicI64>,
    beat: Arc<AtomicU64>,
    syncer: Syncer,
    quiet_until: Instant,
}

/// Sets the health when the writer ends, also by a panic: nothing is stored any more.
struct EndGuard(watch::Sender<Health>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.send_replace(Health::Ended);
    }
}

/// Handles jobs until all senders are dropped, then moves the WAL into the database.
///
/// # Errors
/// What prevents reading the ledger at the start; [`LedgerError::NoSync`] as soon as nothing can be synced any more,
/// so that the account is restarted; and what prevents moving the WAL at the end.
pub(crate) fn run(connection: Connection, jobs: &Receiver<Job>, set: WriterParts) -> Result<(), LedgerError> {
    let _ended = EndGuard(set.audience.health.clone());
    // A relay that is ended each evening may never store as many calls as are filed together.
    if let Err(error) = views::file(&connection) {
        tracing::warn!(%error, "the views of calls could not be filed");
    }
    let state = State::load(&connection, set.clock.now())?;
    let (health, metrics) = (set.audience.health.clone(), set.audience.metrics.clone());
    let syncer = Syncer::start(&tables::path(&set.data_dir), set.sync, set.audience).map_err(|error| {
        LedgerError::Directory {
            path: set.data_dir.clone(),
            error,
        }
    })?;
    let mut writer = Writer {
        connection,
        state: Some(state),
        data_dir: set.data_dir,
        clock: set.clock,
        health,
        metrics,
        readers: set.readers,
        committed: set.committed,
        beat: set.beat,
        syncer,
        quiet_until: Instant::now(),
    };
    while writer.turn(jobs)? {}
    let Writer {
        connection, mut syncer, ..
    } = writer;
    // The last commits are synced and answered first.
    syncer.end()?;
    tables::move_log(&connection)
}

/// Applies one change to the ledger of a relay that need not run, for the command line; it is on the disk when this
/// returns.
pub(crate) fn put_offline<C: Change>(
    connection: &mut Connection,
    clock: &Clock,
    change: C,
) -> Result<C::Answer, LedgerError> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The lock is taken before reading: a relay that serves must change nothing between the two.
    let whole = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut state = State::load(&whole, clock.now())?;
    let mut transaction = Transaction::new(&whole, &mut state)?;
    let number = transaction.state.next_entry();
    let answer = transaction
        .apply(number, &stamped(clock, change))
        .map_err(NotApplied::into_error)?;
    transaction.flush()?;
    whole.commit()?;
    answer.and_then(C::answer).ok_or(LedgerError::Busy)
}

impl Writer {
    /// One round; false once all senders of jobs are dropped.
    fn turn(&mut self, jobs: &Receiver<Job>) -> Result<bool, LedgerError> {
        if self.syncer.has_ended() {
            tracing::error!("the thread that syncs the ledger has ended: the account must start anew");
            return Err(LedgerError::NoSync);
        }
        self.beat.fetch_add(1, Ordering::Relaxed);
        let first = match jobs.recv_timeout(self.until_due()) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
        };
        if self.syncer.has_failed() || self.state.is_none() {
            self.recover();
        }
        let is_due =
            |state: &State| state.calls.has_unread() || state.next_due().is_some_and(|due| due <= self.clock.now());
        let sweeps = self.quiet_until <= Instant::now() && self.state.as_ref().is_some_and(is_due);
        if first.is_none() && !sweeps {
            return Ok(true);
        }
        let stored = self.store(Batch::new(first, jobs, self.syncer.progress()), sweeps);
        self.publish_health(stored.as_ref().err());
        if stored.is_err() {
            self.metrics.failures.fetch_add(1, Ordering::Relaxed);
            self.quiet_until = Instant::now() + FAILURE_PAUSE;
            if !self.syncer.has_failed() {
                self.load();
            }
        }
        Ok(true)
    }

    fn until_due(&self) -> Duration {
        let due = self.state.as_ref().and_then(State::next_due);
        let wait = due.map(|due| Duration::from_millis(due.since(self.clock.now()).max(0) as u64));
        wait.unwrap_or(MAX_SLEEP)
            .min(MAX_SLEEP)
            .max(self.quiet_until.saturating_duration_since(Instant::now()))
    }

    fn publish_health(&self, failed: Option<&LedgerError>) {
        let health = if failed.is_some() || self.syncer.has_failed() {
            Health::Fails
        } else {
            Health::Stores
        };
        let before = self.health.send_replace(health);
        match failed {
            // Logged once: a full disk fails with every event, and has no room for the log either.
            Some(error) if before == Health::Stores => tracing::error!(%error, "the ledger could not store"),
            None if before == Health::Fails && health == Health::Stores => tracing::info!("the ledger stores again"),
            _ => {}
        }
    }

    /// Reads the calls in memory anew.
    fn load(&mut self) {
        self.state = match State::load(&self.connection, self.clock.now()) {
            Ok(state) => Some(state),
            // Nothing may be based on what was not stored; the next batch tries again to read.
            Err(error) => {
                tracing::error!(%error, "the ledger cannot be read");
                None
            }
        };
    }

    /// Recovers after a failed sync: the system may have dropped from its cache what it could not write, though it
    /// can still be read. The log is moved into the database, which is written and synced, before anything else is
    /// stored. With that the failed batches stand, and everything is published.
    fn recover(&mut self) {
        if !self.syncer.has_failed() {
            return self.load();
        }
        self.state = None;
        if !self.syncer.drain() {
            return;
        }
        let anew = tables::open(&self.data_dir).and_then(|connection| {
            tables::move_log(&connection)?;
            Ok(connection)
        });
        match anew {
            Ok(connection) => {
                self.connection = connection;
                self.load();
                let Some(state) = &self.state else { return };
                let ledger = Recovered {
                    version: state.calls.version(),
                    roster: state.rest.roster.clone(),
                    settings: state.rest.settings.clone(),
                };
                // Before the rest is published: a caller that waits for the disk must not wait for a version that no
                // longer exists.
                self.committed.store(ledger.version, Ordering::SeqCst);
                self.syncer.recovered(ledger);
                self.publish_health(None);
            }
            Err(error) => tracing::error!(%error, "the ledger cannot be opened anew"),
        }
    }

    /// One transaction. Every reply is sent in any case: here if nothing was stored, otherwise after the sync.
    fn store(&mut self, mut jobs: Batch<'_>, sweeps: bool) -> Result<(), LedgerError> {
        let mut replies: Vec<(Reply, Result<Answer, LedgerError>)> = Vec::new();
        let committed = self.commit(&mut jobs, &mut replies, sweeps);
        let waited = replies.len() as i64;
        self.metrics.waiting.fetch_sub(waited, Ordering::Relaxed);
        match committed {
            Ok(committed) => {
                self.syncer.hand(Committed { replies, ..committed });
                if let Some(state) = &mut self.state {
                    state.calls.trim();
                }
                Ok(())
            }
            Err(error) => {
                let lost = replies.into_iter().map(|(reply, _)| reply);
                let waiting = jobs.rest();
                self.metrics.waiting.fetch_sub(waiting.len() as i64, Ordering::Relaxed);
                for reply in lost.chain(waiting.into_iter().map(|job| job.reply)) {
                    // The receiver is gone if the caller was cancelled.
                    let _ = reply.send(Err(LedgerError::Busy));
                }
                Err(error)
            }
        }
    }

    fn commit(
        &mut self,
        jobs: &mut Batch<'_>,
        replies: &mut Vec<(Reply, Result<Answer, LedgerError>)>,
        sweeps: bool,
    ) -> Result<Committed, LedgerError> {
        let state = self.state.as_mut().ok_or(LedgerError::Busy)?;
        let whole = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut transaction = Transaction::new(&whole, state)?;
        let mut tally = [0; 3];
        for job in jobs {
            let (answer, failed) = match transaction.apply(transaction.state.next_entry(), &job.stamped) {
                Ok(Some(answer)) => (Ok(answer), None),
                Ok(None) => (Err(LedgerError::Busy), None),
                Err(NotApplied::Alone(error)) => (Err(error), None),
                Err(NotApplied::All(error)) => (Err(LedgerError::Busy), Some(error)),
            };
            if let Ok(Answer::Posted(appended)) = &answer {
                match appended {
                    Appended::Stored => tally[0] += 1,
                    Appended::Unreadable => tally[1] += 1,
                    Appended::Repeated => tally[2] += 1,
                }
            }
            replies.push((job.reply, answer));
            if let Some(error) = failed {
                return Err(error);
            }
        }
        if sweeps {
            let swept = stamped(&self.clock, Swept);
            let number = transaction.state.next_entry();
            transaction.apply(number, &swept).map_err(NotApplied::into_error)?;
        }
        transaction.flush()?;
        let effects = transaction.take_effects();
        let began = Instant::now();
        whole.commit()?;
        self.metrics.took(tally);
        let version = state.calls.version();
        self.committed.store(version, Ordering::SeqCst);
        // Read after the commit: a reader that registers later waits for this version, one that registered before is
        // counted.
        let is_listened_to = self.readers.load(Ordering::SeqCst) > 0;
        let changed = state.calls.take_copies(&effects.calls, is_listened_to);
        Ok(Committed {
            replies: Vec::new(),
            version,
            changed,
            roster: effects.roster.then(|| state.rest.roster.clone()),
            settings: effects.settings.then(|| state.rest.settings.clone()),
            wake_keeper: effects.wake_keeper,
            began,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{WriterParts, put_offline, run};
    use crate::clock::Clock;
    use crate::ledger::entry::Noted;
    use crate::ledger::{Audience, Health, Job, WalSync, stamped};
    use crate::tables::audit::{What, Who};
    use crate::tables::{self, LedgerError, calls};
    use crate::told::FeedMessage;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;
    use tokio::sync::{mpsc, oneshot, watch};

    /// The change waits for the lock.
    static WAITS: AtomicBool = AtomicBool::new(false);

    fn noted() -> Noted {
        Noted {
            who: Who::console(),
            what: What::TokenChanged,
            subject: None,
            detail: None,
        }
    }

    fn parts(
        dir: &Path,
        sync: WalSync,
        health: watch::Sender<Health>,
        changed: mpsc::Sender<FeedMessage>,
    ) -> WriterParts {
        WriterParts {
            data_dir: dir.to_owned(),
            clock: Clock::system(),
            sync,
            audience: Audience {
                metrics: Arc::default(),
                changed,
                roster: watch::Sender::default(),
                settings: watch::Sender::default(),
                health,
                keeper: Arc::default(),
                durable: watch::Sender::default(),
            },
            readers: Arc::default(),
            committed: Arc::default(),
            beat: Arc::default(),
        }
    }

    #[test]
    fn a_start_files_the_views_of_calls_that_are_over() {
        let dir = tempfile::tempdir().unwrap();
        let connection = tables::open(dir.path()).unwrap();
        connection
            .execute_batch(
                "INSERT INTO calls (seq, id, version, key, direction, outcome, state)
                     VALUES (1, 'a', 1, 'a', 'incoming', 'ended', '{}'), (2, 'b', 2, 'b', 'incoming', 'ringing', '{}');
                 INSERT INTO call_abonents (abonent, call, version, direction, outcome, filed)
                     VALUES ('x', 1, 1, 'incoming', 'ended', 0), ('x', 2, 2, 'incoming', 'ringing', 0);",
            )
            .unwrap();
        let (changed, _changed) = mpsc::channel(8);
        let (jobs, queue) = sync_channel(1);
        drop(jobs);
        let set = parts(
            dir.path(),
            WalSync::default(),
            watch::Sender::new(Health::Stores),
            changed,
        );
        run(connection, &queue, set).unwrap();
        let sql = "SELECT group_concat(filed, ' ' ORDER BY call) FROM call_abonents";
        let filed: String = tables::open(dir.path())
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        assert_eq!(filed, "1 0", "the one that rings changes with its next event");
    }

    #[test]
    fn it_ends_with_an_error_once_nothing_can_be_synced_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let connection = tables::open(dir.path()).unwrap();
        let (health, told) = watch::channel(Health::Stores);
        // The receiver exists, so that nothing else ends the account.
        let (changed, _changed) = mpsc::channel(8);
        let set = parts(
            dir.path(),
            WalSync::new(|_| panic!("a fault of the test")),
            health,
            changed,
        );
        let (jobs, queue) = sync_channel(8);
        let (ended, end) = sync_channel(1);
        std::thread::spawn(move || ended.send(run(connection, &queue, set)));
        let (reply, answer) = oneshot::channel();
        let stamped = stamped(&Clock::system(), noted());
        jobs.try_send(Job { stamped, reply }).ok().unwrap();
        assert!(!matches!(answer.blocking_recv(), Ok(Ok(_))), "nothing is acknowledged");
        let end = end.recv_timeout(Duration::from_secs(20)).expect("it ends by itself");
        assert!(matches!(end, Err(LedgerError::NoSync)), "{end:?}");
        assert_eq!(*told.borrow(), Health::Ended, "and health says so");
    }

    #[test]
    fn a_change_beside_a_serving_relay_looks_at_the_ledger_once_it_has_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let mut console = tables::open(dir.path()).unwrap();
        let relay = tables::open(dir.path()).unwrap();
        let waits = |_| {
            WAITS.store(true, Ordering::SeqCst);
            std::thread::yield_now();
            true
        };
        console.busy_handler(Some(waits)).unwrap();
        relay.execute_batch("BEGIN IMMEDIATE").unwrap();
        let change = std::thread::spawn(move || {
            put_offline(&mut console, &Clock::system(), noted()).unwrap();
        });
        while !WAITS.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        calls::set_counter(&relay, 50, 7).unwrap();
        relay.execute_batch("COMMIT").unwrap();
        change.join().unwrap();
        assert_eq!(calls::version(&relay).unwrap(), 50, "versions never go back");
        assert_eq!(calls::entries(&relay).unwrap(), 8, "and the entry has the next number");
    }
}
