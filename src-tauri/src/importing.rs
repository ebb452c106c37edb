//! A file with contacts between the window's choice and its storage: its bytes come in pieces, it is read and shown, and
//! stored while the window watches. One at a time.

use perezvon_desk::view::ImportDone;
use perezvon_desk::{FailureCode, ImportFile, ImportHow, MAX_IMPORT_BYTES};
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ts_rs::TS;

/// How far the storing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub(crate) struct ImportProgress {
    /// Contacts done.
    pub done: u32,
    /// Contacts of the file.
    pub total: u32,
    /// It is over, and this is what it did.
    pub finished: Option<ImportDone>,
    /// It failed.
    pub failure: Option<FailureCode>,
}

/// A file that the window has given.
#[derive(Debug, Default)]
struct Held {
    name: String,
    size: usize,
    bytes: Arc<Vec<u8>>,
    /// As it was last shown.
    read: Option<(Arc<ImportFile>, ImportHow)>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    progress: Option<ImportProgress>,
    cancelled: bool,
    /// How often a file was to be read.
    asked: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Importing(Mutex<State>);

impl Importing {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runs(state: &State) -> bool {
        let over = |one: &ImportProgress| one.finished.is_some() || one.failure.is_some();
        state.progress.as_ref().is_some_and(|one| !over(one))
    }

    /// A new file in place of the one before; false where that one is being stored, or the new one is too large.
    pub(crate) fn begin(&self, name: String, size: usize) -> bool {
        let mut state = self.state();
        if Self::runs(&state) || size > MAX_IMPORT_BYTES {
            return false;
        }
        *state = State {
            asked: state.asked + 1,
            held: Some(Held {
                name,
                size,
                ..Held::default()
            }),
            ..State::default()
        };
        true
    }

    /// The next piece; false where there is no file, or it is longer than was said.
    pub(crate) fn add(&self, piece: &[u8]) -> bool {
        let mut state = self.state();
        let Some(held) = &mut state.held else { return false };
        if held.bytes.len() + piece.len() > held.size {
            return false;
        }
        Arc::make_mut(&mut held.bytes).extend_from_slice(piece);
        true
    }

    /// Name and bytes of the file, all of which is here, and the number of this reading. Until it is [`Self::shown`] nothing
    /// can be stored.
    pub(crate) fn file(&self) -> Option<(u64, String, Arc<Vec<u8>>)> {
        let mut state = self.state();
        state.asked += 1;
        let asked = state.asked;
        let held = state.held.as_mut().filter(|held| held.bytes.len() == held.size)?;
        held.read = None;
        Some((asked, held.name.clone(), Arc::clone(&held.bytes)))
    }

    /// What is shown, and so what is stored: by the newest reading only.
    pub(crate) fn shown(&self, asked: u64, file: Arc<ImportFile>, how: ImportHow) {
        let mut state = self.state();
        if state.asked == asked
            && let Some(held) = &mut state.held
        {
            held.read = Some((file, how));
        }
    }

    /// Begins to store; none where nothing was shown, or it has begun.
    pub(crate) fn start(&self, total: impl Fn(&ImportFile) -> u32) -> Option<(String, Arc<ImportFile>, ImportHow)> {
        let mut state = self.state();
        if Self::runs(&state) {
            return None;
        }
        let held = state.held.as_ref()?;
        let (name, (file, how)) = (held.name.clone(), held.read.clone()?);
        state.cancelled = false;
        state.progress = Some(ImportProgress {
            total: total(&file),
            ..ImportProgress::default()
        });
        Some((name, file, how))
    }

    /// So many are done; whether to go on.
    pub(crate) fn go_on(&self, done: u32) -> bool {
        let mut state = self.state();
        if let Some(progress) = &mut state.progress {
            progress.done = done;
        }
        !state.cancelled
    }

    /// It is over.
    pub(crate) fn end(&self, result: Result<ImportDone, FailureCode>) {
        let mut state = self.state();
        state.held = None;
        let Some(progress) = &mut state.progress else { return };
        match result {
            Ok(done) => progress.finished = Some(done),
            Err(code) => progress.failure = Some(code),
        }
    }

    pub(crate) fn progress(&self) -> Option<ImportProgress> {
        self.state().progress.clone()
    }

    pub(crate) fn cancel(&self) {
        self.state().cancelled = true;
    }

    /// The window no longer wants the file. What is being stored goes on.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if !Self::runs(&state) {
            *state = State::default();
        }
    }
}
