//! Recordings: what the PBX has, what of it is on this disk, how far it was heard, and the moments that were marked in it.
//! Lasting, because of the last two.

use crate::error::DeskError;
use crate::key::line_of;
use crate::text;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(super) const STEP_3: &str = "
    CREATE TABLE recording (
        id           INTEGER NOT NULL PRIMARY KEY,
        owner        TEXT    NOT NULL,      -- the abonent at whose desk it is listed
        pbx          TEXT    NOT NULL,      -- the PBX's id
        call         TEXT,                  -- the relay's id of its call
        abonent      TEXT    NOT NULL,      -- whose phone was recorded; empty: the owner's
        abonent_name TEXT,
        incoming     INTEGER NOT NULL,
        key          TEXT,                  -- of the other party's number
        line         TEXT,                  -- the key without its extension
        name         TEXT,                  -- that the PBX told
        shown        TEXT,                  -- in place of a number that cannot be called
        hidden       INTEGER NOT NULL,
        digits       TEXT    NOT NULL,      -- for search
        search       TEXT    NOT NULL,      -- names and contacts, folded
        started_ms   INTEGER NOT NULL,
        told_ms      INTEGER,               -- length, as the PBX tells it
        told_bytes   INTEGER,
        gone         INTEGER NOT NULL,      -- the PBX has it no more
        place        INTEGER NOT NULL DEFAULT 0, -- 0: not here; 1: about to get its name; 2: here
        file         TEXT,                  -- within the folder of recordings
        bytes        INTEGER,
        hash         BLOB,                  -- SHA-256 of the file
        length_ms    INTEGER,               -- counted
        damaged      INTEGER NOT NULL DEFAULT 0,
        problem      TEXT,                  -- a `Problem`
        format       TEXT,                  -- of the sound, where it is not decoded here
        tries        INTEGER NOT NULL DEFAULT 0,
        next_ms      INTEGER NOT NULL DEFAULT 0, -- not tried before
        wanted       INTEGER NOT NULL DEFAULT 1, -- 0: the user has deleted it
        asked_ms     INTEGER,               -- when the user asked for it
        erased_ms    INTEGER,               -- when file, peaks and position were found to be gone
        position_ms  INTEGER NOT NULL DEFAULT 0,
        heard_ms     INTEGER,               -- when it was first listened to
        marks        INTEGER NOT NULL DEFAULT 0,
        UNIQUE (owner, pbx)
    ) STRICT;
    -- Ends in the id: lists are in the order of (started_ms, id).
    CREATE INDEX recording_by_time ON recording (owner, started_ms);
    CREATE INDEX recording_by_call ON recording (call) WHERE call IS NOT NULL;
    CREATE INDEX recording_by_line ON recording (line) WHERE line IS NOT NULL;
    CREATE INDEX recording_missing ON recording (owner, started_ms) WHERE place = 0 AND gone = 0 AND wanted = 1;
    CREATE INDEX recording_here ON recording (started_ms, marks, bytes) WHERE place > 0;

    CREATE TABLE recording_mark (
        id        INTEGER NOT NULL PRIMARY KEY,
        recording INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        at_ms     INTEGER NOT NULL,
        note      TEXT    NOT NULL,
        search    TEXT    NOT NULL,         -- folded
        made_ms   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX recording_mark_of ON recording_mark (recording, at_ms);

    -- Another's recording was listened to here, and the relay has not been told yet.
    CREATE TABLE recording_played (
        id        INTEGER NOT NULL PRIMARY KEY,
        owner     TEXT    NOT NULL,         -- at whose desk: only with that key may it be told
        pbx       TEXT    NOT NULL,
        played_ms INTEGER NOT NULL
    ) STRICT;
";

/// What is not on this disk.
pub(crate) const MISSING: i64 = 0;
/// It is whole, and its file is about to get its name.
pub(crate) const NAMED: i64 = 1;
/// Its file is here.
pub(crate) const HERE: i64 = 2;

/// What is told of a recording, by its call or by the relay's list.
pub(crate) struct Told<'a> {
    pub(crate) pbx: &'a str,
    pub(crate) call: Option<&'a str>,
    /// None: the owner's.
    pub(crate) abonent: Option<&'a str>,
    pub(crate) abonent_name: Option<&'a str>,
    pub(crate) incoming: bool,
    pub(crate) key: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) shown: Option<&'a str>,
    pub(crate) hidden: bool,
    pub(crate) digits: &'a str,
    pub(crate) started_ms: i64,
    pub(crate) told_ms: Option<i64>,
    pub(crate) told_bytes: Option<i64>,
    pub(crate) gone: bool,
}

/// Notes what is told; its id, and whether it is new, whose contacts are not in its search text yet. None where nothing of
/// it has changed.
pub(crate) fn note(connection: &Connection, owner: &str, told: &Told<'_>) -> Result<Option<(i64, bool)>, DeskError> {
    let name = text::fold(told.name.unwrap_or_default());
    let known = of_pbx(connection, owner, told.pbx)?;
    let abonent = told.abonent.filter(|abonent| *abonent != owner).unwrap_or_default();
    let id = connection
        .prepare_cached(
            "INSERT INTO recording (owner, pbx, call, abonent, abonent_name, incoming, key, line, name, shown, hidden, digits,
                                    search, started_ms, told_ms, told_bytes, gone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (owner, pbx) DO UPDATE SET
                 call = coalesce(excluded.call, call), abonent_name = coalesce(excluded.abonent_name, abonent_name),
                 name = coalesce(excluded.name, name), told_ms = coalesce(excluded.told_ms, told_ms),
                 told_bytes = coalesce(excluded.told_bytes, told_bytes), gone = excluded.gone
             WHERE call IS NOT coalesce(excluded.call, call)
                OR told_bytes IS NOT coalesce(excluded.told_bytes, told_bytes)
                OR told_ms IS NOT coalesce(excluded.told_ms, told_ms)
                OR name IS NOT coalesce(excluded.name, name) OR gone <> excluded.gone
             RETURNING id",
        )?
        .query_row(
            params![
                owner,
                told.pbx,
                told.call,
                abonent,
                told.abonent_name,
                told.incoming,
                told.key,
                told.key.map(line_of),
                told.name,
                told.shown,
                told.hidden,
                told.digits,
                name,
                told.started_ms,
                told.told_ms,
                told.told_bytes,
                told.gone,
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(id.map(|id| (id, known.is_none())))
}

/// The call of this id turned out to be the one of the other.
pub(crate) fn hand_over(connection: &Connection, from: &str, to: &str) -> Result<Vec<i64>, DeskError> {
    let mut statement = connection.prepare_cached("UPDATE recording SET call = ?2 WHERE call = ?1 RETURNING id")?;
    let ids = statement.query_map([from, to], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The recordings of a call are gone at the PBX; those of which that is news.
pub(crate) fn lost(connection: &Connection, call: &str) -> Result<Vec<i64>, DeskError> {
    let mut statement =
        connection.prepare_cached("UPDATE recording SET gone = 1 WHERE call = ?1 AND gone = 0 RETURNING id")?;
    let ids = statement.query_map([call], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Whether a recording is of this line.
pub(crate) fn has_line(connection: &Connection, line: &str) -> Result<bool, DeskError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM recording WHERE line = ?1)")?
        .query_row([line], |row| row.get(0))?)
}

/// Writes anew what the recordings of a line are found by: the names that the PBX told, and the contacts' search texts.
pub(crate) fn index(connection: &Connection, line: &str, contacts: &[String]) -> Result<Vec<i64>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM recording WHERE line = ?1")?;
    let found = statement.query_map([line], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let contacts = contacts.join("\n");
    let mut update = connection.prepare_cached("UPDATE recording SET search = ?2 WHERE id = ?1")?;
    for (id, name) in &found {
        let name = text::fold(name.as_deref().unwrap_or_default());
        update.execute(params![id, format!("{name}\n{contacts}")])?;
    }
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

fn of_pbx(connection: &Connection, owner: &str, pbx: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT id FROM recording WHERE owner = ?1 AND pbx = ?2")?
        .query_row([owner, pbx], |row| row.get(0))
        .optional()?)
}

/// The newest recording of a call, or of one abonent's part in it.
pub(crate) fn of_call(
    connection: &Connection,
    owner: &str,
    call: &str,
    abonent: Option<&str>,
) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM recording WHERE call = ?2 AND owner = ?1 AND (?3 IS NULL OR abonent = ?3)
             ORDER BY abonent, started_ms DESC LIMIT 1",
        )?
        .query_row(params![owner, call, abonent], |row| row.get(0))
        .optional()?)
}

/// What is done with a file, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) pbx: String,
    /// Empty: the owner's.
    pub(crate) abonent: String,
    pub(crate) incoming: bool,
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) shown: Option<String>,
    pub(crate) hidden: bool,
    pub(crate) started_ms: i64,
    pub(crate) told_ms: Option<i64>,
    pub(crate) told_bytes: Option<i64>,
    pub(crate) gone: bool,
    pub(crate) place: i64,
    pub(crate) file: Option<String>,
    pub(crate) bytes: Option<i64>,
    pub(crate) tries: i64,
    pub(crate) asked_ms: Option<i64>,
    pub(crate) position_ms: i64,
    pub(crate) marks: i64,
}

const KEPT: &str =
    "id, pbx, abonent, incoming, key, name, shown, hidden, started_ms, told_ms, told_bytes, gone, place, file,
    bytes, tries, asked_ms, position_ms, marks";

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: row.get(0)?,
        pbx: row.get(1)?,
        abonent: row.get(2)?,
        incoming: row.get(3)?,
        key: row.get(4)?,
        name: row.get(5)?,
        shown: row.get(6)?,
        hidden: row.get(7)?,
        started_ms: row.get(8)?,
        told_ms: row.get(9)?,
        told_bytes: row.get(10)?,
        gone: row.get(11)?,
        place: row.get(12)?,
        file: row.get(13)?,
        bytes: row.get(14)?,
        tries: row.get(15)?,
        asked_ms: row.get(16)?,
        position_ms: row.get(17)?,
        marks: row.get(18)?,
    })
}

/// The recording of this id.
pub(crate) fn one(connection: &Connection, id: i64) -> Result<Option<Kept>, DeskError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {KEPT} FROM recording WHERE id = ?1"))?
        .query_row([id], kept)
        .optional()?)
}

/// A page of what a condition holds of, by id; for work on the files.
pub(crate) fn some(
    connection: &Connection,
    condition: &str,
    order: &str,
    given: impl rusqlite::Params,
    limit: u32,
) -> Result<Vec<Kept>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {KEPT} FROM recording WHERE {condition} ORDER BY {order} LIMIT {limit}"
    ))?;
    let rows = statement.query_map(given, kept)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the files take, bytes.
pub(crate) fn bytes_here(connection: &Connection) -> Result<i64, DeskError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(sum(bytes), 0) FROM recording WHERE place > 0")?
        .query_row([], |row| row.get(0))?)
}

/// A file of the same content, of another recording.
pub(crate) fn twin(connection: &Connection, id: i64, hash: &[u8], bytes: i64) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT id FROM recording WHERE place > 0 AND bytes = ?2 AND hash = ?3 AND id <> ?1 LIMIT 1")?
        .query_row(params![id, bytes, hash], |row| row.get(0))
        .optional()?)
}

/// A moment that was marked.
pub(crate) struct Mark {
    pub(crate) id: i64,
    pub(crate) at_ms: i64,
    pub(crate) note: String,
}

/// The marks of a recording, in their order.
pub(crate) fn marks(connection: &Connection, recording: i64) -> Result<Vec<Mark>, DeskError> {
    let mut statement = connection
        .prepare_cached("SELECT id, at_ms, note FROM recording_mark WHERE recording = ?1 ORDER BY at_ms, id")?;
    let marks = statement.query_map([recording], |row| {
        Ok(Mark {
            id: row.get(0)?,
            at_ms: row.get(1)?,
            note: row.get(2)?,
        })
    })?;
    Ok(marks.collect::<Result<_, _>>()?)
}

/// Counts the marks of a recording anew.
pub(crate) fn count_marks(connection: &Connection, recording: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached(
            "UPDATE recording SET marks = (SELECT count(*) FROM recording_mark m WHERE m.recording = ?1) WHERE id = ?1",
        )?
        .execute([recording])?;
    Ok(())
}
