//! Tables of `desk.db` and how an older file becomes a current one: one transaction per step, the step's number in
//! `user_version`. Steps are never changed, only added.

use crate::error::DeskError;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

const STEPS: &[&str] = &["
    CREATE TABLE setting (
        key   TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL                 -- JSON
    ) STRICT;

    -- One row: whose calls are mirrored, and how far.
    CREATE TABLE mirror (
        one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
        identity TEXT    NOT NULL,          -- relay and abonent
        cursor   INTEGER NOT NULL,          -- highest version taken
        synced   INTEGER NOT NULL           -- when the end of a backlog was first reached, epoch ms; 0: not yet
    ) STRICT;

    CREATE TABLE call (
        id          TEXT    NOT NULL PRIMARY KEY,
        version     INTEGER NOT NULL,
        incoming    INTEGER NOT NULL,
        missed      INTEGER NOT NULL,       -- the finding is missed (or the phone was off), and certain
        started_ms  INTEGER NOT NULL,
        talked_ms   INTEGER,                -- when a person answered, if one did
        number_key  TEXT,
        digits      TEXT    NOT NULL,       -- for search
        search      TEXT    NOT NULL,       -- the PBX's name, folded
        waiting     INTEGER NOT NULL DEFAULT 0, -- missed, and nobody has talked with this person since
        counted     INTEGER NOT NULL DEFAULT 0, -- belongs to the caller's missed toast
        away        INTEGER NOT NULL DEFAULT 0, -- learnt late: 1: the digest is still to tell it, 2: the open one tells it
        snapshot    TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX call_by_time ON call (started_ms DESC, id DESC);
    CREATE INDEX call_by_number ON call (number_key, started_ms DESC, id DESC);
    CREATE INDEX call_missed ON call (started_ms DESC, id DESC) WHERE missed = 1;
    CREATE INDEX call_missed_of ON call (number_key, started_ms) WHERE missed = 1;
    CREATE INDEX call_talked ON call (number_key, talked_ms) WHERE talked_ms IS NOT NULL;
    CREATE INDEX call_waiting ON call (number_key, started_ms, id) WHERE waiting = 1;
    CREATE INDEX call_away ON call (id) WHERE away > 0;

    CREATE TABLE document (
        id            INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 without gaps; rows are never deleted
        call_id       TEXT    NOT NULL UNIQUE,
        number_key    TEXT,
        registered_ms INTEGER NOT NULL,
        note          TEXT    NOT NULL DEFAULT '',
        noted_ms      INTEGER,
        snapshot      TEXT    NOT NULL      -- of the call, so that the document outlives the mirror
    ) STRICT;
    CREATE INDEX document_noted ON document (number_key, noted_ms) WHERE noted_ms IS NOT NULL;

    CREATE TABLE contact (
        id        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        kind      TEXT    NOT NULL,
        name      TEXT    NOT NULL,
        company   TEXT    NOT NULL DEFAULT '',
        email     TEXT    NOT NULL DEFAULT '',
        note      TEXT    NOT NULL DEFAULT '',
        name_sort TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX contact_by_name ON contact (name_sort, id);

    CREATE TABLE contact_number (
        contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
        position   INTEGER NOT NULL,
        key        TEXT    NOT NULL,
        display    TEXT    NOT NULL,
        label      TEXT    NOT NULL DEFAULT '',
        digits     TEXT    NOT NULL,
        PRIMARY KEY (contact_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX contact_number_by_key ON contact_number (key, contact_id);

    -- The text is folded in Rust: the tokenizer knows neither that 'ё' is looked for as 'е' nor NFC.
    CREATE VIRTUAL TABLE contact_fts USING fts5 (
        search, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3'
    );

    CREATE TABLE notification (
        id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        toast_key  TEXT    NOT NULL,
        kind       TEXT    NOT NULL,
        state      TEXT    NOT NULL CHECK (state IN ('prepared', 'shown', 'clicked', 'dismissed', 'expired')),
        open       INTEGER NOT NULL,        -- the toast may be on the screen
        seen       INTEGER NOT NULL,
        number_key TEXT,
        subject    TEXT    NOT NULL,        -- what it is about, JSON
        toast      TEXT    NOT NULL,        -- what was shown, JSON
        changed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX notification_open ON notification (toast_key) WHERE open = 1;
    CREATE INDEX notification_by_key ON notification (toast_key, id);
    CREATE INDEX notification_by_number ON notification (number_key, id) WHERE number_key IS NOT NULL;
    CREATE INDEX notification_unseen ON notification (id) WHERE seen = 0;
    ",
    // The extension is a part of a number's key; the line is the key without it.
    "
    ALTER TABLE contact_number ADD COLUMN number TEXT NOT NULL DEFAULT '';
    UPDATE contact_number SET number = key;
    DROP INDEX contact_number_by_key;
    CREATE INDEX contact_number_by_number ON contact_number (number, key, contact_id);

    -- The one contact whose number it is, of calls that wait; none where it is nobody's or of several.
    ALTER TABLE call ADD COLUMN person INTEGER;
    CREATE INDEX call_waiting_of ON call (person, started_ms, id) WHERE waiting = 1;
    "];

/// The file can be read and is not of a newer program. Changes nothing.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), DeskError> {
    let found = version(connection)?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(DeskError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

/// Runs the steps that the file lacks. A file of an older program is copied first, to `desk.db.v{N}.bak`.
pub(crate) fn run(connection: &mut Connection, path: &Path) -> Result<(), DeskError> {
    run_steps(connection, path, STEPS)
}

fn run_steps(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), DeskError> {
    let done = version(connection)?;
    if (1..steps.len() as i64).contains(&done) {
        copy(connection, path, done)?;
    }
    for (at, step) in (1_i64..).zip(steps) {
        if at > done {
            let tx = connection.transaction()?;
            tx.execute_batch(step)?;
            tx.pragma_update(None, "user_version", at)?;
            tx.commit()?;
        }
    }
    Ok(())
}

fn copy_of(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.bak"));
    name.into()
}

/// Copies the file as it is, readable for the owner only, and removes all but the newest two of such copies.
fn copy(connection: &Connection, path: &Path, version: i64) -> Result<(), DeskError> {
    let to = copy_of(path, version);
    let part = to.with_extension("part");
    let open = |error: std::io::Error| DeskError::Open {
        path: part.clone(),
        reason: error.to_string(),
    };
    let made = (|| {
        let mut options = std::fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(open)?;
        // SQLite takes an empty file for one that is not there, and so the file has its mode from the beginning.
        let name = part
            .to_str()
            .ok_or_else(|| open(std::io::ErrorKind::InvalidFilename.into()))?;
        connection
            .execute("VACUUM INTO ?1", [name])
            .map_err(|error| DeskError::from(error).at(&part))?;
        file.sync_all().map_err(open)?;
        std::fs::rename(&part, &to).map_err(open)
    })();
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    made?;
    for old in (1..version)
        .rev()
        .map(|v| copy_of(path, v))
        .filter(|old| old.exists())
        .skip(1)
    {
        // One copy too many harms nobody.
        let _ = std::fs::remove_file(old);
    }
    Ok(())
}

/// Reads the beginning of every table, so that gross damage is told at the start and not at the first call.
pub(crate) fn probe(connection: &Connection) -> Result<(), DeskError> {
    for table in [
        "setting",
        "mirror",
        "call",
        "document",
        "contact",
        "contact_number",
        "contact_fts",
        "notification",
    ] {
        let mut statement = connection.prepare(&format!("SELECT 1 FROM {table} LIMIT 1"))?;
        let _ = statement.exists([])?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, DeskError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{STEPS, copy_of, run, run_steps, version};
    use crate::error::DeskError;
    use rusqlite::Connection;
    use std::path::Path;

    fn notes(path: &Path) -> (i64, i64) {
        let connection = Connection::open(path).unwrap();
        let count = "SELECT count(*) FROM setting WHERE key = 'note'";
        let count = connection.query_row(count, [], |row| row.get(0)).unwrap();
        (version(&connection).unwrap(), count)
    }

    #[test]
    fn an_older_file_is_copied_before_a_step_changes_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desk.db");
        let mut connection = Connection::open(&path).unwrap();
        run(&mut connection, &path).unwrap();
        let now = STEPS.len() as i64;
        assert!(!copy_of(&path, now).exists(), "a new file needs no copy");
        connection
            .execute("INSERT INTO setting VALUES ('note', '1')", [])
            .unwrap();
        let forgets = [STEPS, &["DELETE FROM setting"]].concat();
        std::fs::create_dir(copy_of(&path, now).with_extension("part")).unwrap();
        let error = run_steps(&mut connection, &path, &forgets).unwrap_err();
        assert!(matches!(error, DeskError::Open { .. }), "{error}");
        assert_eq!(notes(&path), (now, 1), "without a copy nothing changes");
        std::fs::remove_dir(copy_of(&path, now).with_extension("part")).unwrap();
        run_steps(&mut connection, &path, &forgets).unwrap();
        assert_eq!(notes(&path), (now + 1, 0), "the step has run");
        assert_eq!(notes(&copy_of(&path, now)), (now, 1), "the copy is as it was before");
        let again = [forgets.as_slice(), &["SELECT 1", "SELECT 1"]].concat();
        run_steps(&mut connection, &path, &again[..again.len() - 1]).unwrap();
        run_steps(&mut connection, &path, &again).unwrap();
        let kept: Vec<bool> = (now..now + 3).map(|v| copy_of(&path, v).exists()).collect();
        assert_eq!(kept, [false, true, true], "the newest two are kept");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "and nothing else");
    }
}
