//! Which lines of the statistics are parts of one call, where nothing but the lists tells of it (reference 1.10).
//!
//! Lines belong to one call by: the same caller and called number of the company, while nobody has answered and the next
//! agent is rung soon after the one before; a redirected line and the abonent who got the call; both ends of a call
//! between colleagues; the session of their recordings, which are found by abonent, party and length. Lines belong to
//! different calls because an abonent is in a call only once, and because a conversation ends the ringing. Where two calls
//! of one caller overlap, the lists do not tell which is which; the order is kept then: the abonent who was rung first was
//! rung for the call that came first.

use super::tolerances;
use crate::call::{LineStatus, Recording, StatisticsLine};
use crate::pairs;
use crate::snapshot::Direction;
use std::collections::BTreeMap;

/// A line, and the index of the call that it is known to be of.
pub(super) struct Part<'a> {
    pub(super) line: &'a StatisticsLine,
    pub(super) call: Option<usize>,
}

impl Part<'_> {
    fn talked(&self) -> bool {
        self.line.duration_ms > 0
    }

    fn since(&self, other: &Self) -> i64 {
        self.line.start.ms() - other.line.start.ms()
    }
}

/// How unlikely it is that two belong together, then how far apart they begin.
type Cost = (i64, i64);

/// The lines as calls: the index of the call that has the recording of one of them, and the indices of the lines. Lines
/// and recordings are given in the order of their starts, the recordings with the indices of their calls.
pub(super) fn tied(mut lines: Vec<Part<'_>>, recordings: &[(usize, &Recording)]) -> Vec<(Option<usize>, Vec<usize>)> {
    find_recorded(&mut lines, recordings);
    let mut sets = Sets {
        of: (0..lines.len()).collect(),
        members: (0..lines.len()).map(|line| vec![line]).collect(),
        parts: lines,
    };
    sets.join_sessions();
    sets.join_queues();
    sets.join_forwards();
    sets.join_colleagues();
    let calls = sets.members.iter().filter(|members| !members.is_empty());
    calls
        .map(|members| (members.iter().find_map(|line| sets.parts[*line].call), members.clone()))
        .collect()
}

/// Whether the recording may be of the line's conversation, and how well it fits.
pub(super) fn recorded(line: &StatisticsLine, recording: &Recording) -> Option<Cost> {
    // The first edition of the statistics tells no number.
    let tells_none = line.number.is_none() && line.called.is_none();
    let apart = (line.duration_ms - recording.duration_ms).abs();
    let rang = recording.start.ms() - line.start.ms();
    let fits = line.abonent == recording.abonent
        && line.direction == recording.direction
        && (tells_none || line.number == recording.number)
        && line.duration_ms > 0
        && apart <= tolerances::TALK_MS
        && (-tolerances::START_MS..=tolerances::RING_MS).contains(&rang);
    fits.then_some((apart / tolerances::EQUAL_TALK_MS, rang.abs()))
}

/// Whether [`tied`] may make one call of the two.
pub(super) fn may_be_one(line: &StatisticsLine, other: &StatisticsLine) -> bool {
    let apart = (line.start.ms() - other.start.ms()).abs();
    let both_in = line.direction == Direction::Incoming && other.direction == Direction::Incoming;
    let further = if line.number.is_some() {
        tolerances::FURTHER_MS + line.duration_ms.max(other.duration_ms)
    } else {
        tolerances::IN_TURN_MS
    };
    let same_caller = both_in
        && line.number == other.number
        && (line.number.is_some() || line.called.is_some() && line.called == other.called)
        && apart <= further;
    let colleagues = line.direction != other.direction
        && line.peer.as_ref() == Some(&other.abonent)
        && other.peer.as_ref() == Some(&line.abonent)
        && apart <= tolerances::OUTGOING_START_MS;
    same_caller || colleagues
}

/// Finds the recordings of lines whose call is not known.
fn find_recorded(lines: &mut [Part<'_>], recordings: &[(usize, &Recording)]) {
    let mut of_abonent: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (i, part) in lines.iter().enumerate().filter(|(_, part)| part.call.is_none()) {
        of_abonent.entry(&part.line.abonent).or_default().0.push(i);
    }
    for (j, (_, recording)) in recordings.iter().enumerate() {
        if let Some(of) = of_abonent.get_mut(recording.abonent.as_str()) {
            of.1.push(j);
        }
    }
    let mut found = Vec::new();
    for (firsts, seconds) in of_abonent.values() {
        let cost = |i: usize, j: usize| recorded(lines[i].line, recordings[j].1);
        found.extend(matched(firsts, seconds, cost));
    }
    for (i, j) in found {
        lines[i].call = Some(recordings[j].0);
    }
}

struct Sets<'a> {
    /// In the order of their starts.
    parts: Vec<Part<'a>>,
    /// For each line the index of its set.
    of: Vec<usize>,
    /// For each set its lines, in order. The index of a set is that of its first line.
    members: Vec<Vec<usize>>,
}

impl<'a> Sets<'a> {
    /// Indices of the lines that have a key, by key.
    fn places<K: Ord>(&self, key: impl Fn(&'a StatisticsLine) -> Option<K>) -> BTreeMap<K, Vec<usize>> {
        let mut places: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (place, part) in self.parts.iter().enumerate() {
            if let Some(key) = key(part.line) {
                places.entry(key).or_default().push(place);
            }
        }
        places
    }

    /// The sets are not of two known calls, and no abonent is in both.
    fn may_join(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.of[a], self.of[b]);
        let members = |set: usize| self.members[set].iter().map(|place| &self.parts[*place]);
        let call = |set: usize| members(set).find_map(|part| part.call);
        let same_call = call(a).zip(call(b)).is_none_or(|(a, b)| a == b);
        let is_twice = |part: &Part<'_>| members(b).any(|other| other.line.abonent == part.line.abonent);
        a == b || same_call && !members(a).any(is_twice)
    }

    fn join(&mut self, a: usize, b: usize) {
        let (into, from) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        if into != from {
            let moved = std::mem::take(&mut self.members[from]);
            for place in &moved {
                self.of[*place] = into;
            }
            self.members[into].extend(moved);
            self.members[into].sort_unstable();
        }
    }

    fn join_sessions(&mut self) {
        let mut firsts = BTreeMap::new();
        for place in 0..self.parts.len() {
            if let Some(call) = self.parts[place].call {
                let first = *firsts.entry(call).or_insert(place);
                self.join(first, place);
            }
        }
    }

    /// Agents of one queue or members of one group: each line goes to the first call that may still ring.
    fn join_queues(&mut self) {
        let of_queue = self.places(|line| {
            let is_queued = line.direction == Direction::Incoming && line.by_line && line.called.is_some();
            is_queued.then_some((&line.number, &line.called))
        });
        for lines in of_queue.values() {
            let mut calls: Vec<Vec<usize>> = Vec::new();
            for &line in lines {
                let rings = |call: &&mut Vec<usize>| self.still_rings(call, line) && self.may_join(call[0], line);
                if let Some(call) = calls.iter_mut().find(rings) {
                    call.push(line);
                    let first = call[0];
                    self.join(first, line);
                } else {
                    calls.push(vec![line]);
                }
            }
        }
    }

    /// Whether the line's phone may have rung for the call of these lines of the same caller to the same number.
    fn still_rings(&self, call: &[usize], line: usize) -> bool {
        let line = &self.parts[line];
        let of = || call.iter().map(|&i| &self.parts[i]);
        let is_soon = of().any(|part| line.since(part) <= tolerances::IN_TURN_MS);
        // A phone that rang together with the one that was answered rang for the same call.
        let is_open = of()
            .filter(|part| part.talked())
            .all(|part| !line.talked() && line.since(part) <= tolerances::TOGETHER_MS);
        is_soon && is_open
    }

    /// A call that was redirected and the one who got it.
    fn join_forwards(&mut self) {
        let of_caller = self.places(|line| {
            (line.direction == Direction::Incoming)
                .then_some(line.number.as_ref())
                .flatten()
        });
        for lines in of_caller.values() {
            let is_redirected = |i: &usize| self.parts[*i].line.status == LineStatus::Redirected;
            let firsts: Vec<usize> = lines.iter().copied().filter(is_redirected).collect();
            let pairs = matched(&firsts, lines, |i, j| {
                let later = self.parts[j].since(&self.parts[i]);
                let longest = tolerances::PASSED_ON_MS + self.parts[i].line.duration_ms;
                let fits = i != j && (0..=longest).contains(&later) && self.may_join(i, j);
                // A phone forwards to another phone, hardly to a line of the company.
                let is_other_line = self.parts[j].line.by_line && !self.parts[i].line.by_line;
                fits.then_some((i64::from(is_other_line), later))
            });
            self.join_all(&pairs);
        }
    }

    /// Both ends of calls between colleagues.
    fn join_colleagues(&mut self) {
        let between = |line: &'a StatisticsLine| {
            let peer = line.peer.as_deref()?;
            Some(match line.direction {
                Direction::Outgoing => (line.abonent.as_str(), peer),
                Direction::Incoming => (peer, line.abonent.as_str()),
            })
        };
        for lines in self.places(between).values() {
            let is_outgoing = |i: &usize| self.parts[*i].line.direction == Direction::Outgoing;
            let (outs, ins): (Vec<usize>, Vec<usize>) = lines.iter().copied().partition(is_outgoing);
            let pairs = matched(&outs, &ins, |i, j| {
                let (out, into) = (&self.parts[i], &self.parts[j]);
                let rings_after = into.since(out);
                let apart = (out.line.duration_ms - into.line.duration_ms).abs();
                let (talked, other) = (out.line.duration_ms, into.line.duration_ms);
                let fits = tolerances::are_both_ends(talked, other, rings_after) && self.may_join(i, j);
                fits.then_some((apart / tolerances::EQUAL_TALK_MS, rings_after.abs()))
            });
            self.join_all(&pairs);
        }
    }

    fn join_all(&mut self, pairs: &[(usize, usize)]) {
        for &(a, b) in pairs {
            if self.may_join(a, b) {
                self.join(a, b);
            }
        }
    }
}

/// Pairs of a first and a second, by index: the likeliest pairs, each index once. Where two pairs cross in time and would
/// be as likely the other way round, they are taken in the order in which they began.
fn matched(firsts: &[usize], seconds: &[usize], cost: impl Fn(usize, usize) -> Option<Cost>) -> Vec<(usize, usize)> {
    let all = firsts.iter().flat_map(|&i| seconds.iter().map(move |&j| (i, j)));
    let mut pairs = pairs::cheapest(all.filter_map(|(i, j)| Some((cost(i, j)?, i, j))).collect());
    pairs.sort_unstable();
    let total = |a: (usize, usize), b: (usize, usize)| Some(cost(a.0, a.1)?.0 + cost(b.0, b.1)?.0);
    for n in 0..pairs.len() {
        for m in n + 1..pairs.len() {
            let ((i, j), (k, l)) = (pairs[n], pairs[m]);
            let is_as_likely = || total((i, l), (k, j)).is_some_and(|other| Some(other) <= total((i, j), (k, l)));
            if j > l && is_as_likely() {
                (pairs[n].1, pairs[m].1) = (l, j);
            }
        }
    }
    pairs
}
