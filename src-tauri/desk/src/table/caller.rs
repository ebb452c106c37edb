//! Callers: one row for each number that calls were made with. Search looks here first, and then for their calls.

use crate::error::DeskError;
use crate::key::line_of;
use crate::text;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Two blanks follow each text, so that every letter and pair of letters begins a trigram.
pub(super) const STEP_1: &str = "
    CREATE TABLE caller (
        id      INTEGER NOT NULL PRIMARY KEY,
        key     TEXT    NOT NULL UNIQUE,    -- of the number; '?' and a name where there is none
        line    TEXT    NOT NULL,           -- the key without its extension
        digits  TEXT    NOT NULL,           -- for search
        names   TEXT    NOT NULL,           -- that the PBX told, folded
        search  TEXT    NOT NULL,           -- names, and the contacts that have the line
        unknown INTEGER NOT NULL,           -- a number of no contact
        last_ms INTEGER NOT NULL            -- no call began later
    ) STRICT;
    CREATE INDEX caller_by_line ON caller (line, key);
    CREATE INDEX caller_unknown ON caller (last_ms) WHERE unknown = 1;

    CREATE VIRTUAL TABLE caller_fts USING fts5 (
        digits, search, content = 'caller', content_rowid = 'id', tokenize = 'trigram'
    );
    CREATE VIRTUAL TABLE caller_fts_terms USING fts5vocab (caller_fts, 'row');
    CREATE TRIGGER caller_put AFTER INSERT ON caller BEGIN
        INSERT INTO caller_fts (rowid, digits, search) VALUES (new.id, new.digits, new.search);
    END;
    CREATE TRIGGER caller_changed AFTER UPDATE OF search ON caller WHEN old.search <> new.search BEGIN
        INSERT INTO caller_fts (caller_fts, rowid, digits, search)
            VALUES ('delete', old.id, old.digits, old.search);
        INSERT INTO caller_fts (rowid, digits, search) VALUES (new.id, new.digits, new.search);
    END;
    CREATE TRIGGER caller_gone AFTER DELETE ON caller BEGIN
        INSERT INTO caller_fts (caller_fts, rowid, digits, search)
            VALUES ('delete', old.id, old.digits, old.search);
    END;
";

/// Longest names of one caller together, bytes: a caller chooses what the PBX tells.
const MAX_NAMES_BYTES: usize = 500;

/// What a call tells of its caller.
pub(crate) struct Told<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) digits: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) started_ms: i64,
}

/// The caller's id, and whether it is a new one, whose contacts are not in its search text yet.
pub(crate) fn note(connection: &Connection, told: &Told<'_>) -> Result<(i64, bool), DeskError> {
    let name = text::fold(told.name.unwrap_or_default());
    let key = told.key.map_or_else(|| format!("?{name}"), str::to_owned);
    let known: Option<(i64, String, String, i64)> = connection
        .prepare_cached("SELECT id, names, search, last_ms FROM caller WHERE key = ?1")?
        .query_row([&key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((id, names, search, last_ms)) = known else {
        connection
            .prepare_cached(
                "INSERT INTO caller (key, line, digits, names, search, unknown, last_ms)
                 VALUES (?1, ?2, ?3 || '  ', ?4, ?4 || '  ', ?5, ?6)",
            )?
            .execute(params![
                key,
                line_of(&key),
                told.digits,
                name,
                told.key.is_some(),
                told.started_ms
            ])?;
        return Ok((connection.last_insert_rowid(), true));
    };
    if told.started_ms > last_ms {
        connection
            .prepare_cached("UPDATE caller SET last_ms = ?2 WHERE id = ?1")?
            .execute([id, told.started_ms])?;
    }
    let new = !name.is_empty() && !names.lines().any(|line| line == name);
    if new && names.len() + name.len() < MAX_NAMES_BYTES {
        let (names, search) = (format!("{name}\n{names}"), format!("{name}\n{search}"));
        connection
            .prepare_cached("UPDATE caller SET names = ?2, search = ?3 WHERE id = ?1")?
            .execute(params![id, names, search])?;
    }
    Ok((id, false))
}

/// Writes anew what the callers of a line are found by: `contacts` are the search texts of those that have it.
pub(crate) fn index(connection: &Connection, line: &str, contacts: &[String]) -> Result<(), DeskError> {
    connection
        .prepare_cached(
            "UPDATE caller SET search = names || char(10) || ?2 || '  ', unknown = ?3
             WHERE line = ?1 AND key NOT GLOB '[?]*'",
        )?
        .execute(params![line, contacts.join("\n"), contacts.is_empty()])?;
    Ok(())
}

/// The caller of a number.
pub(crate) fn of_key(connection: &Connection, key: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT id FROM caller WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// The keys of a line that calls were made with.
pub(crate) fn keys_of_line(connection: &Connection, line: &str) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare_cached("SELECT key FROM caller WHERE line = ?1")?;
    let keys = statement.query_map([line], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The keys of those of these callers who are in no contact and whose column holds all needles, the latest first.
pub(crate) fn without_contact(
    connection: &Connection,
    column: &str,
    ids: &[i64],
    needles: &[String],
    limit: usize,
) -> Result<Vec<String>, DeskError> {
    let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let holds = vec![format!("instr({column}, ?) > 0"); needles.len()].join(" AND ");
    // Not kept: what was found is part of the statement.
    let mut statement = connection.prepare(&format!(
        "SELECT key FROM caller WHERE id IN ({ids}) AND unknown = 1 AND {holds} ORDER BY last_ms DESC LIMIT {limit}"
    ))?;
    let keys = statement.query_map(params_from_iter(needles), |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}
