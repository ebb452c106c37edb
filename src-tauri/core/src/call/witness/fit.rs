//! Which call a line of the statistics is of: it has no id (reference 1.10).
//!
//! A line is first of all that of a leg of its own abonent that began at the same time. Where nothing told of such a leg,
//! it may be a further part of a known call: an agent of the same queue, a colleague at the other end, the one to whom the
//! call was passed on. Two calls that one abonent had are never one.

use super::{LineStatus, Recording, StatisticsLine, joined};
use crate::Time;
use crate::call::{Call, Leg, PartyFacts};
use crate::snapshot::Direction;
use std::collections::BTreeMap;

/// A line's start may differ so much from the event's, milliseconds.
pub(super) const SAME_START_MS: i64 = 3_000;
/// With another party than the leg shows (the PBX rewrites it when a call is forwarded) only so much.
const OTHER_PARTY_MS: i64 = 500;
/// A line's conversation may differ so much from the recording's, milliseconds.
pub(super) const SAME_TALK_MS: i64 = 1_500;
/// Conversations that differ by less are equally long, milliseconds.
pub(super) const SAME_LENGTH_MS: i64 = 50;
/// Brings the longest ringing below [`SAME_START_MS`].
const RING_WEIGHT: i64 = 300;
/// A phone rings no longer than this before a conversation begins, milliseconds.
pub(super) const LONGEST_RING_MS: i64 = 600_000;
/// The first event of a call that we placed may have been lost: the line begins so near to the request.
pub(super) const PLACED_MS: i64 = 60_000;
/// Phones of a group that ring together begin so near to each other, milliseconds.
pub(super) const TOGETHER_MS: i64 = 2_000;
/// The next agent is rung so soon after the one before began to ring (reference 2.6: 18 s), milliseconds.
pub(super) const IN_TURN_MS: i64 = 30_000;
/// A call placed from the desk rings the caller's own phone first, no longer than this, milliseconds. Where the event
/// that told so was lost, the others tell a start that is so much later (reference 2.8, 8).
const OWN_PHONE_MS: i64 = 30_000;
/// A call that was passed on rings the next abonent so soon, milliseconds.
pub(super) const PASSED_ON_MS: i64 = 60_000;

/// How well a line fits a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Milliseconds between the line and the leg it would be of; smaller is better.
    pub distance: i64,
    /// The line of this call that would have to look for another one.
    pub displaces: Option<String>,
}

impl Call {
    /// Whether the line is that of one of this call's legs that events or recordings told.
    pub fn fit(&self, line: &StatisticsLine) -> Option<Fit> {
        let nothing = BTreeMap::new();
        let legs = joined(self.heard_legs(), &nothing, &self.recordings);
        let rivals = || self.lines.values().filter(|rival| rival.id != line.id);
        let near = |line: &&StatisticsLine, leg: &Leg| near(line, leg);
        let with: Vec<_> = rivals().chain([line]).collect();
        let pairs = assigned(&with, &legs, near);
        if let Some(leg) = pairs[with.len() - 1] {
            let without = assigned(&with[..with.len() - 1], &legs, near);
            let displaced = without
                .iter()
                .zip(&pairs)
                .position(|(was, is)| was.is_some() && is.is_none());
            return Some(Fit {
                distance: near(&line, &legs[leg]).unwrap_or(0),
                displaces: displaced.map(|n| with[n].id.clone()),
            });
        }
        self.fit_of_request(line)
    }

    /// A call that we placed and no event told of.
    fn fit_of_request(&self, line: &StatisticsLine) -> Option<Fit> {
        let request = self.request.as_ref().filter(|_| self.heard_legs().is_empty())?;
        let same_number = line.number.is_none() || line.number == request.number.told();
        let distance = (self.first_heard.ms() - line.start.ms()).abs();
        let free = !self
            .lines
            .values()
            .any(|rival| rival.id != line.id && rival.abonent == line.abonent);
        (request.abonent == line.abonent
            && line.direction == Direction::Outgoing
            && same_number
            && free
            && distance <= PLACED_MS)
            .then_some(Fit {
                distance: SAME_START_MS + distance,
                displaces: None,
            })
    }

    /// Whether a recording without a session is that of a conversation of this call: milliseconds between the two.
    pub fn fit_recording(&self, recording: &Recording) -> Option<i64> {
        let free = |leg: &&Leg| leg.answered && leg.recording.is_none();
        let own = |leg: &&Leg| is_of(leg, &recording.abonent, recording.direction) && free(leg);
        let apart = |leg: &Leg| {
            let answer = leg.answer?;
            let talked = leg.end.map(|end| end.since(answer));
            let same_talk = talked.is_some_and(|talked| (talked - recording.duration_ms).abs() <= SAME_TALK_MS);
            let rang = recording.start.ms() - answer.ms();
            let near =
                rang.abs() <= SAME_START_MS || leg.answer_assumed && same_talk && (0..=LONGEST_RING_MS).contains(&rang);
            near.then_some(rang.abs())
        };
        self.legs.iter().filter(own).filter_map(apart).min()
    }

    /// Whether the line may be a further part of this call, of an abonent of whom nothing told so far: milliseconds to
    /// the part that it belongs to.
    pub fn further(&self, line: &StatisticsLine) -> Option<i64> {
        let own = |leg: &&Leg| is_of(leg, &line.abonent, line.direction);
        if self.superseded_by.is_some() || self.legs.iter().any(|leg| own(&leg)) {
            return None;
        }
        let part = |leg: &Leg| {
            if leg.system {
                return of_queue(line, leg);
            }
            colleague(line, leg).or_else(|| next_in_turn(line, leg))
        };
        self.legs.iter().filter_map(part).min()
    }
}

/// The other end of a call between colleagues.
fn colleague(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    let peer = line.peer.as_deref()?;
    let (_, facts) = leg.party.as_ref()?;
    if !is_of(leg, peer, opposite(line.direction)) || login(facts.user_id.as_deref()?) != login(&line.abonent) {
        return None;
    }
    let rings_after = match line.direction {
        Direction::Incoming => line.start.ms() - leg.start?.ms(),
        Direction::Outgoing => leg.start?.ms() - line.start.ms(),
    };
    let talked = leg.answer.zip(leg.end).map_or(0, |(answer, end)| end.since(answer));
    let same_talk = (talked - line.duration_ms).abs() <= SAME_START_MS && (talked > 0) == (line.duration_ms > 0);
    // A call placed from the desk rings the caller's own phone first.
    (same_talk && (-SAME_START_MS..=PLACED_MS).contains(&rings_after)).then_some(rings_after.abs())
}

/// An agent who was rung while the caller waited in the queue, or at the end of that.
fn of_queue(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    let waited = line.start.ms() - leg.start?.ms();
    let called = leg.line.as_ref().and_then(|known| known.number.as_ref());
    // Only some of a queue's events tell its number; a caller who withheld his is told by the queue alone.
    let same_line = called.map_or(line.number.is_some(), |called| line.called.as_ref() == Some(called));
    let fits = line.direction == Direction::Incoming
        && !leg.is_outgoing()
        && line.by_line
        && same_line
        && is_caller(line, leg)
        && waited >= 0
        && leg.end.is_none_or(|end| line.start <= end.plus(TOGETHER_MS));
    fits.then_some(waited)
}

/// The leg's caller is the line's, or both withheld the number.
fn is_caller(line: &StatisticsLine, leg: &Leg) -> bool {
    let facts = leg.party.as_ref().map(|(_, facts)| facts);
    match &line.number {
        Some(number) => facts.and_then(|facts| facts.number().told()).as_ref() == Some(number),
        None => facts.is_some_and(PartyFacts::is_withheld),
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
    // The event that tells the line may be lost; nobody calls twice at the same moment.
    let may_be_same = line.by_line && known.is_none() && line.number.is_some();
    let together = (same_line || may_be_same) && later.abs() <= TOGETHER_MS;
    // Whoever was rung before the other has not answered, and a withheld number is nobody's in particular.
    let unanswered = if later >= 0 {
        !leg.answered
    } else {
        line.duration_ms == 0
    };
    let in_turn = same_line && unanswered && line.number.is_some() && later.abs() <= IN_TURN_MS;
    let passed_on = line.number.is_some()
        && if later >= 0 {
            leg.is_transferred() && line.start.ms() <= leg.end.unwrap_or(begun).ms() + PASSED_ON_MS
        } else {
            line.status == LineStatus::Redirected && -later <= PASSED_ON_MS + line.duration_ms
        };
    (together || in_turn || passed_on).then_some(later.abs())
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Incoming => Direction::Outgoing,
        Direction::Outgoing => Direction::Incoming,
    }
}

/// The same abonent may come with two domains (reference 1.2).
fn login(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

/// Each thing with its leg: the nearest pairs first, each leg once. `distance` of none: cannot be.
pub(super) fn assigned<T>(
    things: &[T],
    legs: &[Leg],
    distance: impl Fn(&T, &Leg) -> Option<i64>,
) -> Vec<Option<usize>> {
    let mut pairs = Vec::new();
    for (i, thing) in things.iter().enumerate() {
        for (j, leg) in legs.iter().enumerate() {
            pairs.extend(distance(thing, leg).map(|ms| (ms, i, j)));
        }
    }
    pairs.sort_unstable();
    let mut taken = vec![false; legs.len()];
    let mut of = vec![None; things.len()];
    for (_, i, j) in pairs {
        if of[i].is_none() && !taken[j] {
            of[i] = Some(j);
            taken[j] = true;
        }
    }
    of
}

pub(super) fn is_of(leg: &Leg, abonent: &str, direction: Direction) -> bool {
    !leg.system && leg.abonent.as_deref() == Some(abonent) && leg.is_outgoing() == (direction == Direction::Outgoing)
}

/// How far a line is from a leg that may be its own.
fn near(line: &StatisticsLine, leg: &Leg) -> Option<i64> {
    if !is_of(leg, &line.abonent, line.direction) {
        return None;
    }
    let begun = leg.start.filter(|start| !leg.witnessed || Some(*start) != leg.answer);
    let Some(start) = begun else {
        // Known by its recording only: the conversation is the same, and began within a ring's time.
        let talked = leg.answer.zip(leg.end).map(|(answer, end)| end.since(answer))?;
        let rang = leg.answer?.ms() - line.start.ms();
        let same = (talked - line.duration_ms).abs() <= SAME_TALK_MS
            && (-SAME_START_MS..=LONGEST_RING_MS).contains(&rang)
            && has_party(leg, line);
        // An equally long conversation with the same party outweighs a leg that only begins at the same time.
        let is_equal = (talked - line.duration_ms).abs() < SAME_LENGTH_MS;
        return same.then_some(if is_equal { rang.abs() / RING_WEIGHT } else { rang.abs() });
    };
    let apart = (start.ms() - line.start.ms()).abs();
    if has_party(leg, line) {
        let near = apart <= SAME_START_MS || own_phone_rang(line, leg, start);
        near.then_some(apart)
    } else {
        let talked = leg.answer.zip(leg.end).map(|(answer, end)| end.since(answer));
        let may_be = talked.is_none_or(|talked| (talked - line.duration_ms).abs() <= SAME_TALK_MS);
        (may_be && apart <= OTHER_PARTY_MS).then_some(SAME_START_MS + apart)
    }
}

/// The line is of the same outgoing conversation, or of the same vain attempt, and begins before the leg that events told.
fn own_phone_rang(line: &StatisticsLine, leg: &Leg, start: Time) -> bool {
    let talked = leg.answer.zip(leg.end).map(|(answer, end)| end.since(answer));
    // The answer of a leg whose end nobody told may be lost as well.
    let answered = leg.answered || !leg.is_over() && line.duration_ms > 0;
    let same = talked.map_or(
        answered == (line.duration_ms > 0) && leg.end.is_none_or(|end| line.end() <= end),
        |talked| (talked - line.duration_ms).abs() <= SAME_TALK_MS,
    );
    same && leg.is_outgoing() && (0..=OWN_PHONE_MS).contains(&(start.ms() - line.start.ms()))
}

/// The leg's other side is the line's, as far as both are known.
pub(super) fn has_party(leg: &Leg, line: &StatisticsLine) -> bool {
    let Some((weight, facts)) = leg.party.as_ref().filter(|(weight, _)| *weight >= 2) else {
        return true;
    };
    if line.peer.is_some() && facts.user_id == line.peer {
        return true;
    }
    match (&line.number, facts.number().told()) {
        (Some(told), Some(known)) => *told == known,
        // A withheld number is withheld in the statistics too.
        (Some(_), None) => *weight < 3 || !facts.is_withheld(),
        (None, _) => true,
    }
}
