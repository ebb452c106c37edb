//! The view of each abonent who may know of a call.
//!
//! The two indexes that begin with the abonent have a page for each abonent, so a commit would write one for almost every
//! call. A view enters them when it is filed, many together; until then it is found among the few that are not, by
//! version (`migrate/11-filed.sql`).

use super::{CallRow, begun};
use crate::tables::LedgerError;
use rusqlite::Connection;

/// Conditions of the two parts; a query uses the index of a part only with these very words.
pub(super) const FILED: &str = "filed = 1";
pub(super) const UNFILED: &str = "filed = 0";

/// The newest version that the reader may see; 0 if there is none.
pub(crate) fn newest(connection: &Connection, abonent: Option<&str>) -> Result<i64, LedgerError> {
    let newest: Option<i64> = match abonent {
        Some(id) => {
            let sql = format!(
                "SELECT max(version) FROM (
                     SELECT max(version) AS version FROM call_abonents WHERE abonent = ?1 AND {FILED}
                     UNION ALL SELECT max(version) FROM call_abonents WHERE abonent = ?1 AND {UNFILED})"
            );
            connection.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?
        }
        None => connection
            .prepare_cached("SELECT max(version) FROM calls")?
            .query_row([], |row| row.get(0))?,
    };
    Ok(newest.unwrap_or(0))
}

/// Stores an abonent's view of a stored call.
pub(super) fn save(connection: &Connection, seq: i64, row: &CallRow, abonent: &str) -> rusqlite::Result<()> {
    let brief = row.call.brief(Some(abonent));
    let same = "UPDATE call_abonents SET version = ?3, direction = ?4, outcome = ?5, number = ?6, gone = 0
                WHERE call = ?2 AND abonent = ?1 AND started_at = ?7";
    let other = "INSERT INTO call_abonents (abonent, call, version, direction, outcome, number, started_at, filed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
                 ON CONFLICT (call, abonent) DO UPDATE SET version = ?3, direction = ?4, outcome = ?5, number = ?6,
                     started_at = ?7, gone = 0";
    let values = (
        abonent,
        seq,
        row.version,
        brief.direction.as_str(),
        brief.outcome.as_str(),
        brief.number.as_deref(),
        begun(row, &brief).ms(),
    );
    if row.seq == 0 || connection.prepare_cached(same)?.execute(values)? == 0 {
        connection.prepare_cached(other)?.execute(values)?;
    }
    Ok(())
}

/// Revokes the views of abonents who no longer have a part in the stored call (a line or a recording that made it
/// belongs to another call), and returns them: this version is the last that they are sent.
pub(crate) fn revoke(connection: &Connection, row: &CallRow) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT abonent FROM call_abonents WHERE call = ?1 AND gone = 0";
    let mut statement = connection.prepare_cached(sql)?;
    let views = statement.query_map([row.seq], |row| row.get::<_, String>(0))?;
    let mut gone: Vec<String> = views.collect::<Result<_, _>>()?;
    gone.retain(|abonent| !row.call.has_part(abonent));
    for abonent in &gone {
        let sql = "UPDATE call_abonents SET gone = 1, version = ?3 WHERE call = ?1 AND abonent = ?2";
        connection
            .prepare_cached(sql)?
            .execute((row.seq, abonent, row.version))?;
    }
    Ok(gone)
}

/// Abonents who no longer have a part in the stored call.
pub(crate) fn revoked(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT abonent FROM call_abonents WHERE call = ?1 AND gone = 1";
    let mut statement = connection.prepare_cached(sql)?;
    let views = statement.query_map([seq], |row| row.get(0))?;
    views.collect()
}

/// Files the views of calls that are over. The others change with every event.
pub(crate) fn file(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "UPDATE call_abonents SET filed = 1 WHERE filed = 0 AND outcome NOT IN ('ringing', 'talking')";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
