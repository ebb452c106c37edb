-- Search and retention of the event journal and of the requests to the PBX.
CREATE INDEX events_by_call ON events (call_key, seq) WHERE call_key IS NOT NULL;
-- Further calls of the events that speak of several (transfers); `events.call_key` is the first.
CREATE TABLE event_calls (
    event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    call_key TEXT NOT NULL,
    PRIMARY KEY (event, call_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_calls_by_call ON event_calls (call_key);
-- Events come in the order of time, so this index grows at its end.
CREATE INDEX events_by_time ON events (received_at);

-- What a request to the PBX was for: `keeper`, `call:KEY`.
ALTER TABLE exchanges ADD COLUMN correlation TEXT;
CREATE INDEX exchanges_by_time ON exchanges (at);
CREATE INDEX exchanges_failed ON exchanges (seq) WHERE error IS NOT NULL;

-- Retention of calls.
CREATE INDEX calls_by_start ON calls (started_at);
CREATE INDEX requests_by_time ON requests (asked_at);

-- Rows of calls that could not be read, put aside so that the others can be served; nothing reads them by itself.
CREATE TABLE calls_aside (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- What the body is packed against; NULL: it lies as posted.
ALTER TABLE events ADD COLUMN dictionary INTEGER;
