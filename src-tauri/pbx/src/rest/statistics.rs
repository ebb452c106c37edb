//! Statistics: one line per call and abonent who was rung (reference 1.10).

use std::ops::RangeInclusive;

use perezvon_core::{Direction, Time};
use reqwest::Method;
use serde::Deserialize;

use super::abonents::{Abonent, Wire as AbonentWire};
use super::answer::{count, nested, text, time};
use super::phone::party;
use super::records::direction;
use super::words::words;
use super::{MAX_LIST, Portal, PortalError, Request};

/// How many lines a page may have: the most is the PBX's, the least is what clients keep to.
pub const PAGE_SIZES: RangeInclusive<u32> = 10..=100;

words! {
    /// What became of a call.
    LineStatus {
        /// An incoming call was answered. The server writes `RECIEVED`.
        Received = "RECIEVED" | "RECEIVED",
        /// An outgoing call was made; with a duration of 0 presumably one that nobody answered.
        Placed = "PLACED",
        /// An incoming call was not answered. A group call that nobody answers has one such line per rung agent.
        Missed = "MISSED",
        /// The call went elsewhere.
        Redirected = "REDIRECTED",
    }
}

/// Which lines are asked for. The time is always sent: whether the PBX demands it is disputed. Whether its ends are
/// included is not documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatisticsQuery<'a> {
    /// Of one abonent: `userId`, phone or extension; of all if absent.
    pub user: Option<&'a str>,
    /// Begun from this time on.
    pub from: Time,
    /// Begun up to this time.
    pub to: Time,
    /// Which page, from 0.
    pub page: u32,
    /// How many lines per page, within [`PAGE_SIZES`].
    pub page_size: u32,
}

/// One line. It has no id of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatisticsLine {
    /// When the call began.
    pub start: Time,
    /// Whose line it is.
    pub abonent: Option<Abonent>,
    /// From the abonent's side.
    pub direction: Option<Direction>,
    /// What became of the call.
    pub status: LineStatus,
    /// How long it was, milliseconds.
    pub duration_ms: Option<u64>,
    /// Who called: E.164 or a short number. Second edition only.
    pub from: Option<String>,
    /// Who was called: E.164 or a short number. Second edition only.
    pub to: Option<String>,
    /// The number of the first edition: the other party's or, in one source, the employee's own.
    pub phone: Option<String>,
    /// Department, by name.
    pub department: Option<String>,
    /// `callForward`, as it came; undocumented.
    pub call_forward: Option<String>,
    /// The session, `extTrackingId` of its events; not confirmed that the PBX ever sends it.
    pub tracking_id: Option<String>,
}

/// One page of lines, newest first as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatisticsPage {
    /// The lines.
    pub lines: Vec<StatisticsLine>,
    /// How many entries had no time or no status and are left out.
    pub left_out: usize,
    /// There is no further page.
    pub is_last: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "time")]
    start_date: Option<Time>,
    #[serde(deserialize_with = "nested")]
    abonent: Option<AbonentWire>,
    #[serde(deserialize_with = "text")]
    direction: Option<String>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "count")]
    duration: Option<u64>,
    #[serde(deserialize_with = "text", rename = "phone_from")]
    phone_from: Option<String>,
    #[serde(deserialize_with = "text", rename = "phone_to")]
    phone_to: Option<String>,
    #[serde(deserialize_with = "text")]
    phone: Option<String>,
    #[serde(deserialize_with = "text")]
    department: Option<String>,
    #[serde(deserialize_with = "text")]
    call_forward: Option<String>,
    #[serde(deserialize_with = "text")]
    external_tracking_id: Option<String>,
}

impl Wire {
    fn line(self) -> Option<StatisticsLine> {
        let number = |text: Option<String>| text.as_deref().and_then(party);
        Some(StatisticsLine {
            start: self.start_date?,
            abonent: self.abonent.and_then(AbonentWire::abonent),
            direction: self.direction.as_deref().and_then(direction),
            status: LineStatus::from_wire(&self.status?),
            duration_ms: self.duration,
            from: number(self.phone_from),
            to: number(self.phone_to),
            phone: number(self.phone),
            department: self.department,
            call_forward: self.call_forward,
            tracking_id: self.external_tracking_id,
        })
    }
}

impl Portal {
    /// One page of the second edition's statistics, which has both numbers.
    ///
    /// # Errors
    /// [`PortalError::Invalid`] for a page size outside [`PAGE_SIZES`];
    /// [`PortalError::is_no_such_method`] where the PBX has the first edition only.
    pub async fn statistics(&self, query: &StatisticsQuery<'_>) -> Result<StatisticsPage, PortalError> {
        self.lines(&["v2", "statistics"], query).await
    }

    /// One page of the first edition's statistics, which has one number only and not always the other party's.
    ///
    /// # Errors
    /// [`PortalError::Invalid`] for a page size outside [`PAGE_SIZES`].
    pub async fn statistics_v1(&self, query: &StatisticsQuery<'_>) -> Result<StatisticsPage, PortalError> {
        self.lines(&["statistics"], query).await
    }

    async fn lines(&self, path: &[&str], query: &StatisticsQuery<'_>) -> Result<StatisticsPage, PortalError> {
        if !PAGE_SIZES.contains(&query.page_size) {
            return Err(PortalError::Invalid { what: "page size" });
        }
        let (from, to) = (query.from.to_string(), query.to.to_string());
        let (page, page_size) = (query.page.to_string(), query.page_size.to_string());
        let mut pairs = vec![
            ("dateFrom", from.as_str()),
            ("dateTo", &to),
            ("page", &page),
            ("pageSize", &page_size),
        ];
        pairs.extend(query.user.map(|user| ("userId", user)));
        let request = Request {
            query: &pairs,
            limit: MAX_LIST,
            ..Request::new(Method::GET, path)
        };
        let entries: Vec<Option<Wire>> = self.get(&request).await?.entries()?;
        let found = entries.len();
        let lines: Vec<StatisticsLine> = entries.into_iter().flatten().filter_map(Wire::line).collect();
        let left_out = found - lines.len();
        if left_out > 0 {
            tracing::warn!(left_out, "the PBX listed statistics without a time or a status");
        }
        Ok(StatisticsPage {
            lines,
            left_out,
            is_last: found < query.page_size as usize,
        })
    }
}
