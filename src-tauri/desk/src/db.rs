//! The connections to `desk.db`: one writer behind a mutex, two read-only ones.
//!
//! One writer, not two, although the mirror can be rebuilt and the user's data cannot: documents are registered in
//! the same transaction as the snapshots they come from. What differs is the sync, and SQLite lets it be chosen per
//! transaction: [`Durability::Rebuildable`] commits without a sync (at a power cut the newest of them may be missing,
//! the cursor with them, and the relay tells them again); [`Durability::Lasting`] syncs the log, and with it
//! everything committed before.

mod migrate;

use crate::error::DeskError;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a statement waits for another program that holds the file (a backup, an antivirus).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Size to which the log's file is cut once all of it is in the database: without a limit SQLite keeps its largest size.
const MAX_LOG_BYTES: u64 = 4 * 1024 * 1024;

/// Whether a power cut may take the transaction back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The relay has it all.
    Rebuildable,
    /// Contacts, documents, notes, settings.
    Lasting,
}

/// See the module.
pub(crate) struct Db {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: [Mutex<Connection>; 2],
}

impl Db {
    /// Opens or makes the file and brings its tables up to date.
    pub(crate) fn open(path: &Path) -> Result<Self, DeskError> {
        let open = || -> Result<Self, DeskError> {
            let mut writer = Connection::open(path)?;
            prepare(&writer)?;
            migrate::check(&writer, path)?;
            writer.pragma_update(None, "journal_mode", "WAL")?;
            writer.pragma_update(None, "journal_size_limit", MAX_LOG_BYTES as i64)?;
            writer.pragma_update(None, "foreign_keys", true)?;
            migrate::run(&mut writer, path)?;
            migrate::probe(&writer)?;
            Ok(Self {
                path: path.to_owned(),
                writer: Mutex::new(writer),
                readers: [Mutex::new(reader(path)?), Mutex::new(reader(path)?)],
            })
        };
        open().map_err(|e| e.at(path))
    }

    /// Runs `f` in one transaction; an error takes all of it back.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let run = || {
            let mut writer = lock(&self.writer);
            let synchronous = if durability == Durability::Lasting {
                "FULL"
            } else {
                "NORMAL"
            };
            writer.pragma_update(None, "synchronous", synchronous)?;
            let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let out = f(&tx)?;
            tx.commit()?;
            Ok(out)
        };
        run().map_err(|e: DeskError| e.at(&self.path))
    }

    /// See [`crate::desk::Desk::limit_pages`].
    pub(crate) fn limit_pages(&self, pages: i64) -> Result<(), DeskError> {
        lock(&self.writer)
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
            .map(drop)
            .map_err(|e| DeskError::from(e).at(&self.path))
    }

    /// See [`crate::desk::Desk::checkpoint`].
    pub(crate) fn checkpoint(&self) -> Result<(), DeskError> {
        lock(&self.writer)
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|e| DeskError::from(e).at(&self.path))
    }

    /// See [`crate::desk::Desk::shorten_log`].
    pub(crate) fn shorten_log(&self) -> Result<(), DeskError> {
        let log = self.path.with_extension("db-wal");
        if std::fs::metadata(log).map_or(0, |log| log.len()) <= MAX_LOG_BYTES {
            return Ok(());
        }
        let writer = lock(&self.writer);
        // Passive: it waits for no reader, and no reader waits for it.
        writer.busy_timeout(Duration::ZERO)?;
        let done = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        writer.busy_timeout(BUSY_TIMEOUT)?;
        done.map_err(|e| DeskError::from(e).at(&self.path))
    }

    /// Reads one consistent state; does not wait for a writer.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T, DeskError>) -> Result<T, DeskError> {
        let run = || {
            let mut reader = match self.readers[0].try_lock() {
                Ok(reader) => reader,
                Err(_) => lock(&self.readers[1]),
            };
            let tx = reader.transaction()?;
            f(&tx)
        };
        run().map_err(|e: DeskError| e.at(&self.path))
    }
}

/// A panic inside a transaction rolled it back: the connection stays good.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(connection: &Connection) -> Result<(), DeskError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn reader(path: &Path) -> Result<Connection, DeskError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    Ok(connection)
}
