//! Keys and who holds them (design, part 6).

pub(crate) mod code;

use crate::error::ApiError;
use crate::ledger::users;
use crate::state::App;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a key may do. The third role of the design, `service`, is the PBX with its secret path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// The calls of one abonent.
    User,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }

    /// A role as the ledger has it, which knows no other.
    pub(crate) fn stored(word: &str) -> Self {
        if word == "admin" { Self::Admin } else { Self::User }
    }
}

/// A text that opens something: never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one who needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares without telling by the time it takes how much was right.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<redacted>")
    }
}

/// 256 random bits as 64 hexadecimal digits.
pub(crate) fn random_key() -> String {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is stored of a key. It has 256 random bits, so a plain hash cannot be guessed back.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

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
