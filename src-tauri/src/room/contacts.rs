//! Contacts.

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use crate::ipc::Changed;
use perezvon_desk::Saved;
use perezvon_desk::view::{ContactDraft, ContactRow, ContactView};
use std::sync::Arc;

room! {
    list { query: String, offset: u32, limit: u32 } -> Vec<ContactRow>,
    one { id: i64 } -> ContactView,
    /// Answers the contact's id.
    save { draft: ContactDraft } -> i64,
    attach_number { id: i64, number: String, label: String } -> (),
    delete { id: i64 } -> (),
}

async fn list(core: &Arc<Core>, query: String, offset: u32, limit: u32) -> Answer<Vec<ContactRow>> {
    core.with_desk(move |desk| desk.contacts(&query, offset, limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn one(core: &Arc<Core>, id: i64) -> Answer<ContactView> {
    core.with_desk(move |desk| desk.contact(id)).await
}

async fn save(core: &Arc<Core>, draft: ContactDraft) -> Answer<i64> {
    let saved = core.with_desk(move |desk| desk.save_contact(&draft)).await?;
    let id = saved.id;
    changed(core, saved).await;
    Ok(id)
}

async fn attach_number(core: &Arc<Core>, id: i64, number: String, label: String) -> Answer<()> {
    let saved = core
        .with_desk(move |desk| desk.attach_number(id, &number, &label))
        .await?;
    changed(core, saved).await;
    Ok(())
}

async fn delete(core: &Arc<Core>, id: i64) -> Answer<()> {
    let saved = core.with_desk(move |desk| desk.delete_contact(id)).await?;
    changed(core, saved).await;
    Ok(())
}

/// A name that becomes known late rewrites the toasts that show its number.
async fn changed(core: &Core, saved: Saved) {
    core.show(saved.toasts).await;
    core.changed(Changed::everything());
}
