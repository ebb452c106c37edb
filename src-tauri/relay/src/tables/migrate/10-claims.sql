-- Who undertakes to call a number back; what is over stays until the next one.
CREATE TABLE claims (
    number TEXT PRIMARY KEY,
    abonent TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
