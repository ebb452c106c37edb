//! `/v1/settings`.

use super::body;
use super::caller::Admin;
use crate::company::{Company, TokenError};
use crate::http::error::ApiError;
use crate::ledger::entry::SettingsChanged;
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::tables::settings::{Settings, schema};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use perezvon_pbx::rest::Token;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `GET /v1/settings`. The token is not among them: only whether there is one.
pub(crate) async fn show(
    State(settings): State<SettingsNow>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    _: Admin,
) -> Json<Value> {
    let settings = settings.borrow().clone();
    Json(told(&settings, &pbx, &callback))
}

fn told(settings: &Settings, pbx: &Pbx, callback: &Callback) -> Value {
    let callback = settings.callback_url(callback.secret().reveal());
    json!({ "settings": settings, "hasToken": pbx.has_token(), "callbackUrl": callback })
}

/// `PUT /v1/settings`: replaces the values that are given.
pub(crate) async fn change(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    Admin(caller): Admin,
    given: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let given = body(given)?;
    let changed = ledger
        .put(SettingsChanged {
            values: given,
            who: (&caller).into(),
        })
        .await?;
    let settings = changed.map_err(ApiError::BadSetting)?;
    Ok(Json(told(&settings, &pbx, &callback)))
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
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    Admin(caller): Admin,
    new: Result<Json<NewToken>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let token = Token::parse(&body(new)?.token).map_err(|_| ApiError::BadRequest("this is no token"))?;
    match company.accept_token(&pbx, token, (&caller).into()).await {
        Ok(abonents) => Ok(Json(json!({ "abonents": abonents }))),
        Err(TokenError::Portal(error)) => Err(ApiError::of_portal(&error)),
        Err(TokenError::Store(error)) => {
            tracing::error!(%error, "the token could not be stored");
            Err(ApiError::Unavailable)
        }
    }
}
