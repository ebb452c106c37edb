//! Calls as rows: the state of the state machine as JSON, and columns for searching.

pub(crate) mod aside;
pub(crate) mod views;

use self::aside::{ReadCall, readable, stored};
use self::views::{FILED, UNFILED};
use super::{LedgerError, decode};
use perezvon_core::call::{Brief, CallKey};
use perezvon_core::{Call, Time};
use rusqlite::{Connection, OptionalExtension, Row, types::Value};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A call with what the ledger knows in addition to its state.
#[derive(Clone, Debug)]
pub(crate) struct CallRow {
    /// Row number; grows in the order in which calls were first heard of.
    pub(crate) seq: i64,
    /// ULID.
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) call: Call,
    /// Key and id of the calls joined to this one.
    pub(crate) linked: Vec<(String, String)>,
    /// Abonents who had a part in it until this version, see [`views::revoke`].
    pub(crate) gone: Vec<String>,
}

const COLUMNS: &str = "c.seq, c.id, c.version, c.state, c.key, c.superseded_by";

fn read(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    Ok(CallRow {
        seq: row.get(0)?,
        id: row.get(1)?,
        version: row.get(2)?,
        call: decode(row.get_ref(3)?.as_str()?)?,
        linked: Vec::new(),
        gone: Vec::new(),
    })
}

fn with_links(connection: &Connection, mut row: CallRow) -> rusqlite::Result<CallRow> {
    row.linked = ids_of(connection, row.call.linked())?;
    Ok(row)
}

/// Ids of calls by their keys.
pub(crate) fn ids_of(connection: &Connection, keys: &BTreeSet<String>) -> rusqlite::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for key in keys {
        let id = connection
            .prepare_cached("SELECT id FROM calls WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        found.extend(id.map(|id| (key.clone(), id)));
    }
    Ok(found)
}

/// The call of a session with the ids of the calls joined to it, for readers.
pub(crate) fn by_key_linked(connection: &Connection, key: &str) -> Result<Option<CallRow>, LedgerError> {
    let row = aside::by_key(connection, key)?.and_then(Result::ok);
    Ok(row.map(|row| with_links(connection, row)).transpose()?)
}

/// Whether there is a call of the session.
pub(crate) fn exists(connection: &Connection, key: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM calls WHERE key = ?1")?
        .exists([key])
}

/// The call of an id; for a user only if they have a part in it.
pub(crate) fn by_id(connection: &Connection, id: &str, abonent: Option<&str>) -> Result<Option<CallRow>, LedgerError> {
    let own =
        "(?2 IS NULL OR EXISTS (SELECT 1 FROM call_abonents a WHERE a.abonent = ?2 AND a.call = c.seq AND a.gone = 0))";
    let sql = format!("SELECT {COLUMNS} FROM calls c WHERE c.id = ?1 AND {own}");
    let row = connection
        .prepare_cached(&sql)?
        .query_row((id, abonent), stored)
        .optional()?
        .and_then(Result::ok);
    Ok(row.map(|row| with_links(connection, row)).transpose()?)
}

/// The key of a call in which the abonent has a part.
pub(crate) fn key_of(connection: &Connection, id: &str, abonent: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT c.key FROM calls c JOIN call_abonents a ON a.call = c.seq
               WHERE c.id = ?1 AND a.abonent = ?2 AND a.gone = 0 AND c.superseded_by IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((id, abonent), |row| row.get(0)).optional()
}

/// Keys and starts of the calls with this number that began within the span: conversations, the first ones; or incoming
/// calls without one, the latest.
pub(crate) fn of_number(
    connection: &Connection,
    number: &str,
    talked: bool,
    (from, until): (Time, Time),
    limit: usize,
) -> rusqlite::Result<Vec<(Time, String)>> {
    let (kind, order) = if talked {
        ("outcome IN ('talking', 'answered_by', 'transferred', 'ended')", "ASC")
    } else {
        (
            "direction = 'incoming' AND outcome NOT IN ('talking', 'answered_by', 'ended')",
            "DESC",
        )
    };
    let sql = format!(
        "SELECT started_at, key FROM calls WHERE number = ?1 AND started_at BETWEEN ?2 AND ?3
             AND superseded_by IS NULL AND {kind}
         ORDER BY started_at {order}, key {order} LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((number, from.ms(), until.ms(), limit as i64), |row| {
        Ok((Time::from_ms(row.get(0)?), row.get(1)?))
    })?;
    rows.collect()
}

/// The abonent who undertakes at this time to call the number back, and until when.
pub(crate) fn claim_of(connection: &Connection, number: &str, at: Time) -> rusqlite::Result<Option<(String, Time)>> {
    let sql = "SELECT abonent, until FROM claims WHERE number = ?1 AND until > ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let claim = statement.query_row((number, at.ms()), |row| Ok((row.get(0)?, Time::from_ms(row.get(1)?))));
    claim.optional()
}

/// Stores that, or takes the abonent's own back; what is over goes.
pub(crate) fn set_claim(
    connection: &Connection,
    number: &str,
    abonent: &str,
    until: Option<Time>,
    at: Time,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM claims WHERE until <= ?1 OR (number = ?2 AND abonent = ?3)")?
        .execute((at.ms(), number, abonent))?;
    if let Some(until) = until {
        connection
            .prepare_cached("INSERT OR REPLACE INTO claims (number, abonent, until) VALUES (?1, ?2, ?3)")?
            .execute((number, abonent, until.ms()))?;
    }
    Ok(())
}

/// The growing version.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT version FROM counter", [], |row| row.get(0))
}

/// How many entries have been applied.
pub(crate) fn entries(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT entries FROM counter")?
        .query_row([], |row| row.get(0))
}

/// Stores the growing version and how many entries have been applied.
pub(crate) fn set_counter(connection: &Connection, version: i64, entries: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE counter SET version = ?1, entries = ?2")?
        .execute([version, entries])?;
    Ok(())
}

/// Stores the growing version.
pub(crate) fn set_version(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    connection.execute("UPDATE counter SET version = ?1", [version])?;
    Ok(())
}

/// Stores a new call (`seq` 0) or the next version of a known one; gives its row number.
pub(crate) fn save(connection: &Connection, row: &CallRow, due: Option<Time>) -> rusqlite::Result<i64> {
    let state = serde_json::to_string(&row.call).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    let due = due.map(Time::ms);
    let company = row.call.brief(None);
    let started = begun(row, &company).ms();
    let direction = company.direction.as_str();
    let outcome = company.outcome.as_str();
    let number = company.number.as_deref();
    let awaits = row.call.awaits_witnesses().then(|| row.call.last_heard().ms());
    let superseded = row.call.superseded_by();
    let seq = if row.seq == 0 {
        let sql = "INSERT INTO calls (id, version, key, started_at, direction, outcome, number, due_at, state,
                                      superseded_by, awaits)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        connection.prepare_cached(sql)?.insert((
            &row.id,
            row.version,
            row.call.key(),
            started,
            direction,
            outcome,
            number,
            due,
            state,
            superseded,
            awaits,
        ))?
    } else {
        // SQLite rewrites the indexes of every column that a statement sets, even if the value is the same.
        let same = "UPDATE calls SET version = ?2, direction = ?4, outcome = ?5, due_at = ?7, state = ?8,
                    superseded_by = ?9, awaits = ?10 WHERE seq = ?1 AND started_at = ?3 AND number IS ?6";
        let other = "UPDATE calls SET version = ?2, started_at = ?3, direction = ?4, outcome = ?5, number = ?6,
                     due_at = ?7, state = ?8, superseded_by = ?9, awaits = ?10 WHERE seq = ?1";
        let (seq, version) = (row.seq, row.version);
        let values = (
            seq, version, started, direction, outcome, number, due, &state, superseded, awaits,
        );
        if connection.prepare_cached(same)?.execute(values)? == 0 {
            connection.prepare_cached(other)?.execute(values)?;
        }
        row.seq
    };
    for abonent in row.call.abonents() {
        views::save(connection, seq, row, abonent)?;
    }
    Ok(seq)
}

/// The call's place in time: until an event tells its start, the time at which the relay first heard of it.
fn begun(row: &CallRow, view: &Brief) -> Time {
    view.started_at.unwrap_or(row.call.first_heard())
}

/// Calls whose version is above `after` and at most `until`, in the order of their versions.
pub(crate) fn changes(
    connection: &Connection,
    abonent: Option<&str>,
    (after, until): (i64, i64),
    limit: usize,
) -> Result<Vec<CallRow>, LedgerError> {
    let sql = match abonent {
        Some(_) => format!(
            "SELECT {COLUMNS}, a.version FROM (
                 SELECT call, version FROM call_abonents
                 WHERE abonent = ?3 AND version > ?1 AND version <= ?4 AND {FILED}
                 UNION ALL SELECT call, version FROM call_abonents
                 WHERE abonent = ?3 AND version > ?1 AND version <= ?4 AND {UNFILED}
                 ORDER BY version LIMIT ?2) a
             JOIN calls c ON c.seq = a.call ORDER BY a.version"
        ),
        None => format!(
            "SELECT {COLUMNS}, c.version FROM calls c
             WHERE c.version > ?1 AND c.version <= ?4 AND ?3 IS NULL ORDER BY c.version LIMIT ?2"
        ),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = readable(limit, Some(after), |place, wanted| {
        let rows = statement.query_map((place, wanted as i64, abonent, until), placed)?;
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        for (at, row) in &mut rows {
            if let Ok(one) = row {
                // The version that places the call in this list. A call in which the abonent no longer has a part has
                // newer versions: sent with one of those, it would move the reader's cursor past changes of other
                // calls.
                one.version = *at;
            }
        }
        Ok(rows)
    })?;
    rows.into_iter().map(|row| Ok(with_links(connection, row)?)).collect()
}

/// A row of [`COLUMNS`], followed by its version in the list.
fn placed(row: &Row<'_>) -> rusqlite::Result<(i64, ReadCall)> {
    Ok((row.get(6)?, stored(row)?))
}

/// Filters of the journal. All given ones must match.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallQuery {
    /// Whose view; none: the company's.
    pub(crate) abonent: Option<String>,
    /// Row number of the last call of the previous page.
    pub(crate) before: Option<i64>,
    pub(crate) limit: usize,
    /// Started at or after, by the PBX's clock.
    pub(crate) from: Option<Time>,
    /// Started before.
    pub(crate) to: Option<Time>,
    pub(crate) outcome: Option<String>,
    pub(crate) direction: Option<String>,
    /// The other party's number, as a snapshot shows it.
    pub(crate) number: Option<String>,
}

/// A page of the journal, newest call first, by the PBX's clock (by the relay's until an event tells a time).
pub(crate) fn list(connection: &Connection, query: &CallQuery) -> Result<Vec<CallRow>, LedgerError> {
    let views = |part| format!("call_abonents v JOIN calls c ON c.seq = v.call AND v.gone = 0 AND v.{part}");
    let (tables, view, order) = match query.abonent {
        Some(_) => (vec![views(FILED), views(UNFILED)], "v", "v.call"),
        None => (vec!["calls c".to_owned()], "c", "c.seq"),
    };
    // The version and the length of the page.
    let mut values: Vec<Value> = vec![Value::Null, Value::Null];
    let filtered = conditions(query, view, &mut values);
    // By the time of the call, not of its row: calls that the import finds later are listed where they belong.
    let behind = match view {
        "v" => "SELECT b.started_at, b.call FROM call_abonents b WHERE b.abonent = v.abonent AND b.call = ?1",
        _ => "SELECT b.started_at, b.seq FROM calls b WHERE b.seq = ?1",
    };
    let rows = readable(query.limit, query.before, |place, wanted| {
        values[0] = place.map_or(Value::Null, Value::Integer);
        values[1] = Value::Integer(wanted as i64);
        let begun = match place {
            Some(_) => format!("({view}.started_at, {order}) < ({behind})"),
            None => "?1 IS NULL".to_owned(),
        };
        let parts: Vec<String> = tables
            .iter()
            .map(|table| {
                format!(
                    "SELECT {COLUMNS}, {order} AS place, {view}.started_at AS begun FROM {table}
                     WHERE c.superseded_by IS NULL AND {begun}{filtered}"
                )
            })
            .collect();
        let sql = format!("{} ORDER BY begun DESC, place DESC LIMIT ?2", parts.join(" UNION ALL "));
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(&values), placed)?;
        rows.collect()
    })?;
    rows.into_iter().map(|row| Ok(with_links(connection, row)?)).collect()
}

/// The filters in SQL, each beginning with AND; their values are put behind those that are there.
fn conditions(query: &CallQuery, view: &str, values: &mut Vec<Value>) -> String {
    let mut filtered = String::new();
    let text = |value: &Option<String>| value.clone().map(Value::Text);
    let time = |value: Option<Time>| value.map(|time| Value::Integer(time.ms()));
    let filters = [
        ("v.abonent =".to_owned(), text(&query.abonent)),
        ("c.started_at >=".to_owned(), time(query.from)),
        ("c.started_at <".to_owned(), time(query.to)),
        (format!("{view}.outcome ="), text(&query.outcome)),
        (format!("{view}.direction ="), text(&query.direction)),
        (format!("{view}.number ="), text(&query.number)),
    ];
    for (condition, value) in filters {
        let Some(value) = value else { continue };
        values.push(value);
        let _ = write!(filtered, " AND {condition} ?{}", values.len());
    }
    filtered
}

/// Changes the key of a stored call.
pub(crate) fn rekey(connection: &Connection, seq: i64, key: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE calls SET key = ?2 WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute((seq, key))?;
    Ok(())
}

/// Keys of the calls that began for the abonent between the two times; without those made from lines alone.
pub(crate) fn keys_of_abonent(
    connection: &Connection,
    abonent: &str,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<String>> {
    let part = |part| {
        format!(
            "SELECT c.key FROM call_abonents a JOIN calls c ON c.seq = a.call
             WHERE a.abonent = ?1 AND a.started_at BETWEEN ?2 AND ?3 AND a.gone = 0 AND a.{part}
                 AND c.superseded_by IS NULL AND c.key NOT LIKE ?4 || '%'"
        )
    };
    let sql = format!("{} UNION ALL {}", part(FILED), part(UNFILED));
    let mut statement = connection.prepare_cached(&sql)?;
    let values = (abonent, from.ms(), to.ms(), CallKey::LINE_PREFIX);
    let rows = statement.query_map(values, |row| row.get(0))?;
    rows.collect()
}

/// Keys of the calls with this number as the other party that began between the two times; without those made from
/// lines alone.
pub(crate) fn keys_of_number(
    connection: &Connection,
    number: &str,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT key FROM calls WHERE number = ?1 AND started_at BETWEEN ?2 AND ?3 AND superseded_by IS NULL
                   AND key NOT LIKE ?4 || '%'";
    let mut statement = connection.prepare_cached(sql)?;
    let values = (number, from.ms(), to.ms(), CallKey::LINE_PREFIX);
    let rows = statement.query_map(values, |row| row.get(0))?;
    rows.collect()
}

/// The latest time since when a call waits for lines or a recording, unless it is earlier than `since`.
pub(crate) fn newest_waiting(connection: &Connection, since: Time) -> Result<Option<Time>, LedgerError> {
    let sql = "SELECT max(awaits) FROM calls WHERE awaits >= ?1";
    let newest: Option<i64> = connection
        .prepare_cached(sql)?
        .query_row([since.ms()], |row| row.get(0))?;
    Ok(newest.map(Time::from_ms))
}

/// Keys of calls that have waited since before `before`, at most `limit`.
pub(crate) fn waiting_since(connection: &Connection, before: Time, limit: usize) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT key FROM calls WHERE awaits < ?1 LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((before.ms(), limit as i64), |row| row.get(0))?;
    rows.collect()
}

/// Start of the call with the newest event.
pub(crate) fn newest_start(connection: &Connection) -> Result<Option<Time>, LedgerError> {
    let sql = "SELECT started_at FROM calls ORDER BY seq DESC LIMIT 1";
    let newest: Option<Option<i64>> = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(newest.flatten().map(Time::from_ms))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::views::{self, newest};
    use super::{CallQuery, CallRow, changes, keys_of_abonent, list, save};
    use crate::tables::open;
    use perezvon_core::{Call, Time};

    /// A ledger with calls of these numbers and versions.
    fn calls(versions: &[(i64, i64)]) -> (tempfile::TempDir, rusqlite::Connection) {
        let dir = tempfile::tempdir().unwrap();
        let connection = open(dir.path()).unwrap();
        for (n, version) in versions {
            let row = CallRow {
                seq: 0,
                id: format!("call-{n}"),
                version: *version,
                call: Call::new("main", &format!("{n}:1"), Time::from_ms(*n)),
                linked: Vec::new(),
                gone: Vec::new(),
            };
            save(&connection, &row, None).unwrap();
        }
        (dir, connection)
    }

    #[test]
    fn views_that_are_filed_and_views_that_are_not_come_in_one_order() {
        let (_dir, connection) = calls(&[(1, 4), (2, 3), (3, 2), (4, 1)]);
        connection
            .execute_batch(
                "INSERT INTO call_abonents (abonent, call, version, direction, outcome, started_at, filed) VALUES
                     ('reader', 1, 4, 'incoming', 'ringing', 1, 0), ('reader', 2, 3, 'incoming', 'missed', 2, 0),
                     ('reader', 3, 2, 'incoming', 'talking', 3, 0), ('reader', 4, 1, 'incoming', 'ended', 4, 1),
                     ('other', 4, 9, 'incoming', 'ringing', 4, 0)",
            )
            .unwrap();
        let told = |after, until, limit| -> Vec<i64> {
            let rows = changes(&connection, Some("reader"), (after, until), limit).unwrap();
            rows.iter().map(|row| row.version).collect()
        };
        let listed = |before| -> Vec<i64> {
            let query = CallQuery {
                abonent: Some("reader".to_owned()),
                before,
                limit: 3,
                ..CallQuery::default()
            };
            list(&connection, &query).unwrap().iter().map(|row| row.seq).collect()
        };
        for round in ["new", "filed"] {
            assert_eq!(told(0, 9, 9), [1, 2, 3, 4]);
            assert_eq!(told(0, 9, 3), [1, 2, 3], "a page");
            assert_eq!(told(1, 3, 9), [2, 3], "of a span");
            assert_eq!(newest(&connection, Some("reader")).unwrap(), 4);
            assert_eq!(newest(&connection, Some("nobody")).unwrap(), 0);
            assert_eq!((listed(None), listed(Some(2))), (vec![4, 3, 2], vec![1]), "by time");
            let keys = keys_of_abonent(&connection, "reader", Time::from_ms(2), Time::from_ms(4)).unwrap();
            assert_eq!(keys.len(), 3, "of a time");
            views::file(&connection).unwrap();
            let sql = "SELECT count(*) FROM call_abonents WHERE filed = 1 AND outcome = 'missed'";
            let count: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
            assert_eq!(count, 1, "those that are over are filed: {round}");
        }
    }

    #[test]
    fn a_call_that_went_on_without_a_reader_leads_past_no_other() {
        let (_dir, connection) = calls(&[(1, 9), (2, 5)]);
        // The reader's part in the first call ended at version 3.
        connection
            .execute_batch(
                "INSERT INTO call_abonents (abonent, call, version, direction, outcome, started_at, gone)
                 VALUES ('reader', 1, 3, 'incoming', 'ringing', 1, 1), ('reader', 2, 5, 'incoming', 'ringing', 2, 0)",
            )
            .unwrap();
        let page = |after| {
            changes(&connection, Some("reader"), (after, 9), 1)
                .unwrap()
                .pop()
                .unwrap()
        };
        let first = page(0);
        assert_eq!(
            (first.id.as_str(), first.version),
            ("call-1", 3),
            "as the reader knew it last"
        );
        assert_eq!(page(first.version).id, "call-2", "the next page has the other call");
    }
}
