//! `/v1/abonents`.

use super::body;
use super::caller::Admin;
use crate::company::Company;
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::pbx::Pbx;
use crate::roster::RosterNow;
use crate::tables::abonents::{self as company, Diff};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

/// `GET /v1/abonents`.
pub(crate) async fn list(State(ledger): State<Ledger>, _: Admin) -> Result<Json<Value>, ApiError> {
    let abonents = ledger.read(company::list).await?;
    Ok(Json(json!({ "abonents": abonents })))
}

/// `POST /v1/abonents/preview`: what a refresh would change. Stores nothing.
pub(crate) async fn preview(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    _: Admin,
) -> Result<Json<Diff>, ApiError> {
    let portal = pbx.portal("abonents").ok_or(ApiError::NoToken)?;
    Ok(Json(company.preview(&portal).await?))
}

/// `POST /v1/abonents/refresh`: reads them from the PBX and stores them.
pub(crate) async fn refresh(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    Admin(caller): Admin,
) -> Result<Json<Value>, ApiError> {
    let portal = pbx.portal("abonents").ok_or(ApiError::NoToken)?;
    company.refresh(&portal, (&caller).into()).await?;
    // Who asks wants to see all of it as it is now.
    company.read_recording_anew().await?;
    let abonents = ledger.read(company::list).await?;
    Ok(Json(json!({ "abonents": abonents })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    on: bool,
}

/// `PUT /v1/abonents/{id}/recording`: switches it at the PBX and tells what the PBX says then.
pub(crate) async fn record(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    State(roster): State<RosterNow>,
    State(tasks): State<TaskTracker>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let on = body(wanted)?.on;
    let abonent = roster.borrow().abonent(&id).map(str::to_owned);
    let abonent = abonent.ok_or(ApiError::NotFound)?;
    let portal = pbx.portal("recording").ok_or(ApiError::NoToken)?;
    let who = (&caller).into();
    // A task of its own: whoever asked may leave, but what was switched must be noted.
    let task = tasks.spawn(async move { company.switch_recording(&portal, abonent, on, who).await });
    let found = task.await.map_err(|_| ApiError::Unavailable)??;
    Ok(Json(json!({ "recording": found })))
}
