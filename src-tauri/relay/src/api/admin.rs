//! Health, and what an administrator looks at.

use super::{page_size, query};
use crate::auth::{self, Admin, Role};
use crate::error::ApiError;
use crate::ledger::events::{self, EventQuery};
use crate::ledger::{requests, subscriptions as ledger_subscriptions};
use crate::state::App;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Whether the account can be read and stores.
pub(crate) async fn is_well(app: &App) -> bool {
    app.ledger.read(events::summary).await.is_ok() && app.healthy.load(Ordering::Relaxed)
}

/// What anyone may know.
pub(crate) fn health_of(ok: bool) -> (StatusCode, Json<Value>) {
    let state = if ok { "ok" } else { "failing" };
    let health = json!({ "status": state, "version": env!("CARGO_PKG_VERSION"), "ledger": state });
    let status = if ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}

/// `GET /v1/health`: for anyone; an admin sees more.
pub(crate) async fn health(State(app): State<App>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let summary = app.ledger.read(events::summary).await;
    let writes = app.healthy.load(Ordering::Relaxed);
    let ok = summary.is_ok() && writes;
    let (status, Json(mut health)) = health_of(ok);
    let admin = auth::caller(&app, &headers)
        .await
        .is_ok_and(|caller| caller.role == Role::Admin);
    if let (true, Some(map)) = (admin, health.as_object_mut()) {
        let keeper = app.keeper.lock().unwrap_or_else(PoisonError::into_inner).clone();
        map.insert("keeper".to_owned(), json!(keeper));
        map.insert("readers".to_owned(), json!(app.hub.readers()));
        map.insert("upMs".to_owned(), json!(app.started.elapsed().as_millis() as u64));
        map.insert("hasToken".to_owned(), json!(app.portal().is_some()));
        map.insert("callbackUrl".to_owned(), json!(app.callback_url()));
        // The company is heard for as long as the subscription that ends last.
        if let Ok(active) = app.ledger.read(ledger_subscriptions::active).await {
            map.insert(
                "subscriptionUntil".to_owned(),
                json!(active.iter().map(|one| one.expires_at).max()),
            );
        }
        if let Ok((stored, unreadable, last)) = summary {
            map.insert(
                "events".to_owned(),
                json!({ "stored": stored, "unreadable": unreadable, "lastAt": last }),
            );
        }
    }
    (status, Json(health))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EventParams {
    after: Option<i64>,
    before: Option<i64>,
    limit: Option<usize>,
    unreadable: Option<String>,
    raw: Option<String>,
}

fn flag(value: Option<&String>) -> bool {
    value.is_some_and(|value| matches!(value.as_str(), "1" | "true" | ""))
}

/// `GET /v1/events`: the event journal, newest first; with `after`, oldest first.
pub(crate) async fn events(
    State(app): State<App>,
    _: Admin,
    params: Result<Query<EventParams>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let params = query(params)?;
    let query = EventQuery {
        after: params.after,
        before: params.before,
        limit: page_size(params.limit)?,
        unreadable: flag(params.unreadable.as_ref()),
        raw: flag(params.raw.as_ref()),
    };
    let rows = app
        .ledger
        .read(move |connection| events::list(connection, query))
        .await?;
    let cursor = (rows.len() == query.limit)
        .then(|| rows.last().map(|row| row.seq))
        .flatten();
    Ok(Json(json!({ "events": rows, "cursor": cursor })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeParams {
    before: Option<i64>,
    limit: Option<usize>,
}

/// `GET /v1/exchanges`: the journal of requests to the PBX, newest first.
pub(crate) async fn exchanges(
    State(app): State<App>,
    _: Admin,
    params: Result<Query<ExchangeParams>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let params = query(params)?;
    let limit = page_size(params.limit)?;
    let rows = app
        .ledger
        .read(move |connection| requests::exchanges(connection, params.before, limit))
        .await?;
    let cursor = (rows.len() == limit).then(|| rows.last().map(|row| row.0)).flatten();
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Json(json!({ "exchanges": rows, "cursor": cursor })))
}
