//! The document's page, and the list of them.

mod list;

pub use list::{DocumentKind, DocumentsFilter, DocumentsPage};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::row::{CallRow, row_of_call, row_of_snapshot};
use crate::table::call::OWN;
use crate::table::call_note::{self, CallNote};
use crate::table::document::printed;
use perezvon_core::{CallSnapshot, Time};
use rusqlite::{Connection, OptionalExtension};
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
    /// What the user wrote about the call.
    pub written: CallNote,
}

impl Desk {
    /// A document with its call, which it keeps even where the mirror has been begun anew.
    pub fn document(&self, id: i64) -> Result<DocumentView, DeskError> {
        self.db.read(|c| read(c, id))
    }
}

fn read(connection: &Connection, id: i64) -> Result<DocumentView, DeskError> {
    let found: Option<(i64, String)> = connection
        .prepare_cached("SELECT registered_ms, snapshot FROM document WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (registered, snapshot) = found.ok_or(DeskError::NotFound)?;
    let call: CallSnapshot = serde_json::from_str(&snapshot)?;
    Ok(DocumentView {
        id,
        number: printed(id),
        registered_at: Time::from_ms(registered).to_string(),
        call: match row_of_call(connection, &call.id, OWN)? {
            Some(row) => row,
            None => row_of_snapshot(connection, &call, id)?,
        },
        written: call_note::of_call(connection, &call.id)?,
    })
}
