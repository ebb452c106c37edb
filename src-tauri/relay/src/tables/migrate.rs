//! The schema in steps. `PRAGMA user_version` counts the completed steps.

use super::{LedgerError, copy};
use rusqlite::Connection;
use std::path::Path;

/// Step `n` brings the schema from version `n` to `n + 1`. A released step is never edited.
const STEPS: &[&str] = &[
    FIRST,
    include_str!("migrate/2-import.sql"),
    include_str!("migrate/3-journal.sql"),
    include_str!("migrate/4-people.sql"),
    include_str!("migrate/5-keeper.sql"),
    include_str!("migrate/6-entries.sql"),
    include_str!("migrate/7-lists.sql"),
    include_str!("migrate/8-settings.sql"),
    include_str!("migrate/9-views.sql"),
    include_str!("migrate/10-claims.sql"),
    include_str!("migrate/11-filed.sql"),
];

/// The schema version that this program writes.
pub(crate) const CURRENT: i64 = STEPS.len() as i64;

const FIRST: &str = r"
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    event_id BLOB,
    subscription_id TEXT,
    sequence INTEGER,
    target TEXT,
    kind TEXT NOT NULL,
    call_key TEXT,
    error TEXT,
    raw BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX events_unreadable ON events (seq) WHERE error IS NOT NULL;

CREATE TABLE calls (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    started_at INTEGER,
    direction TEXT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT,
    due_at INTEGER,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_version ON calls (version);
CREATE INDEX calls_due ON calls (due_at) WHERE due_at IS NOT NULL;

-- The view of each abonent who may know of a call, for his feed and his journal. By call first: the calls of one
-- moment lie together, where by abonent first each would be a page of its own to write.
CREATE TABLE call_abonents (
    abonent TEXT NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    direction TEXT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT,
    PRIMARY KEY (call, abonent)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_abonents_by_version ON call_abonents (abonent, version);

CREATE TABLE requests (
    abonent TEXT NOT NULL,
    key TEXT NOT NULL,
    number TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('placing', 'placed', 'failed', 'unknown')),
    tracking_id TEXT,
    call_id TEXT,
    error TEXT,
    asked_at INTEGER NOT NULL,
    answered_at INTEGER,
    PRIMARY KEY (abonent, key)
) STRICT;

CREATE TABLE exchanges (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER,
    ms INTEGER NOT NULL,
    error TEXT
) STRICT;

CREATE TABLE abonents (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    phone TEXT,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    department TEXT,
    extension TEXT,
    gone_at INTEGER
) STRICT;

CREATE TABLE numbers (
    id TEXT PRIMARY KEY,
    phone TEXT NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    target_type TEXT NOT NULL,
    abonent TEXT,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    granted_s INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    renewed_by TEXT,
    ended_at INTEGER,
    end_reason TEXT,
    last_event_at INTEGER,
    last_sequence INTEGER
) STRICT;
CREATE INDEX subscriptions_active ON subscriptions (made_at) WHERE ended_at IS NULL;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
    abonent TEXT,
    key_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    CHECK (role = 'admin' OR abonent IS NOT NULL)
) STRICT;

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The growing version of calls. A row of its own: it must never go back, even if calls are deleted one day.
CREATE TABLE counter (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0);
";

/// Updates the database to [`CURRENT`], one transaction per step. Refuses a database of a newer program. Before the
/// first step on a database that is older and not empty, the database is copied (`file`: its path; none: there is a
/// copy already).
pub(crate) fn migrate(connection: &mut Connection, file: Option<&Path>) -> Result<(), LedgerError> {
    let mut copied = file.is_none();
    loop {
        // The lock is taken before reading the version: two programs that start together must not run one step twice.
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > CURRENT {
            return Err(LedgerError::Newer { found, known: CURRENT });
        }
        let Some(step) = usize::try_from(found).ok().and_then(|n| STEPS.get(n)) else {
            return Ok(());
        };
        if let (1.., false, Some(file)) = (found, copied, file) {
            // No other connection writes meanwhile: this transaction holds the lock.
            copy::before_migration(file, found)?;
        }
        // A database that was empty needs no copies between its first steps.
        copied = true;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CURRENT, FIRST};
    use crate::tables::{LedgerError, backup, copy, open, path};
    use perezvon_core::Time;
    use rusqlite::Connection;
    use std::path::{Path, PathBuf};
    use tempfile::TempDir;

    /// A ledger of the first release, with rows in it.
    fn first_release() -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let file = path(dir.path());
        let connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.execute_batch(FIRST).unwrap();
        connection
            .execute_batch(
                "INSERT INTO events (received_at, kind, raw) VALUES (1, 'CallReceivedEvent', x'3c61');
                 INSERT INTO users (id, name, role, key_hash, created_at) VALUES ('u1', 'Admin', 'admin', x'00', 1);
                 INSERT INTO subscriptions (id, target_type, kind, url, granted_s, made_at)
                     VALUES ('s1', 'GROUP', 'ADVANCED_CALL', 'http://relay.example.ru', 60, 1);
                 INSERT INTO exchanges (at, method, path, ms) VALUES (1, 'GET', 'abonents', 5);
                 INSERT INTO abonents (id, login) VALUES ('9000000001@mpbx.sip.beeline.ru', 'a');
                 UPDATE counter SET version = 7; PRAGMA user_version = 1;",
            )
            .unwrap();
        (dir, file)
    }

    fn number(file: &Path, sql: &str) -> i64 {
        Connection::open(file)
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn an_older_ledger_is_copied_first_and_keeps_its_rows() {
        let (dir, file) = first_release();
        drop(open(dir.path()).unwrap());
        let copy = copy::older(&file, 1);
        for (what, file, version) in [("migrated", &file, CURRENT), ("the copy", &copy, 1)] {
            assert_eq!(number(file, "PRAGMA user_version"), version, "{what}: its version");
            for table in ["events", "users", "subscriptions", "exchanges", "abonents"] {
                let rows = number(file, &format!("SELECT count(*) FROM {table}"));
                assert_eq!(rows, 1, "{what}: rows of {table}");
            }
            assert_eq!(number(file, "SELECT version FROM counter"), 7, "{what}: the counter");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "for the owner only");
        }
        let fresh = tempfile::tempdir().unwrap();
        drop(open(fresh.path()).unwrap());
        assert!(
            !copy::older(&path(fresh.path()), 1).exists(),
            "a new ledger needs no copy"
        );
    }

    #[test]
    fn a_backup_of_an_older_ledger_is_restored_and_brought_up_to_date() {
        let (_old, file) = first_release();
        let dir = tempfile::tempdir().unwrap();
        let restored = backup::restore(dir.path(), &file, Time::from_ms(1_800_000_000_000)).unwrap();
        assert_eq!(
            (restored.contents.schema, restored.aside),
            (1, None),
            "what the backup was"
        );
        let place = path(dir.path());
        assert_eq!(number(&place, "PRAGMA user_version"), CURRENT, "it is current");
        assert_eq!(number(&place, "SELECT count(*) FROM events"), 1, "with its rows");
        assert_eq!(number(&file, "PRAGMA user_version"), 1, "the backup stays as it was");
        drop(open(dir.path()).unwrap());
    }

    #[test]
    fn the_last_two_copies_are_kept() {
        let (dir, file) = first_release();
        for version in [-3, -2, 0] {
            std::fs::write(copy::older(&file, version), "an earlier copy").unwrap();
        }
        drop(open(dir.path()).unwrap());
        let kept: Vec<bool> = [-3, -2, 0, 1].map(|v| copy::older(&file, v).exists()).to_vec();
        assert_eq!(kept, [false, false, true, true], "the newest two");
    }

    #[test]
    fn without_a_copy_nothing_is_migrated() {
        let (dir, file) = first_release();
        // A directory at the copy's path stands for any reason why it cannot be written.
        std::fs::create_dir_all(copy::older(&file, 1).join("in the way")).unwrap();
        let error = open(dir.path()).unwrap_err();
        assert!(matches!(error, LedgerError::Directory { .. }), "{error}");
        assert_eq!(number(&file, "PRAGMA user_version"), 1, "it is as it was");
        let left = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert!(
            !left.into_iter().any(|name| name.to_string_lossy().ends_with(".part")),
            "no half copy is left"
        );
    }

    #[test]
    fn a_newer_ledger_is_refused_and_not_copied() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()).unwrap());
        let file = path(dir.path());
        let connection = Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", CURRENT + 1).unwrap();
        drop(connection);
        let error = open(dir.path()).unwrap_err();
        assert!(matches!(error, LedgerError::Newer { .. }), "{error}");
        assert!(!copy::older(&file, CURRENT + 1).exists(), "it was not touched");
    }
}
