//! What the user writes about a call: in the card after it, in its panel, in its document.

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of;
use crate::room::row::{CallRow, row_of_call};
use crate::table::call::{OWN, snapshot};
use crate::table::call_note::{self, CallNote};
use crate::table::document;
use crate::text;
use perezvon_core::{CallSnapshot, Outcome, Time};
use rusqlite::Connection;
use serde::Serialize;
use ts_rs::TS;

/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 20_000;
/// Longest outcome, tag and next step, characters, and most tags.
const MAX_LINE_CHARS: usize = 250;
const MAX_TAGS: usize = 20;
/// How long after its end a call is still the one that was just spoken, milliseconds. Its end is by the PBX's clock, so
/// this computer's may be wrong by almost as much.
const JUST_MS: i64 = 120_000;

/// A conversation that has just ended.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JustEnded {
    /// The call.
    pub row: CallRow,
    /// What was written about it so far.
    pub written: CallNote,
}

impl Desk {
    /// What was written about a call.
    pub fn call_note(&self, call: &str) -> Result<CallNote, DeskError> {
        self.db.read(|c| call_note::of_call(c, call))
    }

    /// Writes it; survives a power cut.
    pub fn save_call_note(&self, call: &str, written: &CallNote) -> Result<(), DeskError> {
        let written = checked(written)?;
        let now = self.now();
        self.db.write(Durability::Lasting, |tx| write(tx, call, &written, now))
    }

    /// Adds a note that was written in a toast below what was written before; survives a power cut.
    pub fn add_call_note(&self, call: &str, note: &str) -> Result<(), DeskError> {
        let now = self.now();
        self.db.write(Durability::Lasting, |tx| {
            let mut written = call_note::of_call(tx, call)?;
            if !written.note.is_empty() {
                written.note.push('\n');
            }
            written.note.push_str(note.trim());
            write(tx, call, &checked(&written)?, now)
        })
    }

    /// Of these calls the user's conversations that have just ended.
    pub fn just_ended(&self, ids: &[String]) -> Result<Vec<JustEnded>, DeskError> {
        let since = self.now().plus(-JUST_MS);
        self.db.read(|c| {
            let mut ended = Vec::new();
            for id in ids.iter().take(super::MAX_PAGE_ROWS as usize) {
                let Some(call) = snapshot(c, id)? else { continue };
                let spoke = call.outcome == Outcome::Ended && call.talk_ms.is_some_and(|ms| ms > 0);
                if !spoke || call.uncertain || call.ended_at.is_none_or(|at| at < since) {
                    continue;
                }
                if let Some(row) = row_of_call(c, id, OWN)? {
                    let written = call_note::of_call(c, id)?;
                    ended.push(JustEnded { row, written });
                }
            }
            Ok(ended)
        })
    }
}

fn write(tx: &Tx<'_>, call: &str, written: &CallNote, now: Time) -> Result<(), DeskError> {
    let all = [&written.outcome, &written.note, &written.next]
        .into_iter()
        .chain(&written.tags);
    let search = all.map(|text| text::fold(text)).collect::<Vec<_>>().join("\n");
    let about = about(tx, call)?.ok_or(DeskError::NotFound)?;
    let key = key_of(&about.party);
    call_note::put(tx, (call, key.as_deref()), written, &search, now.ms())?;
    tx.touched().calls.add(call.to_owned());
    if let Some(key) = key {
        tx.touched().callers.add(key);
    }
    if let Some(id) = document::of_call(tx, call)? {
        tx.touched().documents.add(id);
    }
    Ok(())
}

/// The call, from the mirror or from its document, which outlives it.
fn about(connection: &Connection, call: &str) -> Result<Option<CallSnapshot>, DeskError> {
    match snapshot(connection, call)? {
        Some(call) => Ok(Some(call)),
        None => match document::of_call(connection, call)? {
            Some(id) => document::snapshot(connection, id),
            None => Ok(None),
        },
    }
}

fn checked(written: &CallNote) -> Result<CallNote, DeskError> {
    let line = |text: &str| {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > MAX_LINE_CHARS {
            return Err(DeskError::TooLong);
        }
        Ok(line)
    };
    if written.note.chars().count() > MAX_NOTE_CHARS || written.tags.len() > MAX_TAGS {
        return Err(DeskError::TooLong);
    }
    let mut tags: Vec<String> = Vec::new();
    for tag in &written.tags {
        let tag = line(tag)?;
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(CallNote {
        outcome: line(&written.outcome)?,
        note: if written.note.trim().is_empty() {
            String::new()
        } else {
            written.note.clone()
        },
        tags,
        next: line(&written.next)?,
    })
}
