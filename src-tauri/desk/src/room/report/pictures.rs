//! What people would rather look at than read: three reports over the same calls, drawn by the window.

use super::Report;
use super::calendar::Zone;
use super::plan::Plan;
use super::settings::{Grouping, Measure, ReportSettings};
use crate::desk::Desk;
use crate::error::DeskError;
use serde::Serialize;
use std::collections::HashMap;
use ts_rs::TS;

/// A picture has no more points in a row than can be told apart.
const MAX_POINTS: i64 = 62;
/// Most bars.
const MAX_BARS: usize = 1_000;

/// The reports that pictures are drawn of.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ReportPictures {
    /// Calls by day of the week and hour.
    pub load: Report,
    /// By which pieces of time the next one goes.
    pub step: Grouping,
    /// Missed calls, and the part that was called back soon.
    pub missed: Report,
    /// Conversations of each abonent.
    pub talk: Report,
}

impl Desk {
    /// The pictures of a report: of its days and filters, whatever its groups are.
    pub fn report_pictures(
        &self,
        view: &'static str,
        settings: &ReportSettings,
        abonents: &HashMap<String, String>,
    ) -> Result<ReportPictures, DeskError> {
        let of = |groupings: &[Grouping], measures: &[Measure]| ReportSettings {
            groupings: groupings.to_vec(),
            measures: measures.to_vec(),
            rows: false,
            compare: false,
            order: None,
            seconds: false,
            ..settings.clone()
        };
        self.db.read_newest(view, |c| {
            let zone = Zone::of(settings.zone.as_deref(), self.words().zone)?;
            let load = of(&[Grouping::Weekday, Grouping::Hour], &[Measure::Count]);
            let days = Plan::of(c, &load, zone, self.now())?.days;
            let step = match days.1 - days.0 + 1 {
                days if days <= MAX_POINTS => Grouping::Day,
                days if days <= MAX_POINTS * 7 => Grouping::Week,
                _ => Grouping::Month,
            };
            let missed = of(&[step], &[Measure::Missed, Measure::BackShare, Measure::BackMedian]);
            let talk = of(&[Grouping::Abonent], &[Measure::TalkSum, Measure::Count]);
            let make = |settings: &ReportSettings| self.make(c, settings, abonents, MAX_BARS, &mut |_| Ok(()));
            Ok(ReportPictures {
                load: make(&load)?,
                step,
                missed: make(&missed)?,
                talk: make(&talk)?,
            })
        })
    }
}
