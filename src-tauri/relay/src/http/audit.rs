//! `/v1/audit`.

use super::caller::Admin;
use super::{page_size, query};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::audit::{self, What};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    cursor: Option<i64>,
    limit: Option<usize>,
    what: Option<What>,
}

/// `GET /v1/audit`: who did what, newest first.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Params { cursor, limit, what } = query(params)?;
    let limit = page_size(limit)?;
    let entries = ledger
        .read(move |connection| audit::list(connection, cursor, what, limit))
        .await?;
    let mut told = json!({ "entries": entries });
    // A page that is not full is the last one.
    if let Some(last) = entries.last().filter(|_| entries.len() == limit) {
        told["cursor"] = json!(last.seq);
    }
    Ok(Json(told))
}
