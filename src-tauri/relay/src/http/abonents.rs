//! `/v1/abonents`.

use super::caller::Admin;
use super::input::{ById, Json, Path};
use crate::company::Company;
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::pbx::Pbx;
use crate::roster::RosterNow;
use crate::tables::abonents::{self as company, Abonent, Diff, Recording};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tokio_util::task::TaskTracker;
use utoipa::ToSchema;

/// The abonents.
#[derive(Serialize, ToSchema)]
pub(crate) struct Abonents {
    abonents: Vec<Abonent>,
}

/// Abonents as the PBX last told them.
#[utoipa::path(get, path = "/v1/abonents", responses((status = 200, body = Abonents)))]
pub(crate) async fn list(State(ledger): State<Ledger>, _: Admin) -> Result<Json<Abonents>, ApiError> {
    let abonents = ledger.read(company::list).await?;
    Ok(Json(Abonents { abonents }))
}

/// What a refresh would change. Asks the PBX, stores nothing.
#[utoipa::path(post, path = "/v1/abonents/preview", responses((status = 200, body = Diff)))]
pub(crate) async fn preview(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    _: Admin,
) -> Result<Json<Diff>, ApiError> {
    let portal = pbx.portal("abonents").ok_or(ApiError::NoToken)?;
    Ok(Json(company.preview(&portal).await?))
}

/// Reads the abonents from the PBX and stores them.
#[utoipa::path(post, path = "/v1/abonents/refresh", responses((status = 200, body = Abonents)))]
pub(crate) async fn refresh(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    Admin(caller): Admin,
) -> Result<Json<Abonents>, ApiError> {
    let portal = pbx.portal("abonents").ok_or(ApiError::NoToken)?;
    company.refresh(&portal, (&caller).into()).await?;
    // Who asks wants to see all of it as it is now.
    company.read_recording_anew().await?;
    let abonents = ledger.read(company::list).await?;
    Ok(Json(Abonents { abonents }))
}

/// A switch of one abonent.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    pub(crate) on: bool,
}

/// Whether an abonent's calls are recorded.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recorded {
    recording: Recording,
}

/// Switches an abonent's recording at the PBX and tells what the PBX says then.
#[utoipa::path(put, path = "/v1/abonents/{id}/recording", params(ById), responses((status = 200, body = Recorded)))]
pub(crate) async fn record(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    State(roster): State<RosterNow>,
    State(tasks): State<TaskTracker>,
    Admin(caller): Admin,
    Path(by): Path<ById>,
    Json(wanted): Json<Switch>,
) -> Result<Json<Recorded>, ApiError> {
    let abonent = roster.borrow().abonent(by.id.as_str()).map(str::to_owned);
    let abonent = abonent.ok_or(ApiError::NotFound)?;
    let portal = pbx.portal("recording").ok_or(ApiError::NoToken)?;
    let who = (&caller).into();
    // On its own task: the client may disconnect, but the switch must be stored.
    let task = tasks.spawn(async move { company.switch_recording(&portal, abonent, wanted.on, who).await });
    let recording = task.await.map_err(|_| ApiError::Unavailable)??;
    Ok(Json(Recorded { recording }))
}
