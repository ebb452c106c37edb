//! `GET /v1/calls`: the journal.

use super::caller::Caller;
use super::{page_size, query};
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::roster::RosterNow;
use crate::tables::calls::{self, CallQuery};
use crate::told::view_for;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use perezvon_core::{CallSnapshot, Direction, Number, Outcome, Time};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Params {
    cursor: Option<i64>,
    limit: Option<usize>,
    from: Option<Time>,
    to: Option<Time>,
    outcome: Option<Outcome>,
    direction: Option<Direction>,
    number: Option<String>,
    abonent: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Page {
    calls: Vec<CallSnapshot>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// `GET /v1/calls`: newest call first.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Page>, ApiError> {
    let params = query(params)?;
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, params.abonent.as_deref())?;
    let number = match &params.number {
        None => None,
        Some(text) => Some(
            Number::parse(text)
                .told()
                .ok_or(ApiError::BadRequest("number is not a phone number"))?,
        ),
    };
    let limit = page_size(params.limit)?;
    let query = CallQuery {
        abonent: view.abonent().map(str::to_owned),
        before: params.cursor,
        limit,
        from: params.from,
        to: params.to,
        outcome: params.outcome.map(|outcome| outcome.as_str().to_owned()),
        direction: params.direction.map(|direction| match direction {
            Direction::Incoming => "incoming".to_owned(),
            Direction::Outgoing => "outgoing".to_owned(),
        }),
        number,
    };
    let rows = ledger.read(move |connection| calls::list(connection, &query)).await?;
    let cursor = (rows.len() == limit).then(|| rows.last().map(|row| row.seq)).flatten();
    let calls = rows.iter().map(|row| view_for(row, view.reader(), &roster)).collect();
    Ok(Json(Page { calls, cursor }))
}

/// `GET /v1/calls/{id}`. For a user a call without him does not exist.
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CallSnapshot>, ApiError> {
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, None)?;
    let whose = view.abonent().map(str::to_owned);
    let row = ledger
        .read(move |connection| calls::by_id(connection, &id, whose.as_deref()))
        .await?;
    let row = row.ok_or(ApiError::NotFound)?;
    Ok(Json(view_for(&row, view.reader(), &roster)))
}
