//! Call recordings: list, one by id or by session and abonent, link, delete (reference 1.9). The audio itself is in
//! [`download`](super::download).

use std::collections::HashSet;
use std::fmt;

use perezvon_core::{Direction, Time};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::abonents::{Abonent, Wire as AbonentWire};
use super::answer::{Answer, count, nested, text, time};
use super::phone::party;
use super::{MAX_LIST, Portal, PortalError, Request};

/// Most records in one answer (reference 1.9).
const PAGE_RECORDS: usize = 100;

/// A recording and the conversation it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// The record's id: digits that grow with time, and the cursor of the list.
    pub id: String,
    /// `externalId`: the session, `extTrackingId` of its events.
    pub tracking_id: Option<String>,
    /// The leg; absent since about 2024.
    pub call_id: Option<String>,
    /// The other party: E.164, or a short number.
    pub phone: Option<String>,
    /// From the abonent's side.
    pub direction: Option<Direction>,
    /// When the conversation began.
    pub start: Option<Time>,
    /// How long it was, milliseconds.
    pub duration_ms: Option<u64>,
    /// Size of the audio, bytes.
    pub file_size: Option<u64>,
    /// A comment made in Beeline's cabinet.
    pub comment: Option<String>,
    /// Whose recording it is. In an internal call each recorded abonent has their own, with the same `tracking_id`.
    pub abonent: Option<Abonent>,
}

/// Which recording is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKey<'a> {
    /// By its own id.
    Id(&'a str),
    /// By session and abonent, as the events name them.
    Call {
        /// `extTrackingId`.
        tracking_id: &'a str,
        /// The full `userId` is safest; a phone or the login of one works too (reference 1.9).
        user_id: &'a str,
    },
}

impl<'a> RecordKey<'a> {
    /// The path from `head` to `tail` with the key between them.
    pub(super) fn path(self, head: &[&'a str], tail: Option<&'a str>) -> Vec<&'a str> {
        let mut path = head.to_vec();
        match self {
            Self::Id(id) => path.push(id),
            Self::Call { tracking_id, user_id } => path.extend([tracking_id, user_id]),
        }
        path.extend(tail);
        path
    }
}

/// Which recordings are listed; whether the ends of the time are included is not documented.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Of one abonent: `userId`, phone or extension.
    pub user: Option<String>,
    /// Begun from this time on.
    pub from: Option<Time>,
    /// Begun up to this time.
    pub to: Option<Time>,
}

/// One page of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordPage {
    /// The records, in the PBX's order.
    pub records: Vec<CallRecord>,
    /// How many entries had no id and are left out.
    pub left_out: usize,
    /// The PBX has no more for now.
    pub is_last: bool,
}

/// The list of recordings, page by page after a cursor. After the last page [`Records::page`] asks for what has come
/// since.
#[derive(Clone, Debug)]
pub struct Records {
    portal: Portal,
    filter: RecordFilter,
    after: Option<String>,
    /// The ids of the page before.
    last_page: HashSet<String>,
}

/// Where a recording can be fetched without the token, for as long as the PBX keeps the link.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordLink {
    /// The address. Whoever has it can listen: never in a log.
    pub url: String,
    /// Size of the audio, bytes.
    pub file_size: Option<u64>,
    /// `fileType`; its values are not documented.
    pub file_type: Option<String>,
    /// `expirationDate` as it came; its form is not documented.
    pub expires: Option<String>,
}

impl fmt::Debug for RecordLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordLink")
            .field("url", &"<redacted>")
            .field("file_size", &self.file_size)
            .field("file_type", &self.file_type)
            .field("expires", &self.expires)
            .finish()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
    #[serde(deserialize_with = "text")]
    external_id: Option<String>,
    #[serde(deserialize_with = "text")]
    call_id: Option<String>,
    #[serde(deserialize_with = "text")]
    phone: Option<String>,
    #[serde(deserialize_with = "text")]
    direction: Option<String>,
    #[serde(deserialize_with = "time")]
    date: Option<Time>,
    #[serde(deserialize_with = "count")]
    duration: Option<u64>,
    #[serde(deserialize_with = "count")]
    file_size: Option<u64>,
    #[serde(deserialize_with = "text")]
    comment: Option<String>,
    #[serde(deserialize_with = "nested")]
    abonent: Option<AbonentWire>,
}

impl Wire {
    fn record(self) -> Option<CallRecord> {
        Some(CallRecord {
            id: self.id?,
            tracking_id: self.external_id,
            call_id: self.call_id,
            phone: self.phone.as_deref().and_then(party),
            direction: self.direction.as_deref().and_then(direction),
            start: self.date,
            duration_ms: self.duration,
            file_size: self.file_size,
            comment: self.comment,
            abonent: self.abonent.and_then(AbonentWire::abonent),
        })
    }
}

/// `INBOUND` or `OUTBOUND` (reference 1.9, 1.10).
pub(super) fn direction(word: &str) -> Option<Direction> {
    match word.to_ascii_uppercase().as_str() {
        "INBOUND" => Some(Direction::Incoming),
        "OUTBOUND" => Some(Direction::Outgoing),
        _ => None,
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LinkWire {
    #[serde(deserialize_with = "text")]
    url: Option<String>,
    #[serde(deserialize_with = "count")]
    file_size: Option<u64>,
    #[serde(deserialize_with = "text")]
    file_type: Option<String>,
    expiration_date: Value,
}

impl Records {
    /// The id of the last record that was given out, or of the one the list was begun after: what to keep in order to go
    /// on later.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The next page, at most 100 records. The cursor moves only when a page has come whole.
    pub async fn page(&mut self) -> Result<RecordPage, PortalError> {
        let from = self.filter.from.map(|t| t.to_string());
        let to = self.filter.to.map(|t| t.to_string());
        let query: Vec<(&str, &str)> = [
            ("id", &self.after),
            ("userId", &self.filter.user),
            ("dateFrom", &from),
            ("dateTo", &to),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
        .collect();
        let request = Request {
            query: &query,
            limit: MAX_LIST,
            ..Request::new(Method::GET, &["records"])
        };
        let entries: Vec<Option<Wire>> = self.portal.get(&request).await?.entries()?;
        let found = entries.len();
        let mut records: Vec<CallRecord> = entries.into_iter().flatten().filter_map(Wire::record).collect();
        let left_out = found - records.len();
        if left_out > 0 {
            tracing::warn!(left_out, "the PBX listed records without an id");
        }
        // The list begins after the cursor; should it ever begin with it, that record is known.
        records.retain(|record| self.after.as_ref() != Some(&record.id));
        // A PBX that does not know the cursor gives the same page for ever.
        let is_stuck = records.iter().all(|record| self.last_page.contains(&record.id));
        self.last_page = records.iter().map(|record| record.id.clone()).collect();
        if let Some(last) = records.last().filter(|_| !is_stuck) {
            self.after = Some(last.id.clone());
        }
        Ok(RecordPage {
            records,
            left_out,
            is_last: is_stuck || found < PAGE_RECORDS,
        })
    }
}

impl Portal {
    /// The recordings that follow the one with the id `after`, or all from the oldest on.
    pub fn records(&self, filter: RecordFilter, after: Option<String>) -> Records {
        Records {
            portal: self.clone(),
            filter,
            after,
            last_page: HashSet::new(),
        }
    }

    /// One recording. A missing one is [`PortalError::Refused`]. By id, the first edition of the method is asked where
    /// the second does not exist.
    pub async fn record(&self, key: RecordKey<'_>) -> Result<CallRecord, PortalError> {
        let path = key.path(&["v2", "records"], None);
        let answer = match (self.get(&Request::new(Method::GET, &path)).await, key) {
            (Err(error), RecordKey::Id(id)) if error.is_no_such_method() => {
                self.get(&Request::new(Method::GET, &["records", id])).await?
            }
            (ended, _) => ended?,
        };
        one(&answer).ok_or_else(|| answer.garbled())
    }

    /// One recording, by its id in the query: the form that one source reports beside the id in the path.
    pub async fn record_by_query(&self, id: &str) -> Result<CallRecord, PortalError> {
        let query = [("recordId", id)];
        let request = Request {
            query: &query,
            ..Request::new(Method::GET, &["v2", "records"])
        };
        let answer = self.get(&request).await?;
        one(&answer).ok_or_else(|| answer.garbled())
    }

    /// A link to one recording that works without the token.
    pub async fn record_link(&self, key: RecordKey<'_>) -> Result<RecordLink, PortalError> {
        let path = key.path(&["records"], Some("reference"));
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let wire: LinkWire = answer.json()?;
        let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        Ok(RecordLink {
            url: wire.url.filter(is_address).ok_or_else(|| answer.garbled())?,
            file_size: wire.file_size,
            file_type: wire.file_type,
            expires: match wire.expiration_date {
                Value::Null => None,
                Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                other => Some(other.to_string()),
            },
        })
    }

    /// Deletes a recording at the PBX, for ever. Sent once.
    pub async fn delete_record(&self, id: &str) -> Result<(), PortalError> {
        let path = ["v2", "records", id];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}

/// The one record in an answer: an object, or the only entry of a list, as one source expects it.
fn one(answer: &Answer) -> Option<CallRecord> {
    let mut entries: Vec<Option<Wire>> = answer.entries().ok()?;
    if entries.len() > 1 {
        return None;
    }
    entries.pop()??.record()
}
