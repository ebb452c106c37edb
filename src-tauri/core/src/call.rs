//! The call state machine: one logical call, joined from the events of all its legs (design, part 4).
//!
//! The join is made of facts that only ever grow (seen flags, earliest times, best party), so events may come twice,
//! late, out of order or never, and the finding at the end is the same. One thing depends on the past, [`Call::told`]:
//! once a terminal outcome was told to an abonent, only another terminal outcome may replace it.

mod facts;
mod finding;
mod key;
mod later;
mod leg;
mod pickup;
mod tell;
mod witness;

pub use facts::{Cause, Hold, HoldState, KnownParty, Line, OwnRecording, PartyFacts, Strength};
pub use finding::{Finding, Policy};
pub use key::CallKey;
pub use later::{Claim, LaterTalk};
pub use leg::Leg;
pub use pickup::PickUp;
pub use tell::{Brief, Reader};
pub(crate) use witness::completed;
pub use witness::{LineStatus, Recording, StatisticsLine};

use crate::event::{CallData, Event, EventKind, Personality};
use crate::snapshot::Outcome;
use crate::{Number, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whose event it is, as far as the relay can tell (reference 2.7, "who of ours").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An abonent, by canonical `userId`.
    Person(String),
    /// A hunt group, voice menu or call centre: never a person's answer.
    System(String),
    /// An inbound number of the company (NUMBER subscription), with its phone number.
    Line {
        /// `numberId`.
        id: String,
        /// The number.
        number: Number,
    },
    /// The event does not say and nothing else tells.
    Unknown,
}

impl Target {
    /// What the id alone tells: the marks of system objects of reference 1.2. A relay that knows the abonents decides
    /// better.
    pub fn of(id: Option<&str>) -> Self {
        match id {
            None | Some("") => Self::Unknown,
            Some(id) if is_system(id) => Self::System(id.to_owned()),
            Some(id) => Self::Person(id.to_owned()),
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Person(id) | Self::System(id) | Self::Line { id, .. } => Some(id),
            Self::Unknown => None,
        }
    }
}

/// The part of an id before `@`: the same abonent may come with two domains (reference 1.2).
pub fn login(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

/// Hunt group (`_hg_`), voice menu (`_vxml`) or call centre (`MPBX`) by its id (reference 1.2). The mark counts only
/// before the `@`: the ordinary domain contains `mpbx` in lower case.
pub fn is_system(user_id: &str) -> bool {
    let login = login(user_id);
    login.contains("_hg_") || login.contains("_vxml") || login.contains("MPBX")
}

/// The click-to-call request that created the session, known from our own REST call (reference 1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The `Idempotency-Key` of the desk.
    pub id: String,
    /// Whose phone rings first.
    pub abonent: String,
    /// The number that is called.
    pub number: Number,
}

/// One logical call.
///
/// What it knows are three kinds of facts: what events told (the heard legs), lines of the statistics, and recordings. Its
/// legs are made of all three with each change (`put_heard`), so they can be made anew at any time. While there are
/// neither lines nor recordings the legs are the heard legs, and each event is taken without a copy of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The PBX contract.
    account: String,
    /// The text of its [`CallKey`].
    key: String,
    /// In the order of their ids. Derived: what events told, completed by lines and recordings.
    legs: Vec<Leg>,
    /// What events told, where there are lines or recordings; else `legs` are that. See `heard_legs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    heard: Vec<Leg>,
    /// Lines of the statistics, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    lines: BTreeMap<String, StatisticsLine>,
    /// Recordings, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    recordings: BTreeMap<String, Recording>,
    /// A recording was waited for long enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_recording: bool,
    /// The id of the call that this one, made from lines alone, turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    superseded_by: Option<String>,
    /// Our own request, where we placed the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    /// Keys of calls joined by a consultative transfer.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    linked: BTreeSet<String>,
    /// A colleague talked with the caller in another call when this one stopped ringing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pick_up: Option<PickUp>,
    /// The first conversation of the company with the caller after this call, which nobody answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later_talk: Option<LaterTalk>,
    /// Who has undertaken to call back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    /// When the relay first heard of the call, by its own clock.
    first_heard: Time,
    /// When the relay last learnt something new, by its own clock.
    last_heard: Time,
    /// When the grace time for another agent ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gave_up: Option<Time>,
    /// When the sweeper closed the call, because nothing had told its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    swept: Option<Time>,
    /// Events around this call are known to be lost: a *missed* is not certain (design, part 4).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    doubt: bool,
    /// Terminal findings already told, by abonent; the empty key is the company.
    #[serde(default)]
    told: BTreeMap<String, Finding>,
}

impl Call {
    /// A call of which nothing is known yet.
    pub fn new(account: &str, key: &str, at: Time) -> Self {
        Self {
            account: account.to_owned(),
            key: key.to_owned(),
            legs: Vec::new(),
            heard: Vec::new(),
            lines: BTreeMap::new(),
            recordings: BTreeMap::new(),
            no_recording: false,
            superseded_by: None,
            request: None,
            linked: BTreeSet::new(),
            pick_up: None,
            later_talk: None,
            claim: None,
            first_heard: at,
            last_heard: at,
            gave_up: None,
            swept: None,
            doubt: false,
            told: BTreeMap::new(),
        }
    }

    /// The text of the [`CallKey`] that joins legs: the session, and for damaged events without one the leg.
    pub fn key_of(data: &CallData) -> Option<String> {
        let key = match (&data.tracking_id, &data.call_id) {
            (Some(id), _) => CallKey::Session(id),
            (None, Some(leg)) => CallKey::Leg(leg),
            (None, None) => return None,
        };
        Some(key.to_string())
    }

    /// The text of its [`CallKey`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What events told, completed by lines and recordings; in the order of the legs' ids.
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// Its lines of the statistics, by id.
    pub fn lines(&self) -> &BTreeMap<String, StatisticsLine> {
        &self.lines
    }

    /// Its recordings, by the PBX's record id.
    pub fn recordings(&self) -> &BTreeMap<String, Recording> {
        &self.recordings
    }

    /// Our own request, where we placed the call.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Keys of the calls that a consultative transfer joined to it.
    pub fn linked(&self) -> &BTreeSet<String> {
        &self.linked
    }

    /// The ledger's id of the call that this one turned out to be, see [`Self::supersede`].
    pub fn superseded_by(&self) -> Option<&str> {
        self.superseded_by.as_deref()
    }

    /// When the relay first heard of the call, by its own clock.
    pub fn first_heard(&self) -> Time {
        self.first_heard
    }

    /// When the relay last learnt something new, by its own clock.
    pub fn last_heard(&self) -> Time {
        self.last_heard
    }

    /// Events around this call are known to be lost, see [`Self::set_doubt`].
    pub fn is_in_doubt(&self) -> bool {
        self.doubt
    }

    /// Of a call of which nothing is known yet: the relay first heard of it at `at`, by its own clock.
    pub fn begin(&mut self, at: Time) {
        self.first_heard = at;
        self.last_heard = at;
    }

    /// `extTrackingId`, where the key is one.
    pub fn tracking_id(&self) -> Option<&str> {
        match CallKey::parse(&self.key) {
            CallKey::Session(id) => Some(id),
            CallKey::Leg(_) | CallKey::Line(_) | CallKey::Recording(_) => None,
        }
    }

    /// Takes one `call` element of an event. `at` is the relay's clock at receipt. True when something new was learnt;
    /// a repeat of a known event changes nothing.
    pub fn apply(&mut self, event: &Event, data: &CallData, target: &Target, at: Time, policy: &Policy) -> bool {
        let timed = self.tick(at, policy);
        let data = &*data.with_plausible_times();
        let mut legs = self.take_heard();
        let index = leg_for(&legs, data, target).unwrap_or_else(|| {
            legs.push(Leg::new(data, target));
            legs.len() - 1
        });
        let changed = legs[index].learn(event, data, target);
        legs.sort_by(|a, b| a.call_id.cmp(&b.call_id));
        self.put_heard(legs);
        if changed {
            self.last_heard = self.last_heard.max(at);
            // The call is not over yet, or ended otherwise than assumed: both deadlines start anew.
            self.gave_up = None;
            self.swept = None;
        }
        self.note_told();
        changed || timed
    }

    /// Takes our own click-to-call request, before or after the session's first event. True when it was new.
    pub fn requested(&mut self, request: Request, at: Time) -> bool {
        if self.request.is_some() {
            return false;
        }
        self.request = Some(request);
        self.last_heard = self.last_heard.max(at);
        self.note_told();
        true
    }

    /// Joins another call of a consultative transfer. True when the link is new.
    pub fn link(&mut self, other: &str) -> bool {
        other != self.key && self.linked.insert(other.to_owned())
    }

    /// The legs that came into this session from another one.
    pub fn joined(&self) -> impl Iterator<Item = &str> {
        self.legs
            .iter()
            .filter(|leg| leg.joined)
            .map(|leg| leg.call_id.as_str())
    }

    /// The legs of callers whose call, in another session, was picked up and goes on in this one.
    pub fn picked_up(&self) -> impl Iterator<Item = &str> {
        self.legs
            .iter()
            .filter(|leg| leg.picked_up)
            .map(|leg| leg.call_id.as_str())
    }

    /// A leg of this call goes on in a linked session: it ends here at the latest when the abonent who transferred it left
    /// (reference 2.8.10; the PBX tells no end of it). True when that is news.
    pub fn moved_away(&mut self, call_id: &str) -> bool {
        let mut legs = self.take_heard();
        let left = legs.iter().filter(|leg| leg.detached).filter_map(|leg| leg.end).min();
        let found = legs.iter_mut().find(|leg| leg.call_id == call_id && !leg.joined);
        let changed = found.is_some_and(|leg| leg.move_away(left));
        self.put_heard(legs);
        self.note_told();
        changed
    }

    /// Nothing but a feature code was dialled: no call has come of it yet, and none is told.
    pub fn is_feature_code(&self) -> bool {
        let code = |leg: &Leg| leg.feature_code && leg.is_outgoing() && !leg.answered && !leg.has_other_side();
        !self.legs.is_empty() && self.legs.iter().all(code) && self.request.is_none()
    }

    /// Whether somebody was told *missed*, or would have been but for lost events: what [`Self::set_doubt`] is about.
    pub fn tells_missed(&self) -> bool {
        let is_missed = |told: &Finding| told.outcome == Outcome::Missed || told.is_uncertain;
        self.told.values().any(is_missed)
    }

    /// Marks or clears known loss of events around this call. True when that is a change.
    pub fn set_doubt(&mut self, doubt: bool) -> bool {
        let changed = self.doubt != doubt;
        self.doubt = doubt;
        if changed {
            self.note_told();
        }
        changed
    }

    /// Lets time pass: the grace time and the sweeper. True when that changed the finding.
    pub fn tick(&mut self, now: Time, policy: &Policy) -> bool {
        let mut changed = false;
        // At most two deadlines follow each other: giving up on another agent, then sweeping what is left.
        while let Some(due) = self.due(policy).filter(|due| *due <= now) {
            let closes = if self.may_move_on() {
                &mut self.gave_up
            } else {
                &mut self.swept
            };
            *closes = Some(due);
            changed = true;
        }
        if changed {
            self.note_told();
        }
        changed
    }

    /// The abonents with a leg of their own (or who placed the call): those who may know of the call.
    pub fn abonents(&self) -> BTreeSet<&str> {
        let placed = self.request.as_ref().map(|r| r.abonent.as_str());
        self.legs
            .iter()
            .filter(|leg| !leg.system)
            .filter_map(|leg| leg.abonent.as_deref())
            .chain(placed)
            .collect()
    }

    /// Whether the abonent is one of [`Self::abonents`].
    pub fn has_part(&self, abonent: &str) -> bool {
        let placed = || self.request.as_ref().is_some_and(|request| request.abonent == abonent);
        let own = |leg: &Leg| !leg.system && leg.abonent.as_deref() == Some(abonent);
        self.legs.iter().any(own) || placed()
    }

    /// Whatever changes a finding ends with this.
    fn note_told(&mut self) {
        let readers = self.abonents().into_iter().map(Some).chain([None]);
        let news: Vec<(String, Finding)> = readers
            .map(|who| (who.unwrap_or_default(), self.finding(who)))
            .filter(|(who, finding)| finding.outcome.is_terminal() && self.told.get(*who) != Some(finding))
            .map(|(who, finding)| (who.to_owned(), finding))
            .collect();
        self.told.extend(news);
    }
}

/// Keys of all calls that one event speaks of and that belong together: a consultative transfer names two
/// (reference 2.7, 2.8.10). Empty for all other events.
pub fn links(event: &Event) -> Vec<String> {
    if event.kind != EventKind::CallRedirected || event.calls.len() < 2 {
        return Vec::new();
    }
    event.calls.iter().filter_map(Call::key_of).collect()
}

/// The index of the leg that the event is of, by leg id. As the PBX may change the id of a placed call when the far side starts
/// to ring (reference 2.8, 8), an abonent's outgoing leg of one session is one leg whatever its id.
fn leg_for(legs: &[Leg], data: &CallData, target: &Target) -> Option<usize> {
    let by_id = data
        .call_id
        .as_ref()
        .and_then(|id| legs.iter().position(|leg| leg.call_id == *id));
    if by_id.is_some() {
        return by_id;
    }
    let outgoing = matches!(
        data.personality,
        Some(Personality::Originator | Personality::ClickToDial)
    );
    let id = target.id()?;
    legs.iter()
        .position(|leg| leg.abonent.as_deref() == Some(id) && (data.call_id.is_none() || outgoing && leg.is_outgoing()))
}
