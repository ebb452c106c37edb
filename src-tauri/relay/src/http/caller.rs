//! Who asks: the holder of the key that a request carries (design, part 6).

use super::Parts;
use super::error::ApiError;
use crate::keys::{LocalKey, Role, hash};
use crate::ledger::Ledger;
use crate::roster::Roster;
use crate::tables::audit::Who;
use crate::tables::users;
use crate::told::View;
use axum::extract::FromRequestParts;
use axum::http::request::Parts as RequestParts;
use axum::http::{HeaderMap, header};

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// None: the key of the embedding program.
    pub(crate) user: Option<String>,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// For a user always there.
    pub(crate) abonent: Option<String>,
}

impl Caller {
    /// Whose view the caller gets who asks for the abonent `wanted`, written in whatever way: a user's own and no other.
    pub(crate) fn view(&self, roster: &Roster, wanted: Option<&str>) -> Result<View, ApiError> {
        let wanted = wanted.map(|id| roster.canonical(id));
        match self.role {
            Role::Admin => Ok(wanted.map_or(View::Company, View::AdminOf)),
            Role::User => {
                let own = self.abonent.clone().ok_or(ApiError::Forbidden)?;
                if wanted.is_some_and(|wanted| wanted != own) {
                    return Err(ApiError::Forbidden);
                }
                Ok(View::Abonent(own))
            }
        }
    }
}

impl From<&Caller> for Who {
    fn from(caller: &Caller) -> Self {
        Self {
            id: caller.user.clone(),
            name: caller.name.clone(),
            role: caller.role.as_str().to_owned(),
        }
    }
}

/// Longest text that is looked at as a key, bytes.
const LONGEST: usize = 128;

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The hash of the key that the request carries.
pub(crate) fn key_hash(headers: &HeaderMap) -> Option<[u8; 32]> {
    bearer(headers).filter(|key| key.len() <= LONGEST).map(hash)
}

/// Who holds the key of the request.
pub(crate) async fn caller(ledger: &Ledger, local: &LocalKey, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let hash = key_hash(headers).ok_or(ApiError::Unauthorized)?;
    if local.is(&hash) {
        return Ok(Caller {
            user: None,
            name: "local".to_owned(),
            role: Role::Admin,
            abonent: None,
        });
    }
    // The look-up by hash cannot be timed for the key: what is compared is its digest.
    let user = ledger.read(move |connection| users::by_key(connection, &hash)).await?;
    let user = user.ok_or(ApiError::Unauthorized)?;
    Ok(Caller {
        user: Some(user.id),
        name: user.name,
        role: user.role,
        abonent: user.abonent,
    })
}

impl FromRequestParts<Parts> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(request: &mut RequestParts, parts: &Parts) -> Result<Self, ApiError> {
        caller(&parts.ledger, &parts.local_key, &request.headers).await
    }
}

/// A caller who may do everything.
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Parts> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(request: &mut RequestParts, parts: &Parts) -> Result<Self, ApiError> {
        let caller = caller(&parts.ledger, &parts.local_key, &request.headers).await?;
        match caller.role {
            Role::Admin => Ok(Self(caller)),
            Role::User => Err(ApiError::Forbidden),
        }
    }
}
