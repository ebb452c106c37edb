//! How the files with contacts stand that are read again when they change (`watching.rs`).

use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use ts_rs::TS;

/// What came of a watched file.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub(crate) struct WatchedFile {
    /// Its place.
    pub(crate) path: String,
    /// How it stands.
    pub(crate) state: WatchedState,
    /// Contacts that were new or changed when it was read last.
    pub(crate) changed: u32,
    /// Rows that could not be read.
    pub(crate) skipped: u32,
}

/// How a watched file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub(crate) enum WatchedState {
    /// It was read, and has not changed since.
    Read,
    /// It is being written: read when it rests.
    Changing,
    /// It is not there.
    Missing,
    /// It cannot be read.
    Unreadable,
}

/// What is known of the files.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<Vec<WatchedFile>>);

impl Watched {
    pub(crate) fn files(&self) -> Vec<WatchedFile> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn tell(&self, files: Vec<WatchedFile>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }
}
