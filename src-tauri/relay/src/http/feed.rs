//! `/v1/feed` and `/v1/changes`: the same log after a cursor, by WebSocket and by long poll.

pub(crate) mod company;

use super::caller::Caller;
use super::input::{Bounded, Cursor, Id, Limit, Query};
use crate::feed::socket::{self, PAGE};
use crate::feed::{Feed, Registration};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::roster::Roster;
use crate::tables::{LedgerError, calls, settings};
use crate::told::{Snapshot, View};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use perezvon_core::CallSnapshot;
use rusqlite::Connection;
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
    let newest = move |connection: &Connection| {
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
    let view = caller.view(&feed.roster.borrow(), query.abonent.as_ref().map(Id::as_str))?;
    let asked = Asked::of(query.after, query.limit, query.wait);
    asked.answer(&feed, &caller, view, calls_of).await
}

/// The calls of a page as the reader of the view gets them.
fn calls_of(connection: &Connection, view: &View, roster: &Roster, range: Range) -> Result<Page, LedgerError> {
    let calls = socket::read(connection, view, roster, (range.after, range.until), range.limit)?;
    Ok(Page {
        reached: calls.last().map_or(range.after, |told| told.version),
        more: calls.len() == range.limit,
        calls,
    })
}

/// What a long poll asks for.
struct Asked {
    /// The version last seen.
    after: i64,
    /// Most calls.
    limit: usize,
    /// How long to wait for a change.
    wait: Duration,
}

/// Which part of the log a page is read from.
#[derive(Clone, Copy)]
struct Range {
    /// Newer than this version,
    after: i64,
    /// and no newer than this one.
    until: i64,
    /// Most calls.
    limit: usize,
}

/// What a long poll is answered.
struct Page {
    calls: Vec<Snapshot>,
    /// The version to go on from.
    reached: i64,
    /// Whether there are more already.
    more: bool,
}

/// How a page is made of the log.
type ReadPage = fn(&Connection, &View, &Roster, Range) -> Result<Page, LedgerError>;

impl Asked {
    fn of(after: Option<Cursor>, limit: Option<Limit>, wait: Option<Wait>) -> Self {
        Self {
            after: after.map_or(0, Cursor::get),
            limit: limit.map_or(PAGE, |limit| limit.get() as usize),
            wait: Duration::from_secs(wait.map_or(0, |wait| wait.get() as u64)),
        }
    }

    /// The page after the version last seen; where it is empty, once more after a change or the wait.
    async fn answer(&self, feed: &Feed, caller: &Caller, view: View, read: ReadPage) -> Result<Response, ApiError> {
        let mut seat = feed.hub.join(view.clone(), caller.user.clone());
        let until = feed.ledger.durable_version().await?;
        let mut page = self.page(feed, &view, until, read).await?;
        if page.reached == self.after && !self.wait.is_zero() {
            let until = news(feed, caller, &mut seat, self.wait).await?;
            page = self.page(feed, &view, until, read).await?;
        }
        let newest = newest(&feed.ledger, view, self.after).await?;
        Ok(listed(&page, newest))
    }

    async fn page(&self, feed: &Feed, view: &View, until: i64, read: ReadPage) -> Result<Page, LedgerError> {
        let (view, roster) = (view.clone(), feed.roster.borrow().clone());
        let range = Range {
            after: self.after,
            until,
            limit: self.limit,
        };
        feed.ledger
            .read(move |connection| read(connection, &view, &roster, range))
            .await
    }
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
fn listed(page: &Page, newest: i64) -> Response {
    let calls: Vec<&str> = page.calls.iter().map(|told| told.json.as_str()).collect();
    let calls = calls.join(",");
    let Page { reached, more, .. } = page;
    let json = format!(r#"{{"calls":[{calls}],"after":{reached},"more":{more}}}"#);
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind), (VERSION, newest.into())], json).into_response()
}
