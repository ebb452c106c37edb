-- How many entries have been applied: the place in the log of changes.
ALTER TABLE counter ADD COLUMN entries INTEGER NOT NULL DEFAULT 0;
