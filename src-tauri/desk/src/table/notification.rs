//! The rows of the list «Уведомления» (manual D6).

use crate::error::DeskError;
use crate::toast::ToastKey;
use perezvon_core::Time;
use rusqlite::{Connection, params};

/// What the open toast of the key told no longer applies: its row counts as seen. False where none is open.
pub(crate) fn expire(connection: &Connection, key: &ToastKey, now: Time) -> Result<bool, DeskError> {
    let closed = connection
        .prepare_cached(
            "UPDATE notification SET open = 0, seen = 1, state = 'expired', changed_ms = ?2
             WHERE toast_key = ?1 AND open = 1",
        )?
        .execute(params![key.text(), now.ms()])?;
    Ok(closed > 0)
}

/// A toast with this key may be on the screen.
pub(crate) fn is_open(connection: &Connection, key: &ToastKey) -> Result<bool, DeskError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM notification WHERE toast_key = ?1 AND open = 1")?
        .exists([key.text()])?)
}
