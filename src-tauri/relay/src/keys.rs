//! Keys and their roles (design, part 6).

pub(crate) mod code;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

/// What a key may do. The third role of the design, `service`, is the PBX with its secret path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A secret text: never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares in constant time.
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

/// The stored hash of a key. A key has 256 random bits, so a hash without salt cannot be reversed by guessing.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// The key of the embedding program, the desktop app or the command line: an administrator's, made at each start of
/// the process and kept in memory only.
pub(crate) struct LocalKey {
    secret: Secret,
    hash: [u8; 32],
}

impl LocalKey {
    pub(crate) fn new(secret: Secret) -> Self {
        let hash = hash(secret.reveal());
        Self { secret, hash }
    }

    /// Whether it is the key with this hash; compares in constant time.
    pub(crate) fn is(&self, hash: &[u8; 32]) -> bool {
        self.hash.ct_eq(hash).into()
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}
