//! What each screen reads and does: one file for each.

pub(crate) mod callbacks;
pub(crate) mod calls;
pub(crate) mod contacts;
pub(crate) mod document;
pub(crate) mod notes;
pub(crate) mod notices;
pub(crate) mod recordings;
pub(crate) mod report;
pub(crate) mod row;
mod settings;

use serde::Serialize;
use std::path::Path;
use ts_rs::TS;

/// Most rows of one page.
const MAX_PAGE_ROWS: u32 = 500;
/// Most rows that are chosen at once, as in the window.
const MAX_CHOSEN: usize = 1_000;

/// A file of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct FileWritten {
    /// Where it is.
    pub path: String,
    /// How many rows it has: of chosen ones those that there still are.
    pub rows: u32,
}

impl FileWritten {
    fn of(path: &Path, rows: usize) -> Self {
        Self {
            path: path.display().to_string(),
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
        }
    }
}
