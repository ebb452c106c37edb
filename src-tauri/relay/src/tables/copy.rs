//! Copies of the database: before its schema changes, for a backup, and back from one.

use super::settings::{self, Lost};
use super::{BUSY, LedgerError, calls, migrate, path};
use crate::private;
use perezvon_core::Time;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Copies of earlier schema versions that are kept.
const KEPT: usize = 2;
/// What must stay free beside a copy, bytes.
const SPARE: u64 = 16 * 1024 * 1024;

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) schema: i64,
    pub(crate) events: i64,
    pub(crate) calls: i64,
    pub(crate) users: i64,
}

/// A restored ledger.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) contents: Contents,
    /// Where the database is that was there before.
    pub(crate) aside: Option<PathBuf>,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> LedgerError + '_ {
    move |error| LedgerError::Directory {
        path: path.to_owned(),
        error,
    }
}

pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn dir_of(file: &Path) -> &Path {
    match file.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

fn exists(file: &Path) -> Result<bool, LedgerError> {
    file.try_exists().map_err(at(file))
}

fn remove(file: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

/// Names become durable with their directory.
fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    #[cfg(unix)]
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Bytes that this user may still write where the path is; none where the system does not tell.
pub(crate) fn free_space(dir: &Path) -> Option<u64> {
    fs4::available_space(dir).ok()
}

/// Opens a database as it is, with nothing of its schema assumed.
fn open_as_is(file: &Path) -> Result<Connection, LedgerError> {
    // Not read-only: a database with a WAL needs its shared memory made.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection, LedgerError> {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    };
    open().map_err(|error| error.of_file(file))
}

/// Copies the database as it is committed at this moment to a file of its own, readable for the owner only, durable
/// when this returns. Others go on reading and writing meanwhile. A file at `to` is replaced.
fn copy(from: &Path, to: &Path) -> Result<(), LedgerError> {
    let part = beside(to, ".part");
    let copied = fill(from, &part).and_then(|()| {
        fs::rename(&part, to).map_err(at(to))?;
        sync_dir(dir_of(to))
    });
    if copied.is_err() {
        // What it lacked is told; a part that cannot be removed either is replaced by the next copy.
        let _ = fs::remove_file(&part);
    }
    copied
}

fn fill(from: &Path, part: &Path) -> Result<(), LedgerError> {
    let source = open_as_is(from)?;
    let pages: i64 = source.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page: i64 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let needed = pages.saturating_mul(page) as u64;
    let free = free_space(dir_of(part));
    let no_room = || LedgerError::NoRoom {
        file: part.to_owned(),
        needed,
    };
    if free.is_some_and(|free| free < needed.saturating_add(SPARE)) {
        return Err(no_room());
    }
    let file = private::file(part).map_err(at(part))?;
    let name = part.to_str().ok_or_else(|| {
        let error = io::Error::new(io::ErrorKind::InvalidFilename, "the name is no UTF-8");
        at(part)(error)
    })?;
    // SQLite takes an empty file for one that is not there, and so the file has its mode from the beginning.
    source.execute("VACUUM INTO ?1", [name]).map_err(|error| {
        let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull)
            || error.sqlite_error().map(|error| error.extended_code) == Some(ffi::SQLITE_IOERR_WRITE);
        if full { no_room() } else { error.into() }
    })?;
    file.sync_all().map_err(at(part))
}

/// The copy of the database at an older schema version.
pub(super) fn older(file: &Path, version: i64) -> PathBuf {
    beside(file, &format!(".v{version}.bak"))
}

/// Copies the database before its schema changes, and removes all but the newest of the earlier copies.
pub(super) fn before_migration(file: &Path, version: i64) -> Result<(), LedgerError> {
    let to = older(file, version);
    copy(file, &to)?;
    tracing::info!(copy = %to.display(), "the schema of the ledger changes; a copy was made first");
    let mut copies = Vec::new();
    let dir = dir_of(file);
    for entry in fs::read_dir(dir).map_err(at(dir))? {
        let path = entry.map_err(at(dir))?.path();
        let version = path.to_str().zip(file.to_str()).and_then(|(path, file)| {
            let version = path.strip_prefix(file)?.strip_prefix(".v")?.strip_suffix(".bak")?;
            version.parse::<i64>().ok()
        });
        copies.extend(version.map(|version| (version, path)));
    }
    copies.sort();
    for (_, old) in copies.iter().rev().skip(KEPT) {
        remove(old)?;
    }
    Ok(())
}

/// Reads the whole file: is it sound, is it a ledger, and what is in it.
fn inspect(connection: &Connection, file: &Path) -> Result<Contents, LedgerError> {
    let schema: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(LedgerError::Damaged {
            file: file.to_owned(),
            detail: verdict,
        });
    }
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('events', 'calls', 'users', 'counter')",
        [],
        |row| row.get(0),
    )?;
    if schema < 1 || tables != 4 {
        return Err(LedgerError::NotALedger(file.to_owned()));
    }
    if schema > migrate::CURRENT {
        return Err(LedgerError::Newer {
            found: schema,
            known: migrate::CURRENT,
        });
    }
    let count = |sql| connection.query_row(sql, [], |row| row.get(0));
    Ok(Contents {
        schema,
        events: count("SELECT count(*) FROM events")?,
        calls: count("SELECT count(*) FROM calls")?,
        users: count("SELECT count(*) FROM users WHERE revoked_at IS NULL")?,
    })
}

/// Copies the ledger of a data directory to a new file, also while a relay serves it, and reads the copy back.
///
/// # Errors
/// [`LedgerError::Exists`] where the file is there already; nothing is left behind on any error.
pub(crate) fn backup(data_dir: &Path, to: &Path) -> Result<Contents, LedgerError> {
    if exists(to)? {
        return Err(LedgerError::Exists(to.to_owned()));
    }
    copy(&path(data_dir), to)?;
    let read = open_as_is(to).and_then(|copy| inspect(&copy, to).map_err(|error| error.of_file(to)));
    if read.is_err() {
        remove(to)?;
    }
    read
}

/// Puts a backup in the place of the ledger. What is there now stays beside it under another name. The relay must not
/// be running; the caller holds no connection.
///
/// Versions go on far behind those that desks may have from the ledger that is gone, and the range between is
/// remembered: a desk whose cursor is inside it begins its mirror anew (see [`settings::lost`]).
///
/// # Errors
/// [`LedgerError::InUse`] while a relay runs; damage, a newer schema, another database, no room. Nothing changes then.
pub(crate) fn restore(data_dir: &Path, from: &Path, now: Time) -> Result<Restored, LedgerError> {
    let _lock = super::lock(data_dir)?;
    let place = path(data_dir);
    let fresh = beside(&place, ".restoring");
    if !exists(from)? {
        return Err(at(from)(io::ErrorKind::NotFound.into()));
    }
    let prepared = prepare(from, &place, &fresh, now);
    if prepared.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    let contents = prepared?;
    let aside = set_aside(&place, now)?;
    // There is a database under the name at any instant: a relay that starts now never begins with an empty one.
    fs::rename(&fresh, &place).map_err(at(&place))?;
    sync_dir(data_dir)?;
    Ok(Restored { contents, aside })
}

fn prepare(from: &Path, place: &Path, fresh: &Path, now: Time) -> Result<Contents, LedgerError> {
    copy(from, fresh).map_err(|error| error.of_file(from))?;
    let mut connection = open_as_is(fresh)?;
    let contents = inspect(&connection, from).map_err(|error| error.of_file(from))?;
    // The backup itself is the copy of the older schema.
    migrate::migrate(&mut connection, None)?;
    // A damaged present ledger tells nothing; the clock is then the only measure.
    let present = open_as_is(place)
        .and_then(|present| Ok(calls::version(&present)?))
        .unwrap_or(0);
    let newest = calls::version(&connection)?;
    // Versions grow slower than milliseconds pass, so the present time is beyond whatever was told.
    let next = now.ms().max(newest).max(present);
    let transaction = connection.transaction()?;
    settings::add_lost(
        &transaction,
        Lost {
            after: newest,
            until: next,
        },
    )?;
    calls::set_version(&transaction, next)?;
    transaction.commit()?;
    Ok(contents)
}

/// Gives the present database another name, its log with it; none where there is none.
fn set_aside(place: &Path, now: Time) -> Result<Option<PathBuf>, LedgerError> {
    if !exists(place)? {
        return Ok(None);
    }
    if let Ok(connection) = open_as_is(place) {
        // A sound database takes its log in, so that one file is the whole.
        let _ = super::move_log(&connection);
    }
    let when = chrono::DateTime::from_timestamp_millis(now.ms())
        .unwrap_or_default()
        .format("%Y%m%dT%H%M%S%3fZ");
    let aside = beside(place, &format!(".before-restore-{when}"));
    // A second name where the file system has such, so that the first one never points to nothing.
    fs::hard_link(place, &aside)
        .or_else(|_| fs::rename(place, &aside))
        .map_err(at(&aside))?;
    for ending in ["-wal", "-shm"] {
        match fs::rename(beside(place, ending), beside(&aside, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&aside)(error)),
            _ => {}
        }
    }
    Ok(Some(aside))
}
