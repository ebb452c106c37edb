//! Settings of the desk: JSON by key.

use crate::db::Durability;
use crate::{Desk, DeskError};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Desk {
    /// The setting, or none where it was never set.
    pub fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DeskError> {
        self.db.read(|c| get(c, key))
    }

    /// Stores the setting; survives a power cut.
    pub fn set_setting<T: Serialize>(&self, key: &str, value: &T) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| put(tx, key, value))
    }
}

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
