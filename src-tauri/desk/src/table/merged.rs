//! Contacts that were merged into another: each merge can be taken back, and a file that is read again does not bring back
//! who was merged.

use crate::error::DeskError;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) const STEP_1: &str = "
    CREATE TABLE merge (
        id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        into_id INTEGER NOT NULL,
        before  TEXT    NOT NULL            -- JSON of all the contacts as they were
    ) STRICT;

    CREATE TABLE merged (
        source      TEXT    NOT NULL,
        external_id TEXT    NOT NULL,
        merge_id    INTEGER NOT NULL REFERENCES merge (id) ON DELETE CASCADE,
        PRIMARY KEY (source, external_id)
    ) STRICT, WITHOUT ROWID;
";

/// Notes a merge; its id.
pub(crate) fn note(connection: &Connection, into: i64, before: &str) -> Result<i64, DeskError> {
    connection.execute(
        "INSERT INTO merge (into_id, before) VALUES (?1, ?2)",
        params![into, before],
    )?;
    Ok(connection.last_insert_rowid())
}

/// A contact of a source is in another one now.
pub(crate) fn add(connection: &Connection, merge: i64, source: &str, external_id: &str) -> Result<(), DeskError> {
    connection.execute(
        "INSERT OR REPLACE INTO merged (source, external_id, merge_id) VALUES (?1, ?2, ?3)",
        params![source, external_id, merge],
    )?;
    Ok(())
}

/// The contact into which others were merged, and what all of them were; forgets the merge.
pub(crate) fn take(connection: &Connection, merge: i64) -> Result<Option<(i64, String)>, DeskError> {
    Ok(connection
        .prepare_cached("DELETE FROM merge WHERE id = ?1 RETURNING into_id, before")?
        .query_row([merge], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// CROSS: of its own will SQLite goes through all contacts and looks each up among the holders, of whom there are mostly none.
/// An import asks this for every contact.
const IS_ONE: &str = "
    WITH RECURSIVE holder (id) AS (
        SELECT g.into_id FROM merged m JOIN merge g ON g.id = m.merge_id
        WHERE m.source = ?1 AND m.external_id = ?2
        UNION
        SELECT g.into_id FROM holder h, merge g, json_each(g.before) b
        WHERE h.id NOT IN (SELECT id FROM contact) AND b.value ->> '$.draft.id' = h.id)
    SELECT 1 FROM holder CROSS JOIN contact c ON c.id = holder.id";

/// Whether this contact of a source is in another one, which is still there, itself or within one that it was merged into
/// in its turn.
pub(crate) fn is_one(connection: &Connection, source: &str, external_id: &str) -> Result<bool, DeskError> {
    Ok(connection.prepare_cached(IS_ONE)?.exists([source, external_id])?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{IS_ONE, STEP_1, is_one};
    use rusqlite::{Connection, StatementStatus};

    #[test]
    fn who_was_not_merged_is_not_looked_for_among_all_contacts() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEP_1).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE contact (id INTEGER NOT NULL PRIMARY KEY);
                 WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 5000)
                 INSERT INTO contact SELECT id FROM n;",
            )
            .unwrap();
        assert!(!is_one(&connection, "file", "1").unwrap(), "nobody was merged");
        let steps = connection
            .prepare_cached(IS_ONE)
            .unwrap()
            .get_status(StatementStatus::VmStep);
        assert!((1..500).contains(&steps), "{steps} steps for 5,000 contacts");
    }
}
