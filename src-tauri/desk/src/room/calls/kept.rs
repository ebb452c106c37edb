//! How the user keeps the call list: filters with names, its view, and the columns of its table.

use super::CallsFilter;
use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::setting::{get, put};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

const KEY: &str = "calls.kept";
/// Most filters of a user, and the longest name, letters.
const MAX_SAVED: usize = 50;
const MAX_NAME: usize = 80;
const MAX_COLUMNS: usize = 20;

/// A column of the table: the manual's seven first (D3), then ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CallColumn {
    /// «Дата»: day and time to the second.
    Date,
    /// «Номер вызова».
    Number,
    /// «Входящий вызов».
    Incoming,
    /// «Пропущенный вызов»: also one that we placed and nobody answered, as in the manual.
    Missed,
    /// «Продолжительность, сек.».
    Seconds,
    /// «Физическое лицо».
    Person,
    /// «Идентификатор абонента».
    Abonent,
    /// «Статус».
    Status,
    /// «Линия».
    Line,
    /// «Ожидание, сек.».
    Wait,
}

impl CallColumn {
    /// Its head.
    pub(super) fn head(self, words: Words) -> String {
        let (ru, en) = match self {
            Self::Date => ("Дата", "Date"),
            Self::Number => ("Номер вызова", "Number"),
            Self::Incoming => ("Входящий вызов", "Incoming"),
            Self::Missed => ("Пропущенный вызов", "Missed"),
            Self::Seconds => ("Продолжительность, сек.", "Duration, s"),
            Self::Person => ("Физическое лицо", "Person"),
            Self::Abonent => ("Идентификатор абонента", "Subscriber id"),
            Self::Status => ("Статус", "Status"),
            Self::Line => ("Линия", "Line"),
            Self::Wait => ("Ожидание, сек.", "Wait, s"),
        };
        words.pick(ru, en)
    }

    /// Those of the manual, in its order.
    pub const MANUAL: [Self; 7] = [
        Self::Date,
        Self::Number,
        Self::Incoming,
        Self::Missed,
        Self::Seconds,
        Self::Person,
        Self::Abonent,
    ];
}

/// A filter with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SavedCalls {
    /// Name.
    pub name: String,
    /// The filter.
    pub filter: CallsFilter,
}

/// What is kept of the call list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct CallsKept {
    /// Filters with names, at most 50.
    pub saved: Vec<SavedCalls>,
    /// The rows are those of a table.
    pub table: bool,
    /// Its columns.
    pub columns: Vec<CallColumn>,
}

impl Default for CallsKept {
    fn default() -> Self {
        Self {
            saved: Vec::new(),
            table: false,
            columns: CallColumn::MANUAL.to_vec(),
        }
    }
}

impl Desk {
    /// What is kept; at a first start the manual's table and no filters. What cannot be read is told: kept anew, it would be
    /// lost.
    pub fn calls_kept(&self) -> Result<CallsKept, DeskError> {
        self.db.read(|c| Ok(get(c, KEY)?.unwrap_or_default()))
    }

    /// Keeps it; survives a power cut.
    pub fn keep_calls(&self, kept: &CallsKept) -> Result<(), DeskError> {
        let long = |saved: &SavedCalls| saved.name.chars().count() > MAX_NAME;
        if kept.saved.len() > MAX_SAVED || kept.saved.iter().any(long) || kept.columns.len() > MAX_COLUMNS {
            return Err(DeskError::TooLong);
        }
        if kept.saved.iter().any(|saved| saved.name.trim().is_empty()) {
            return Err(DeskError::NameMissing);
        }
        self.db.write(Durability::Lasting, |tx| put(tx, KEY, kept))
    }
}
