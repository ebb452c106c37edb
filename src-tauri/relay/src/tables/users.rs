//! Users and the hashes of their keys.

use super::LedgerError;
use super::audit::{self, AuditLine, What, Who};
use crate::keys::Role;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A user. The key itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    /// ULID.
    pub(crate) id: String,
    /// A name for people to read.
    pub(crate) name: String,
    /// What the user may do.
    pub(crate) role: Role,
    /// Whose calls; always present for [`Role::User`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abonent: Option<String>,
    /// When the key was made.
    pub(crate) created_at: Time,
    /// When the key was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked_at: Option<Time>,
}

const COLUMNS: &str = "id, name, role, abonent, created_at, revoked_at";

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        role: Role::stored(row.get_ref(2)?.as_str()?),
        abonent: row.get(3)?,
        created_at: Time::from_ms(row.get(4)?),
        revoked_at: row.get::<_, Option<i64>>(5)?.map(Time::from_ms),
    })
}

/// Adds a user with the hash of their key, and a line to the audit.
pub(crate) fn add(connection: &Connection, user: &User, key_hash: &[u8; 32], who: Who) -> Result<(), LedgerError> {
    insert(connection, user, key_hash)?;
    let entry = AuditLine {
        at: user.created_at,
        who,
        what: What::UserAdded,
        subject: Some(user.id.clone()),
        detail: Some(audit_detail(user)),
    };
    audit::add(connection, &entry)
}

/// The audit's detail about a user.
fn audit_detail(user: &User) -> Value {
    json!({ "name": user.name, "role": user.role, "abonent": user.abonent })
}

/// Adds a user with the hash of their key; the caller writes the audit.
pub(super) fn insert(connection: &Connection, user: &User, key_hash: &[u8; 32]) -> Result<(), LedgerError> {
    let sql = "INSERT INTO users (id, name, role, abonent, key_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute((
        &user.id,
        &user.name,
        user.role.as_str(),
        &user.abonent,
        key_hash.as_slice(),
        user.created_at.ms(),
    ))?;
    Ok(())
}

/// The user of a valid key.
pub(crate) fn by_key(connection: &Connection, key_hash: &[u8; 32]) -> Result<Option<User>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE key_hash = ?1 AND revoked_at IS NULL");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([key_hash.as_slice()], read)
        .optional()?)
}

/// All users, revoked ones included, oldest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<User>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM users ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Revokes a user's key, with a line in the audit. False if there is no such user or the key was revoked before.
pub(crate) fn revoke(connection: &Connection, id: &str, at: Time, who: Who) -> Result<bool, LedgerError> {
    let sql = format!("UPDATE users SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL RETURNING {COLUMNS}");
    let stopped = connection
        .prepare_cached(&sql)?
        .query_row((id, at.ms()), read)
        .optional()?;
    let Some(user) = stopped else { return Ok(false) };
    let entry = AuditLine {
        at,
        who,
        what: What::UserRevoked,
        detail: Some(audit_detail(&user)),
        subject: Some(user.id),
    };
    audit::add(connection, &entry)?;
    Ok(true)
}

/// Whether the user's key is valid.
pub(crate) fn is_active(connection: &Connection, id: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1 AND revoked_at IS NULL)";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}
