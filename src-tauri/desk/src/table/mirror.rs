//! Whose calls are mirrored, and how far: one row.

use crate::error::DeskError;
use rusqlite::{Connection, OptionalExtension};

pub(super) const STEP_1: &str = "
    CREATE TABLE mirror (
        one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        identity TEXT    NOT NULL,          -- relay and abonent
        owner    TEXT    NOT NULL,          -- the abonent alone: whose queue of calls back it is
        cursor   INTEGER NOT NULL,          -- highest version taken
        synced   INTEGER NOT NULL,          -- when the end of a backlog was first reached, epoch ms; 0: not yet
        company  INTEGER NOT NULL           -- highest version taken of the company's log; 0: nothing
    ) STRICT;
";

/// The abonent whose calls are mirrored; empty where none are yet.
pub(crate) fn owner(connection: &Connection) -> Result<String, DeskError> {
    let owner = connection
        .prepare_cached("SELECT owner FROM mirror")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(owner.unwrap_or_default())
}

/// The identity of the mirror.
pub(crate) fn identity(connection: &Connection) -> Result<Option<String>, DeskError> {
    let identity = connection.query_row("SELECT identity FROM mirror", [], |row| row.get(0));
    Ok(identity.optional()?)
}

/// Cursor and time of the first whole backlog of this identity's mirror.
pub(crate) fn position(connection: &Connection, identity: &str) -> Result<Option<(i64, i64)>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT cursor, synced FROM mirror WHERE identity = ?1")?
        .query_row([identity], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Moves the cursor.
pub(crate) fn advance(connection: &Connection, cursor: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("UPDATE mirror SET cursor = ?1")?
        .execute([cursor])?;
    Ok(())
}

/// The highest version taken of the company's log, if the mirror is this identity's.
pub(crate) fn company(connection: &Connection, identity: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT company FROM mirror WHERE identity = ?1")?
        .query_row([identity], |row| row.get(0))
        .optional()?)
}

/// Moves the cursor of the company's log.
pub(crate) fn advance_company(connection: &Connection, cursor: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("UPDATE mirror SET company = ?1")?
        .execute([cursor])?;
    Ok(())
}

/// An empty mirror of this identity: the abonent is its last word.
pub(crate) fn begin(connection: &Connection, identity: &str) -> Result<(), DeskError> {
    let owner = identity.rsplit(' ').next().unwrap_or_default();
    connection.execute("DELETE FROM mirror", [])?;
    connection.execute(
        "INSERT INTO mirror (one, identity, owner, cursor, synced, company) VALUES (1, ?1, ?2, 0, 0, 0)",
        [identity, owner],
    )?;
    Ok(())
}
