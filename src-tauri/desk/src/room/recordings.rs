//! «Записи»: the recordings of this desk, what the player remembers of each, and the moments that were marked.

mod page;

use crate::db::{Durability, Tx, View};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::react::note_recording;
use crate::table::recording::{self, count_marks};
use crate::table::{self, mirror, setting};
use crate::text;
use crate::who::Party;
use crate::words::Problem;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Longest note of a mark, characters.
const MAX_NOTE_CHARS: usize = 2_000;
/// Most marks of one recording.
const MAX_MARKS: i64 = 500;

/// Where the sound of a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SoundPlace {
    /// It was not recorded, as far as is known.
    #[default]
    None,
    /// Recorded, but the PBX does not offer it yet.
    Pending,
    /// At the PBX.
    Missing,
    /// On this disk.
    Here,
    /// On this disk, and something is wrong with it.
    Damaged,
    /// The PBX has it no more, and it is not here.
    Gone,
}

impl SoundPlace {
    pub(crate) fn of(place: i64, damaged: bool, gone: bool) -> Self {
        match (place, damaged, gone) {
            (recording::HERE, true, _) => Self::Damaged,
            (recording::HERE, false, _) => Self::Here,
            (_, _, true) => Self::Gone,
            _ => Self::Missing,
        }
    }
}

/// Which of them, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RecordingKind {
    /// All.
    #[default]
    All,
    /// On this disk.
    Here,
    /// Not on this disk.
    Missing,
    /// Never listened to.
    Unheard,
    /// With a marked moment.
    Marked,
}

/// Which recordings to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct RecordingsFilter {
    /// By where they are.
    pub kind: RecordingKind,
    /// Name, part of a number, or words of a note or a mark; empty for all.
    pub query: String,
    /// Only incoming, or only outgoing.
    pub incoming: Option<bool>,
    /// One abonent's; empty: the user's own.
    pub abonent: Option<String>,
    /// Began at or after, RFC 3339.
    #[ts(as = "Option<String>")]
    pub from: Option<Time>,
    /// Began before, RFC 3339.
    #[ts(as = "Option<String>")]
    pub to: Option<Time>,
    /// At least so long, seconds.
    pub longer_s: Option<u32>,
    /// Shorter than this, seconds.
    pub shorter_s: Option<u32>,
}

/// One line of «Записи».
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecordingRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// The relay's id of its call.
    pub call: Option<String>,
    /// Of the other party: the contact's, else the PBX's.
    pub name: Option<String>,
    /// Formatted for reading; none when withheld.
    pub number: Option<String>,
    /// The number is withheld.
    pub hidden: bool,
    /// Somebody called.
    pub incoming: bool,
    /// RFC 3339 UTC.
    pub started_at: String,
    /// Counted where it is here, else what the PBX tells, milliseconds.
    #[ts(type = "number | null")]
    pub length_ms: Option<i64>,
    /// What the PBX tells, where it is not what was counted.
    #[ts(type = "number | null")]
    pub told_ms: Option<i64>,
    /// Size, bytes.
    #[ts(type = "number | null")]
    pub bytes: Option<i64>,
    /// Whose phone was recorded; none: the user's own.
    pub abonent: Option<String>,
    /// Where it is.
    pub place: SoundPlace,
    /// The PBX has it no more.
    pub gone: bool,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// Of the sound, where it is not decoded here.
    pub format: Option<String>,
    /// It was deleted here for its age, and this was checked, RFC 3339 UTC.
    pub erased_at: Option<String>,
    /// It was listened to.
    pub heard: bool,
    /// Marked moments.
    pub marks: u32,
    /// The mark that the query has found.
    pub found: Option<MarkView>,
}

/// A page of «Записи», newest first.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecordingsPage {
    /// At most the asked number of rows.
    pub rows: Vec<RecordingRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

/// Figures of «Записи».
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecordingTotals {
    /// All that are listed.
    pub all: u32,
    /// On this disk.
    pub here: u32,
    /// What those take, bytes.
    #[ts(type = "number")]
    pub bytes: i64,
    /// Other abonents whose recordings are listed.
    pub abonents: Vec<RecordedAbonent>,
}

/// An abonent whose recordings are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecordedAbonent {
    /// `userId`.
    pub id: String,
    /// Name, or the id.
    pub name: String,
}

/// A marked moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct MarkView {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Where in the recording, milliseconds.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// May be empty.
    pub note: String,
}

/// One recording for the player.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct RecordingView {
    /// The row.
    pub row: RecordingRow,
    /// In their order.
    pub marks: Vec<MarkView>,
    /// Where it was last listened to, milliseconds.
    #[ts(type = "number")]
    pub position_ms: i64,
}

impl Desk {
    /// A page, newest first. `cursor` is the last page's `next`.
    pub fn recordings(
        &self,
        view: View,
        filter: &RecordingsFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<RecordingsPage, DeskError> {
        self.db.read_newest(view, |c| page::read(c, filter, cursor, limit))
    }

    /// These, to take the place of rows that are shown; those that are gone are left out.
    pub fn recording_rows(&self, ids: &[i64]) -> Result<Vec<RecordingRow>, DeskError> {
        self.db.read(|c| page::rows(c, ids, None))
    }

    /// How many there are, and what they take.
    pub fn recording_totals(&self) -> Result<RecordingTotals, DeskError> {
        self.db.read(totals)
    }

    /// One recording.
    pub fn recording(&self, id: i64) -> Result<RecordingView, DeskError> {
        self.db.read(|c| {
            let row = page::rows(c, &[id], None)?.pop().ok_or(DeskError::NotFound)?;
            let one = recording::one(c, id)?.ok_or(DeskError::NotFound)?;
            let marks = recording::marks(c, id)?.into_iter().map(MarkView::of).collect();
            Ok(RecordingView {
                row,
                marks,
                position_ms: one.position_ms,
            })
        })
    }

    /// The newest recording of a call; of another abonent's part in it, where their calls are here. Such a recording is in no list
    /// before somebody asks for it.
    pub fn recording_of_call(&self, call: &str, abonent: Option<&str>) -> Result<i64, DeskError> {
        let known = self
            .db
            .read(|c| recording::of_call(c, &mirror::owner(c)?, call, abonent))?;
        let (Some(_), None) = (abonent, known) else {
            return known.ok_or(DeskError::NotFound);
        };
        self.db.write(Durability::Lasting, |tx| {
            let owner = mirror::owner(tx)?;
            let part = table::call::snapshot_of(tx, call, table::call::whose(tx, abonent)?)?;
            let part = part.ok_or(DeskError::NotFound)?;
            note_recording(tx, &owner, &part, &Party::of(&part.party))?;
            recording::of_call(tx, &owner, call, abonent)?.ok_or(DeskError::NotFound)
        })
    }

    /// It is being listened to: noted for the list, and, if it is another's, for the relay's audit. The relay is told by whoever
    /// fetches recordings.
    pub fn recording_heard(&self, id: i64) -> Result<(), DeskError> {
        let now = self.now();
        self.db.write(Durability::Lasting, |tx| {
            let row = recording::one(tx, id)?.ok_or(DeskError::NotFound)?;
            if !row.abonent.is_empty() {
                tx.execute(
                    "INSERT INTO recording_played (owner, pbx, played_ms) VALUES (?1, ?2, ?3)",
                    params![mirror::owner(tx)?, row.pbx, now.ms()],
                )?;
            }
            let set = "UPDATE recording SET heard_ms = ?2 WHERE id = ?1 AND heard_ms IS NULL";
            if tx.execute(set, params![id, now.ms()])? > 0 {
                touch(tx, id)?;
            }
            Ok(())
        })
    }

    /// Remembers where it was listened to; 0 where it was heard to its end.
    pub fn set_recording_position(&self, id: i64, position_ms: i64) -> Result<(), DeskError> {
        self.db.write(Durability::Rebuildable, |tx| {
            tx.prepare_cached("UPDATE recording SET position_ms = ?2 WHERE id = ?1")?
                .execute(params![id, position_ms.max(0)])?;
            Ok(())
        })
    }

    /// Marks a moment; its id. Survives a power cut.
    pub fn add_mark(&self, id: i64, at_ms: i64, note: &str) -> Result<i64, DeskError> {
        checked(note)?;
        let now = self.now();
        self.db.write(Durability::Lasting, |tx| {
            let row = recording::one(tx, id)?.ok_or(DeskError::NotFound)?;
            if row.marks >= MAX_MARKS {
                return Err(DeskError::TooLong);
            }
            tx.execute(
                "INSERT INTO recording_mark (recording, at_ms, note, search, made_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, at_ms.max(0), note.trim(), text::fold(note), now.ms()],
            )?;
            let mark = tx.last_insert_rowid();
            count_marks(tx, id)?;
            touch(tx, id)?;
            Ok(mark)
        })
    }

    /// Writes a mark's note anew; survives a power cut.
    pub fn set_mark(&self, mark: i64, note: &str) -> Result<(), DeskError> {
        checked(note)?;
        self.db.write(Durability::Lasting, |tx| {
            let of = tx
                .prepare_cached("UPDATE recording_mark SET note = ?2, search = ?3 WHERE id = ?1 RETURNING recording")?
                .query_row(params![mark, note.trim(), text::fold(note)], |row| row.get(0))
                .optional()?;
            touch(tx, of.ok_or(DeskError::NotFound)?)
        })
    }

    /// Takes a mark away.
    pub fn remove_mark(&self, mark: i64) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            let of = tx
                .prepare_cached("DELETE FROM recording_mark WHERE id = ?1 RETURNING recording")?
                .query_row([mark], |row| row.get(0))
                .optional()?;
            let of = of.ok_or(DeskError::NotFound)?;
            count_marks(tx, of)?;
            touch(tx, of)
        })
    }

    /// The setting under a key of the recordings, or its default.
    pub fn recordings_kept(&self) -> Result<crate::recordings::RecordingsKept, DeskError> {
        Ok(self.db.read(|c| setting::get(c, KEPT))?.unwrap_or_default())
    }

    /// Stores it, within its bounds; what was stored.
    pub fn set_recordings_kept(
        &self,
        kept: crate::recordings::RecordingsKept,
    ) -> Result<crate::recordings::RecordingsKept, DeskError> {
        let kept = kept.checked();
        self.set_setting(KEPT, &kept)?;
        Ok(kept)
    }
}

/// Key of the setting.
const KEPT: &str = "recordings";

impl MarkView {
    fn of(mark: recording::Mark) -> Self {
        Self {
            id: mark.id,
            at_ms: mark.at_ms,
            note: mark.note,
        }
    }
}

fn checked(note: &str) -> Result<(), DeskError> {
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(DeskError::TooLong);
    }
    Ok(())
}

/// The row and that of its call look otherwise.
fn touch(tx: &Tx<'_>, id: i64) -> Result<(), DeskError> {
    crate::recordings::touch(tx, id)
}

fn totals(connection: &Connection) -> Result<RecordingTotals, DeskError> {
    let owner = mirror::owner(connection)?;
    let (all, here) = connection.query_row(
        "SELECT count(*), coalesce(sum(place = 2), 0) FROM recording WHERE owner = ?1",
        [&owner],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut statement = connection.prepare_cached(
        "SELECT abonent, max(abonent_name) FROM recording WHERE owner = ?1 AND abonent <> '' GROUP BY abonent",
    )?;
    let abonents = statement.query_map([&owner], |row| {
        let id: String = row.get(0)?;
        let name: Option<String> = row.get(1)?;
        Ok(RecordedAbonent {
            name: name.unwrap_or_else(|| id.clone()),
            id,
        })
    })?;
    Ok(RecordingTotals {
        all,
        here,
        bytes: recording::bytes_here(connection)?,
        abonents: abonents.collect::<Result<_, _>>()?,
    })
}
