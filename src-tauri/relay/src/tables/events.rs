//! Raw events, as the PBX posted them.

pub(crate) mod body;
mod search;

pub(crate) use search::{EventQuery, EventRow, one, search};

use self::body::Body;
use super::LedgerError;
use perezvon_core::{Call, Event, Time};
use rusqlite::{Connection, OptionalExtension};

/// `eventData` of an event that the relay posts to itself for a check: stored and shown in the journal, but part of
/// no call.
pub(crate) const PROBE: &str = "PerezvonProbeEvent";

/// The event, or why it cannot be read.
pub(crate) type Readable = Result<Event, String>;

/// Appends one event. False if its `eventID` is already stored: a re-delivery (reference 2.9).
pub(crate) fn append(connection: &Connection, read: &Readable, body: &Body, at: Time) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO events (received_at, event_id, subscription_id, sequence, target, kind, call_key, error, raw, dictionary)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
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
                &body.bytes,
                body.dictionary,
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
            &body.bytes,
            body.dictionary,
        ))?,
    };
    if let (1, Ok(event)) = (changed, read) {
        note_further_calls(connection, connection.last_insert_rowid(), event)?;
    }
    Ok(changed == 1)
}

/// The further calls of an event: only few events have any.
fn note_further_calls(connection: &Connection, seq: i64, event: &Event) -> rusqlite::Result<()> {
    let mut keys = event.calls.iter().filter_map(Call::key_of);
    let Some(first) = keys.next() else { return Ok(()) };
    for key in keys.filter(|key| *key != first) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO event_calls (event, call_key) VALUES (?1, ?2)")?
            .execute((seq, key))?;
    }
    Ok(())
}

/// Whether an event of this id is stored.
pub(crate) fn has(connection: &Connection, id: &str) -> Result<bool, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM events WHERE event_id = ?1")?;
    Ok(statement.exists([packed(id)])?)
}

/// What is stored of an event in addition to its text.
pub(crate) struct Receipt {
    /// When it was received.
    pub(crate) at: Time,
    /// Whether it was unreadable then.
    pub(crate) unreadable: bool,
}

/// See [`Receipt`].
pub(crate) fn receipt(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Receipt>> {
    let sql = "SELECT received_at, error IS NOT NULL FROM events WHERE seq = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([seq], |row| {
            Ok(Receipt {
                at: Time::from_ms(row.get(0)?),
                unreadable: row.get(1)?,
            })
        })
        .optional()
}

/// The body of a stored event as it was posted.
pub(crate) fn raw(connection: &Connection, seq: i64) -> Result<Option<Vec<u8>>, LedgerError> {
    let sql = "SELECT posted(raw, dictionary) FROM events WHERE seq = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([seq], |row| row.get(0))
        .optional()?)
}

/// The events of a call: the times of receipt and the bodies as they were posted, oldest first. An event with a
/// damaged body is left out, so that the call can be built from the others.
pub(crate) fn of_call(connection: &Connection, key: &str) -> rusqlite::Result<Vec<(Time, Vec<u8>)>> {
    let sql = "SELECT received_at, raw, dictionary, seq FROM events WHERE seq IN
                   (SELECT seq FROM events WHERE call_key = ?1
                    UNION ALL SELECT event FROM event_calls WHERE call_key = ?1)
               ORDER BY seq";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([key])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(posted) = body::unpack(row.get_ref(1)?.as_bytes()?, row.get(2)?) {
            found.push((Time::from_ms(row.get(0)?), posted));
        } else {
            let event: i64 = row.get(3)?;
            tracing::error!(event, "the body of a stored event is damaged");
        }
    }
    Ok(found)
}

/// Stores that an event which was unreadable can be read now. If another event has its id, that one keeps it.
pub(crate) fn set_read(connection: &Connection, seq: i64, event: &Event) -> rusqlite::Result<()> {
    let sql = "UPDATE events SET event_id = iif(EXISTS (SELECT 1 FROM events WHERE event_id = ?2), NULL, ?2),
                   subscription_id = ?3, sequence = ?4, target = ?5, kind = ?6, call_key = ?7, error = NULL
               WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute((
        seq,
        event.event_id.as_deref().map(packed),
        &event.subscription_id,
        event.sequence,
        &event.target,
        event.kind.as_wire(),
        event.calls.iter().find_map(Call::key_of),
    ))?;
    note_further_calls(connection, seq, event)
}

/// Stores another reason why an event cannot be read.
pub(crate) fn set_unreadable(connection: &Connection, seq: i64, reason: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE events SET error = ?2 WHERE seq = ?1";
    connection.prepare_cached(sql)?.execute((seq, reason))?;
    Ok(())
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

/// When the PBX's newest event was received, without the relay's own probes.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<Option<Time>> {
    let sql = "SELECT received_at FROM events WHERE kind <> ?1 ORDER BY seq DESC LIMIT 1";
    let at = connection
        .prepare_cached(sql)?
        .query_row([PROBE], |row| row.get(0))
        .optional()?;
    Ok(at.map(Time::from_ms))
}

/// How many events since then could not be read.
pub(crate) fn unreadable_since(connection: &Connection, since: Time) -> Result<i64, LedgerError> {
    // There are few: an index of the unreadable events answers this.
    let sql = "SELECT count(*) FROM events WHERE error IS NOT NULL AND received_at >= ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([since.ms()], |row| row.get(0))?)
}

/// How many events are stored, how many of them are unreadable, and when the PBX's last one was received.
pub(crate) fn summary(connection: &Connection) -> Result<(i64, i64, Option<Time>), LedgerError> {
    // Counted in the smallest index: some 2,500 pages for a million events.
    let stored = "SELECT count(*) FROM events";
    let stored = connection.prepare_cached(stored)?.query_row([], |row| row.get(0))?;
    let unreadable = "SELECT count(*) FROM events WHERE error IS NOT NULL";
    let unreadable = connection.prepare_cached(unreadable)?.query_row([], |row| row.get(0))?;
    Ok((stored, unreadable, newest(connection)?))
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
