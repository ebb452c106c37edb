//! The list of contacts, by name. What few have is looked up; what most have is met soon by a walk in the order of names.

use super::{ContactRow, ContactsPage};
use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::table::contact::ContactKind;
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

impl Desk {
    /// Contacts whose name, company or e-mail begin with the query's words or whose numbers contain its digits, by
    /// name, those first whose name begins with the first word; all of them for an empty query. `cursor` is the last
    /// page's `next`.
    pub fn contacts(&self, query: &str, cursor: Option<&str>, limit: u32) -> Result<ContactsPage, DeskError> {
        self.db.read(|c| read(c, query, cursor, limit))
    }

    /// The same for a view of which only the newest question counts: an older one ends with
    /// [`DeskError::Overtaken`].
    pub fn newest_contacts(
        &self,
        view: View,
        query: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ContactsPage, DeskError> {
        self.db.read_newest(view, |c| read(c, query, cursor, limit))
    }
}

/// Where a contact stands in the list.
#[derive(Clone)]
struct Place {
    /// Among those whose name begins with the first word, which come first.
    begins: bool,
    id: i64,
    name_sort: String,
}

impl Place {
    fn of(cursor: &str) -> Option<Self> {
        let mut parts = cursor.splitn(3, ':');
        Some(Self {
            begins: parts.next()? == "1",
            id: parts.next()?.parse().ok()?,
            name_sort: parts.next()?.to_owned(),
        })
    }

    fn cursor(&self) -> String {
        format!("{}:{}:{}", u8::from(self.begins), self.id, self.name_sort)
    }
}

pub(super) fn read(
    connection: &Connection,
    query: &str,
    cursor: Option<&str>,
    limit: u32,
) -> Result<ContactsPage, DeskError> {
    let after = match cursor {
        Some(cursor) => Some(Place::of(cursor).ok_or(DeskError::NotFound)?),
        None => None,
    };
    let query = Query::of(query);
    let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
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
    let first_word = first_word(&query);
    let mut found = Vec::new();
    let mut rest = "true";
    let mut range = Vec::new();
    if let Some(word) = first_word {
        // Names that begin with the first word come first, from their place in the order: at its end the walk is long.
        let begins = "c.name_sort >= ? AND c.name_sort < ?";
        rest = "NOT (c.name_sort >= ? AND c.name_sort < ?)";
        range = vec![Value::from(word.clone()), format!("{word}{}", char::MAX).into()];
        if after.as_ref().is_none_or(|after| after.begins) {
            let given = [&range[..], &given[..]].concat();
            let condition = format!("{begins} AND {condition}");
            found = rows(connection, &condition, given, after.as_ref(), (limit + 1, true))?;
        }
    }
    if found.len() <= limit {
        let after = after.as_ref().filter(|after| !after.begins);
        let given = [&range[..], &given[..]].concat();
        let more = (limit + 1 - found.len(), false);
        found.extend(rows(
            connection,
            &format!("{rest} AND {condition}"),
            given,
            after,
            more,
        )?);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(ContactsPage {
        next: found.last().filter(|_| more).map(|(_, place)| place.cursor()),
        rows: found.into_iter().map(|(row, _)| row).collect(),
    })
}

/// The names that begin with it come first.
fn first_word(query: &Query) -> Option<&String> {
    match query {
        Query::Words(words) => words.first(),
        Query::All | Query::Digits(_) => None,
    }
}

/// Of these contacts those that there still are, in the order in which the query lists its own.
pub(super) fn in_order(connection: &Connection, query: &str, ids: &[i64]) -> Result<Vec<i64>, DeskError> {
    let query = Query::of(query);
    let first_word = first_word(&query);
    let mut statement = connection.prepare_cached("SELECT name_sort FROM contact WHERE id = ?1")?;
    let mut places: Vec<(bool, String, i64)> = Vec::new();
    for id in ids {
        let name: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        places.extend(name.map(|name| {
            let begins = first_word.is_some_and(|word| name.starts_with(word.as_str()));
            (!begins, name, *id)
        }));
    }
    places.sort_unstable();
    places.dedup();
    Ok(places.into_iter().map(|(_, _, id)| id).collect())
}

/// At most so many contacts of which the condition holds, by name, after this one.
fn rows(
    connection: &Connection,
    condition: &str,
    mut given: Vec<Value>,
    after: Option<&Place>,
    (limit, begins): (usize, bool),
) -> Result<Vec<(ContactRow, Place)>, DeskError> {
    let behind = match after {
        Some(after) => {
            given.extend([after.name_sort.clone().into(), after.id.into()]);
            " AND (c.name_sort, c.id) > (?, ?)"
        }
        None => "",
    };
    given.push((limit as i64).into());
    // Not kept: what was found is part of the statement.
    let mut statement = connection.prepare(&format!(
        "SELECT c.id, c.kind, c.name, c.company, n.display, c.name_sort, n.key
         FROM contact c LEFT JOIN contact_number n ON n.contact_id = c.id AND n.position =
              (SELECT min(position) FROM contact_number WHERE contact_id = c.id)
         WHERE {condition}{behind} ORDER BY c.name_sort, c.id LIMIT ?"
    ))?;
    let rows = statement.query_map(params_from_iter(given), |row| {
        let id = row.get(0)?;
        let place = Place {
            begins,
            id,
            name_sort: row.get(5)?,
        };
        let row = ContactRow {
            id,
            kind: ContactKind::of(&row.get::<_, String>(1)?),
            name: row.get(2)?,
            company: row.get(3)?,
            number: row.get(4)?,
            number_key: row.get(6)?,
        };
        Ok((row, place))
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
