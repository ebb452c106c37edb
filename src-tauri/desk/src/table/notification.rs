//! The rows of the list «Уведомления» (manual D6).

use crate::error::DeskError;
use crate::toast::ToastKey;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) const STEP_1: &str = "
    CREATE TABLE notification (
        id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        toast_key  TEXT    NOT NULL,
        kind       TEXT    NOT NULL,
        state      TEXT    NOT NULL CHECK (state IN ('prepared', 'shown', 'clicked', 'dismissed', 'expired')),
        open       INTEGER NOT NULL,        -- the toast may be on the screen
        seen       INTEGER NOT NULL,
        number_key TEXT,
        subject    TEXT    NOT NULL,        -- what it is about, JSON
        toast      TEXT    NOT NULL,        -- what was shown, JSON
        changed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX notification_open ON notification (toast_key) WHERE open = 1;
    CREATE INDEX notification_by_key ON notification (toast_key, id);
    CREATE INDEX notification_by_number ON notification (number_key, id) WHERE number_key IS NOT NULL;
    CREATE INDEX notification_unseen ON notification (id) WHERE seen = 0;
";

/// What the open toast of the key told no longer applies: its row counts as seen. The row; none where none is open.
pub(crate) fn expire(connection: &Connection, key: &ToastKey, now: Time) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached(
            "UPDATE notification SET open = 0, seen = 1, state = 'expired', changed_ms = ?2
             WHERE toast_key = ?1 AND open = 1 RETURNING id",
        )?
        .query_row(params![key.text(), now.ms()], |row| row.get(0))
        .optional()?)
}

/// A toast with this key may be on the screen.
pub(crate) fn is_open(connection: &Connection, key: &ToastKey) -> Result<bool, DeskError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM notification WHERE toast_key = ?1 AND open = 1")?
        .exists([key.text()])?)
}

/// How many nobody has looked at.
pub(crate) fn unseen(connection: &Connection) -> Result<u32, DeskError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM notification WHERE seen = 0")?
        .query_row([], |row| row.get(0))?)
}

/// Deletes at most `limit` rows that were last changed before `before` or that are not among the newest `keep`; an open
/// one stays. Their ids.
pub(crate) fn forget(connection: &Connection, before: Time, keep: u32, limit: u32) -> Result<Vec<i64>, DeskError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM notification WHERE id IN (
             SELECT id FROM notification
             WHERE open = 0 AND (changed_ms < ?1 OR id <= (SELECT max(id) FROM notification) - ?2)
             ORDER BY id LIMIT ?3)
         RETURNING id",
    )?;
    let ids = statement.query_map(params![before.ms(), keep, limit], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
