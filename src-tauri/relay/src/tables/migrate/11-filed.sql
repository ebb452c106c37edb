-- An index that begins with the abonent has a page for each abonent, and a commit wrote one of each for almost every call. A
-- view enters these indexes when it is filed, some hundred together; until then the third index finds it.
ALTER TABLE call_abonents ADD COLUMN filed INTEGER NOT NULL DEFAULT 1;
DROP INDEX call_abonents_over;
DROP INDEX call_abonents_under_way;
DROP INDEX call_abonents_by_start;
UPDATE call_abonents SET filed = 0 WHERE outcome IN ('ringing', 'talking');
CREATE INDEX call_abonents_by_version ON call_abonents (abonent, version) WHERE filed = 1;
CREATE INDEX call_abonents_by_start ON call_abonents (abonent, started_at) WHERE filed = 1;
CREATE INDEX call_abonents_unfiled ON call_abonents (version) WHERE filed = 0;
