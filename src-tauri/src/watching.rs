//! Files with contacts that another program writes anew, as 1C does every night: they are read again when they have
//! changed. Looked at every so often and not listened to: a share of the network tells nothing of its changes, and a look
//! costs nothing.

use crate::core::Core;
use crate::watched::{WatchedFile, WatchedState};
use perezvon_desk::{ImportHow, MAX_IMPORT_BYTES, read_contacts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// How often the files are looked at.
const LOOK: Duration = if cfg!(test) {
    Duration::from_millis(100)
} else {
    Duration::from_secs(20)
};
/// Most files of a folder.
const MAX_FILES: usize = 50;
/// What such files are called.
const ENDINGS: [&str; 7] = ["vcf", "csv", "txt", "tsv", "xlsx", "xls", "ods"];
/// The setting that remembers what was read.
const READ: &str = "watched files";

/// By what a file is known to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    ms: u64,
    bytes: u64,
}

/// How a file was when it was tried last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tried {
    #[serde(flatten)]
    mark: Mark,
    /// It could not be read.
    #[serde(default)]
    unreadable: bool,
}

impl Tried {
    fn state(self) -> WatchedState {
        if self.unreadable {
            WatchedState::Unreadable
        } else {
            WatchedState::Read
        }
    }
}

/// Looks from now on, until the app quits.
pub(crate) async fn run(core: Arc<Core>) {
    let mut before = BTreeMap::new();
    loop {
        let places = core.settings().contact_files;
        let all = Arc::clone(&core);
        let looked = tokio::task::spawn_blocking(move || look(&all, &places, &before)).await;
        before = match looked {
            Ok(Ok(seen)) => seen,
            Ok(Err(error)) => {
                tracing::warn!(%error, "The watched files could not be read");
                BTreeMap::new()
            }
            Err(error) => return tracing::error!(%error, "Watching files ended by itself"),
        };
        tokio::select! {
            () = core.quit.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One look at all of them; how each stood. A file is read when two looks found it the same: it is written no longer.
fn look(
    core: &Arc<Core>,
    places: &[String],
    before: &BTreeMap<PathBuf, Mark>,
) -> Result<BTreeMap<PathBuf, Mark>, perezvon_desk::DeskError> {
    let Ok(desk) = core.desk() else {
        return Ok(BTreeMap::new());
    };
    let mut tried: BTreeMap<String, Tried> = desk.setting(READ)?.unwrap_or_default();
    let (mut seen, mut told, mut toasts) = (BTreeMap::new(), Vec::new(), Vec::new());
    let known = core.watched.files();
    for path in places.iter().flat_map(|place| files_of(Path::new(place))) {
        let shown = path.display().to_string();
        let last = known.iter().find(|one| one.path == shown);
        let mut file = WatchedFile {
            changed: last.map_or(0, |one| one.changed),
            skipped: last.map_or(0, |one| one.skipped),
            path: shown,
            state: WatchedState::Unreadable,
        };
        let mark = mark_of(&path);
        seen.extend(mark.map(|mark| (path.clone(), mark)));
        match (mark, tried.get(&file.path).copied()) {
            (None, _) => file.state = WatchedState::Missing,
            // A name that is no text: files of such names could not be told apart.
            _ if path.to_str().is_none() => {}
            (Some(mark), Some(was)) if was.mark == mark => file.state = was.state(),
            (Some(mark), _) if before.get(&path) != Some(&mark) => file.state = WatchedState::Changing,
            (Some(mark), _) => {
                // Where another program holds it, it is tried again at the next look.
                if let Ok(bytes) = std::fs::read(&path) {
                    let unreadable = !take(core, &path, &bytes, &mut file, &mut toasts);
                    if unreadable && core.quit.is_cancelled() {
                        // Broken off: the next start reads it again.
                        return Ok(seen);
                    }
                    // What cannot be read is not tried again before it changes.
                    let now = Tried { mark, unreadable };
                    file.state = now.state();
                    tried.insert(file.path.clone(), now);
                    desk.set_setting(READ, &tried)?;
                }
            }
        }
        told.push(file);
    }
    if forget_others(&mut tried, &told) {
        desk.set_setting(READ, &tried)?;
    }
    core.watched.tell(told);
    let core = Arc::clone(core);
    core.runtime.clone().spawn(async move { core.show(toasts).await });
    Ok(seen)
}

/// Forgets the files that are watched no longer; true where there were any. Those of a folder that cannot be listed now stay.
fn forget_others(tried: &mut BTreeMap<String, Tried>, told: &[WatchedFile]) -> bool {
    let before = tried.len();
    tried.retain(|path, _| {
        let folder = Path::new(path).parent().and_then(Path::to_str);
        told.iter()
            .any(|file| file.path == *path || Some(file.path.as_str()) == folder)
    });
    tried.len() < before
}

/// Reads a file as one of its name was read last by hand; false where it cannot be, and where it has other columns than
/// those whose meaning somebody has told.
fn take(
    core: &Core,
    path: &Path,
    bytes: &[u8],
    file: &mut WatchedFile,
    toasts: &mut Vec<perezvon_desk::toast::ToastOp>,
) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let done = (|| {
        let desk = core.desk().ok()?;
        let how: ImportHow = desk.import_how(&name).ok()?.unwrap_or_default();
        let found = read_contacts(bytes, &name, &how, core.language()).ok()?;
        if (how.columns.as_ref()).is_some_and(|told| told.len() != found.columns()) {
            return None;
        }
        let preview = desk.preview_import(&found, &name).ok()?;
        let (done, ops) = desk
            .import_contacts(&found, &name, true, |_| !core.quit.is_cancelled())
            .ok()?;
        toasts.extend(ops);
        (!done.cancelled).then_some((done.added + done.changed, preview.skipped))
    })();
    if let Some((changed, skipped)) = done {
        (file.changed, file.skipped) = (changed, skipped);
    }
    done.is_some()
}

/// The file itself, or those of a folder that can hold contacts.
fn files_of(place: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place) else {
        return vec![place.to_owned()];
    };
    let fits = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(fits).collect();
    files.sort();
    files.truncate(MAX_FILES);
    files
}

fn mark_of(path: &Path) -> Option<Mark> {
    let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let bytes = about.len();
    let since = about.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    (bytes <= MAX_IMPORT_BYTES as u64).then_some(Mark {
        ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        bytes,
    })
}
