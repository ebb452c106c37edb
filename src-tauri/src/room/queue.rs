//! The queue «Надо перезвонить».

use super::{Answer, MAX_PAGE_ROWS};
use crate::action;
use crate::core::Core;
use crate::ipc::Failure;
use perezvon_core::{Number, Time};
use perezvon_desk::Fault;
use perezvon_desk::view::{CallbackRow, CallbacksFilter, CallbacksPage};
use std::sync::Arc;

/// Most minutes for which somebody undertakes to call back.
const MAX_CLAIM_MIN: u32 = 1_440;

room! {
    /// A page; `cursor` of the page before.
    list { filter: CallbacksFilter, cursor: Option<String>, limit: u32 } -> CallbacksPage,
    /// Rows that are shown, read again; those that are gone are left out.
    rows { ids: Vec<i64> } -> Vec<CallbackRow>,
    /// The user has dealt with them.
    done { ids: Vec<i64> } -> (),
    undo { ids: Vec<i64> } -> (),
    /// Out of the list until a moment, milliseconds since 1970, when a toast reminds; none: in the list now. Without a note
    /// the one before stays.
    later { ids: Vec<i64>, at_ms: Option<i64>, note: Option<String> } -> (),
    /// The same for a number, whether or not a call was missed from it; answers the entry's id.
    remind { number: String, at_ms: i64, note: String } -> i64,
    /// «Беру»: colleagues who missed the person see it for so many minutes; 0 gives it back.
    claim { id: i64, minutes: u32 } -> (),
}

async fn list(core: &Arc<Core>, filter: CallbacksFilter, cursor: Option<String>, limit: u32) -> Answer<CallbacksPage> {
    core.with_desk(move |desk| desk.callbacks(&filter, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn rows(core: &Arc<Core>, ids: Vec<i64>) -> Answer<Vec<CallbackRow>> {
    core.with_desk(move |desk| desk.callback_rows(&ids)).await
}

async fn done(core: &Arc<Core>, ids: Vec<i64>) -> Answer<()> {
    action::close_callbacks(core, ids).await
}

async fn undo(core: &Arc<Core>, ids: Vec<i64>) -> Answer<()> {
    let ops = core.with_desk(move |desk| desk.callbacks_undo(&ids)).await?;
    core.show(ops).await;
    Ok(())
}

async fn later(core: &Arc<Core>, ids: Vec<i64>, at_ms: Option<i64>, note: Option<String>) -> Answer<()> {
    action::put_callbacks_off(core, ids, at_ms.map(Time::from_ms), note).await
}

async fn remind(core: &Arc<Core>, number: String, at_ms: i64, note: String) -> Answer<i64> {
    core.with_desk(move |desk| desk.remind_of(&Number::parse(&number), Time::from_ms(at_ms), &note))
        .await
}

async fn claim(core: &Arc<Core>, id: i64, minutes: u32) -> Answer<()> {
    let calls = core.with_desk(move |desk| desk.calls_to_claim(id)).await?;
    let (relay, me) = core.relay().await?;
    if calls.is_empty() {
        return Err(Failure::of(Fault::NotFound));
    }
    for call in calls {
        relay
            .claim(&call, minutes.min(MAX_CLAIM_MIN), me.as_deref())
            .await
            .map_err(|error| Failure::of(error.code()))?;
    }
    Ok(())
}
