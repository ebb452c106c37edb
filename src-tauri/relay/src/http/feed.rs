//! `/v1/feed` and `/v1/changes`: the same log after a cursor, by WebSocket and by long poll.

pub(crate) mod company;

use super::caller::Caller;
use super::input::{Bounded, Cursor, Id, Limit, Query};
use crate::feed::socket::{self, PAGE};
use crate::feed::{Feed, Registration};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::{calls, settings};
use crate::told::{Snapshot, View};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use perezvon_core::CallSnapshot;
use serde::Deserialize;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// The newest version that the reader may see, so that they know their backlog.
const VERSION: HeaderName = HeaderName::from_static("x-perezvon-version");

/// How long the long poll waits, seconds.
type Wait = Bounded<0, 60>;

/// Which calls a feed tells.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedQuery {
    /// The version last seen; 0 where nothing was seen.
    #[param(inline)]
    after: Option<Cursor>,
    /// Only for an administrator: one abonent's view.
    #[param(inline)]
    abonent: Option<Id>,
}

/// Which calls are told, and how long to wait for them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangesQuery {
    /// The version last seen; 0 where nothing was seen.
    #[param(inline)]
    after: Option<Cursor>,
    /// Only for an administrator: one abonent's view.
    #[param(inline)]
    abonent: Option<Id>,
    /// Seconds to wait for a change.
    #[param(inline)]
    wait: Option<Wait>,
    #[param(inline)]
    limit: Option<Limit>,
}

/// Calls that changed.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what `listed` writes; the checker of the contract holds one against the other"
)]
pub(crate) struct Changes {
    calls: Vec<CallSnapshot>,
    /// The version to go on from.
    after: i64,
    /// Whether there are more already.
    more: bool,
}

/// Calls by WebSocket: each text message is one call snapshot, in the order of versions, the backlog first. The answer to the
/// upgrade carries `x-perezvon-version`, the newest version that the reader may see; one older than `after` means that
/// the ledger is another (made anew, restored): forget everything and ask again with `after=0`. Close code 1013: come
/// back with the cursor.
#[utoipa::path(
    get,
    path = "/v1/feed",
    params(FeedQuery),
    responses((status = 101, headers(("x-perezvon-version" = i64, description = "The newest version"))))
)]
pub(crate) async fn socket(
    State(feed): State<Feed>,
    caller: Caller,
    Query(query): Query<FeedQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let after = query.after.map_or(0, Cursor::get);
    let view = caller.view(&feed.roster.borrow(), query.abonent.as_ref().map(Id::as_str))?;
    let upgrade = upgrade.map_err(|_| ApiError::BadRequest("a WebSocket upgrade is expected"))?;
    if feed.stop.is_cancelled() {
        return Err(ApiError::Stopping);
    }
    // The place comes first: what is committed while the ledger is read is already in its queue.
    let seat = feed.hub.join(view.clone(), caller.user.clone());
    let newest = newest(&feed.ledger, view, after).await?;
    // A key that was revoked before the place was taken found nothing to cut.
    still_valid(&feed.ledger, &caller).await?;
    let mut response = upgrade
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(256 * 1024)
        // Readers say nothing but pongs.
        .max_message_size(1024)
        .max_frame_size(1024)
        .on_upgrade(move |socket| socket::serve(feed, socket, seat, after, caller.user));
    response.headers_mut().insert(VERSION, HeaderValue::from(newest));
    Ok(response)
}

/// The newest version that the reader may see, as far as it is on the disk; one before the cursor where the reader must
/// begin anew. Calls that retention deleted, or that were other people's, are no reason for that: a cursor that the
/// ledger has given out is never before them.
async fn newest(ledger: &Ledger, view: View, cursor: i64) -> Result<i64, ApiError> {
    let durable = ledger.known_durable();
    let newest = move |connection: &rusqlite::Connection| {
        if let Some(older) = settings::lost(connection, cursor)? {
            return Ok(older);
        }
        let given_out = cursor.min(calls::version(connection)?);
        Ok(calls::views::newest(connection, view.abonent())?
            .max(given_out)
            .min(durable))
    };
    Ok(ledger.read(newest).await?)
}

/// The same calls by long poll, with the same header.
#[utoipa::path(
    get,
    path = "/v1/changes",
    params(ChangesQuery),
    responses((
        status = 200,
        body = Changes,
        headers(("x-perezvon-version" = i64, description = "The newest version that the reader may see"))
    ))
)]
pub(crate) async fn changes(
    State(feed): State<Feed>,
    caller: Caller,
    Query(query): Query<ChangesQuery>,
) -> Result<Response, ApiError> {
    let after = query.after.map_or(0, Cursor::get);
    let view = caller.view(&feed.roster.borrow(), query.abonent.as_ref().map(Id::as_str))?;
    let limit = query.limit.map_or(PAGE, |limit| limit.get() as usize);
    let wait = Duration::from_secs(query.wait.map_or(0, |wait| wait.get() as u64));
    let mut seat = feed.hub.join(view.clone(), caller.user.clone());
    let until = feed.ledger.durable_version().await?;
    let mut page = socket::page(&feed, &view, (after, until), limit).await?;
    if page.is_empty() && !wait.is_zero() {
        let until = news(&feed, &caller, &mut seat, wait).await?;
        page = socket::page(&feed, &view, (after, until), limit).await?;
    }
    let reached = page.last().map_or(after, |told| told.version);
    let newest = newest(&feed.ledger, view, after).await?;
    Ok(listed(&page, reached, page.len() == limit, newest))
}

/// Waits for a call that changes; up to which version the log may be told then.
async fn news(feed: &Feed, caller: &Caller, seat: &mut Registration, wait: Duration) -> Result<i64, ApiError> {
    tokio::select! {
        _ = seat.news.recv() => {}
        () = tokio::time::sleep(wait) => {}
        () = feed.stop.cancelled() => {}
    }
    // Who is revoked loses the place, and must not be told what has come since.
    still_valid(&feed.ledger, caller).await?;
    Ok(feed.ledger.durable_version().await?)
}

async fn still_valid(ledger: &Ledger, caller: &Caller) -> Result<(), ApiError> {
    if socket::may_still_read(ledger, caller.user.as_deref()).await {
        Ok(())
    } else {
        Err(ApiError::Unauthorized)
    }
}

/// [`Changes`] as JSON; the snapshots are that already.
fn listed(page: &[Snapshot], after: i64, more: bool, newest: i64) -> Response {
    let calls: Vec<&str> = page.iter().map(|told| told.json.as_str()).collect();
    let json = format!(r#"{{"calls":[{}],"after":{after},"more":{more}}}"#, calls.join(","));
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind), (VERSION, newest.into())], json).into_response()
}
