//! The folder, and what is put right in it at the start.

use super::{Recordings, lock, touch};
use crate::db::Durability;
use crate::error::DeskError;
use crate::part::Part;
use crate::private;
use crate::table::recording::{self, HERE, Kept, MISSING, NAMED};
use crate::words::SoundFault;
use rusqlite::params;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// What is not finished.
const PARTS: &str = ".part";
const PEAKS: &str = ".peaks";
/// Rows that are looked at in one step.
const STEP_ROWS: u32 = 500;

/// What [`Recordings::mend`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Files that were whole and got their name.
    pub named: usize,
    /// Files that are not there any more.
    pub missing: usize,
    /// Files that somebody has changed.
    pub changed: usize,
    /// Parts that nobody waits for.
    pub parts: usize,
}

impl Recordings {
    pub(super) fn make_folders(&self) -> Result<(), DeskError> {
        for dir in [self.dir.join(PARTS), self.dir.join(PEAKS)] {
            private::dir(&dir).map_err(|error| of_io(&dir, &error))?;
        }
        Ok(())
    }

    /// The file of a recording that has one.
    pub fn file_of(&self, id: i64) -> Result<Option<PathBuf>, DeskError> {
        let row = self
            .desk
            .db
            .read(|c| recording::one(c, id))?
            .ok_or(DeskError::NotFound)?;
        let file = row.file.filter(|_| row.place == HERE);
        Ok(file.map(|file| self.dir.join(file)))
    }

    /// Copies the file of a recording into the folder, under a name that is free there; none where it is not here.
    pub fn copy_to(&self, id: i64, folder: &Path) -> Result<Option<PathBuf>, DeskError> {
        let Some(file) = self.file_of(id)? else { return Ok(None) };
        let text = |text: Option<&OsStr>| text.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, ending) = (text(file.file_stem()), text(file.extension()));
        let copied = || {
            std::fs::create_dir_all(folder)?;
            let part = Part::new(folder)?;
            io::copy(&mut std::fs::File::open(&file)?, &mut &part.file)?;
            part.file.sync_all()?;
            part.named(folder, &stem, &ending)
        };
        copied().map(Some).map_err(|error| DeskError::file(folder, &error))
    }

    /// Where the waveform of a recording is kept.
    pub fn peaks_of(&self, id: i64) -> PathBuf {
        self.dir.join(PEAKS).join(format!("{id}.peaks"))
    }

    pub(super) fn part_of(&self, id: i64) -> PathBuf {
        self.dir.join(PARTS).join(id.to_string())
    }

    pub(super) fn named(&self, row: &Kept) -> Option<PathBuf> {
        row.file.as_ref().map(|file| self.dir.join(file))
    }

    /// Brings table and folder in line after whatever happened: a name that was not given any more, files that were deleted or
    /// changed by others, parts that nobody waits for. For the start, off the async threads.
    pub fn mend(&self) -> Result<Mended, DeskError> {
        let _naming = lock(&self.naming);
        let mut mended = Mended::default();
        let mut after = 0;
        loop {
            let rows = self
                .desk
                .db
                .read(|c| recording::some(c, "place > 0 AND id > ?1", "id", params![after], STEP_ROWS))?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in &rows {
                self.mend_one(row, &mut mended)?;
            }
        }
        mended.parts = self.drop_parts(i64::MIN)?;
        Ok(mended)
    }

    fn mend_one(&self, row: &Kept, mended: &mut Mended) -> Result<(), DeskError> {
        let Some(file) = self.named(row) else { return Ok(()) };
        let length = |path: &Path| {
            std::fs::metadata(path)
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|file| file.len())
        };
        let wanted = row.bytes.and_then(|bytes| u64::try_from(bytes).ok());
        if row.place == NAMED {
            let part = self.part_of(row.id);
            if length(&file) != wanted && length(&part) == wanted {
                // What cannot get its name now is fetched again; the others must not wait for it.
                if let Err(error) = give_name(&part, &file) {
                    tracing::warn!(%error, "a recording cannot be given its name");
                }
            }
            let is_here = length(&file) == wanted;
            mended.named += usize::from(is_here);
            return self.place(row.id, if is_here { HERE } else { MISSING }, None);
        }
        match length(&file) {
            None => {
                mended.missing += 1;
                // Who deletes it in a file manager does not want it back by itself.
                self.desk.db.write(Durability::Lasting, |tx| {
                    tx.execute(
                        "UPDATE recording SET place = 0, file = NULL, wanted = 0, asked_ms = NULL WHERE id = ?1",
                        [row.id],
                    )?;
                    touch(tx, row.id)
                })
            }
            is if is != wanted => {
                mended.changed += 1;
                self.place(row.id, HERE, Some(SoundFault::Changed))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn place(&self, id: i64, place: i64, problem: Option<SoundFault>) -> Result<(), DeskError> {
        self.desk.db.write(Durability::Lasting, |tx| {
            tx.prepare_cached(
                "UPDATE recording SET place = ?2, file = iif(?2 = 0, NULL, file), problem = coalesce(?3, problem),
                     damaged = iif(?3 IS NULL, damaged, 1) WHERE id = ?1",
            )?
            .execute(params![id, place, problem.map(SoundFault::as_str)])?;
            touch(tx, id)
        })
    }

    /// Deletes the parts that no download goes on from: of what nobody wants, and of what began before `since`, epoch
    /// milliseconds, and was not asked for.
    pub(super) fn drop_parts(&self, since: i64) -> Result<usize, DeskError> {
        let missing: BTreeSet<i64> = self.desk.db.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id FROM recording WHERE place = 0 AND gone = 0 AND wanted = 1
                     AND (asked_ms IS NOT NULL OR started_ms >= ?1)",
            )?;
            let ids = statement.query_map([since], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })?;
        let mut dropped = 0;
        let parts = self.dir.join(PARTS);
        for part in std::fs::read_dir(&parts)
            .map_err(|error| of_io(&parts, &error))?
            .flatten()
        {
            let id = part.file_name().to_str().and_then(|name| name.parse::<i64>().ok());
            if id.is_none_or(|id| !missing.contains(&id)) && std::fs::remove_file(part.path()).is_ok() {
                dropped += 1;
            }
        }
        Ok(dropped)
    }
}

/// Gives a whole file its name, and the disk has it.
pub(super) fn give_name(part: &Path, file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        private::dir(folder)?;
    }
    std::fs::rename(part, file)?;
    // Elsewhere a folder cannot be opened, and the file system keeps a journal of names.
    #[cfg(unix)]
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// What the system says of the folder.
pub(super) fn of_io(path: &Path, error: &io::Error) -> DeskError {
    if is_full(error) {
        return DeskError::DiskFull { path: path.to_owned() };
    }
    DeskError::Open {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// No room, whatever keeps the file from growing.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
