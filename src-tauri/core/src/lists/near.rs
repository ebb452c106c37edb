//! Which lines, recordings and calls may belong together, and where to search for them, so that arranging one
//! neighbourhood gives the same result as arranging everything. The conditions here are wider than those of the
//! arrangement's steps.

use super::{Heard, legs, parts, tolerances};
use crate::Time;
use crate::call::{Leg, PartyFacts, Recording, StatisticsLine};

/// Anything that is arranged.
#[derive(Clone, Copy, Debug)]
pub enum Thing<'a> {
    /// A line.
    Line(&'a StatisticsLine),
    /// A recording.
    Recording(&'a Recording),
    /// A call of which events told, with its legs as they are known now.
    Call(Heard<'a>, &'a [Leg]),
}

/// The key of a search for things that may belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The abonent, by canonical id.
    Abonent(String),
    /// The caller's number.
    Number(String),
    /// Callers to this number of the company who withheld theirs.
    Withheld(String),
}

/// One search: what began between the two times.
#[derive(Clone, Debug)]
pub struct Look {
    /// The key.
    pub by: By,
    /// From this time on.
    pub from: Time,
    /// Up to this time.
    pub to: Time,
}

impl Thing<'_> {
    /// Whether the two may belong to one call, whatever else there is.
    pub fn may_be_tied(self, other: Thing<'_>) -> bool {
        match (self, other) {
            (Thing::Line(line), Thing::Line(other)) => parts::may_be_one(line, other),
            (Thing::Line(line), Thing::Recording(one)) | (Thing::Recording(one), Thing::Line(line)) => {
                parts::recorded(line, one).is_some()
            }
            (Thing::Line(line), Thing::Call(heard, legs)) | (Thing::Call(heard, legs), Thing::Line(line)) => {
                let is_near = |leg| legs::may_be_own(line, leg) || legs::further(line, leg).is_some();
                line.tracking_id.as_deref() == Some(heard.key)
                    || legs::requested(line, &heard).is_some()
                    || legs.iter().any(is_near)
            }
            (Thing::Recording(one), Thing::Call(heard, legs)) | (Thing::Call(heard, legs), Thing::Recording(one)) => {
                let is_near = |leg| legs::recorded(one, leg).is_some();
                match &one.session {
                    Some(session) => session == heard.key,
                    None => legs.iter().any(is_near),
                }
            }
            (Thing::Recording(one), Thing::Recording(other)) => one.session.is_some() && one.session == other.session,
            (Thing::Call(..), Thing::Call(..)) => false,
        }
    }

    /// The searches that find everything that may belong to one call with it. Apart from a conversation and the wait in a
    /// queue, no two parts of a call are farther apart than the longest ringing.
    pub fn looks(self) -> Vec<Look> {
        let look = |from: Time, to: Time| {
            move |by| Look {
                by,
                from: from.plus(-tolerances::RING_MS),
                to: to.plus(tolerances::RING_MS),
            }
        };
        match self {
            Thing::Line(line) => {
                let withheld = || line.called.clone().map(By::Withheld);
                let caller = line.number.clone().map(By::Number).or_else(withheld);
                let all = [
                    Some(By::Abonent(line.abonent.clone())),
                    line.peer.clone().map(By::Abonent),
                    caller,
                ];
                all.into_iter().flatten().map(look(line.start, line.end())).collect()
            }
            Thing::Recording(one) => {
                let own = By::Abonent(one.abonent.clone());
                vec![look(one.start, one.start)(own)]
            }
            Thing::Call(heard, legs) => {
                let request = heard.request.map(|request| By::Abonent(request.abonent.clone()));
                let request = request.map(look(heard.first_heard, heard.first_heard));
                let of_legs = legs.iter().flat_map(|leg| {
                    let begun = leg.start.or(leg.answer).unwrap_or(heard.first_heard);
                    by_leg(leg).map(look(begun, leg.end.unwrap_or(begun)))
                });
                of_legs.chain(request).collect()
            }
        }
    }
}

/// The keys of a leg: its abonent, the colleague at the other end, and the caller.
fn by_leg(leg: &Leg) -> impl Iterator<Item = By> {
    let own = leg.abonent.clone().filter(|_| !leg.system).map(By::Abonent);
    let party = leg.party();
    let colleague = party.and_then(|party| party.user_id.clone()).map(By::Abonent);
    let withheld = || {
        let called = leg.line.as_ref()?.number.clone();
        called
            .filter(|_| party.is_some_and(PartyFacts::is_withheld))
            .map(By::Withheld)
    };
    let caller = party
        .and_then(|party| party.number().told())
        .map(By::Number)
        .or_else(withheld);
    own.into_iter()
        .chain(colleague)
        .chain(caller.filter(|_| !leg.is_outgoing()))
}
