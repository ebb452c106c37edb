//! What happened before and after a call with the same person: whether a missed call was called back and how soon, and
//! whether an answered one was the first attempt.

use super::facts::Fact;
use crate::who::Everyone;
use std::collections::HashSet;

/// What an answered call is held against reaches so far back.
pub(super) const BEFORE_MS: i64 = 24 * 3_600_000;
/// A conversation later than this answers no missed call: the figures of a closed month do not change for ever.
pub(super) const AFTER_MS: i64 = 7 * 24 * 3_600_000;
/// Called back soon.
const SOON_MS: i64 = 20 * 60_000;

/// What was found of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Answered, and the person had not called in vain before.
    First,
    /// Missed, from a number; called back after these seconds.
    Missed { back_s: Option<u32>, soon: bool },
}

/// In the order in which events of one moment count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Somebody talked with the person. Of two conversations of one moment the call back counts.
    TalkedOut,
    TalkedIn,
    /// A call of theirs began that was answered.
    Answered,
    Missed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    owner: i64,
    ms: i64,
    kind: Kind,
    /// To whom what is found is told; none of calls that are only evidence.
    of: Option<u32>,
}

/// The calls that tell it.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    everyone: &'a Everyone,
    hidden: HashSet<i64>,
    events: Vec<Event>,
}

impl<'a> Evidence<'a> {
    /// `hidden`: the callers without a number, of whom nobody knows whether they are the same.
    pub(super) fn new(everyone: &'a Everyone, hidden: HashSet<i64>) -> Self {
        Self {
            everyone,
            hidden,
            events: Vec::new(),
        }
    }

    /// A call; `of` is what it counts for, where it does.
    pub(super) fn add(&mut self, fact: &Fact, of: Option<u32>) {
        if !fact.missed && fact.talked_ms.is_none() || self.hidden.contains(&fact.caller) {
            return;
        }
        let owner = match self.everyone.owner(fact.caller).contact {
            // A person and a caller have no number in common.
            Some(contact) => -1 - contact as i64,
            None => fact.caller,
        };
        let mut push = |ms, kind, of| self.events.push(Event { owner, ms, kind, of });
        if fact.missed {
            push(fact.started_ms, Kind::Missed, of);
        }
        if let Some(talked) = fact.talked_ms {
            let kind = if fact.incoming { Kind::TalkedIn } else { Kind::TalkedOut };
            push(talked, kind, None);
            if fact.incoming && of.is_some() {
                push(fact.started_ms, Kind::Answered, of);
            }
        }
    }

    /// Tells what is found of each call that counts.
    pub(super) fn tell(mut self, mut tell: impl FnMut(u32, Found)) {
        self.events.sort_unstable();
        for one in self.events.chunk_by(|a, b| a.owner == b.owner) {
            missed(one, &mut tell);
            answered(one, &mut tell);
        }
    }
}

/// From the last event to the first, with the next conversation in mind.
fn missed(events: &[Event], tell: &mut impl FnMut(u32, Found)) {
    let mut next: Option<&Event> = None;
    for event in events.iter().rev() {
        match (event.kind, event.of) {
            (Kind::TalkedIn | Kind::TalkedOut, _) => next = Some(event),
            (Kind::Missed, Some(of)) => {
                let back = next
                    .filter(|talk| talk.kind == Kind::TalkedOut)
                    .map(|talk| talk.ms - event.ms)
                    .filter(|ms| *ms <= AFTER_MS);
                tell(
                    of,
                    Found::Missed {
                        back_s: back.map(super::facts::seconds),
                        soon: back.is_some_and(|ms| ms <= SOON_MS),
                    },
                );
            }
            _ => {}
        }
    }
}

/// From the first event to the last, with the newest call in vain in mind.
fn answered(events: &[Event], tell: &mut impl FnMut(u32, Found)) {
    let mut in_vain: Option<i64> = None;
    for event in events {
        match (event.kind, event.of) {
            (Kind::TalkedIn | Kind::TalkedOut, _) => in_vain = None,
            (Kind::Missed, _) => in_vain = Some(event.ms),
            (Kind::Answered, Some(of)) if in_vain.is_none_or(|ms| ms < event.ms - BEFORE_MS) => {
                tell(of, Found::First);
            }
            (Kind::Answered, _) => {}
        }
    }
}
