//! Recordings that the PBX has or had (reference 1.9). A row is never deleted: a recording that the PBX no longer has is
//! `gone`.

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
    /// Key of the call it was joined to.
    pub(crate) call_key: Option<String>,
    /// Key of the other side's number.
    pub(crate) number: Option<String>,
    /// From the abonent's side.
    pub(crate) direction: Direction,
    /// Start of the conversation, by the PBX's clock.
    pub(crate) started_at: Time,
    /// How long it is, milliseconds.
    pub(crate) duration_ms: i64,
    /// Size of the audio, bytes.
    pub(crate) size: Option<i64>,
    /// When the PBX was found not to have it any more; none: it can be fetched.
    pub(crate) gone_at: Option<Time>,
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
        direction: if row.get_ref(5)?.as_str()? == "outgoing" {
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

/// Stores a recording that the PBX lists, or what is new of it; `at` is when it was seen. One that was `gone` is ready
/// again.
pub(crate) fn upsert(connection: &Connection, row: &RecordingRow, at: Time) -> rusqlite::Result<()> {
    let direction = match row.direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    };
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
        direction,
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

/// The PBX does not have the recording any more: a download or a look-up said so, or it was deleted. True when that is
/// news. To be called inside a ledger write; the caller then tells the call by
/// [`crate::writer::Batch::recording_gone`].
pub(crate) fn mark_gone(connection: &Connection, id: &str, at: Time) -> rusqlite::Result<bool> {
    let sql = "UPDATE recordings SET state = 'gone', gone_at = ?2 WHERE id = ?1 AND state = 'ready'";
    Ok(connection.prepare_cached(sql)?.execute((id, at.ms()))? > 0)
}
