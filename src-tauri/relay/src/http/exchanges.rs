//! `/v1/exchanges`: the journal of requests to the PBX.

use super::caller::Admin;
use super::input::{Cursor, Flag, Json, Limit, Query, Sought, is_on, rows, sought};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::exchanges::{self, ExchangeQuery, Numbered};
use crate::tables::scan::Span;
use axum::extract::State;
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangesQuery {
    /// Stands in the path, the error or the correlation.
    #[param(inline)]
    q: Option<Sought>,
    /// Only those that failed.
    #[param(inline)]
    failed: Option<Flag>,
    /// Ended at or after.
    from: Option<Time>,
    /// Ended before.
    to: Option<Time>,
    /// `cursor` of the page before. A page may be short, or empty, and still have a next one: a search looks at a
    /// bounded part of the journal at a time.
    #[param(inline)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Option<Limit>,
}

/// A page of the requests to the PBX.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExchangesPage {
    exchanges: Vec<Numbered>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// The journal of requests to the PBX, newest first.
#[utoipa::path(get, path = "/v1/exchanges", params(ExchangesQuery), responses((status = 200, body = ExchangesPage)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    Query(query): Query<ExchangesQuery>,
) -> Result<Json<ExchangesPage>, ApiError> {
    let query = ExchangeQuery {
        q: sought(query.q),
        failed: is_on(query.failed),
        span: Span {
            from: query.from,
            to: query.to,
        },
        cursor: query.cursor.map(Cursor::get),
        limit: rows(query.limit),
    };
    let page = ledger
        .read(move |connection| exchanges::search(connection, &query))
        .await?;
    Ok(Json(ExchangesPage {
        exchanges: page.rows,
        cursor: page.next,
    }))
}
