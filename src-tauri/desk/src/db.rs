//! The connections to `desk.db`: one writer behind a mutex, four read-only ones.
//!
//! One writer, not two, although the mirror can be rebuilt and the user's data cannot: documents are registered in
//! the same transaction as the snapshots they come from. What differs is the sync, and SQLite lets it be chosen per
//! transaction: [`Durability::Rebuildable`] commits without a sync (at a power cut the newest of them may be missing,
//! the cursor with them, and the relay tells them again); [`Durability::Lasting`] syncs the log, and with it
//! everything committed before.

mod copy;
mod migrate;
mod readers;

pub(crate) use readers::View;

use crate::changes::{Change, Changes, Counts, Touched};
use crate::clock::Clock;
use crate::error::DeskError;
use crate::private;
use readers::Readers;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::cell::{RefCell, RefMut};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// How long a statement waits for another program that holds the file (a backup, an antivirus).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Size to which the log's file is cut once all of it is in the database: without a limit SQLite keeps its largest size.
const MAX_LOG_BYTES: u64 = 4 * 1024 * 1024;

/// Changes that a listener may be behind before it hears that everything may have changed.
const MAX_CHANGES: usize = 256;

/// What the tables say of themselves.
pub(crate) struct Schema {
    /// The statements of each step, table by table.
    pub(crate) steps: &'static [&'static [&'static str]],
    /// The tables whose rows nobody can give back.
    pub(crate) lasting: &'static [&'static str],
    /// The figures that go with a change.
    pub(crate) counts: fn(&Connection) -> Result<Counts, DeskError>,
}

/// Whether a power cut may take the transaction back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The relay has it all.
    Rebuildable,
    /// Contacts, documents, notes, settings.
    Lasting,
}

/// A transaction of the writer, and what it changes.
pub(crate) struct Tx<'a> {
    transaction: Transaction<'a>,
    touched: RefCell<Touched>,
}

impl Tx<'_> {
    /// Where the rows are noted that the transaction changes.
    pub(crate) fn touched(&self) -> RefMut<'_, Touched> {
        self.touched.borrow_mut()
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

/// See the module.
pub(crate) struct Db {
    path: PathBuf,
    schema: &'static Schema,
    writer: Mutex<Connection>,
    readers: Readers,
    changes: broadcast::Sender<Change>,
}

impl Db {
    /// Opens or makes the file and brings its tables up to date.
    pub(crate) fn open(path: &Path, schema: &'static Schema, clock: &Clock) -> Result<Self, DeskError> {
        let open = || -> Result<Self, DeskError> {
            // A disk that knows no such rights is no reason not to work.
            if let Err(error) = private::keep(path) {
                tracing::warn!(%error, "desk.db could not be made its owner's only");
            }
            let mut writer = Connection::open(path)?;
            prepare(&writer, clock)?;
            migrate::check(&writer, path, schema)?;
            writer.pragma_update(None, "journal_mode", "WAL")?;
            writer.pragma_update(None, "journal_size_limit", MAX_LOG_BYTES as i64)?;
            // KiB. A million calls come in at once at the beginning, and touch indexes everywhere.
            writer.pragma_update(None, "cache_size", -8 * 1024)?;
            writer.pragma_update(None, "foreign_keys", true)?;
            migrate::run(&mut writer, path, schema)?;
            migrate::probe(&writer)?;
            Ok(Self {
                path: path.to_owned(),
                schema,
                writer: Mutex::new(writer),
                readers: Readers::open(path, clock)?,
                changes: broadcast::channel(MAX_CHANGES).0,
            })
        };
        open().map_err(|e| e.at(path))
    }

    /// Runs `f` in one transaction; an error takes all of it back. What it has touched is told after the commit.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        f: impl FnOnce(&Tx<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let run = || {
            let mut writer = lock(&self.writer);
            let synchronous = if durability == Durability::Lasting {
                "FULL"
            } else {
                "NORMAL"
            };
            writer.pragma_update(None, "synchronous", synchronous)?;
            let (out, touched) = {
                let tx = Tx {
                    transaction: writer.transaction_with_behavior(TransactionBehavior::Immediate)?,
                    touched: RefCell::default(),
                };
                let out = f(&tx)?;
                let Tx { transaction, touched } = tx;
                transaction.commit()?;
                (out, touched.into_inner())
            };
            self.tell(&writer, touched);
            Ok(out)
        };
        run().map_err(|e: DeskError| e.at(&self.path))
    }

    /// While the writer is still held: changes are told in the order of the commits.
    fn tell(&self, writer: &Connection, touched: Touched) {
        if touched.is_empty() || self.changes.receiver_count() == 0 {
            return;
        }
        match (self.schema.counts)(writer) {
            Ok(counts) => drop(self.changes.send(Change { touched, counts })),
            // The transaction is committed; a file that cannot be read is told by the next question.
            Err(error) => tracing::error!(%error, "the figures cannot be read"),
        }
    }

    /// See [`crate::desk::Desk::changes`].
    pub(crate) fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
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
        self.readers.read(None, f).map_err(|e| e.at(&self.path))
    }

    /// The same for a view of which only the newest question counts: an older one, waiting or under way, ends with
    /// [`DeskError::Overtaken`].
    pub(crate) fn read_newest<T>(
        &self,
        view: View,
        f: impl FnOnce(&Connection) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        self.readers.read(Some(view), f).map_err(|e| e.at(&self.path))
    }
}

/// A panic inside a transaction rolled it back: the connection stays good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(connection: &Connection, clock: &Clock) -> Result<(), DeskError> {
    let clock = clock.clone();
    connection.create_scalar_function("now_ms", 0, FunctionFlags::SQLITE_UTF8, move |_| Ok(clock.now().ms()))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(96);
    // By itself SQLite plans a statement anew as soon as another value is bound to it, which for a row by its id takes
    // longer than to read it (<https://www.sqlite.org/c3ref/c_dbconfig_defensive.html>, `SQLITE_DBCONFIG_ENABLE_QPSG`).
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}
