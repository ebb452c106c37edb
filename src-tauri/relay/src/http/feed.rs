//! `/v1/feed` and `/v1/changes`: the same log after a cursor, by WebSocket and by long poll.

use super::caller::Caller;
use super::query;
use crate::feed::Feed;
use crate::feed::socket::{self, PAGE};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::{calls, settings};
use crate::told::{Snapshot, View};
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::time::Duration;

/// The newest version that the reader may see, so that he knows his backlog.
const VERSION: HeaderName = HeaderName::from_static("x-perezvon-version");

/// Longest wait of the long poll, seconds.
const MAX_WAIT: u64 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Params {
    #[serde(default)]
    after: i64,
    abonent: Option<String>,
    wait: Option<u64>,
    limit: Option<usize>,
}

/// `GET /v1/feed?after=SEQ`.
pub(crate) async fn socket(
    State(feed): State<Feed>,
    caller: Caller,
    params: Result<Query<Params>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let params = query(params)?;
    let view = caller.view(&feed.roster.borrow(), params.abonent.as_deref())?;
    let upgrade = upgrade.map_err(|_| ApiError::BadRequest("a WebSocket upgrade is expected"))?;
    if feed.stop.is_cancelled() {
        return Err(ApiError::Stopping);
    }
    // The place comes first: what is committed while the ledger is read is already in its queue.
    let seat = feed.hub.join(view.clone(), caller.user.clone());
    let newest = newest(&feed.ledger, view, params.after).await?;
    // A key that was revoked before the place was taken found nothing to cut.
    still_valid(&feed.ledger, &caller).await?;
    let mut response = upgrade
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(256 * 1024)
        // Readers say nothing but pongs.
        .max_message_size(1024)
        .max_frame_size(1024)
        .on_upgrade(move |socket| socket::serve(feed, socket, seat, params.after, caller.user));
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
        Ok(calls::newest(connection, view.abonent())?.max(given_out).min(durable))
    };
    Ok(ledger.read(newest).await?)
}

/// `GET /v1/changes?after=SEQ&wait=25`.
pub(crate) async fn changes(
    State(feed): State<Feed>,
    caller: Caller,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Response, ApiError> {
    let params = query(params)?;
    let view = caller.view(&feed.roster.borrow(), params.abonent.as_deref())?;
    let limit = super::page_size(params.limit.or(Some(PAGE)))?;
    let wait = Duration::from_secs(params.wait.unwrap_or(0).min(MAX_WAIT));
    let mut seat = feed.hub.join(view.clone(), caller.user.clone());
    let until = feed.ledger.durable_version().await?;
    let mut page = socket::page(&feed, &view, (params.after, until), limit).await?;
    if page.is_empty() && !wait.is_zero() {
        tokio::select! {
            _ = seat.news.recv() => {}
            () = tokio::time::sleep(wait) => {}
            () = feed.stop.cancelled() => {}
        }
        // Who is revoked loses the place, and must not be told what has come since.
        still_valid(&feed.ledger, &caller).await?;
        let until = feed.ledger.durable_version().await?;
        page = socket::page(&feed, &view, (params.after, until), limit).await?;
    }
    let mut response = listed(&page, params.after, page.len() == limit);
    let newest = newest(&feed.ledger, view, params.after).await?;
    response.headers_mut().insert(VERSION, HeaderValue::from(newest));
    Ok(response)
}

async fn still_valid(ledger: &Ledger, caller: &Caller) -> Result<(), ApiError> {
    if socket::may_still_read(ledger, caller.user.as_deref()).await {
        Ok(())
    } else {
        Err(ApiError::Unauthorized)
    }
}

/// The snapshots are JSON already.
fn listed(page: &[Snapshot], after: i64, more: bool) -> Response {
    let after = page.last().map_or(after, |told| told.version);
    let calls: Vec<&str> = page.iter().map(|told| told.json.as_str()).collect();
    let json = format!(r#"{{"calls":[{}],"after":{after},"more":{more}}}"#, calls.join(","));
    (
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        json,
    )
        .into_response()
}
