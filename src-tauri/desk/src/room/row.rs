//! One line of the call list, made of the narrow row: no JSON is read for it.

use crate::error::DeskError;
use crate::room::recordings::SoundPlace;
use crate::table::call::{line_text, outcome_at, recording_at};
use crate::table::{call_note, caller, mirror};
use crate::who::{self, ContactRef, Party};
use perezvon_core::snapshot::{CallSnapshot, RecordingState};
use perezvon_core::{Direction, Outcome, Time};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use ts_rs::TS;

/// Where a call stands in the list: when it began, and its place in the table.
pub(crate) type Place = (i64, i64);

/// One line of the call list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallRow {
    /// The relay's id of the call.
    pub id: String,
    /// Whose view of it this is; none for the user's own.
    pub abonent: Option<String>,
    /// For the abonent.
    pub direction: Direction,
    /// What became of it, for the abonent.
    pub outcome: Outcome,
    /// The end was assumed, not told.
    pub uncertain: bool,
    /// Contact's name, else the PBX's name, else none: «Неизвестный номер» is the window's word.
    pub name: Option<String>,
    /// Formatted for reading; none when withheld.
    pub number: Option<String>,
    /// Canonical number, for calling back: E.164, with `;ext=` where an extension was told; a colleague's extension;
    /// `short:` and a short number outside the company.
    pub number_key: Option<String>,
    /// The number is withheld.
    pub hidden: bool,
    /// A colleague.
    pub internal: bool,
    /// The contact, when the number belongs to exactly one.
    #[ts(type = "number | null")]
    pub contact_id: Option<i64>,
    /// Contacts that share the number, when more than one does.
    pub candidates: Vec<ContactRef>,
    /// Line or queue by which the call came.
    pub line: Option<String>,
    /// Who answered, when a colleague did.
    pub answered_by: Option<String>,
    /// RFC 3339 UTC.
    pub started_at: Option<String>,
    /// Waiting, milliseconds.
    pub wait_ms: Option<u32>,
    /// Conversation, milliseconds.
    pub talk_ms: Option<u32>,
    /// Number of the registered document.
    #[ts(type = "number | null")]
    pub document_id: Option<i64>,
    /// Whether there is a recording.
    pub recording: RecordingState,
    /// Where the recording is, for the same button everywhere.
    pub sound: SoundPlace,
    /// The desk's id of the recording.
    #[ts(type = "number | null")]
    pub sound_id: Option<i64>,
    /// Missed and nobody has talked with this person since.
    pub to_call_back: bool,
    /// Missed from somebody who had never called before, and nobody has talked with them within the day.
    pub lost: bool,
    /// The user wrote something about it.
    pub noted: bool,
    /// The PBX's id of the abonent whose call it is.
    pub abonent_id: Option<String>,
}

impl CallRow {
    /// In the manual an outgoing call that nobody answered is «пропущенный» too.
    pub(crate) fn not_reached(&self) -> bool {
        use Outcome::{Cancelled, Missed, NoAnswer, Rejected, Unreachable};
        let silent = match self.direction {
            Direction::Incoming => matches!(self.outcome, Missed | Unreachable),
            Direction::Outgoing => matches!(self.outcome, NoAnswer | Rejected | Unreachable | Cancelled),
        };
        silent && !self.uncertain && self.talk_ms.is_none_or(|ms| ms == 0)
    }
}

/// Of a call `c`: it is the first with a number from outside.
pub(crate) const FIRST: &str = "c.hidden = 0 AND c.internal = 0
    AND NOT EXISTS (SELECT 1 FROM call p
        WHERE p.caller = c.caller AND p.whose = c.whose AND (p.started_ms, p.id) < (c.started_ms, c.id))";
/// Of a missed call `c`: it is the first of its number, the day after it is over, and nobody has talked with the caller in it.
pub(crate) const LOST: &str = "c.started_ms < (SELECT now_ms()) - 86400000 AND c.hidden = 0 AND c.internal = 0
    AND NOT EXISTS (SELECT 1 FROM call p
        WHERE p.caller = c.caller AND p.whose = c.whose AND (p.started_ms, p.id) < (c.started_ms, c.id))
    AND NOT EXISTS (SELECT 1 FROM call p
        WHERE p.caller = c.caller AND p.whose = c.whose AND p.talked_ms IS NOT NULL
            AND p.started_ms BETWEEN c.started_ms AND c.started_ms + 86400000)
    AND NOT EXISTS (SELECT 1 FROM callback_miss m WHERE m.call = c.ulid AND m.reached_ms <= c.started_ms + 86400000)";

/// The newest calls over these numbers, of one abonent.
pub(crate) fn calls_of(
    connection: &Connection,
    keys: &[String],
    whose: i64,
    limit: u32,
) -> Result<Vec<CallRow>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT started_ms, id FROM call WHERE caller = ?1 AND whose = ?2 ORDER BY started_ms DESC, id DESC LIMIT ?3",
    )?;
    let mut places: Vec<Place> = Vec::new();
    for key in keys {
        let Some(caller) = caller::of_key(connection, key)? else {
            continue;
        };
        let found = statement.query_map(params![caller, whose, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        places.extend(found.collect::<Result<Vec<_>, _>>()?);
    }
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.truncate(limit as usize);
    rows_at(connection, &places)
}

fn select() -> String {
    format!(
        "SELECT c.ulid, c.start_known, c.started_ms, c.incoming, c.outcome, c.uncertain, k.key, c.name, c.shown,
        c.hidden, c.internal, l.text, a.text, c.wait_ms, c.talk_ms, c.recording, d.id,
        c.missed = 1 AND c.started_ms >= b.cutoff_ms, r.id, r.place, r.damaged, r.gone, w.text, o.text,
        EXISTS (SELECT 1 FROM call_note n WHERE n.call_id = c.ulid), c.missed = 1 AND {LOST}
    FROM call c JOIN caller k ON k.id = c.caller
        LEFT JOIN word l ON l.id = c.line
        LEFT JOIN word a ON a.id = c.answered_by
        LEFT JOIN word w ON w.id = c.whose
        LEFT JOIN word o ON o.id = c.abonent
        LEFT JOIN document d ON d.call_id = c.ulid AND c.whose = 0
        LEFT JOIN callback b ON b.owner = ?2 AND b.key = k.key AND c.whose = 0
        LEFT JOIN recording r ON r.id = (SELECT id FROM recording WHERE call = c.ulid AND owner = ?2
            AND (c.whose = 0 OR abonent = w.text) ORDER BY abonent, started_ms DESC LIMIT 1)"
    )
}

/// The rows at these places, in their order.
pub(crate) fn rows_at(connection: &Connection, places: &[Place]) -> Result<Vec<CallRow>, DeskError> {
    let owner = mirror::owner(connection)?;
    let mut statement = connection.prepare_cached(&format!("{} WHERE c.id = ?1", select()))?;
    let mut rows = Vec::new();
    for (_, id) in places {
        if let Some(narrow) = statement.query_row(params![id, owner], narrow).optional()? {
            rows.push(narrow.named(connection)?);
        }
    }
    Ok(rows)
}

/// The row of the relay's id in one abonent's view; none where the mirror has no such call.
pub(crate) fn row_of_call(connection: &Connection, id: &str, whose: i64) -> Result<Option<CallRow>, DeskError> {
    let owner = mirror::owner(connection)?;
    let narrow = connection
        .prepare_cached(&format!("{} WHERE c.ulid = ?1 AND c.whose = ?3", select()))?
        .query_row(params![id, owner, whose], narrow)
        .optional()?;
    narrow.map(|narrow| narrow.named(connection)).transpose()
}

/// A row without the names that its number has now.
pub(crate) struct Narrow {
    pub(crate) row: CallRow,
    pub(crate) party: Party,
}

impl Narrow {
    pub(crate) fn named(self, connection: &Connection) -> Result<CallRow, DeskError> {
        let who = who::who(connection, self.party)?;
        Ok(CallRow {
            name: who.name,
            number: who.number,
            number_key: who.key,
            hidden: who.hidden,
            contact_id: who.contact,
            candidates: who.candidates,
            ..self.row
        })
    }
}

fn narrow(row: &rusqlite::Row<'_>) -> rusqlite::Result<Narrow> {
    let key: String = row.get(6)?;
    let party = Party {
        key: (!key.starts_with('?')).then_some(key),
        name: row.get(7)?,
        shown: row.get(8)?,
        hidden: row.get(9)?,
    };
    let started = Time::from_ms(row.get(2)?);
    let recording = recording_at(row.get(15)?);
    let sound_id: Option<i64> = row.get(18)?;
    let sound = match sound_id {
        Some(_) => SoundPlace::of(row.get(19)?, row.get(20)?, row.get(21)?),
        None => sound_of(recording),
    };
    Ok(Narrow {
        party,
        row: CallRow {
            id: row.get(0)?,
            abonent: row.get(22)?,
            direction: if row.get(3)? {
                Direction::Incoming
            } else {
                Direction::Outgoing
            },
            outcome: outcome_at(row.get(4)?),
            uncertain: row.get(5)?,
            name: None,
            number: None,
            number_key: None,
            hidden: false,
            internal: row.get(10)?,
            contact_id: None,
            candidates: Vec::new(),
            line: row.get(11)?,
            answered_by: row.get(12)?,
            started_at: row.get::<_, bool>(1)?.then(|| started.to_string()),
            wait_ms: row.get::<_, Option<i64>>(13)?.map(clamped),
            talk_ms: row.get::<_, Option<i64>>(14)?.map(clamped),
            recording,
            sound,
            sound_id,
            document_id: row.get(16)?,
            to_call_back: row.get::<_, Option<bool>>(17)?.unwrap_or(false),
            abonent_id: row.get(23)?,
            noted: row.get(24)?,
            lost: row.get(25)?,
        },
    })
}

/// Where the recording of a call is of which the desk has no row.
fn sound_of(recording: RecordingState) -> SoundPlace {
    match recording {
        RecordingState::None => SoundPlace::None,
        RecordingState::Pending => SoundPlace::Pending,
        RecordingState::Ready => SoundPlace::Missing,
        RecordingState::Gone => SoundPlace::Gone,
    }
}

fn clamped(ms: i64) -> u32 {
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

/// The row of a call that only its document remembers.
pub(crate) fn row_of_snapshot(
    connection: &Connection,
    call: &CallSnapshot,
    document_id: i64,
) -> Result<CallRow, DeskError> {
    let colleague = call.answered_by.as_ref().and_then(|by| by.name.clone());
    let row = CallRow {
        id: call.id.clone(),
        abonent: None,
        direction: call.direction,
        outcome: call.outcome,
        uncertain: call.uncertain,
        name: None,
        number: None,
        number_key: None,
        hidden: false,
        internal: call.party.internal,
        contact_id: None,
        candidates: Vec::new(),
        line: line_text(call),
        answered_by: colleague.filter(|_| call.outcome == Outcome::AnsweredBy),
        started_at: call.started_at.map(|time| time.to_string()),
        wait_ms: call.wait_ms.map(clamped),
        talk_ms: call.talk_ms.map(clamped),
        document_id: Some(document_id),
        recording: call.recording.state,
        sound: sound_of(call.recording.state),
        sound_id: None,
        to_call_back: false,
        lost: false,
        noted: !call_note::of_call(connection, &call.id)?.is_empty(),
        abonent_id: call.abonent.clone(),
    };
    let party = Party::of(&call.party);
    Narrow { row, party }.named(connection)
}
