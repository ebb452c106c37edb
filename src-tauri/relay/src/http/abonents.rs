//! `/v1/abonents`.

use super::body;
use super::caller::Admin;
use crate::company::recording::{self, SwitchError};
use crate::company::{RefreshError, preview as ask, refresh as fill};
use crate::http::error::ApiError;
use crate::ledger::entry::RecordingModesOutdated;
use crate::state::App;
use crate::tables::abonents::{self as company, Diff};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

/// `GET /v1/abonents`.
pub(crate) async fn list(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    let abonents = app.ledger.read(company::list).await?;
    Ok(Json(json!({ "abonents": abonents })))
}

fn failed(error: RefreshError) -> ApiError {
    match error {
        RefreshError::Portal(error) => ApiError::of_portal(&error),
        RefreshError::Ledger(error) => error.into(),
    }
}

/// `POST /v1/abonents/preview`: what a refresh would change. Stores nothing.
pub(crate) async fn preview(State(app): State<App>, _: Admin) -> Result<Json<Diff>, ApiError> {
    let portal = app.portal_for("abonents").ok_or(ApiError::NoToken)?;
    ask(&app, &portal).await.map(Json).map_err(failed)
}

/// `POST /v1/abonents/refresh`: reads them from the PBX and stores them.
pub(crate) async fn refresh(State(app): State<App>, Admin(caller): Admin) -> Result<Json<Value>, ApiError> {
    let portal = app.portal_for("abonents").ok_or(ApiError::NoToken)?;
    fill(&app, &portal, (&caller).into()).await.map_err(failed)?;
    // Who asks wants to see all of it as it is now.
    app.ledger.put(RecordingModesOutdated).await?;
    app.wake_recording.notify_one();
    let abonents = app.ledger.read(company::list).await?;
    Ok(Json(json!({ "abonents": abonents })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    on: bool,
}

/// `PUT /v1/abonents/{id}/recording`: switches it at the PBX and tells what the PBX says then.
pub(crate) async fn record(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let on = body(wanted)?.on;
    let abonent = app.roster().abonent(&id).map(str::to_owned);
    let abonent = abonent.ok_or(ApiError::NotFound)?;
    let portal = app.portal_for("recording").ok_or(ApiError::NoToken)?;
    let (task_app, who) = (app.clone(), (&caller).into());
    // A task of its own: whoever asked may leave, but what was switched must be noted.
    let task = app
        .tasks
        .spawn(async move { recording::switch(&task_app, &portal, abonent, on, who).await });
    match task.await {
        Ok(Ok(found)) => Ok(Json(json!({ "recording": found }))),
        Ok(Err(SwitchError::Portal(error))) => Err(ApiError::of_portal(&error)),
        Ok(Err(SwitchError::Ledger(error))) => Err(error.into()),
        Err(_) => Err(ApiError::Unavailable),
    }
}
