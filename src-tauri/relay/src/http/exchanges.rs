//! `/v1/exchanges`: the journal of requests to the PBX.

use super::caller::Admin;
use super::{flag, page_size, query, sought};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::exchanges::{self, ExchangeQuery, Numbered};
use crate::tables::scan::Span;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use perezvon_core::Time;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    q: Option<String>,
    failed: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
    cursor: Option<i64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct Told {
    exchanges: Vec<Numbered>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// `GET /v1/exchanges`: newest first.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Told>, ApiError> {
    let params = query(params)?;
    let query = ExchangeQuery {
        q: sought(params.q)?,
        failed: flag(params.failed.as_ref()),
        span: Span {
            from: params.from,
            to: params.to,
        },
        cursor: params.cursor,
        limit: page_size(params.limit)?,
    };
    let page = ledger
        .read(move |connection| exchanges::search(connection, &query))
        .await?;
    Ok(Json(Told {
        exchanges: page.rows,
        cursor: page.next,
    }))
}
