//! The tables of the ledger, `relay.db`, and the statements on them. A function here takes a connection and the time;
//! it knows neither the writer nor a clock.

pub(crate) mod abonents;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod calls;
pub(crate) mod copy;
pub(crate) mod events;
pub(crate) mod exchanges;
pub(crate) mod join_codes;
pub(crate) mod migrate;
pub(crate) mod probe;
pub(crate) mod recordings;
pub(crate) mod requests;
pub(crate) mod retention;
pub(crate) mod scan;
pub(crate) mod settings;
pub(crate) mod statistics;
pub(crate) mod subscriptions;
pub(crate) mod users;

use crate::private;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a write waits for another process (the command line while a relay serves).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest database that is checked completely when it is opened, bytes; checking larger ones would delay the start
/// by minutes.
const MAX_FULL_CHECK_BYTES: u64 = 64 * 1024 * 1024;

/// Why the ledger cannot be opened or has not stored a change.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file is not a database, or is damaged.
    #[error(
        "the database {} is damaged ({detail}). It was not changed. Stop the relay, put a copy of relay.db, relay.db-wal \
         and relay.db-shm aside, and restore a backup; or start with an empty data directory",
        .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// An error of SQLite.
        detail: String,
    },
    /// Written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: install the newer program"
    )]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// A copy of the database does not fit on the disk.
    #[error("no room for a copy of the database: {} needs {needed} bytes and some more; nothing was changed", .file.display())]
    NoRoom {
        /// The copy.
        file: PathBuf,
        /// Size of the database, bytes.
        needed: u64,
    },
    /// The file of a backup exists already.
    #[error("{} is there already: choose another name", .0.display())]
    Exists(PathBuf),
    /// A database of another program.
    #[error("{} is no backup of a relay's ledger", .0.display())]
    NotALedger(PathBuf),
    /// The directory of another account.
    #[error(
        "the ledger belongs to the account {found}, not to {wanted}: put each account's directory back in its place"
    )]
    OtherAccount {
        /// The account that it belongs to.
        found: String,
        /// The account that it was opened for.
        wanted: String,
    },
    /// Another relay serves this data directory.
    #[error("the data directory {} is in use by another relay", .0.display())]
    InUse(PathBuf),
    /// The data directory or its lock file.
    #[error("cannot use the data directory {}: {error}", .path.display())]
    Directory {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        error: std::io::Error,
    },
    /// The writer's queue is full or the writer has ended: nothing was stored.
    #[error("the ledger takes no more at the moment")]
    Busy,
    /// The change may be stored or not: it was committed, and its sync failed.
    #[error("the ledger's log could not be brought to the disk")]
    NotSynced,
    /// The thread that syncs the ledger has ended by a panic, which is logged: nothing is stored any more.
    #[error("the ledger is not synced any more; see the log")]
    NoSync,
    /// A query ended by a panic, which is logged.
    #[error("a query of the ledger ended badly; see the log")]
    Query,
    /// The change could not be stored.
    #[error("the ledger could not store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value that cannot be read or written as JSON.
    #[error("a stored value is unreadable: {0}")]
    State(String),
}

impl LedgerError {
    pub(crate) fn state(error: serde_json::Error) -> Self {
        Self::State(unquoted(&error))
    }

    /// Adds the file's name to an error that concerns the file.
    fn of_file(self, file: &Path) -> Self {
        match self {
            Self::Sqlite(error) if is_damage(&error) => Self::Damaged {
                file: file.to_owned(),
                detail: error.to_string(),
            },
            other => other,
        }
    }
}

/// Whether SQLite reports that the file is damaged or not a database.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// JSON of a column.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(json: &str) -> rusqlite::Result<T> {
    serde_json::from_str(json)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, unquoted(&e).into()))
}

/// What is wrong with a JSON text, without the parser's own words: they quote the text, which contains names and
/// numbers.
pub(crate) fn unquoted(error: &serde_json::Error) -> String {
    format!("{:?} error in JSON at column {}", error.classify(), error.column())
}

/// The database file of a data directory.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.db")
}

/// The log (WAL) of a database file.
pub(crate) fn wal_of(database: &Path) -> PathBuf {
    copy::beside(database, "-wal")
}

/// Creates the data directory and takes its lock: two relays must not write one ledger. Dropping the result releases
/// it.
pub(crate) fn lock(data_dir: &Path) -> Result<File, LedgerError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| LedgerError::Directory { path, error }
    };
    private::dir(data_dir).map_err(failed(data_dir))?;
    let file = data_dir.join("relay.lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&file)
        .map_err(failed(&file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(LedgerError::InUse(data_dir.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(&file)(error)),
    }
}

/// Opens the database for writing, checks it and updates its schema.
pub(crate) fn open(data_dir: &Path) -> Result<Connection, LedgerError> {
    private::dir(data_dir).map_err(|error| LedgerError::Directory {
        path: data_dir.to_owned(),
        error,
    })?;
    let file = path(data_dir);
    open_file(&file).map_err(|error| error.of_file(&file))
}

fn open_file(file: &Path) -> Result<Connection, LedgerError> {
    // It holds numbers, names and the secret of the callback address. SQLite gives the logs that it makes the same rights;
    // a kill may have left older ones.
    let kept = private::keep(file).and_then(|()| {
        let logs = ["-wal", "-shm"];
        logs.iter()
            .try_for_each(|log| private::tighten(&copy::beside(file, log)))
    });
    kept.map_err(|error| LedgerError::Directory {
        path: file.to_owned(),
        error,
    })?;
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    keep_statements(&connection)?;
    events::body::register_sql_functions(&connection)?;
    // An event changes a few bytes in each of several pages, and the WAL takes whole pages: half the size is half the
    // writing, and a twelfth more events a second. It applies to a new file only.
    connection.pragma_update(None, "page_size", 2048)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is not synced: the writer syncs the WAL itself before anything is answered (`ledger/sync.rs`). With
    // NORMAL, SQLite still syncs around each checkpoint, so the file is never torn.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The WAL grows to this many pages of 2 KiB before a checkpoint, in which no event is stored. With 20,000 as many
    // events a second are stored, and one of a hundred waits twice as long (`cargo xtask bench ingest`).
    connection.pragma_update(None, "wal_autocheckpoint", 6_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    // KiB. A commit that cut pages off walks all that are cached, so the cache holds the pages of the moment; the rest is
    // in the system's.
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    if std::fs::metadata(file).is_ok_and(|meta| meta.len() <= MAX_FULL_CHECK_BYTES) {
        let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(LedgerError::Damaged {
                file: file.to_owned(),
                detail: verdict,
            });
        }
    }
    migrate::migrate(&mut connection, Some(file))?;
    Ok(connection)
}

/// Statements are prepared once. By default SQLite looks at the values bound to a statement when it plans it, and plans
/// it anew as soon as another value is bound: a sixth of the writer's time
/// (<https://www.sqlite.org/c3ref/c_dbconfig_defensive.html>, `SQLITE_DBCONFIG_ENABLE_QPSG`).
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Moves the whole log (WAL) into the database, syncs the database, and empties the log. Until this has succeeded,
/// committed changes may be in the system's cache alone.
///
/// A reader in a transaction keeps frames of the log in use. SQLite waits for it with the connection's busy handler,
/// at most [`BUSY_TIMEOUT`]; the relay's own queries take less. A longer reader (a backup, somebody's shell) is an
/// error here, and the caller tries again later. Copying the frames without emptying the log is not enough: the next
/// commit would be appended after frames that the disk may have lost, and would be lost with them.
///
/// # Errors
/// [`LedgerError::Busy`] where the log could not be emptied in that time.
pub(crate) fn move_log(connection: &Connection) -> Result<(), LedgerError> {
    // SQLite reports in the result row, not as an error, that it was blocked (documentation of `PRAGMA
    // wal_checkpoint`).
    let is_blocked: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_blocked {
        tracing::warn!("the ledger's log cannot be moved into the database: somebody reads an older state of it");
        return Err(LedgerError::Busy);
    }
    Ok(())
}

/// Opens an existing, up-to-date database for reading only.
pub(crate) fn open_read(data_dir: &Path) -> Result<Connection, LedgerError> {
    let file = path(data_dir);
    let open = || -> Result<Connection, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        keep_statements(&connection)?;
        events::body::register_sql_functions(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|error| error.of_file(&file))
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, decode};

    #[test]
    fn an_unreadable_value_is_not_quoted() {
        let read = decode::<Vec<bool>>(r#"["+79000000099"]"#).map_err(LedgerError::from);
        let told = read.map_or_else(|error| error.to_string(), |_| String::new());
        assert!(
            !told.is_empty() && !told.contains("9000000099"),
            "in the log stood {told}"
        );
    }
}
