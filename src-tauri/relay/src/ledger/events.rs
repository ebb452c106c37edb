//! Raw events, as the PBX posted them.

use super::LedgerError;
use perezvon_core::{Call, Event, Time};
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

/// What was posted: the event, or why it cannot be read.
pub(crate) type Readable = Result<Event, String>;

/// Appends one event. False when its `eventID` is already there: a re-delivery (reference 2.9).
pub(crate) fn append(connection: &Connection, read: &Readable, raw: &[u8], at: Time) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO events (received_at, event_id, subscription_id, sequence, target, kind, call_key, error, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (event_id) WHERE event_id IS NOT NULL DO NOTHING",
    )?;
    let changed = match read {
        Ok(event) => {
            let id = event.event_id.as_deref().map(packed);
            let key = event.calls.iter().find_map(Call::key_of);
            statement.execute((
                at.ms(),
                id,
                &event.subscription_id,
                event.sequence,
                &event.target,
                event.kind.as_wire(),
                key,
                None::<&str>,
                raw,
            ))?
        }
        Err(reason) => statement.execute((
            at.ms(),
            None::<Vec<u8>>,
            None::<&str>,
            None::<i64>,
            None::<&str>,
            "",
            None::<&str>,
            reason,
            raw,
        ))?,
    };
    Ok(changed == 1)
}

/// Whether an event of this id is stored.
pub(crate) fn has(connection: &Connection, id: &str) -> Result<bool, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?;
    Ok(statement.exists([packed(id)])?)
}

/// A UUID as its 16 bytes, anything else as text: the index of event ids is the largest one.
fn packed(id: &str) -> Vec<u8> {
    let shape = id.len() == 36
        && id
            .bytes()
            .enumerate()
            .all(|(i, b)| matches!(i, 8 | 13 | 18 | 23) == (b == b'-'));
    let digits: Vec<u8> = id.bytes().filter(|b| *b != b'-').collect();
    let packed: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    match packed {
        Some(bytes) if shape && bytes.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit) => bytes,
        _ => id.as_bytes().to_vec(),
    }
}

fn unpacked(id: &[u8]) -> String {
    use std::fmt::Write as _;
    if id.len() != 16 {
        return String::from_utf8_lossy(id).into_owned();
    }
    let mut text = String::with_capacity(36);
    for (i, byte) in id.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// One line of the event journal.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
    /// Why the event cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// The body as posted, on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
}

/// Which part of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventQuery {
    /// Events after this one, oldest first.
    pub(crate) after: Option<i64>,
    /// Events before this one, newest first (from the newest where neither is given).
    pub(crate) before: Option<i64>,
    pub(crate) limit: usize,
    pub(crate) unreadable: bool,
    pub(crate) raw: bool,
}

/// A page of the event journal.
pub(crate) fn list(connection: &Connection, query: EventQuery) -> Result<Vec<EventRow>, LedgerError> {
    let order = if query.after.is_some() { "ASC" } else { "DESC" };
    let unreadable = if query.unreadable { "AND error IS NOT NULL" } else { "" };
    let sql = format!(
        "SELECT seq, received_at, event_id, subscription_id, sequence, target, kind, call_key, error,
                CASE WHEN ?4 THEN raw END
         FROM events WHERE seq > ?1 AND seq < ?2 {unreadable} ORDER BY seq {order} LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let range = (
        query.after.unwrap_or(i64::MIN),
        query.before.unwrap_or(i64::MAX),
        query.limit as i64,
        query.raw,
    );
    let rows = statement.query_map(range, |row| {
        Ok(EventRow {
            seq: row.get(0)?,
            received_at: Time::from_ms(row.get(1)?),
            event_id: row.get::<_, Option<Vec<u8>>>(2)?.map(|id| unpacked(&id)),
            subscription_id: row.get(3)?,
            sequence: row.get(4)?,
            target: row.get(5)?,
            kind: row.get(6)?,
            call: row.get(7)?,
            error: row.get(8)?,
            raw: row
                .get::<_, Option<Vec<u8>>>(9)?
                .map(|raw| String::from_utf8_lossy(&raw).into_owned()),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many events are stored, how many of them unreadable, and when the last one came.
pub(crate) fn summary(connection: &Connection) -> Result<(i64, i64, Option<Time>), LedgerError> {
    // Rows are never deleted one by one, so the highest number is the count and needs no scan.
    let newest = "SELECT seq, received_at FROM events ORDER BY seq DESC LIMIT 1";
    let newest: Option<(i64, i64)> = connection
        .prepare_cached(newest)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let unreadable = "SELECT count(*) FROM events WHERE error IS NOT NULL";
    let unreadable = connection.prepare_cached(unreadable)?.query_row([], |row| row.get(0))?;
    Ok((
        newest.map_or(0, |n| n.0),
        unreadable,
        newest.map(|n| Time::from_ms(n.1)),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{packed, unpacked};

    #[test]
    fn a_uuid_is_packed_and_comes_back_and_other_ids_stay_text() {
        let uuid = "e0000000-0000-4000-8000-00000000abcd";
        assert_eq!(packed(uuid).len(), 16, "a UUID takes 16 bytes");
        assert_eq!(unpacked(&packed(uuid)), uuid, "and reads as it was");
        for other in [
            "42",
            "e0000000-0000-4000-8000-00000000zzzz",
            "e0000000-0000-4000-8000-0000000+abcd",
            "ключ",
        ] {
            assert_eq!(unpacked(&packed(other)), other, "an id that is no UUID is kept as text");
        }
    }
}
