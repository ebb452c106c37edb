//! `GET /v1/calls`: the journal.

use super::caller::Caller;
use super::{page_size, query};
use crate::http::error::ApiError;
use crate::keys::Role;
use crate::state::App;
use crate::tables::calls::{self, CallQuery, CallRow};
use crate::told::view_for;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use perezvon_core::call::Reader;
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

fn reader(role: Role, abonent: Option<&str>) -> Reader<'_> {
    match (role, abonent) {
        (Role::User, id) => Reader::Abonent(id.unwrap_or_default()),
        (Role::Admin, Some(id)) => Reader::AdminOf(id),
        (Role::Admin, None) => Reader::Company,
    }
}

fn snapshot(app: &App, caller: &Caller, abonent: Option<&str>, row: &CallRow) -> CallSnapshot {
    view_for(row, reader(caller.role, abonent), &app.roster())
}

/// `GET /v1/calls`: newest call first.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Page>, ApiError> {
    let params = query(params)?;
    let abonent = caller.view(
        params
            .abonent
            .map(|id| app.roster().abonent(&id).unwrap_or(&id).to_owned()),
    )?;
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
        abonent: abonent.clone(),
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
    let rows = app
        .ledger
        .read(move |connection| calls::list(connection, &query))
        .await?;
    let cursor = (rows.len() == limit).then(|| rows.last().map(|row| row.seq)).flatten();
    let calls = rows
        .iter()
        .map(|row| snapshot(&app, &caller, abonent.as_deref(), row))
        .collect();
    Ok(Json(Page { calls, cursor }))
}

/// `GET /v1/calls/{id}`. For a user a call without him does not exist.
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CallSnapshot>, ApiError> {
    let abonent = caller.view(None)?;
    let whose = abonent.clone();
    let row = app
        .ledger
        .read(move |connection| calls::by_id(connection, &id, whose.as_deref()))
        .await?;
    let row = row.ok_or(ApiError::NotFound)?;
    Ok(Json(snapshot(&app, &caller, abonent.as_deref(), &row)))
}
