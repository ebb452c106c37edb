//! Imported lines of the statistics, and the importer's positions.

use super::{LedgerError, unquoted};
use perezvon_core::Time;
use perezvon_core::call::StatisticsLine;
use perezvon_core::lists::By;
use rusqlite::{Connection, OptionalExtension, Params};

/// The importer's list of recordings.
pub(crate) const RECORDS: &str = "records";
/// The importer's list of statistics.
pub(crate) const LINES: &str = "statistics";

/// A line and its call.
pub(crate) struct LineRow {
    pub(crate) line: StatisticsLine,
    pub(crate) call_key: String,
}

/// Reads rows of the columns id, line and key of the call. An unreadable one is put aside, and the PBX lists the line
/// anew.
fn read(connection: &Connection, sql: &str, values: impl Params, at: Time) -> rusqlite::Result<Vec<LineRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        match serde_json::from_slice(row.get_ref(1)?.as_bytes()?) {
            Ok(line) => found.push(LineRow {
                line,
                call_key: row.get(2)?,
            }),
            Err(error) => unreadable.push((row.get::<_, String>(0)?, unquoted(&error))),
        }
    }
    for (id, reason) in unreadable {
        put_aside(connection, &id, &reason, at)?;
    }
    Ok(found)
}

/// Keeps the contents of the row for inspection.
fn put_aside(connection: &Connection, id: &str, reason: &str, at: Time) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO statistics_lines_aside (id, line, reason, at)
               SELECT id, CAST(line AS BLOB), ?2, ?3 FROM statistics_lines WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((id, reason, at.ms()))?;
    connection
        .prepare_cached("DELETE FROM statistics_lines WHERE id = ?1")?
        .execute([id])?;
    tracing::error!(
        reason,
        "a stored line of the statistics is unreadable: it was put aside"
    );
    Ok(())
}

/// How many rows were put aside.
pub(crate) fn count_aside(connection: &Connection) -> Result<i64, LedgerError> {
    let sql = "SELECT count(*) FROM statistics_lines_aside";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Deletes rows put aside before `cut`, epoch milliseconds: they contain numbers.
pub(crate) fn forget_aside(connection: &Connection, cut: i64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM statistics_lines_aside WHERE at < ?1")?
        .execute([cut])
}

/// The line of an id.
pub(crate) fn by_id(connection: &Connection, id: &str, at: Time) -> rusqlite::Result<Option<LineRow>> {
    let sql = "SELECT id, line, call_key FROM statistics_lines WHERE id = ?1";
    Ok(read(connection, sql, [id], at)?.pop())
}

/// By what lines of one caller are found: the number, or, if it is withheld, the number that was called.
fn caller(line: &StatisticsLine) -> Option<String> {
    let called = || line.called.as_deref().map(withheld);
    line.number.clone().or_else(called)
}

fn withheld(called: &str) -> String {
    format!("to:{called}")
}

/// Stores a line; a new one gets `call_key` until it is arranged.
pub(crate) fn put(connection: &Connection, line: &StatisticsLine, call_key: &str) -> Result<(), LedgerError> {
    let json = serde_json::to_string(line).map_err(LedgerError::state)?;
    let sql = "INSERT INTO statistics_lines (id, abonent, number, started_at, call_key, line)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (id) DO UPDATE SET number = ?3, call_key = ?5, line = ?6";
    let values = (&line.id, &line.abonent, caller(line), line.start.ms(), call_key, json);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Assigns the line to another call.
pub(crate) fn set_call(connection: &Connection, id: &str, call_key: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE statistics_lines SET call_key = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((id, call_key))?;
    Ok(())
}

/// Deletes a line of a deleted call.
pub(crate) fn forget(connection: &Connection, id: &str, call_key: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM statistics_lines WHERE id = ?1 AND call_key = ?2";
    connection.prepare_cached(sql)?.execute((id, call_key))?;
    Ok(())
}

/// Lines that began between the two times.
pub(crate) fn found(
    connection: &Connection,
    by: &By,
    (from, to): (Time, Time),
    at: Time,
) -> rusqlite::Result<Vec<LineRow>> {
    let (column, value) = match by {
        By::Abonent(id) => ("abonent", id.clone()),
        By::Number(number) => ("number", number.clone()),
        By::Withheld(called) => ("number", withheld(called)),
    };
    let sql =
        format!("SELECT id, line, call_key FROM statistics_lines WHERE {column} = ?1 AND started_at BETWEEN ?2 AND ?3");
    read(connection, &sql, (value, from.ms(), to.ms()), at)
}

/// Lines of a call. There is no index for it: only used to rebuild an unreadable call.
pub(crate) fn of_call(connection: &Connection, key: &str, at: Time) -> rusqlite::Result<Vec<LineRow>> {
    let sql = "SELECT id, line, call_key FROM statistics_lines WHERE call_key = ?1 ORDER BY started_at, id";
    read(connection, sql, [key], at)
}

/// How far one of the PBX's lists has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListPosition {
    /// The last record's id.
    pub(crate) cursor: Option<String>,
    /// Everything that began before this was asked for.
    pub(crate) until: Option<Time>,
    /// When the list was read last.
    pub(crate) read_at: Option<Time>,
}

/// Start of the newest line.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<Option<Time>> {
    let sql = "SELECT max(started_at) FROM statistics_lines";
    let newest: Option<i64> = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(newest.map(Time::from_ms))
}

/// The importer's position in a list, `records` or `statistics`.
pub(crate) fn place(connection: &Connection, what: &str) -> Result<ListPosition, LedgerError> {
    let sql = "SELECT cursor, until, read_at FROM import WHERE what = ?1";
    let place = connection.prepare_cached(sql)?.query_row([what], |row| {
        Ok(ListPosition {
            cursor: row.get(0)?,
            until: row.get::<_, Option<i64>>(1)?.map(Time::from_ms),
            read_at: Some(Time::from_ms(row.get(2)?)),
        })
    });
    Ok(place.optional()?.unwrap_or_default())
}

/// Stores the position, in the transaction that stores what was read. Neither part ever goes back.
pub(crate) fn advance(
    connection: &Connection,
    what: &str,
    cursor: Option<&str>,
    until: Option<Time>,
    at: Time,
) -> Result<(), LedgerError> {
    let sql = "INSERT INTO import (what, cursor, until, read_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (what) DO UPDATE SET cursor = coalesce(?2, cursor),
                   until = max(coalesce(until, ?3), coalesce(?3, until)), read_at = ?4";
    let values = (what, cursor, until.map(Time::ms), at.ms());
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
