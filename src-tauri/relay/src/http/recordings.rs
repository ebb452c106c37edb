//! `/v1/recordings`: which there are, and their audio.

pub(crate) mod audio;
mod range;
mod slots;

pub(crate) use slots::Slots;

use super::caller::{Admin, Caller};
use super::input::{ById, Id, Json, Limit, Path, Query, rows};
use crate::http::error::ApiError;
use crate::keys::Role;
use crate::ledger::Ledger;
use crate::ledger::entry::{RecordingDeleted, RecordingGone};
use crate::pbx::Pbx;
use crate::roster::{Roster, RosterNow};
use crate::tables::recordings::{self, Listed, RecordingQuery};
use crate::tables::scan::Span;
use axum::extract::State;
use axum::http::StatusCode;
use perezvon_core::{Direction, Time};
use perezvon_pbx::rest::{Portal, PortalError, RecordKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Which recordings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordingsQuery {
    /// Only for an administrator: one abonent's.
    #[param(inline)]
    abonent: Option<Id>,
    /// Started at or after.
    from: Option<Time>,
    /// Started before.
    to: Option<Time>,
    state: Option<RecordingState>,
    /// `cursor` of the page before.
    #[param(inline)]
    cursor: Option<Position>,
    #[param(inline)]
    limit: Option<Limit>,
}

/// The place in the list: start (epoch milliseconds) and id of the last recording before it.
struct Position(i64, String);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = text.split_once('-').filter(|(start, id)| {
            let digits = start.bytes().all(|byte| byte.is_ascii_digit());
            digits && start.len() <= 15 && (1..=200).contains(&id.chars().count())
        });
        let position = known.and_then(|(start, id)| Some(Self(start.parse().ok()?, id.to_owned())));
        position.ok_or_else(|| D::Error::custom("a cursor that was given out is expected"))
    }
}

impl PartialSchema for Position {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.pattern(Some(r"^[0-9]{1,15}-[\s\S]{1,200}$")).into()
    }
}

impl ToSchema for Position {}

/// Whether a recording can be fetched.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ListedRecordingState)]
enum RecordingState {
    Ready,
    Gone,
}

/// A recording.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Recording)]
pub(crate) struct RecordingTold {
    id: String,
    /// The ledger's id of its call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
    abonent: String,
    /// The abonent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    direction: Direction,
    started_at: Time,
    duration_ms: i64,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    state: RecordingState,
}

impl RecordingTold {
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

/// A page of recordings.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordingsPage {
    recordings: Vec<RecordingTold>,
    /// Where the next page begins; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

/// Recordings, newest first; a user's own.
#[utoipa::path(get, path = "/v1/recordings", params(RecordingsQuery), responses((status = 200, body = RecordingsPage)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Query(asked): Query<RecordingsQuery>,
) -> Result<Json<RecordingsPage>, ApiError> {
    let roster = roster.borrow().clone();
    let view = caller.view(&roster, asked.abonent.as_ref().map(Id::as_str))?;
    let limit = rows(asked.limit);
    let query = RecordingQuery {
        abonent: view.abonent().map(str::to_owned),
        span: Span {
            from: asked.from,
            to: asked.to,
        },
        gone: asked.state.map(|state| matches!(state, RecordingState::Gone)),
        before: asked.cursor.map(|Position(start, id)| (start, id)),
        limit,
    };
    let rows = ledger
        .read(move |connection| recordings::list(connection, &query))
        .await?;
    let last = rows.last().filter(|_| rows.len() == limit);
    let cursor = last.map(|last| format!("{}-{}", last.row.started_at.ms(), last.row.id));
    let recordings = rows.into_iter().map(|row| RecordingTold::of(row, &roster)).collect();
    Ok(Json(RecordingsPage { recordings, cursor }))
}

/// The recording, if the caller may know of it; another's does not exist for a user.
async fn visible(ledger: &Ledger, caller: &Caller, id: &str) -> Result<Listed, ApiError> {
    let id = id.to_owned();
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

/// One recording.
#[utoipa::path(get, path = "/v1/recordings/{id}", params(ById), responses((status = 200, body = RecordingTold)))]
pub(crate) async fn one(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    caller: Caller,
    Path(by): Path<ById>,
) -> Result<Json<RecordingTold>, ApiError> {
    let found = visible(&ledger, &caller, by.id.as_str()).await?;
    Ok(Json(RecordingTold::of(found, &roster.borrow())))
}

/// When a kept copy was listened to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordingPlayed)]
pub(crate) struct Played {
    /// By the clock of the desk.
    at: Time,
}

/// The copy that a desk keeps was listened to there. Of somebody else's recording that is noted in the audit, as listening
/// through the relay is.
#[utoipa::path(post, path = "/v1/recordings/{id}/played", params(ById), request_body = Played, responses((status = 204)))]
pub(crate) async fn played(
    State(ledger): State<Ledger>,
    caller: Caller,
    Path(by): Path<ById>,
    Json(played): Json<Played>,
) -> Result<StatusCode, ApiError> {
    let found = visible(&ledger, &caller, by.id.as_str()).await?.row;
    if caller.abonent.as_ref() != Some(&found.abonent) {
        audio::note(&ledger, &caller, &found, Some(played.at)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes the recording at the PBX, for ever.
#[utoipa::path(delete, path = "/v1/recordings/{id}", params(ById), responses((status = 204)))]
pub(crate) async fn remove(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    Admin(caller): Admin,
    Path(by): Path<ById>,
) -> Result<StatusCode, ApiError> {
    let found = visible(&ledger, &caller, by.id.as_str()).await?.row;
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

/// Whether the PBX has the recording no more: it is asked a second time, for the recording itself.
async fn is_missing(portal: &Portal, id: &str, error: &PortalError) -> bool {
    error.is_perhaps_missing()
        && (portal.record(RecordKey::Id(id)).await).is_err_and(|error| error.is_perhaps_missing())
}

/// The PBX does not have the recording any more: it is not asked for again.
async fn gone(ledger: &Ledger, id: &str) -> Result<(), ApiError> {
    ledger.put(RecordingGone { id: id.to_owned() }).await?;
    Ok(())
}
