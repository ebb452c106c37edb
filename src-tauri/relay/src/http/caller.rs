//! Who asks: the holder of the key that a request carries (design, part 6).

use super::error::ApiError;
use crate::keys::{Role, hash};
use crate::state::App;
use crate::tables::audit::Who;
use crate::tables::users;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use subtle::ConstantTimeEq as _;

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
    /// Whose view the caller gets when he asks for `wanted`: a user's own and no other.
    pub(crate) fn view(&self, wanted: Option<String>) -> Result<Option<String>, ApiError> {
        match self.role {
            Role::Admin => Ok(wanted),
            Role::User => {
                let own = self.abonent.clone().ok_or(ApiError::Forbidden)?;
                if wanted.is_some_and(|wanted| wanted != own) {
                    return Err(ApiError::Forbidden);
                }
                Ok(Some(own))
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
pub(crate) async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let hash = key_hash(headers).ok_or(ApiError::Unauthorized)?;
    if bool::from(app.local_key.ct_eq(&hash)) {
        return Ok(Caller {
            user: None,
            name: "local".to_owned(),
            role: Role::Admin,
            abonent: None,
        });
    }
    // The look-up by hash cannot be timed for the key: what is compared is its digest.
    let user = app
        .ledger
        .read(move |connection| users::by_key(connection, &hash))
        .await?;
    let user = user.ok_or(ApiError::Unauthorized)?;
    Ok(Caller {
        user: Some(user.id),
        name: user.name,
        role: user.role,
        abonent: user.abonent,
    })
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        caller(app, &parts.headers).await
    }
}

/// A caller who may do everything.
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<App> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = caller(app, &parts.headers).await?;
        match caller.role {
            Role::Admin => Ok(Self(caller)),
            Role::User => Err(ApiError::Forbidden),
        }
    }
}
