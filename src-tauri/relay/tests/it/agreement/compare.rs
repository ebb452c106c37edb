//! Compares the relay's journal with the simulator's truth, call by call and abonent by abonent.

use crate::agreement::wanted::{Line, Wanted};
use perezvon_sim::{Outcome, Truth};
use std::collections::BTreeMap;

/// The disagreements.
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
            By::Either => events
                .into_iter()
                .chain(lists)
                .chain(wanted.by_some.as_ref())
                .chain(&wanted.apart)
                .collect(),
        };
        let time = |time: Option<i64>| match by {
            By::Events => false,
            By::Lists => wanted.crossed.contains(&time),
            By::Either => wanted.times.contains(&time),
        };
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
                format!(
                    "{script}\n      told   {told:?}\n      wanted {allowed:?}\n      {:?}",
                    wanted.call.parts
                )
            });
        }
    }

    /// How many lines differ.
    pub(crate) fn disagreements(&self) -> usize {
        self.wrong.values().map(|(count, _)| count).sum()
    }

    /// Fails with every disagreement.
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

/// The sources that reported a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Every event came.
    Events,
    /// No event came.
    Lists,
    /// Some came.
    Either,
}

/// Compares one view of the journal with what it must contain.
pub(crate) struct View<'a> {
    pub(crate) name: &'a str,
    pub(crate) wanted: Vec<Wanted<'a>>,
    pub(crate) journal: Vec<Line>,
}

/// By what a line without a session is matched with the truth.
type Key = (Option<i64>, bool, Option<String>);

fn key(line: &Line) -> Key {
    (line.start, line.outgoing, line.party.clone())
}

impl View<'_> {
    /// Matches by session, or, without one, by start, direction and other party: every call must be found once, and
    /// no others.
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
            let by_key = |without: &mut BTreeMap<Key, Vec<Line>>| {
                let found = wanted.by_lists.as_ref().and_then(|line| without.get_mut(&key(line)));
                found.and_then(Vec::pop).into_iter().collect()
            };
            let lines = match by {
                // The lists either give the session or do not.
                By::Lists if !wanted.is_session => by_key(&mut without),
                By::Lists => told.remove(&call.tracking_id).unwrap_or_default(),
                _ => told.remove(&call.tracking_id).unwrap_or_else(|| by_key(&mut without)),
            };
            match lines.as_slice() {
                [] if by != By::Events && wanted.by_lists.is_none() => {}
                // Still in the consultation.
                [] if by == By::Either && call.linked.iter().any(|id| told.contains_key(id)) => {}
                [] => report.note(&format!("{} missing", self.name), &call.script, || {
                    format!("{:?} {:?}", wanted.by_events, wanted.by_lists)
                }),
                [line] => report.differ(self.name, by, line, wanted),
                [..] => report.note(&format!("{} double", self.name), &call.script, || format!("{lines:?}")),
            }
            for apart in wanted.apart.iter().filter(|_| by == By::Either) {
                let further = without.get_mut(&key(apart)).and_then(Vec::pop);
                if let Some(line) = further {
                    report.differ(self.name, by, &line, wanted);
                }
            }
        }
        for (id, lines) in told {
            let Some(call) = consultations.get(&id) else {
                report.note(&format!("{} extra", self.name), "", || format!("{id} {lines:?}"));
                continue;
            };
            match lines.as_slice() {
                // Only its own events report a consultation, so one that lost some of them is related to the others.
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

/// The session in which an abonent asks a colleague before a transfer is a call of its own: outgoing for the abonent,
/// incoming for the colleague, ended by the transfer.
fn consultation(view: &str, call: &Truth, told: &Line, report: &mut Report) {
    let part = |outcome| call.parts.iter().find(|p| p.outcome == outcome);
    let (Some(asks), Some(asked)) = (part(Outcome::Transferred), part(Outcome::Answered)) else {
        report.note("consultation of nobody", &call.script, || format!("{told:?}"));
        return;
    };
    let talk = asked.answer.map(|answer| asks.release - answer);
    // The asking side hears of the answer, and begins its leg, a moment before or after the asked side.
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
