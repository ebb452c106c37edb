//! The simulator's truth against the relay's journal, call by call and abonent by abonent.
//!
//! What the journal says of an abonent's part in a call, for each word of the truth, where events told of it, and where
//! nothing but the PBX's lists did, which know less (reference 1.9, 1.10):
//!
//! | truth | by events | by lists alone |
//! |---|---|---|
//! | answered | `ended`, with the talk's length | the same |
//! | transferred | `transferred`, with the length of the abonent's own talk | `ended`, with the same length |
//! | answered by a colleague | `answered_by`, naming him | nothing: there is no line of it |
//! | missed | `missed` | the same |
//! | rejected, unreachable; a colleague then took the call | `answered_by`: nobody has to call back | the same |
//! | rejected; nobody took it | `rejected` | `missed`: the line says no more |
//! | unreachable; nobody took it | `unreachable` | `missed` |
//! | forwarded to a colleague, who took it | `answered_by`, naming him | the same |
//! | outgoing, cancelled | `cancelled` | `no_answer`: the line has no duration, and no reason |
//! | outgoing, busy | `rejected` | `no_answer` |
//! | click-to-call: the abonent did not pick up, or refused, his own phone | `cancelled` | `no_answer` |
//! | click-to-call: the abonent hung up before the other side answered | `cancelled` | `no_answer` |
//!
//! Lists do not tell when a conversation began (only a recording does) nor when a call without one ended, so the end by
//! lists alone is the start and the talk's length. A consultation (asking a colleague before a transfer) is a call of
//! its own by events, and has no line.

use perezvon_sim::{Direction, Outcome, Part, Truth};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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
    pub(crate) recording: String,
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn time(value: &Value) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(value.as_str()?);
    Some(time.expect("a time").timestamp_millis())
}

impl Line {
    /// What a snapshot says.
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
            recording: text(&call["recording"]["state"]).unwrap_or_default(),
        }
    }

    /// What it must say of a call for one of its abonents.
    pub(crate) fn of_part(call: &Truth, part: &Part, recorded: &str) -> Self {
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
            recording: if part.recorded { recorded } else { "none" }.to_owned(),
        }
    }

    /// What it must say of a call for the whole company.
    pub(crate) fn of_company(call: &Truth, recorded: &str) -> Self {
        // For the company the caller's side of an internal call counts: somebody of ours placed it.
        let outgoing = call.direction != Direction::Incoming;
        let parts = || call.parts.iter().filter(|p| p.outgoing == outgoing);
        let first = parts().filter(|p| p.answer.is_some()).min_by_key(|p| p.answer);
        let only = |allowed: &[Outcome]| parts().all(|p| allowed.contains(&p.outcome));
        let outcome = match first {
            // Whoever talked last with the caller ended the call.
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
            recording: if call.recorded { recorded } else { "none" }.to_owned(),
        }
    }
}

/// What the lists have of a part: none where they have no line.
fn by_lists(call: &Truth, part: &Part, by_events: &Line) -> Option<Line> {
    if part.outcome == Outcome::AnsweredByColleague {
        return None;
    }
    let outcome = match by_events.outcome.as_str() {
        "ended" | "transferred" if by_events.talk_ms.is_some() => "ended",
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
            _ => told.answered_by,
        },
        ..told
    })
}

/// One view's line of a call, as it must be.
pub(crate) struct Wanted<'a> {
    call: &'a Truth,
    /// None: events say nothing of it.
    by_events: Line,
    /// None: the lists say nothing of it.
    by_lists: Option<Line>,
    /// Starts and ends that a call may have of which some witnesses are lost.
    times: BTreeSet<Option<i64>>,
}

impl<'a> Wanted<'a> {
    /// Of one abonent; none where he has no part in the call.
    pub(crate) fn of_abonent(call: &'a Truth, abonent: &str, recorded: &str) -> Option<Self> {
        let part = call.parts.iter().find(|p| p.abonent == abonent)?;
        let by_events = Line::of_part(call, part, recorded);
        let by_lists = by_lists(call, part, &by_events);
        let times = BTreeSet::from([by_events.start, by_events.end]);
        // None: the event that told the end was lost, and there is no line of it.
        let times = times
            .into_iter()
            .chain(by_lists.iter().map(|l| l.end))
            .chain([None])
            .collect();
        Some(Self {
            call,
            by_events,
            by_lists,
            times,
        })
    }

    /// Of the company.
    pub(crate) fn of_company(call: &'a Truth, recorded: &str) -> Self {
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
        Self {
            call,
            by_events,
            by_lists: Some(by_lists),
            times,
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

/// What does not agree.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) calls: usize,
    pub(crate) lines: usize,
    /// By kind of disagreement and script, with an example.
    pub(crate) wrong: BTreeMap<String, (usize, String)>,
}

impl Report {
    fn note(&mut self, kind: &str, script: &str, example: impl FnOnce() -> String) {
        let plain = script.split('+').next().unwrap_or_default();
        let entry = self
            .wrong
            .entry(format!("{kind}: {plain}"))
            .or_insert_with(|| (0, example()));
        entry.0 += 1;
    }

    fn differ(&mut self, view: &str, by: By, told: &Line, wanted: &Wanted<'_>) {
        let (events, lists) = (Some(&wanted.by_events), wanted.by_lists.as_ref());
        let allowed: Vec<&Line> = match by {
            By::Events => events.into_iter().collect(),
            By::Lists => lists.into_iter().collect(),
            By::Either => events.into_iter().chain(lists).collect(),
        };
        let time = |time: Option<i64>| by == By::Either && wanted.times.contains(&time);
        let none = |same: &dyn Fn(&Line) -> bool| !allowed.iter().any(|line| same(line));
        let fields = [
            ("direction", none(&|w| told.outgoing == w.outgoing)),
            ("outcome", none(&|w| told.outcome == w.outcome)),
            ("uncertain", none(&|w| told.uncertain == w.uncertain)),
            ("party", none(&|w| told.party == w.party)),
            ("answeredBy", none(&|w| told.answered_by == w.answered_by)),
            ("startedAt", none(&|w| told.start == w.start) && !time(told.start)),
            ("endedAt", none(&|w| told.end == w.end) && !time(told.end)),
            ("talkMs", none(&|w| told.talk_ms == w.talk_ms)),
            ("recording", none(&|w| told.recording == w.recording)),
        ];
        for (field, _) in fields.iter().filter(|(_, differs)| *differs) {
            let script = &wanted.call.script;
            self.note(&format!("{view} {field}"), script, || {
                format!("{script}\n      told   {told:?}\n      wanted {allowed:?}")
            });
        }
    }

    /// How many lines differ.
    pub(crate) fn disagreements(&self) -> usize {
        self.wrong.values().map(|(count, _)| count).sum()
    }

    /// Fails with everything that does not agree.
    pub(crate) fn assert_whole(&self, variant: &str) {
        println!(
            "{variant}: {} calls, {} lines of abonents and company, {} disagreements",
            self.calls,
            self.lines,
            self.disagreements()
        );
        let told: Vec<String> = self
            .wrong
            .iter()
            .map(|(kind, (count, example))| format!("  {count} × {kind}, e.g. {example}"))
            .collect();
        assert!(told.is_empty(), "{variant}:\n{}", told.join("\n"));
    }
}

/// Who told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Every event came.
    Events,
    /// No event came.
    Lists,
    /// Some came.
    Either,
}

/// One view of the journal against what it must say.
pub(crate) struct View<'a> {
    pub(crate) name: &'a str,
    pub(crate) wanted: Vec<Wanted<'a>>,
    pub(crate) journal: Vec<Line>,
}

/// What joins a line without a session to the truth.
type Key = (Option<i64>, bool, Option<String>);

fn key(line: &Line) -> Key {
    (line.start, line.outgoing, line.party.clone())
}

impl View<'_> {
    /// Joins by session, and where none is told by start, direction and other side: each call once, none missing, none
    /// besides.
    pub(crate) fn compare(
        self,
        by: &dyn Fn(&Truth) -> By,
        consultations: &BTreeMap<String, &Truth>,
        report: &mut Report,
    ) {
        let mut told: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        let mut without: BTreeMap<Key, Vec<Line>> = BTreeMap::new();
        for line in self.journal {
            report.lines += 1;
            if line.tracking.is_empty() {
                without.entry(key(&line)).or_default().push(line);
            } else {
                told.entry(line.tracking.clone()).or_default().push(line);
            }
        }
        for wanted in &self.wanted {
            let (call, by) = (wanted.call, by(wanted.call));
            let lines = told.remove(&call.tracking_id).unwrap_or_else(|| {
                let found = wanted.by_lists.as_ref().and_then(|line| without.get_mut(&key(line)));
                found.and_then(Vec::pop).into_iter().collect()
            });
            match lines.as_slice() {
                [] if by != By::Events && wanted.by_lists.is_none() => {}
                [] => report.note(&format!("{} missing", self.name), &call.script, || {
                    format!("{:?} {:?}", wanted.by_events, wanted.by_lists)
                }),
                [line] => report.differ(self.name, by, line, wanted),
                [..] => report.note(&format!("{} double", self.name), &call.script, || format!("{lines:?}")),
            }
        }
        for (id, lines) in told {
            let Some(call) = consultations.get(&id) else {
                report.note(&format!("{} extra", self.name), "", || format!("{id} {lines:?}"));
                continue;
            };
            match lines.as_slice() {
                // Nothing but its own events tells of it, so one that lost some has to do with the others.
                [_] if by(call) == By::Either => {}
                [line] => consultation(self.name, call, line, report),
                [..] => report.note(&format!("{} double", self.name), &call.script, || format!("{lines:?}")),
            }
        }
        for (key, lines) in without.iter().filter(|(_, lines)| !lines.is_empty()) {
            report.note(&format!("{} extra without session", self.name), "", || {
                format!("{key:?} {lines:?}")
            });
        }
    }
}

/// The session in which an abonent asks a colleague before he hands the call over is a call of its own: outgoing for him,
/// incoming for the colleague, over when he hands over.
fn consultation(view: &str, call: &Truth, told: &Line, report: &mut Report) {
    let part = |outcome| call.parts.iter().find(|p| p.outcome == outcome);
    let (Some(asks), Some(asked)) = (part(Outcome::Transferred), part(Outcome::Answered)) else {
        report.note("consultation of nobody", &call.script, || format!("{told:?}"));
        return;
    };
    let talk = asked.answer.map(|answer| asks.release - answer);
    // The asking side hears of the answer and begins its leg a moment apart from the asked side.
    let near = |a: Option<i64>, b: Option<i64>| a.zip(b).is_some_and(|(a, b)| (a - b).abs() <= 100);
    let agrees = told.outcome == if told.outgoing { "transferred" } else { "ended" }
        && !told.uncertain
        && near(told.start, Some(asked.start))
        && told.end == Some(asks.release)
        && near(told.talk_ms, talk);
    if !agrees {
        report.note(&format!("{view} consultation"), &call.script, || {
            format!("{told:?} of {call:?}")
        });
    }
}
