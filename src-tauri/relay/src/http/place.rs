//! `POST /v1/calls`: call back. The PBX has no idempotency key and a repeat rings again, so a request is stored before
//! the PBX is asked, asked once, and never repeated by itself.

use super::caller::Caller;
use super::input::{Id, Json, Text, Visible};
use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::ledger::entry::{CallAsked, CallNotAsked, CallPlaced, Change};
use crate::pbx::Pbx;
use crate::roster::RosterNow;
use crate::tables::LedgerError;
use crate::tables::requests::{self, RequestRow, RequestState};
use crate::told::View;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use perezvon_core::Number;
use perezvon_pbx::rest::{Portal, PortalError};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

/// How often storing the outcome of a call is tried again, and the first pause between two tries; it doubles up to a
/// minute.
const NOTE_TRIES: u32 = 60;
const NOTE_PAUSE: Duration = Duration::from_secs(1);

/// What it takes to place a call.
#[derive(Clone)]
pub(crate) struct Placing {
    pub(crate) ledger: Ledger,
    pub(crate) pbx: Pbx,
    pub(crate) roster: RosterNow,
    pub(crate) clock: Clock,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// A call that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCall {
    /// Whom to call, in any spelling.
    #[schema(inline)]
    number: Text<1, 200>,
    /// Whose phone rings first; an administrator must say, a user calls from their own.
    #[schema(inline)]
    abonent: Option<Id>,
}

/// What became of a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Placed {
    /// The call, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The session, where the PBX named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_id: Option<String>,
    /// The `Idempotency-Key`, as the call's snapshot carries it.
    request: String,
}

/// The `Idempotency-Key`.
type Key = Visible<64>;

/// The reader's key; a new one if the request has none: a repeat of such a request is another call.
fn idempotency_key(headers: &HeaderMap) -> Result<String, ApiError> {
    const WRONG: ApiError = ApiError::BadRequest("the Idempotency-Key must have 1 to 64 visible characters");
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(ulid::Ulid::new().to_string());
    };
    let key = key.to_str().map_err(|_| WRONG)?.to_owned();
    Key::of(key).map(Key::into_string).ok_or(WRONG)
}

/// Calls back: the abonent's phone rings first. A repeat with the same `Idempotency-Key` places no second call.
#[utoipa::path(
    post,
    path = "/v1/calls",
    params((
        "Idempotency-Key" = inline(Option<Key>),
        Header,
        description = "Without one each request places a call of its own."
    )),
    responses((status = 202, body = Placed))
)]
pub(crate) async fn call(
    State(placing): State<Placing>,
    caller: Caller,
    headers: HeaderMap,
    Json(wanted): Json<NewCall>,
) -> Result<(StatusCode, Json<Placed>), ApiError> {
    let key = idempotency_key(&headers)?;
    let roster = placing.roster.borrow().clone();
    let abonent = match caller.view(&roster, wanted.abonent.as_ref().map(Id::as_str))? {
        View::Abonent(abonent) | View::AdminOf(abonent) => abonent,
        View::Company => return Err(ApiError::BadRequest("abonent: whose phone is to ring first?")),
    };
    let number = Number::parse(wanted.number.as_str());
    let dial = number.dial().ok_or(ApiError::BadRequest("number cannot be dialled"))?;
    if matches!(number, Number::Short(_)) && roster.of_number(&dial).is_some() {
        return Err(ApiError::BadRequest(
            "number: by these digits a colleague would be called",
        ));
    }
    let asked = CallAsked {
        abonent,
        key,
        number: number.canonical(),
        asked_at: placing.clock.now(),
    };
    let Some(portal) = placing.pbx.portal(&format!("call:{}", asked.key)) else {
        let (abonent, key) = (asked.abonent, asked.key);
        let known = placing
            .ledger
            .read(move |connection| requests::get(connection, &abonent, &key))
            .await?;
        return repeated(known.ok_or(ApiError::NoToken)?, &asked.number);
    };
    // On its own task: a desk that hangs up must not leave the request half done.
    let task = placing.tasks.clone().spawn(ask(placing, portal, asked, dial));
    task.await.unwrap_or(Err(ApiError::OutcomeUnknown))
}

/// Stores the request, then places the call; a request of the same key that is there already is answered as it was.
async fn ask(
    placing: Placing,
    portal: Portal,
    asked: CallAsked,
    dial: String,
) -> Result<(StatusCode, Json<Placed>), ApiError> {
    match placing.ledger.put(asked.clone()).await {
        Ok(None) => {}
        Ok(Some(known)) => return repeated(known, &asked.number),
        // It may be in the ledger all the same. Nobody asks the PBX, and so it must not stay *placing*.
        Err(error @ LedgerError::NotSynced) => {
            placing.tasks.clone().spawn(note_later(placing, CallNotAsked(asked)));
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    }
    let request = RequestRow {
        abonent: asked.abonent,
        key: asked.key,
        number: asked.number,
        state: RequestState::Placing,
        tracking_id: None,
        call_id: None,
        error: None,
        asked_at: asked.asked_at,
    };
    let placed = place(placing, portal, request, dial).await?;
    Ok((StatusCode::ACCEPTED, Json(placed)))
}

/// The first answer once more, where the key was given for the same number.
fn repeated(known: RequestRow, number: &str) -> Result<(StatusCode, Json<Placed>), ApiError> {
    if known.number != number {
        return Err(ApiError::KeyReused);
    }
    let placed = Placed {
        id: known.call_id.clone(),
        tracking_id: known.tracking_id,
        request: known.key,
    };
    match known.state {
        RequestState::Placed => Ok((StatusCode::ACCEPTED, Json(placed))),
        // Its events came: it was placed after all.
        RequestState::Unknown if known.call_id.is_some() => Ok((StatusCode::ACCEPTED, Json(placed))),
        RequestState::Placing => Err(ApiError::InProgress),
        RequestState::Unknown => Err(ApiError::OutcomeUnknown),
        RequestState::Failed => Err(failed_before(known.error.as_deref())),
    }
}

fn failed_before(code: Option<&str>) -> ApiError {
    match code {
        Some("pbx_unauthorized") => ApiError::PbxUnauthorized,
        Some("pbx_unavailable") => ApiError::Pbx("pbx_unavailable", "the PBX is out of order".to_owned()),
        Some("pbx_refused") => ApiError::Pbx("pbx_refused", "the PBX refused the call".to_owned()),
        _ => ApiError::Pbx("pbx_failed", "the call was not placed".to_owned()),
    }
}

async fn place(placing: Placing, portal: Portal, request: RequestRow, dial: String) -> Result<Placed, ApiError> {
    let asked = portal.call(&request.abonent, &dial).await;
    let (state, tracking_id, error) = match &asked {
        Ok(placed) => (RequestState::Placed, placed.tracking_id.clone(), None),
        Err(PortalError::OutcomeUnknown { .. }) => (RequestState::Unknown, None, asked.as_ref().err()),
        Err(error) => (RequestState::Failed, None, Some(error)),
    };
    let key = request.key.clone();
    let placed = CallPlaced {
        request,
        state,
        tracking_id: tracking_id.clone(),
        error: error.map(PortalError::code),
    };
    let id = placing.ledger.put(placed.clone()).await;
    if id.is_err() {
        placing.tasks.clone().spawn(note_later(placing, placed));
    }
    match (asked, id) {
        (Ok(_), Ok(id)) => Ok(Placed {
            id,
            tracking_id,
            request: key,
        }),
        // The phone rings, though it could not be noted yet.
        (Ok(_), Err(error)) => {
            tracing::error!(%error, "a placed call could not be noted");
            Ok(Placed {
                id: None,
                tracking_id,
                request: key,
            })
        }
        (Err(error), _) => Err(ApiError::of_portal(&error)),
    }
}

/// The ledger did not take what became of a request: tried again, so that it does not stay *placing*. Where that never
/// succeeds, the next start counts the request as unknown.
async fn note_later<C: Change + Clone>(placing: Placing, outcome: C) {
    for n in 0..NOTE_TRIES {
        tokio::select! {
            () = tokio::time::sleep(NOTE_PAUSE * (1 << n.min(6))) => {}
            () = placing.stop.cancelled() => return,
        }
        if placing.ledger.put(outcome.clone()).await.is_ok() {
            return;
        }
    }
    tracing::error!("what became of a request for a call could not be stored");
}
