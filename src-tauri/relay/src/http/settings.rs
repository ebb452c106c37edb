//! `/v1/settings`.

use super::caller::Admin;
use super::input::{Json, Visible};
use crate::company::{Company, TokenError};
use crate::http::error::ApiError;
use crate::ledger::entry::SettingsChanged;
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::tables::settings::Settings;
use crate::tables::settings::schema::{self, SettingTold, Values};
use axum::extract::State;
use perezvon_pbx::rest::Token;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// The settings and what follows from them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsTold {
    settings: Settings,
    /// Whether there is an account token.
    has_token: bool,
    /// Where the PBX must post to, secret included; null while the public address is not set.
    #[schema(required)]
    callback_url: Option<Url>,
}

/// The settings. The token is not among them: only whether there is one.
#[utoipa::path(get, path = "/v1/settings", responses((status = 200, body = SettingsTold)))]
pub(crate) async fn show(
    State(settings): State<SettingsNow>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    _: Admin,
) -> Json<SettingsTold> {
    let settings = settings.borrow().clone();
    Json(told(&settings, &pbx, &callback))
}

fn told(settings: &Settings, pbx: &Pbx, callback: &Callback) -> SettingsTold {
    SettingsTold {
        has_token: pbx.has_token(),
        callback_url: settings.callback_url(callback.secret().reveal()),
        settings: settings.clone(),
    }
}

/// Replaces the values that are given.
#[utoipa::path(put, path = "/v1/settings", responses((status = 200, body = SettingsTold)))]
pub(crate) async fn change(
    State(ledger): State<Ledger>,
    State(pbx): State<Pbx>,
    State(callback): State<Callback>,
    Admin(caller): Admin,
    Json(given): Json<Values>,
) -> Result<Json<SettingsTold>, ApiError> {
    let changed = ledger
        .put(SettingsChanged {
            values: given.0,
            who: (&caller).into(),
        })
        .await?;
    let settings = changed.map_err(ApiError::BadSetting)?;
    Ok(Json(told(&settings, &pbx, &callback)))
}

/// Every setting.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingsSchema {
    settings: Vec<SettingTold>,
}

/// Every setting with its meaning, default and bounds, and where it is set.
#[utoipa::path(get, path = "/v1/settings/schema", responses((status = 200, body = SettingsSchema)))]
pub(crate) async fn schema(_: Admin) -> Json<SettingsSchema> {
    Json(SettingsSchema {
        settings: schema::told(),
    })
}

/// An account token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    #[schema(inline)]
    token: Visible<{ Token::LONGEST }>,
}

/// A token that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenTaken {
    /// How many abonents the PBX tells with it.
    abonents: usize,
}

/// Tries a token at the PBX and takes it when it is good. It is never told again.
#[utoipa::path(put, path = "/v1/settings/token", responses((status = 200, body = TokenTaken)))]
pub(crate) async fn token(
    State(pbx): State<Pbx>,
    State(company): State<Company>,
    Admin(caller): Admin,
    Json(new): Json<NewToken>,
) -> Result<Json<TokenTaken>, ApiError> {
    let token = Token::parse(new.token.as_str()).map_err(|_| ApiError::BadRequest("this is no token"))?;
    match company.accept_token(&pbx, token, (&caller).into()).await {
        Ok(abonents) => Ok(Json(TokenTaken { abonents })),
        Err(TokenError::Portal(error)) => Err(ApiError::of_portal(&error)),
        Err(TokenError::Store(error)) => {
            tracing::error!(%error, "the token could not be stored");
            Err(ApiError::Unavailable)
        }
    }
}
