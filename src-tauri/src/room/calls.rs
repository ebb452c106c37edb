//! Calls.

use super::{Answer, MAX_PAGE_ROWS};
use crate::action;
use crate::core::Core;
use crate::ipc::Placed;
use perezvon_desk::view::{CallRow, CallView, CallsAt, CallsFilter, CallsPage, CallsPlace, CallsSpan};
use std::sync::Arc;

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "calls";

room! {
    /// A page, newest first; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then
    /// the cursor by which it is read itself.
    list { filter: CallsFilter, span: CallsSpan, cursor: Option<String>, back: bool, limit: u32 } -> CallsPage,
    /// Where in that list a moment or a row is.
    place { filter: CallsFilter, span: CallsSpan, at: CallsAt } -> CallsPlace,
    /// Rows that are shown, read again; those that the filter lists no longer are left out.
    rows { filter: CallsFilter, ids: Vec<String> } -> Vec<CallRow>,
    one { id: String } -> CallView,
    /// Orders a call from the user's phone to this number.
    call_back { number: String } -> Placed,
}

async fn list(
    core: &Arc<Core>,
    filter: CallsFilter,
    span: CallsSpan,
    cursor: Option<String>,
    back: bool,
    limit: u32,
) -> Answer<CallsPage> {
    core.with_desk(move |desk| {
        let from = (cursor.as_deref(), back);
        desk.calls_between(VIEW, &filter, span, from, limit.min(MAX_PAGE_ROWS))
    })
    .await
}

async fn place(core: &Arc<Core>, filter: CallsFilter, span: CallsSpan, at: CallsAt) -> Answer<CallsPlace> {
    core.with_desk(move |desk| desk.calls_place("calls place", &filter, span, at))
        .await
}

async fn rows(core: &Arc<Core>, filter: CallsFilter, ids: Vec<String>) -> Answer<Vec<CallRow>> {
    core.with_desk(move |desk| desk.call_rows(&filter, &ids)).await
}

async fn one(core: &Arc<Core>, id: String) -> Answer<CallView> {
    core.with_desk(move |desk| desk.call(&id)).await
}

async fn call_back(core: &Arc<Core>, number: String) -> Answer<Placed> {
    action::call_back(core, &number).await
}
