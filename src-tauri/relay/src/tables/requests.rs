//! Calls that desks asked for.

use super::LedgerError;
use perezvon_core::call::Request;
use perezvon_core::{Number, Time};
use rusqlite::{Connection, OptionalExtension, Row};

/// State of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestState {
    /// Stored; the PBX is being asked.
    Placing,
    /// The PBX accepted it.
    Placed,
    /// The PBX certainly did not place it.
    Failed,
    /// Whether it was placed is not known; it is never repeated.
    Unknown,
}

impl RequestState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Placing => "placing",
            Self::Placed => "placed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "placing" => Self::Placing,
            "placed" => Self::Placed,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct RequestRow {
    pub(crate) abonent: String,
    pub(crate) key: String,
    /// Canonical number.
    pub(crate) number: String,
    pub(crate) state: RequestState,
    pub(crate) tracking_id: Option<String>,
    /// ULID of the call, once known.
    pub(crate) call_id: Option<String>,
    /// Code of the failure.
    pub(crate) error: Option<String>,
    pub(crate) asked_at: Time,
}

impl RequestRow {
    /// The request as a call stores it.
    pub(crate) fn asked(&self) -> Request {
        Request {
            id: self.key.clone(),
            abonent: self.abonent.clone(),
            number: Number::parse(&self.number),
        }
    }
}

const COLUMNS: &str = "abonent, key, number, state, tracking_id, call_id, error, asked_at";

fn read(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        abonent: row.get(0)?,
        key: row.get(1)?,
        number: row.get(2)?,
        state: RequestState::of(&row.get::<_, String>(3)?),
        tracking_id: row.get(4)?,
        call_id: row.get(5)?,
        error: row.get(6)?,
        asked_at: Time::from_ms(row.get(7)?),
    })
}

/// Stores a new request as *placing*, or returns the existing one of the same key.
pub(crate) fn begin(
    connection: &Connection,
    abonent: &str,
    key: &str,
    number: &str,
    at: Time,
) -> Result<Option<RequestRow>, LedgerError> {
    if let Some(known) = get(connection, abonent, key)? {
        return Ok(Some(known));
    }
    let sql = "INSERT INTO requests (abonent, key, number, state, asked_at) VALUES (?1, ?2, ?3, 'placing', ?4)";
    connection
        .prepare_cached(sql)?
        .execute((abonent, key, number, at.ms()))?;
    Ok(None)
}

/// One request.
pub(crate) fn get(connection: &Connection, abonent: &str, key: &str) -> Result<Option<RequestRow>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE abonent = ?1 AND key = ?2");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([abonent, key], read)
        .optional()?)
}

/// Stores the outcome of a request.
pub(crate) fn finish(
    connection: &Connection,
    (abonent, key): (&str, &str),
    state: RequestState,
    tracking_id: Option<&str>,
    error: Option<&str>,
    at: Time,
) -> Result<(), LedgerError> {
    let sql = "UPDATE requests SET state = ?3, tracking_id = ?4, error = ?5, answered_at = ?6
               WHERE abonent = ?1 AND key = ?2";
    connection
        .prepare_cached(sql)?
        .execute((abonent, key, state.as_str(), tracking_id, error, at.ms()))?;
    Ok(())
}

/// Removes a request of `asked_at` that the PBX was never asked for; a later one of the same key stays.
pub(crate) fn take_back(connection: &Connection, abonent: &str, key: &str, asked_at: Time) -> Result<(), LedgerError> {
    let sql = "DELETE FROM requests WHERE abonent = ?1 AND key = ?2 AND asked_at = ?3 AND state = 'placing'";
    connection.prepare_cached(sql)?.execute((abonent, key, asked_at.ms()))?;
    Ok(())
}

/// Stores which call the request became.
pub(crate) fn set_call(
    connection: &Connection,
    abonent: &str,
    key: &str,
    tracking_id: Option<&str>,
    call_id: &str,
) -> rusqlite::Result<()> {
    let sql = "UPDATE requests SET call_id = ?4, tracking_id = coalesce(?3, tracking_id)
               WHERE abonent = ?1 AND key = ?2";
    connection
        .prepare_cached(sql)?
        .execute((abonent, key, tracking_id, call_id))?;
    Ok(())
}

/// The request that became the call of an id. There is no index for it: only used to rebuild an unreadable call.
pub(crate) fn of_call(connection: &Connection, id: &str) -> rusqlite::Result<Option<RequestRow>> {
    let sql = format!("SELECT {COLUMNS} FROM requests WHERE call_id = ?1 ORDER BY asked_at LIMIT 1");
    connection.prepare_cached(&sql)?.query_row([id], read).optional()
}

/// Requests since `since` that may still become a call without a tracking id, oldest first.
pub(crate) fn unmatched(connection: &Connection, since: Time) -> rusqlite::Result<Vec<RequestRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM requests WHERE asked_at >= ?1 AND call_id IS NULL AND tracking_id IS NULL
         AND state IN ('placed', 'unknown') ORDER BY asked_at"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([since.ms()], read)?;
    rows.collect()
}

/// After a crash: whether requests in the state *placing* reached the PBX is not known.
pub(crate) fn forget_placing(connection: &Connection) -> Result<usize, LedgerError> {
    Ok(connection.execute("UPDATE requests SET state = 'unknown' WHERE state = 'placing'", [])?)
}
