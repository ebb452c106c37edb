//! The list of contacts, by name. What few have is looked up; what most have is met soon by a walk in the order of names.

use super::{ContactRow, ContactsPage, MAX_LINE_CHARS};
use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::table::contact::ContactKind;
use crate::text::{self, Query};
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What to find in the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum ContactsAt {
    /// The first contact whose name begins so; where none does, the first behind it.
    Name(String),
    /// The contact with so many above it; beyond the end the last.
    Row(u32),
}

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactsPlace {
    /// How many contacts are above it.
    pub row: u32,
    /// How many there are in all.
    pub total: u32,
    /// Of a page that begins here; none at the top.
    pub cursor: Option<String>,
}

impl Desk {
    /// Contacts whose name, company or e-mail begin with the query's words or whose numbers contain its digits, by
    /// name, those first whose name begins with the first word; all of them for an empty query. `cursor` is the last
    /// page's `next`.
    pub fn contacts(&self, query: &str, cursor: Option<&str>, limit: u32) -> Result<ContactsPage, DeskError> {
        self.db.read(|c| read(c, query, (cursor, false), limit))
    }

    /// The same for a view of which only the newest question counts: an older one ends with
    /// [`DeskError::Overtaken`]. With `true` beside the cursor the page that ends there, which is read by its `next` from
    /// then on.
    pub fn newest_contacts(
        &self,
        view: View,
        query: &str,
        from: (Option<&str>, bool),
        limit: u32,
    ) -> Result<ContactsPage, DeskError> {
        self.db.read_newest(view, |c| read(c, query, from, limit))
    }

    /// Where in the list a name or a row is.
    pub fn contacts_place(&self, view: View, query: &str, at: &ContactsAt) -> Result<ContactsPlace, DeskError> {
        self.db.read_newest(view, |c| find(c, query, at))
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

/// A part of the list, which is by name within it: those whose name begins with the first word, and the others.
struct Part {
    condition: String,
    given: Vec<Value>,
    begins: bool,
}

fn parts(connection: &Connection, query: &Query) -> Result<Vec<Part>, DeskError> {
    let (condition, given): (String, Vec<Value>) = match (found(connection, query)?, query) {
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
    let Some(word) = first_word(query) else {
        return Ok(vec![Part {
            condition,
            given,
            begins: false,
        }]);
    };
    // Names that begin with the first word are read from their place in the order: at its end the walk is long.
    let given = [&beginning_with(word)[..], &given[..]].concat();
    Ok(vec![
        Part {
            condition: format!("{BEGINS} AND {condition}"),
            given: given.clone(),
            begins: true,
        },
        Part {
            condition: format!("NOT ({BEGINS}) AND {condition}"),
            given,
            begins: false,
        },
    ])
}

/// That the name of a contact `c` begins so.
const BEGINS: &str = "c.name_sort >= ? AND c.name_sort < ?";

fn beginning_with(word: &str) -> [Value; 2] {
    [word.to_owned().into(), format!("{word}{}", char::MAX).into()]
}

pub(super) fn read(
    connection: &Connection,
    query: &str,
    (cursor, back): (Option<&str>, bool),
    limit: u32,
) -> Result<ContactsPage, DeskError> {
    let from = match cursor {
        Some(cursor) => Some(Place::of(cursor).ok_or(DeskError::NotFound)?),
        None => None,
    };
    let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
    let mut parts = parts(connection, &Query::of(query))?;
    if back {
        parts.reverse();
    }
    let mut found = Vec::new();
    for part in &parts {
        // Parts before the cursor, or behind it, are of other pages.
        if found.len() > limit
            || from
                .as_ref()
                .is_some_and(|from| from.begins == back && from.begins != part.begins)
        {
            continue;
        }
        let from = from.as_ref().filter(|from| from.begins == part.begins);
        found.extend(rows(connection, part, (from, back), limit + 1 - found.len())?);
    }
    let more = found.len() > limit;
    // Of a page that ends at the cursor the one too many is the row above it, from which it would be read.
    let edge = if back { found.last() } else { found.get(limit - 1) };
    let next = edge.filter(|_| more).map(|(_, place)| place.cursor());
    found.truncate(limit);
    if back {
        found.reverse();
    }
    Ok(ContactsPage {
        next,
        rows: found.into_iter().map(|(row, _)| row).collect(),
    })
}

fn find(connection: &Connection, query: &str, at: &ContactsAt) -> Result<ContactsPlace, DeskError> {
    let parts = parts(connection, &Query::of(query))?;
    let counts = parts.iter().map(|part| count(connection, part, None));
    let counts = counts.collect::<Result<Vec<u32>, _>>()?;
    let total = counts.iter().sum::<u32>();
    let row = match at {
        ContactsAt::Row(row) => *row,
        ContactsAt::Name(name) => {
            let name: String = name.trim_start().chars().take(MAX_LINE_CHARS).collect();
            row_of_name(connection, &parts, &counts, &text::fold(&name))?
        }
    };
    let row = row.min(total.saturating_sub(1));
    let above = match row.checked_sub(1) {
        Some(above) => nth(connection, &parts, &counts, above)?,
        None => None,
    };
    Ok(ContactsPlace {
        row,
        total,
        cursor: above.map(|above| above.cursor()),
    })
}

/// How many contacts are above the first whose name begins so, in the first part that has one.
fn row_of_name(connection: &Connection, parts: &[Part], counts: &[u32], name: &str) -> Result<u32, DeskError> {
    let (mut above, mut row) = (0, 0);
    for (part, number) in parts.iter().zip(counts) {
        row = above + count(connection, part, Some(name))?;
        let has = format!("SELECT 1 FROM contact c WHERE {} AND {BEGINS} LIMIT 1", part.condition);
        let given = [&part.given[..], &beginning_with(name)[..]].concat();
        if connection.prepare(&has)?.exists(params_from_iter(given))? {
            break;
        }
        above += number;
    }
    Ok(row)
}

/// How many contacts a part has, or has before this name.
fn count(connection: &Connection, part: &Part, before: Option<&str>) -> Result<u32, DeskError> {
    let mut given = part.given.clone();
    let ahead = match before {
        Some(name) => {
            given.push(name.to_owned().into());
            " AND c.name_sort < ?"
        }
        None => "",
    };
    let mut statement = connection.prepare(&format!(
        "SELECT count(*) FROM contact c WHERE {}{ahead}",
        part.condition
    ))?;
    Ok(statement.query_row(params_from_iter(given), |row| row.get(0))?)
}

/// Where the contact with so many above it stands.
fn nth(connection: &Connection, parts: &[Part], counts: &[u32], mut row: u32) -> Result<Option<Place>, DeskError> {
    for (part, count) in parts.iter().zip(counts) {
        if row >= *count {
            row -= count;
            continue;
        }
        let mut given = part.given.clone();
        given.push(row.into());
        let mut statement = connection.prepare(&format!(
            "SELECT c.id, c.name_sort FROM contact c WHERE {} ORDER BY c.name_sort, c.id LIMIT 1 OFFSET ?",
            part.condition
        ))?;
        let place = statement.query_row(params_from_iter(given), |row| {
            Ok(Place {
                begins: part.begins,
                id: row.get(0)?,
                name_sort: row.get(1)?,
            })
        });
        return Ok(place.optional()?);
    }
    Ok(None)
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

/// At most so many contacts of a part, by name, after this one; or the other way round, up to this one.
fn rows(
    connection: &Connection,
    part: &Part,
    (from, back): (Option<&Place>, bool),
    limit: usize,
) -> Result<Vec<(ContactRow, Place)>, DeskError> {
    let mut given = part.given.clone();
    let (than, order) = if back { ("<=", "DESC") } else { (">", "ASC") };
    let beside = match from {
        Some(from) => {
            given.extend([from.name_sort.clone().into(), from.id.into()]);
            format!(" AND (c.name_sort, c.id) {than} (?, ?)")
        }
        None => String::new(),
    };
    given.push((limit as i64).into());
    // Not kept: what was found is part of the statement.
    let mut statement = connection.prepare(&format!(
        "SELECT c.id, c.kind, c.name, c.company, n.display, c.name_sort, n.key
         FROM contact c LEFT JOIN contact_number n ON n.contact_id = c.id AND n.position =
              (SELECT min(position) FROM contact_number WHERE contact_id = c.id)
         WHERE {}{beside} ORDER BY c.name_sort {order}, c.id {order} LIMIT ?",
        part.condition
    ))?;
    let rows = statement.query_map(params_from_iter(given), |row| {
        let id = row.get(0)?;
        let place = Place {
            begins: part.begins,
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
