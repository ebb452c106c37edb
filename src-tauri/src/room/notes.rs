//! What the user writes about a call.

use super::Answer;
use crate::core::Core;
use perezvon_desk::view::{CallNote, JustEnded};
use std::sync::Arc;

room! {
    of_call { call: String } -> CallNote,
    save { call: String, written: CallNote } -> (),
    /// Of these calls the user's conversations that ended within the last half minute.
    just_ended { ids: Vec<String> } -> Vec<JustEnded>,
}

async fn of_call(core: &Arc<Core>, call: String) -> Answer<CallNote> {
    core.with_desk(move |desk| desk.call_note(&call)).await
}

async fn save(core: &Arc<Core>, call: String, written: CallNote) -> Answer<()> {
    core.with_desk(move |desk| desk.save_call_note(&call, &written)).await
}

async fn just_ended(core: &Arc<Core>, ids: Vec<String>) -> Answer<Vec<JustEnded>> {
    core.with_desk(move |desk| desk.just_ended(&ids)).await
}
