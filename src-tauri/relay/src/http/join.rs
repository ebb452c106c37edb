//! `/v1/join-codes` and `/v1/join`: how a new desk gets its key.

use super::body;
use super::caller::Admin;
use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::keys::{self, Role, code};
use crate::ledger::entry::{JoinCodeMade, JoinCodeWithdrawn, Joined as DeskJoined};
use crate::ledger::{Ledger, SettingsNow};
use crate::listening::Listening;
use crate::people::{NewCode, link, new_code};
use crate::rate::Tries;
use crate::roster::RosterNow;
use crate::tables::audit::Who;
use crate::tables::join_codes;
use crate::tables::settings::Settings;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use url::{Host, Url};

/// Where desks find this relay: its public address, or else the one that the admin himself has used, unless that leads
/// back to the machine that uses it.
fn own_address(settings: &Settings, listening: &Listening, headers: &HeaderMap) -> Option<Url> {
    if let Some(url) = &settings.public_url {
        return Some(url.clone());
    }
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let url = Url::parse(&format!("{}://{host}", listening.scheme())).ok()?;
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
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(settings): State<SettingsNow>,
    State(listening): State<Listening>,
    State(clock): State<Clock>,
    Admin(caller): Admin,
    headers: HeaderMap,
    new: Result<Json<NewCode>, JsonRejection>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let mut new = body(new)?;
    new.abonent = new.abonent.map(|id| roster.borrow().canonical(&id));
    let who = Who::from(&caller);
    let (code, secret, hash) = new_code(new, &who, clock.now())?;
    let made = Made {
        id: code.id.clone(),
        code: secret.reveal().to_owned(),
        link: own_address(&settings.borrow(), &listening, &headers)
            .map(|relay| link(&relay, &secret).reveal().to_owned()),
        expires_at: code.expires_at,
    };
    let stored = ledger.put(JoinCodeMade { code, hash, who }).await?;
    if stored {
        Ok((StatusCode::CREATED, Json(made)))
    } else {
        Err(ApiError::TooManyCodes)
    }
}

/// `GET /v1/join-codes`: those that wait for somebody. Never the codes themselves.
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(clock): State<Clock>,
    _: Admin,
) -> Result<Json<Value>, ApiError> {
    let now = clock.now();
    let codes = ledger.read(move |connection| join_codes::list(connection, now)).await?;
    Ok(Json(json!({ "codes": codes })))
}

/// `DELETE /v1/join-codes/{id}`.
pub(crate) async fn withdraw(
    State(ledger): State<Ledger>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let who = (&caller).into();
    let withdrawn = ledger.put(JoinCodeWithdrawn { id, who }).await?;
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
    State(ledger): State<Ledger>,
    State(tries): State<Arc<Tries>>,
    State(account): State<Arc<str>>,
    typed: Result<Json<Typed>, JsonRejection>,
) -> Result<(StatusCode, Json<Joined>), ApiError> {
    let typed = body(typed)?;
    let begun = tries
        .begin()
        .map_err(|wait| ApiError::TooManyTries(wait.as_secs() + 1))?;
    let hash = code::hash(&typed.code).ok_or(ApiError::JoinRefused(join_codes::Refused::Unknown))?;
    let key = keys::random_key();
    let key_hash = keys::hash(&key);
    let joined = ledger
        .put(DeskJoined {
            hash,
            user: ulid::Ulid::new().to_string(),
            key_hash,
        })
        .await?;
    let user = joined.map_err(ApiError::JoinRefused)?;
    tries.succeeded(begun);
    tracing::info!(user = user.id, "a desk has joined");
    let told = Joined {
        key,
        role: user.role,
        abonent: user.abonent,
        name: user.name,
        account: account.to_string(),
    };
    Ok((StatusCode::CREATED, Json(told)))
}
