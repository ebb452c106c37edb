-- The version of a call under way changes with every event. In an index of its own, which is as small as there are
-- calls under way, that writes one page for all abonents; in one index for all views it would be a page for each abonent.
DROP INDEX call_abonents_by_version;
CREATE INDEX call_abonents_over ON call_abonents (abonent, version) WHERE outcome NOT IN ('ringing', 'talking');
CREATE INDEX call_abonents_under_way ON call_abonents (abonent, version) WHERE outcome IN ('ringing', 'talking');
