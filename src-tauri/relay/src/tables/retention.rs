//! Steps of retention, each bounded.

use rusqlite::Connection;

/// Rows deleted in one step.
const STEP_ROWS: usize = 500;
/// Events whose sizes are added up in one step.
const WEIGHED_ROWS: usize = 10_000;

/// Which events are deleted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventCut {
    /// Received before this time, epoch milliseconds.
    Before(i64),
    /// Up to this number.
    UpTo(i64),
}

/// The result of a step.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) forgotten: usize,
    /// Time and number of the last event looked at, for the next step; none: there are no more.
    pub(crate) last: Option<(i64, i64)>,
}

/// Deletes the next old events after `after`. Events of open calls stay, and so does the newest event, so that its
/// number is not used again.
pub(crate) fn forget_events(
    connection: &Connection,
    old: EventCut,
    after: Option<(i64, i64)>,
) -> rusqlite::Result<Step> {
    let (time, seq) = after.unwrap_or((i64::MIN, i64::MIN));
    let (condition, cut, order) = match old {
        EventCut::Before(cut) => (
            "(e.received_at, e.seq) > (?1, ?2) AND e.received_at < ?3",
            cut,
            "e.received_at, e.seq",
        ),
        EventCut::UpTo(cut) => ("?1 IS NOT NULL AND e.seq > ?2 AND e.seq <= ?3", cut, "e.seq"),
    };
    let sql = format!(
        "SELECT e.received_at, e.seq, e.seq = (SELECT max(seq) FROM events) OR EXISTS (SELECT 1 FROM calls c
             WHERE c.key = e.call_key AND c.due_at IS NOT NULL)
         FROM events e WHERE {condition} ORDER BY {order} LIMIT {STEP_ROWS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((time, seq, cut), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, bool>(2)?))
    })?;
    let rows: Vec<(i64, i64, bool)> = rows.collect::<Result<_, _>>()?;
    let mut delete = connection.prepare_cached("DELETE FROM events WHERE seq = ?1")?;
    let mut forgotten = 0;
    for (_, seq, kept) in &rows {
        if !kept {
            forgotten += delete.execute([seq])?;
        }
    }
    let last = rows.last().filter(|_| rows.len() == STEP_ROWS);
    Ok(Step {
        forgotten,
        last: last.map(|(time, seq, _)| (*time, *seq)),
    })
}

/// Whether the database is large enough to hold that many bytes of events.
pub(crate) fn may_exceed(connection: &Connection, most: i64) -> rusqlite::Result<bool> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let size: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok(pages * size > most)
}

/// The result of adding up the sizes of some events.
#[derive(Debug)]
pub(crate) struct Weighed {
    /// The newest event that exceeds the limit, once found.
    pub(crate) cut: Option<i64>,
    /// Bytes that older events may still take.
    pub(crate) left: i64,
    /// The last number that was added; none: there were no more events.
    pub(crate) last: Option<i64>,
}

/// Adds up the texts of events before a number, newest first, until they take more than `left` bytes.
pub(crate) fn weigh(connection: &Connection, before: i64, mut left: i64) -> rusqlite::Result<Weighed> {
    let sql = format!("SELECT seq, length(raw) FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT {WEIGHED_ROWS}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([before])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        left -= row.get::<_, i64>(1)?;
        last = Some(seq);
        if left < 0 {
            return Ok(Weighed { cut: last, left, last });
        }
    }
    Ok(Weighed { cut: None, left, last })
}

/// Deletes old lines of the journal of requests and old requests of desks; an `Idempotency-Key` is deleted with its
/// request. Returns how many; 0: there are no more.
pub(crate) fn forget_requests(connection: &Connection, cut: i64) -> rusqlite::Result<usize> {
    let mut forgotten = 0;
    for (table, column) in [("exchanges", "at"), ("requests", "asked_at")] {
        let sql = format!(
            "DELETE FROM {table} WHERE rowid IN
             (SELECT rowid FROM {table} WHERE {column} < ?1 ORDER BY {column} LIMIT {STEP_ROWS})"
        );
        forgotten += connection.prepare_cached(&sql)?.execute([cut])?;
    }
    Ok(forgotten)
}

/// Number and key of old calls that wait for nothing.
pub(crate) fn old_calls(connection: &Connection, cut: i64) -> rusqlite::Result<Vec<(i64, String)>> {
    let sql = format!(
        "SELECT seq, key FROM calls WHERE started_at < ?1 AND due_at IS NULL ORDER BY started_at LIMIT {STEP_ROWS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([cut], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Deletes a call with its views.
pub(crate) fn forget_call(connection: &Connection, seq: i64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM calls WHERE seq = ?1")?
        .execute([seq])
}
