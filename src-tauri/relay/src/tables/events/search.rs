//! Searches for events: newest first for people, oldest first for an export.

use super::unpacked;
use crate::tables::LedgerError;
use crate::tables::scan::{self, Order, Page, RowWindow, Span};
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, types::Value};
use serde::Serialize;
use utoipa::ToSchema;

/// Raw text in one page, bytes: limits the memory of an export.
const MAX_RAW_BYTES: usize = 1024 * 1024;

/// One line of the event journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct EventRow {
    pub(crate) seq: i64,
    pub(crate) received_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscription_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// As the PBX names it; empty where the event cannot be read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    /// Key of its call: `extTrackingId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_key: Option<String>,
    /// The ledger's id of its call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_id: Option<String>,
    /// Why the event cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// What was wrong with the body, if it was repaired before it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mended: Option<String>,
    /// Length of the body as posted.
    pub(crate) bytes: i64,
    /// The body as posted, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
}

/// The columns of [`read`] but the last, of the table under the name `e`.
const COLUMNS: &str = "e.seq, e.received_at, e.event_id, e.subscription_id, e.sequence, e.target, e.kind, e.call_key,
     (SELECT c.id FROM calls c WHERE c.key = e.call_key), e.error, flaw(e.raw, e.dictionary), length(posted(e.raw, e.dictionary))";

fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        seq: row.get(0)?,
        received_at: Time::from_ms(row.get(1)?),
        event_id: row.get::<_, Option<Vec<u8>>>(2)?.map(|id| unpacked(&id)),
        subscription_id: row.get(3)?,
        sequence: row.get(4)?,
        target: row.get(5)?,
        kind: row.get(6)?,
        call_key: row.get(7)?,
        call_id: row.get(8)?,
        error: row.get(9)?,
        mended: row.get(10)?,
        bytes: row.get(11)?,
        raw: row
            .get::<_, Option<Vec<u8>>>(12)?
            .map(|raw| String::from_utf8_lossy(&raw).into_owned()),
    })
}

/// Filters of the event journal. All given ones must match.
#[derive(Clone, Debug)]
pub(crate) struct EventQuery {
    /// Text contained in the event as posted, or in the reason why it cannot be read. Ignores the case of Latin
    /// letters.
    pub(crate) q: Option<String>,
    /// As the PBX names it.
    pub(crate) kind: Option<String>,
    /// Only those that cannot be read.
    pub(crate) unreadable: bool,
    /// Of one call: its id in the ledger, or its key.
    pub(crate) call: Option<String>,
    pub(crate) span: Span,
    pub(crate) order: Order,
    /// [`Page::next`] of the previous page.
    pub(crate) cursor: Option<i64>,
    pub(crate) limit: usize,
    /// With the body as posted.
    pub(crate) raw: bool,
}

/// The events that tell of the call with this key, as the first or as a further one.
const OF_CALL: &str = "(call_key = ?1 OR seq IN (SELECT event FROM event_calls WHERE call_key = ?1))";

/// A page of the event journal.
pub(crate) fn search(connection: &Connection, query: &EventQuery) -> Result<Page<EventRow>, LedgerError> {
    let mut page = Page {
        rows: Vec::new(),
        next: None,
    };
    let Some(numbers) = scan::numbers_of(connection, "events", "received_at", query.span)? else {
        return Ok(page);
    };
    let (indexed, value) = match (&query.call, query.unreadable) {
        (Some(call), false) => (OF_CALL, Value::Text(key_of(connection, call)?)),
        // An event that cannot be read has no call.
        (Some(_), true) => return Ok(page),
        (None, true) => ("?1 IS NULL AND error IS NOT NULL", Value::Null),
        (None, false) => ("?1 IS NULL", Value::Null),
    };
    let window = scan::window(
        connection,
        "events",
        (indexed, value.clone()),
        numbers,
        query.order,
        query.cursor,
    )?;
    fill(connection, query, (indexed, &value), window, &mut page)?;
    Ok(page)
}

fn fill(
    connection: &Connection,
    query: &EventQuery,
    (indexed, value): (&str, &Value),
    window: RowWindow,
    page: &mut Page<EventRow>,
) -> Result<(), LedgerError> {
    let direction = match query.order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    let (plain, digits) = query.q.as_deref().map(scan::patterns).unzip();
    let sql = format!(
        r"SELECT {COLUMNS}, CASE WHEN ?9 THEN posted(e.raw, e.dictionary) END FROM events e
          WHERE {indexed} AND seq BETWEEN ?2 AND ?3 AND received_at >= ?4 AND received_at < ?5
            AND (?6 IS NULL OR kind = ?6)
            AND (?7 IS NULL OR CAST(posted(raw, dictionary) AS TEXT) LIKE ?7 ESCAPE '\' OR CAST(posted(raw, dictionary) AS TEXT) LIKE ?8 ESCAPE '\'
                 OR error LIKE ?7 ESCAPE '\')
          ORDER BY seq {direction}"
    );
    let from = query.span.from.map_or(i64::MIN, Time::ms);
    let to = query.span.to.map_or(i64::MAX, Time::ms);
    // Equal patterns would be searched twice.
    let digits = digits.filter(|digits| Some(digits) != plain.as_ref());
    let params: [&dyn ToSql; 9] = [
        value,
        &window.first,
        &window.last,
        &from,
        &to,
        &query.kind,
        &plain,
        &digits,
        &query.raw,
    ];
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let mut kept = 0;
    page.next = window.next;
    while let Some(row) = rows.next()? {
        let row = read(row)?;
        kept += row.raw.as_ref().map_or(0, String::len);
        page.rows.push(row);
        if page.rows.len() == query.limit || kept >= MAX_RAW_BYTES {
            page.next = page.rows.last().map(|row| row.seq);
            break;
        }
    }
    Ok(())
}

/// The key of a call by its id in the ledger; a text that is no id is a key.
fn key_of(connection: &Connection, call: &str) -> rusqlite::Result<String> {
    let sql = "SELECT key FROM calls WHERE id = ?1";
    let key = connection
        .prepare_cached(sql)?
        .query_row([call], |row| row.get(0))
        .optional()?;
    Ok(key.unwrap_or_else(|| call.to_owned()))
}

/// One event with the body as posted.
pub(crate) fn one(connection: &Connection, seq: i64) -> Result<Option<EventRow>, LedgerError> {
    let sql = format!("SELECT {COLUMNS}, posted(e.raw, e.dictionary) FROM events e WHERE e.seq = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([seq], read).optional()?)
}
