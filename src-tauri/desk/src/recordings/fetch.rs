//! One recording: asked for, written, tried, named.

use super::check::{self, Found, Heard};
use super::files::{give_name, is_full, of_io};
use super::{Recordings, RecordingsKept, lock, name, touch};
use crate::db::{Durability, Tx};
use crate::error::DeskError;
use crate::notifications::raise;
use crate::private;
use crate::relay_client::{RecordingTold, RelayClient, RelayError};
use crate::subject::Subject;
use crate::table::recording::{self, HERE, Kept, MISSING, NAMED};
use crate::toast::{ToastKey, ToastOp};
use crate::who::{Party, who};
use crate::words::{FailureCode, Fault, Problem, SoundFault, Trouble};
use perezvon_sound::Peaks;
use rusqlite::params;
use std::io::{self, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

/// Longest recording, bytes: as the relay's.
const MAX_BYTES: u64 = 1 << 30;
/// How often the window hears how far a download is.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// So many times something that came torn is fetched anew before it is taken as it is.
const ANEW: i64 = 2;
/// The recording of a call that began so long ago is no news, milliseconds.
const NEWS_MS: i64 = 3_600_000;

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum Fetched {
    /// It is here; the toast that tells so.
    Here(Option<Box<ToastOp>>),
    /// The PBX has it no more.
    Gone,
    /// To be tried later, and why.
    Later(Problem),
    /// None can be fetched now, and why.
    Stopped(FailureCode),
    /// Only newer or marked recordings could make room.
    NoRoom,
}

impl From<RelayError> for Fetched {
    fn from(error: RelayError) -> Self {
        let code = error.code();
        match &error {
            RelayError::Refused { status: 410, .. } => Self::Gone,
            RelayError::Refused { status: 404, .. } => Self::Later(Fault::NotFound.into()),
            RelayError::Refused { status: 416, .. } => Self::Later(SoundFault::Cut.into()),
            RelayError::Refused { status: 429, .. } => Self::Stopped(Fault::TooMany.into()),
            RelayError::Refused { status: 401 | 403, .. }
            | RelayError::NoKey
            | RelayError::BadAddress
            | RelayError::NotARelay
            | RelayError::Unreachable
            | RelayError::Tls => Self::Stopped(code),
            RelayError::Refused { code: told, .. }
                if matches!(told.as_str(), "pbx_unauthorized" | "no_token" | "unavailable")
                    || told.starts_with("pbx_unreachable") =>
            {
                Self::Stopped(code)
            }
            RelayError::Broken => Self::Later(SoundFault::Cut.into()),
            _ => Self::Later(code.into()),
        }
    }
}

impl From<DeskError> for Fetched {
    fn from(error: DeskError) -> Self {
        tracing::warn!(%error, "a recording could not be kept");
        Self::Stopped(error.code())
    }
}

fn of_disk(error: &io::Error) -> Fetched {
    tracing::warn!(%error, "a recording could not be written");
    Fetched::Stopped(if is_full(error) {
        Trouble::DiskFull.into()
    } else {
        Fault::Storage.into()
    })
}

impl Recordings {
    pub(super) async fn fetch(self: &Arc<Self>, relay: &RelayClient, row: &Kept, wants: &RecordingsKept) -> Fetched {
        match self.try_fetch(relay, row, wants).await {
            Ok(fetched) | Err(fetched) => fetched,
        }
    }

    async fn try_fetch(
        self: &Arc<Self>,
        relay: &RelayClient,
        row: &Kept,
        wants: &RecordingsKept,
    ) -> Result<Fetched, Fetched> {
        self.turn().await;
        let told = relay.recording(&row.pbx).await?;
        if told.is_gone() {
            return Ok(Fetched::Gone);
        }
        let row = self.note_told(row, told).await?;
        let (needed, bounds) = (row.clone(), wants.clone());
        if !self.off(move |all| all.make_room(&needed, &bounds)).await? {
            return Ok(Fetched::NoRoom);
        }
        self.write(relay, &row).await?;
        let toast = wants.toast;
        self.off(move |all| all.finish(&row, toast)).await
    }

    /// What the relay knows now goes to the row: size and length are what the file is held against.
    async fn note_told(self: &Arc<Self>, row: &Kept, told: RecordingTold) -> Result<Kept, Fetched> {
        let id = row.id;
        self.off(move |all| {
            all.desk.db.write(Durability::Rebuildable, |tx| {
                tx.prepare_cached(
                    "UPDATE recording SET told_ms = ?2, told_bytes = ?3, call = coalesce(call, ?4),
                         abonent_name = coalesce(?5, abonent_name) WHERE id = ?1",
                )?
                .execute(params![id, told.duration_ms, told.size, told.call_id, told.name])?;
                recording::one(tx, id)?.ok_or(DeskError::NotFound)
            })
        })
        .await
    }

    async fn off<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Fetched> {
        let all = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&all)).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(Fetched::Stopped(Fault::Storage.into())),
        }
    }

    /// Writes what is missing of it.
    async fn write(&self, relay: &RelayClient, row: &Kept) -> Result<(), Fetched> {
        let path = self.part_of(row.id);
        let size = row.told_bytes.and_then(|bytes| u64::try_from(bytes).ok());
        let mut have = tokio::fs::metadata(&path).await.map_or(0, |part| part.len());
        if size.is_some_and(|size| have > size) {
            have = 0;
        }
        if have > 0 && size == Some(have) {
            return Ok(());
        }
        let mut audio = match relay.audio(&row.pbx, have).await {
            Err(RelayError::Refused { status: 416, .. }) if have > 0 => {
                remove(&path).await;
                relay.audio(&row.pbx, 0).await?
            }
            audio => audio?,
        };
        if audio.is_of_another(&row.pbx) || (audio.first != 0 && audio.first != have) {
            return Err(Fetched::Later(SoundFault::Other.into()));
        }
        let mut part = Part::open(&path, audio.first).await.map_err(|e| of_disk(&e))?;
        let mut told = Instant::now();
        let come = loop {
            let piece = match audio.next().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break Ok(()),
                Err(error) => break Err(Fetched::from(error)),
            };
            if part.length + piece.len() as u64 > MAX_BYTES {
                break Err(Fetched::Later(SoundFault::TooLong.into()));
            }
            part.write(&piece).await.map_err(|e| of_disk(&e))?;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.advance(row.id, part.length, audio.total.or(size));
            }
        };
        // What has come stays, whether more follows or not: the next attempt goes on from there.
        let length = part.finish().await.map_err(|e| of_disk(&e))?;
        come?;
        match audio.total {
            Some(total) if total != length => Err(Fetched::Later(SoundFault::Cut.into())),
            _ => Ok(()),
        }
    }

    /// Tries what has come and gives it its name.
    fn finish(&self, row: &Kept, toast: bool) -> Result<Fetched, DeskError> {
        let part = self.part_of(row.id);
        let found = match check::file(&part, || true) {
            Ok(found) => found,
            Err(error) if is_full(&error) => return Err(of_io(&self.dir, &error)),
            // Another program holds it: this one alone is tried again later.
            Err(error) => {
                tracing::warn!(%error, "a recording that has come cannot be read");
                None
            }
        };
        let Some(found) = found else {
            return Ok(Fetched::Later(SoundFault::Unreadable.into()));
        };
        match self.judge(row, &found)? {
            Ok(judged) => self.name(row, &found, &judged, toast),
            Err(why) => {
                // It is of no use: the next attempt begins anew.
                let _ = std::fs::remove_file(&part);
                Ok(Fetched::Later(why.into()))
            }
        }
    }

    /// Whether it is kept, and as what; else why not.
    fn judge<'a>(&self, row: &Kept, found: &'a Found) -> Result<Result<Judged<'a>, SoundFault>, DeskError> {
        let is_short = row.told_bytes.is_some_and(|told| (found.bytes as i64) < told);
        let anew = row.tries < ANEW;
        Ok(match &found.sound {
            Heard::Not {
                may_be_kept: false,
                why,
            } => Err(*why),
            Heard::Not { why, .. } if anew => Err(*why),
            Heard::Not { why, .. } => Ok(Judged {
                problem: Some(*why),
                damaged: true,
                ..Judged::default()
            }),
            _ if is_short && anew => Err(SoundFault::Cut),
            Heard::Format(format) => Ok(Judged {
                problem: Some(SoundFault::Format),
                format: Some(format),
                damaged: is_short,
                ..Judged::default()
            }),
            // A file that ends inside a frame, and nobody told how long it is.
            Heard::Whole { torn: true, .. } if anew && row.told_bytes.is_none() => Err(SoundFault::Cut),
            Heard::Whole { peaks, damaged, .. } => {
                let length_ms = peaks.duration().as_millis() as i64;
                let differs = check::differs(length_ms, row.told_ms);
                let bytes = found.bytes as i64;
                if differs
                    && self
                        .desk
                        .db
                        .read(|c| recording::twin(c, row.id, &found.hash, bytes))?
                        .is_some()
                {
                    // What is heard is another's, which is here too, and not as long as this one should be.
                    return Ok(Err(SoundFault::Other));
                }
                Ok(Judged {
                    length_ms: Some(length_ms),
                    problem: differs.then_some(SoundFault::Length),
                    damaged: *damaged || is_short,
                    peaks: Some(peaks),
                    format: None,
                })
            }
        })
    }

    /// A name that no file has.
    fn free_name(&self, row: &Kept, found: &Found) -> Result<String, DeskError> {
        let words = self.desk.words();
        self.desk.db.read(|c| {
            let party = Party {
                key: row.key.clone(),
                shown: row.shown.clone(),
                name: row.name.clone(),
                hidden: row.hidden,
            };
            let whose = who(c, party)?;
            let named = name::Named {
                started: name::started(words, row.started_ms),
                direction: &words.direction_in_name(row.incoming),
                name: whose.name.as_deref(),
                number: row.key.as_deref().filter(|_| !row.hidden),
                ending: found.ending,
            };
            Ok(name::free(&named, |file| self.dir.join(file).exists()))
        })
    }

    fn name(&self, row: &Kept, found: &Found, judged: &Judged<'_>, toast: bool) -> Result<Fetched, DeskError> {
        let part = self.part_of(row.id);
        if let Some(peaks) = judged.peaks
            && let Err(error) = peaks.keep(&self.peaks_of(row.id), &part)
        {
            tracing::warn!(%error, "peaks cannot be kept");
        }
        let _naming = lock(&self.naming);
        // A run that was ended leaves this step to its end, and the next run may have come here first.
        let now = self.desk.db.read(|c| recording::one(c, row.id))?;
        if now.is_none_or(|now| now.place != MISSING) {
            return Ok(Fetched::Here(None));
        }
        if std::fs::metadata(&part).map_or(0, |part| part.len()) != found.bytes {
            return Ok(Fetched::Later(SoundFault::Cut.into()));
        }
        let file = self.free_name(row, found)?;
        let path = self.dir.join(&file);
        self.desk.db.write(Durability::Lasting, |tx| {
            tx.prepare_cached(
                "UPDATE recording SET place = ?2, file = ?3, bytes = ?4, hash = ?5, length_ms = ?6, damaged = ?7, problem = ?8,
                     format = ?9, erased_ms = NULL WHERE id = ?1",
            )?
            .execute(params![
                row.id,
                NAMED,
                file,
                found.bytes as i64,
                found.hash,
                judged.length_ms,
                judged.damaged,
                judged.problem.map(SoundFault::as_str),
                judged.format
            ])?;
            Ok(())
        })?;
        if let Err(error) = give_name(&part, &path) {
            self.place(row.id, MISSING, None)?;
            // Not the path: a person's name and number stand in it.
            return Err(of_io(&self.dir, &error));
        }
        let pen = self.desk.pen();
        self.desk.db.write(Durability::Lasting, |tx: &Tx<'_>| {
            tx.execute(
                "UPDATE recording SET place = ?2, tries = 0, next_ms = 0 WHERE id = ?1",
                params![row.id, HERE],
            )?;
            touch(tx, row.id)?;
            let is_news = toast && row.abonent.is_empty() && pen.now.ms() - row.started_ms < NEWS_MS;
            if !is_news {
                return Ok(Fetched::Here(None));
            }
            let subject = Subject::Recording { id: row.id };
            let toast = raise(tx, pen, &ToastKey::Recording(row.id), &subject)?;
            Ok(Fetched::Here(toast.map(Box::new)))
        })
    }
}

/// What is kept, and what is known of it.
#[derive(Default)]
struct Judged<'a> {
    length_ms: Option<i64>,
    problem: Option<SoundFault>,
    /// Of the sound, where it is not decoded here.
    format: Option<&'a str>,
    damaged: bool,
    peaks: Option<&'a Peaks>,
}

/// A file that is being written.
struct Part {
    file: File,
    length: u64,
}

impl Part {
    /// Goes on at this byte; what lies behind it is dropped.
    async fn open(path: &Path, at: u64) -> io::Result<Self> {
        // Not `append`: on Windows a file opened so cannot be cut.
        let mut file = OpenOptions::from(private::options())
            .create(true)
            .truncate(false)
            .open(path)
            .await?;
        file.set_len(at).await?;
        file.seek(SeekFrom::Start(at)).await?;
        Ok(Self { file, length: at })
    }

    async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece).await?;
        self.length += piece.len() as u64;
        Ok(())
    }

    /// The disk has it.
    async fn finish(mut self) -> io::Result<u64> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(self.length)
    }
}

async fn remove(path: &Path) {
    // What cannot be removed is written over.
    let _ = tokio::fs::remove_file(path).await;
}
