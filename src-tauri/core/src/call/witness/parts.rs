//! Which lines of the statistics are parts of one call, where nothing but the lists tells of it (reference 1.10: they
//! have no id).
//!
//! What ties lines: the caller and the company's number that he called, while nobody has answered and the next agent is
//! rung soon after the one before; a redirected line and the one who got the call then; both ends of a call between
//! colleagues; the session of recordings, which are told by abonent, party and length. What parts them: one abonent is in one call once, and one conversation ends the
//! ringing. Where two calls of one caller overlap, the lists say no more; order is kept then: who was rung first was rung
//! for the call that came first.

use super::{LineStatus, Recording, StatisticsLine, fit};
use crate::snapshot::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// Lines of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The key of the call that has the recording of one of them.
    pub recorded: Option<String>,
    /// Their places among all lines, the earliest first.
    pub lines: Vec<usize>,
}

/// A line, and the key of the call that has the recording of its conversation.
struct Part<'a> {
    line: &'a StatisticsLine,
    recorded: Option<&'a str>,
}

impl Part<'_> {
    fn talked(&self) -> bool {
        self.line.duration_ms > 0
    }

    fn since(&self, other: &Self) -> i64 {
        self.line.start.ms() - other.line.start.ms()
    }
}

/// Lines of one caller as calls, the earliest first. `recordings` are those of the same abonents, with the keys of their
/// calls. The order in which either are given does not matter.
pub fn calls_of(lines: &[StatisticsLine], recordings: &[(String, Recording)]) -> Vec<Parts> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|&i| (lines[i].start, &lines[i].id));
    let lines: Vec<&StatisticsLine> = order.iter().map(|&i| &lines[i]).collect();
    let recorded = recorded(&lines, recordings);
    let mut sets = Sets {
        of: (0..lines.len()).collect(),
        parts: lines
            .into_iter()
            .zip(recorded)
            .map(|(line, recorded)| Part { line, recorded })
            .collect(),
    };
    sets.join_sessions();
    sets.join_queues();
    sets.join_forwards();
    sets.join_colleagues();
    let mut calls: BTreeMap<usize, Parts> = BTreeMap::new();
    for ((i, of), part) in order.into_iter().zip(&sets.of).zip(&sets.parts) {
        let call = calls.entry(*of).or_insert(Parts {
            recorded: None,
            lines: Vec::new(),
        });
        call.lines.push(i);
        call.recorded = call.recorded.take().or_else(|| part.recorded.map(str::to_owned));
    }
    calls.into_values().collect()
}

/// For each line the key of the call that has the recording of its conversation.
fn recorded<'a>(lines: &[&StatisticsLine], recordings: &'a [(String, Recording)]) -> Vec<Option<&'a str>> {
    let mut known: Vec<&(String, Recording)> = recordings.iter().collect();
    known.sort_by_key(|(_, recording)| (recording.start, &recording.id));
    let mut found = vec![None; lines.len()];
    let (firsts, seconds): (Vec<usize>, Vec<usize>) = ((0..lines.len()).collect(), (0..known.len()).collect());
    let pairs = matched(&firsts, &seconds, |i, j| {
        let (line, recording) = (lines[i], &known[j].1);
        // The first edition of the statistics tells no number.
        let tells_none = line.number.is_none() && line.called.is_none();
        let apart = (line.duration_ms - recording.duration_ms).abs();
        let rang = recording.start.ms() - line.start.ms();
        let fits = line.abonent == recording.abonent
            && line.direction == recording.direction
            && (tells_none || line.number == recording.number)
            && line.duration_ms > 0
            && apart <= fit::SAME_TALK_MS
            && (-fit::SAME_START_MS..=fit::LONGEST_RING_MS).contains(&rang);
        fits.then_some((apart / fit::SAME_LENGTH_MS, rang.abs()))
    });
    for (i, j) in pairs {
        found[i] = Some(known[j].0.as_str());
    }
    found
}

struct Sets<'a> {
    /// In the order of their starts.
    parts: Vec<Part<'a>>,
    /// For each line its set, by the place of the set's first line.
    of: Vec<usize>,
}

impl Sets<'_> {
    fn members(&self, set: usize) -> impl Iterator<Item = &Part<'_>> {
        let parts = self.parts.iter().zip(&self.of);
        parts.filter(move |(_, of)| **of == set).map(|(part, _)| part)
    }

    /// Places of the lines for which `wanted` holds.
    fn places(&self, wanted: impl Fn(&StatisticsLine) -> bool) -> Vec<usize> {
        let lines = self.parts.iter().enumerate();
        lines.filter(|(_, part)| wanted(part.line)).map(|(i, _)| i).collect()
    }

    /// Neither another session nor the same abonent is in both.
    fn may_join(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.of[a], self.of[b]);
        let session = |set| self.members(set).find_map(|part| part.recorded);
        let others = session(a).zip(session(b)).is_none_or(|(a, b)| a == b);
        let twice = |part: &Part<'_>| self.members(b).any(|other| other.line.abonent == part.line.abonent);
        a == b || others && !self.members(a).any(twice)
    }

    fn join(&mut self, a: usize, b: usize) {
        let (into, from) = (self.of[a].min(self.of[b]), self.of[a].max(self.of[b]));
        for of in self.of.iter_mut().filter(|of| **of == from) {
            *of = into;
        }
    }

    fn join_sessions(&mut self) {
        for i in 0..self.parts.len() {
            let key = self.parts[i].recorded;
            let same = |j: &usize| key.is_some() && self.parts[*j].recorded == key;
            if let Some(first) = (0..i).find(same) {
                self.join(first, i);
            }
        }
    }

    /// Agents of one queue or members of one group: each line goes to the first call that may still ring.
    fn join_queues(&mut self) {
        let mut calls: Vec<Vec<usize>> = Vec::new();
        for i in self.places(|line| line.direction == Direction::Incoming && line.by_line && line.called.is_some()) {
            let rings = |call: &&mut Vec<usize>| still_rings(&self.parts, call, i) && self.may_join(call[0], i);
            match calls.iter_mut().find(rings) {
                Some(call) => {
                    call.push(i);
                    let first = call[0];
                    self.join(first, i);
                }
                None => calls.push(vec![i]),
            }
        }
    }

    /// A call that was redirected and the one who got it.
    fn join_forwards(&mut self) {
        let incoming = self.places(|line| line.direction == Direction::Incoming && line.number.is_some());
        let redirected = |i: &usize| self.parts[*i].line.status == LineStatus::Redirected;
        let firsts: Vec<usize> = incoming.iter().copied().filter(redirected).collect();
        let pairs = matched(&firsts, &incoming, |i, j| {
            let (first, next) = (&self.parts[i], &self.parts[j]);
            let later = next.since(first);
            let fits = next.line.number == first.line.number
                && (0..=fit::PASSED_ON_MS + first.line.duration_ms).contains(&later)
                && self.may_join(i, j);
            (fits && i != j).then_some((0, later))
        });
        self.join_all(&pairs);
    }

    /// Both ends of calls between colleagues.
    fn join_colleagues(&mut self) {
        let outgoing = self.places(|line| line.direction == Direction::Outgoing && line.peer.is_some());
        let called: BTreeSet<_> = outgoing.iter().map(|&i| self.parts[i].line.peer.clone()).collect();
        for peer in called {
            let outs = self.places(|line| line.direction == Direction::Outgoing && line.peer == peer);
            let ins = self.places(|line| line.direction == Direction::Incoming && Some(&line.abonent) == peer.as_ref());
            let pairs = matched(&outs, &ins, |i, j| {
                let (out, into) = (&self.parts[i], &self.parts[j]);
                let rings_after = into.since(out);
                let apart = (out.line.duration_ms - into.line.duration_ms).abs();
                let fits = into.line.peer.as_ref() == Some(&out.line.abonent)
                    && out.talked() == into.talked()
                    && apart <= fit::SAME_START_MS
                    && (-fit::SAME_START_MS..=fit::PLACED_MS).contains(&rings_after)
                    && self.may_join(i, j);
                fits.then_some((apart / fit::SAME_LENGTH_MS, rings_after.abs()))
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

/// Whether the line's phone may have rung for the call of these lines.
fn still_rings(parts: &[Part<'_>], call: &[usize], line: usize) -> bool {
    let line = &parts[line];
    let of = || call.iter().map(|&i| &parts[i]);
    let same_caller = of().all(|part| part.line.number == line.line.number && part.line.called == line.line.called);
    let soon = of().any(|part| line.since(part) <= fit::IN_TURN_MS);
    // Whoever rang together with the one who answered was rung for the same call.
    let open = of()
        .filter(|part| part.talked())
        .all(|part| !line.talked() && line.since(part) <= fit::TOGETHER_MS);
    same_caller && soon && open
}

/// Firsts with their seconds, both by place: the likeliest pairs, each once; and where that crosses two pairs that would
/// be as likely the other way, in the order in which they began. The cost is how unlikely a pair is, then how far apart
/// it begins.
fn matched(
    firsts: &[usize],
    seconds: &[usize],
    cost: impl Fn(usize, usize) -> Option<(i64, i64)>,
) -> Vec<(usize, usize)> {
    let mut all: Vec<_> = firsts
        .iter()
        .flat_map(|&i| seconds.iter().map(move |&j| (i, j)))
        .filter_map(|(i, j)| Some((cost(i, j)?, i, j)))
        .collect();
    all.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, i, j) in all {
        if pairs.iter().all(|(a, b)| *a != i && *b != j) {
            pairs.push((i, j));
        }
    }
    pairs.sort_unstable();
    // Each exchange makes fewer pairs cross.
    while let Some((n, m)) = crossing(&pairs, &cost) {
        (pairs[n].1, pairs[m].1) = (pairs[m].1, pairs[n].1);
    }
    pairs
}

/// Two pairs that cross and would be as likely the other way.
fn crossing(pairs: &[(usize, usize)], cost: impl Fn(usize, usize) -> Option<(i64, i64)>) -> Option<(usize, usize)> {
    let total = |a: (usize, usize), b: (usize, usize)| Some(cost(a.0, a.1)?.0 + cost(b.0, b.1)?.0);
    let all = (0..pairs.len()).flat_map(|n| (n + 1..pairs.len()).map(move |m| (n, m)));
    all.into_iter().find(|&(n, m)| {
        let ((i, j), (k, l)) = (pairs[n], pairs[m]);
        let is_as_likely = || total((i, l), (k, j)).is_some_and(|other| Some(other) <= total((i, j), (k, l)));
        j > l && is_as_likely()
    })
}

/// The lines that may be parts of one call with `line`, which is one of them: between two of them there is no pause longer
/// than any that a call can have.
pub fn lines_around(mut lines: Vec<StatisticsLine>, line: &StatisticsLine) -> Vec<StatisticsLine> {
    lines.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
    let mut stretches = lines.chunk_by(|a, b| b.start.since(a.start) <= LONGEST_PAUSE_MS);
    let around = stretches.find(|stretch| stretch.iter().any(|known| known.id == line.id));
    around.map(<[_]>::to_vec).unwrap_or_default()
}

/// Longer than [`fit::PASSED_ON_MS`] and all others.
const LONGEST_PAUSE_MS: i64 = 2 * fit::PASSED_ON_MS;
