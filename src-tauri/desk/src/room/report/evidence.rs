//! What happened before and after a call with the same person: whether a missed call was called back and how soon, and
//! whether an answered one was the first attempt.

use super::facts::Fact;
use crate::who::Everyone;
use rustc_hash::{FxHashMap, FxHashSet};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Somebody talked with the person. Of two conversations of one moment the call back counts.
    #[default]
    TalkedOut,
    TalkedIn,
    /// A call of theirs began that was answered.
    Answered,
    Missed,
}

/// 16 bytes: there are more of them than calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    ms: i64,
    kind: Kind,
    /// To whom what is found is told; [`NOBODY`] of calls that are only evidence.
    of: u32,
}

const NOBODY: u32 = u32::MAX;

/// The calls that tell it.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    everyone: &'a Everyone,
    hidden: &'a FxHashSet<i64>,
    /// Of each caller that was met the place of its owner; none of one without a number.
    callers: FxHashMap<i64, Option<u32>>,
    /// The places of owners that are contacts.
    contacts: FxHashMap<usize, u32>,
    /// How many events each owner has.
    counts: Vec<u32>,
    /// The owner of each event.
    owners: Vec<u32>,
    events: Vec<Event>,
}

impl<'a> Evidence<'a> {
    /// `hidden`: the callers without a number, of whom nobody knows whether they are the same.
    pub(super) fn new(everyone: &'a Everyone, hidden: &'a FxHashSet<i64>) -> Self {
        Self {
            everyone,
            hidden,
            callers: FxHashMap::default(),
            contacts: FxHashMap::default(),
            counts: Vec::new(),
            owners: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A call; `of` is what it counts for, where it does.
    pub(super) fn add(&mut self, fact: &Fact, of: Option<u32>) {
        if !fact.marks.missed() && fact.talked_ms.is_none() {
            return;
        }
        let Some(owner) = self.owner(fact.caller) else { return };
        let of = of.unwrap_or(NOBODY);
        if fact.marks.missed() {
            self.push(owner, fact.started_ms, Kind::Missed, of);
        }
        if let Some(talked) = fact.talked_ms {
            let kind = if fact.marks.incoming() {
                Kind::TalkedIn
            } else {
                Kind::TalkedOut
            };
            self.push(owner, talked, kind, NOBODY);
            if fact.marks.incoming() && of != NOBODY {
                self.push(owner, fact.started_ms, Kind::Answered, of);
            }
        }
    }

    fn push(&mut self, owner: u32, ms: i64, kind: Kind, of: u32) {
        self.counts[owner as usize] += 1;
        self.owners.push(owner);
        self.events.push(Event { ms, kind, of });
    }

    /// The place of the caller, or of the person whose number it is.
    fn owner(&mut self, caller: i64) -> Option<u32> {
        if let Some(owner) = self.callers.get(&caller) {
            return *owner;
        }
        let next = self.counts.len() as u32;
        let owner = match self.everyone.owner(caller).contact {
            _ if self.hidden.contains(&caller) => None,
            Some(contact) => Some(*self.contacts.entry(contact).or_insert(next)),
            None => Some(next),
        };
        if owner == Some(next) {
            self.counts.push(0);
        }
        self.callers.insert(caller, owner);
        owner
    }

    /// Tells what is found of each call that counts.
    pub(super) fn tell(self, mut tell: impl FnMut(u32, Found)) {
        // Each owner's events get together by counting: a million are sorted in little pieces.
        let mut ends = self.counts;
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end - *count;
        }
        let mut events = vec![Event::default(); self.events.len()];
        for (owner, event) in self.owners.into_iter().zip(self.events) {
            let next = &mut ends[owner as usize];
            events[*next as usize] = event;
            *next += 1;
        }
        let mut from = 0;
        for end in ends {
            let one = &mut events[from..end as usize];
            one.sort_unstable();
            missed(one, &mut tell);
            answered(one, &mut tell);
            from = end as usize;
        }
    }
}

/// From the last event to the first, with the next conversation in mind.
fn missed(events: &[Event], tell: &mut impl FnMut(u32, Found)) {
    let mut next: Option<&Event> = None;
    for event in events.iter().rev() {
        match (event.kind, event.of) {
            (Kind::TalkedIn | Kind::TalkedOut, _) => next = Some(event),
            (Kind::Missed, of) if of != NOBODY => {
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
            (Kind::Answered, of) if in_vain.is_none_or(|ms| ms < event.ms - BEFORE_MS) => {
                tell(of, Found::First);
            }
            (Kind::Answered, _) => {}
        }
    }
}
