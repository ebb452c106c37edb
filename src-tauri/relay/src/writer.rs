//! The only writer of the ledger: one thread, one transaction for all that waits, answers only after the commit.
//!
//! On any failure to store, the whole batch is undone, everybody in it is told so, and the calls in memory are read
//! anew: the relay never acknowledges and never tells what it could lose (design, invariants 1 and 8).

mod batch;
mod forget;
mod lists;
mod rebuild;
mod replay;

use crate::feed::Hub;
use crate::ledger::events::Readable;
use crate::ledger::events::body::Body;
use crate::ledger::{LedgerError, requests, settings::Settings, statistics, subscriptions};
use crate::metrics::Metrics;
use crate::open_calls::{Changed, OpenCalls};
use crate::roster::{Roster, RosterCell};
use crate::sequence::{Numbering, Sequences};
use perezvon_core::Time;
use perezvon_core::call::Policy;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};

/// Jobs in one transaction.
const BATCH: usize = 512;
/// The writer looks at the clock at least so often, for deadlines and a clock that was set.
const TICK: Duration = Duration::from_secs(1);
/// After a failure, deadlines wait so long; jobs are tried at once.
const PAUSE: Duration = Duration::from_secs(1);
/// A placed call without a tracking id is looked for among the events of so many milliseconds.
const MATCH_MS: i64 = 60_000;

/// Something to store.
pub(crate) enum Job {
    /// An event that was posted. The answer says whether it is safe on disk.
    Event {
        /// The event, or why it cannot be read.
        read: Box<Readable>,
        /// The body as it will lie in the ledger.
        body: Body,
        at: Time,
        reply: oneshot::Sender<bool>,
    },
    /// Any other change; gives whether it failed and who is told after the commit.
    Change(Change),
}

type Finish = Box<dyn FnOnce(Option<LedgerError>) + Send>;
type Change = Box<dyn FnOnce(&mut Batch<'_>) -> (bool, Finish) + Send>;

/// What the writer shares with the rest of the relay.
pub(crate) struct Around {
    pub(crate) metrics: Arc<Metrics>,
    /// Committed changes, on their way to the feeds.
    pub(crate) changed: mpsc::Sender<Vec<Changed>>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) roster: Arc<RosterCell>,
    pub(crate) settings: Arc<RwLock<Settings>>,
    /// Whether the last transaction was stored.
    pub(crate) healthy: Arc<AtomicBool>,
    /// A subscription ended, or there is another reason for the keeper to look.
    pub(crate) keeper: Arc<Notify>,
}

impl Around {
    fn policy(&self) -> Policy {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).policy()
    }
}

/// The present transaction.
pub(crate) struct Batch<'a> {
    pub(crate) connection: &'a Connection,
    state: &'a mut State,
    policy: Policy,
    roster: Arc<Roster>,
    at: Time,
    /// The lists behind the roster changed.
    pub(crate) roster_changed: bool,
    /// Settings that hold from the commit on.
    pub(crate) new_settings: Option<Settings>,
    /// The keeper should look.
    pub(crate) wake_keeper: bool,
    heard: BTreeMap<String, (Option<i64>, Time)>,
    gaps_changed: bool,
    unsettled: lists::Unsettled,
}

/// What the writer keeps in memory. All of it can be had from the ledger again.
struct State {
    calls: OpenCalls,
    sequences: Sequences,
    /// Requests that wait for a call to be matched, by abonent.
    waiting: Vec<requests::RequestRow>,
    /// The statistics have been read so far: an event of a call that began before may find a call made of lines.
    read_until: Option<Time>,
}

impl State {
    fn load(connection: &Connection, policy: &Policy) -> Result<Self, LedgerError> {
        let mut calls = OpenCalls::load(connection)?;
        calls.reschedule(policy);
        let mut state = Self {
            calls,
            sequences: Sequences::default(),
            waiting: Vec::new(),
            read_until: statistics::place(connection, statistics::LINES)?.until,
        };
        state.follow(connection)?;
        state.waiting = requests::unmatched(connection, now().plus(-MATCH_MS))?;
        Ok(state)
    }

    fn follow(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        for subscription in subscriptions::active(connection)? {
            let at = subscription.last_event_at.unwrap_or(subscription.made_at);
            self.sequences
                .follow(&subscription.id, Numbering::after(subscription.last_sequence, at));
        }
        Ok(())
    }
}

/// The relay's clock.
pub(crate) fn now() -> Time {
    Time::from(chrono::Utc::now())
}

/// Nothing is stored any more once the writer has ended, by a panic too: health must say so.
struct Ended(Arc<AtomicBool>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Serves jobs until all senders are gone, then moves the WAL into the database and gives the connection back.
pub(crate) fn run(mut connection: Connection, jobs: Receiver<Job>, around: Around) -> Result<(), LedgerError> {
    let _ended = Ended(around.healthy.clone());
    let mut state = State::load(&connection, &around.policy())?;
    let mut quiet_until = Instant::now();
    loop {
        let wait = until_due(&state, quiet_until);
        let mut batch = Vec::new();
        match jobs.recv_timeout(wait) {
            Ok(job) => {
                batch.push(job);
                batch.extend(jobs.try_iter().take(BATCH - 1));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        around.metrics.waiting.fetch_sub(batch.len() as i64, Ordering::Relaxed);
        let is_due = state.calls.has_unread() || state.calls.next_due().is_some_and(|due| due <= now());
        let sweep = quiet_until <= Instant::now() && is_due;
        if batch.is_empty() && !sweep {
            continue;
        }
        let stored = store(&mut connection, &mut state, batch, sweep, &around);
        let was_healthy = around.healthy.swap(stored.is_ok(), Ordering::Relaxed);
        if stored.is_ok() && !was_healthy {
            tracing::info!("the ledger stores again");
        }
        if let Err(error) = stored {
            // Told once: a full disk fails with every event, and the log has no room either.
            if was_healthy {
                tracing::error!(%error, "the ledger could not store");
            }
            around.metrics.failures.fetch_add(1, Ordering::Relaxed);
            quiet_until = Instant::now() + PAUSE;
            match State::load(&connection, &around.policy()) {
                Ok(fresh) => state = fresh,
                // Nothing may be built on what was not stored; the next batch tries again to read.
                Err(error) => {
                    tracing::error!(%error, "the ledger cannot be read");
                    std::thread::sleep(PAUSE);
                    state = State {
                        calls: OpenCalls::default(),
                        sequences: Sequences::default(),
                        waiting: Vec::new(),
                        read_until: None,
                    };
                    state.calls.set_stale();
                }
            }
        }
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

fn until_due(state: &State, quiet_until: Instant) -> Duration {
    let due = state
        .calls
        .next_due()
        .map(|due| Duration::from_millis(due.since(now()) as u64));
    due.unwrap_or(TICK)
        .min(TICK)
        .max(quiet_until.saturating_duration_since(Instant::now()))
}

/// One transaction. Every reply is sent here, whatever happens.
fn store(
    connection: &mut Connection,
    state: &mut State,
    jobs: Vec<Job>,
    sweep: bool,
    around: &Around,
) -> Result<(), LedgerError> {
    let mut events = Vec::new();
    let mut finishes = Vec::new();
    let (count, mut tally) = (jobs.len(), [0; 3]);
    let stored = (|| -> Result<_, LedgerError> {
        let policy = around.policy();
        if state.calls.is_stale() {
            *state = State::load(connection, &policy)?;
        }
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut batch = Batch {
            connection: &transaction,
            state,
            policy,
            roster: around.roster.get(),
            at: now(),
            roster_changed: false,
            new_settings: None,
            wake_keeper: false,
            heard: BTreeMap::new(),
            gaps_changed: false,
            unsettled: lists::Unsettled::default(),
        };
        let mut failed = Ok(());
        for job in jobs {
            match job {
                Job::Event { read, body, at, reply } => {
                    events.push(reply);
                    if failed.is_ok() {
                        let new = batch.event(&read, &body, at).map_err(LedgerError::from);
                        failed = new.map(|new| tally[if new { usize::from(read.is_err()) } else { 2 }] += 1);
                    }
                }
                Job::Change(change) => finishes.push(batch.change(change, &mut failed)),
            }
        }
        failed?;
        let changed = batch.finish(sweep)?;
        let (roster_changed, new_settings, wake_keeper) =
            (batch.roster_changed, batch.new_settings.take(), batch.wake_keeper);
        let roster = if roster_changed {
            Some(Roster::load(&transaction)?)
        } else {
            None
        };
        let start = Instant::now();
        transaction.commit()?;
        around.metrics.committed(count, start.elapsed());
        around.metrics.took(tally);
        Ok((changed, roster, new_settings, wake_keeper))
    })();
    match stored {
        Ok((changed, roster, new_settings, wake_keeper)) => {
            if let Some(roster) = roster {
                around.roster.set(roster);
            }
            if let Some(settings) = new_settings {
                state.calls.reschedule(&settings.policy());
                *around.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
            }
            for reply in events {
                // The PBX may have given up waiting; the event is stored all the same.
                let _ = reply.send(true);
            }
            for finish in finishes {
                finish(None);
            }
            if wake_keeper {
                around.keeper.notify_one();
            }
            // Asked after the commit: who joins later sees the commit in the ledger, who joined before is counted.
            if !changed.is_empty() && around.hub.is_listened_to() {
                // The router computes and never waits for a reader; it ends after this thread.
                let _ = around.changed.blocking_send(state.calls.copies(&changed));
            }
            state.calls.trim();
            Ok(())
        }
        Err(error) => {
            for reply in events {
                let _ = reply.send(false);
            }
            for finish in finishes {
                finish(Some(LedgerError::Busy));
            }
            Err(error)
        }
    }
}
