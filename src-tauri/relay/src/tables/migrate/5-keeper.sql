-- What the subscription keeper must remember.

-- Abonents whose events are not wanted, where each has a subscription of his own.
CREATE TABLE subscriptions_off (
    abonent TEXT PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
