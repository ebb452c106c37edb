//! What the user wrote about a call: how it turned out, a note, tags, what is to be done next.

use crate::error::DeskError;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub(super) const STEP_1: &str = "
    CREATE TABLE call_note (
        call_id    TEXT    NOT NULL PRIMARY KEY,
        number_key TEXT,
        outcome    TEXT    NOT NULL,
        note       TEXT    NOT NULL,
        tags       TEXT    NOT NULL,        -- one a line
        next       TEXT    NOT NULL,
        search     TEXT    NOT NULL,        -- all of it, folded
        noted_ms   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX call_note_of_number ON call_note (number_key, noted_ms) WHERE note <> '';
";

/// Most calls found by their notes.
const MAX_FOUND: usize = 2_000;

/// What the user wrote about a call; all of it may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallNote {
    /// How it turned out, in the words of the user's own list.
    pub outcome: String,
    /// The note.
    pub note: String,
    /// Tags.
    pub tags: Vec<String>,
    /// What is to be done next.
    pub next: String,
}

impl CallNote {
    /// Nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What was written about a call.
pub(crate) fn of_call(connection: &Connection, call: &str) -> Result<CallNote, DeskError> {
    Ok(connection
        .prepare_cached("SELECT outcome, note, tags, next FROM call_note WHERE call_id = ?1")?
        .query_row([call], read)
        .optional()?
        .unwrap_or_default())
}

fn read(row: &Row<'_>) -> rusqlite::Result<CallNote> {
    let tags: String = row.get(2)?;
    Ok(CallNote {
        outcome: row.get(0)?,
        note: row.get(1)?,
        tags: tags.lines().map(str::to_owned).collect(),
        next: row.get(3)?,
    })
}

/// Writes it; nothing written leaves no row. `search` is the folded text of all.
pub(crate) fn put(
    connection: &Connection,
    (call, key): (&str, Option<&str>),
    written: &CallNote,
    search: &str,
    now_ms: i64,
) -> Result<(), DeskError> {
    if written.is_empty() {
        connection
            .prepare_cached("DELETE FROM call_note WHERE call_id = ?1")?
            .execute([call])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO call_note (call_id, number_key, outcome, note, tags, next, search, noted_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (call_id) DO UPDATE SET
                 number_key = excluded.number_key, outcome = excluded.outcome, note = excluded.note,
                 tags = excluded.tags, next = excluded.next, search = excluded.search, noted_ms = excluded.noted_ms",
        )?
        .execute(params![
            call,
            key,
            written.outcome,
            written.note,
            written.tags.join("\n"),
            written.next,
            search,
            now_ms
        ])?;
    Ok(())
}

/// The number of a call may become known later.
pub(crate) fn follow(connection: &Connection, call: &str, key: Option<&str>) -> Result<(), DeskError> {
    connection
        .prepare_cached("UPDATE call_note SET number_key = ?2 WHERE call_id = ?1 AND number_key IS NOT ?2")?
        .execute(params![call, key])?;
    Ok(())
}

/// What was written about a call that turned out to be another one is about that one; what is written there already stays,
/// and the rest is joined to it.
pub(crate) fn hand_over(connection: &Connection, from: &str, to: &str) -> Result<(), DeskError> {
    connection.execute(
        "UPDATE call_note SET
             outcome = iif(call_note.outcome = '', f.outcome, call_note.outcome),
             note = trim(call_note.note || char(10) || f.note, char(10)),
             tags = trim(call_note.tags || char(10) || f.tags, char(10)),
             next = iif(call_note.next = '', f.next, call_note.next),
             search = call_note.search || char(10) || f.search
         FROM call_note f WHERE f.call_id = ?1 AND call_note.call_id = ?2",
        [from, to],
    )?;
    connection.execute(
        "UPDATE OR IGNORE call_note SET call_id = ?2 WHERE call_id = ?1",
        [from, to],
    )?;
    connection.execute("DELETE FROM call_note WHERE call_id = ?1", [from])?;
    Ok(())
}

/// The newest note about calls with a number, and when it was written, milliseconds since 1970.
pub(crate) fn newest(connection: &Connection, key: &str) -> Result<Option<(i64, String)>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT noted_ms, note FROM call_note
             WHERE number_key = ?1 AND note <> '' ORDER BY noted_ms DESC LIMIT 1",
        )?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// The calls about which something was written; none where these are more than so many.
pub(crate) fn all(connection: &Connection, most: usize) -> Result<Option<Vec<String>>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT call_id FROM call_note LIMIT ?1")?;
    let calls = statement.query_map([most as i64 + 1], |row| row.get(0))?;
    let calls: Vec<String> = calls.collect::<Result<_, _>>()?;
    Ok((calls.len() <= most).then_some(calls))
}

/// The calls about which was written what has all these folded words, the newest first, at most [`MAX_FOUND`].
pub(crate) fn calls_with(connection: &Connection, words: &[String]) -> Result<Vec<String>, DeskError> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let all = vec!["instr(search, ?) > 0"; words.len()].join(" AND ");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT call_id FROM call_note WHERE {all} ORDER BY noted_ms DESC LIMIT {MAX_FOUND}"
    ))?;
    let calls = statement.query_map(params_from_iter(words), |row| row.get(0))?;
    Ok(calls.collect::<Result<_, _>>()?)
}
