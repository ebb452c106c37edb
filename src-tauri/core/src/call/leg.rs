//! One leg: facts that only grow, whatever the order of events.

use super::Target;
use super::facts::{Cause, Hold, HoldState, KnownParty, Line, OwnRecording, PartyFacts, Strength};
use crate::event::{CallData, Event, EventKind, LegState, Party, Personality, Redirection, ReleasingParty};
use crate::{Number, Time};
use serde::{Deserialize, Serialize};

/// One `callId` of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leg {
    /// `callId`.
    pub call_id: String,
    /// Canonical id of the abonent or system object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abonent: Option<String>,
    /// Not a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub system: bool,
    /// Personalities seen: `Terminator`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terminator: bool,
    /// `Originator`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub originator: bool,
    /// `Click-to-Dial`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub click: bool,
    /// The phone is known to have rung (incoming) or the far side to have been dialled (outgoing).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alerted: bool,
    /// Answered, whether or not the time is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// The abonent left the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
    /// Over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// It came into this session from another one, by a transfer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub joined: bool,
    /// It went on in another session, by a transfer: see [`super::Call::moved_away`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    /// Its call was picked up by a colleague, and goes on in this session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub picked_up: bool,
    /// Digits of a feature code were collected, or are all that was dialled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub feature_code: bool,
    /// The newest word on holding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Hung up by this side (true) or the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_this_side: Option<bool>,
    /// The best known other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<KnownParty>,
    /// Line and queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// The call came by a group, queue or line and so can move on to another agent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub distributed: bool,
    /// `redirect/reason`: where the abonent's call went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// `startTime`, the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// `answerTime`, the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Time>,
    /// `releaseTime` or `detachedTime`, the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
    /// `recorded` or a recording state other than `Failed` was seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// The recording failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recording_failed: bool,
    /// A line of the statistics or a recording spoke of this leg: its end is certain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub witnessed: bool,
    /// Only the length of the conversation is known, not the time of the answer: `answer` is the start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answer_assumed: bool,
    /// The recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<OwnRecording>,
}

impl Leg {
    pub(super) fn new(data: &CallData, target: &Target) -> Self {
        let call_id = data
            .call_id
            .clone()
            .unwrap_or_else(|| format!("of:{}", target.id().unwrap_or("")));
        Self {
            call_id,
            ..Self::default()
        }
    }

    /// Takes what the event says of this leg; true when something was new.
    pub(super) fn learn(&mut self, event: &Event, data: &CallData, target: &Target) -> bool {
        let before = self.clone();
        if let Some(id) = &data.call_id {
            self.call_id = self.call_id.clone().max(id.clone());
        }
        if self.abonent.is_none() {
            self.abonent = target.id().map(str::to_owned);
        }
        self.system |= matches!(target, Target::System(_) | Target::Line { .. });
        self.learn_phase(event, data);
        self.learn_times(data);
        self.learn_party(data);
        self.learn_line(data, target);
        self.recorded |= data.recorded
            || event.kind == EventKind::CallRecordingStarted
            || data.recording_state.as_deref().is_some_and(|state| state != "Failed");
        self.recording_failed |= data.recording_state.as_deref() == Some("Failed");
        *self != before
    }

    fn learn_phase(&mut self, event: &Event, data: &CallData) {
        match data.personality {
            Some(Personality::Terminator) => self.terminator = true,
            Some(Personality::Originator) => self.originator = true,
            Some(Personality::ClickToDial) => self.click = true,
            // The kind still tells the direction of a damaged event.
            None => match event.kind {
                EventKind::CallReceived => self.terminator = true,
                EventKind::CallOriginated => self.originator = true,
                EventKind::CallOriginating => self.click = true,
                _ => {}
            },
        }
        let state = data.state.or(match event.kind {
            EventKind::CallReceived | EventKind::CallOriginated | EventKind::CallOriginating => {
                Some(LegState::Alerting)
            }
            EventKind::CallReleased => Some(LegState::Released),
            EventKind::CallDetached => Some(LegState::Detached),
            _ => None,
        });
        // Only the far side's ringing counts: the first leg of a click-to-dial rings the abonent's own phone.
        let dialled = match data.personality {
            Some(Personality::ClickToDial) => event.kind == EventKind::CallOriginated,
            _ => event.kind != EventKind::CallOriginating,
        };
        self.alerted |= state == Some(LegState::Alerting) && dialled;
        let over = state == Some(LegState::Released) || event.kind == EventKind::CallReleased;
        self.released |= over;
        self.detached |= state == Some(LegState::Detached);
        self.joined |= event.kind == EventKind::CallTransferred;
        let code = data.remote.address.as_deref().is_some_and(is_code);
        self.feature_code |= event.kind == EventKind::CallCollecting || code;
        self.picked_up |= event.kind == EventKind::CallPickedUp;
        self.answered |= data.answer.is_some() || event.kind == EventKind::CallAnswered || self.picked_up;
        if self.answered && matches!(state, Some(LegState::Active | LegState::Held | LegState::RemoteHeld)) {
            let told = Hold {
                sequence: event.sequence.unwrap_or(0),
                state: match state {
                    Some(LegState::Held) => HoldState::Held,
                    Some(LegState::RemoteHeld) => HoldState::HeldByOther,
                    _ => HoldState::Talking,
                },
            };
            self.hold = self.hold.max(Some(told));
        }
        if let Some(cause) = &data.cause {
            let told = Cause {
                is_final: over,
                text: cause.clone(),
            };
            self.cause = self.cause.take().max(Some(told));
        }
        if let Some(by) = data.releasing_party {
            self.by_this_side = self.by_this_side.max(Some(by == ReleasingParty::Local));
        }
        if let Some(redirect) = &data.redirect {
            let reason = redirect.reason.clone().unwrap_or_else(|| "unknown".to_owned());
            self.redirect = self.redirect.take().max(Some(reason));
        }
    }

    fn learn_times(&mut self, data: &CallData) {
        earliest(&mut self.start, data.start);
        earliest(&mut self.answer, data.answer);
        earliest(&mut self.end, data.release);
        earliest(&mut self.end, data.detached);
    }

    /// The other side as the strongest witness tells it.
    fn learn_party(&mut self, data: &CallData) {
        let click = data.personality == Some(Personality::ClickToDial);
        let mut take = |strength: Strength, party: &Party| {
            let facts = PartyFacts::of(party);
            if !facts.is_empty() {
                self.party = self.party.take().max(Some(KnownParty { strength, facts }));
            }
        };
        // By what this event says itself: the order of events must not matter.
        let strength = match (click, data.answer.is_some()) {
            // With a code nobody is talked with.
            _ if data.remote.address.as_deref().is_some_and(is_code) => Strength::Code,
            (true, _) => Strength::OwnPhone,
            (false, false) => Strength::Dialled,
            (false, true) => Strength::TalkedWith,
        };
        take(strength, &data.remote);
        if let Some(acd) = &data.acd
            && data.personality != Some(Personality::Originator)
        {
            take(Strength::CallCentre, &acd.calling);
        }
    }

    fn learn_line(&mut self, data: &CallData, target: &Target) {
        let acd = data.acd.as_ref();
        let by_acd = acd.and_then(|a| a.number.as_deref()).and_then(e164);
        let by_target = match target {
            Target::Line { number, .. } => number.key(),
            _ => None,
        };
        let number = by_acd.or_else(|| line_of(&data.redirections)).or(by_target);
        let queue = acd
            .and_then(|a| a.name.clone())
            .or_else(|| queue_of(&data.redirections));
        if number.is_some() || queue.is_some() {
            self.line = self.line.take().max(Some(Line { number, queue }));
        }
        self.distributed |= acd.is_some()
            || data.hunt_group.is_some()
            || !data.redirections.is_empty()
            || matches!(target, Target::Line { .. } | Target::System(_));
    }

    /// See [`super::Call::moved_away`].
    pub(super) fn move_away(&mut self, at: Option<Time>) -> bool {
        let before = (self.moved, self.end);
        self.moved = true;
        earliest(&mut self.end, at);
        (self.moved, self.end) != before
    }

    /// Outgoing for its abonent.
    pub fn is_outgoing(&self) -> bool {
        self.click || (self.originator && !self.terminator)
    }

    /// Another side than a feature code is known.
    pub(super) fn has_other_side(&self) -> bool {
        self.party.as_ref().is_some_and(|party| party.strength > Strength::Code)
    }

    /// Over for its abonent: released, or they left it.
    pub fn is_over(&self) -> bool {
        self.released || self.detached || self.moved
    }

    /// The state as the PBX would name it.
    pub fn state(&self) -> LegState {
        match self.hold.map(|hold| hold.state) {
            _ if self.released || self.moved => LegState::Released,
            _ if self.detached => LegState::Detached,
            Some(HoldState::Held) => LegState::Held,
            Some(HoldState::HeldByOther) => LegState::RemoteHeld,
            _ if self.answered => LegState::Active,
            _ => LegState::Alerting,
        }
    }

    /// `internalReleaseCause` as written.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_ref().map(|cause| cause.text.as_str())
    }

    /// The other side, whoever tells it.
    pub fn party(&self) -> Option<&PartyFacts> {
        self.party.as_ref().map(|party| &party.facts)
    }

    /// The abonent passed the call on or it was forwarded from them.
    pub fn is_transferred(&self) -> bool {
        self.redirect.is_some() || self.detached
    }
}

/// `*21`, `tel:#31#`: a command to the PBX.
fn is_code(address: &str) -> bool {
    address.trim_start_matches("tel:").starts_with(['*', '#'])
}

fn earliest(slot: &mut Option<Time>, new: Option<Time>) {
    *slot = match (*slot, new) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
}

fn e164(address: &str) -> Option<String> {
    match Number::parse(address) {
        number @ Number::E164 { .. } => number.key(),
        _ => None,
    }
}

/// The entries are ordered from the most recent to the first, so the line is the last full number.
fn line_of(redirections: &[Redirection]) -> Option<String> {
    redirections
        .iter()
        .rev()
        .find_map(|r| r.party.address.as_deref().and_then(e164))
}

/// The name of the nearest group or queue. The PBX writes its first and last name, which are often the same word.
fn queue_of(redirections: &[Redirection]) -> Option<String> {
    let groups = ["hunt-group", "call-center", "route-point"];
    let group = redirections
        .iter()
        .find(|r| r.reason.as_deref().is_some_and(|reason| groups.contains(&reason)))?;
    let name = group.party.name.as_deref()?.trim();
    let half = name.len() / 2;
    let doubled =
        name.is_char_boundary(half) && name.get(half..=half) == Some(" ") && name.get(..half) == name.get(half + 1..);
    Some(if doubled { &name[..half] } else { name }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Leg;

    #[test]
    fn a_leg_whose_witness_is_a_number_is_not_read() {
        // As calls were stored before Strength and HoldState had names. An error puts the row aside and builds the call
        // anew; a leg that is read in part would not be noticed.
        for former in [r#""party":[3,{"address":"tel:101"}]"#, r#""hold":[7,true,false]"#] {
            let leg = format!(r#"{{"call_id":"callhalf-1:0",{former}}}"#);
            assert!(serde_json::from_str::<Leg>(&leg).is_err(), "{former}");
        }
    }
}
