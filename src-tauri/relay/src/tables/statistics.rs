//! Lines of the statistics that were imported, and how far the importer has read.

use super::{LedgerError, decode};
use perezvon_core::Time;
use perezvon_core::call::StatisticsLine;
use rusqlite::{Connection, OptionalExtension, Row};

/// The importer's list of recordings.
pub(crate) const RECORDS: &str = "records";
/// The importer's list of statistics.
pub(crate) const LINES: &str = "statistics";

/// A line and the call that has it.
pub(crate) struct LineRow {
    pub(crate) line: StatisticsLine,
    pub(crate) call_key: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<LineRow> {
    Ok(LineRow {
        line: decode(row.get_ref(0)?.as_str()?)?,
        call_key: row.get(1)?,
    })
}

/// The line of an id.
pub(crate) fn by_id(connection: &Connection, id: &str) -> rusqlite::Result<Option<LineRow>> {
    let sql = "SELECT line, call_key FROM statistics_lines WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([id], read).optional()
}

/// How lines of one caller are found: by his number, and where he withheld it by the number that he called.
fn caller(line: &StatisticsLine) -> Option<String> {
    let hidden = || line.called.as_ref().map(|called| format!("to:{called}"));
    line.number.clone().or_else(hidden)
}

/// Stores a line, or that another call has it.
pub(crate) fn put(connection: &Connection, line: &StatisticsLine, call_key: &str) -> Result<(), LedgerError> {
    let json = serde_json::to_string(line).map_err(LedgerError::state)?;
    let sql = "INSERT INTO statistics_lines (id, abonent, number, started_at, call_key, line)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (id) DO UPDATE SET number = ?3, call_key = ?5, line = ?6";
    let values = (&line.id, &line.abonent, caller(line), line.start.ms(), call_key, json);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Forgets a line that is about to get another call.
pub(crate) fn forget(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM statistics_lines WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Lines of an abonent that began between the two times.
pub(crate) fn of_abonent(
    connection: &Connection,
    abonent: &str,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<LineRow>> {
    let sql = "SELECT line, call_key FROM statistics_lines
               WHERE abonent = ?1 AND started_at BETWEEN ?2 AND ?3 ORDER BY started_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((abonent, from.ms(), to.ms()), read)?;
    rows.collect()
}

/// Lines that a call has. No index answers that; it is asked for a call that was lost.
pub(crate) fn of_call(connection: &Connection, key: &str) -> rusqlite::Result<Vec<LineRow>> {
    let sql = "SELECT line, call_key FROM statistics_lines WHERE call_key = ?1 ORDER BY started_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([key], read)?;
    rows.collect()
}

/// Keys of the calls that have lines of the same caller as `line`, begun between the two times.
pub(crate) fn keys_of_caller(
    connection: &Connection,
    line: &StatisticsLine,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<String>> {
    let Some(caller) = caller(line) else {
        return Ok(Vec::new());
    };
    let sql = "SELECT DISTINCT call_key FROM statistics_lines WHERE number = ?1 AND started_at BETWEEN ?2 AND ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((caller, from.ms(), to.ms()), |row| row.get(0))?;
    rows.collect()
}

/// Lines of the same caller as `line`, begun between the two times.
pub(crate) fn of_caller(
    connection: &Connection,
    line: &StatisticsLine,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<LineRow>> {
    let Some(caller) = caller(line) else {
        return Ok(Vec::new());
    };
    let sql = "SELECT line, call_key FROM statistics_lines
               WHERE number = ?1 AND started_at BETWEEN ?2 AND ?3 ORDER BY started_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((caller, from.ms(), to.ms()), read)?;
    rows.collect()
}

/// How far one of the PBX's lists has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The last record's id.
    pub(crate) cursor: Option<String>,
    /// Everything begun before was asked for.
    pub(crate) until: Option<Time>,
    /// When it was read last.
    pub(crate) read_at: Option<Time>,
}

/// The importer's place in a list, `records` or `statistics`.
pub(crate) fn place(connection: &Connection, what: &str) -> Result<Place, LedgerError> {
    let sql = "SELECT cursor, until, read_at FROM import WHERE what = ?1";
    let place = connection.prepare_cached(sql)?.query_row([what], |row| {
        Ok(Place {
            cursor: row.get(0)?,
            until: row.get::<_, Option<i64>>(1)?.map(Time::from_ms),
            read_at: Some(Time::from_ms(row.get(2)?)),
        })
    });
    Ok(place.optional()?.unwrap_or_default())
}

/// Stores the place, in the transaction that stores what was read. Neither part ever goes back.
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
