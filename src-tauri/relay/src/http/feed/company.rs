//! `/v1/company/changes`: the log as every abonent sees it, for an administrator's report and journal. No WebSocket: nobody
//! waits for it with a ringing phone.

use super::{Asked, Changes, Page, Range, Wait};
use crate::feed::Feed;
use crate::http::caller::Admin;
use crate::http::error::ApiError;
use crate::http::input::{Cursor, Limit, Query};
use crate::roster::Roster;
use crate::tables::{LedgerError, calls};
use crate::told::{View, part};
use axum::extract::State;
use axum::response::Response;
use rusqlite::Connection;
use serde::Deserialize;
use utoipa::IntoParams;

/// A page ends with the call that makes it longer than this, bytes.
const MAX_BYTES: usize = 1 << 20;

/// Which part of the log, and how long to wait for it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyQuery {
    /// The version last seen; 0 where nothing was seen.
    #[param(inline)]
    after: Option<Cursor>,
    /// Seconds to wait for a change.
    #[param(inline)]
    wait: Option<Wait>,
    /// Calls, each with all its parts.
    #[param(inline)]
    limit: Option<Limit>,
}

/// Calls of the whole company that changed since a version: each once for every abonent who has a part in it, as told to an
/// administrator who asks for that abonent, but with no legs of others. Who no longer has a part is told `supersededBy`.
/// The header is that of `/v1/changes`.
#[utoipa::path(
    get,
    path = "/v1/company/changes",
    params(CompanyQuery),
    responses((
        status = 200,
        body = Changes,
        headers(("x-perezvon-version" = i64, description = "The newest version of the company's calls"))
    ))
)]
pub(crate) async fn changes(
    State(feed): State<Feed>,
    Admin(caller): Admin,
    Query(query): Query<CompanyQuery>,
) -> Result<Response, ApiError> {
    let asked = Asked::of(query.after, query.limit, query.wait);
    asked.answer(&feed, &caller, View::Company, parts_of).await
}

/// Every abonent's part in the calls of a page. It ends with the version of its last call, in which nobody needs to have a part.
fn parts_of(connection: &Connection, _: &View, roster: &Roster, range: Range) -> Result<Page, LedgerError> {
    let rows = calls::changes(connection, None, (range.after, range.until), range.limit)?;
    let mut page = Page {
        calls: Vec::new(),
        reached: range.after,
        more: rows.len() == range.limit,
    };
    let mut bytes = 0;
    for row in rows {
        if bytes > MAX_BYTES {
            page.more = true;
            break;
        }
        let gone = calls::views::revoked(connection, row.seq)?;
        let abonents = row.call.abonents().into_iter();
        for abonent in abonents.chain(gone.iter().map(String::as_str)) {
            let part = part(&row, abonent, roster);
            bytes += part.json.len();
            page.calls.push(part);
        }
        page.reached = row.version;
    }
    Ok(page)
}
