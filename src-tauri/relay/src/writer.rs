//! The only writer of the ledger: one thread, one transaction for all that waits, answers only after the commit.
//!
//! On any failure to store, the whole batch is undone, everybody in it is told so, and the calls in memory are read
//! anew: the relay never acknowledges and never tells what it could lose (design, invariants 1 and 8).

use crate::feed::Hub;
use crate::ledger::events::{self, Readable};
use crate::ledger::{LedgerError, requests, settings::Settings, subscriptions};
use crate::open_calls::{Changed, OpenCalls};
use crate::roster::{Roster, RosterCell, may_be_requested};
use crate::sequence::{Numbering, Sequences};
use bytes::Bytes;
use perezvon_core::call::{self, Policy, Request};
use perezvon_core::event::{CallData, EventKind};
use perezvon_core::{Call, Event, Number, Time};
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
        read: Readable,
        raw: Bytes,
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
}

/// What the writer keeps in memory. All of it can be had from the ledger again.
struct State {
    calls: OpenCalls,
    sequences: Sequences,
    /// Requests that wait for a call to be matched, by abonent.
    waiting: Vec<requests::RequestRow>,
}

impl State {
    fn load(connection: &Connection, policy: &Policy) -> Result<Self, LedgerError> {
        let mut calls = OpenCalls::load(connection)?;
        calls.reschedule(policy);
        let mut state = Self {
            calls,
            sequences: Sequences::default(),
            waiting: Vec::new(),
        };
        state.follow(connection)?;
        state.waiting = requests::unmatched(connection, now().plus(-MATCH_MS))?;
        Ok(state)
    }

    fn follow(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        for subscription in subscriptions::active(connection)? {
            let newest = subscription.last_sequence.unwrap_or(0);
            let at = subscription.last_event_at.unwrap_or(subscription.made_at);
            self.sequences.follow(&subscription.id, Numbering::after(newest, at));
        }
        Ok(())
    }
}

/// The relay's clock.
pub(crate) fn now() -> Time {
    Time::from(chrono::Utc::now())
}

/// Serves jobs until all senders are gone, then moves the WAL into the database and gives the connection back.
pub(crate) fn run(mut connection: Connection, jobs: Receiver<Job>, around: Around) -> Result<(), LedgerError> {
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
        let sweep = quiet_until <= Instant::now() && state.calls.next_due().is_some_and(|due| due <= now());
        if batch.is_empty() && !sweep {
            continue;
        }
        let stored = store(&mut connection, &mut state, batch, sweep, &around);
        around.healthy.store(stored.is_ok(), Ordering::Relaxed);
        if let Err(error) = stored {
            tracing::error!(%error, "the ledger could not store");
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
        };
        let mut failed = Ok(());
        for job in jobs {
            match job {
                Job::Event { read, raw, at, reply } => {
                    events.push(reply);
                    if failed.is_ok() {
                        failed = batch.event(&read, &raw, at).map_err(LedgerError::from);
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
        transaction.commit()?;
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
            finishes.into_iter().for_each(|finish| finish(None));
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
            finishes.into_iter().for_each(|finish| finish(Some(LedgerError::Busy)));
            Err(error)
        }
    }
}

impl Batch<'_> {
    fn change(&mut self, change: Change, failed: &mut Result<(), LedgerError>) -> Finish {
        let connection = self.connection;
        let mark = |sql: &str, failed: &mut Result<(), LedgerError>| {
            if failed.is_ok() {
                *failed = connection.execute_batch(sql).map_err(LedgerError::from);
            }
        };
        mark("SAVEPOINT change", failed);
        let (undo, finish) = change(self);
        mark(
            if undo {
                "ROLLBACK TO change; RELEASE change"
            } else {
                "RELEASE change"
            },
            failed,
        );
        finish
    }

    fn event(&mut self, read: &Readable, raw: &[u8], at: Time) -> rusqlite::Result<()> {
        if !events::append(self.connection, read, raw, at)? {
            return Ok(());
        }
        let Ok(event) = read else { return Ok(()) };
        self.subscription(event, at)?;
        for data in &event.calls {
            self.leg(event, data, at)?;
        }
        let linked = call::links(event);
        for key in &linked {
            let call = self.state.calls.get(self.connection, key, at)?;
            let mut new = false;
            for other in &linked {
                new |= call.link(other);
            }
            if new {
                self.state.calls.touch(key);
            }
        }
        Ok(())
    }

    fn subscription(&mut self, event: &Event, at: Time) -> rusqlite::Result<()> {
        let Some(id) = &event.subscription_id else {
            return Ok(());
        };
        if !self.state.sequences.knows(id) {
            return Ok(());
        }
        let newest = self.heard.get(id).and_then(|heard| heard.0).max(event.sequence);
        self.heard.insert(id.clone(), (newest, at));
        if let Some(number) = event.sequence {
            self.gaps_changed |= self.state.sequences.take(id, number, at);
        }
        if event.kind == EventKind::SubscriptionTerminated {
            self.wake_keeper |= subscriptions::end(self.connection, id, "terminated", None, at)?;
        }
        Ok(())
    }

    fn leg(&mut self, event: &Event, data: &CallData, at: Time) -> rusqlite::Result<()> {
        let Some(key) = Call::key_of(data) else { return Ok(()) };
        let target = self.roster.target(event, data);
        let call = self.state.calls.get(self.connection, &key, at)?;
        if call.apply(event, data, &target, at, &self.policy) || self.state.calls.is_new(&key) {
            self.state.calls.touch(&key);
        }
        if may_be_requested(data) && !self.state.waiting.is_empty() {
            let requests = self.state.waiting.clone();
            for request in &requests {
                self.match_request(request, &key, at)?;
            }
        }
        Ok(())
    }

    /// Joins a request whose answer named no session with the call that fits it (reference 1.4: the answer may be
    /// empty): the abonent's first outgoing leg since then, to the same number where the leg shows one.
    fn match_request(&mut self, request: &requests::RequestRow, key: &str, at: Time) -> rusqlite::Result<bool> {
        let call = self.state.calls.get(self.connection, key, at)?;
        let number = Number::parse(&request.number);
        let late = call.first_heard.since(request.asked_at) > MATCH_MS || call.first_heard < request.asked_at;
        let fits = call.legs.iter().any(|leg| {
            let shown = leg
                .party
                .as_ref()
                .filter(|(weight, _)| *weight >= 3)
                .and_then(|(_, p)| p.number().key());
            leg.is_outgoing()
                && leg.abonent.as_deref() == Some(&request.abonent)
                && (leg.click || shown.is_some())
                && shown.is_none_or(|shown| Some(shown) == number.key())
        });
        if late || !fits || call.request.is_some() {
            return Ok(false);
        }
        let asked = Request {
            id: request.key.clone(),
            abonent: request.abonent.clone(),
            number,
        };
        call.requested(asked, at);
        let tracking = call.tracking_id().map(str::to_owned);
        self.state.calls.touch(key);
        let (abonent, request_key) = (request.abonent.clone(), request.key.clone());
        self.state
            .waiting
            .retain(|r| (&r.abonent, &r.key) != (&abonent, &request_key));
        if let Some(id) = self.state.calls.id(key) {
            requests::set_call(self.connection, &abonent, &request_key, tracking.as_deref(), id)?;
        }
        Ok(true)
    }

    /// The PBX took the request: the session it named becomes our call, or the request waits for its events.
    /// Gives the call's id where it is known.
    pub(crate) fn placed(
        &mut self,
        request: &requests::RequestRow,
        tracking_id: Option<&str>,
    ) -> Result<Option<String>, LedgerError> {
        let at = self.at;
        let Some(key) = tracking_id else {
            let outgoing = |call: &Call| call.request.is_none() && call.first_heard >= request.asked_at;
            let mut candidates = self.state.calls.keys_where(outgoing);
            candidates.sort();
            for key in candidates {
                if self.match_request(request, &key, at)? {
                    return Ok(self.state.calls.id(&key).map(str::to_owned));
                }
            }
            self.state.waiting.retain(|r| r.asked_at >= at.plus(-MATCH_MS));
            self.state.waiting.push(request.clone());
            return Ok(None);
        };
        let call = self.state.calls.get(self.connection, key, at)?;
        let number = Number::parse(&request.number);
        let asked = Request {
            id: request.key.clone(),
            abonent: request.abonent.clone(),
            number,
        };
        if call.requested(asked, at) {
            self.state.calls.touch(key);
        }
        let id = self.state.calls.id(key).map(str::to_owned);
        if let Some(id) = &id {
            requests::set_call(self.connection, &request.abonent, &request.key, tracking_id, id)?;
        }
        Ok(id)
    }

    /// A subscription was made: its events are counted from now on.
    pub(crate) fn follow_subscriptions(&mut self) -> Result<(), LedgerError> {
        self.state.follow(self.connection)
    }

    fn finish(&mut self, sweep: bool) -> Result<Vec<String>, LedgerError> {
        for (id, (sequence, at)) in std::mem::take(&mut self.heard) {
            subscriptions::heard(self.connection, &id, sequence, at)?;
        }
        if self.gaps_changed {
            self.weigh_doubt()?;
        }
        if sweep {
            self.state.calls.sweep(self.connection, self.at, &self.policy, BATCH)?;
        }
        Ok(self.state.calls.save(self.connection, &self.roster, &self.policy)?)
    }

    fn weigh_doubt(&mut self) -> Result<(), LedgerError> {
        let sequences = &self.state.sequences;
        let doubtful = |call: &Call| {
            let until = if call.is_settled() {
                call.last_heard
            } else {
                Time::from_ms(i64::MAX)
            };
            sequences.is_doubtful(call.first_heard, until)
        };
        for key in self.state.calls.keys_where(|call| call.doubt != doubtful(call)) {
            let call = self.state.calls.get(self.connection, &key, self.at)?;
            let doubt = !call.doubt;
            if call.set_doubt(doubt) {
                self.state.calls.touch(&key);
            }
        }
        Ok(())
    }
}
