-- Settings that could not be read, put aside when the settings were next stored; nothing reads them by itself. `key` is empty
-- where the whole could not be read.
CREATE TABLE settings_aside (
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (key, at)
) STRICT, WITHOUT ROWID;
