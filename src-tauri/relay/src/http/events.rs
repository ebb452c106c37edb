//! `/v1/events`: the event journal.

use super::caller::Admin;
use super::{flag, page_size, query, sought};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::ledger::entry::{self, Noted};
use crate::roster::RosterNow;
use crate::tables::audit::What;
use crate::tables::events::{self, EventQuery, EventRow};
use crate::tables::scan::{Order, Page, Span};
use crate::tables::{LedgerError, calls};
use crate::told::view_for;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use perezvon_core::call::Reader;
use perezvon_core::{Call, CallSnapshot, Time};
use perezvon_pbx::xsi;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Events that an export reads at a time.
const EXPORTED: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    q: Option<String>,
    kind: Option<String>,
    unreadable: Option<String>,
    call: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
    cursor: Option<i64>,
    limit: Option<usize>,
}

impl Filter {
    fn query(self, order: Order, limit: usize, raw: bool) -> Result<EventQuery, ApiError> {
        Ok(EventQuery {
            q: sought(self.q)?,
            kind: sought(self.kind)?,
            unreadable: flag(self.unreadable.as_ref()),
            call: sought(self.call)?,
            span: Span {
                from: self.from,
                to: self.to,
            },
            order,
            cursor: self.cursor,
            limit,
            raw,
        })
    }
}

#[derive(Serialize)]
pub(crate) struct Told {
    events: Vec<EventRow>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// `GET /v1/events`: newest first.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    params: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Told>, ApiError> {
    let filter = query(params)?;
    let limit = page_size(filter.limit)?;
    let query = filter.query(Order::NewestFirst, limit, false)?;
    let page = ledger
        .read(move |connection| events::search(connection, &query))
        .await?;
    Ok(Json(Told {
        events: page.rows,
        cursor: page.next,
    }))
}

/// A number that is none is the number of no event.
fn number(seq: &str) -> Result<i64, ApiError> {
    seq.parse().map_err(|_| ApiError::NotFound)
}

/// `GET /v1/events/{seq}`: one event with the text as it was posted.
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    _: Admin,
    Path(seq): Path<String>,
) -> Result<Json<EventRow>, ApiError> {
    let seq = number(&seq)?;
    let row = ledger.read(move |connection| events::one(connection, seq)).await?;
    row.map(Json).ok_or(ApiError::NotFound)
}

/// `GET /v1/events/export`: JSON lines, oldest first, in pieces: neither side need hold the journal.
pub(crate) async fn export(
    State(ledger): State<Ledger>,
    State(stop): State<CancellationToken>,
    Admin(caller): Admin,
    params: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, ApiError> {
    let filter = query(params)?;
    if filter.limit.is_some() || filter.cursor.is_some() {
        return Err(ApiError::BadRequest("an export is not read in pages"));
    }
    let query = filter.query(Order::OldestFirst, EXPORTED, true)?;
    let detail = json!({ "journal": "events", "from": query.span.from, "to": query.span.to, "filtered":
        query.q.is_some() || query.kind.is_some() || query.call.is_some() || query.unreadable });
    let taken = Noted {
        who: (&caller).into(),
        what: What::ExportTaken,
        subject: None,
        detail: Some(detail),
    };
    ledger.put(taken).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"events.jsonl\""),
        ),
    ];
    Ok((headers, Body::from_stream(lines(ledger, stop, query))).into_response())
}

/// Page after page, read when the taker has room for it.
fn lines(
    ledger: Ledger,
    stop: CancellationToken,
    query: EventQuery,
) -> impl Stream<Item = Result<String, LedgerError>> + Send {
    stream::unfold(Some(query), move |left| {
        let (ledger, stop) = (ledger.clone(), stop.clone());
        async move {
            let mut query = left?;
            if stop.is_cancelled() {
                // Cut, not ended: a short journal must not look whole.
                return Some((Err(LedgerError::Busy), None));
            }
            let sent = query.clone();
            let page = ledger
                .read(move |connection| events::search(connection, &sent))
                .await
                .and_then(|page| Ok((text(&page)?, page.next)));
            Some(match page {
                Ok((text, next)) => {
                    query.cursor = next;
                    (Ok(text), next.map(|_| query))
                }
                Err(error) => (Err(error), None),
            })
        }
    })
}

fn text(page: &Page<EventRow>) -> Result<String, LedgerError> {
    let mut text = String::new();
    for row in &page.rows {
        text.push_str(&serde_json::to_string(row).map_err(LedgerError::state)?);
        text.push('\n');
    }
    Ok(text)
}

#[derive(Serialize)]
pub(crate) struct Replayed {
    /// Whether the event's call, or another one, knows more than before.
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<CallSnapshot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<CallSnapshot>,
    /// Why the event still cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// `POST /v1/events/{seq}/replay`: reads the event again with today's program and gives it to its call once more. An
/// event that was taken already changes nothing; one that could not be read then and can be now becomes part of its call.
pub(crate) async fn replay(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    Admin(caller): Admin,
    Path(seq): Path<String>,
) -> Result<Json<Replayed>, ApiError> {
    let seq = number(&seq)?;
    let raw = ledger
        .read(move |connection| events::raw(connection, seq))
        .await?
        .ok_or(ApiError::NotFound)?;
    let read = xsi::parse(&raw).map_err(|error| error.to_string());
    let error = read.as_ref().err().cloned();
    let key = read.as_ref().ok().and_then(|e| e.calls.iter().find_map(Call::key_of));
    let before = snapshot(&ledger, &roster, key.clone()).await?;
    let replayed = ledger
        .put(entry::Replayed {
            seq,
            read: Box::new(read),
            who: (&caller).into(),
        })
        .await?;
    Ok(Json(Replayed {
        changed: replayed.ok_or(ApiError::NotFound)?,
        before,
        after: snapshot(&ledger, &roster, key).await?,
        error,
    }))
}

/// The call as the company sees it.
async fn snapshot(ledger: &Ledger, roster: &RosterNow, key: Option<String>) -> Result<Option<CallSnapshot>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let row = ledger
        .read(move |connection| calls::by_key_linked(connection, &key))
        .await?;
    Ok(row.map(|row| view_for(&row, Reader::Company, &roster.borrow())))
}
