//! The calls of a cell.

use super::calendar::Zone;
use super::evidence::Found;
use super::facts::Fact;
use super::figures::waited;
use super::names::Names;
use super::plan::{Path, Plan, Sink};
use super::settings::{Measure, ReportSettings};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::room::row::{CallRow, Place, rows_at};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A cell of a report: the group, and the figure whose calls are wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ReportPlace {
    /// The report.
    pub settings: ReportSettings,
    /// The group: see [`super::ReportLine::path`].
    pub path: Vec<Option<String>>,
    /// The figure; none for all calls of the group.
    pub measure: Option<Measure>,
}

/// A page of the calls of a cell, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportCalls {
    /// At most the asked number of rows.
    pub rows: Vec<CallRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub calls: u32,
}

impl Desk {
    /// A page of the calls that a cell of a report counts. `cursor` is the last page's `next`.
    pub fn report_calls(
        &self,
        place: &ReportPlace,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ReportCalls, DeskError> {
        let before = match cursor {
            Some(cursor) => read(cursor).ok_or(DeskError::NotFound)?,
            None => (i64::MAX, i64::MAX),
        };
        let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
        let depth = place.path.len();
        let settings = ReportSettings {
            groupings: place.settings.groupings.iter().take(depth).copied().collect(),
            measures: vec![place.measure.unwrap_or(Measure::Count)],
            order: None,
            rows: true,
            ..place.settings.clone()
        };
        if settings.groupings.len() != depth {
            return Err(DeskError::BadReport);
        }
        self.db.read(|c| {
            let zone = Zone::of(settings.zone.as_deref(), self.words().zone)?;
            let plan = Plan::of(c, &settings, zone, self.now())?;
            let mut matches = Matches {
                measure: settings.measures[0],
                path: [0; super::settings::MAX_LEVELS],
                depth,
                met: Vec::new(),
                found: Vec::new(),
            };
            for (level, grouping) in settings.groupings.iter().enumerate() {
                matches.path[level] = Names::key(c, &plan, *grouping, place.path[level].as_deref())?;
            }
            let findings = plan.carry_out(c, &mut matches)?;
            matches.hear(findings);
            let mut found = matches.found;
            found.sort_unstable_by(|a, b| b.cmp(a));
            let from = found.partition_point(|place| *place >= before);
            let page = &found[from..found.len().min(from + limit)];
            let more = from + page.len() < found.len();
            Ok(ReportCalls {
                rows: rows_at(c, page)?,
                next: page.last().filter(|_| more).map(|(ms, id)| format!("{ms}:{id}")),
                calls: found.len() as u32,
            })
        })
    }
}

fn read(cursor: &str) -> Option<Place> {
    let (ms, id) = cursor.split_once(':')?;
    Some((ms.parse().ok()?, id.parse().ok()?))
}

struct Matches {
    measure: Measure,
    path: Path,
    depth: usize,
    /// Calls of the group whose finding is still to be told.
    met: Vec<Option<Place>>,
    found: Vec<Place>,
}

impl Sink for Matches {
    fn take(&mut self, fact: &Fact, path: &Path) -> Result<u32, DeskError> {
        let place = (fact.started_ms, fact.id);
        let inside = path[..self.depth] == self.path[..self.depth];
        let counts = match self.measure {
            Measure::Count => true,
            Measure::Answered => fact.marks.talked(),
            Measure::Missed | Measure::MissedShare => fact.marks.missed(),
            measure if measure.of_talk() => fact.spans.talk_s().is_some(),
            measure if measure.of_wait() => waited(fact).is_some(),
            _ => {
                self.met.push(inside.then_some(place));
                false
            }
        };
        if counts && inside {
            self.found.push(place);
        }
        Ok(self.met.len().saturating_sub(1) as u32)
    }

    fn found(&mut self, of: u32, found: Found) {
        let counts = match (self.measure, found) {
            (Measure::First, Found::First) => true,
            (Measure::BackShare, Found::Missed { soon, .. }) => soon,
            (Measure::BackMean | Measure::BackMedian, Found::Missed { back_s, .. }) => back_s.is_some(),
            _ => false,
        };
        if counts {
            self.found.extend(self.met.get(of as usize).copied().flatten());
        }
    }
}
