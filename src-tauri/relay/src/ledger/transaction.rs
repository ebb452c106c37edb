//! One transaction of the ledger: what it does with each entry.

use super::entry::{Answer, Entry, Stamped};
use super::lists::Unsettled;
use super::losses::{Losses, News, Numbering};
use super::open_calls::OpenCalls;
use super::pickup::Neighbours;
use crate::roster::{Roster, may_be_requested};
use crate::tables::audit::{self, AuditLine, What, Who};
use crate::tables::events::body::Body;
use crate::tables::events::{self, Readable};
use crate::tables::settings::{self, Settings};
use crate::tables::{LedgerError, calls, requests, statistics, subscriptions};
use perezvon_core::call;
use perezvon_core::event::{CallData, EventKind};
use perezvon_core::{Call, Event, Number, Time};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deadlines that one sweep meets.
const SWEPT: usize = 512;
/// A placed call without a tracking id is looked for among the events of so many milliseconds.
const MATCH_MS: i64 = 60_000;

/// What the writer keeps in memory. All of it can be had from the ledger again.
pub(super) struct State {
    pub(super) calls: OpenCalls,
    /// Calls that may have to do with each other.
    pub(super) neighbours: Neighbours,
    pub(super) rest: Rest,
}

/// What an entry that fails leaves as it was, beside the calls.
#[derive(Clone)]
pub(super) struct Rest {
    pub(super) losses: Losses,
    /// Requests that wait for a call to be matched.
    waiting: Vec<requests::RequestRow>,
    /// When the newest line or recording began: an event of a call that began before may find one of its own here.
    pub(super) listed_until: Option<Time>,
    /// The statistics have been read so far.
    pub(super) read_until: Option<Time>,
    pub(super) roster: Arc<Roster>,
    pub(super) settings: Arc<Settings>,
    /// How many entries have been applied.
    applied: i64,
    /// When each subscription was last heard, and its newest number; stored with the batch.
    heard: BTreeMap<String, (Option<i64>, Time)>,
    pub(super) effects: Effects,
}

/// What others are told of once the batch is on the disk.
#[derive(Clone, Default)]
pub(super) struct Effects {
    pub(super) roster: bool,
    pub(super) settings: bool,
    /// There is a reason to look at the subscriptions.
    pub(super) wake_keeper: bool,
    /// Keys of the calls that were stored.
    pub(super) calls: Vec<String>,
}

impl State {
    pub(super) fn load(connection: &Connection, at: Time) -> Result<Self, LedgerError> {
        let settings = settings::load(connection)?;
        let mut rest = Rest {
            losses: Losses::default(),
            waiting: requests::unmatched(connection, at.plus(-MATCH_MS))?,
            listed_until: statistics::newest(connection)?,
            read_until: statistics::place(connection, statistics::LINES)?.until,
            roster: Arc::new(Roster::load(connection)?),
            settings: Arc::new(settings),
            applied: calls::entries(connection)?,
            heard: BTreeMap::new(),
            effects: Effects::default(),
        };
        rest.follow(connection)?;
        let calls = OpenCalls::load(connection, &rest.settings.policy(), at)?;
        let mut neighbours = Neighbours::default();
        for key in calls.keys_where(|_| true) {
            calls.peek(&key).map(|call| neighbours.note(call));
        }
        Ok(Self {
            calls,
            neighbours,
            rest,
        })
    }

    /// When there is something to do without anybody asking.
    pub(super) fn next_due(&self) -> Option<Time> {
        let times = [self.calls.next_due(), self.rest.losses.next_due()];
        times.into_iter().flatten().min()
    }

    /// The number of the next entry.
    pub(super) fn next_entry(&self) -> i64 {
        self.rest.applied + 1
    }
}

impl Rest {
    fn follow(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        for subscription in subscriptions::active(connection)? {
            let at = subscription.last_event_at.unwrap_or(subscription.made_at);
            self.losses
                .follow(&subscription.id, Numbering::after(subscription.last_sequence, at));
        }
        Ok(())
    }
}

/// The present transaction.
pub(crate) struct Transaction<'a> {
    pub(super) connection: &'a Connection,
    pub(super) state: &'a mut State,
    /// The time of the present entry.
    pub(super) at: Time,
    pub(super) losses: News,
    pub(super) unsettled: Unsettled,
}

impl<'a> Transaction<'a> {
    /// The connection must have a transaction open.
    pub(super) fn new(connection: &'a Connection, state: &'a mut State) -> Result<Self, LedgerError> {
        // The command line may have changed the ledger beside us.
        state.rest.applied = calls::entries(connection)?;
        Ok(Self {
            connection,
            state,
            at: Time::from_ms(0),
            losses: News::default(),
            unsettled: Unsettled::default(),
        })
    }

    /// Applies the entry of this number; none where it was applied before. An error of an entry that changes calls and
    /// others undoes that entry alone; the error of [`Entry::Posted`] and [`Entry::Swept`] undoes the transaction.
    pub(super) fn apply(&mut self, number: i64, stamped: &Stamped) -> Result<Option<Answer>, Refused> {
        if number <= self.state.rest.applied {
            return Ok(None);
        }
        self.at = stamped.at;
        let is_hot = matches!(stamped.entry, Entry::Posted(_) | Entry::Swept(_));
        let answer = if is_hot {
            self.state.calls.begin(stamped.at, stamped.seed, false);
            self.apply_and_settle(&stamped.entry).map_err(Refused::All)?
        } else {
            self.apply_alone(stamped)?
        };
        self.state.rest.applied = number;
        Ok(Some(answer))
    }

    fn apply_alone(&mut self, stamped: &Stamped) -> Result<Answer, Refused> {
        let connection = self.connection;
        let run = |sql: &str| {
            connection
                .execute_batch(sql)
                .map_err(|error| Refused::All(error.into()))
        };
        // What earlier entries changed must not be undone with this one, and it may look for calls in the tables.
        self.flush().map_err(Refused::All)?;
        let before = self.state.rest.clone();
        run("SAVEPOINT entry")?;
        self.state.calls.begin(stamped.at, stamped.seed, true);
        match self.apply_and_settle(&stamped.entry) {
            Ok(answer) => {
                run("RELEASE entry")?;
                Ok(answer)
            }
            Err(error) => {
                run("ROLLBACK TO entry; RELEASE entry")?;
                self.losses = News::default();
                self.unsettled = Unsettled::default();
                self.state.rest = before;
                let undone = self.state.calls.undo(connection);
                undone.map_err(|error| Refused::All(error.into()))?;
                Err(Refused::Alone(error))
            }
        }
    }

    fn apply_and_settle(&mut self, entry: &Entry) -> Result<Answer, LedgerError> {
        let answer = entry.apply(self)?;
        self.rebuild()?;
        self.settle_lists()?;
        self.pick_ups()?;
        self.weigh_doubt()?;
        self.state.calls.end();
        Ok(answer)
    }

    /// Stores what changed so far. To be called before the commit.
    pub(super) fn flush(&mut self) -> Result<(), LedgerError> {
        for (id, (sequence, at)) in std::mem::take(&mut self.state.rest.heard) {
            subscriptions::heard(self.connection, &id, sequence, at)?;
        }
        let stored = self.state.calls.save(self.connection)?;
        self.state.rest.effects.calls.extend(stored);
        let (version, applied) = (self.state.calls.version(), self.state.rest.applied);
        Ok(calls::set_counter(self.connection, version, applied)?)
    }

    /// Writes down who did the present entry.
    pub(super) fn audit(
        &self,
        who: &Who,
        what: What,
        subject: Option<String>,
        detail: Option<Value>,
    ) -> Result<(), LedgerError> {
        let line = AuditLine {
            at: self.at,
            who: who.clone(),
            what,
            subject,
            detail,
        };
        audit::add(self.connection, &line)
    }

    /// What others must be told of, once.
    pub(super) fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.state.rest.effects)
    }

    /// The keeper should look at the subscriptions.
    pub(super) fn wake_keeper(&mut self) {
        self.state.rest.effects.wake_keeper = true;
    }

    /// Settings that hold from the next entry on.
    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.state.calls.set_policy(&settings.policy());
        self.state.rest.settings = Arc::new(settings);
        self.state.rest.effects.settings = true;
    }

    /// The lists behind the roster changed; the next entry knows them.
    pub(super) fn reload_roster(&mut self) -> Result<(), LedgerError> {
        self.state.rest.roster = Arc::new(Roster::load(self.connection)?);
        self.state.rest.effects.roster = true;
        Ok(())
    }

    /// Deadlines of calls, and events that are late.
    pub(super) fn sweep(&mut self) -> Result<(), LedgerError> {
        let news = self.state.rest.losses.sweep(self.at);
        self.losses.add(news);
        Ok(self.state.calls.sweep(self.connection, SWEPT)?)
    }

    /// False where the event was there already.
    pub(super) fn event(&mut self, read: &Readable, body: &Body) -> rusqlite::Result<bool> {
        let at = self.at;
        if !events::append(self.connection, read, body, at)? {
            return Ok(false);
        }
        let Ok(event) = read else { return Ok(true) };
        self.subscription(event, at)?;
        self.join(event, at, true)?;
        if self.state.calls.has_unread() {
            // What the event told was told to a call of which nothing else was known.
            self.rebuild()?;
            self.join(event, at, true)?;
        }
        Ok(true)
    }

    /// Gives an event to its calls; true when one of them learnt something. Calls that are not known are made where
    /// `makes` says so.
    pub(super) fn join(&mut self, event: &Event, at: Time, makes: bool) -> rusqlite::Result<bool> {
        let mut learnt = false;
        for data in &event.calls {
            learnt |= self.leg(event, data, at, makes)?;
        }
        let linked = call::links(event);
        for key in &linked {
            if !makes && !self.state.calls.knows(self.connection, key)? {
                continue;
            }
            let call = self.state.calls.get(self.connection, key, at)?;
            let mut new = false;
            for other in &linked {
                new |= call.link(other);
            }
            if new {
                learnt = true;
                self.state.calls.touch(key);
            }
        }
        for key in event.calls.iter().filter_map(Call::key_of) {
            if makes || self.state.calls.knows(self.connection, &key)? {
                learnt |= self.hand_over(&key, at)?;
            }
        }
        Ok(learnt)
    }

    /// Of linked calls, the legs that a transfer moved from one into the other are over in the first. True when one
    /// ended so.
    fn hand_over(&mut self, key: &str, at: Time) -> rusqlite::Result<bool> {
        let mut group = self.state.calls.get(self.connection, key, at)?.linked.clone();
        if group.is_empty() {
            return Ok(false);
        }
        group.insert(key.to_owned());
        let mut joined: Vec<(String, String)> = Vec::new();
        for home in &group {
            let call = self.state.calls.get(self.connection, home, at)?;
            joined.extend(call.joined().map(|leg| (leg.to_owned(), home.clone())));
        }
        let mut ended = false;
        for (leg, home) in joined {
            for other in group.iter().filter(|other| **other != home) {
                if self.state.calls.get(self.connection, other, at)?.moved_away(&leg) {
                    ended = true;
                    self.state.calls.touch(other);
                }
            }
        }
        Ok(ended)
    }

    /// Counts an event of one of our own subscriptions; gives which.
    pub(super) fn counted<'e>(&mut self, event: &'e Event, at: Time) -> Option<&'e str> {
        let id = event.subscription_id.as_deref();
        let id = id.filter(|id| self.state.rest.losses.knows(id))?;
        if let Some(number) = event.sequence {
            let news = self.state.rest.losses.take(id, number, at);
            self.losses.add(news);
        }
        Some(id)
    }

    fn subscription(&mut self, event: &Event, at: Time) -> rusqlite::Result<()> {
        let Some(id) = self.counted(event, at) else {
            return Ok(());
        };
        let newest = self.state.rest.losses.newest(id);
        self.state.rest.heard.insert(id.to_owned(), (newest, at));
        if event.kind == EventKind::SubscriptionTerminated && self.end_subscription(id, "terminated", None)? {
            self.wake_keeper();
        }
        Ok(())
    }

    fn leg(&mut self, event: &Event, data: &CallData, at: Time, makes: bool) -> rusqlite::Result<bool> {
        let Some(key) = Call::key_of(data) else {
            return Ok(false);
        };
        if !makes && !self.state.calls.knows(self.connection, &key)? {
            return Ok(false);
        }
        let target = self.state.rest.roster.target(event, data);
        let policy = self.state.rest.settings.policy();
        let call = self.state.calls.get(self.connection, &key, at)?;
        let learnt = call.apply(event, data, &target, at, &policy) || self.state.calls.is_new(&key);
        if learnt {
            self.state.calls.touch(&key);
        }
        if may_be_requested(data) && !self.state.rest.waiting.is_empty() {
            let requests = self.state.rest.waiting.clone();
            for request in &requests {
                self.match_request(request, &key, at)?;
            }
        }
        Ok(learnt)
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
                .and_then(|(_, p)| p.number().told());
            leg.is_outgoing()
                && leg.abonent.as_deref() == Some(&request.abonent)
                && (leg.click || shown.is_some())
                && shown.is_none_or(|shown| Some(shown) == number.told())
        });
        if late || !fits || call.request.is_some() {
            return Ok(false);
        }
        call.requested(request.asked(), at);
        let tracking = call.tracking_id().map(str::to_owned);
        self.state.calls.touch(key);
        let (abonent, request_key) = (request.abonent.clone(), request.key.clone());
        self.state
            .rest
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
            for key in self.state.calls.keys_where(outgoing) {
                if self.match_request(request, &key, at)? {
                    return Ok(self.state.calls.id(&key).map(str::to_owned));
                }
            }
            self.state.rest.waiting.retain(|r| r.asked_at >= at.plus(-MATCH_MS));
            self.state.rest.waiting.push(request.clone());
            return Ok(None);
        };
        let call = self.state.calls.get(self.connection, key, at)?;
        if call.requested(request.asked(), at) {
            self.state.calls.touch(key);
        }
        let id = self.state.calls.id(key).map(str::to_owned);
        if let Some(id) = &id {
            requests::set_call(self.connection, &request.abonent, &request.key, tracking_id, id)?;
        }
        Ok(id)
    }

    /// A subscription was made: its events are counted from now on.
    pub(super) fn follow_subscriptions(&mut self) -> Result<(), LedgerError> {
        self.state.rest.follow(self.connection)
    }

    /// A subscription is over; false where that was known.
    pub(super) fn end_subscription(
        &mut self,
        id: &str,
        reason: &str,
        renewed_by: Option<&str>,
    ) -> rusqlite::Result<bool> {
        self.state.rest.losses.end(id);
        subscriptions::end(self.connection, id, reason, renewed_by, self.at)
    }

    /// Where an event is known to be lost, *missed* is not certain: of the calls that the present entry changed; of the
    /// others only when a gap is judged to last, or something that was missing has come.
    fn weigh_doubt(&mut self) -> Result<(), LedgerError> {
        let News { lasting, is_less } = std::mem::take(&mut self.losses);
        let mut keys = self.state.calls.touched();
        if is_less {
            keys.extend(self.state.calls.doubtful());
        }
        if !lasting.is_empty() {
            let hit = |call: &Call| {
                let (from, to) = heard(call);
                call.tells_missed() && lasting.iter().any(|window| window.meets(from, to))
            };
            keys.extend(self.state.calls.keys_where(hit));
        }
        for key in keys {
            let Some(call) = self.state.calls.find(self.connection, &key)? else {
                continue;
            };
            let (from, to) = heard(call);
            let is_doubtful = (call.doubt || call.tells_missed()) && self.state.rest.losses.is_doubtful(from, to);
            // A doubt that arose before the relay last started is kept: what was missing then is not known any more.
            let doubt = is_doubtful || call.doubt && !is_less;
            if call.set_doubt(doubt) {
                self.state.calls.touch(&key);
            }
        }
        Ok(())
    }
}

/// The time in which a lost event may have been this call's.
fn heard(call: &Call) -> (Time, Time) {
    let until = if call.is_settled() {
        call.last_heard
    } else {
        Time::from_ms(i64::MAX)
    };
    (call.first_heard, until)
}

/// An entry that was not applied.
#[derive(Debug)]
pub(super) enum Refused {
    /// It alone; the transaction goes on.
    Alone(LedgerError),
    /// Nothing of the transaction may be stored.
    All(LedgerError),
}

impl Refused {
    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::Alone(error) | Self::All(error) => error,
        }
    }
}
