//! The desk as a whole.

use crate::changes::{Changes, Counts};
use crate::clock::Clock;
use crate::db::{Db, Durability};
use crate::error::DeskError;
use crate::private;
use crate::table::{SCHEMA, notification, setting};
use crate::toast::ToastKey;
use crate::words::Words;
use perezvon_core::Time;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};

/// One employee's desk over `desk.db`. Share it in an `Arc`; every method is synchronous and short, but touches the
/// disk: an async caller uses `spawn_blocking`.
pub struct Desk {
    pub(crate) db: Db,
    words: RwLock<Words>,
    clock: Clock,
    /// The trouble that was last told, and in which words: the same again needs no look into the file.
    pub(crate) trouble: Mutex<Option<(Option<String>, Words)>>,
}

impl Desk {
    /// Opens or makes `desk.db` in the folder, which is made too. A damaged file and one of a newer program have
    /// errors of their own; nothing is ever deleted.
    pub fn open(data_dir: &Path) -> Result<Self, DeskError> {
        private::dir(data_dir).map_err(|e| DeskError::Open {
            path: data_dir.to_owned(),
            reason: e.to_string(),
        })?;
        let clock = Clock::default();
        let db = Db::open(&data_dir.join("desk.db"), &SCHEMA, &clock)?;
        let desk = Self {
            db,
            words: RwLock::new(Words::default()),
            clock,
            trouble: Mutex::new(None),
        };
        // Where a trouble of the last run lasts, it is found and shown again.
        desk.db.write(Durability::Rebuildable, |tx| {
            setting::remove(tx, setting::HIDDEN_TROUBLE)?;
            notification::expire(tx, &ToastKey::Trouble, desk.now()).map(drop)
        })?;
        Ok(desk)
    }

    /// Language and time zone of the toasts made from now on. Russian and the system's zone by default.
    pub fn set_words(&self, words: Words) {
        *self.words.write().unwrap_or_else(PoisonError::into_inner) = words;
    }

    /// See [`Self::set_words`].
    pub fn words(&self) -> Words {
        *self.words.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the desk's clock by the relay's. Ages of calls are computed by it.
    pub fn set_clock(&self, relay_now: Time) {
        self.clock.set(relay_now);
    }

    /// Limits the file to this many pages of 4 KiB: a write beyond that fails as on a full disk and
    /// takes its transaction back.
    pub fn limit_pages(&self, pages: i64) -> Result<(), DeskError> {
        self.db.limit_pages(pages)
    }

    /// Writes the log into `desk.db` and empties it: for a program that ends, so that the one file holds everything.
    pub fn checkpoint(&self) -> Result<(), DeskError> {
        self.db.checkpoint()
    }

    /// Writes the log into `desk.db` where it has grown and no other program reads the file just now: a backup or a
    /// database browser that reads for long makes it grow. To be called about once a minute.
    pub fn shorten_log(&self) -> Result<(), DeskError> {
        self.db.shorten_log()
    }

    /// Hears of every change from now on, after its commit: which rows, and the figures.
    pub fn changes(&self) -> Changes {
        self.db.changes()
    }

    /// Figures for the tray and the window's frame.
    pub fn counts(&self) -> Result<Counts, DeskError> {
        self.db.read(SCHEMA.counts)
    }

    /// Now, by the relay's clock as far as it is known.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}
