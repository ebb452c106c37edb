//! What comes next, what makes room, and what is deleted.

use super::fetch::Fetched;
use super::{Recordings, RecordingsKept, lock, touch};
use crate::db::Durability;
use crate::error::DeskError;
use crate::table::mirror;
use crate::table::recording::{self, Kept};
use crate::words::{Problem, SoundFault};
use rusqlite::params;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long after a failure a recording is tried again, in paces; the last one from then on.
const AGAIN: [u32; 6] = [5, 30, 120, 600, 3_600, 21_600];
/// Rows that are deleted in one step.
const STEP_ROWS: u32 = 100;

/// What is fetched next.
pub(super) enum Next {
    Now(Box<Kept>),
    /// One of them is due in so long.
    In(Duration),
    Nothing,
}

/// What a deletion came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Recordings of which neither file nor peaks are there any more: it was looked for them afterwards.
    pub recordings: usize,
    /// What they took.
    pub bytes: i64,
    /// Recordings that could not be deleted; they are tried again.
    pub left: usize,
}

/// What is wanted: asked for by the user, or by the settings.
const WANTED: &str = "place = 0 AND gone = 0 AND wanted = 1 AND owner = ?1
    AND (asked_ms IS NOT NULL OR started_ms >= ?2 AND started_ms >= ?3
         AND (abonent = '' AND ?4 OR abonent IN (SELECT value FROM json_each(?5))))
    AND id NOT IN (SELECT value FROM json_each(?6))";

impl Recordings {
    /// What is fetched next: what was asked for, then the newest.
    pub(super) fn next(&self, wants: &RecordingsKept, busy: &[i64]) -> Result<Next, DeskError> {
        let now = self.desk.now();
        let full_before = self.full_before.load(Ordering::Relaxed);
        let (abonents, busy) = (serde_json::to_string(&wants.abonents)?, serde_json::to_string(busy)?);
        self.desk.db.read(|c| {
            let owner = mirror::owner(c)?;
            let since = wants.since(now).ms();
            let given = params![owner, since, full_before, wants.own, abonents, busy, now.ms()];
            let condition = format!("{WANTED} AND next_ms <= ?7");
            let order = "asked_ms IS NULL, started_ms DESC, id DESC";
            if let Some(row) = recording::some(c, &condition, order, given, 1)?.pop() {
                return Ok(Next::Now(Box::new(row)));
            }
            let due: Option<i64> = c
                .prepare_cached(&format!("SELECT min(next_ms) FROM recording WHERE {WANTED}"))?
                .query_row(params![owner, since, full_before, wants.own, abonents, busy], |row| {
                    row.get(0)
                })?;
            Ok(due.map_or(Next::Nothing, |due| {
                Next::In(Duration::from_millis((due - now.ms()).max(1) as u64))
            }))
        })
    }

    /// Notes what came of a download; one that is here was noted with its name.
    pub(super) fn note(&self, row: &Kept, fetched: &Fetched) -> Result<(), DeskError> {
        let (problem, gone) = match fetched {
            Fetched::Here(_) | Fetched::Stopped(_) => return Ok(()),
            Fetched::Gone => (None, true),
            Fetched::Later(why) => (Some(*why), false),
            Fetched::NoRoom => (Some(SoundFault::NoRoom.into()), false),
        };
        let place = usize::try_from(row.tries).unwrap_or_default().min(AGAIN.len() - 1);
        let next = self.desk.now().plus((self.pace * AGAIN[place]).as_millis() as i64);
        if gone {
            let _ = std::fs::remove_file(self.part_of(row.id));
        }
        self.desk.db.write(Durability::Rebuildable, |tx| {
            tx.prepare_cached(
                "UPDATE recording SET problem = ?2, gone = max(gone, ?3), tries = tries + 1, next_ms = ?4 WHERE id = ?1",
            )?
            .execute(params![row.id, problem.map(Problem::as_str), gone, next.ms()])?;
            touch(tx, row.id)
        })
    }

    /// Makes room for a recording within what all of them may take: the oldest that nobody has marked go first, and only older
    /// ones, unless the user has asked for this one. False where that is not enough; then nothing is deleted.
    pub(super) fn make_room(&self, row: &Kept, wants: &RecordingsKept) -> Result<bool, DeskError> {
        let _naming = lock(&self.naming);
        let older_than = if row.asked_ms.is_some() {
            i64::MAX
        } else {
            row.started_ms
        };
        let others: u64 = lock(&self.under_way)
            .values()
            .filter(|other| other.id != row.id)
            .filter_map(|l| l.total)
            .sum();
        let needed = row.told_bytes.unwrap_or_default() + others as i64;
        let (used, free): (i64, i64) = self.desk.db.read(|c| {
            let free = c
                .prepare_cached(
                    "SELECT coalesce(sum(bytes), 0) FROM recording WHERE place > 0 AND marks = 0 AND max(started_ms, coalesce(asked_ms, 0)) < ?1",
                )?
                .query_row([older_than], |row| row.get(0))?;
            Ok((recording::bytes_here(c)?, free))
        })?;
        let over = used + needed - wants.bytes();
        Ok(over <= free && self.erase_oldest(over, older_than)?)
    }

    /// Deletes what is older than the settings want, and then the oldest until the rest takes no more than it may; nothing that
    /// was marked.
    pub fn fit(&self, wants: &RecordingsKept) -> Result<(), DeskError> {
        self.erase_old(wants)?;
        let _naming = lock(&self.naming);
        let over = self.bytes()? - wants.bytes();
        self.erase_oldest(over, i64::MAX)?;
        Ok(())
    }

    /// Deletes the oldest without marks, of those from before `older_than`, until so many bytes are free; false where there
    /// are not as many.
    fn erase_oldest(&self, mut over: i64, older_than: i64) -> Result<bool, DeskError> {
        while over > 0 {
            let condition = "place = 2 AND marks = 0 AND max(started_ms, coalesce(asked_ms, 0)) < ?1";
            let oldest = self.desk.db.read(|c| {
                recording::some(
                    c,
                    condition,
                    "max(started_ms, coalesce(asked_ms, 0)), id",
                    params![older_than],
                    STEP_ROWS,
                )
            })?;
            if oldest.is_empty() {
                return Ok(false);
            }
            for one in oldest {
                if over <= 0 {
                    break;
                }
                if !self.is_erased(&one) {
                    return Ok(false);
                }
                over -= one.bytes.unwrap_or_default();
                self.set_missing(&one, &format!("problem = '{}'", SoundFault::NoRoom))?;
            }
        }
        Ok(true)
    }

    /// Deletes what is older than the settings want and was not marked: file, peaks and position; and what came of one that
    /// never was whole.
    pub fn erase_old(&self, wants: &RecordingsKept) -> Result<Erased, DeskError> {
        let since = wants.since(self.desk.now()).ms();
        let condition = "place = 2 AND marks = 0 AND max(started_ms, coalesce(asked_ms, 0)) < ?1 AND id > ?2";
        let mut erased = Erased::default();
        let mut after = 0;
        loop {
            let given = params![since, after];
            let old = self
                .desk
                .db
                .read(|c| recording::some(c, condition, "id", given, STEP_ROWS))?;
            let Some(last) = old.last() else { break };
            after = last.id;
            for one in &old {
                let forget = format!(
                    "position_ms = 0, heard_ms = NULL, problem = NULL, hash = NULL, erased_ms = {}",
                    self.desk.now().ms()
                );
                self.erase_one(one, &forget, true, &mut erased)?;
            }
        }
        {
            // One that is just being named is not missing and still a part.
            let _naming = lock(&self.naming);
            self.drop_parts(since)?;
        }
        if erased != Erased::default() {
            tracing::info!(?erased, "old recordings were deleted");
        }
        Ok(erased)
    }

    /// Deletes the files of these, as the user wants it; they are not fetched again by themselves.
    pub fn erase(&self, ids: &[i64]) -> Result<Erased, DeskError> {
        let mut erased = Erased::default();
        for id in ids {
            let row = self
                .desk
                .db
                .read(|c| recording::one(c, *id))?
                .ok_or(DeskError::NotFound)?;
            if row.place == recording::HERE {
                self.erase_one(&row, "wanted = 0", false, &mut erased)?;
            }
        }
        Ok(erased)
    }

    fn erase_one(&self, row: &Kept, set: &str, spares_marked: bool, erased: &mut Erased) -> Result<(), DeskError> {
        let _naming = lock(&self.naming);
        // Since it was looked for, somebody may have marked a moment in it.
        let now = self.desk.db.read(|c| recording::one(c, row.id))?;
        if spares_marked && now.is_none_or(|now| now.marks > 0) {
            return Ok(());
        }
        if !self.is_erased(row) {
            erased.left += 1;
            return Ok(());
        }
        erased.recordings += 1;
        erased.bytes += row.bytes.unwrap_or_default();
        self.set_missing(row, set)
    }

    /// Removes file and peaks, and looks for them afterwards.
    fn is_erased(&self, row: &Kept) -> bool {
        let files = self
            .named(row)
            .into_iter()
            .chain([self.peaks_of(row.id), self.part_of(row.id)]);
        let mut is_gone = true;
        for file in files {
            if let Err(error) = std::fs::remove_file(&file)
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!(%error, "a recording could not be deleted");
            }
            is_gone &= is_absent(&file);
        }
        is_gone
    }

    fn set_missing(&self, row: &Kept, set: &str) -> Result<(), DeskError> {
        self.desk.db.write(Durability::Lasting, |tx| {
            tx.execute(
                &format!(
                    "UPDATE recording SET place = 0, file = NULL, bytes = NULL, asked_ms = NULL, tries = 0, damaged = 0, {set}
                     WHERE id = ?1"
                ),
                [row.id],
            )?;
            touch(tx, row.id)
        })
    }

    /// What all files take, bytes.
    pub fn bytes(&self) -> Result<i64, DeskError> {
        self.desk.db.read(recording::bytes_here)
    }
}

fn is_absent(file: &Path) -> bool {
    std::fs::symlink_metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
