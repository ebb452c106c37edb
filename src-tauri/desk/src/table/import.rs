//! Imports of contacts, each with what it changed: it can be taken back.

use crate::error::DeskError;
use rusqlite::{Connection, OptionalExtension, params};

/// `contact_id` refers to nothing: who deletes a contact by hand need not think of it.
pub(super) const STEP_1: &str = "
    CREATE TABLE import (
        id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        source TEXT    NOT NULL,
        at_ms  INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE import_row (
        import_id  INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
        contact_id INTEGER NOT NULL,
        before     TEXT,                    -- JSON of what it was; none where the import made it
        PRIMARY KEY (import_id, contact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX import_row_by_contact ON import_row (contact_id, import_id);
";

/// Imports that can be taken back; older ones are forgotten.
const KEPT: i64 = 10;

/// A new import; its id.
pub(crate) fn begin(connection: &Connection, source: &str, at_ms: i64) -> Result<i64, DeskError> {
    let id = connection
        .prepare_cached("INSERT INTO import (source, at_ms) VALUES (?1, ?2) RETURNING id")?
        .query_row(params![source, at_ms], |row| row.get(0))?;
    connection.execute("DELETE FROM import WHERE id <= ?1", [id - KEPT])?;
    Ok(id)
}

/// Notes what an import changes. What it was before the whole import counts.
pub(crate) fn note(connection: &Connection, id: i64, contact: i64, before: Option<&str>) -> Result<(), DeskError> {
    connection
        .prepare_cached(
            "INSERT INTO import_row (import_id, contact_id, before) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![id, contact, before])?;
    Ok(())
}

/// Where an import's contacts are from.
pub(crate) fn source(connection: &Connection, id: i64) -> Result<Option<String>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT source FROM import WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// A contact that an import changed.
pub(crate) struct Noted {
    pub(crate) contact: i64,
    pub(crate) before: Option<String>,
    /// A later import has changed it too.
    pub(crate) later: bool,
}

/// The first of an import's contacts that are left to take back.
pub(crate) fn noted(connection: &Connection, id: i64, most: usize) -> Result<Vec<Noted>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT contact_id, before, EXISTS (
             SELECT 1 FROM import_row l WHERE l.contact_id = r.contact_id AND l.import_id > r.import_id)
         FROM import_row r WHERE import_id = ?1 ORDER BY contact_id LIMIT ?2",
    )?;
    let rows = statement.query_map(params![id, most as i64], |row| {
        Ok(Noted {
            contact: row.get(0)?,
            before: row.get(1)?,
            later: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One of them is dealt with.
pub(crate) fn settle(connection: &Connection, id: i64, contact: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("DELETE FROM import_row WHERE import_id = ?1 AND contact_id = ?2")?
        .execute([id, contact])?;
    Ok(())
}

/// The import is taken back as a whole.
pub(crate) fn forget(connection: &Connection, id: i64) -> Result<(), DeskError> {
    connection.execute("DELETE FROM import WHERE id = ?1", [id])?;
    Ok(())
}
