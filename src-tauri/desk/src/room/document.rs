//! The document's page.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::row::{CallRow, row_of_call, row_of_snapshot};
use crate::table::document::printed;
use perezvon_core::{CallSnapshot, Time};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use ts_rs::TS;

/// The document «Телефонный звонок».
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentView {
    /// Number of the document: 1, 2, 3… on this desk.
    #[ts(type = "number")]
    pub id: i64,
    /// Number as printed: «000000042».
    pub number: String,
    /// When it was registered, RFC 3339 UTC.
    pub registered_at: String,
    /// The call.
    pub call: CallRow,
    /// The user's note.
    pub note: String,
}

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
                call: match row_of_call(c, &call.id)? {
                    Some(row) => row,
                    None => row_of_snapshot(c, &call, id)?,
                },
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
            if saved == 0 {
                return Err(DeskError::NotFound);
            }
            tx.touched().documents.add(id);
            Ok(())
        })
    }
}
