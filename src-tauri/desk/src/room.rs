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

/// Most rows of one page.
const MAX_PAGE_ROWS: u32 = 500;
