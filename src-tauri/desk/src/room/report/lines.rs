//! From groups to the lines of a report, ready to be drawn or written.

use super::facts::seconds;
use super::names::Names;
use super::outline::{Node, Outline};
use super::plan::Plan;
use super::settings::{Column, Measure};
use super::{ReportCell, ReportLine};
use crate::error::DeskError;
use crate::table::call::outcome_at;
use perezvon_core::{Direction, Number, Outcome, Time};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// Puts the lines down, one below the other.
pub(super) struct Lines<'a> {
    connection: &'a Connection,
    plan: &'a Plan<'a>,
    names: &'a Names<'a>,
    /// The figures of the period before, by path.
    before: Option<HashMap<Vec<i64>, &'a [Option<f64>]>>,
    /// Numbers for reading, by caller: to make one takes longer than to read a row.
    shown: HashMap<i64, String>,
    most: usize,
    pub(super) lines: Vec<ReportLine>,
    /// There were more.
    pub(super) cut: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        plan: &'a Plan<'a>,
        names: &'a Names<'a>,
        before: Option<&'a Outline>,
        most: usize,
    ) -> Self {
        Self {
            connection,
            plan,
            names,
            before: before.map(Outline::figures),
            shown: HashMap::new(),
            most,
            lines: Vec::new(),
            cut: false,
        }
    }

    /// The groups below this one, each with its calls.
    pub(super) fn put(
        &mut self,
        node: &Node,
        rows: &[Vec<i64>],
        path: &mut Vec<i64>,
        going: &mut impl FnMut(usize) -> Result<(), DeskError>,
    ) -> Result<(), DeskError> {
        if node.children.is_empty() {
            for id in rows.get(node.leaves.clone()).unwrap_or_default().iter().flatten() {
                going(self.lines.len())?;
                if self.full() {
                    return Ok(());
                }
                if let Some(line) = self.call(*id, path.len())? {
                    self.lines.push(line);
                }
            }
        }
        for child in &node.children {
            going(self.lines.len())?;
            if self.full() {
                return Ok(());
            }
            path.push(child.key);
            let grouping = self.plan.settings.groupings[path.len() - 1];
            let label = self.names.label(grouping, child.key);
            self.lines.push(self.group(child, path, label));
            self.put(child, rows, path, going)?;
            path.pop();
        }
        Ok(())
    }

    fn full(&mut self) -> bool {
        self.cut = self.lines.len() >= self.most;
        self.cut
    }

    /// The line of a group.
    pub(super) fn group(&self, node: &Node, path: &[i64], label: String) -> ReportLine {
        let settings = self.plan.settings;
        let before = self.before.as_ref().map(|all| all.get(path).copied());
        let cells = settings.measures.iter().zip(&node.figures).enumerate();
        let cells = cells.map(|(at, (measure, value))| {
            let was = before.flatten().and_then(|figures| figures[at]);
            self.cell(*measure, *value, was, before.is_some())
        });
        let groupings = settings.groupings.iter();
        ReportLine {
            level: path.len() as u8,
            label,
            texts: Vec::new(),
            cells: cells.collect(),
            path: groupings
                .zip(path)
                .map(|(grouping, key)| self.names.token(*grouping, *key))
                .collect(),
            call: None,
            abonent: None,
            started_ms: None,
            calls: node.calls,
        }
    }

    fn cell(&self, measure: Measure, value: Option<f64>, before: Option<f64>, compared: bool) -> ReportCell {
        let seconds = self.plan.settings.seconds;
        let text = |value| self.names.words.figure(measure, value, seconds);
        ReportCell {
            value,
            text: text(value),
            before,
            before_text: compared.then(|| text(before)),
        }
    }

    fn call(&mut self, id: i64, level: usize) -> Result<Option<ReportLine>, DeskError> {
        let read = self
            .connection
            .prepare_cached(
                "SELECT c.ulid, c.started_ms, c.incoming, c.outcome, c.uncertain, c.missed, c.caller, c.name, c.shown,
                        c.hidden, c.talk_ms, c.wait_ms, c.talked_ms, k.key, w.text
                 FROM call c JOIN caller k ON k.id = c.caller LEFT JOIN word w ON w.id = c.whose WHERE c.id = ?1",
            )?
            .query_row([id], one)
            .optional()?;
        Ok(read.map(|call| self.line_of(call, level)))
    }

    fn line_of(&mut self, call: One, level: usize) -> ReportLine {
        let settings = self.plan.settings;
        let clock = self.plan.clock_at(call.started_ms);
        let mut texts = Vec::new();
        for column in &settings.columns {
            texts.push(self.column(*column, &call, &clock));
        }
        let cells = settings.measures.iter().map(|measure| {
            let value = call.figure(*measure);
            self.cell(*measure, value, None, false)
        });
        ReportLine {
            level: level as u8 + 1,
            label: if settings.columns.contains(&Column::Time) {
                String::new()
            } else {
                clock
            },
            cells: cells.collect(),
            texts,
            path: Vec::new(),
            call: Some(call.id),
            abonent: call.abonent,
            started_ms: Some(call.started_ms as f64),
            calls: 1,
        }
    }

    fn column(&mut self, column: Column, call: &One, clock: &str) -> String {
        let words = self.names.words;
        match column {
            Column::Time => clock.to_owned(),
            Column::Contact => {
                let contact = self.plan.everyone.contact(call.caller);
                let name = contact.map(|contact| contact.name.clone());
                name.or_else(|| call.name.clone()).unwrap_or_default()
            }
            Column::Number if call.hidden => words.without(super::settings::Grouping::Number),
            Column::Number if call.key.starts_with('?') => call.shown.clone().unwrap_or_default(),
            Column::Number => {
                let display = || Number::parse(&call.key).display();
                self.shown.entry(call.caller).or_insert_with(display).clone()
            }
            Column::Direction => words.way(call.direction()),
            Column::Missed => words.yes_no(call.not_reached()),
        }
    }
}

/// A single call.
struct One {
    id: String,
    started_ms: i64,
    incoming: bool,
    outcome: Outcome,
    uncertain: bool,
    missed: bool,
    caller: i64,
    name: Option<String>,
    shown: Option<String>,
    hidden: bool,
    talk_ms: Option<i64>,
    wait_ms: Option<i64>,
    talked: bool,
    key: String,
    abonent: Option<String>,
}

fn one(row: &Row<'_>) -> rusqlite::Result<One> {
    Ok(One {
        id: row.get(0)?,
        started_ms: row.get(1)?,
        incoming: row.get(2)?,
        outcome: outcome_at(row.get(3)?),
        uncertain: row.get(4)?,
        missed: row.get(5)?,
        caller: row.get(6)?,
        name: row.get(7)?,
        shown: row.get(8)?,
        hidden: row.get(9)?,
        talk_ms: row.get(10)?,
        wait_ms: row.get(11)?,
        talked: row.get::<_, Option<i64>>(12)?.is_some(),
        key: row.get(13)?,
        abonent: row.get(14)?,
    })
}

impl One {
    fn direction(&self) -> Direction {
        if self.incoming {
            Direction::Incoming
        } else {
            Direction::Outgoing
        }
    }

    /// In the manual an outgoing call that nobody answered is «пропущенный» too.
    fn not_reached(&self) -> bool {
        let refused = matches!(
            self.outcome,
            Outcome::NoAnswer | Outcome::Rejected | Outcome::Unreachable | Outcome::Cancelled
        );
        self.missed || (!self.incoming && refused && !self.uncertain && !self.talked)
    }

    /// What the call adds to a figure that adds up; its own for the means and ranks of durations.
    fn figure(&self, measure: Measure) -> Option<f64> {
        let yes = |yes: bool| yes.then_some(1.0);
        match measure {
            Measure::Count => Some(1.0),
            Measure::Answered => yes(self.talked),
            Measure::Missed => yes(self.missed),
            _ if measure.of_talk() => self.talk_ms.map(|ms| f64::from(seconds(ms))),
            _ if measure.of_wait() => self.wait_ms.filter(|_| self.incoming).map(|ms| f64::from(seconds(ms))),
            _ => None,
        }
    }
}

impl Plan<'_> {
    /// The time of day as the manual writes it: `6:49:42`.
    fn clock_at(&self, ms: i64) -> String {
        let local = self.local_ms(ms);
        Time::from_ms(local).utc().format("%-H:%M:%S").to_string()
    }
}
