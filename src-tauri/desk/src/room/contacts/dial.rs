//! What the field where one dials finds: a number as it was understood, and the numbers of people.

use super::list;
use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of_number;
use crate::room::row::calls_of;
use crate::table::call::OWN;
use crate::table::{caller, contact};
use crate::text::Query;
use crate::trigram::{self, Found};
use crate::who::{self, ContactRef};
use perezvon_core::Number;
use perezvon_core::number::NumberKind;
use rusqlite::Connection;
use serde::Serialize;
use ts_rs::TS;

/// Most contacts, and most numbers of people, that are offered.
const MAX_CONTACTS: u32 = 12;
const MAX_LINES: usize = 20;
/// Most callers beside them who are in no contact.
const MAX_CALLERS: usize = 6;

/// What may be dialled.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DialFound {
    /// The text itself, where it is a number or a code.
    pub number: Option<DialNumber>,
    /// Numbers of people who are found by it, at most 20, contacts first.
    pub lines: Vec<DialLine>,
}

/// A number as it was understood.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DialNumber {
    /// Canonical.
    pub key: String,
    /// For reading.
    pub text: String,
    /// What is called by it.
    pub kind: NumberKind,
    /// By ISO 3166-1; of a full number.
    pub country: Option<String>,
    /// Whose it may be, at most 6.
    pub contacts: Vec<ContactRef>,
}

/// A number of a person.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DialLine {
    /// The contact; none for a caller whom only calls tell of.
    #[ts(type = "number | null")]
    pub contact: Option<i64>,
    /// Name.
    pub name: String,
    /// Company; may be empty.
    pub company: String,
    /// Canonical.
    pub key: String,
    /// For reading.
    pub number: String,
    /// «мобильный»…; may be empty.
    pub label: String,
}

impl Desk {
    /// What may be dialled by what is being typed; a newer question of the view ends an older one with
    /// [`DeskError::Overtaken`].
    pub fn to_dial(&self, view: View, text: &str) -> Result<DialFound, DeskError> {
        self.db.read_newest(view, |c| find(c, text))
    }
}

fn find(connection: &Connection, text: &str) -> Result<DialFound, DeskError> {
    let query = Query::of(text);
    let mut lines = Vec::new();
    if query != Query::All {
        for row in list::read(connection, text, (None, false), MAX_CONTACTS)?.rows {
            lines.extend(
                contact::numbers(connection, row.id)?
                    .into_iter()
                    .map(|number| DialLine {
                        contact: Some(row.id),
                        name: row.name.clone(),
                        company: row.company.clone(),
                        key: number.key,
                        number: number.display,
                        label: number.label,
                    }),
            );
        }
        lines.truncate(MAX_LINES - MAX_CALLERS);
        lines.extend(callers(connection, &query)?);
    }
    Ok(DialFound {
        number: number(connection, text)?,
        lines,
    })
}

/// In words only a full number is one: «кабинет 12» is nobody's extension.
fn number(connection: &Connection, text: &str) -> Result<Option<DialNumber>, DeskError> {
    let number = Number::parse(text);
    let words = text.chars().any(char::is_alphabetic);
    let (Some(key), Some(kind)) = (key_of_number(&number), number.kind()) else {
        return Ok(None);
    };
    if words && !matches!(number, Number::E164 { .. }) {
        return Ok(None);
    }
    let contacts = who::contacts_of(connection, &key)?.into_iter();
    Ok(Some(DialNumber {
        text: number.display(),
        kind,
        country: number.country(),
        contacts: contacts
            .map(|one| ContactRef {
                id: one.id,
                name: one.name,
            })
            .collect(),
        key,
    }))
}

/// Callers by the names that the PBX told, the latest first. What many have is met as soon as one letter more is typed.
fn callers(connection: &Connection, query: &Query) -> Result<Vec<DialLine>, DeskError> {
    let (column, needles) = match query {
        Query::All => return Ok(Vec::new()),
        Query::Digits(digits) => ("digits", std::slice::from_ref(digits)),
        Query::Words(words) => ("search", &words[..]),
    };
    let Found::These(ids) = trigram::find(connection, "caller_fts", Some(column), needles)? else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for key in caller::without_contact(connection, column, &ids, needles, MAX_CALLERS)? {
        let Some(row) = calls_of(connection, std::slice::from_ref(&key), OWN, 1)?.pop() else {
            continue;
        };
        lines.push(DialLine {
            contact: None,
            name: row.name.unwrap_or_default(),
            company: String::new(),
            number: row.number.unwrap_or_default(),
            key,
            label: String::new(),
        });
    }
    Ok(lines)
}
