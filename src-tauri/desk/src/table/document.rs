//! The document «Телефонный звонок»: registered once per call, numbered 1, 2, 3… on this desk.

use crate::error::DeskError;
use crate::key;
use perezvon_core::{CallSnapshot, Time};
use rusqlite::{Connection, OptionalExtension, params};

pub(super) const STEP_1: &str = "
    CREATE TABLE document (
        id            INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 without gaps
        call_id       TEXT    NOT NULL UNIQUE,
        number_key    TEXT,
        registered_ms INTEGER NOT NULL,
        snapshot      TEXT    NOT NULL      -- of the call, so that the document outlives the mirror
    ) STRICT;
    CREATE INDEX document_of_number ON document (number_key, id);
";

/// The number as printed: `000000042`.
pub(crate) fn printed(id: i64) -> String {
    format!("{id:09}")
}

/// Registers the call's document; none where it has one.
pub(crate) fn register(tx: &Connection, call: &CallSnapshot, now: Time) -> Result<Option<i64>, DeskError> {
    Ok(tx
        .prepare_cached(
            "INSERT INTO document (id, call_id, number_key, registered_ms, snapshot)
             SELECT coalesce(max(id), 0) + 1, ?1, ?2, ?3, ?4 FROM document WHERE true
             ON CONFLICT (call_id) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![
                call.id,
                key::key_of(&call.party),
                now.ms(),
                serde_json::to_string(call)?
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// What became known of the call since its document was registered belongs into the document. The document.
pub(crate) fn follow(tx: &Connection, call: &CallSnapshot) -> Result<Option<i64>, DeskError> {
    Ok(tx
        .prepare_cached("UPDATE document SET number_key = ?2, snapshot = ?3 WHERE call_id = ?1 RETURNING id")?
        .query_row(
            params![call.id, key::key_of(&call.party), serde_json::to_string(call)?],
            |row| row.get(0),
        )
        .optional()?)
}

/// The document of a call that turned out to be another one: it is that one's, unless that has one already.
pub(crate) fn hand_over(tx: &Connection, from: &str, to: &str) -> Result<(), DeskError> {
    tx.execute(
        "UPDATE OR IGNORE document SET call_id = ?2 WHERE call_id = ?1",
        [from, to],
    )?;
    tx.execute("DELETE FROM document WHERE call_id = ?1", [from])?;
    Ok(())
}

/// The document's call.
pub(crate) fn snapshot(connection: &Connection, id: i64) -> Result<Option<CallSnapshot>, DeskError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT snapshot FROM document WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// The document of a call.
pub(crate) fn of_call(connection: &Connection, call: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT id FROM document WHERE call_id = ?1")?
        .query_row([call], |row| row.get(0))
        .optional()?)
}
