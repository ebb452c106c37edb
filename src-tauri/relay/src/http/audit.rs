//! `/v1/audit`.

use super::caller::Admin;
use super::input::{Cursor, Json, Limit, Query, rows};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::tables::audit::{self, NumberedLine, What};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// `cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Option<Limit>,
    /// Only what was done in this way.
    what: Option<What>,
}

/// A page of the audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    entries: Vec<NumberedLine>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// Who did what, newest first. Append-only.
#[utoipa::path(get, path = "/v1/audit", params(AuditQuery), responses((status = 200, body = AuditPage)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    _: Admin,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let (cursor, limit) = (query.cursor.map(Cursor::get), rows(query.limit));
    let entries = ledger
        .read(move |connection| audit::list(connection, cursor, query.what, limit))
        .await?;
    // A page that is not full is the last one.
    let last = entries.last().filter(|_| entries.len() == limit);
    let cursor = last.map(|last| last.seq);
    Ok(Json(AuditPage { entries, cursor }))
}
