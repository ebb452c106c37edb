//! The report «Анализ звонков ОАТС»: how the telephone is used. The manual's sample is the default; groups, figures, days
//! and filters are the reader's choice. Every cell leads to its calls.
//!
//! `settings` → `plan` (days, filters, the key of each group) → `facts` (the covering index, read once in the order of
//! time) → `outline` (groups and figures) → `lines` (named, written, ready to be drawn). No JSON is read.

mod beside;
mod calendar;
mod evidence;
mod export;
mod facts;
mod figures;
mod grouped;
mod lines;
mod names;
mod outline;
mod pictures;
mod place;
mod plan;
pub(crate) mod settings;
mod variants;
mod words;

pub use export::ReportFormat;
pub(crate) use export::{Failure, begin_csv, into_file, put_csv};
pub use pictures::ReportPictures;
pub use place::{ReportCalls, ReportPlace};
pub use settings::{Column, Grouping, Measure, Period, ReportFilter, ReportOrder, ReportSettings};
pub use variants::{ReportVariant, ReportVariants};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::call::words_of_abonents_and_lines;
use beside::beside;
use calendar::Zone;
use lines::Lines;
use names::Names;
use outline::{Leaves, Outline};
use perezvon_core::snapshot::Outcome;
use plan::{Plan, Sink};
use rusqlite::{Connection, params};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use ts_rs::TS;

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Report {
    /// The heads, as many lines as the outline has levels: the names of the levels stand in the first column, those of
    /// the other columns in the last line.
    pub heads: Vec<Vec<String>>,
    /// The groups, and below the innermost their calls.
    pub lines: Vec<ReportLine>,
    /// Of everything.
    pub total: ReportLine,
    /// The first day, ISO date.
    pub from: String,
    /// The last day, ISO date.
    pub to: String,
    /// The first and the last day of the period that it is compared with.
    pub before: Option<(String, String)>,
    /// IANA name of the time zone, or its present offset: `+03:00`.
    pub zone: String,
    /// Calls that count.
    pub calls: u32,
    /// Calls of the period in the call list, counted there.
    pub journal: u32,
    /// There are more lines.
    pub cut: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportLine {
    /// 0 for the total, 1 for the outermost groups; a call stands one deeper than its group.
    pub level: u8,
    /// Name of the group.
    pub label: String,
    /// What is told of a call, in the order of the chosen columns; empty for a group.
    pub texts: Vec<String>,
    /// One for each figure.
    pub cells: Vec<ReportCell>,
    /// What the groups are, from the outermost on; none for those who have no such thing. For [`ReportPlace`].
    pub path: Vec<Option<String>>,
    /// The relay's id, where it is a call.
    pub call: Option<String>,
    /// Whose view of the call; none for the user's own.
    pub abonent: Option<String>,
    /// When the call began, epoch milliseconds.
    pub started_ms: Option<f64>,
    /// How many calls.
    pub calls: u32,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportCell {
    /// Seconds, calls, or a part of one; none where there is nothing that it could be reckoned from.
    pub value: Option<f64>,
    /// For reading; empty where there is none.
    pub text: String,
    /// Of the period before.
    pub before: Option<f64>,
    /// The same for reading; none where nothing is compared.
    pub before_text: Option<String>,
}

/// The words of a report's parts, for who chooses them.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportWords {
    /// By what calls can be put together.
    pub groupings: Vec<(Grouping, String)>,
    /// The figures: name, and how it is reckoned.
    pub measures: Vec<(Measure, String, String)>,
    /// What can be told of a call.
    pub columns: Vec<(Column, String)>,
    /// What can come of a call, for the filter.
    pub outcomes: Vec<(Outcome, String)>,
    /// The lines that calls came by, for the filter.
    pub lines: Vec<String>,
    /// The abonents that calls are of: id and name.
    pub abonents: Vec<(String, String)>,
}

/// Most lines and most abonents to filter by.
const MAX_WORDS: usize = 500;
/// Those of calls that are over.
const OUTCOMES: [Outcome; 8] = [
    Outcome::Ended,
    Outcome::AnsweredBy,
    Outcome::Transferred,
    Outcome::Missed,
    Outcome::NoAnswer,
    Outcome::Rejected,
    Outcome::Unreachable,
    Outcome::Cancelled,
];

impl Desk {
    /// A report with at most this many lines. `abonents`: names by id. A newer question of the same `view` ends an older
    /// one with [`DeskError::Overtaken`].
    pub fn report(
        &self,
        view: &'static str,
        settings: &ReportSettings,
        abonents: &HashMap<String, String>,
        most: usize,
    ) -> Result<Report, DeskError> {
        self.db
            .read_newest(view, |c| self.make(c, settings, abonents, most, &mut |_| Ok(())))
    }

    /// Names of what a report is made of, and what it can be filtered by.
    pub fn report_words(&self, abonents: &HashMap<String, String>) -> Result<ReportWords, DeskError> {
        let words = self.words();
        let of = |c: &Connection, used: BTreeSet<i64>| -> Result<Vec<String>, DeskError> {
            let mut statement = c.prepare_cached("SELECT text FROM word WHERE id = ?1")?;
            let mut texts = Vec::new();
            for word in used {
                texts.push(statement.query_row([word], |row| row.get(0))?);
            }
            texts.sort();
            texts.truncate(MAX_WORDS);
            Ok(texts)
        };
        self.db.read(|c| {
            let (used_abonents, used_lines) = words_of_abonents_and_lines(c)?;
            let name = |id: String| {
                let name = abonents.get(&id).cloned().unwrap_or_else(|| id.clone());
                (id, name)
            };
            Ok(ReportWords {
                groupings: Grouping::ALL.map(|one| (one, words.grouping(one))).to_vec(),
                measures: Measure::ALL
                    .map(|one| (one, words.measure(one, false), words.measure_hint(one)))
                    .to_vec(),
                columns: Column::ALL.map(|one| (one, words.column(one))).to_vec(),
                outcomes: OUTCOMES.map(|one| (one, words.outcome(one))).to_vec(),
                lines: of(c, used_lines)?,
                abonents: of(c, used_abonents)?.into_iter().map(name).collect(),
            })
        })
    }

    /// `going` hears how many lines there are, and may end it.
    fn make(
        &self,
        connection: &Connection,
        settings: &ReportSettings,
        abonents: &HashMap<String, String>,
        most: usize,
        going: &mut impl FnMut(usize) -> Result<(), DeskError>,
    ) -> Result<Report, DeskError> {
        let (words, now) = (self.words(), self.now());
        let zone = Zone::of(settings.zone.as_deref(), words.zone)?;
        let plan = Plan::of(connection, settings, zone, now)?;
        let names = Names::read(connection, words, &plan, abonents)?;
        let (outline, journal) = gather(connection, &plan, &names)?;
        let before_plan = if settings.compare {
            plan.before(connection, now)?
        } else {
            None
        };
        let before = match &before_plan {
            Some(before) => Some(gather_before(connection, &plan, before, &names)?),
            None => None,
        };
        let mut lines = Lines::new(connection, &plan, &names, before.as_ref(), most);
        lines.put(&outline.total, &outline.rows, &mut Vec::new(), going)?;
        let date = |day| calendar::date(day).to_string();
        Ok(Report {
            heads: heads(&names, settings),
            total: lines.group(&outline.total, &[], words.total()),
            from: date(plan.days.0),
            to: date(plan.days.1),
            before: before_plan.map(|before| (date(before.days.0), date(before.days.1))),
            zone: zone.name(now.ms()),
            calls: outline.total.calls,
            journal,
            cut: lines.cut,
            lines: lines.lines,
        })
    }
}

/// Beside the groups stands how many calls the journal has of this time.
fn gather(connection: &Connection, plan: &Plan<'_>, names: &Names<'_>) -> Result<(Outline, u32), DeskError> {
    let mut leaves = Leaves::of(plan.settings);
    let findings = plan.carry_out(connection, &mut leaves)?;
    let (outline, journal) = beside(
        || {
            leaves.hear(findings);
            leaves.outline(names, plan.settings)
        },
        || journal(connection, &plan.spans, plan.settings.filter.company),
    );
    Ok((outline, journal?))
}

/// The groups of the period before, under the keys of this one.
fn gather_before(
    connection: &Connection,
    plan: &Plan<'_>,
    before: &Plan<'_>,
    names: &Names<'_>,
) -> Result<Outline, DeskError> {
    let mut leaves = Leaves::of(plan.settings);
    let findings = before.carry_out(connection, &mut leaves)?;
    leaves.hear(findings);
    leaves.rename(|level, key| match plan.settings.groupings.get(level) {
        Some(grouping) if key != plan::NONE => before.shifted(*grouping, key, plan),
        _ => key,
    });
    Ok(leaves.outline(names, plan.settings))
}

/// How many calls the call list has of this time, or those of all abonents, by its own index.
fn journal(connection: &Connection, spans: &[(i64, i64)], company: bool) -> Result<u32, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 0 AS id UNION ALL SELECT id FROM word WHERE ?3) w
             CROSS JOIN call c INDEXED BY call_by_time
         WHERE c.whose = w.id AND c.started_ms >= ?1 AND c.started_ms < ?2",
    )?;
    let mut all = 0;
    for span in spans {
        all += statement.query_row(params![span.0, span.1, company], |row| row.get::<_, u32>(0))?;
    }
    Ok(all)
}

/// The manual's heads: a line for each level.
fn heads(names: &Names<'_>, settings: &ReportSettings) -> Vec<Vec<String>> {
    let words = names.words;
    let columns = if settings.rows {
        settings.columns.as_slice()
    } else {
        &[]
    };
    let width = 1 + columns.len() + settings.measures.len();
    let levels = settings.groupings.len().max(1);
    let mut heads = vec![vec![String::new(); width]; levels];
    for (head, grouping) in heads.iter_mut().zip(&settings.groupings) {
        head[0] = words.grouping(*grouping);
    }
    if levels > 1 {
        heads[0][1 + columns.len()] = words.total();
    }
    let last = heads.last_mut().into_iter().flat_map(|head| head.iter_mut().skip(1));
    let columns = columns.iter().map(|column| words.column(*column));
    let measures = settings
        .measures
        .iter()
        .map(|measure| words.measure(*measure, settings.seconds));
    for (head, name) in last.zip(columns.chain(measures)) {
        *head = name;
    }
    heads
}
