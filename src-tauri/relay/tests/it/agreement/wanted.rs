//! What the journal shows of an abonent's part in a call, for each outcome in the truth: if events reported it, and if only
//! the PBX's lists did, which contain less (reference 1.9, 1.10):
//!
//! | truth | by events | by lists alone |
//! |---|---|---|
//! | answered | `ended`, with the talk's length | the same |
//! | transferred | `transferred`, with the length of the abonent's own talk | `ended`, with the same length |
//! | answered by a colleague | `answered_by`, with the name | nothing: there is no line of it |
//! | missed | `missed` | the same |
//! | rejected, unreachable; a colleague then took the call | `answered_by`: no call back is needed | the same |
//! | rejected; nobody took it | `rejected` | `missed`: the line does not tell more |
//! | unreachable; nobody took it | `unreachable` | `missed` |
//! | forwarded to a colleague, who took it | `answered_by`, with the name | the same; `transferred`, without a name, if the number was withheld |
//! | outgoing, cancelled | `cancelled` | `no_answer`: the line has no duration, and no reason |
//! | outgoing, busy | `rejected` | `no_answer` |
//! | click-to-call: the abonent did not answer their own phone, or refused | `cancelled` | `no_answer` |
//! | click-to-call: the abonent hung up before the other side answered | `cancelled` | `no_answer` |
//!
//! Lists do not tell when a conversation began (only a recording does) nor when a call without one ended, so the end by
//! lists alone is the start plus the talk's length. A consultation (asking a colleague before a transfer) is a call of
//! its own by events, and has no line. If the event is lost that moves the colleague from it to the client, the colleague
//! stays in it: their line then belongs to the consultation, and for the company the call was `transferred` to an unknown
//! abonent. `lists.rs` describes which lines are one call for the company.

use crate::agreement::lists::tied;
use perezvon_sim::{Direction, Outcome, Part, Truth};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The recordings that exist.
pub(crate) struct Recorded {
    /// How the journal tells of one.
    pub(crate) state: &'static str,
    /// Ids by session and abonent.
    pub(crate) ids: BTreeMap<(String, String), String>,
}

impl Recorded {
    /// State and id of the oldest recording of these parts.
    fn of<'a>(&self, parts: impl Iterator<Item = &'a Part>) -> (String, Option<String>) {
        let recorded: Vec<&Part> = parts.filter(|part| part.recorded).collect();
        let state = if recorded.is_empty() { "none" } else { self.state };
        let id = |part: &&Part| self.ids.get(&(part.tracking_id.clone(), part.abonent.clone())).cloned();
        let ids = recorded.iter().filter_map(id).filter(|_| state == "ready");
        (state.to_owned(), ids.min())
    }
}

/// A line of the journal, reduced to what is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) tracking: String,
    pub(crate) outgoing: bool,
    pub(crate) outcome: String,
    pub(crate) uncertain: bool,
    pub(crate) party: Option<String>,
    pub(crate) answered_by: Option<String>,
    pub(crate) start: Option<i64>,
    pub(crate) end: Option<i64>,
    pub(crate) talk_ms: Option<i64>,
    /// State and id.
    pub(crate) recording: (String, Option<String>),
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn time(value: &Value) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(value.as_str()?);
    Some(time.expect("a time").timestamp_millis())
}

impl Line {
    /// What a snapshot shows.
    pub(crate) fn told(call: &Value) -> Self {
        let hidden = call["party"]["hidden"] == true;
        Self {
            tracking: text(&call["trackingId"]).unwrap_or_default(),
            outgoing: call["direction"] == "outgoing",
            outcome: text(&call["outcome"]).unwrap_or_default(),
            uncertain: call["uncertain"] == true,
            party: text(&call["party"]["number"]).filter(|_| !hidden),
            answered_by: text(&call["answeredBy"]["abonent"]),
            start: time(&call["startedAt"]),
            end: time(&call["endedAt"]),
            talk_ms: call["talkMs"].as_i64(),
            recording: (
                text(&call["recording"]["state"]).unwrap_or_default(),
                text(&call["recording"]["id"]),
            ),
        }
    }

    /// What it must show of a call for one of its abonents.
    pub(crate) fn of_part(call: &Truth, part: &Part, recorded: &Recorded) -> Self {
        let talked = matches!(part.outcome, Outcome::Answered | Outcome::Transferred);
        let outcome = outcome(call, part);
        let answerer = match outcome {
            "answered_by" => call.answered_by.clone(),
            _ if talked && !part.outgoing => Some(part.abonent.clone()),
            _ => None,
        };
        Self {
            tracking: call.tracking_id.clone(),
            outgoing: part.outgoing,
            outcome: outcome.to_owned(),
            uncertain: false,
            party: if part.outgoing {
                part.to.clone()
            } else {
                part.from.clone()
            },
            answered_by: answerer,
            start: Some(part.start),
            end: Some(part.release),
            talk_ms: part.answer.filter(|_| talked).map(|answer| part.release - answer),
            recording: recorded.of(std::iter::once(part)),
        }
    }

    /// What it must show of a call for the whole company.
    pub(crate) fn of_company(call: &Truth, recorded: &Recorded) -> Self {
        // For the company the caller's side of an internal call counts: a colleague placed it.
        let outgoing = call.direction != Direction::Incoming;
        let parts = || call.parts.iter().filter(|p| p.outgoing == outgoing);
        let first = parts().filter(|p| p.answer.is_some()).min_by_key(|p| p.answer);
        let only = |allowed: &[Outcome]| parts().all(|p| allowed.contains(&p.outcome));
        let outcome = match first {
            // The abonent who talked last with the caller ended the call.
            Some(_) => "ended",
            None if outgoing => parts().next().map_or("", |p| outcome(call, p)),
            None if only(&[Outcome::Unreachable]) => "unreachable",
            None if only(&[Outcome::Unreachable, Outcome::Rejected]) => "rejected",
            None => "missed",
        };
        let one = first.or_else(|| parts().next());
        let party = one.and_then(|p| if outgoing { p.to.clone() } else { p.from.clone() });
        Self {
            tracking: call.tracking_id.clone(),
            outgoing,
            outcome: outcome.to_owned(),
            uncertain: false,
            party,
            answered_by: call.answered_by.clone().filter(|_| !outgoing),
            start: Some(call.start),
            end: Some(call.release),
            talk_ms: first.and_then(|p| Some(p.release - p.answer?)),
            recording: recorded.of(call.parts.iter()),
        }
    }
}

/// The line of a part in the lists; none if there is no line.
pub(crate) fn by_lists(call: &Truth, part: &Part, by_events: &Line) -> Option<Line> {
    if part.outcome == Outcome::AnsweredByColleague {
        return None;
    }
    let outcome = match by_events.outcome.as_str() {
        "ended" | "transferred" if by_events.talk_ms.is_some() => "ended",
        _ if part.outcome == Outcome::Forwarded && part.from.is_none() => "transferred",
        "answered_by" => "answered_by",
        _ if part.outgoing => "no_answer",
        _ => "missed",
    };
    let told = by_events.clone();
    let talked_until = told
        .talk_ms
        .map(|talk| if part.recorded { part.release } else { part.start + talk });
    Some(Line {
        outcome: outcome.to_owned(),
        end: talked_until,
        answered_by: match outcome {
            "answered_by" => call.answered_by.clone(),
            "transferred" => None,
            _ => told.answered_by,
        },
        ..told
    })
}

/// One view's line of a call, as expected.
pub(crate) struct Wanted<'a> {
    pub(crate) call: &'a Truth,
    /// None: events do not report it.
    pub(crate) by_events: Line,
    /// None: the lists do not report it.
    pub(crate) by_lists: Option<Line>,
    /// What may be shown if an event is lost that no list replaces.
    pub(crate) by_some: Option<Line>,
    /// Starts and ends that a call may have if some sources are lost.
    pub(crate) times: BTreeSet<Option<i64>>,
    /// Starts and ends that it may have by lists alone, see [`crate::agreement::lists::Crossed`].
    pub(crate) crossed: BTreeSet<Option<i64>>,
    /// The lists give the session.
    pub(crate) is_session: bool,
    /// The calls that it may be if the events that join them are lost: see [`crate::agreement::lists::of_company`].
    pub(crate) apart: Vec<Line>,
}

impl<'a> Wanted<'a> {
    /// For one abonent; none if they have no part in the call.
    pub(crate) fn of_abonent(call: &'a Truth, abonent: &str, recorded: &Recorded) -> Option<Self> {
        let part = call.parts.iter().find(|p| p.abonent == abonent)?;
        let by_events = Line::of_part(call, part, recorded);
        let by_lists = by_lists(call, part, &by_events);
        let times = BTreeSet::from([by_events.start, by_events.end]);
        // None: the event of the end was lost, and there is no line.
        let times = times
            .into_iter()
            .chain(by_lists.iter().map(|l| l.end))
            .chain([None])
            .collect();
        let tied = tied(call).into_iter().find(|tied| tied.has(abonent));
        Some(Self {
            call,
            by_events,
            by_lists,
            by_some: None,
            times,
            crossed: BTreeSet::new(),
            is_session: tied.is_some_and(|tied| tied.is_session),
            apart: Vec::new(),
        })
    }

    /// For the company.
    pub(crate) fn of_company(call: &'a Truth, recorded: &Recorded) -> Self {
        let by_events = Line::of_company(call, recorded);
        let lines: Vec<Line> = (call.parts.iter())
            .filter_map(|p| by_lists(call, p, &Line::of_part(call, p, recorded)))
            .collect();
        let outcome = match by_events.outcome.as_str() {
            "ended" => "ended",
            _ if by_events.outgoing => "no_answer",
            _ => "missed",
        };
        let by_lists = Line {
            outcome: outcome.to_owned(),
            start: lines.iter().filter_map(|l| l.start).min(),
            end: lines.iter().filter_map(|l| l.end).max(),
            ..by_events.clone()
        };
        let ends = call.parts.iter().flat_map(|p| [Some(p.start), Some(p.release)]);
        let times = ends.chain(lines.iter().map(|l| l.end)).chain([None]).collect();
        let consulted = (!call.linked.is_empty()).then(|| Line {
            outcome: "transferred".to_owned(),
            ..by_events.clone()
        });
        Self {
            call,
            by_events,
            by_lists: Some(by_lists),
            by_some: consulted,
            times,
            crossed: BTreeSet::new(),
            is_session: call.recorded,
            apart: Vec::new(),
        }
    }
}

/// The table above.
fn outcome(call: &Truth, part: &Part) -> &'static str {
    let colleague = call.answered_by.as_ref().is_some_and(|by| *by != part.abonent);
    match part.outcome {
        Outcome::Answered => "ended",
        Outcome::Transferred => "transferred",
        Outcome::AnsweredByColleague => "answered_by",
        Outcome::Missed => "missed",
        Outcome::Rejected | Outcome::Unreachable | Outcome::Forwarded if !part.outgoing && colleague => "answered_by",
        Outcome::Forwarded => "transferred",
        Outcome::Cancelled | Outcome::NoAnswer => "cancelled",
        Outcome::Rejected | Outcome::Unreachable if part.outgoing => "cancelled",
        Outcome::Busy | Outcome::Rejected => "rejected",
        Outcome::Unreachable => "unreachable",
    }
}
