//! The list of contacts, by name. What few have is looked up; what most have is met soon by a walk in the order of names.

use super::ContactRow;
use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::table::contact::ContactKind;
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

impl Desk {
    /// Contacts whose name, company or e-mail begin with the query's words or whose numbers contain its digits, by
    /// name, those first whose name begins with the first word; all of them for an empty query.
    pub fn contacts(&self, query: &str, offset: u32, limit: u32) -> Result<Vec<ContactRow>, DeskError> {
        self.db.read(|c| read(c, query, offset, limit))
    }

    /// The same for a view of which only the newest question counts: an older one ends with
    /// [`DeskError::Overtaken`].
    pub fn newest_contacts(
        &self,
        view: View,
        query: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<ContactRow>, DeskError> {
        self.db.read_newest(view, |c| read(c, query, offset, limit))
    }
}

fn read(connection: &Connection, query: &str, offset: u32, limit: u32) -> Result<Vec<ContactRow>, DeskError> {
    let query = Query::of(query);
    let page = (limit.min(MAX_PAGE_ROWS), offset);
    let (condition, given): (String, Vec<Value>) = match (found(connection, &query)?, &query) {
        (Found::These(ids), _) => {
            let places = vec!["?"; ids.len()].join(", ");
            (
                format!("c.id IN ({places})"),
                ids.into_iter().map(Value::from).collect(),
            )
        }
        (Found::Many, Query::All) => ("true".to_owned(), Vec::new()),
        (Found::Many, Query::Digits(digits)) => ("instr(c.digits, ?) > 0".to_owned(), vec![digits.clone().into()]),
        (Found::Many, Query::Words(words)) => {
            let conditions = vec!["instr(c.search, ?) > 0"; words.len()].join(" AND ");
            // A word begins behind a blank.
            (conditions, words.iter().map(|word| format!(" {word}").into()).collect())
        }
    };
    let Query::Words(words) = &query else {
        return rows(connection, &condition, given, page);
    };
    // Names that begin with the first word come first, from their place in the order: at its end the walk is long.
    let begins = "c.name_sort >= ? AND c.name_sort < ?";
    let range = words
        .first()
        .map(|word| [word.clone().into(), format!("{word}{}", char::MAX).into()]);
    let range: Vec<Value> = range.into_iter().flatten().collect();
    let both = || range.iter().cloned().chain(given.iter().cloned()).collect::<Vec<_>>();
    let beginning = format!("{begins} AND {condition}");
    let mut found = rows(connection, &beginning, both(), page)?;
    if found.len() < page.0 as usize {
        let all: u32 = connection
            .prepare(&format!("SELECT count(*) FROM contact c WHERE {beginning}"))?
            .query_row(params_from_iter(both()), |row| row.get(0))?;
        let rest = (page.0 - found.len() as u32, offset.saturating_sub(all));
        found.extend(rows(
            connection,
            &format!("NOT ({begins}) AND {condition}"),
            both(),
            rest,
        )?);
    }
    Ok(found)
}

/// At most so many contacts of which the condition holds, by name, after so many others.
fn rows(
    connection: &Connection,
    condition: &str,
    given: Vec<Value>,
    (limit, offset): (u32, u32),
) -> Result<Vec<ContactRow>, DeskError> {
    let page = [Value::from(i64::from(limit)), Value::from(i64::from(offset))];
    // Not kept: what was found is part of the statement.
    let mut statement = connection.prepare(&format!(
        "SELECT c.id, c.kind, c.name, c.company,
                (SELECT n.display FROM contact_number n WHERE n.contact_id = c.id ORDER BY n.position LIMIT 1)
         FROM contact c WHERE {condition} ORDER BY c.name_sort, c.id LIMIT ? OFFSET ?"
    ))?;
    let rows = statement.query_map(params_from_iter(given.into_iter().chain(page)), |row| {
        Ok(ContactRow {
            id: row.get(0)?,
            kind: ContactKind::of(&row.get::<_, String>(1)?),
            name: row.get(2)?,
            company: row.get(3)?,
            number: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn found(connection: &Connection, query: &Query) -> Result<Found, DeskError> {
    match query {
        Query::All => Ok(Found::Many),
        Query::Digits(digits) => by_digits(connection, digits),
        Query::Words(words) => by_words(connection, words),
    }
}

/// The trigrams of several numbers of a contact may make up the digits: they are compared.
fn by_digits(connection: &Connection, digits: &str) -> Result<Found, DeskError> {
    let needles = [digits.to_owned()];
    let Found::These(mut ids) = trigram::find(connection, "contact_digits", None, &needles)? else {
        return Ok(Found::Many);
    };
    let mut has = connection.prepare_cached("SELECT 1 FROM contact WHERE id = ?1 AND instr(digits, ?2) > 0")?;
    let mut failed = None;
    ids.retain(|id| {
        has.exists((id, digits)).unwrap_or_else(|error| {
            failed = Some(error);
            false
        })
    });
    failed.map_or(Ok(Found::These(ids)), |error| Err(error.into()))
}

fn by_words(connection: &Connection, words: &[String]) -> Result<Found, DeskError> {
    let expression = words
        .iter()
        .map(|word| format!("\"{word}\" *"))
        .collect::<Vec<_>>()
        .join(" AND ");
    trigram::matching(connection, "contact_fts", &expression)
}
