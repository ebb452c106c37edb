//! Calls.

use super::report::save_into_file;
use super::{Answer, MAX_PAGE_ROWS};
use crate::action;
use crate::core::Core;
use crate::ipc::Placed;
use perezvon_desk::Desk;
use perezvon_desk::view::{
    CallColumn, CallRow, CallView, CallsAt, CallsFilter, CallsKept, CallsPage, CallsPlace, CallsSpan, CompanyCalls,
    FileWritten,
};
use serde::Serialize;
use std::sync::Arc;
use ts_rs::TS;

/// While somebody types only the last letter's answer is wanted.
const VIEW: &str = "calls";

room! {
    /// A page; `cursor` of the page before. `back`: the page that ends at the cursor; its `next` is then
    /// the cursor by which it is read itself.
    list { filter: CallsFilter, span: CallsSpan, cursor: Option<String>, back: bool, limit: u32 } -> CallsPage,
    /// The same for paper: neither question ends the other.
    paper { filter: CallsFilter, span: CallsSpan, cursor: Option<String>, limit: u32 } -> CallsPage,
    /// The newest calls, for a list beside the page: its question does not end the page's.
    latest { limit: u32 } -> Vec<CallRow>,
    /// Where in that list a moment or a row is.
    place { filter: CallsFilter, span: CallsSpan, at: CallsAt } -> CallsPlace,
    /// Rows that are shown, read again; those that the filter lists no longer are left out.
    rows { filter: CallsFilter, ids: Vec<String> } -> Vec<CallRow>,
    /// In the view of an abonent of the company, or in the user's own.
    one { id: String, abonent: Option<String> } -> CallView,
    /// Filters with names, and how the list is shown.
    kept {} -> CallsKept,
    keep { kept: CallsKept } -> (),
    /// Writes what is listed into a file in the folder of downloads, or of it the calls of these `ids` alone, at most 1000;
    /// those that are gone are left out. One file at a time, with the report's, and as those it tells how far it is and can
    /// be broken off.
    save {
        filter: CallsFilter,
        span: CallsSpan,
        ids: Option<Vec<String>>,
        columns: Vec<CallColumn>,
        name: String,
        cyrillic: bool,
    } -> FileWritten,
    /// Orders a call from the user's phone to this number.
    call_back { number: String } -> Placed,
    /// How far the whole company's calls are here, for an administrator.
    company {} -> CompanyCalls,
    /// Whether they are wanted here. What is no longer wanted is deleted.
    want_company { wanted: bool } -> (),
    /// Whose calls they are, by their names.
    abonents {} -> Vec<Named>,
}

/// An abonent of the company.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[ts(export, rename = "NamedAbonent")]
pub(super) struct Named {
    /// Name, or the id where none is known.
    name: String,
    /// `userId`.
    id: String,
}

async fn list(
    core: &Arc<Core>,
    filter: CallsFilter,
    span: CallsSpan,
    cursor: Option<String>,
    back: bool,
    limit: u32,
) -> Answer<CallsPage> {
    core.may_see(filter.abonent.is_some())?;
    core.with_desk(move |desk| {
        let from = (cursor.as_deref(), back);
        desk.calls_between(VIEW, &filter, span, from, limit.min(MAX_PAGE_ROWS))
    })
    .await
}

async fn paper(
    core: &Arc<Core>,
    filter: CallsFilter,
    span: CallsSpan,
    cursor: Option<String>,
    limit: u32,
) -> Answer<CallsPage> {
    core.may_see(filter.abonent.is_some())?;
    core.with_desk(move |desk| {
        let from = (cursor.as_deref(), false);
        desk.calls_between("calls paper", &filter, span, from, limit.min(MAX_PAGE_ROWS))
    })
    .await
}

async fn latest(core: &Arc<Core>, limit: u32) -> Answer<Vec<CallRow>> {
    core.with_desk(move |desk| {
        let (all, span) = (CallsFilter::default(), CallsSpan::default());
        let page = desk.calls_between("calls latest", &all, span, (None, false), limit.min(MAX_PAGE_ROWS))?;
        Ok(page.rows)
    })
    .await
}

async fn place(core: &Arc<Core>, filter: CallsFilter, span: CallsSpan, at: CallsAt) -> Answer<CallsPlace> {
    core.may_see(filter.abonent.is_some())?;
    core.with_desk(move |desk| desk.calls_place("calls place", &filter, span, at))
        .await
}

async fn rows(core: &Arc<Core>, filter: CallsFilter, ids: Vec<String>) -> Answer<Vec<CallRow>> {
    core.may_see(filter.abonent.is_some())?;
    core.with_desk(move |desk| desk.call_rows(&filter, &ids)).await
}

async fn one(core: &Arc<Core>, id: String, abonent: Option<String>) -> Answer<CallView> {
    core.may_see(abonent.is_some())?;
    core.with_desk(move |desk| desk.call(&id, abonent.as_deref())).await
}

async fn company(core: &Arc<Core>) -> Answer<CompanyCalls> {
    let wanted = *core.company_wanted.borrow();
    Ok(CompanyCalls {
        wanted,
        ..core.company.borrow().clone()
    })
}

async fn want_company(core: &Arc<Core>, wanted: bool) -> Answer<()> {
    core.may_see(wanted)?;
    core.want_company(wanted).await
}

async fn abonents(core: &Arc<Core>) -> Answer<Vec<Named>> {
    core.may_see(true)?;
    let names = core.with_desk(Desk::company_abonents).await?;
    let me = core.me().map(|me| me.id).unwrap_or_default();
    let named = |(id, name): (String, String)| Named {
        name: if name.is_empty() { id.clone() } else { name },
        id,
    };
    let mut all: Vec<Named> = names.into_iter().filter(|(id, _)| *id != me).map(named).collect();
    all.sort();
    Ok(all)
}

async fn kept(core: &Arc<Core>) -> Answer<CallsKept> {
    core.with_desk(Desk::calls_kept).await
}

async fn keep(core: &Arc<Core>, kept: CallsKept) -> Answer<()> {
    core.with_desk(move |desk| desk.keep_calls(&kept)).await
}

async fn save(
    core: &Arc<Core>,
    filter: CallsFilter,
    span: CallsSpan,
    ids: Option<Vec<String>>,
    columns: Vec<CallColumn>,
    name: String,
    cyrillic: bool,
) -> Answer<FileWritten> {
    core.may_see(filter.abonent.is_some())?;
    save_into_file(core, move |desk, folder, going| {
        let (list, shown) = ((&filter, span), (&columns[..], cyrillic));
        desk.write_calls(list, ids.as_deref(), shown, (folder, &name), going)
    })
    .await
}

async fn call_back(core: &Arc<Core>, number: String) -> Answer<Placed> {
    action::call_back(core, &number).await
}
