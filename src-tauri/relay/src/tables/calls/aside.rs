//! Rows of calls whose state cannot be read: they must fail neither a batch nor a list.

use super::{COLUMNS, CallRow, read};
use crate::tables::LedgerError;
use perezvon_core::Time;
use rusqlite::{Connection, Row};

/// A row as it was read: the call, or what is wrong with it.
pub(crate) type ReadCall = Result<CallRow, Box<UnreadableCall>>;

/// A row whose state cannot be read. Its other columns identify the call.
#[derive(Clone, Debug)]
pub(crate) struct UnreadableCall {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) key: String,
    /// The call that superseded this one.
    pub(crate) superseded_by: Option<String>,
    /// The reason, without the text.
    reason: String,
    state: String,
}

/// One row of [`COLUMNS`].
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<ReadCall> {
    let reason = match read(row) {
        Ok(row) => return Ok(Ok(row)),
        Err(rusqlite::Error::FromSqlConversionFailure(_, _, reason)) => reason.to_string(),
        Err(error) => return Err(error),
    };
    let state = row.get_ref(3)?.as_bytes()?;
    Ok(Err(Box::new(UnreadableCall {
        seq: row.get(0)?,
        id: row.get(1)?,
        version: row.get(2)?,
        key: row.get(4)?,
        superseded_by: row.get(5)?,
        reason,
        state: String::from_utf8_lossy(state).into_owned(),
    })))
}

/// Skips unreadable rows and reads on, so that only the last page is short. `fetch` returns at most that many rows
/// after a position, each with its own position.
pub(super) fn readable(
    limit: usize,
    mut place: Option<i64>,
    mut fetch: impl FnMut(Option<i64>, usize) -> rusqlite::Result<Vec<(i64, ReadCall)>>,
) -> rusqlite::Result<Vec<CallRow>> {
    let mut found = Vec::new();
    loop {
        let wanted = limit - found.len();
        let rows = fetch(place, wanted)?;
        let is_last = rows.len() < wanted;
        place = rows.last().map(|(at, _)| *at).or(place);
        found.extend(rows.into_iter().filter_map(|(_, row)| row.ok()));
        if is_last || found.len() >= limit {
            return Ok(found);
        }
    }
}

/// The rows that wait for something, for the writer's memory.
pub(crate) fn open(connection: &Connection) -> Result<Vec<ReadCall>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM calls c WHERE c.due_at IS NOT NULL ORDER BY c.due_at");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], stored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of a session.
pub(crate) fn by_key(connection: &Connection, key: &str) -> rusqlite::Result<Option<ReadCall>> {
    use rusqlite::OptionalExtension as _;
    let sql = format!("SELECT {COLUMNS} FROM calls c WHERE c.key = ?1");
    connection.prepare_cached(&sql)?.query_row([key], stored).optional()
}

/// Keeps the contents of the row for inspection.
pub(crate) fn put_aside(connection: &Connection, row: &UnreadableCall, at: Time) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO calls_aside (seq, id, version, key, state, reason, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = (
        row.seq,
        &row.id,
        row.version,
        &row.key,
        &row.state,
        &row.reason,
        at.ms(),
    );
    connection.prepare_cached(sql)?.execute(values)?;
    tracing::error!(
        call = row.id,
        reason = row.reason,
        "a stored call is unreadable: it was put aside"
    );
    Ok(())
}

/// How many rows were put aside.
pub(crate) fn count(connection: &Connection) -> Result<i64, LedgerError> {
    let sql = "SELECT count(*) FROM calls_aside";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Deletes rows put aside before `cut`, epoch milliseconds: they contain names and numbers.
pub(crate) fn forget(connection: &Connection, cut: i64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM calls_aside WHERE at < ?1")?
        .execute([cut])
}
