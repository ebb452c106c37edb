//! The simulator's truth against the relay's journal, call by call and abonent by abonent.
//!
//! What the journal says of a call, for each word of the truth:
//!
//! | truth, of one abonent | journal, of the same abonent |
//! |---|---|
//! | answered | `ended`, with the talk's length |
//! | transferred | `transferred`, with the length of the abonent's own talk |
//! | answered by a colleague | `answered_by`, naming him |
//! | missed | `missed` |
//! | rejected, unreachable; a colleague then took the call | `answered_by`: nobody has to call back |
//! | rejected; nobody took it | `rejected` |
//! | unreachable; nobody took it | `unreachable` |
//! | forwarded to a colleague, who took it | `answered_by`, naming him |
//! | outgoing, cancelled | `cancelled` |
//! | outgoing, busy | `rejected` |
//! | click-to-call: the abonent did not pick up, or refused, his own phone | `cancelled` |
//! | click-to-call: the abonent hung up before the other side answered | `cancelled` |

use perezvon_sim::{Direction, Outcome, Part, Truth};
use serde_json::Value;
use std::collections::BTreeMap;

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

    fn differ(&mut self, view: &str, call: &Truth, told: &Line, wanted: &Line) {
        let fields = [
            ("direction", told.outgoing != wanted.outgoing),
            ("outcome", told.outcome != wanted.outcome),
            ("uncertain", told.uncertain != wanted.uncertain),
            ("party", told.party != wanted.party),
            ("answeredBy", told.answered_by != wanted.answered_by),
            ("startedAt", told.start != wanted.start),
            ("endedAt", told.end != wanted.end),
            ("talkMs", told.talk_ms != wanted.talk_ms),
            ("recording", told.recording != wanted.recording),
        ];
        for (field, _) in fields.iter().filter(|(_, differs)| *differs) {
            self.note(&format!("{view} {field}"), &call.script, || {
                format!("{}\n      told   {told:?}\n      wanted {wanted:?}", call.script)
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

/// One view of the journal against what it must say.
pub(crate) struct View<'a> {
    pub(crate) name: &'a str,
    pub(crate) wanted: Vec<(&'a Truth, Line)>,
    pub(crate) journal: Vec<Line>,
}

impl View<'_> {
    /// Joins by tracking id: each call once, none missing, none besides.
    pub(crate) fn compare(self, consultations: &BTreeMap<String, &Truth>, report: &mut Report) {
        let mut told: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for line in self.journal {
            report.lines += 1;
            told.entry(line.tracking.clone()).or_default().push(line);
        }
        for (call, wanted) in &self.wanted {
            let lines = told.remove(&call.tracking_id).unwrap_or_default();
            match lines.as_slice() {
                [] => report.note(&format!("{} missing", self.name), &call.script, || {
                    format!("{wanted:?}")
                }),
                [line] => report.differ(self.name, call, line, wanted),
                [..] => report.note(&format!("{} double", self.name), &call.script, || format!("{lines:?}")),
            }
        }
        for (id, lines) in told {
            let Some(call) = consultations.get(&id) else {
                report.note(&format!("{} extra", self.name), "", || format!("{id} {lines:?}"));
                continue;
            };
            match lines.as_slice() {
                [line] => consultation(self.name, call, line, report),
                [..] => report.note(&format!("{} double", self.name), &call.script, || format!("{lines:?}")),
            }
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
