//! The document of a call.

use super::Answer;
use crate::core::Core;
use perezvon_desk::view::DocumentView;
use std::sync::Arc;

room! {
    one { id: i64 } -> DocumentView,
    save_note { id: i64, note: String } -> (),
}

async fn one(core: &Arc<Core>, id: i64) -> Answer<DocumentView> {
    core.with_desk(move |desk| desk.document(id)).await
}

async fn save_note(core: &Arc<Core>, id: i64, note: String) -> Answer<()> {
    core.with_desk(move |desk| desk.save_note(id, &note)).await
}
