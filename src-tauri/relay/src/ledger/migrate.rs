//! The schema, step by step. `PRAGMA user_version` counts the steps that were done.

use super::LedgerError;
use rusqlite::Connection;

/// Step `n` brings the schema from version `n` to `n + 1`. A released step is never edited.
const STEPS: &[&str] = &[
    FIRST,
    include_str!("migrate/2-import.sql"),
    include_str!("migrate/3-journal.sql"),
    include_str!("migrate/4-people.sql"),
    include_str!("migrate/5-keeper.sql"),
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
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    started_at INTEGER,
    direction TEXT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT,
    due_at INTEGER,
    state TEXT NOT NULL,
    UNIQUE (account, key)
) STRICT;
CREATE INDEX calls_by_version ON calls (version);
CREATE INDEX calls_due ON calls (due_at) WHERE due_at IS NOT NULL;

-- The view of each abonent who may know of a call, for his feed and his journal.
CREATE TABLE call_abonents (
    abonent TEXT NOT NULL,
    call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    direction TEXT NOT NULL,
    outcome TEXT NOT NULL,
    number TEXT,
    PRIMARY KEY (abonent, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_abonents_by_version ON call_abonents (abonent, version);
CREATE INDEX call_abonents_by_call ON call_abonents (call);

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

/// Brings the database to [`CURRENT`], one transaction per step. Refuses a database of a newer program.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    loop {
        // The lock comes before the look: two programs that start together must not run one step twice.
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > CURRENT {
            return Err(LedgerError::Newer { found, known: CURRENT });
        }
        let Some(step) = usize::try_from(found).ok().and_then(|n| STEPS.get(n)) else {
            return Ok(());
        };
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}
