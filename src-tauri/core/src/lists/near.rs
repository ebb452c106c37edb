//! What may have to do with what, and where to look for it: so that an arrangement of some of all there is finds the same as one
//! of all would. Wider than the steps of the arrangement, which know more.

use super::{Heard, Tolerances, legs, parts};
use crate::Time;
use crate::call::{Leg, Recording, StatisticsLine};

/// One of the things that are arranged.
#[derive(Clone, Copy, Debug)]
pub enum Thing<'a> {
    /// A line.
    Line(&'a StatisticsLine),
    /// A recording.
    Recording(&'a Recording),
    /// A call of which events told, with its legs as they are known now.
    Call(Heard<'a>, &'a [Leg]),
}

/// By whom things that may have to do with another are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The abonent, by canonical id.
    Abonent(String),
    /// The caller's number.
    Number(String),
    /// Callers to this number of the company who withheld theirs.
    Withheld(String),
}

/// A place to look: what began between the two times.
#[derive(Clone, Debug)]
pub struct Look {
    /// Of whom.
    pub by: By,
    /// From this time on.
    pub from: Time,
    /// Up to this time.
    pub to: Time,
}

impl Look {
    fn around(by: By, from: Time, before_ms: i64, to: Time, after_ms: i64) -> Self {
        Self {
            by,
            from: from.plus(-before_ms),
            to: to.plus(after_ms),
        }
    }
}

impl Thing<'_> {
    /// Whether the two may have to do with each other, whatever else there is.
    pub fn may_be_tied(self, other: Thing<'_>, tolerances: &Tolerances) -> bool {
        match (self, other) {
            (Thing::Line(line), Thing::Line(other)) => parts::may_be_one(line, other, tolerances),
            (Thing::Line(line), Thing::Recording(one)) | (Thing::Recording(one), Thing::Line(line)) => {
                parts::recorded(line, one, tolerances).is_some()
            }
            (Thing::Line(line), Thing::Call(heard, legs)) | (Thing::Call(heard, legs), Thing::Line(line)) => {
                line.tracking_id.as_deref() == Some(heard.key)
                    || legs::requested(line, &heard, tolerances).is_some()
                    || legs.iter().any(|leg| {
                        legs::may_be_own(line, leg, tolerances) || legs::further(line, leg, tolerances).is_some()
                    })
            }
            (Thing::Recording(one), Thing::Call(heard, legs)) | (Thing::Call(heard, legs), Thing::Recording(one)) => {
                let is_near = |leg: &Leg| {
                    let apart = leg.answer.map(|answer| (answer.ms() - one.start.ms()).abs());
                    leg.is_of(&one.abonent, one.direction) && apart.is_some_and(|ms| ms <= tolerances.start_ms)
                };
                match &one.session {
                    Some(session) => session == heard.key,
                    None => legs.iter().any(is_near),
                }
            }
            (Thing::Recording(one), Thing::Recording(other)) => one.session.is_some() && one.session == other.session,
            (Thing::Call(..), Thing::Call(..)) => false,
        }
    }

    /// Where to look for what may have to do with it.
    pub fn looks(self, tolerances: &Tolerances) -> Vec<Look> {
        match self {
            Thing::Line(line) => looks_of_line(line, tolerances),
            Thing::Recording(one) => {
                let by = By::Abonent(one.abonent.clone());
                vec![Look::around(
                    by,
                    one.start,
                    tolerances.ring_ms,
                    one.start,
                    tolerances.start_ms,
                )]
            }
            Thing::Call(heard, legs) => {
                let request = heard.request.filter(|_| legs.is_empty()).map(|request| {
                    let (by, at) = (By::Abonent(request.abonent.clone()), heard.first_heard);
                    Look::around(by, at, tolerances.placed_ms, at, tolerances.placed_ms)
                });
                let legs = legs.iter().flat_map(|leg| looks_of_leg(leg, tolerances));
                legs.chain(request).collect()
            }
        }
    }
}

fn looks_of_line(line: &StatisticsLine, tolerances: &Tolerances) -> Vec<Look> {
    let at = line.start;
    let rings = tolerances.outgoing_start_ms();
    let own = By::Abonent(line.abonent.clone());
    let peer = line.peer.clone().map(By::Abonent);
    let caller = line.number.clone().map(By::Number);
    // A queue may keep its caller for longer than any two lines are apart.
    let further = tolerances.further_ms() + line.duration_ms;
    let caller = caller.or_else(|| line.called.clone().map(By::Withheld));
    let caller = caller.map(|by| Look::around(by, at, tolerances.ring_ms, at, further));
    let peer = peer.map(|by| Look::around(by, at, rings, at, rings));
    let own = Look::around(own, at, rings, at, tolerances.ring_ms);
    [own].into_iter().chain(caller).chain(peer).collect()
}

fn looks_of_leg(leg: &Leg, tolerances: &Tolerances) -> Vec<Look> {
    let Some(begun) = leg.start.or(leg.answer) else {
        return Vec::new();
    };
    let rings = tolerances.outgoing_start_ms();
    // Of one that is known by its conversation only, it is not known when the phone rang.
    let by_talk = leg.answer.is_some() && (leg.recording.is_some() || leg.start == leg.answer);
    let before = if by_talk { tolerances.ring_ms } else { rings };
    let own = leg.abonent.clone().filter(|_| !leg.system).map(By::Abonent);
    let own = own.map(|by| Look::around(by, begun, before, begun, rings));
    let party = leg.party.as_ref().map(|(_, party)| party);
    let colleague = party.and_then(|party| party.user_id.clone()).map(By::Abonent);
    let colleague = colleague.map(|by| Look::around(by, begun, rings, begun, rings));
    let withheld = || {
        let called = leg.line.as_ref()?.number.clone();
        called
            .filter(|_| party.is_some_and(|party| party.privacy))
            .map(By::Withheld)
    };
    let caller = party
        .and_then(|party| party.number().key())
        .map(By::Number)
        .or_else(withheld);
    let further = tolerances.further_ms();
    let caller = caller.filter(|_| !leg.is_outgoing());
    let caller = caller.map(|by| Look::around(by, begun, further, leg.end.unwrap_or(begun), further));
    own.into_iter().chain(colleague).chain(caller).collect()
}
