-- Lines of the statistics that could not be read, put aside so that calls near them can be stored; nothing reads them by itself.
CREATE TABLE statistics_lines_aside (
    id TEXT PRIMARY KEY,
    line BLOB NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Until when lines are known: an event of a call that began before may find its line here.
CREATE INDEX statistics_lines_by_start ON statistics_lines (started_at);
