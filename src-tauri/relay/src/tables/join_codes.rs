//! Join codes: for one use, short-lived, stored as hashes only.

use super::LedgerError;
use super::audit::{self, AuditLine, What, Who};
use super::users::{self, User};
use crate::keys::Role;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// Codes that may be open at a time.
const MAX_OPEN_CODES: i64 = 1000;
/// How long a used or expired code is kept, milliseconds: during that time a person is told why it does not work.
const REMEMBERED_MS: i64 = 86_400_000;

/// A code that was not used yet; never the code itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JoinCode {
    /// ULID.
    pub(crate) id: String,
    /// Name of the user that it will create.
    pub(crate) name: String,
    /// Their role.
    pub(crate) role: Role,
    /// The abonent whose calls they will see; always present for [`Role::User`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abonent: Option<String>,
    /// When it was made.
    pub(crate) created_at: Time,
    /// Until when it is valid.
    pub(crate) expires_at: Time,
    /// Name of the admin who made it.
    pub(crate) created_by: String,
}

/// Why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is no such code, or no longer.
    Unknown,
    /// It was used.
    Used,
    /// It has expired.
    Expired,
}

const COLUMNS: &str = "id, name, role, abonent, created_at, expires_at, created_by";

fn read(row: &Row<'_>) -> rusqlite::Result<JoinCode> {
    Ok(JoinCode {
        id: row.get(0)?,
        name: row.get(1)?,
        role: Role::stored(row.get_ref(2)?.as_str()?),
        abonent: row.get(3)?,
        created_at: Time::from_ms(row.get(4)?),
        expires_at: Time::from_ms(row.get(5)?),
        created_by: row.get(6)?,
    })
}

fn line(what: What, at: Time, who: Who, code: &JoinCode) -> AuditLine {
    AuditLine {
        at,
        who,
        what,
        subject: Some(code.id.clone()),
        detail: Some(json!({ "name": code.name, "role": code.role, "abonent": code.abonent,
            "expiresAt": code.expires_at })),
    }
}

/// Stores a code and a line in the audit, and deletes old ones. False if too many are open.
pub(crate) fn add(connection: &Connection, code: &JoinCode, hash: &[u8; 32], who: Who) -> Result<bool, LedgerError> {
    let now = code.created_at;
    forget(connection, now)?;
    let open = "SELECT COUNT(*) FROM join_codes WHERE used_at IS NULL AND expires_at > ?1";
    let open: i64 = connection
        .prepare_cached(open)?
        .query_row([now.ms()], |row| row.get(0))?;
    if open >= MAX_OPEN_CODES {
        return Ok(false);
    }
    let sql = "INSERT INTO join_codes
                   (id, code_hash, role, abonent, name, created_at, created_by, created_by_id, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(sql)?.execute((
        &code.id,
        hash.as_slice(),
        code.role.as_str(),
        &code.abonent,
        &code.name,
        now.ms(),
        &code.created_by,
        &who.id,
        code.expires_at.ms(),
    ))?;
    audit::add(connection, &line(What::JoinCodeMade, now, who, code))?;
    Ok(true)
}

/// Deletes codes that ended longer ago than [`REMEMBERED_MS`].
pub(crate) fn forget(connection: &Connection, now: Time) -> Result<(), LedgerError> {
    let sql = "DELETE FROM join_codes WHERE expires_at < ?1";
    connection
        .prepare_cached(sql)?
        .execute([now.plus(-REMEMBERED_MS).ms()])?;
    Ok(())
}

/// The codes that can be used, newest first.
pub(crate) fn list(connection: &Connection, now: Time) -> Result<Vec<JoinCode>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM join_codes WHERE used_at IS NULL AND expires_at > ?1 ORDER BY id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([now.ms()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Withdraws a code, with a line in the audit. False if there is no valid one.
pub(crate) fn withdraw(connection: &Connection, id: &str, now: Time, who: Who) -> Result<bool, LedgerError> {
    let sql =
        format!("DELETE FROM join_codes WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2 RETURNING {COLUMNS}");
    let taken = connection
        .prepare_cached(&sql)?
        .query_row((id, now.ms()), read)
        .optional()?;
    let Some(code) = taken else { return Ok(false) };
    audit::add(connection, &line(What::JoinCodeWithdrawn, now, who, &code))?;
    Ok(true)
}

/// Withdraws the codes of a user whose key was revoked: they would let that user in again.
pub(crate) fn withdraw_of(connection: &Connection, user: &str, now: Time, who: &Who) -> Result<(), LedgerError> {
    let sql = "SELECT id FROM join_codes WHERE created_by_id = ?1 AND used_at IS NULL AND expires_at > ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map((user, now.ms()), |row| row.get::<_, String>(0))?;
    for id in ids.collect::<Result<Vec<_>, _>>()? {
        withdraw(connection, &id, now, who.clone())?;
    }
    Ok(())
}

/// Whether the code was made here, in whatever state it is.
pub(crate) fn is_known(connection: &Connection, hash: &[u8; 32]) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM join_codes WHERE code_hash = ?1)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([hash.as_slice()], |row| row.get(0))?)
}

/// Uses a code: it becomes the user of this id with this hash of their key. To be called inside a transaction: of two
/// concurrent uses one finds it used.
pub(crate) fn join(
    connection: &Connection,
    hash: &[u8; 32],
    now: Time,
    user: &str,
    key_hash: &[u8; 32],
) -> Result<Result<User, Refused>, LedgerError> {
    forget(connection, now)?;
    let take = format!(
        "UPDATE join_codes SET used_at = ?2 WHERE code_hash = ?1 AND used_at IS NULL AND expires_at > ?2
         RETURNING {COLUMNS}"
    );
    let taken = connection
        .prepare_cached(&take)?
        .query_row((hash.as_slice(), now.ms()), read)
        .optional()?;
    let Some(code) = taken else {
        let why = "SELECT used_at IS NOT NULL FROM join_codes WHERE code_hash = ?1";
        let used: Option<bool> = connection
            .prepare_cached(why)?
            .query_row([hash.as_slice()], |row| row.get(0))
            .optional()?;
        return Ok(Err(match used {
            None => Refused::Unknown,
            Some(true) => Refused::Used,
            Some(false) => Refused::Expired,
        }));
    };
    let user = User {
        id: user.to_owned(),
        name: code.name,
        role: code.role,
        abonent: code.abonent,
        created_at: now,
        revoked_at: None,
    };
    users::insert(connection, &user, key_hash)?;
    let joined = AuditLine {
        at: now,
        who: Who {
            id: Some(user.id.clone()),
            name: user.name.clone(),
            role: user.role.as_str().to_owned(),
        },
        what: What::Joined,
        subject: Some(code.id),
        detail: user.abonent.as_ref().map(|abonent| json!({ "abonent": abonent })),
    };
    audit::add(connection, &joined)?;
    Ok(Ok(user))
}
