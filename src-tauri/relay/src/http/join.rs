//! `/v1/join-codes` and `/v1/join`: how a new desk gets its key.

use super::body;
use super::users::{self, plain_user};
use crate::keys::{self, Admin, Role, Secret, code};
use crate::http::error::ApiError;
use crate::tables::audit::Who;
use crate::tables::join_codes::{self, JoinCode};
use crate::state::App;
use crate::clock::now;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::{Host, Url};

/// How long a code lives where nobody says, minutes.
pub(crate) const MINUTES: u32 = 30;
/// Shortest and longest life, minutes: one must be able to type it, and a forgotten one must end.
const MINUTES_BOUNDS: std::ops::RangeInclusive<u32> = 5..=7 * 24 * 60;

/// What a code is made for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewCode {
    /// Name of the user to come.
    pub(crate) name: String,
    /// His role.
    pub(crate) role: Role,
    /// Whose calls he will see.
    pub(crate) abonent: Option<String>,
    /// How long it lives; [`MINUTES`] where it is not said.
    pub(crate) minutes: Option<u32>,
}

/// A code with its secret. The same for the API and the command line.
pub(crate) fn new_code(new: NewCode, by: &Who) -> Result<(JoinCode, Secret, [u8; 32]), ApiError> {
    let minutes = new.minutes.unwrap_or(MINUTES);
    if !MINUTES_BOUNDS.contains(&minutes) {
        return Err(ApiError::BadRequest("minutes must be 5 to 10080 (7 days)"));
    }
    let (name, abonent) = plain_user(&new.name, new.role, new.abonent)?;
    let secret = code::random();
    let hash = code::hash(secret.reveal()).expect("a code that was just made is one");
    let created_at = now();
    let code = JoinCode {
        id: ulid::Ulid::new().to_string(),
        name,
        role: new.role,
        abonent,
        created_at,
        expires_at: created_at.plus(i64::from(minutes) * 60_000),
        created_by: by.name.clone(),
    };
    Ok((code, secret, hash))
}

/// The link that joins with one click: `perezvon://join?relay=URL&code=…`.
pub(crate) fn link(relay: &Url, code: &Secret) -> Secret {
    let relay = relay.as_str().trim_end_matches('/');
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("relay", relay)
        .append_pair("code", code.reveal())
        .finish();
    Secret::new(format!("perezvon://join?{query}"))
}

/// Where desks find this relay: its public address, or else the one that the admin himself has used, unless that leads
/// back to the machine that uses it.
fn own_address(app: &App, headers: &HeaderMap) -> Option<Url> {
    if let Some(url) = app.settings().public_url {
        return Some(url);
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let url = Url::parse(&format!("http://{host}")).ok()?;
    let is_own = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback() || ip.is_unspecified(),
        Host::Ipv6(ip) => ip.is_loopback() || ip.is_unspecified(),
    };
    (!is_own).then_some(url)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Made {
    id: String,
    code: String,
    /// Absent where the relay does not know at which address others reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    expires_at: Time,
}

/// `POST /v1/join-codes`: the code is told here and never again.
pub(crate) async fn make(
    State(app): State<App>,
    Admin(caller): Admin,
    headers: HeaderMap,
    new: Result<Json<NewCode>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let mut new = body(new)?;
    new.abonent = new.abonent.map(|id| users::canonical(&app, id));
    let who = Who::from(&caller);
    let (code, secret, hash) = new_code(new, &who)?;
    let made = Made {
        id: code.id.clone(),
        code: secret.reveal().to_owned(),
        link: own_address(&app, &headers).map(|relay| link(&relay, &secret).reveal().to_owned()),
        expires_at: code.expires_at,
    };
    let stored = app
        .ledger
        .write(move |batch| join_codes::add(batch.connection, &code, &hash, who))
        .await?;
    if stored {
        Ok((StatusCode::CREATED, Json(made)))
    } else {
        Err(ApiError::TooManyCodes)
    }
}

/// `GET /v1/join-codes`: those that wait for somebody. Never the codes themselves.
pub(crate) async fn list(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    let codes = app
        .ledger
        .read(|connection| join_codes::list(connection, now()))
        .await?;
    Ok(Json(json!({ "codes": codes })))
}

/// `DELETE /v1/join-codes/{id}`.
pub(crate) async fn withdraw(
    State(app): State<App>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let who = (&caller).into();
    let withdrawn = app
        .ledger
        .write(move |batch| join_codes::withdraw(batch.connection, &id, now(), who))
        .await?;
    if withdrawn {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    code: String,
}

/// What the new desk is told, once.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Joined {
    key: String,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent: Option<String>,
    name: String,
    account: String,
}

/// `POST /v1/join`: a code becomes a key. Without a key, so tries are few.
pub(crate) async fn join(
    State(app): State<App>,
    typed: Result<Json<Typed>, JsonRejection>,
) -> Result<(StatusCode, Json<Joined>), ApiError> {
    let typed = body(typed)?;
    let begun = app
        .join_tries
        .begin()
        .map_err(|wait| ApiError::TooManyTries(wait.as_secs() + 1))?;
    let hash = code::hash(&typed.code).ok_or(ApiError::JoinRefused(join_codes::Refused::Unknown))?;
    let (key, at) = (auth::random_key(), now());
    let key_hash = auth::hash(&key);
    let joined = app
        .ledger
        .write(move |batch| join_codes::join(batch.connection, &hash, at, &key_hash))
        .await?;
    let user = joined.map_err(ApiError::JoinRefused)?;
    app.join_tries.succeeded(begun);
    tracing::info!(user = user.id, "a desk has joined");
    let told = Joined {
        key,
        role: user.role,
        abonent: user.abonent,
        name: user.name,
        account: app.account.clone(),
    };
    Ok((StatusCode::CREATED, Json(told)))
}
