//! `/v1/events`: the event journal.

use super::caller::Admin;
use super::input::{BySeq, Cursor, Flag, Json, Limit, Path, Query, Sought, is_on, rows, sought};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::ledger::entry::{self, Noted};
use crate::roster::RosterNow;
use crate::tables::audit::What;
use crate::tables::events::{self, EventQuery, EventRow};
use crate::tables::scan::{Order, Page, Span};
use crate::tables::{LedgerError, calls};
use crate::told::view_for;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use perezvon_core::call::Reader;
use perezvon_core::{Call, CallSnapshot, Time};
use perezvon_pbx::xsi;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

/// Events that an export reads at a time.
const EXPORTED: usize = 500;

/// Events of the journal that are exported.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// Stands in the text as posted (ids, targets, kinds, numbers in any spelling) or in the reason why it cannot be
    /// read.
    #[param(inline)]
    q: Option<Sought>,
    /// As the PBX names it: `CallReceivedEvent`.
    #[param(inline)]
    kind: Option<Sought>,
    /// Only those that cannot be read.
    #[param(inline)]
    unreadable: Option<Flag>,
    /// Id or tracking id of a call.
    #[param(inline)]
    call: Option<Sought>,
    /// Received at or after.
    from: Option<Time>,
    /// Received before.
    to: Option<Time>,
}

/// Events of the journal, page by page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsQuery {
    /// Stands in the text as posted (ids, targets, kinds, numbers in any spelling) or in the reason why it cannot be
    /// read.
    #[param(inline)]
    q: Option<Sought>,
    /// As the PBX names it: `CallReceivedEvent`.
    #[param(inline)]
    kind: Option<Sought>,
    /// Only those that cannot be read.
    #[param(inline)]
    unreadable: Option<Flag>,
    /// Id or tracking id of a call.
    #[param(inline)]
    call: Option<Sought>,
    /// Received at or after.
    from: Option<Time>,
    /// Received before.
    to: Option<Time>,
    /// `cursor` of the page before. A page may be short, or empty, and still have a next one: a search looks at a
    /// bounded part of the journal at a time.
    #[param(inline)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Option<Limit>,
}

impl From<ExportQuery> for EventQuery {
    fn from(query: ExportQuery) -> Self {
        Self {
            q: sought(query.q),
            kind: sought(query.kind),
            unreadable: is_on(query.unreadable),
            call: sought(query.call),
            span: Span {
                from: query.from,
                to: query.to,
            },
            order: Order::OldestFirst,
            cursor: None,
            limit: EXPORTED,
            raw: true,
        }
    }
}

impl From<EventsQuery> for EventQuery {
    fn from(query: EventsQuery) -> Self {
        Self {
            q: sought(query.q),
            kind: sought(query.kind),
            unreadable: is_on(query.unreadable),
            call: sought(query.call),
            span: Span {
                from: query.from,
                to: query.to,
            },
            order: Order::NewestFirst,
            cursor: query.cursor.map(Cursor::get),
            limit: rows(query.limit),
            raw: false,
        }
    }
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventsPage {
    events: Vec<EventRow>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// The event journal, newest first.
#[utoipa::path(get, path = "/v1/events", params(EventsQuery), responses((status = 200, body = EventsPage)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    Query(query): Query<EventsQuery>,
) -> Result<Json<EventsPage>, ApiError> {
    let query = EventQuery::from(query);
    let page = ledger
        .read(move |connection| events::search(connection, &query))
        .await?;
    Ok(Json(EventsPage {
        events: page.rows,
        cursor: page.next,
    }))
}

/// One event with the text as it was posted.
#[utoipa::path(get, path = "/v1/events/{seq}", params(BySeq), responses((status = 200, body = EventRow)))]
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    _: Admin,
    Path(by): Path<BySeq>,
) -> Result<Json<EventRow>, ApiError> {
    let seq = by.seq.get();
    let row = ledger.read(move |connection| events::one(connection, seq)).await?;
    row.map(Json).ok_or(ApiError::NotFound)
}

/// The event journal with the texts as they were posted, as JSON lines, oldest first, in pieces: neither side need hold
/// the journal.
#[utoipa::path(
    get,
    path = "/v1/events/export",
    params(ExportQuery),
    responses((status = 200, description = "One event a line", body = EventRow, content_type = "application/x-ndjson"))
)]
pub(crate) async fn export(
    State(ledger): State<Ledger>,
    State(stop): State<CancellationToken>,
    Admin(caller): Admin,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let query = EventQuery::from(query);
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

/// What came of reading an event again.
#[derive(Serialize, ToSchema)]
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

/// Reads the event again with today's program and gives it to its call once more. An event that was taken already
/// changes nothing; one that could not be read then and can be now becomes part of its call.
#[utoipa::path(post, path = "/v1/events/{seq}/replay", params(BySeq), responses((status = 200, body = Replayed)))]
pub(crate) async fn replay(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    Admin(caller): Admin,
    Path(by): Path<BySeq>,
) -> Result<Json<Replayed>, ApiError> {
    let seq = by.seq.get();
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
