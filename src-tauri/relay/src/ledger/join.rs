//! Finds the calls of events and of requests.

use super::losses::LossChanges;
use super::state::MATCH_WITHIN_MS;
use super::transaction::Transaction;
use crate::roster::may_be_requested;
use crate::tables::events::body::Body;
use crate::tables::events::{self, Readable};
use crate::tables::{LedgerError, requests};
use perezvon_core::call::{self, Strength};
use perezvon_core::event::{CallData, EventKind};
use perezvon_core::{Call, Event, Number, Time};

impl Transaction<'_> {
    /// False if the event was stored before.
    pub(super) fn event(&mut self, read: &Readable, body: &Body) -> rusqlite::Result<bool> {
        let at = self.at;
        if !events::append(self.connection, read, body, at)? {
            return Ok(false);
        }
        let Ok(event) = read else { return Ok(true) };
        self.subscription(event, at)?;
        self.join(event, at, true)?;
        if self.state.calls.has_unread() {
            // The row of the call cannot be read: the event was applied to a new call in its place.
            self.rebuild()?;
            self.join(event, at, true)?;
        }
        Ok(true)
    }

    /// Applies an event to its calls; true if it changed one of them. Unknown calls are created if `makes` is true.
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

    /// Ends the legs that a transfer moved from one linked call into the other. True if one was ended.
    fn hand_over(&mut self, key: &str, at: Time) -> rusqlite::Result<bool> {
        let mut group = self.state.calls.get(self.connection, key, at)?.linked().clone();
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

    /// Counts an event of one of the relay's own subscriptions; returns which.
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

    /// Matches a request whose answer named no session with a call (reference 1.4: the answer may be empty): the
    /// abonent's first outgoing leg since then, to the same number if the leg shows one.
    fn match_request(&mut self, request: &requests::RequestRow, key: &str, at: Time) -> rusqlite::Result<bool> {
        let call = self.state.calls.get(self.connection, key, at)?;
        let number = Number::parse(&request.number);
        let late =
            call.first_heard().since(request.asked_at) > MATCH_WITHIN_MS || call.first_heard() < request.asked_at;
        let fits = call.legs().iter().any(|leg| {
            let shown = leg
                .party
                .as_ref()
                .filter(|party| party.strength >= Strength::Dialled)
                .and_then(|party| party.facts.number().told());
            leg.is_outgoing()
                && leg.abonent.as_deref() == Some(&request.abonent)
                && (leg.click || shown.is_some())
                && shown.is_none_or(|shown| Some(shown) == number.told())
        });
        if late || !fits || call.request().is_some() {
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

    /// The PBX accepted the request: the session that it named becomes a call, or the request waits for its events.
    /// Returns the call's id if known.
    pub(crate) fn placed(
        &mut self,
        request: &requests::RequestRow,
        tracking_id: Option<&str>,
    ) -> Result<Option<String>, LedgerError> {
        let at = self.at;
        let Some(key) = tracking_id else {
            let outgoing = |call: &Call| call.request().is_none() && call.first_heard() >= request.asked_at;
            for key in self.state.calls.keys_where(outgoing) {
                if self.match_request(request, &key, at)? {
                    return Ok(self.state.calls.id(&key).map(str::to_owned));
                }
            }
            let whose = (&request.abonent, &request.key);
            let is_other = |one: &requests::RequestRow| (&one.abonent, &one.key) != whose;
            self.state
                .rest
                .waiting
                .retain(|one| one.asked_at >= at.plus(-MATCH_WITHIN_MS) && is_other(one));
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

    /// If an event is known to be lost, *missed* is not certain: checked for the calls that the present entry
    /// changed, and for the others only when a gap is judged to last or a missing event has come.
    pub(super) fn weigh_doubt(&mut self) -> Result<(), LedgerError> {
        let LossChanges { lasting, is_less } = std::mem::take(&mut self.losses);
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
            let is_doubtful =
                (call.is_in_doubt() || call.tells_missed()) && self.state.rest.losses.is_doubtful(from, to);
            // A doubt is kept where it is no longer known which events were missing: from before the last start, or long ago.
            let is_known = is_less && self.state.rest.losses.reach_back_to(from, self.at);
            let doubt = is_doubtful || call.is_in_doubt() && !is_known;
            if call.set_doubt(doubt) {
                self.state.calls.touch(&key);
            }
        }
        Ok(())
    }
}

/// The time in which a lost event may have belonged to this call.
fn heard(call: &Call) -> (Time, Time) {
    let until = if call.is_settled() {
        call.last_heard()
    } else {
        Time::from_ms(i64::MAX)
    };
    (call.first_heard(), until)
}
