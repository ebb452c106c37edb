//! `/v1/settings`.

use super::body;
use super::caller::Admin;
use crate::account::{self, TokenError};
use crate::http::error::ApiError;
use crate::ledger::entry::SettingsChanged;
use crate::state::App;
use crate::tables::settings::{Settings, schema};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use perezvon_pbx::rest::Token;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `GET /v1/settings`. The token is not among them: only whether there is one.
pub(crate) async fn show(State(app): State<App>, _: Admin) -> Json<Value> {
    Json(told(&app, &app.settings()))
}

fn told(app: &App, settings: &Settings) -> Value {
    let callback = settings.callback_url(app.secret.reveal());
    json!({ "settings": settings, "hasToken": app.portal().is_some(), "callbackUrl": callback })
}

/// `PUT /v1/settings`: replaces the values that are given.
pub(crate) async fn change(
    State(app): State<App>,
    Admin(caller): Admin,
    given: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let given = body(given)?;
    let changed = app
        .ledger
        .put(SettingsChanged {
            values: given,
            who: (&caller).into(),
        })
        .await?;
    let settings = changed.map_err(ApiError::BadSetting)?;
    Ok(Json(told(&app, &settings)))
}

/// `GET /v1/settings/schema`: every setting with its meaning, default and bounds.
pub(crate) async fn schema(_: Admin) -> Json<Value> {
    Json(json!({ "settings": schema::told() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    token: String,
}

/// `PUT /v1/settings/token`: tried at the PBX before it is taken; never told again.
pub(crate) async fn token(
    State(app): State<App>,
    Admin(caller): Admin,
    new: Result<Json<NewToken>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let token = Token::parse(&body(new)?.token).map_err(|_| ApiError::BadRequest("this is no token"))?;
    match account::try_token(&app, token, (&caller).into()).await {
        Ok(abonents) => Ok(Json(json!({ "abonents": abonents }))),
        Err(TokenError::Portal(error)) => Err(ApiError::of_portal(&error)),
        Err(TokenError::Store(error)) => {
            tracing::error!(%error, "the token could not be stored");
            Err(ApiError::Unavailable)
        }
    }
}
