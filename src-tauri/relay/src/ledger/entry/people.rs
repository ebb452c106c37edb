//! Entries about users and join codes.

use crate::ledger::transaction::Transaction;
use crate::tables::LedgerError;
use crate::tables::audit::Who;
use crate::tables::join_codes::{self, JoinCode, Refused};
use crate::tables::users::{self, User};

/// A user with a key.
#[derive(Clone, Debug)]
pub(crate) struct UserAdded {
    pub(crate) user: User,
    pub(crate) key_hash: [u8; 32],
    pub(crate) who: Who,
}

impl UserAdded {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<(), LedgerError> {
        users::add(transaction.connection, &self.user, &self.key_hash, self.who.clone())
    }
}

/// A user's key is revoked, and the unused join codes that this user made are withdrawn; false if there is no such
/// user with a valid key.
#[derive(Clone, Debug)]
pub(crate) struct UserRevoked {
    pub(crate) id: String,
    pub(crate) who: Who,
}

impl UserRevoked {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let (connection, at) = (transaction.connection, transaction.at);
        if !users::is_active(connection, &self.id)? {
            return Ok(false);
        }
        join_codes::withdraw_of(connection, &self.id, at, &self.who)?;
        users::revoke(connection, &self.id, at, self.who.clone())
    }
}

/// A join code was made; false if too many are open.
#[derive(Clone, Debug)]
pub(crate) struct JoinCodeMade {
    pub(crate) code: JoinCode,
    pub(crate) hash: [u8; 32],
    pub(crate) who: Who,
}

impl JoinCodeMade {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        join_codes::add(transaction.connection, &self.code, &self.hash, self.who.clone())
    }
}

/// A join code is withdrawn; false if it cannot be used anyway.
#[derive(Clone, Debug)]
pub(crate) struct JoinCodeWithdrawn {
    pub(crate) id: String,
    pub(crate) who: Who,
}

impl JoinCodeWithdrawn {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<bool, LedgerError> {
        let at = transaction.at;
        join_codes::withdraw(transaction.connection, &self.id, at, self.who.clone())
    }
}

/// A desk used a join code. The answer is its user, or why the code is refused.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    /// Hash of the code.
    pub(crate) hash: [u8; 32],
    /// Id of the new user.
    pub(crate) user: String,
    /// Hash of the new user's key.
    pub(crate) key_hash: [u8; 32],
}

impl Joined {
    pub(super) fn apply(&self, transaction: &mut Transaction<'_>) -> Result<Result<User, Refused>, LedgerError> {
        let at = transaction.at;
        join_codes::join(transaction.connection, &self.hash, at, &self.user, &self.key_hash)
    }
}
