//! What the PBX's lists alone can show of a call for the whole company: which of its lines they join.
//!
//! Only recordings give a session. Without one, lines are one call if they have the caller and the company's line in
//! common, or if a redirect or the two ends of a call between colleagues show it. Nothing in a line joins the two
//! conversations of a transfer (reference 1.10), so those are two calls, each with its own length, unless both were
//! recorded; nor is a redirected line without a number joined to the line of the colleague who got the call.

use crate::agreement::wanted::{Line, Recorded, Wanted, by_lists};
use perezvon_core::lists::tolerances;
use perezvon_sim::{Outcome, Part, Truth};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of one call that the lists join.
pub(crate) struct Tied<'a> {
    parts: Vec<&'a Part>,
    /// A recording gives the session.
    pub(crate) is_session: bool,
}

/// The parts that have a line, as the lists join them.
pub(crate) fn tied(call: &Truth) -> Vec<Tied<'_>> {
    let parts = || {
        let told = call.parts.iter();
        told.filter(|part| part.outcome != Outcome::AnsweredByColleague)
    };
    let is_loose = parts().any(|part| match part.outcome {
        Outcome::Transferred => true,
        Outcome::Forwarded => part.from.is_none(),
        _ => false,
    });
    let (together, alone): (Vec<&Part>, Vec<&Part>) = parts().partition(|part| !is_loose || part.recorded);
    let calls = std::iter::once(together).chain(alone.into_iter().map(|part| vec![part]));
    calls
        .filter(|parts| !parts.is_empty())
        .map(|parts| Tied {
            is_session: parts.iter().any(|part| part.recorded),
            parts,
        })
        .collect()
}

impl Tied<'_> {
    /// Whether the abonent's part is among them.
    pub(crate) fn has(&self, abonent: &str) -> bool {
        self.parts.iter().any(|part| part.abonent == abonent)
    }

    /// The call as the lists show it.
    fn call(&self, call: &Truth) -> Truth {
        let parts: Vec<Part> = self.parts.iter().map(|part| (*part).clone()).collect();
        let first = parts.iter().filter(|part| part.answer.is_some());
        Truth {
            answered_by: first.min_by_key(|part| part.answer).map(|part| part.abonent.clone()),
            start: parts.iter().map(|part| part.start).min().unwrap_or_default(),
            release: parts.iter().map(|part| part.release).max().unwrap_or_default(),
            recorded: self.is_session,
            parts,
            ..call.clone()
        }
    }
}

/// Conversations that the lists cannot distinguish. An abonent had two calls of one party, equally long, and the one
/// that rang later was answered earlier: a recording gives the session and the start of the conversation, a line the
/// start of ringing, and both the length. Nothing says which line belongs to which recording, so the calls may have
/// each other's lines. (With a real phone this happens only if a call waits while another is taken.)
#[derive(Default)]
pub(crate) struct Crossed {
    /// By session: the other call.
    other: BTreeMap<String, Truth>,
}

impl Crossed {
    pub(crate) fn of(truth: &[Truth]) -> Self {
        let mut of_party: BTreeMap<_, Vec<(&Truth, &Part, i64)>> = BTreeMap::new();
        for call in truth {
            for part in call.parts.iter().filter(|part| part.recorded) {
                let party = if part.outgoing { &part.to } else { &part.from };
                let known = of_party.entry((&part.abonent, part.outgoing, party)).or_default();
                known.extend(part.answer.map(|answer| (call, part, answer)));
            }
        }
        let mut crossed = Self::default();
        let equal_ms = tolerances::EQUAL_TALK_MS;
        for known in of_party.values() {
            for (a, first, answer) in known {
                for (b, second, sooner) in known {
                    let apart = (first.release - answer) - (second.release - sooner);
                    if first.start < second.start && sooner < answer && apart.abs() < equal_ms {
                        crossed.other.insert(a.tracking_id.clone(), (*b).clone());
                        crossed.other.insert(b.tracking_id.clone(), (*a).clone());
                    }
                }
            }
        }
        crossed
    }

    /// Starts and ends that a view of the call may have of the other one's lines.
    pub(crate) fn times(&self, call: &Truth, abonent: Option<&str>) -> BTreeSet<Option<i64>> {
        let Some(other) = self.other.get(&call.tracking_id) else {
            return BTreeSet::new();
        };
        let own = |part: &&Part| abonent.is_none_or(|id| part.abonent == id);
        let times = other.parts.iter().filter(own).flat_map(|part| {
            let talk = part.answer.map_or(0, |answer| part.release - answer);
            [Some(part.start), Some(part.start + talk)]
        });
        times.collect()
    }
}

/// What the journal shows the company if only lists reported the call: one call or several.
pub(crate) fn of_company<'a>(call: &'a Truth, recorded: &Recorded, crossed: &Crossed) -> Vec<Wanted<'a>> {
    let tied = tied(call).into_iter().map(|tied| {
        let told = tied.call(call);
        let whole = Line::of_company(&told, recorded);
        let lines: Vec<Line> = (told.parts.iter())
            .filter_map(|part| by_lists(&told, part, &Line::of_part(&told, part, recorded)))
            .collect();
        let outcome = match lines.as_slice() {
            _ if whole.outcome == "ended" => "ended",
            _ if whole.outgoing => "no_answer",
            [line] => &line.outcome,
            _ => "missed",
        };
        let line = Line {
            outcome: outcome.to_owned(),
            end: lines.iter().filter_map(|line| line.end).max(),
            ..whole.clone()
        };
        Wanted {
            call,
            by_events: whole,
            by_lists: Some(line),
            by_some: None,
            times: BTreeSet::new(),
            crossed: crossed.times(call, None),
            is_session: tied.is_session,
            apart: Vec::new(),
        }
    });
    tied.collect()
}

/// What the journal shows the company if some events came: one call, or those of the lists if no event joins them.
pub(crate) fn of_company_in_part<'a>(call: &'a Truth, recorded: &Recorded, crossed: &Crossed) -> Wanted<'a> {
    let apart = of_company(call, recorded, crossed);
    let apart = if apart.len() > 1 { apart } else { Vec::new() };
    Wanted {
        apart: apart.into_iter().filter_map(|wanted| wanted.by_lists).collect(),
        ..Wanted::of_company(call, recorded)
    }
}
