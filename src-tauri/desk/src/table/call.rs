//! The mirror of the relay's calls: narrow rows for lists, search and report, and the snapshots aside for the panel.

use crate::error::DeskError;
use perezvon_core::snapshot::{CallSnapshot, RecordingState};
use perezvon_core::{Direction, Number, Outcome, Time};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

pub(super) const STEP_1: &str = "
    -- Names that many calls share: lines, abonents, colleagues.
    CREATE TABLE word (
        id   INTEGER NOT NULL PRIMARY KEY,
        text TEXT    NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE call (
        id          INTEGER NOT NULL PRIMARY KEY,
        ulid        TEXT    NOT NULL,       -- the relay's id
        whose       INTEGER NOT NULL,       -- whose view it is: 0 the owner's, else another abonent's, by word
        version     INTEGER NOT NULL,
        started_ms  INTEGER NOT NULL,
        start_known INTEGER NOT NULL,       -- else it began no later than that
        incoming    INTEGER NOT NULL,
        outcome     INTEGER NOT NULL,       -- place in OUTCOMES
        uncertain   INTEGER NOT NULL,
        missed      INTEGER NOT NULL,       -- the finding is missed (or the phone was off), and certain
        caller      INTEGER NOT NULL REFERENCES caller (id),
        name        TEXT,                   -- that the PBX told
        shown       TEXT,                   -- in place of a number that cannot be called
        hidden      INTEGER NOT NULL,
        internal    INTEGER NOT NULL,
        line        INTEGER REFERENCES word (id),
        abonent     INTEGER REFERENCES word (id),
        answered_by INTEGER REFERENCES word (id),
        wait_ms     INTEGER,
        talk_ms     INTEGER,
        talked_ms   INTEGER,                -- when a person answered, if one did for certain
        recording   INTEGER NOT NULL,       -- place in RECORDINGS
        away        INTEGER NOT NULL,       -- learnt late: 1: the digest is still to tell it, 2: the open one tells it
        UNIQUE (ulid, whose)
    ) STRICT;
    -- Each ends in the id: lists are in the order of (started_ms, id).
    CREATE INDEX call_by_time ON call (whose, started_ms);
    CREATE INDEX call_by_direction ON call (whose, incoming, started_ms);
    CREATE INDEX call_by_caller ON call (caller, whose, started_ms);
    CREATE INDEX call_missed ON call (whose, started_ms) WHERE missed = 1;
    CREATE INDEX call_recorded ON call (whose, started_ms) WHERE recording > 0;
    -- The queue is the owner's.
    CREATE INDEX call_missed_of ON call (caller, started_ms) WHERE missed = 1 AND whose = 0;
    CREATE INDEX call_talked ON call (caller, talked_ms) WHERE talked_ms IS NOT NULL AND whose = 0;
    CREATE INDEX call_away ON call (id) WHERE away > 0;
    -- All that a report by abonent and time asks for.
    CREATE INDEX call_report ON call (abonent, started_ms, incoming, outcome, uncertain, wait_ms, talk_ms);

    CREATE TABLE call_snapshot (
        call INTEGER NOT NULL PRIMARY KEY REFERENCES call (id) ON DELETE CASCADE,
        text TEXT    NOT NULL               -- JSON
    ) STRICT;
";

/// What a report reckons with, in the order of time: periods are parts of it, and days follow each other.
pub(super) const STEP_2: &str = "
    DROP INDEX call_report;
    CREATE INDEX call_report ON call (
        started_ms, incoming, missed, abonent, talk_ms, wait_ms, talked_ms, caller, outcome, line, internal, whose
    );
";

/// What a report reckons with, put together: SQLite takes as long for a column as for half a row. A row of the index is
/// read in half the time, and a report of everything takes two thirds. [`Marks`] and [`Spans`] take it apart.
pub(super) const STEP_5: &str = "
    DROP INDEX call_report;
    ALTER TABLE call ADD COLUMN marks INTEGER AS (
        -- To SQLite they all bind alike: without brackets it would shift what stands before.
        incoming | (missed << 1) | (internal << 2) | ((whose = 0) << 3) | ((talked_ms IS NOT NULL) << 4)
        | (outcome << 5) | (coalesce(abonent, 0) << 9) | (coalesce(line, 0) << 36)
    ) VIRTUAL;
    -- Whole seconds of talk and wait, each one more than it is: 0 where there is none.
    ALTER TABLE call ADD COLUMN spans INTEGER AS (
        (coalesce(min(max(talk_ms / 1000, 0), 0x7ffffffe) + 1, 0) << 31)
        | coalesce(min(max(wait_ms / 1000, 0), 0x7ffffffe) + 1, 0)
    ) VIRTUAL;
    CREATE INDEX call_report ON call (started_ms, marks, spans, caller, talked_ms);
";

/// The column `marks` of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks(pub(crate) i64);

impl Marks {
    pub(crate) fn incoming(self) -> bool {
        self.bit(0)
    }

    pub(crate) fn missed(self) -> bool {
        self.bit(1)
    }

    pub(crate) fn internal(self) -> bool {
        self.bit(2)
    }

    /// The owner's view of it.
    pub(crate) fn own(self) -> bool {
        self.bit(3)
    }

    /// A person answered for certain.
    pub(crate) fn talked(self) -> bool {
        self.bit(4)
    }

    /// See [`place_of`].
    pub(crate) fn outcome(self) -> i64 {
        self.0 >> 5 & 0xf
    }

    /// The abonent's word.
    pub(crate) fn abonent(self) -> Option<i64> {
        Some(self.0 >> 9 & 0x7ff_ffff).filter(|word| *word != 0)
    }

    /// The line's word.
    pub(crate) fn line(self) -> Option<i64> {
        Some(self.0 >> 36).filter(|word| *word != 0)
    }

    fn bit(self, at: u32) -> bool {
        self.0 >> at & 1 != 0
    }
}

/// The column `spans` of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans(pub(crate) i64);

impl Spans {
    /// Seconds.
    pub(crate) fn talk_s(self) -> Option<u32> {
        u32::try_from((self.0 >> 31) - 1).ok()
    }

    /// Seconds.
    pub(crate) fn wait_s(self) -> Option<u32> {
        u32::try_from((self.0 & 0x7fff_ffff) - 1).ok()
    }
}

/// The words of the abonents and of the lines that calls have, by the index of the report.
pub(crate) fn words_of_abonents_and_lines(connection: &Connection) -> rusqlite::Result<(BTreeSet<i64>, BTreeSet<i64>)> {
    // What stands lower differs from call to call.
    let sql = "SELECT DISTINCT marks >> 9 << 9 FROM call INDEXED BY call_report";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let (mut abonents, mut lines) = (BTreeSet::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let marks = Marks(row.get(0)?);
        abonents.extend(marks.abonent());
        lines.extend(marks.line());
    }
    Ok((abonents, lines))
}

/// The outcomes by their stored place; only ever added to.
const OUTCOMES: [Outcome; 10] = [
    Outcome::Ringing,
    Outcome::Talking,
    Outcome::AnsweredBy,
    Outcome::Missed,
    Outcome::Rejected,
    Outcome::Unreachable,
    Outcome::Cancelled,
    Outcome::NoAnswer,
    Outcome::Transferred,
    Outcome::Ended,
];

/// The states of a recording by their stored place; only ever added to.
const RECORDINGS: [RecordingState; 4] = [
    RecordingState::None,
    RecordingState::Pending,
    RecordingState::Ready,
    RecordingState::Gone,
];

fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().position(|known| known == one).unwrap_or_default()
}

/// Where this outcome is stored.
pub(crate) fn place_of(outcome: Outcome) -> i64 {
    place(&OUTCOMES, &outcome) as i64
}

/// The outcome at this place.
pub(crate) fn outcome_at(place: u8) -> Outcome {
    OUTCOMES.get(usize::from(place)).copied().unwrap_or(Outcome::Ended)
}

/// The state of a recording at this place.
pub(crate) fn recording_at(place: u8) -> RecordingState {
    RECORDINGS.get(usize::from(place)).copied().unwrap_or_default()
}

/// Whose view is the owner's.
pub(crate) const OWN: i64 = 0;

/// Whose view this abonent's is, in the tables; none for the owner. Of an abonent who has no calls here nothing is found by it.
pub(crate) fn whose(connection: &Connection, abonent: Option<&str>) -> Result<i64, DeskError> {
    let Some(abonent) = abonent else { return Ok(OWN) };
    let word = connection
        .prepare_cached("SELECT id FROM word WHERE text = ?1")?
        .query_row([abonent], |row| row.get(0))
        .optional()?;
    Ok(word.unwrap_or(-1))
}

/// The call as the relay last told it to the owner.
pub(crate) fn snapshot(connection: &Connection, id: &str) -> Result<Option<CallSnapshot>, DeskError> {
    snapshot_of(connection, id, OWN)
}

/// The same in another abonent's view.
pub(crate) fn snapshot_of(connection: &Connection, id: &str, whose: i64) -> Result<Option<CallSnapshot>, DeskError> {
    let text: Option<String> = connection
        .prepare_cached(
            "SELECT s.text FROM call c JOIN call_snapshot s ON s.call = c.id WHERE c.ulid = ?1 AND c.whose = ?2",
        )?
        .query_row(params![id, whose], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// What the row of a call has beside its snapshot.
pub(crate) struct Stored<'a> {
    /// See [`whose`].
    pub(crate) whose: i64,
    pub(crate) caller: i64,
    /// The name, where the PBX told one.
    pub(crate) name: Option<&'a str>,
    /// What to show in place of a number that cannot be called.
    pub(crate) shown: Option<&'a str>,
    pub(crate) away: bool,
}

/// Stores a snapshot that is newer than the stored one.
pub(crate) fn store(connection: &Connection, call: &CallSnapshot, row: &Stored<'_>) -> Result<(), DeskError> {
    let line = word(connection, line_text(call).as_deref())?;
    let abonent = word(connection, call.abonent.as_deref())?;
    let colleague = call.answered_by.as_ref().and_then(|by| by.name.as_deref());
    let answered_by = word(connection, colleague.filter(|_| call.outcome == Outcome::AnsweredBy))?;
    let id: i64 = connection
        .prepare_cached(
            "INSERT INTO call (ulid, whose, version, started_ms, start_known, incoming, outcome, uncertain, missed, caller, name,
                               shown, hidden, internal, line, abonent, answered_by, wait_ms, talk_ms, talked_ms,
                               recording, away)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                     ?22)
             ON CONFLICT (ulid, whose) DO UPDATE SET
                 version = excluded.version, started_ms = excluded.started_ms, start_known = excluded.start_known,
                 incoming = excluded.incoming, outcome = excluded.outcome, uncertain = excluded.uncertain,
                 missed = excluded.missed, caller = excluded.caller, name = excluded.name, shown = excluded.shown,
                 hidden = excluded.hidden, internal = excluded.internal, line = excluded.line,
                 abonent = excluded.abonent, answered_by = excluded.answered_by, wait_ms = excluded.wait_ms,
                 talk_ms = excluded.talk_ms, talked_ms = excluded.talked_ms, recording = excluded.recording,
                 away = iif(excluded.away, 1, away)
             RETURNING id",
        )?
        .query_row(
            params![
                call.id,
                row.whose,
                call.version,
                started(call).ms(),
                call.started_at.is_some(),
                call.direction == Direction::Incoming,
                place_of(call.outcome),
                call.uncertain,
                is_missed(call),
                row.caller,
                row.name,
                row.shown,
                call.party.hidden,
                call.party.internal,
                line,
                abonent,
                answered_by,
                call.wait_ms,
                call.talk_ms,
                call.answered_at.filter(|_| !call.uncertain).map(Time::ms),
                place(&RECORDINGS, &call.recording.state) as i64,
                row.away,
            ],
            |row| row.get(0),
        )?;
    connection
        .prepare_cached(
            "INSERT INTO call_snapshot (call, text) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text",
        )?
        .execute(params![id, serde_json::to_string(call)?])?;
    Ok(())
}

/// Name or number of the line by which the call came.
pub(crate) fn line_text(call: &CallSnapshot) -> Option<String> {
    let line = call.line.as_ref()?;
    let number = || line.number.as_deref().map(|number| Number::parse(number).display());
    line.name.clone().or_else(|| line.queue.clone()).or_else(number)
}

/// When the call began, or when it was first heard of.
pub(crate) fn started(call: &CallSnapshot) -> Time {
    call.started_at.unwrap_or(call.updated_at)
}

/// The id of a word, which is made where there is none; none for no text.
pub(crate) fn word(connection: &Connection, text: Option<&str>) -> Result<Option<i64>, DeskError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let known = connection
        .prepare_cached("SELECT id FROM word WHERE text = ?1")?
        .query_row([text], |row| row.get(0))
        .optional()?;
    if known.is_some() {
        return Ok(known);
    }
    connection
        .prepare_cached("INSERT INTO word (text) VALUES (?1)")?
        .execute([text])?;
    Ok(Some(connection.last_insert_rowid()))
}

/// Nobody answered, for certain, and the phone no longer rings.
pub(crate) fn is_missed(call: &CallSnapshot) -> bool {
    let rings = call
        .legs
        .iter()
        .any(|leg| leg.abonent.is_some() && leg.abonent == call.abonent && leg.state.as_deref() == Some("Alerting"));
    call.direction == Direction::Incoming
        && matches!(call.outcome, Outcome::Missed | Outcome::Unreachable)
        && !call.uncertain
        && !rings
}

/// Drops one view of a call.
pub(crate) fn remove(connection: &Connection, id: &str, whose: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("DELETE FROM call WHERE ulid = ?1 AND whose = ?2")?
        .execute(params![id, whose])?;
    Ok(())
}

/// Drops all of them, and their callers.
pub(crate) fn remove_all(connection: &Connection) -> Result<(), DeskError> {
    connection.execute_batch("DELETE FROM call_snapshot; DELETE FROM call; DELETE FROM caller; DELETE FROM word")?;
    Ok(())
}

/// A conversation.
pub(crate) struct Talk {
    pub(crate) at_ms: i64,
    pub(crate) incoming: bool,
    /// The colleague who had it.
    pub(crate) colleague: Option<String>,
}

/// When a person last talked with the caller.
pub(crate) fn last_talk_ms(connection: &Connection, caller: i64) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT max(talked_ms) FROM call WHERE caller = ?1 AND talked_ms IS NOT NULL AND whose = 0")?
        .query_row([caller], |row| row.get(0))?)
}

/// The first conversation with the caller after this time.
pub(crate) fn first_talk(connection: &Connection, caller: i64, after_ms: i64) -> Result<Option<Talk>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT c.talked_ms, c.incoming, w.text FROM call c LEFT JOIN word w ON w.id = c.answered_by
             WHERE c.caller = ?1 AND c.talked_ms > ?2 AND c.talked_ms IS NOT NULL AND c.whose = 0
             ORDER BY c.talked_ms LIMIT 1",
        )?
        .query_row([caller, after_ms], |row| {
            Ok(Talk {
                at_ms: row.get(0)?,
                incoming: row.get(1)?,
                colleague: row.get(2)?,
            })
        })
        .optional()?)
}

/// Another missed call of the caller that began at this moment.
pub(crate) fn missed_at(
    connection: &Connection,
    caller: i64,
    started_ms: i64,
    but: &str,
) -> Result<Option<String>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT ulid FROM call
             WHERE caller = ?1 AND missed = 1 AND whose = 0 AND started_ms = ?2 AND ulid <> ?3 LIMIT 1",
        )?
        .query_row(params![caller, started_ms, but], |row| row.get(0))
        .optional()?)
}
