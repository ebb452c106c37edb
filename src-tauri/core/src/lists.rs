//! Which call a line of the statistics or a recording is of (reference 1.9, 1.10). A line has no id of its call, so the call
//! is found by the line's abonent, its start, the caller, the called number, and the length of the conversation.
//!
//! [`arrange`] answers that for a whole neighbourhood at once, from facts alone: neither the order in which the PBX's
//! lists and events came nor earlier results matter. Its steps, none of which changes what an earlier one found:
//!
//! 1. A line or a recording that names its session is of that session's call.
//! 2. Recordings without a session, then lines: each to the nearest leg that events or recordings told ([`mod@legs`]).
//! 3. Lines that are further parts of a call of which events told: an agent of the same queue, a colleague at the other
//!    end, the abonent to whom the call was passed on. The nearest first; each added line may lead to another.
//! 4. The other lines among themselves, with the recordings of calls of which no event told ([`mod@parts`]).
//!
//! A line or a recording is compared with those of the same abonent, of the same caller and of the colleague at the other
//! end only. With `n` lines, legs and recordings, of which at most `b` share an abonent or a caller, an arrangement takes
//! at most `n * b` pairs of memory and `n * b * log n` steps, plus `b²` for ordering equal conversations of one abonent.

mod legs;
mod near;
mod parts;
pub mod tolerances;

pub use near::{By, Look, Thing};

use crate::Time;
use crate::call::{Call, CallKey, Leg, Recording, Request, StatisticsLine, completed};
use crate::pairs;
use std::collections::{BTreeMap, BTreeSet};

/// A call of which events told, or that we placed.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The call's key.
    pub key: &'a str,
    /// What events alone told.
    pub legs: &'a [Leg],
    /// Our request, where we placed the call.
    pub request: Option<&'a Request>,
    /// When the relay first heard of it, by its own clock.
    pub first_heard: Time,
}

impl<'a> Heard<'a> {
    /// None where only lists tell of the call, or where it turned out to be another one.
    pub fn of(call: &'a Call) -> Option<Self> {
        (call.is_heard() && call.superseded_by().is_none()).then(|| Self {
            key: call.key(),
            legs: call.heard_legs(),
            request: call.request(),
            first_heard: call.first_heard(),
        })
    }
}

/// The lines and recordings of one call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arranged {
    /// The text of the call's [`CallKey`]: its session, or the recording where that names none. None where only these
    /// lines tell of the call.
    pub key: Option<String>,
    /// Ids of its lines, the earliest first.
    pub lines: Vec<String>,
    /// Ids of its recordings.
    pub recordings: BTreeSet<String>,
}

/// Finds the call of each line and each recording; see the module. Each is in exactly one call. The answer also has the
/// heard calls without either.
pub fn arrange(heard: &[Heard<'_>], lines: &[StatisticsLine], recordings: &[Recording]) -> Vec<Arranged> {
    let mut all = Neighbourhood::of(heard, lines, recordings);
    all.match_recordings();
    all.match_lines();
    all.add_further();
    let alone = all.group_the_rest();
    all.arranged(&alone)
}

/// A call with a key.
struct KnownCall<'a> {
    key: String,
    heard: Option<Heard<'a>>,
    /// Indices of its lines.
    lines: Vec<usize>,
    recordings: Vec<&'a Recording>,
}

/// All that is arranged together, each kind in an order that does not depend on the order in which it was given.
struct Neighbourhood<'a> {
    /// By start and id.
    lines: Vec<&'a StatisticsLine>,
    /// For each line the index of its call.
    call_of: Vec<Option<usize>>,
    /// By key, then those of recordings without a session.
    calls: Vec<KnownCall<'a>>,
    /// Recordings without a session that have no call yet, by start and id.
    without_session: Vec<&'a Recording>,
}

impl<'a> Neighbourhood<'a> {
    fn of(heard: &[Heard<'a>], lines: &'a [StatisticsLine], recordings: &'a [Recording]) -> Self {
        let mut lines: Vec<&StatisticsLine> = lines.iter().collect();
        lines.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        lines.dedup_by(|a, b| a.id == b.id);
        let mut recordings: Vec<&Recording> = recordings.iter().collect();
        recordings.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        recordings.dedup_by(|a, b| a.id == b.id);
        let heard: BTreeMap<&str, Heard<'_>> = heard.iter().map(|call| (call.key, *call)).collect();
        let sessions = lines.iter().filter_map(|line| line.tracking_id.as_deref());
        let sessions = sessions.chain(recordings.iter().filter_map(|one| one.session.as_deref()));
        let keys: BTreeSet<&str> = sessions.chain(heard.keys().copied()).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let known = |key: &str| KnownCall {
            key: key.to_owned(),
            heard: heard.get(key).copied(),
            lines: Vec::new(),
            recordings: Vec::new(),
        };
        let mut all = Self {
            call_of: vec![None; lines.len()],
            calls: keys.iter().copied().map(known).collect(),
            without_session: Vec::new(),
            lines,
        };
        let place = |session: &Option<String>| keys.binary_search(&session.as_deref()?).ok();
        for recording in recordings {
            match place(&recording.session) {
                Some(call) => all.calls[call].recordings.push(recording),
                None => all.without_session.push(recording),
            }
        }
        for line in 0..all.lines.len() {
            if let Some(call) = place(&all.lines[line].tracking_id) {
                all.give(line, call);
            }
        }
        all
    }

    fn give(&mut self, line: usize, call: usize) {
        self.call_of[line] = Some(call);
        self.calls[call].lines.push(line);
    }

    /// Indices of the lines that have no call yet.
    fn free(&self) -> Vec<usize> {
        (0..self.lines.len())
            .filter(|line| self.call_of[*line].is_none())
            .collect()
    }

    /// Legs of the calls of which events told, as events and recordings tell them, and with `lines` as its lines do too;
    /// with the index of the call.
    fn legs(&self, lines: bool) -> Vec<(usize, Leg)> {
        let mut legs = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            if let Some(heard) = &call.heard {
                let own = call.lines.iter().filter(|_| lines).map(|line| self.lines[*line]);
                let told = completed(heard.legs, own, call.recordings.iter().copied());
                legs.extend(told.into_iter().map(|leg| (place, leg)));
            }
        }
        legs
    }

    /// Recordings without a session go to the conversation of which events told, or are calls of their own.
    fn match_recordings(&mut self) {
        let loose = std::mem::take(&mut self.without_session);
        if loose.is_empty() {
            return;
        }
        let legs = self.legs(false);
        let by_abonent = by_abonent(&legs);
        let mut pairs = Vec::new();
        for (i, recording) in loose.iter().enumerate() {
            let own = by_abonent.get(recording.abonent.as_str()).into_iter().flatten();
            for &j in own.filter(|j| legs[**j].1.recording.is_none()) {
                pairs.extend(legs::recorded(recording, &legs[j].1).map(|cost| (cost, i, j)));
            }
        }
        let leg_of: BTreeMap<usize, usize> = pairs::cheapest(pairs).into_iter().collect();
        for (i, recording) in loose.into_iter().enumerate() {
            let call = leg_of.get(&i).map_or(self.calls.len(), |leg| legs[*leg].0);
            if call == self.calls.len() {
                self.calls.push(KnownCall {
                    key: CallKey::Recording(&recording.id).to_string(),
                    heard: None,
                    lines: Vec::new(),
                    recordings: Vec::new(),
                });
            }
            self.calls[call].recordings.push(recording);
        }
    }

    /// Each line to the nearest leg of its abonent, and each leg to one line.
    fn match_lines(&mut self) {
        let legs = self.legs(false);
        let by_abonent = by_abonent(&legs);
        let mut requests: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, call) in self.calls.iter().enumerate() {
            if let Some(request) = call.heard.as_ref().and_then(|heard| heard.request)
                && !legs.iter().any(|(of, _)| *of == place)
            {
                requests.entry(&request.abonent).or_default().push(place);
            }
        }
        let mut pairs = Vec::new();
        for line in self.free() {
            let told = self.lines[line];
            for &j in by_abonent.get(told.abonent.as_str()).into_iter().flatten() {
                pairs.extend(legs::own(told, &legs[j].1).map(|cost| (cost, line, j)));
            }
            // A call that we placed and of which nothing else is known has one leg: its own.
            for &place in requests.get(told.abonent.as_str()).into_iter().flatten() {
                let heard = self.calls[place].heard.as_ref();
                let cost = heard.and_then(|heard| legs::requested(told, heard));
                pairs.extend(cost.map(|cost| (cost, line, legs.len() + place)));
            }
        }
        for (line, leg) in pairs::cheapest(pairs) {
            let call = legs.get(leg).map_or(leg.saturating_sub(legs.len()), |(call, _)| *call);
            self.give(line, call);
        }
    }

    /// Lines of abonents of whom the events of a call told nothing, the nearest to one of its legs first.
    fn add_further(&mut self) {
        let free = self.free();
        let mut legs = self.legs(true);
        let mut candidates: BTreeMap<legs::Tie, Vec<usize>> = BTreeMap::new();
        for &line in &free {
            for tie in legs::ties_of_line(self.lines[line]) {
                candidates.entry(tie).or_default().push(line);
            }
        }
        let mut taken: BTreeSet<(usize, String, bool)> = BTreeSet::new();
        let mut near: BTreeSet<(i64, usize, usize)> = BTreeSet::new();
        let mut next = 0;
        loop {
            for (call, leg) in &legs[next..] {
                if let Some(abonent) = leg.abonent.as_ref().filter(|_| !leg.system) {
                    taken.insert((*call, abonent.clone(), leg.is_outgoing()));
                }
                for tie in legs::ties_of_leg(leg) {
                    for &line in candidates.get(&tie).into_iter().flatten() {
                        near.extend(legs::further(self.lines[line], leg).map(|ms| (ms, line, *call)));
                    }
                }
            }
            next = legs.len();
            let Some((_, line, call)) = near.pop_first() else { break };
            let told = self.lines[line];
            let is_outgoing = told.direction == crate::Direction::Outgoing;
            // Two calls that one abonent had are never one.
            if self.call_of[line].is_none() && !taken.contains(&(call, told.abonent.clone(), is_outgoing)) {
                self.give(line, call);
                legs.extend(completed(&[], [told], []).into_iter().map(|leg| (call, leg)));
            }
        }
    }

    /// Groups the remaining lines into calls. Lines whose recordings name a session go there; the answer has the others.
    fn group_the_rest(&mut self) -> Vec<Vec<usize>> {
        let unheard = |call: &usize| self.calls[*call].heard.is_none();
        let rest: Vec<usize> = (0..self.lines.len())
            .filter(|line| self.call_of[*line].as_ref().is_none_or(unheard))
            .collect();
        let lines: Vec<parts::Part<'_>> = rest
            .iter()
            .map(|line| parts::Part {
                line: self.lines[*line],
                call: self.call_of[*line],
            })
            .collect();
        let mut recordings: Vec<(usize, &Recording)> = Vec::new();
        for place in (0..self.calls.len()).filter(unheard) {
            recordings.extend(self.calls[place].recordings.iter().map(|one| (place, *one)));
        }
        let mut alone = Vec::new();
        for (call, members) in parts::tied(lines, &recordings) {
            let members: Vec<usize> = members.into_iter().map(|i| rest[i]).collect();
            match call {
                Some(call) => {
                    for line in members {
                        if self.call_of[line].is_none() {
                            self.give(line, call);
                        }
                    }
                }
                None => alone.push(members),
            }
        }
        alone
    }

    fn arranged(self, alone: &[Vec<usize>]) -> Vec<Arranged> {
        let ids = |mut lines: Vec<usize>| -> Vec<String> {
            lines.sort_unstable();
            lines.into_iter().map(|line| self.lines[line].id.clone()).collect()
        };
        let known = self.calls.iter().map(|call| Arranged {
            key: Some(call.key.clone()),
            lines: ids(call.lines.clone()),
            recordings: call.recordings.iter().map(|one| one.id.clone()).collect(),
        });
        let alone = alone.iter().map(|lines| Arranged {
            key: None,
            lines: ids(lines.clone()),
            recordings: BTreeSet::new(),
        });
        let mut all: Vec<Arranged> = known.chain(alone).collect();
        all.sort();
        all
    }
}

/// Indices of the legs of each abonent.
fn by_abonent(legs: &[(usize, Leg)]) -> BTreeMap<&str, Vec<usize>> {
    let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (_, leg)) in legs.iter().enumerate() {
        if let Some(abonent) = leg.abonent.as_deref().filter(|_| !leg.system) {
            of.entry(abonent).or_default().push(place);
        }
    }
    of
}
