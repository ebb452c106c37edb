//! `/v1/abonents`.

use crate::abonents::{RefreshError, preview as ask, refresh as fill};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::ledger::abonents::{self as company, Diff};
use crate::state::App;
use axum::Json;
use axum::extract::State;
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
    let portal = app.portal().ok_or(ApiError::NoToken)?;
    ask(&app, &portal).await.map(Json).map_err(failed)
}

/// `POST /v1/abonents/refresh`: reads them from the PBX and stores them.
pub(crate) async fn refresh(State(app): State<App>, Admin(caller): Admin) -> Result<Json<Value>, ApiError> {
    let portal = app.portal().ok_or(ApiError::NoToken)?;
    fill(&app, &portal, (&caller).into()).await.map_err(failed)?;
    let abonents = app.ledger.read(company::list).await?;
    Ok(Json(json!({ "abonents": abonents })))
}
