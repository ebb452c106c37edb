//! Recordings of the PBX (reference 1.9); one that the PBX no longer has is `gone`. A row is deleted with its call.

use super::LedgerError;
use super::scan::Span;
use perezvon_core::call::Recording;
use perezvon_core::{Direction, Time};
use rusqlite::{Connection, OptionalExtension, Row};

/// One recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordingRow {
    /// The PBX's record id: digits that grow with time.
    pub(crate) id: String,
    /// `externalId`: the session of the call.
    pub(crate) tracking_id: Option<String>,
    /// Canonical id of the abonent whose recording it is.
    pub(crate) abonent: String,
    /// Key of its call.
    pub(crate) call_key: Option<String>,
    /// Key of the other party's number.
    pub(crate) number: Option<String>,
    /// From the abonent's side.
    pub(crate) direction: Direction,
    /// Start of the conversation, by the PBX's clock.
    pub(crate) started_at: Time,
    /// How long it is, milliseconds.
    pub(crate) duration_ms: i64,
    /// Size of the audio, bytes.
    pub(crate) size: Option<i64>,
    /// When the PBX was found to have it no longer; none: it can be fetched.
    pub(crate) gone_at: Option<Time>,
}

impl RecordingRow {
    /// The recording as its call stores it.
    pub(crate) fn recording(&self) -> Recording {
        Recording {
            id: self.id.clone(),
            abonent: self.abonent.clone(),
            direction: self.direction,
            start: self.started_at,
            duration_ms: self.duration_ms,
            number: self.number.clone(),
            session: self.tracking_id.clone(),
            gone: self.gone_at.is_some(),
        }
    }
}

/// The columns that [`read`] expects, of the table under the name `r`.
pub(crate) const COLUMNS: &str =
    "r.id, r.tracking_id, r.abonent, r.call_key, r.number, r.direction, r.started_at, r.duration_ms, r.size, r.gone_at";

/// One row of [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<RecordingRow> {
    Ok(RecordingRow {
        id: row.get(0)?,
        tracking_id: row.get(1)?,
        abonent: row.get(2)?,
        call_key: row.get(3)?,
        number: row.get(4)?,
        direction: if row.get_ref(5)?.as_str()? == Direction::Outgoing.as_str() {
            Direction::Outgoing
        } else {
            Direction::Incoming
        },
        started_at: Time::from_ms(row.get(6)?),
        duration_ms: row.get(7)?,
        size: row.get(8)?,
        gone_at: row.get::<_, Option<i64>>(9)?.map(Time::from_ms),
    })
}

/// Stores a recording that the PBX lists, or its changes; `at` is when it was listed. One that was `gone` can be
/// fetched again.
pub(crate) fn upsert(connection: &Connection, row: &RecordingRow, at: Time) -> rusqlite::Result<()> {
    let sql = "INSERT INTO recordings (id, tracking_id, abonent, call_key, number, direction, started_at, duration_ms,
                                       size, state, seen_at, gone_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'ready', ?10, NULL)
               ON CONFLICT (id) DO UPDATE SET tracking_id = ?2, abonent = ?3, call_key = ?4, number = ?5,
                   direction = ?6, started_at = ?7, duration_ms = ?8, size = ?9, state = 'ready', seen_at = ?10,
                   gone_at = NULL";
    connection.prepare_cached(sql)?.execute((
        &row.id,
        &row.tracking_id,
        &row.abonent,
        &row.call_key,
        &row.number,
        row.direction.as_str(),
        row.started_at.ms(),
        row.duration_ms,
        row.size,
        at.ms(),
    ))?;
    Ok(())
}

/// The recording of an id.
pub(crate) fn by_id(connection: &Connection, id: &str) -> rusqlite::Result<Option<RecordingRow>> {
    let sql = format!("SELECT {COLUMNS} FROM recordings r WHERE r.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// Assigns the recording to another call.
pub(crate) fn set_call(connection: &Connection, id: &str, call_key: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE recordings SET call_key = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((id, call_key))?;
    Ok(())
}

/// Deletes the recordings of a call that is deleted.
pub(crate) fn forget(connection: &Connection, call_key: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM recordings WHERE call_key = ?1";
    connection.prepare_cached(sql)?.execute([call_key])?;
    Ok(())
}

/// The recordings of a call.
pub(crate) fn of_call(connection: &Connection, key: &str) -> rusqlite::Result<Vec<RecordingRow>> {
    let sql = format!("SELECT {COLUMNS} FROM recordings r WHERE r.call_key = ?1 ORDER BY r.id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([key], read)?;
    rows.collect()
}

/// The recordings of an abonent whose conversations began between the two times.
pub(crate) fn of_abonent(
    connection: &Connection,
    abonent: &str,
    from: Time,
    to: Time,
) -> rusqlite::Result<Vec<RecordingRow>> {
    let sql = format!("SELECT {COLUMNS} FROM recordings r WHERE r.abonent = ?1 AND r.started_at BETWEEN ?2 AND ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((abonent, from.ms(), to.ms()), read)?;
    rows.collect()
}

/// The PBX no longer has the recording: a download or a look-up said so, or it was deleted. True if that was not
/// known. To be called in a transaction of the ledger, which then publishes the call by
/// [`crate::ledger::entry::RecordingGone`].
pub(crate) fn mark_gone(connection: &Connection, id: &str, at: Time) -> rusqlite::Result<bool> {
    let sql = "UPDATE recordings SET state = 'gone', gone_at = ?2 WHERE id = ?1 AND state = 'ready'";
    Ok(connection.prepare_cached(sql)?.execute((id, at.ms()))? > 0)
}

/// A recording with the id of its call.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) row: RecordingRow,
    /// The ledger's id of its call.
    pub(crate) call_id: Option<String>,
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        row: read(row)?,
        call_id: row.get(10)?,
    })
}

/// The last column of [`read_listed`], after [`COLUMNS`].
const CALL_ID: &str = "(SELECT c.id FROM calls c WHERE c.key = r.call_key)";

/// The recording of an id with the id of its call.
pub(crate) fn listed(connection: &Connection, id: &str) -> Result<Option<Listed>, LedgerError> {
    let sql = format!("SELECT {COLUMNS}, {CALL_ID} FROM recordings r WHERE r.id = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([id], read_listed)
        .optional()?)
}

/// Filters of the recordings. All given ones must match.
#[derive(Clone, Debug)]
pub(crate) struct RecordingQuery {
    pub(crate) abonent: Option<String>,
    /// When the conversation began.
    pub(crate) span: Span,
    /// Only those that are gone, or only those that are not.
    pub(crate) gone: Option<bool>,
    /// Start and id of the last recording of the previous page.
    pub(crate) before: Option<(i64, String)>,
    pub(crate) limit: usize,
}

/// A page of the recordings, newest first.
pub(crate) fn list(connection: &Connection, query: &RecordingQuery) -> Result<Vec<Listed>, LedgerError> {
    let own = if query.abonent.is_some() {
        "r.abonent = ?1"
    } else {
        "?1 IS NULL"
    };
    let sql = format!(
        "SELECT {COLUMNS}, {CALL_ID} FROM recordings r WHERE {own} AND (r.started_at, r.id) < (?2, ?3) AND r.started_at >= ?4
         AND r.started_at < ?5 AND (?6 IS NULL OR r.state = ?6) ORDER BY r.started_at DESC, r.id DESC LIMIT ?7"
    );
    let (start, id) = query.before.clone().unwrap_or((i64::MAX, String::new()));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(
        (
            &query.abonent,
            start,
            id,
            query.span.from.map_or(i64::MIN, Time::ms),
            query.span.to.map_or(i64::MAX, Time::ms),
            query.gone.map(|gone| if gone { "gone" } else { "ready" }),
            query.limit as i64,
        ),
        read_listed,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ids of the recordings that can be fetched and began between the two times.
pub(crate) fn ready_between(connection: &Connection, from: Time, to: Time) -> rusqlite::Result<Vec<String>> {
    let sql =
        "SELECT id FROM recordings WHERE state = 'ready' AND started_at BETWEEN ?1 AND ?2 ORDER BY started_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((from.ms(), to.ms()), |row| row.get(0))?;
    rows.collect()
}
