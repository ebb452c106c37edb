//! What a report is made of: chosen by the user, kept as a variant, given to a colleague as a file.

use crate::error::DeskError;
use chrono::NaiveDate;
use perezvon_core::{Direction, Outcome};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Most levels of an outline.
pub(crate) const MAX_LEVELS: usize = 4;
/// Most entries of a filter's list.
const MAX_CHOSEN: usize = 200;
/// Longest text of a filter, letters.
const MAX_QUERY: usize = 100;

/// By what calls are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Grouping {
    /// Whose call it is.
    Abonent,
    /// Local date.
    Day,
    /// Local week, Monday first.
    Week,
    /// Local month.
    Month,
    /// Local hour of the day.
    Hour,
    /// Local day of the week.
    Weekday,
    /// The one person whose number it is.
    Contact,
    /// Company of that person, or the one company of all who have the number.
    Company,
    /// The other side's number.
    Number,
    /// Incoming or outgoing.
    Direction,
    /// Line or queue by which the call came.
    Line,
    /// What came of it.
    Outcome,
}

impl Grouping {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::Abonent,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Hour,
        Self::Weekday,
        Self::Contact,
        Self::Company,
        Self::Number,
        Self::Direction,
        Self::Line,
        Self::Outcome,
    ];
}

/// A figure of a group. Durations are whole seconds of each call, so that what is shown adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Measure {
    /// Calls.
    Count,
    /// Calls in which somebody answered, for certain.
    Answered,
    /// Incoming calls that nobody answered, as the call list's «Пропущенные».
    Missed,
    /// The part of the incoming calls that was missed.
    MissedShare,
    /// Conversations together.
    TalkSum,
    /// A conversation on average.
    TalkMean,
    /// Half of the conversations were no longer.
    TalkMedian,
    /// Nine of ten conversations were no longer.
    TalkP90,
    /// Waiting of those who called, together.
    WaitSum,
    /// Waiting of those who called, on average.
    WaitMean,
    /// Half of them waited no longer.
    WaitMedian,
    /// Nine of ten waited no longer.
    WaitP90,
    /// From a missed call until that person was called back, on average. A conversation more than a week later answers
    /// no missed call; one that the caller began is no call back.
    BackMean,
    /// The same, half of them no longer.
    BackMedian,
    /// The part of the missed calls with a number that was called back within 20 minutes.
    BackShare,
    /// Answered incoming calls before which the person had not called in vain within 24 hours.
    First,
}

impl Measure {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 16] = [
        Self::Count,
        Self::Answered,
        Self::Missed,
        Self::MissedShare,
        Self::First,
        Self::TalkSum,
        Self::TalkMean,
        Self::TalkMedian,
        Self::TalkP90,
        Self::WaitSum,
        Self::WaitMean,
        Self::WaitMedian,
        Self::WaitP90,
        Self::BackMean,
        Self::BackMedian,
        Self::BackShare,
    ];

    /// It needs what happened before and after the call.
    pub(super) fn of_evidence(self) -> bool {
        matches!(self, Self::BackMean | Self::BackMedian | Self::BackShare | Self::First)
    }

    pub(super) fn of_talk(self) -> bool {
        matches!(self, Self::TalkSum | Self::TalkMean | Self::TalkMedian | Self::TalkP90)
    }

    pub(super) fn of_wait(self) -> bool {
        matches!(self, Self::WaitSum | Self::WaitMean | Self::WaitMedian | Self::WaitP90)
    }

    /// A duration.
    pub(super) fn is_time(self) -> bool {
        self.of_talk() || self.of_wait() || matches!(self, Self::BackMean | Self::BackMedian)
    }

    /// The figure of a group is the sum of those of its parts.
    pub(super) fn adds_up(self) -> bool {
        matches!(
            self,
            Self::Count | Self::Answered | Self::Missed | Self::First | Self::TalkSum | Self::WaitSum
        )
    }
}

/// What is told of a single call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Column {
    /// When it began.
    Time,
    /// Contact's name, else the PBX's.
    Contact,
    /// The other side's number.
    Number,
    /// Incoming or outgoing.
    Direction,
    /// Nobody was reached: a missed call, or an outgoing one that nobody answered.
    Missed,
}

impl Column {
    /// All, in the manual's order.
    pub const ALL: [Self; 5] = [Self::Time, Self::Contact, Self::Number, Self::Direction, Self::Missed];
}

/// The days of a report, in its time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Period {
    /// Until now.
    Today,
    /// The day before.
    Yesterday,
    /// From Monday until now.
    ThisWeek,
    /// Monday to Sunday.
    LastWeek,
    /// From the first until now.
    #[default]
    ThisMonth,
    /// The whole of it.
    LastMonth,
    /// From 1 January until now.
    ThisYear,
    /// From the first call to the last.
    All,
    /// These days, the last one included.
    Between {
        /// ISO date.
        #[ts(type = "string")]
        from: NaiveDate,
        /// ISO date.
        #[ts(type = "string")]
        to: NaiveDate,
    },
}

/// Which calls count. An empty list leaves all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ReportFilter {
    /// The whole company's calls, each as often as abonents had a part in it; else the user's own.
    pub company: bool,
    /// Ids of abonents.
    pub abonents: Vec<String>,
    /// Lines or queues, as the call list names them.
    pub lines: Vec<String>,
    /// One direction only.
    pub direction: Option<Direction>,
    /// What came of it.
    pub outcomes: Vec<Outcome>,
    /// Only calls with colleagues, or only those with others.
    pub internal: Option<bool>,
    /// Name or part of a number in any spelling.
    pub query: String,
}

/// By which figure the groups of each level stand, in place of their own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ReportOrder {
    /// One of the report's.
    pub measure: Measure,
    /// The largest first.
    pub descending: bool,
}

/// A report as it is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ReportSettings {
    /// The outline's levels, the outermost first; at most four.
    pub groupings: Vec<Grouping>,
    /// The figures.
    pub measures: Vec<Measure>,
    /// The single calls stand below the innermost groups.
    pub rows: bool,
    /// What is told of them. Without the time it stands in the outline's own column.
    pub columns: Vec<Column>,
    /// The days.
    pub period: Period,
    /// Which calls.
    pub filter: ReportFilter,
    /// IANA name of the time zone; none for the system's.
    pub zone: Option<String>,
    /// Beside the same length of time before.
    pub compare: bool,
    /// Another order than the groups' own.
    pub order: Option<ReportOrder>,
    /// Durations in seconds, as in the manual, and not as 3:41.
    pub seconds: bool,
}

impl Default for ReportSettings {
    /// The manual's sample.
    fn default() -> Self {
        Self {
            groupings: vec![Grouping::Abonent, Grouping::Day],
            measures: vec![Measure::TalkSum],
            rows: true,
            columns: Column::ALL.to_vec(),
            period: Period::default(),
            filter: ReportFilter::default(),
            zone: None,
            compare: false,
            order: None,
            seconds: true,
        }
    }
}

impl ReportSettings {
    /// An error where it cannot be carried out.
    pub(super) fn check(&self) -> Result<(), DeskError> {
        let days = match self.period {
            Period::Between { from, to } => from <= to,
            _ => true,
        };
        let good = self.groupings.len() <= MAX_LEVELS
            && distinct(&self.groupings)
            && !self.measures.is_empty()
            && distinct(&self.measures)
            && distinct(&self.columns)
            && self.order.is_none_or(|order| self.measures.contains(&order.measure))
            && days;
        let long = self.filter.abonents.len() > MAX_CHOSEN
            || self.filter.lines.len() > MAX_CHOSEN
            || self.filter.query.chars().count() > MAX_QUERY;
        match (good, long) {
            (true, false) => Ok(()),
            (true, true) => Err(DeskError::TooLong),
            (false, _) => Err(DeskError::BadReport),
        }
    }

    pub(super) fn wants(&self, what: impl Fn(Measure) -> bool) -> bool {
        self.measures.iter().any(|measure| what(*measure))
    }

    pub(super) fn groups_by(&self, grouping: Grouping) -> bool {
        self.groupings.contains(&grouping)
    }
}

fn distinct<T: PartialEq>(all: &[T]) -> bool {
    all.iter().enumerate().all(|(at, one)| !all[..at].contains(one))
}
