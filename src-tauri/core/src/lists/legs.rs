//! Lines and recordings compared with the legs of calls that events told: of which leg they are, or of which leg's call
//! they are a further part.

use super::{Heard, tolerances};
use crate::call::{Leg, LineStatus, PartyFacts, Recording, StatisticsLine, login};
use crate::snapshot::Direction;

/// A recording tells when the conversation began, a line when the ringing did. Divided by this, the longest ringing is
/// below [`tolerances::START_MS`], so that an equally long conversation fits better than a leg that only begins at the
/// same time.
const RING_DIVISOR: i64 = 300;

/// Milliseconds that a conversation lasted, where both ends of it are known.
fn talked(leg: &Leg) -> Option<i64> {
    Some(leg.end?.since(leg.answer?))
}

/// How far a line is from a leg that may be its own, milliseconds; none where it cannot be.
pub(super) fn own(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    if !leg.is_of(&line.abonent, line.direction) {
        return None;
    }
    let Some(start) = leg.start.filter(|start| !leg.witnessed || Some(*start) != leg.answer) else {
        return of_recording(line, leg);
    };
    let apart = (start.ms() - line.start.ms()).abs();
    if leg.has_party_of(line) {
        let is_near = apart <= tolerances::START_MS || own_phone_rang(line, leg);
        is_near.then_some(apart)
    } else {
        let same_talk = talked(leg).is_none_or(|ms| (ms - line.duration_ms).abs() <= tolerances::TALK_MS);
        let is_near = same_talk && apart <= tolerances::OTHER_PARTY_START_MS;
        is_near.then_some(tolerances::START_MS + apart)
    }
}

/// The same for a leg that is known by its recording only: the conversations are equally long, and the leg's began within
/// [`tolerances::RING_MS`] of the line's start.
fn of_recording(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    let differs = (talked(leg)? - line.duration_ms).abs();
    let rang = leg.answer?.ms() - line.start.ms();
    let fits = differs <= tolerances::TALK_MS
        && (-tolerances::START_MS..=tolerances::RING_MS).contains(&rang)
        && leg.has_party_of(line);
    let is_equal = differs < tolerances::EQUAL_TALK_MS;
    fits.then_some(if is_equal {
        rang.abs() / RING_DIVISOR
    } else {
        rang.abs()
    })
}

/// The line is of the same outgoing conversation, or of the same unanswered attempt, and begins before the leg that events
/// told: the event that told when the own phone rang is lost (reference 2.8, 8).
fn own_phone_rang(line: &StatisticsLine, leg: &Leg) -> bool {
    // The answer of a leg whose end nobody told may be lost as well.
    let answered = leg.answered || !leg.is_over() && line.duration_ms > 0;
    let is_same = talked(leg).map_or(
        answered == (line.duration_ms > 0) && leg.end.is_none_or(|end| line.end() <= end),
        |ms| (ms - line.duration_ms).abs() <= tolerances::TALK_MS,
    );
    let rang = leg.start.map(|start| start.ms() - line.start.ms());
    is_same && leg.is_outgoing() && rang.is_some_and(|ms| (0..=tolerances::OWN_PHONE_MS).contains(&ms))
}

/// How far a line is from our request of which no event told, milliseconds; always farther than from a leg.
pub(super) fn requested(line: &StatisticsLine, heard: &Heard<'_>) -> Option<i64> {
    let request = heard.request.filter(|_| heard.legs.is_empty())?;
    let apart = (heard.first_heard.ms() - line.start.ms()).abs();
    let fits = request.abonent == line.abonent
        && line.direction == Direction::Outgoing
        && (line.number.is_none() || line.number == request.number.told())
        && apart <= tolerances::PLACED_MS;
    fits.then_some(tolerances::START_MS + apart)
}

/// How far a recording without a session is from a conversation, milliseconds.
pub(super) fn recorded(recording: &Recording, leg: &Leg) -> Option<i64> {
    let apart = (recording.start.ms() - leg.answer?.ms()).abs();
    let fits = leg.is_of(&recording.abonent, recording.direction) && apart <= tolerances::START_MS;
    fits.then_some(apart)
}

/// Whether the line may be the leg's own, or was before something else was known of the leg.
pub(super) fn may_be_own(line: &StatisticsLine, leg: &Leg) -> bool {
    let apart = if leg.is_outgoing() {
        tolerances::OUTGOING_START_MS
    } else {
        tolerances::START_MS
    };
    let begun = leg.start.filter(|start| Some(*start) != leg.answer);
    leg.is_of(&line.abonent, line.direction)
        && (begun.is_some_and(|begun| (begun.ms() - line.start.ms()).abs() <= apart)
            || (begun.is_none() || leg.recording.is_some()) && of_recording(line, leg).is_some())
}

/// What a line and a leg have in common where the line is a further part of the leg's call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// The caller's number; none: withheld.
    Caller(Option<String>),
    /// The colleague at the other end, by canonical id.
    Colleague(String),
}

/// See [`Tie`].
pub(super) fn ties_of_line(line: &StatisticsLine) -> impl Iterator<Item = Tie> {
    let caller = (line.direction == Direction::Incoming).then(|| Tie::Caller(line.number.clone()));
    caller.into_iter().chain(line.peer.clone().map(Tie::Colleague))
}

/// See [`Tie`].
pub(super) fn ties_of_leg(leg: &Leg) -> impl Iterator<Item = Tie> {
    let party = leg.party().filter(|_| !leg.is_outgoing());
    let number = party.and_then(|party| party.number().told());
    let withheld = party.filter(|party| party.is_withheld()).map(|_| Tie::Caller(None));
    let colleague = leg.abonent.clone().filter(|_| !leg.system).map(Tie::Colleague);
    number
        .map(|number| Tie::Caller(Some(number)))
        .into_iter()
        .chain(withheld)
        .chain(colleague)
}

/// The time between a line and a leg, milliseconds, where the line may be a further part of the leg's call: the part of
/// an abonent whom nothing has told yet.
pub(super) fn further(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    if leg.system {
        return of_queue(line, leg);
    }
    colleague(line, leg).or_else(|| next_in_turn(line, leg))
}

/// The other end of a call between colleagues.
fn colleague(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    let party = leg.party()?;
    let opposite = match line.direction {
        Direction::Incoming => Direction::Outgoing,
        Direction::Outgoing => Direction::Incoming,
    };
    if !leg.is_of(line.peer.as_deref()?, opposite) || login(party.user_id.as_deref()?) != login(&line.abonent) {
        return None;
    }
    let rings_after = match line.direction {
        Direction::Incoming => line.start.ms() - leg.start?.ms(),
        Direction::Outgoing => leg.start?.ms() - line.start.ms(),
    };
    let talked = talked(leg).unwrap_or(0);
    tolerances::are_both_ends(talked, line.duration_ms, rings_after).then_some(rings_after.abs())
}

/// An agent who was rung while the caller waited in the queue, or at the end of that.
fn of_queue(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    let waited = line.start.ms() - leg.start?.ms();
    let called = leg.line.as_ref().and_then(|known| known.number.as_ref());
    // Only some of a queue's events tell its number; a caller who withheld theirs is told by the queue alone.
    let same_line = called.map_or(line.number.is_some(), |called| line.called.as_ref() == Some(called));
    let fits = line.direction == Direction::Incoming
        && !leg.is_outgoing()
        && line.by_line
        && same_line
        && waited >= 0
        && leg
            .end
            .is_none_or(|end| line.start <= end.plus(tolerances::TOGETHER_MS))
        && is_caller(line, leg);
    fits.then_some(waited)
}

/// The leg's caller is the line's, or both withheld the number.
fn is_caller(line: &StatisticsLine, leg: &Leg) -> bool {
    let party = leg.party();
    match &line.number {
        Some(number) => party.and_then(|party| party.number().told()).as_ref() == Some(number),
        None => party.is_some_and(PartyFacts::is_withheld),
    }
}

/// Another phone of the same group or queue, or the one to whom the call was passed on.
fn next_in_turn(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    if line.direction != Direction::Incoming || leg.is_outgoing() || line.called.is_none() || !is_caller(line, leg) {
        return None;
    }
    let begun = leg.start?;
    let later = line.start.ms() - begun.ms();
    let known = leg.line.as_ref().and_then(|known| known.number.as_ref());
    let same_line = line.by_line && known.is_some_and(|known| line.called.as_ref() == Some(known));
    // The event that tells the line may be lost; one caller does not call twice at the same moment.
    let may_be_same = line.by_line && known.is_none() && line.number.is_some();
    let together = (same_line || may_be_same) && later.abs() <= tolerances::TOGETHER_MS;
    // The abonent who was rung first has not answered, and a withheld number does not tell one caller from another.
    let unanswered = if later >= 0 {
        !leg.answered
    } else {
        line.duration_ms == 0
    };
    let in_turn = same_line && unanswered && line.number.is_some() && later.abs() <= tolerances::IN_TURN_MS;
    let passed_on = line.number.is_some()
        && if later >= 0 {
            leg.is_transferred() && line.start <= leg.end.unwrap_or(begun).plus(tolerances::PASSED_ON_MS)
        } else {
            line.status == LineStatus::Redirected && -later <= tolerances::PASSED_ON_MS + line.duration_ms
        };
    (together || in_turn || passed_on).then_some(later.abs())
}
