//! Backups of the ledger.

use super::copy::{at, beside, copy, exists, open_as_is, remove, sync_dir};
use super::settings::{self, LostVersions};
use super::{LedgerError, calls, migrate, path};
use perezvon_core::Time;
use rusqlite::Connection;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The contents of a backup.
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
    /// The former database, if there was one.
    pub(crate) aside: Option<PathBuf>,
}

/// Reads the whole file: is it undamaged, is it a ledger, and what does it contain.
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
/// [`LedgerError::Exists`] if the file exists; any error leaves nothing behind.
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

/// Replaces the ledger by a backup. The present ledger is kept next to it under another name. The relay must not be
/// running; the caller holds no connection.
///
/// Versions continue far above those that desks may have from the replaced ledger, and the range between is
/// remembered: a desk whose cursor lies in it begins its mirror anew (see [`settings::lost`]).
///
/// # Errors
/// [`LedgerError::InUse`] while a relay runs; damage, a newer schema, another database, no room. Nothing changes
/// then.
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
    // There is a database under the name at any moment: a relay that starts now never begins with an empty one.
    fs::rename(&fresh, &place).map_err(at(&place))?;
    sync_dir(data_dir)?;
    Ok(Restored { contents, aside })
}

fn prepare(from: &Path, place: &Path, fresh: &Path, now: Time) -> Result<Contents, LedgerError> {
    copy(from, fresh).map_err(|error| error.of_file(from))?;
    let mut connection = open_as_is(fresh)?;
    let contents = inspect(&connection, from).map_err(|error| error.of_file(from))?;
    // The backup itself serves as the copy of the older schema.
    migrate::migrate(&mut connection, None)?;
    // If the present ledger is damaged, only the clock gives a lower bound.
    let present = open_as_is(place)
        .and_then(|present| Ok(calls::version(&present)?))
        .unwrap_or(0);
    let newest = calls::version(&connection)?;
    // Versions grow slower than milliseconds pass, so the present time is above every version that was sent.
    let next = now.ms().max(newest).max(present);
    let transaction = connection.transaction()?;
    settings::add_lost(
        &transaction,
        LostVersions {
            after: newest,
            until: next,
        },
    )?;
    calls::set_version(&transaction, next)?;
    transaction.commit()?;
    Ok(contents)
}

/// Renames the present database and its log; none if there is none.
fn set_aside(place: &Path, now: Time) -> Result<Option<PathBuf>, LedgerError> {
    if !exists(place)? {
        return Ok(None);
    }
    if let Ok(connection) = open_as_is(place) {
        // An undamaged database is checkpointed, so that one file contains everything.
        let _ = super::move_log(&connection);
    }
    let when = chrono::DateTime::from_timestamp_millis(now.ms())
        .unwrap_or_default()
        .format("%Y%m%dT%H%M%S%3fZ");
    let aside = beside(place, &format!(".before-restore-{when}"));
    // By a hard link if the file system has them, so that the first name always exists.
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
