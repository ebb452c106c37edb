-- Join codes and the audit of what people did.

-- Append-only: the triggers below see to it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who_id TEXT,
    who_name TEXT NOT NULL,
    who_role TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT,
    detail TEXT
) STRICT;
CREATE INDEX audit_by_what ON audit (what, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- A used code stays until it would have expired (and a day more), so that the second one to type it is told why.
CREATE TABLE join_codes (
    id TEXT PRIMARY KEY,
    code_hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'user')),
    abonent TEXT,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_by_id TEXT,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CHECK (role = 'admin' OR abonent IS NOT NULL)
) STRICT;

-- Whether the abonent's calls are recorded, as the PBX last said, and who switched it through this relay.
ALTER TABLE abonents ADD COLUMN recording TEXT CHECK (recording IN ('on', 'off'));
ALTER TABLE abonents ADD COLUMN recording_read_at INTEGER;
ALTER TABLE abonents ADD COLUMN recording_changed_at INTEGER;
ALTER TABLE abonents ADD COLUMN recording_changed_by TEXT;
