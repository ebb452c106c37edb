//! The documents of calls.

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use perezvon_desk::view::{DocumentView, DocumentsFilter, DocumentsPage};
use std::sync::Arc;

room! {
    one { id: i64 } -> DocumentView,
    /// A page, newest first; `cursor` of the page before. Only the newest question is answered.
    list { filter: DocumentsFilter, cursor: Option<String>, limit: u32 } -> DocumentsPage,
    /// Rows that are shown, read again.
    rows { ids: Vec<i64> } -> Vec<DocumentView>,
}

async fn one(core: &Arc<Core>, id: i64) -> Answer<DocumentView> {
    core.with_desk(move |desk| desk.document(id)).await
}

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "documents";

async fn list(core: &Arc<Core>, filter: DocumentsFilter, cursor: Option<String>, limit: u32) -> Answer<DocumentsPage> {
    core.with_desk(move |desk| desk.documents(VIEW, &filter, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn rows(core: &Arc<Core>, ids: Vec<i64>) -> Answer<Vec<DocumentView>> {
    core.with_desk(move |desk| desk.document_rows(&ids)).await
}
