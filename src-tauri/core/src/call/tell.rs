//! The call as it is told to one reader (design, parts 6 and 7).

use super::{Call, Finding, KnownParty, Leg, OwnRecording, PickUp, Strength};
use crate::snapshot::{
    AnsweredBy, CallSnapshot, Direction, LegSnapshot, LineSnapshot, Outcome, PartySnapshot, RecordingSnapshot,
    RecordingState,
};
use crate::{Number, Time};

/// To whom the call is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader<'a> {
    /// A user: one abonent's view; of colleagues only names.
    Abonent(&'a str),
    /// An admin who asked for one abonent.
    AdminOf(&'a str),
    /// An admin: the company's view.
    Company,
}

impl<'a> Reader<'a> {
    /// The abonent whose view it is.
    pub fn abonent(self) -> Option<&'a str> {
        match self {
            Self::Abonent(id) | Self::AdminOf(id) => Some(id),
            Self::Company => None,
        }
    }
}

/// What the journal looks calls up by, for one view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// As in the snapshot.
    pub direction: Direction,
    /// As in the snapshot.
    pub outcome: Outcome,
    /// As in the snapshot's party.
    pub number: Option<String>,
    /// As in the snapshot.
    pub started_at: Option<Time>,
}

/// See the fields of [`CallSnapshot`].
struct Times {
    started: Option<Time>,
    answered: Option<Time>,
    ended: Option<Time>,
    wait_ms: Option<i64>,
    talk_ms: Option<i64>,
}

impl Call {
    /// The part of a snapshot that the ledger stores beside the call. Much cheaper than a snapshot, because it is made for
    /// every event and every abonent of the call. Without `who`: the company's.
    pub fn brief(&self, who: Option<&str>) -> Brief {
        let direction = self.direction(who);
        Brief {
            direction,
            outcome: self.finding(who).outcome,
            number: self.party_for(who, direction, &|_| None).number,
            started_at: self.begun(&self.legs_of(who)),
        }
    }

    /// The snapshot for `reader`. `name_of` gives an abonent's name by canonical id; `id_of` the ledger's id of a
    /// linked call by its key.
    pub fn tell(
        &self,
        id: &str,
        version: i64,
        reader: Reader<'_>,
        name_of: &dyn Fn(&str) -> Option<String>,
        id_of: &dyn Fn(&str) -> Option<String>,
    ) -> CallSnapshot {
        let who = reader.abonent();
        let own = self.legs_of(who);
        let direction = self.direction(who);
        let Finding { outcome, is_uncertain } = self.finding(who);
        let answer = self.answer_for(who, direction, outcome);
        let pick_up = self
            .pick_up
            .as_ref()
            .filter(|_| outcome == Outcome::AnsweredBy && answer.is_none());
        let times = self.times(who, outcome, answer, pick_up);
        let (talked_later, claim) = self.told_later(who, outcome, name_of);
        let answerer = match (answer, pick_up) {
            (Some(leg), _) => Some(leg.abonent.as_deref()),
            (None, pick_up) => pick_up.map(|one| Some(one.abonent.as_str())),
        };
        CallSnapshot {
            id: id.to_owned(),
            version,
            account: self.account.clone(),
            tracking_id: self.tracking_id().map(str::to_owned),
            direction,
            outcome,
            uncertain: is_uncertain,
            party: self.party_for(who, direction, name_of),
            line: self.line(),
            abonent: who.map(str::to_owned),
            answered_by: answerer
                .filter(|_| direction == Direction::Incoming && outcome != Outcome::Ringing)
                .map(|id| answered_by(id, reader, name_of)),
            started_at: times.started,
            answered_at: times.answered,
            ended_at: times.ended,
            wait_ms: times.wait_ms,
            talk_ms: times.talk_ms,
            recording: recording(&own, self.no_recording),
            talked_later,
            claim,
            superseded_by: self.superseded_by.clone(),
            linked: self.linked.iter().filter_map(|key| id_of(key)).collect(),
            request: self.request.as_ref().map(|request| request.id.clone()),
            updated_at: self
                .last_heard
                .max(self.gave_up.unwrap_or_default())
                .max(self.swept.unwrap_or_default()),
            legs: self.legs.iter().map(|leg| leg_snapshot(leg, reader, name_of)).collect(),
        }
    }

    /// The times of the call for one view. `answer` and `pick_up`: by what it counts as answered there.
    fn times(&self, who: Option<&str>, outcome: Outcome, answer: Option<&Leg>, pick_up: Option<&PickUp>) -> Times {
        // Clocks of several machines tell them: what follows is never before what it follows.
        let not_before = |earlier: Option<Time>| move |time: Time| earlier.map_or(time, |earlier| time.max(earlier));
        let own = self.legs_of(who);
        let is_over = outcome.is_terminal();
        let started = self.begun(&own);
        let answered = answer
            .and_then(|leg| leg.answer.and_then(plausible))
            .or(pick_up.map(|one| one.answer))
            .map(not_before(started));
        let own_answer = answered.filter(|_| outcome != Outcome::AnsweredBy);
        let ends = || own.iter().filter_map(|leg| leg.end.and_then(plausible));
        let ended = is_over
            .then(|| ends().max())
            .flatten()
            .map(not_before(own_answer.or(started)));
        let talked = answer.filter(|leg| is_over && (who.is_none() || leg.abonent.as_deref() == who));
        Times {
            started,
            answered,
            ended,
            wait_ms: started
                .zip(answered.or(ended))
                .filter(|_| !answer.is_some_and(|leg| leg.answer_assumed))
                .map(|(start, end)| end.since(start)),
            talk_ms: talked
                .and_then(|leg| leg.answer.and_then(plausible).zip(leg.end.and_then(plausible)))
                .map(|(answer, end)| end.since(answer)),
        }
    }

    /// When the call began for those whose legs they are; while nothing has told it, when the relay first heard of the call.
    pub(super) fn begun(&self, own: &[&Leg]) -> Option<Time> {
        let told = own.iter().filter_map(|leg| leg.start.and_then(plausible)).min();
        told.or_else(|| (!own.is_empty()).then_some(self.first_heard))
    }

    fn answer_for(&self, who: Option<&str>, direction: Direction, outcome: Outcome) -> Option<&Leg> {
        let own = || self.legs_of(who).into_iter().filter(|leg| leg.answered);
        match direction {
            Direction::Outgoing => own().filter(|leg| leg.is_outgoing()).min_by_key(|leg| leg.answer),
            Direction::Incoming if outcome == Outcome::AnsweredBy => self.answerer(who),
            Direction::Incoming => own().filter(|leg| !leg.system).min_by_key(|leg| leg.answer),
        }
    }

    pub(super) fn party_for(
        &self,
        who: Option<&str>,
        direction: Direction,
        name_of: &dyn Fn(&str) -> Option<String>,
    ) -> PartySnapshot {
        let own = self.legs_of(who);
        let same_side = |leg: &&&Leg| leg.is_outgoing() == (direction == Direction::Outgoing);
        let mut witnesses: Vec<&KnownParty> = own
            .iter()
            .filter(same_side)
            .filter_map(|leg| leg.party.as_ref())
            .collect();
        witnesses.sort_by_key(|party| (party.facts.address.is_some(), party.strength));
        let best = witnesses.last();
        // Our own request knows the number that a click-to-dial leg may hide behind the operator's own.
        let requested = self
            .request
            .as_ref()
            .filter(|r| who.is_none() || who == Some(r.abonent.as_str()));
        if let Some(request) = requested
            && best.is_none_or(|party| party.strength < Strength::Dialled)
        {
            return PartySnapshot {
                display: Some(request.number.canonical()),
                ..PartySnapshot::of(&request.number)
            };
        }
        let Some(KnownParty { facts, .. }) = best else {
            return PartySnapshot {
                hidden: direction == Direction::Incoming,
                ..PartySnapshot::default()
            };
        };
        let number = facts.number();
        let hidden = matches!(number, Number::Hidden);
        PartySnapshot {
            // What the PBX wrote in place of a withheld number stays in the event journal.
            display: facts.address.clone().filter(|_| !hidden),
            name: facts
                .user_id
                .as_deref()
                .and_then(name_of)
                .or_else(|| facts.name.clone()),
            hidden,
            internal: facts.is_internal(),
            ..PartySnapshot::of(&number)
        }
    }

    fn line(&self) -> Option<LineSnapshot> {
        let lines = || self.legs.iter().filter_map(|leg| leg.line.as_ref());
        let number = lines().filter_map(|line| line.number.clone()).max();
        let queue = lines().filter_map(|line| line.queue.clone()).max();
        (number.is_some() || queue.is_some()).then_some(LineSnapshot {
            number,
            name: None,
            queue,
        })
    }
}

fn recording(own: &[&Leg], given_up: bool) -> RecordingSnapshot {
    // First one that can be fetched, then the oldest: an admin's view may have several.
    let best = own.iter().filter_map(|leg| leg.recording.as_ref()).min();
    if let Some(OwnRecording { gone, id }) = best {
        let state = if *gone {
            RecordingState::Gone
        } else {
            RecordingState::Ready
        };
        return RecordingSnapshot {
            state,
            id: Some(id.clone()),
        };
    }
    let recorded = own
        .iter()
        .any(|leg| leg.recorded && leg.answered && !leg.recording_failed);
    let state = if recorded && !given_up {
        RecordingState::Pending
    } else {
        RecordingState::None
    };
    RecordingSnapshot { state, id: None }
}

fn answered_by(id: Option<&str>, reader: Reader<'_>, name_of: &dyn Fn(&str) -> Option<String>) -> AnsweredBy {
    let may_know = !matches!(reader, Reader::Abonent(me) if id != Some(me));
    AnsweredBy {
        abonent: id.filter(|_| may_know).map(str::to_owned),
        name: id.and_then(name_of),
    }
}

/// Events lose implausible times in [`CallData::with_plausible_times`](crate::event::CallData::with_plausible_times);
/// the statistics and recordings tell times too.
fn plausible(time: Time) -> Option<Time> {
    Some(time).filter(|time| time.can_be_of_a_call())
}

fn leg_snapshot(leg: &Leg, reader: Reader<'_>, name_of: &dyn Fn(&str) -> Option<String>) -> LegSnapshot {
    let own = leg.abonent.is_some() && leg.abonent.as_deref() == reader.abonent();
    let whole = own || !matches!(reader, Reader::Abonent(_));
    let personality = match (leg.click && !leg.originator, leg.is_outgoing()) {
        (true, _) => "Click-to-Dial",
        (false, true) => "Originator",
        (false, false) => "Terminator",
    };
    LegSnapshot {
        call_id: whole.then(|| leg.call_id.clone()),
        abonent: leg.abonent.clone().filter(|_| whole),
        name: leg.abonent.as_deref().filter(|_| !leg.system).and_then(name_of),
        personality: Some(personality.to_owned()),
        state: Some(leg.state().as_str().to_owned()),
        cause: leg.cause().map(str::to_owned),
        system: leg.system,
        started_at: leg.start.and_then(plausible),
        answered_at: leg.answer.and_then(plausible),
        ended_at: leg.end.and_then(plausible),
    }
}
