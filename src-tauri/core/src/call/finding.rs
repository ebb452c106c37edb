//! The finding: what became of the call, for one abonent or for the company.

use super::{Call, Leg};
use crate::Time;
use crate::event::LegState;
use crate::snapshot::{Direction, Outcome};
use serde::{Deserialize, Serialize};

/// Waits of the state machine, milliseconds of the relay's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// How long *missed* waits while the call can still move on to another agent (design, part 4: 30 s).
    pub grace_ms: i64,
    /// How long a ringing or queued call may stay silent before the sweeper closes it (reference 2.7: 300 s).
    pub ring_lost_ms: i64,
    /// The same for a conversation.
    pub talk_lost_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace_ms: 30_000,
            ring_lost_ms: 300_000,
            talk_lost_ms: 4 * 3_600_000,
        }
    }
}

/// What became of a call, for one abonent or for the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The outcome.
    pub outcome: Outcome,
    /// The end is only assumed, or events that would tell another outcome may be lost.
    pub is_uncertain: bool,
}

impl Finding {
    /// What is known.
    pub fn certain(outcome: Outcome) -> Self {
        Self {
            outcome,
            is_uncertain: false,
        }
    }

    /// Over, and nothing tells how: the end was not told, or a *missed* would not be certain.
    pub fn assumed_end() -> Self {
        Self {
            outcome: Outcome::Ended,
            is_uncertain: true,
        }
    }
}

/// A busy answer sooner than this after the start means a phone in use, not a person who refused.
const BUSY_AT_ONCE_MS: i64 = 1_000;

/// Longest time between the end of one abonent's part and the ringing at the next one to whom the call was passed on.
const HANDED_OVER_MS: i64 = 1_000;

impl Call {
    /// When [`Call::tick`] has something to do next; none for a call that is settled.
    pub fn due(&self, policy: &Policy) -> Option<Time> {
        let talking = self
            .legs
            .iter()
            .any(|leg| leg.answered && !leg.is_over() && !leg.system);
        let wait = if self.swept.is_some() || self.superseded_by.is_some() {
            return None;
        } else if self.may_move_on() {
            policy.grace_ms
        } else if talking {
            policy.talk_lost_ms
        } else if self.legs.is_empty() || self.legs.iter().any(|leg| !leg.is_over()) {
            policy.ring_lost_ms
        } else {
            return None;
        };
        Some(self.last_heard.plus(wait))
    }

    /// Nothing more is expected: every leg told its end and no other agent can be rung, or the sweeper closed the call.
    pub fn is_settled(&self) -> bool {
        self.swept.is_some() || self.legs.iter().all(Leg::is_over) && !self.legs.is_empty() && !self.may_move_on()
    }

    fn incoming_lives(&self) -> bool {
        self.legs.iter().any(|leg| !leg.is_outgoing() && !leg.is_over())
    }

    /// All incoming legs are over, nobody answered, and another agent may still be rung: the verdict waits for the
    /// grace time. The end of the call centre's or group's own leg by the caller is the end of the whole call
    /// (reference 2.8, 4).
    pub(super) fn may_move_on(&self) -> bool {
        let incoming = || self.legs.iter().filter(|leg| !leg.is_outgoing());
        // The statistics have a line of a call only when it is over.
        let all_have_lines = || {
            let mut persons = incoming().filter(|leg| !leg.system).peekable();
            persons.peek().is_some() && persons.all(|leg| leg.witnessed)
        };
        let caller_gone = incoming().any(|leg| leg.system && leg.released && leg.by_this_side == Some(false));
        incoming().next().is_some()
            && !self.incoming_lives()
            && self.gave_up.is_none()
            && !caller_gone
            && !all_have_lines()
            && self.answerer(None).is_none()
            && self.pick_up.is_none()
            && (incoming().any(|leg| leg.distributed) || incoming().filter(|leg| !leg.system).count() > 1)
    }

    /// The person's leg that answered the incoming call first. With `besides`: that of somebody else, who still talked when
    /// this abonent was rung; one who had passed the call on before did not answer it in their place.
    pub(super) fn answerer(&self, besides: Option<&str>) -> Option<&Leg> {
        let rung = besides.and_then(|me| self.legs_of(Some(me)).iter().filter_map(|leg| leg.start).min());
        let passed_on = |leg: &Leg| {
            leg.is_over()
                && rung
                    .zip(leg.end)
                    .is_some_and(|(rung, end)| end <= rung.plus(HANDED_OVER_MS))
        };
        self.legs
            .iter()
            .filter(|leg| leg.answered && !leg.system && !leg.is_outgoing())
            .filter(|leg| besides.is_none() || leg.abonent.as_deref() != besides && !passed_on(leg))
            .min_by_key(|leg| (leg.answer.is_none(), leg.answer))
    }

    /// The legs of one abonent, or for the company all legs of persons (all legs where there is no person).
    pub(super) fn legs_of(&self, reader: Option<&str>) -> Vec<&Leg> {
        let persons: Vec<&Leg> = self
            .legs
            .iter()
            .filter(|leg| !leg.system && (reader.is_none() || leg.abonent.as_deref() == reader))
            .collect();
        if persons.is_empty() && reader.is_none() {
            self.legs.iter().collect()
        } else {
            persons
        }
    }

    /// Direction for the reader. An internal call is outgoing for the company: somebody of ours placed it.
    pub fn direction(&self, reader: Option<&str>) -> Direction {
        let own = self.legs_of(reader);
        let outgoing = if own.is_empty() {
            self.request.is_some()
        } else {
            own.iter().any(|leg| leg.is_outgoing())
        };
        if outgoing {
            Direction::Outgoing
        } else {
            Direction::Incoming
        }
    }

    /// The finding for one abonent (`None`: the company).
    pub fn finding(&self, reader: Option<&str>) -> Finding {
        let found = match self.direction(reader) {
            Direction::Incoming => self.finding_incoming(reader),
            Direction::Outgoing => self.finding_outgoing(reader),
        };
        match self.told.get(reader.unwrap_or("")) {
            // A told end is never taken back: a phone that rings again does not undo it, an answer corrects it.
            Some(told) if found.outcome == Outcome::Ringing => *told,
            Some(_) if found.outcome == Outcome::Talking => Finding {
                outcome: Outcome::Ended,
                ..found
            },
            _ => found,
        }
    }

    fn finding_incoming(&self, reader: Option<&str>) -> Finding {
        let own = self.legs_of(reader);
        if let Some(leg) = last_answered(&own) {
            return answered(leg, self.swept.is_some());
        }
        if let Some(me) = reader
            && self.answerer(Some(me)).is_some()
        {
            return Finding::certain(Outcome::AnsweredBy);
        }
        let lost = self
            .legs
            .iter()
            .any(|leg| !leg.system && !leg.is_outgoing() && !leg.is_over());
        if self.swept.is_some() && (lost || self.legs.is_empty()) {
            return Finding::assumed_end();
        }
        if own.is_empty() || self.swept.is_none() && (self.incoming_lives() || self.may_move_on()) {
            return Finding::certain(Outcome::Ringing);
        }
        match verdict(&own) {
            Outcome::Missed if self.pick_up.is_some() => Finding::certain(Outcome::AnsweredBy),
            Outcome::Missed if self.doubt && !own.iter().all(|leg| leg.witnessed) => Finding::assumed_end(),
            outcome => Finding::certain(outcome),
        }
    }

    fn finding_outgoing(&self, reader: Option<&str>) -> Finding {
        let own: Vec<&Leg> = self
            .legs_of(reader)
            .into_iter()
            .filter(|leg| leg.is_outgoing())
            .collect();
        let Some(leg) = last_answered(&own).or_else(|| own.last().copied()) else {
            // Placed by us, and no event has come yet.
            return if self.swept.is_some() {
                Finding::assumed_end()
            } else {
                Finding::certain(Outcome::Ringing)
            };
        };
        if leg.answered {
            return answered(leg, self.swept.is_some());
        }
        if !leg.is_over() {
            return if self.swept.is_some() {
                Finding::assumed_end()
            } else {
                Finding::certain(Outcome::Ringing)
            };
        }
        // The abonent did not pick up their own phone, or refused (reference 2.6). A line that tells the end does not say
        // whether the other side was rung, should the events that do be lost.
        let by_line_only = leg.witnessed && leg.end.is_none();
        let own_phone_only = leg.click && !leg.originator && !leg.alerted && !by_line_only;
        let outcome = match leg.cause() {
            _ if own_phone_only => Outcome::Cancelled,
            Some("Busy" | "Forbidden") => Outcome::Rejected,
            Some("Request Timeout") => Outcome::NoAnswer,
            Some(_) => Outcome::Unreachable,
            None if leg.by_this_side == Some(true) => Outcome::Cancelled,
            None if (leg.is_transferred() || leg.moved) && !leg.released => Outcome::Transferred,
            None => Outcome::NoAnswer,
        };
        Finding::certain(outcome)
    }
}

fn last_answered<'a>(legs: &[&'a Leg]) -> Option<&'a Leg> {
    // A live conversation first, then the latest one; a voice menu's answer is none.
    legs.iter()
        .copied()
        .filter(|leg| leg.answered && !leg.system)
        .max_by_key(|leg| (!leg.is_over(), leg.answer))
}

fn answered(leg: &Leg, swept: bool) -> Finding {
    match (leg.is_over(), swept) {
        (false, false) => Finding::certain(Outcome::Talking),
        (false, true) => Finding::assumed_end(),
        (true, _) if leg.state() == LegState::Detached || leg.redirect.is_some() => {
            Finding::certain(Outcome::Transferred)
        }
        (true, _) => Finding::certain(Outcome::Ended),
    }
}

/// All legs over and none answered: the reader's word on it (reference 2.6).
fn verdict(own: &[&Leg]) -> Outcome {
    if own.iter().any(|leg| leg.is_transferred()) {
        return Outcome::Transferred;
    }
    let refused = |leg: &&Leg| {
        let wait = leg.start.zip(leg.end).map(|(start, end)| end.since(start));
        let by_person = wait.is_none_or(|ms| ms >= BUSY_AT_ONCE_MS);
        match leg.cause() {
            Some("Busy" | "Forbidden") => by_person,
            None => leg.by_this_side == Some(true),
            Some(_) => false,
        }
    };
    let unreachable = |leg: &&Leg| {
        matches!(
            leg.cause(),
            Some("Temporarily Unavailable" | "User Not Found" | "Server Failure" | "Routing Failure")
        )
    };
    if own.iter().any(refused) && own.iter().all(|leg| refused(leg) || leg.cause().is_some()) {
        Outcome::Rejected
    } else if !own.is_empty() && own.iter().all(unreachable) {
        Outcome::Unreachable
    } else {
        Outcome::Missed
    }
}
