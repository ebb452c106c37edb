//! The call list and the panel of one call. Names are joined by number key here, at read time.

mod file;
mod kept;
mod page;

pub use kept::{CallColumn, CallsKept, SavedCalls};

use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::row::{CallRow, calls_of, row_of_call};
use crate::table::call::{OWN, snapshot_of, whose};
use crate::table::call_note::{self, CallNote};
use crate::who;
use perezvon_core::event::LegState;
use perezvon_core::snapshot::{CallSnapshot, LegSnapshot};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Most calls of the panel's history.
const MAX_HISTORY: u32 = 20;

/// A page of the call list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallsPage {
    /// At most the asked number of rows.
    pub rows: Vec<CallRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

/// What must hold of a call; of several marks all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CallMark {
    /// Somebody called.
    Incoming,
    /// Somebody was called.
    Outgoing,
    /// Nobody answered in time.
    Missed,
    /// Missed from somebody who had never called before, and nobody has talked with them within the day.
    Lost,
    /// The first call of this number.
    First,
    /// The number is in no contact.
    Unregistered,
    /// There is a recording, or there was.
    Recorded,
    /// Something was written about it.
    Noted,
}

/// Which calls to list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct CallsFilter {
    /// Name, part of a number in any spelling, or words of a note; empty for all.
    pub query: String,
    /// What must hold besides.
    pub marks: Vec<CallMark>,
    /// Of each person who waits the newest missed call alone; marks do not count then.
    pub waiting: bool,
    /// The oldest call first; without meaning for those who wait.
    pub oldest_first: bool,
    /// Whose calls: an abonent's of the company, where those are here; none for the user's own.
    pub abonent: Option<String>,
}

/// From when to when; both may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct CallsSpan {
    /// The first moment, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub from_ms: Option<i64>,
    /// The first moment that no longer counts, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub until_ms: Option<i64>,
}

/// What to find in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CallsAt {
    /// The newest call before this moment, milliseconds since 1970.
    Moment(#[ts(type = "number")] i64),
    /// The call with so many above it; beyond the end the last.
    Row(u32),
}

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallsPlace {
    /// How many calls are above it.
    pub row: u32,
    /// How many there are in all.
    pub total: u32,
    /// Of a page that begins here; none at the top.
    pub cursor: Option<String>,
}

/// One call with everything the desk knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallView {
    /// The row.
    pub row: CallRow,
    /// What the user wrote about it.
    pub written: CallNote,
    /// Its way through the company.
    pub legs: Vec<LegView>,
    /// Earlier and later calls with the same person, newest first, at most 20.
    pub history: Vec<CallRow>,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct LegView {
    /// Name of the abonent or of the system object.
    pub name: Option<String>,
    /// The reader's own.
    pub own: bool,
    /// Hunt group, voice menu, call centre.
    pub system: bool,
    /// None where the PBX did not say, or in a word of its own.
    pub state: Option<LegState>,
    /// The PBX's release cause.
    pub cause: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: Option<String>,
    /// RFC 3339 UTC.
    pub answered_at: Option<String>,
    /// RFC 3339 UTC.
    pub ended_at: Option<String>,
}

impl Desk {
    /// A page of the call list, newest first. `cursor` is the last page's `next`.
    pub fn calls(&self, filter: &CallsFilter, cursor: Option<&str>, limit: u32) -> Result<CallsPage, DeskError> {
        let stretch = page::Stretch {
            span: CallsSpan::default(),
            cursor,
            back: false,
            limit,
        };
        self.db.read(|c| page::read(c, filter, stretch))
    }

    /// The same of a part of the list, for a view of which only the newest question counts: an older one ends with
    /// [`DeskError::Overtaken`]. With `true` beside the cursor the page that ends there, which is read by its
    /// `next` from then on.
    pub fn calls_between(
        &self,
        view: View,
        filter: &CallsFilter,
        span: CallsSpan,
        (cursor, back): (Option<&str>, bool),
        limit: u32,
    ) -> Result<CallsPage, DeskError> {
        let stretch = page::Stretch {
            span,
            cursor,
            back,
            limit,
        };
        self.db.read_newest(view, |c| page::read(c, filter, stretch))
    }

    /// Where in the list a moment or a row is.
    pub fn calls_place(
        &self,
        view: View,
        filter: &CallsFilter,
        span: CallsSpan,
        at: CallsAt,
    ) -> Result<CallsPlace, DeskError> {
        self.db.read_newest(view, |c| page::find(c, filter, span, at))
    }

    /// Of these calls those that the filter lists, to take the place of rows that are shown; at most 500 are looked at.
    pub fn call_rows(&self, filter: &CallsFilter, ids: &[String]) -> Result<Vec<CallRow>, DeskError> {
        self.db.read(|c| page::rows(c, filter, ids))
    }

    /// One call with its legs and the other calls of this person, in an abonent's view or in the user's own.
    pub fn call(&self, id: &str, abonent: Option<&str>) -> Result<CallView, DeskError> {
        self.db.read(|c| {
            let whose = whose(c, abonent)?;
            let call = snapshot_of(c, id, whose)?.ok_or(DeskError::NotFound)?;
            let row = row_of_call(c, id, whose)?.ok_or(DeskError::NotFound)?;
            let keys = match &row.number_key {
                Some(key) => who::person_keys(c, key)?,
                None => Vec::new(),
            };
            let mut history = calls_of(c, &keys, whose, MAX_HISTORY + 1)?;
            history.retain(|row| row.id != id);
            history.truncate(MAX_HISTORY as usize);
            Ok(CallView {
                row,
                written: call_note::of_call(c, id)?,
                legs: legs(&call, whose == OWN),
                history,
            })
        })
    }
}

fn legs(call: &CallSnapshot, own: bool) -> Vec<LegView> {
    let leg = |leg: &LegSnapshot| LegView {
        name: leg.name.clone(),
        own: own && leg.abonent.is_some() && leg.abonent == call.abonent,
        system: leg.system,
        state: leg.state.as_deref().and_then(LegState::from_wire),
        cause: leg.cause.clone(),
        started_at: leg.started_at.map(|time| time.to_string()),
        answered_at: leg.answered_at.map(|time| time.to_string()),
        ended_at: leg.ended_at.map(|time| time.to_string()),
    };
    call.legs.iter().map(leg).collect()
}
