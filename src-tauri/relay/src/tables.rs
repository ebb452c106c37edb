//! The tables of the ledger, `relay.db`: what each stores and the statements on it. A function here takes a connection
//! and the time; it knows neither the writer nor a clock.

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
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a write waits for another process (the command line beside a serving relay).
const BUSY: Duration = Duration::from_secs(5);

/// Databases up to this size are checked whole when they are opened; larger ones would delay the start by minutes.
const CHECKED_WHOLE: u64 = 64 * 1024 * 1024;

/// Why the ledger cannot be opened or did not take a change.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file is no database, or damaged.
    #[error(
        "the database {} is damaged ({detail}). It was not changed. Stop the relay, put a copy of relay.db, relay.db-wal \
         and relay.db-shm aside, and restore a backup; or start with an empty data directory",
        .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
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
    /// A backup never replaces a file.
    #[error("{} is there already: choose another name", .0.display())]
    Exists(PathBuf),
    /// A database of something else.
    #[error("{} is no backup of a relay's ledger", .0.display())]
    NotALedger(PathBuf),
    /// The directory of another account.
    #[error(
        "the ledger belongs to the account {found}, not to {wanted}: put each account's directory back in its place"
    )]
    OtherAccount {
        /// Whose it is.
        found: String,
        /// Who was to be served from it.
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
        /// What the system says.
        error: std::io::Error,
    },
    /// The writer's queue is full or it is gone: nothing was stored.
    #[error("the ledger takes no more at the moment")]
    Busy,
    /// The thread that syncs the ledger has ended by a panic, which the log tells: nothing is stored any more.
    #[error("the ledger is not synced any more; see the log")]
    NoSync,
    /// A query ended by a panic, which the log tells.
    #[error("a query of the ledger ended badly; see the log")]
    Query,
    /// The change could not be stored, and was not.
    #[error("the ledger could not store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value that cannot be read or written as JSON.
    #[error("a stored value is unreadable: {0}")]
    State(String),
}

impl LedgerError {
    pub(crate) fn state(error: serde_json::Error) -> Self {
        Self::State(unquoted(&error))
    }

    /// Names the file where the error is one of the file.
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

/// SQLite says that the file is damaged or no database.
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

/// What is wrong with a JSON text without the parser's own words: they quote the text, and with it names and numbers.
pub(crate) fn unquoted(error: &serde_json::Error) -> String {
    format!("{:?} error in JSON at column {}", error.classify(), error.column())
}

/// The database file of a data directory.
pub(crate) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.db")
}

/// The log (WAL) beside a database file.
pub(crate) fn wal_of(database: &Path) -> PathBuf {
    copy::beside(database, "-wal")
}

/// Makes the data directory and holds its lock: two relays must not write one ledger. Dropping gives it back.
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

/// Opens the database for writing, checks it and brings its schema up to date.
pub(crate) fn open(data_dir: &Path) -> Result<Connection, LedgerError> {
    private::dir(data_dir).map_err(|error| LedgerError::Directory {
        path: data_dir.to_owned(),
        error,
    })?;
    let file = path(data_dir);
    open_file(&file).map_err(|error| error.of_file(&file))
}

fn open_file(file: &Path) -> Result<Connection, LedgerError> {
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    events::body::register_sql_functions(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit is not synced here: the writer syncs the WAL itself before anybody is answered (`ledger/sync.rs`).
    // With NORMAL, SQLite still syncs around each checkpoint, so the file is never torn.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The WAL grows to this many pages of 4 KiB before they are moved to the database: fewer, longer checkpoints.
    connection.pragma_update(None, "wal_autocheckpoint", 10_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "cache_size", -32 * 1024)?;
    if std::fs::metadata(file).is_ok_and(|meta| meta.len() <= CHECKED_WHOLE) {
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

/// Moves the whole log (WAL) into the database, syncs that, and empties the log. Until this has succeeded, what was
/// committed may be in the system's cache alone.
///
/// A reader in a transaction keeps frames of the log in use. SQLite waits for it with the connection's busy handler, at
/// most [`BUSY`], which any query of the relay's own takes less than; a longer one (a backup, somebody's shell) is an
/// error here, and the caller tries again later. Frames that were copied while the log could not be emptied are not
/// enough: the next commit would be appended behind frames that the disk may have lost, and be lost with them.
///
/// # Errors
/// [`LedgerError::Busy`] where the log could not be emptied in that time.
pub(crate) fn move_log(connection: &Connection) -> Result<(), LedgerError> {
    // SQLite tells in the row, not by an error, that it was blocked (documentation of `PRAGMA wal_checkpoint`).
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
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
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
