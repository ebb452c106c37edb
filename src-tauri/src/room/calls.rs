//! Calls.

use super::{Answer, MAX_PAGE_ROWS};
use crate::action;
use crate::core::Core;
use crate::ipc::Placed;
use perezvon_desk::view::{CallView, CallsFilter, CallsPage};
use std::sync::Arc;

room! {
    /// A page, newest first; `cursor` of the page before.
    list { filter: CallsFilter, cursor: Option<String>, limit: u32 } -> CallsPage,
    one { id: String } -> CallView,
    /// Orders a call from the user's phone to this number.
    call_back { number: String } -> Placed,
}

async fn list(core: &Arc<Core>, filter: CallsFilter, cursor: Option<String>, limit: u32) -> Answer<CallsPage> {
    core.with_desk(move |desk| desk.calls(&filter, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn one(core: &Arc<Core>, id: String) -> Answer<CallView> {
    core.with_desk(move |desk| desk.call(&id)).await
}

async fn call_back(core: &Arc<Core>, number: String) -> Answer<Placed> {
    action::call_back(core, &number).await
}
