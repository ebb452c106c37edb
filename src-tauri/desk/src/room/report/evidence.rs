//! What happened before and after a call with the same person: whether a missed call was called back and how soon, and
//! whether an answered one was the first attempt.

use super::facts::Fact;
use super::grouped::Grouped;
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

/// The calls that tell it, as they come.
#[derive(Debug)]
pub(super) struct Evidence<'a> {
    hidden: &'a FxHashSet<i64>,
    /// The place of each caller that was met; none of one without a number.
    places: FxHashMap<i64, Option<u32>>,
    /// By place.
    callers: Vec<i64>,
    /// The caller's place of each event.
    of: Vec<u32>,
    events: Vec<Event>,
}

impl<'a> Evidence<'a> {
    /// `hidden`: the callers without a number, of whom nobody knows whether they are the same.
    pub(super) fn new(hidden: &'a FxHashSet<i64>) -> Self {
        Self {
            hidden,
            places: FxHashMap::default(),
            callers: Vec::new(),
            of: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A call; `of` is what it counts for, where it does.
    pub(super) fn add(&mut self, fact: &Fact, of: Option<u32>) {
        if !fact.marks.missed() && fact.talked_ms.is_none() {
            return;
        }
        let Some(place) = self.place(fact.caller) else { return };
        let of = of.unwrap_or(NOBODY);
        if fact.marks.missed() {
            self.push(place, fact.started_ms, Kind::Missed, of);
        }
        if let Some(talked) = fact.talked_ms {
            let kind = if fact.marks.incoming() {
                Kind::TalkedIn
            } else {
                Kind::TalkedOut
            };
            self.push(place, talked, kind, NOBODY);
            if fact.marks.incoming() && of != NOBODY {
                self.push(place, fact.started_ms, Kind::Answered, of);
            }
        }
    }

    fn push(&mut self, place: u32, ms: i64, kind: Kind, of: u32) {
        self.of.push(place);
        self.events.push(Event { ms, kind, of });
    }

    fn place(&mut self, caller: i64) -> Option<u32> {
        if let Some(place) = self.places.get(&caller) {
            return *place;
        }
        let place = (!self.hidden.contains(&caller)).then_some(self.callers.len() as u32);
        if place.is_some() {
            self.callers.push(caller);
        }
        self.places.insert(caller, place);
        place
    }

    /// Each caller's events together, in their order: a million are sorted in little pieces.
    pub(super) fn arranged(self) -> Arranged {
        let placed = self.of.iter().copied().zip(self.events.iter().copied());
        let mut events = Grouped::of(self.callers.len(), placed);
        for at in 0..self.callers.len() {
            events.of_groups_mut(at..at + 1).sort_unstable();
        }
        Arranged {
            callers: self.callers,
            events,
        }
    }
}

/// The same, in order.
#[derive(Debug)]
pub(super) struct Arranged {
    /// By place.
    callers: Vec<i64>,
    /// By the caller's place.
    events: Grouped<Event>,
}

impl Arranged {
    fn of(&self, at: usize) -> &[Event] {
        self.events.of_groups(at..at + 1)
    }

    /// Tells what is found of each call that counts. What a person did from one number counts for all of them.
    pub(super) fn tell(&self, everyone: &Everyone, mut tell: impl FnMut(u32, Found)) {
        let mut one = |events: &[Event]| {
            missed(events, &mut tell);
            answered(events, &mut tell);
        };
        let mut persons: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
        for (at, caller) in self.callers.iter().enumerate() {
            match everyone.owner(*caller).contact {
                Some(contact) => persons.entry(contact).or_default().push(at),
                None => one(self.of(at)),
            }
        }
        for numbers in persons.into_values() {
            if let [at] = numbers[..] {
                one(self.of(at));
                continue;
            }
            let of = numbers.into_iter().map(|at| self.of(at));
            let mut events = of.collect::<Vec<_>>().concat();
            events.sort_unstable();
            one(&events);
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
