//! The list «Уведомления».

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use perezvon_desk::view::NotificationRow;
use std::sync::Arc;

room! {
    list { before: Option<i64>, limit: u32 } -> Vec<NotificationRow>,
    /// Lines that are shown, read again; those that are gone are left out.
    rows { ids: Vec<i64> } -> Vec<NotificationRow>,
    /// Without an id: all.
    seen { id: Option<i64> } -> (),
}

async fn list(core: &Arc<Core>, before: Option<i64>, limit: u32) -> Answer<Vec<NotificationRow>> {
    core.with_desk(move |desk| desk.notifications(before, limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn rows(core: &Arc<Core>, ids: Vec<i64>) -> Answer<Vec<NotificationRow>> {
    core.with_desk(move |desk| desk.notification_rows(&ids)).await
}

async fn seen(core: &Arc<Core>, id: Option<i64>) -> Answer<()> {
    core.with_desk(move |desk| desk.notification_seen(id)).await
}
