//! The document's page.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::calls::{row, waits};
use crate::table::document::printed;
use crate::view::DocumentView;
use perezvon_core::{CallSnapshot, Time};
use rusqlite::{OptionalExtension, params};

/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 20_000;

impl Desk {
    /// A document with its call, which it keeps even where the mirror has been begun anew.
    pub fn document(&self, id: i64) -> Result<DocumentView, DeskError> {
        self.db.read(|c| {
            let found: Option<(i64, String, String)> = c
                .prepare_cached("SELECT registered_ms, note, snapshot FROM document WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (registered, note, snapshot) = found.ok_or(DeskError::NotFound)?;
            let call: CallSnapshot = serde_json::from_str(&snapshot)?;
            Ok(DocumentView {
                id,
                number: printed(id),
                registered_at: Time::from_ms(registered).to_string(),
                call: row(c, &call, waits(c, &call.id)?)?,
                note,
            })
        })
    }

    /// Saves the user's note of the document; survives a power cut.
    pub fn save_note(&self, id: i64, note: &str) -> Result<(), DeskError> {
        if note.chars().count() > MAX_NOTE_CHARS {
            return Err(DeskError::TooLong);
        }
        let now = self.now();
        let noted = (!note.trim().is_empty()).then_some(now.ms());
        self.db.write(Durability::Lasting, |tx| {
            let saved = tx.execute(
                "UPDATE document SET note = ?2, noted_ms = ?3 WHERE id = ?1",
                params![id, note, noted],
            )?;
            if saved == 0 { Err(DeskError::NotFound) } else { Ok(()) }
        })
    }
}
