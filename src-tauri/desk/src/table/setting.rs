//! Settings of the desk: JSON by key.

use crate::error::DeskError;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) const STEP_1: &str = "
    CREATE TABLE setting (
        key   TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL                 -- JSON
    ) STRICT;
";

/// The trouble whose toast the user closed: not raised again until it was mended.
pub(crate) const HIDDEN_TROUBLE: &str = "trouble.hidden";

/// The names of the company's abonents by their ids, as long as its calls are here.
pub(crate) const COMPANY_ABONENTS: &str = "company_abonents";

pub(crate) fn get<T: DeserializeOwned>(connection: &Connection, key: &str) -> Result<Option<T>, DeskError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

pub(crate) fn put<T: Serialize>(connection: &Connection, key: &str, value: &T) -> Result<(), DeskError> {
    connection
        .prepare_cached(
            "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
        )?
        .execute(params![key, serde_json::to_string(value)?])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, key: &str) -> Result<(), DeskError> {
    connection.execute("DELETE FROM setting WHERE key = ?1", [key])?;
    Ok(())
}
