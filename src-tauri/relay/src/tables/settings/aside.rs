//! Stored settings that cannot be read: only the setting itself is affected, and its value is put aside when the
//! settings are next stored.

use super::{SETTINGS_KEY, Settings};
use crate::tables::audit::{self, AuditLine, What, Who};
use crate::tables::{LedgerError, unquoted};
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value, json};

/// A value that cannot be read.
struct UnreadableSetting {
    /// Its key; empty: the settings as a whole.
    key: String,
    /// As it was stored.
    value: Vec<u8>,
    /// The reason, without the value.
    reason: String,
}

/// The stored settings, with the defaults for those that cannot be read.
pub(super) struct StoredSettings {
    pub(super) settings: Settings,
    unread: Vec<UnreadableSetting>,
}

/// See [`StoredSettings`].
pub(super) fn read(connection: &Connection) -> Result<StoredSettings, LedgerError> {
    let mut settings = Settings::default();
    let sql = "SELECT value FROM settings WHERE key = ?1";
    // Values edited by hand may be texts that are not UTF-8.
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row([SETTINGS_KEY], |row| Ok(row.get_ref(0)?.as_bytes()?.to_vec()))
        .optional()?;
    let Some(bytes) = bytes else {
        let unread = Vec::new();
        return Ok(StoredSettings { settings, unread });
    };
    let stored: Map<String, Value> = match serde_json::from_slice(&bytes) {
        Ok(stored) => stored,
        Err(error) => {
            let unread = vec![UnreadableSetting {
                key: String::new(),
                value: bytes,
                reason: unquoted(&error),
            }];
            return Ok(StoredSettings { settings, unread });
        }
    };
    let mut unread = Vec::new();
    for (key, value) in stored {
        match settings.with(&key, value.clone()) {
            Ok(better) => settings = better,
            Err(reason) => unread.push(UnreadableSetting {
                key,
                value: value.to_string().into_bytes(),
                reason,
            }),
        }
    }
    Ok(StoredSettings { settings, unread })
}

impl StoredSettings {
    /// Keeps the unreadable values for inspection, with a line in the audit and the log. To be called inside the
    /// transaction that replaces them.
    pub(super) fn put_aside(&self, connection: &Connection, at: Time) -> Result<(), LedgerError> {
        for one in &self.unread {
            let sql = "INSERT OR REPLACE INTO settings_aside (key, value, reason, at) VALUES (?1, ?2, ?3, ?4)";
            let values = (&one.key, &one.value, &one.reason, at.ms());
            connection.prepare_cached(sql)?.execute(values)?;
            let default = json!(Settings::default()).get(&one.key).cloned();
            let key = if one.key.is_empty() { SETTINGS_KEY } else { &one.key };
            tracing::error!(
                setting = key,
                reason = one.reason,
                "a stored setting is unreadable: it was put aside, and the default holds"
            );
            let line = AuditLine {
                at,
                who: Who::relay(),
                what: What::SettingsChanged,
                subject: None,
                detail: Some(json!({ key: { "from": null, "to": default, "unreadable": one.reason } })),
            };
            audit::add(connection, &line)?;
        }
        Ok(())
    }
}

/// How many values were put aside.
pub(crate) fn count(connection: &Connection) -> Result<i64, LedgerError> {
    let sql = "SELECT count(*) FROM settings_aside";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
