//! Contacts.

use super::{Answer, MAX_PAGE_ROWS};
use crate::core::Core;
use crate::watched::WatchedFile;
use perezvon_desk::view::{
    ContactBefore, ContactDraft, ContactView, ContactsAt, ContactsFormat, ContactsPage, ContactsPlace, FileWritten,
};
use std::sync::Arc;

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "contacts";

room! {
    /// A page, by name; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then
    /// the cursor by which it is read itself.
    list { query: String, cursor: Option<String>, back: bool, limit: u32 } -> ContactsPage,
    /// Where in that list a name or a row is.
    place { query: String, at: ContactsAt } -> ContactsPlace,
    one { id: i64 } -> ContactView,
    /// Answers the contact's id.
    save { draft: ContactDraft } -> i64,
    attach_number { id: i64, number: String, label: String } -> (),
    /// Answers what it was, by which it comes back under its id.
    delete { id: i64 } -> ContactBefore,
    undelete { before: ContactBefore } -> (),
    /// One contact of several: the first, with what it lacks of the others. Answers the id to take it back by.
    merge { ids: Vec<i64> } -> i64,
    unmerge { merge: i64 } -> (),
    /// How the files stand that are read again when they change.
    watched {} -> Vec<WatchedFile>,
    /// Writes all of them into a file in the folder of downloads, or those of these `ids` alone, at most 1000, in the order
    /// in which the query lists them; those that are gone are left out.
    export { format: ContactsFormat, query: String, ids: Option<Vec<i64>> } -> FileWritten,
}

async fn list(core: &Arc<Core>, query: String, cursor: Option<String>, back: bool, limit: u32) -> Answer<ContactsPage> {
    core.with_desk(move |desk| {
        let from = (cursor.as_deref(), back);
        desk.newest_contacts(VIEW, &query, from, limit.min(MAX_PAGE_ROWS))
    })
    .await
}

async fn place(core: &Arc<Core>, query: String, at: ContactsAt) -> Answer<ContactsPlace> {
    core.with_desk(move |desk| desk.contacts_place("contacts place", &query, &at))
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

async fn merge(core: &Arc<Core>, ids: Vec<i64>) -> Answer<i64> {
    let saved = core.with_desk(move |desk| desk.merge_contacts(&ids)).await?;
    core.show(saved.toasts).await;
    Ok(saved.id)
}

async fn unmerge(core: &Arc<Core>, merge: i64) -> Answer<()> {
    let toasts = core.with_desk(move |desk| desk.unmerge_contacts(merge)).await?;
    core.show(toasts).await;
    Ok(())
}

async fn watched(core: &Arc<Core>) -> Answer<Vec<WatchedFile>> {
    Ok(core.watched.files())
}

/// Longest wait for all contacts to be written.
const EXPORT_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(2);

async fn export(core: &Arc<Core>, format: ContactsFormat, query: String, ids: Option<Vec<i64>>) -> Answer<FileWritten> {
    let folder = core.shell.downloads().unwrap_or_else(|| core.data_dir.clone());
    core.with_desk_within(EXPORT_TIMEOUT, move |desk| {
        let chosen = ids.as_deref().map(|ids| (query.as_str(), ids));
        desk.export_contacts(format, chosen, &folder)
    })
    .await
}

async fn delete(core: &Arc<Core>, id: i64) -> Answer<ContactBefore> {
    let (before, toasts) = core.with_desk(move |desk| desk.delete_contact(id)).await?;
    core.show(toasts).await;
    Ok(before)
}

async fn undelete(core: &Arc<Core>, before: ContactBefore) -> Answer<()> {
    let toasts = core.with_desk(move |desk| desk.undelete_contact(&before)).await?;
    core.show(toasts).await;
    Ok(())
}
