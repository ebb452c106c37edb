//! Contacts.

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use perezvon_desk::view::{ContactDraft, ContactView, ContactsPage};
use std::sync::Arc;

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "contacts";

room! {
    /// A page, by name; `cursor` of the page before.
    list { query: String, cursor: Option<String>, limit: u32 } -> ContactsPage,
    one { id: i64 } -> ContactView,
    /// Answers the contact's id.
    save { draft: ContactDraft } -> i64,
    attach_number { id: i64, number: String, label: String } -> (),
    delete { id: i64 } -> (),
}

async fn list(core: &Arc<Core>, query: String, cursor: Option<String>, limit: u32) -> Answer<ContactsPage> {
    core.with_desk(move |desk| desk.newest_contacts(VIEW, &query, cursor.as_deref(), limit.min(MAX_PAGE_ROWS)))
        .await
}

async fn one(core: &Arc<Core>, id: i64) -> Answer<ContactView> {
    core.with_desk(move |desk| desk.contact(id)).await
}

async fn save(core: &Arc<Core>, draft: ContactDraft) -> Answer<i64> {
    let saved = core.with_desk(move |desk| desk.save_contact(&draft)).await?;
    // A name that becomes known late rewrites the toasts that show its number.
    core.show(saved.toasts).await;
    Ok(saved.id)
}

async fn attach_number(core: &Arc<Core>, id: i64, number: String, label: String) -> Answer<()> {
    let saved = core
        .with_desk(move |desk| desk.attach_number(id, &number, &label))
        .await?;
    core.show(saved.toasts).await;
    Ok(())
}

async fn delete(core: &Arc<Core>, id: i64) -> Answer<()> {
    let saved = core.with_desk(move |desk| desk.delete_contact(id)).await?;
    core.show(saved.toasts).await;
    Ok(())
}
