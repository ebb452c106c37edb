//! A backup of the ledger, and the ledger back from one.

use super::copy::{at, beside, copy, exists, open_as_is, remove, sync_dir};
use super::settings::{self, Lost};
use super::{LedgerError, calls, migrate, path};
use perezvon_core::Time;
use rusqlite::Connection;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
