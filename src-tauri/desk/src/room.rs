//! What each screen reads and does: one file for each.

pub(crate) mod calls;
pub(crate) mod contacts;
mod document;
pub(crate) mod notices;
mod settings;

/// Most rows of one page.
const MAX_PAGE_ROWS: u32 = 500;
