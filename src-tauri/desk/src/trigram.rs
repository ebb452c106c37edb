//! Substrings by an FTS5 index of trigrams, which needs three letters: for fewer, the trigrams that begin with them.

use crate::error::DeskError;
use rusqlite::{Connection, params_from_iter};

/// More rows than these are not looked up one by one.
const MAX_FOUND: usize = 2_000;
/// More trigrams than these mean that the letters are everywhere. To list a trigram, FTS5 reads all that it has of it.
const MAX_TERMS: usize = 20;

/// Rows that may contain all needles.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// At most 2,000 of them.
    These(Vec<i64>),
    /// So many that a walk through the table in its order meets them soon.
    Many,
}

/// Looks in `fts`, which has its terms in `{fts}_terms` and two blanks behind each text, for folded needles. What is found
/// is still to be compared: of several needles the short ones are left out.
pub(crate) fn find(
    connection: &Connection,
    fts: &str,
    column: Option<&str>,
    needles: &[String],
) -> Result<Found, DeskError> {
    let long: Vec<&String> = needles.iter().filter(|needle| needle.chars().count() >= 3).collect();
    let expression = if long.is_empty() {
        let Some(needle) = needles.iter().max_by_key(|needle| needle.chars().count()) else {
            return Ok(Found::Many);
        };
        let terms = terms(connection, fts, needle)?;
        if terms.is_empty() {
            return Ok(Found::These(Vec::new()));
        }
        if terms.len() > MAX_TERMS {
            return Ok(Found::Many);
        }
        terms.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" OR ")
    } else {
        long.iter()
            .map(|needle| quoted(needle))
            .collect::<Vec<_>>()
            .join(" AND ")
    };
    let expression = match column {
        Some(column) => format!("{column} : ({expression})"),
        None => expression,
    };
    matching(connection, fts, &expression)
}

/// Rows of an FTS5 table that match the expression.
pub(crate) fn matching(connection: &Connection, fts: &str, expression: &str) -> Result<Found, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT rowid FROM {fts} WHERE {fts} MATCH ?1 LIMIT {}",
        MAX_FOUND + 1
    ))?;
    let ids = statement
        .query_map([expression], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    Ok(if ids.len() > MAX_FOUND {
        Found::Many
    } else {
        Found::These(ids)
    })
}

fn terms(connection: &Connection, fts: &str, needle: &str) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT term FROM {fts}_terms WHERE term >= ?1 AND term < ?2 LIMIT {}",
        MAX_TERMS + 1
    ))?;
    let end = format!("{needle}{}", char::MAX);
    let terms = statement.query_map(params_from_iter([needle, &end]), |row| row.get(0))?;
    Ok(terms.collect::<Result<_, _>>()?)
}

/// A string of FTS5: nothing in it is syntax.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
