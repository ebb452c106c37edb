//! `/v1/join-codes` and `/v1/join`: how a new desk gets its key.

use super::Parts;
use super::caller::Admin;
use super::input::{Bounded, ById, Json, Name, Path};
use crate::clock::Clock;
use crate::http::error::ApiError;
use crate::keys::{self, Role, code};
use crate::ledger::Ledger;
use crate::ledger::entry::{JoinCodeMade, JoinCodeWithdrawn, Joined as DeskJoined};
use crate::listening::Listening;
use crate::people::{LONGEST, NewCode, SHORTEST, link, new_code};
use crate::rate::Tries;
use crate::roster::RosterNow;
use crate::tables::audit::Who;
use crate::tables::join_codes::{self, JoinCode};
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, StatusCode, header};
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use url::{Host, Url};
use utoipa::ToSchema;

/// Where desks find this relay: its public address, or else the one that the administrator has used, unless that leads
/// back to the machine that uses it.
pub(crate) struct OwnAddress(Option<Url>);

impl FromRequestParts<Parts> for OwnAddress {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut RequestParts, parts: &Parts) -> Result<Self, Infallible> {
        let public = parts.settings.borrow().public_url.clone();
        Ok(Self(public.or_else(|| used(&parts.listening, &request.headers))))
    }
}

fn used(listening: &Listening, headers: &HeaderMap) -> Option<Url> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let url = Url::parse(&format!("{}://{host}", listening.scheme())).ok()?;
    let is_own = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => ip.is_loopback() || ip.is_unspecified(),
        Host::Ipv6(ip) => ip.is_loopback() || ip.is_unspecified(),
    };
    (!is_own).then_some(url)
}

/// How long a code can be used, minutes.
type Minutes = Bounded<{ SHORTEST as i64 }, { LONGEST as i64 }>;

/// What a join code is for: the user whom it will make.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "role", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum NewJoinCode {
    /// Somebody who may do everything.
    Admin {
        #[schema(inline)]
        name: Name,
        #[schema(inline)]
        abonent: Option<Name>,
        /// 30 where nothing is said.
        #[serde(default, deserialize_with = "Minutes::may_be_in_body")]
        #[schema(inline)]
        minutes: Option<Minutes>,
    },
    /// Somebody who sees the calls of one abonent.
    User {
        #[schema(inline)]
        name: Name,
        #[schema(inline)]
        abonent: Name,
        /// 30 where nothing is said.
        #[serde(default, deserialize_with = "Minutes::may_be_in_body")]
        #[schema(inline)]
        minutes: Option<Minutes>,
    },
}

/// A join code that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JoinCodeMade)]
pub(crate) struct Made {
    id: String,
    code: String,
    /// Absent where the relay does not know at which address others reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    expires_at: Time,
}

/// Makes a one-time join code. It is told here and never again.
#[utoipa::path(post, path = "/v1/join-codes", responses((status = 201, body = Made)))]
pub(crate) async fn make(
    State(ledger): State<Ledger>,
    State(roster): State<RosterNow>,
    State(clock): State<Clock>,
    Admin(caller): Admin,
    OwnAddress(relay): OwnAddress,
    Json(new): Json<NewJoinCode>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let (role, name, abonent, minutes) = match new {
        NewJoinCode::Admin { name, abonent, minutes } => (Role::Admin, name, abonent, minutes),
        NewJoinCode::User { name, abonent, minutes } => (Role::User, name, Some(abonent), minutes),
    };
    let new = NewCode {
        name: name.into_string(),
        role,
        abonent: abonent.map(|id| roster.borrow().canonical(id.as_str())),
        minutes: minutes.map(|minutes| minutes.get() as u32),
    };
    let who = Who::from(&caller);
    let (code, secret, hash) = new_code(new, &who, clock.now())?;
    let made = Made {
        id: code.id.clone(),
        code: secret.reveal().to_owned(),
        link: relay.map(|relay| link(&relay, &secret).reveal().to_owned()),
        expires_at: code.expires_at,
    };
    let stored = ledger.put(JoinCodeMade { code, hash, who }).await?;
    if stored {
        Ok((StatusCode::CREATED, Json(made)))
    } else {
        Err(ApiError::TooManyCodes)
    }
}

/// Join codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct JoinCodes {
    codes: Vec<JoinCode>,
}

/// The join codes that are not used yet. Never the codes themselves.
#[utoipa::path(get, path = "/v1/join-codes", responses((status = 200, body = JoinCodes)))]
pub(crate) async fn list(
    State(ledger): State<Ledger>,
    State(clock): State<Clock>,
    _: Admin,
) -> Result<Json<JoinCodes>, ApiError> {
    let now = clock.now();
    let codes = ledger.read(move |connection| join_codes::list(connection, now)).await?;
    Ok(Json(JoinCodes { codes }))
}

/// Withdraws an unused join code.
#[utoipa::path(delete, path = "/v1/join-codes/{id}", params(ById), responses((status = 204)))]
pub(crate) async fn withdraw(
    State(ledger): State<Ledger>,
    Admin(caller): Admin,
    Path(by): Path<ById>,
) -> Result<StatusCode, ApiError> {
    let who = (&caller).into();
    let withdrawn = ledger
        .put(JoinCodeWithdrawn {
            id: by.id.into_string(),
            who,
        })
        .await?;
    if withdrawn {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::NotFound)
    }
}

/// A join code as typed: case, blanks and dashes do not matter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Join)]
pub(crate) struct Typed {
    code: String,
}

/// What the new desk is told, once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Joined {
    key: String,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    abonent: Option<String>,
    name: String,
    account: String,
}

/// A join code becomes a key, once. Needs no key; failures are few a minute for all who try together.
#[utoipa::path(post, path = "/v1/join", responses((status = 201, body = Joined)))]
pub(crate) async fn join(
    State(ledger): State<Ledger>,
    State(tries): State<Arc<Tries>>,
    State(account): State<Arc<str>>,
    Json(typed): Json<Typed>,
) -> Result<(StatusCode, Json<Joined>), ApiError> {
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
