//! `/v1/company/changes`: the log as every abonent sees it, for an administrator's report and journal. No WebSocket: nobody
//! waits for it with a ringing phone.

use super::{Changes, Wait, listed, newest, news};
use crate::feed::Feed;
use crate::feed::socket::PAGE;
use crate::http::caller::Admin;
use crate::http::error::ApiError;
use crate::http::input::{Cursor, Limit, Query};
use crate::tables::{LedgerError, calls};
use crate::told::{Snapshot, View, part};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
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
    let after = query.after.map_or(0, Cursor::get);
    let limit = query.limit.map_or(PAGE, |limit| limit.get() as usize);
    let wait = Duration::from_secs(query.wait.map_or(0, |wait| wait.get() as u64));
    let mut seat = feed.hub.join(View::Company, caller.user.clone());
    let until = feed.ledger.durable_version().await?;
    let mut page = page(&feed, (after, until), limit).await?;
    if page.reached == after && !wait.is_zero() {
        let until = news(&feed, &caller, &mut seat, wait).await?;
        page = self::page(&feed, (after, until), limit).await?;
    }
    let newest = newest(&feed.ledger, View::Company, after).await?;
    Ok(listed(&page.parts, page.reached, page.more, newest))
}

struct Page {
    parts: Vec<Snapshot>,
    /// Version of its last call, which nobody needs to have a part in.
    reached: i64,
    more: bool,
}

async fn page(feed: &Feed, (after, until): (i64, i64), limit: usize) -> Result<Page, LedgerError> {
    let roster = feed.roster.borrow().clone();
    feed.ledger
        .read(move |connection| {
            let rows = calls::changes(connection, None, (after, until), limit)?;
            let mut page = Page {
                parts: Vec::new(),
                reached: after,
                more: rows.len() == limit,
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
                    let part = part(&row, abonent, &roster);
                    bytes += part.json.len();
                    page.parts.push(part);
                }
                page.reached = row.version;
            }
            Ok(page)
        })
        .await
}
