//! What one transaction does with each job.

use super::{BATCH, Batch, Change, Finish, MATCH_MS};
use crate::ledger::events::body::Body;
use crate::ledger::events::{self, Readable};
use crate::ledger::{LedgerError, requests, subscriptions};
use crate::roster::may_be_requested;
use perezvon_core::call::{self, Request};
use perezvon_core::event::{CallData, EventKind};
use perezvon_core::{Call, Event, Number, Time};

impl Batch<'_> {
    pub(super) fn change(&mut self, change: Change, failed: &mut Result<(), LedgerError>) -> Finish {
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

    /// False where the event was there already.
    pub(super) fn event(&mut self, read: &Readable, body: &Body, at: Time) -> rusqlite::Result<bool> {
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

    fn leg(&mut self, event: &Event, data: &CallData, at: Time, makes: bool) -> rusqlite::Result<bool> {
        let Some(key) = Call::key_of(data) else {
            return Ok(false);
        };
        if !makes && !self.state.calls.knows(self.connection, &key)? {
            return Ok(false);
        }
        let target = self.roster.target(event, data);
        let call = self.state.calls.get(self.connection, &key, at)?;
        let learnt = call.apply(event, data, &target, at, &self.policy) || self.state.calls.is_new(&key);
        if learnt {
            self.state.calls.touch(&key);
        }
        if may_be_requested(data) && !self.state.waiting.is_empty() {
            let requests = self.state.waiting.clone();
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

    pub(super) fn finish(&mut self, sweep: bool) -> Result<Vec<String>, LedgerError> {
        for (id, (sequence, at)) in std::mem::take(&mut self.heard) {
            subscriptions::heard(self.connection, &id, sequence, at)?;
        }
        if self.gaps_changed {
            self.weigh_doubt()?;
        }
        self.rebuild()?;
        if sweep {
            self.state.calls.sweep(self.connection, self.at, &self.policy, BATCH)?;
        }
        self.settle_lists()?;
        Ok(self.state.calls.save(self.connection, &self.policy)?)
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
