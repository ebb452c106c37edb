//! How an older `desk.db` becomes a current one: one transaction per step, the step's number in `user_version`. Steps are
//! never changed, only added.

use super::Schema;
use super::copy::copy;
use crate::error::DeskError;
use rusqlite::Connection;
use std::path::Path;

/// The file can be read and is not of a newer program. Changes nothing.
pub(super) fn check(connection: &Connection, path: &Path, schema: &Schema) -> Result<(), DeskError> {
    let found = version(connection)?;
    let known = schema.steps.len() as i64;
    if found > known {
        return Err(DeskError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

/// Runs the steps that the file lacks. What only an older program's file has is copied first, to `desk.db.v{N}.bak`.
pub(super) fn run(connection: &mut Connection, path: &Path, schema: &Schema) -> Result<(), DeskError> {
    let done = version(connection)?;
    if (1..schema.steps.len() as i64).contains(&done) {
        copy(connection, path, done, schema.lasting)?;
    }
    for (at, step) in (1_i64..).zip(schema.steps) {
        if at > done {
            let tx = connection.transaction()?;
            for part in *step {
                tx.execute_batch(part)?;
            }
            tx.pragma_update(None, "user_version", at)?;
            tx.commit()?;
        }
    }
    Ok(())
}

/// Reads the beginning of every table, so that gross damage is told at the start and not at the first call.
pub(super) fn probe(connection: &Connection) -> Result<(), DeskError> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")?;
    for table in tables.query_map([], |row| row.get::<_, String>(0))? {
        // The names are the program's own.
        let mut statement = connection.prepare(&format!("SELECT 1 FROM \"{}\" LIMIT 1", table?))?;
        let _ = statement.exists([])?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, DeskError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}
