//! `/v1/recordings`: which there are, and their audio.

mod audio;
mod range;
mod slots;

pub(crate) use audio::{Playback, audio};
pub(crate) use slots::Slots;

use super::caller::{Admin, Caller};
use super::{page_size, query};
use crate::http::error::ApiError;
use crate::keys::Role;
use crate::ledger::Ledger;
use crate::ledger::entry::{RecordingDeleted, RecordingGone};
use crate::pbx::Pbx;
use crate::roster::{Roster, RosterNow};
use crate::tables::recordings::{self, Listed, RecordingQuery};
use crate::tables::scan::Span;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use perezvon_core::{Direction, Time};
use perezvon_pbx::rest::{Portal, PortalError, RecordKey};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    abonent: Option<String>,
    from: Option<Time>,
    to: Option<Time>,
    state: Option<RecordingState>,
    cursor: Option<String>,
    limit: Option<usize>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum RecordingState {
    Ready,
    Gone,
}

/// A recording as it is told.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    id: String,
    /// The ledger's id of its call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    abonent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    direction: Direction,
    started_at: Time,
    duration_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    state: RecordingState,
}

impl Told {
    fn of(listed: Listed, roster: &Roster) -> Self {
        let row = listed.row;
        Self {
            name: roster.name_of(&row.abonent),
            id: row.id,
            call_id: listed.call_id,
            abonent: row.abonent,
            number: row.number,
            direction: row.direction,
            started_at: row.started_at,
            duration_ms: row.duration_ms,
            size: row.size,
            state: match row.gone_at {
                None => RecordingState::Ready,
                Some(_) => RecordingState::Gone,
            },
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Page {
    recordings: Vec<Told>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// `GET /v1/recordings`: newest first; a user's own.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Page>, ApiError> {
    let params = query(params)?;
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, params.abonent.as_deref())?;
    let before = match &params.cursor {
        None => None,
        Some(cursor) => Some(position(cursor).ok_or(ApiError::BadRequest("cursor is not one that was given out"))?),
    };
    let limit = page_size(params.limit)?;
    let query = RecordingQuery {
        abonent: view.abonent().map(str::to_owned),
        span: Span {
            from: params.from,
            to: params.to,
        },
        gone: params.state.map(|state| matches!(state, RecordingState::Gone)),
        before,
        limit,
    };
    let rows = ledger
        .read(move |connection| recordings::list(connection, &query))
        .await?;
    let last = rows.last().filter(|_| rows.len() == limit);
    let cursor = last.map(|last| format!("{}-{}", last.row.started_at.ms(), last.row.id));
    let recordings = rows.into_iter().map(|row| Told::of(row, &roster)).collect();
    Ok(Json(Page { recordings, cursor }))
}

/// The place in the list that a cursor names: start and id of the last recording before it.
fn position(cursor: &str) -> Option<(i64, String)> {
    let (start, id) = cursor.split_once('-')?;
    Some((start.parse().ok()?, id.to_owned()))
}

/// The recording, if the caller may know of it; another's does not exist for a user.
async fn visible(ledger: &Ledger, caller: &Caller, id: String) -> Result<Listed, ApiError> {
    let found = ledger
        .read(move |connection| recordings::listed(connection, &id))
        .await?;
    let found = found.ok_or(ApiError::NotFound)?;
    let own = caller.abonent.as_ref() == Some(&found.row.abonent);
    match caller.role {
        Role::Admin => Ok(found),
        Role::User if own => Ok(found),
        Role::User => Err(ApiError::NotFound),
    }
}

/// `GET /v1/recordings/{id}`.
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Told>, ApiError> {
    let found = visible(&ledger, &caller, id).await?;
    Ok(Json(Told::of(found, &roster.borrow())))
}

/// `DELETE /v1/recordings/{id}`: deletes it at the PBX, for ever.
pub(crate) async fn remove(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let found = visible(&ledger, &caller, id).await?.row;
    if found.gone_at.is_some() {
        return Err(ApiError::RecordingGone);
    }
    let portal = portal(&pbx, &found.id)?;
    match portal.delete_record(&found.id).await {
        Ok(()) => {}
        Err(error) if is_missing(&portal, &found.id, &error).await => {
            gone(&ledger, &found.id).await?;
            return Err(ApiError::RecordingGone);
        }
        Err(error) => return Err(ApiError::of_portal(&error)),
    }
    let deleted = RecordingDeleted {
        detail: serde_json::json!({ "abonent": found.abonent, "startedAt": found.started_at }),
        id: found.id,
        who: (&caller).into(),
    };
    ledger.put(deleted).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn portal(pbx: &Pbx, id: &str) -> Result<Portal, ApiError> {
    pbx.portal(&format!("recording:{id}"))
        .ok_or(ApiError::RecordingsNeedToken)
}

/// Whether the PBX has the recording no more. It says so in words for people, with the status and the code of any wrong
/// request (reference 1.9), so it is asked a second time, for the recording itself.
async fn is_missing(portal: &Portal, id: &str, error: &PortalError) -> bool {
    let may_mean_it = |error: &PortalError| {
        matches!(
            error,
            PortalError::Refused {
                status: 200..=299 | 400 | 404 | 410,
                ..
            }
        ) || error.is_no_such_method()
    };
    if !may_mean_it(error) {
        return false;
    }
    match portal.record(RecordKey::Id(id)).await {
        Ok(_) => false,
        Err(error) => may_mean_it(&error),
    }
}

/// The PBX does not have it any more: nobody need ask again.
async fn gone(ledger: &Ledger, id: &str) -> Result<(), ApiError> {
    ledger.put(RecordingGone { id: id.to_owned() }).await?;
    Ok(())
}
