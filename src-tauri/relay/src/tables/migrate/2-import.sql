-- What the importer has read: where it stands, and which recordings and statistics lines there are.
CREATE TABLE recordings (
    id TEXT PRIMARY KEY,
    tracking_id TEXT,
    abonent TEXT NOT NULL,
    call_key TEXT,
    number TEXT,
    direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
    started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    size INTEGER,
    state TEXT NOT NULL CHECK (state IN ('ready', 'gone')),
    seen_at INTEGER NOT NULL,
    gone_at INTEGER
) STRICT;
CREATE INDEX recordings_by_start ON recordings (started_at, id);
CREATE INDEX recordings_by_abonent ON recordings (abonent, started_at, id);
CREATE INDEX recordings_by_call ON recordings (call_key) WHERE call_key IS NOT NULL;

-- Lines of the statistics, by what tells one from another: abonent, direction, start. The call has the line itself.
CREATE TABLE statistics_lines (
    id TEXT PRIMARY KEY,
    abonent TEXT NOT NULL,
    number TEXT,
    started_at INTEGER NOT NULL,
    call_key TEXT NOT NULL,
    line TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX statistics_lines_by_abonent ON statistics_lines (abonent, started_at);
CREATE INDEX statistics_lines_by_number ON statistics_lines (number, started_at) WHERE number IS NOT NULL;

-- How far each list of the PBX has been read, written in the transaction that stores what was read.
CREATE TABLE import (
    what TEXT PRIMARY KEY CHECK (what IN ('records', 'statistics')),
    cursor TEXT,
    until INTEGER,
    read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- To find the call of a line: by abonent, and by the other side's number.
ALTER TABLE call_abonents ADD COLUMN started_at INTEGER;
-- His part turned out to be another call's: he is told once more, so that his desk drops it.
ALTER TABLE call_abonents ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX call_abonents_by_start ON call_abonents (abonent, started_at);
CREATE INDEX calls_by_number ON calls (number, started_at) WHERE number IS NOT NULL;

-- A call made from lines alone that turned out to be another one; it is told once more, so that the desks drop it.
ALTER TABLE calls ADD COLUMN superseded_by TEXT;

-- Since when the call waits for lines or a recording.
ALTER TABLE calls ADD COLUMN awaits INTEGER;
CREATE INDEX calls_awaiting ON calls (awaits) WHERE awaits IS NOT NULL;
