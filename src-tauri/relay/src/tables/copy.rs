//! Copies of the database file, among them the one before a change of its schema.

use super::{BUSY_TIMEOUT, LedgerError};
use crate::private;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Copies of earlier schema versions that are kept.
const KEPT_COPIES: usize = 2;
/// Space that must stay free after a copy, bytes.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> LedgerError + '_ {
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

pub(super) fn exists(file: &Path) -> Result<bool, LedgerError> {
    file.try_exists().map_err(at(file))
}

pub(super) fn remove(file: &Path) -> Result<(), LedgerError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

/// A new name is durable only once its directory is synced.
pub(super) fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    #[cfg(unix)]
    fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

/// Bytes that this user may still write at the path; none if the system does not say.
pub(crate) fn free_space(dir: &Path) -> Option<u64> {
    fs4::available_space(dir).ok()
}

/// Opens a database without assumptions about its schema.
pub(super) fn open_as_is(file: &Path) -> Result<Connection, LedgerError> {
    // Not read-only: opening a database with a WAL creates its shared memory.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection, LedgerError> {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(connection)
    };
    open().map_err(|error| error.of_file(file))
}

/// Copies the database as committed at this moment to a separate file, readable by the owner only, durable when this
/// returns. Other connections read and write meanwhile. A file at `to` is replaced.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), LedgerError> {
    let part = beside(to, ".part");
    let copied = fill(from, &part).and_then(|()| {
        fs::rename(&part, to).map_err(at(to))?;
        sync_dir(dir_of(to))
    });
    if copied.is_err() {
        // The error is returned; a partial file that cannot be removed is replaced by the next copy.
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
    if free.is_some_and(|free| free < needed.saturating_add(SPARE_BYTES)) {
        return Err(no_room());
    }
    let file = private::file(part).map_err(at(part))?;
    let name = part.to_str().ok_or_else(|| {
        let error = io::Error::new(io::ErrorKind::InvalidFilename, "the name is no UTF-8");
        at(part)(error)
    })?;
    // SQLite treats an empty file as a new database, so the file has its mode from the beginning.
    source.execute("VACUUM INTO ?1", [name]).map_err(|error| {
        let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull)
            || error.sqlite_error().map(|error| error.extended_code) == Some(ffi::SQLITE_IOERR_WRITE);
        if full { no_room() } else { error.into() }
    })?;
    file.sync_all().map_err(at(part))
}

/// The path of the copy at an older schema version.
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
    for (_, old) in copies.iter().rev().skip(KEPT_COPIES) {
        remove(old)?;
    }
    Ok(())
}
