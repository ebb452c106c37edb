//! `GET /v1/calls`: the journal.

use super::caller::Caller;
use super::input::{Bounded, ById, Cursor, Id, Json, Limit, Path, Query, Text, rows};
use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::ledger::entry::CallClaimed;
use crate::roster::RosterNow;
use crate::tables::calls::{self, CallQuery};
use crate::told::view_for;
use axum::extract::State;
use axum::http::StatusCode;
use perezvon_core::{CallSnapshot, Direction, Number, Outcome, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which calls of the journal.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallsQuery {
    /// `cursor` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
    #[param(inline)]
    limit: Option<Limit>,
    /// Started at or after.
    from: Option<Time>,
    /// Started before.
    to: Option<Time>,
    outcome: Option<Outcome>,
    direction: Option<Direction>,
    /// The other side, in any spelling.
    #[param(inline)]
    number: Option<Spelled>,
    /// Only for an administrator: one abonent's view.
    #[param(inline)]
    abonent: Option<Id>,
}

/// A phone number in any spelling.
type Spelled = Text<1, 200>;

/// A page of the journal.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallsPage {
    calls: Vec<CallSnapshot>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<i64>,
}

/// The journal, newest call first.
#[utoipa::path(get, path = "/v1/calls", params(CallsQuery), responses((status = 200, body = CallsPage)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Query(asked): Query<CallsQuery>,
) -> Result<Json<CallsPage>, ApiError> {
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, asked.abonent.as_ref().map(Id::as_str))?;
    let number = match &asked.number {
        None => None,
        Some(text) => Some(
            Number::parse(text.as_str())
                .told()
                .ok_or(ApiError::BadRequest("number is not a phone number"))?,
        ),
    };
    let limit = rows(asked.limit);
    let query = CallQuery {
        abonent: view.abonent().map(str::to_owned),
        before: asked.cursor.map(Cursor::get),
        limit,
        from: asked.from,
        to: asked.to,
        outcome: asked.outcome.map(|outcome| outcome.as_str().to_owned()),
        direction: asked.direction.map(|direction| match direction {
            Direction::Incoming => "incoming".to_owned(),
            Direction::Outgoing => "outgoing".to_owned(),
        }),
        number,
    };
    let rows = ledger.read(move |connection| calls::list(connection, &query)).await?;
    let cursor = (rows.len() == limit).then(|| rows.last().map(|row| row.seq)).flatten();
    let calls = rows.iter().map(|row| view_for(row, view.reader(), &roster)).collect();
    Ok(Json(CallsPage { calls, cursor }))
}

/// One call. For a user a call without them does not exist.
#[utoipa::path(get, path = "/v1/calls/{id}", params(ById), responses((status = 200, body = CallSnapshot)))]
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Path(by): Path<ById>,
) -> Result<Json<CallSnapshot>, ApiError> {
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, None)?;
    let whose = view.abonent().map(str::to_owned);
    let row = ledger
        .read(move |connection| calls::by_id(connection, by.id.as_str(), whose.as_deref()))
        .await?;
    let row = row.ok_or(ApiError::NotFound)?;
    Ok(Json(view_for(&row, view.reader(), &roster)))
}

type ClaimMinutes = Bounded<0, 1440>;

/// For how long somebody undertakes to call back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClaim {
    /// Minutes; after them it is given back by itself. 0 gives it back at once.
    #[serde(deserialize_with = "ClaimMinutes::in_body")]
    #[schema(inline)]
    minutes: ClaimMinutes,
    /// Who does; an administrator must say.
    #[schema(inline)]
    abonent: Option<Id>,
}

/// The abonent undertakes to call the caller of a missed call back: all who missed this number see it.
#[utoipa::path(put, path = "/v1/calls/{id}/claim", params(ById), responses((status = 204)))]
pub(crate) async fn claim(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(clock): State<Clock>,
    caller: Caller,
    Path(by): Path<ById>,
    Json(wanted): Json<NewClaim>,
) -> Result<StatusCode, ApiError> {
    let view = caller.view(&roster.borrow(), wanted.abonent.as_ref().map(Id::as_str))?;
    let abonent = view
        .abonent()
        .ok_or(ApiError::BadRequest("abonent: who is to call back?"))?;
    let minutes = wanted.minutes.get();
    let whose = abonent.to_owned();
    let key = ledger
        .read(move |connection| Ok(calls::key_of(connection, by.id.as_str(), &whose)?))
        .await?;
    let claimed = CallClaimed {
        abonent: abonent.to_owned(),
        call: key.ok_or(ApiError::NotFound)?,
        until: (minutes > 0).then(|| clock.now().plus(minutes * 60_000)),
    };
    if ledger.put(claimed).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}
