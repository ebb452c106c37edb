//! Who is behind a number: persons by number key, joined at read time.
//!
//! A line ([`crate::key`]) of several persons is nobody's own; an extension decides among them.

mod everyone;

pub(crate) use everyone::{Everyone, everyone};

use crate::error::DeskError;
use crate::key::{is_name, key_of_number, line_of};
use crate::table::{call_note, caller, contact};
use perezvon_core::Number;
use perezvon_core::snapshot::PartySnapshot;
use rusqlite::{Connection, Params};
use serde::Serialize;
use ts_rs::TS;

/// Most persons of one number that are shown.
const MAX_CANDIDATES: usize = 6;
/// Most contacts of one number that are read.
const MAX_HOLDERS: usize = 50;

/// A contact found by a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// The desk's id.
    pub id: i64,
    /// Whose contact it is: one man in two sources is one person.
    pub person: i64,
    /// Name.
    pub name: String,
    /// Company; may be empty.
    pub company: String,
}

/// A contact by name.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactRef {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Name.
    pub name: String,
}

/// The other side of a call, as the relay tells it.
pub(crate) struct Party {
    /// Of a number that can be called.
    pub(crate) key: Option<String>,
    /// What to show in place of one that cannot.
    pub(crate) shown: Option<String>,
    /// The PBX's name.
    pub(crate) name: Option<String>,
    pub(crate) hidden: bool,
}

impl Party {
    pub(crate) fn of(party: &PartySnapshot) -> Self {
        let key = key_of_number(&party.number());
        let unread = || party.display.as_deref().map(|text| Number::parse(text).display());
        let shown = match (party.hidden, &key) {
            (false, None) => party.number.clone().or_else(unread),
            _ => None,
        };
        let name = party.name.as_deref().map(str::trim).filter(|name| is_name(name));
        Self {
            key,
            shown,
            name: name.map(str::to_owned),
            hidden: party.hidden,
        }
    }
}

/// The other side of a call, identified as far as it can be.
pub(crate) struct Who {
    /// Contact's name where there is exactly one person, else the PBX's.
    pub(crate) name: Option<String>,
    /// Company of the one person, or of all of them.
    pub(crate) company: Option<String>,
    /// For reading.
    pub(crate) number: Option<String>,
    /// Canonical number.
    pub(crate) key: Option<String>,
    pub(crate) hidden: bool,
    /// The one person's contact.
    pub(crate) contact: Option<i64>,
    /// Those it may be, where it is not certain.
    pub(crate) candidates: Vec<ContactRef>,
}

/// Persons that a number may belong to, each by the first of their contacts.
struct Holders {
    contacts: Vec<KnownContact>,
    /// It is the first of them.
    certain: bool,
}

/// Identifies a party.
pub(crate) fn who(connection: &Connection, party: Party) -> Result<Who, DeskError> {
    let Holders { mut contacts, certain } = match &party.key {
        Some(key) => holders(connection, key)?,
        None => Holders {
            contacts: Vec::new(),
            certain: false,
        },
    };
    let number = match (&party.key, party.hidden) {
        (_, true) => None,
        (Some(key), false) => Some(Number::parse(key).display()),
        (None, false) => party.shown,
    };
    let company = contacts
        .first()
        .map(|first| first.company.clone())
        .filter(|company| !company.is_empty())
        .filter(|company| contacts.len() <= MAX_HOLDERS && contacts.iter().all(|one| one.company == *company));
    let one = if certain { contacts.pop() } else { None };
    Ok(Who {
        contact: one.as_ref().map(|contact| contact.id),
        company,
        name: one.map(|contact| contact.name).or(party.name),
        number,
        key: party.key,
        hidden: party.hidden,
        candidates: contacts
            .into_iter()
            .take(MAX_CANDIDATES)
            .map(|contact| ContactRef {
                id: contact.id,
                name: contact.name,
            })
            .collect(),
    })
}

/// Contacts with this number: none, one, or several candidates (at most 6).
pub(crate) fn contacts_of(connection: &Connection, key: &str) -> Result<Vec<KnownContact>, DeskError> {
    let mut contacts = holders(connection, key)?.contacts;
    contacts.truncate(MAX_CANDIDATES);
    Ok(contacts)
}

fn holders(connection: &Connection, key: &str) -> Result<Holders, DeskError> {
    let line = line_of(key);
    if line != key {
        let contacts = read(connection, "n.line = ?1 AND n.key = ?2", (line, key))?;
        if !contacts.is_empty() {
            let certain = contacts.len() == 1;
            return Ok(Holders { contacts, certain });
        }
    }
    let mut contacts = read(connection, "n.line = ?1", [line])?;
    let certain = contacts.len() == 1;
    if line != key && !contacts.is_empty() {
        // Another extension than theirs was told: only those without one may be meant.
        contacts = read(connection, "n.line = ?1 AND n.key = ?1", [line])?;
    }
    Ok(Holders {
        certain: certain && contacts.len() == 1,
        contacts,
    })
}

/// Those without an extension first; one more than are looked at.
fn read(connection: &Connection, condition: &str, given: impl Params) -> Result<Vec<KnownContact>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.id, c.person, c.name, c.company
         FROM contact_number n JOIN contact c ON c.id = n.contact_id
         WHERE {condition} ORDER BY n.key, c.priority DESC, n.contact_id LIMIT {}",
        MAX_HOLDERS + 1
    ))?;
    let rows = statement.query_map(given, |row| {
        Ok(KnownContact {
            id: row.get(0)?,
            person: row.get(1)?,
            name: row.get(2)?,
            company: row.get(3)?,
        })
    })?;
    let mut contacts: Vec<KnownContact> = Vec::new();
    for row in rows {
        let row = row?;
        // One person may have several contacts, and a contact several extensions of a line.
        if !contacts.iter().any(|known| known.person == row.person) {
            contacts.push(row);
        }
    }
    Ok(contacts)
}

/// The one person whose number it is.
pub(crate) fn person(connection: &Connection, key: &str) -> Result<Option<i64>, DeskError> {
    let Holders { contacts, certain } = holders(connection, key)?;
    Ok(contacts.first().filter(|_| certain).map(|known| known.person))
}

/// Keys of all calls with the person with this number. A number of several persons is nobody's in particular: it
/// stands for itself alone.
pub(crate) fn person_keys(connection: &Connection, key: &str) -> Result<Vec<String>, DeskError> {
    keys_of_owner(connection, key, person(connection, key)?)
}

/// The same where it is known whose the number is.
pub(crate) fn keys_of_owner(
    connection: &Connection,
    key: &str,
    person_of_key: Option<i64>,
) -> Result<Vec<String>, DeskError> {
    let mut keys = vec![key.to_owned()];
    let Some(one) = person_of_key else {
        return Ok(keys);
    };
    for own in keys_of_person(connection, one)? {
        if !keys.contains(&own) && person(connection, &own)? == Some(one) {
            keys.push(own);
        }
    }
    Ok(keys)
}

/// Keys of calls over the lines of this person, shared ones too.
pub(crate) fn keys_of_person(connection: &Connection, person: i64) -> Result<Vec<String>, DeskError> {
    let mut keys = Vec::new();
    for key in contact::keys_of_person(connection, person)? {
        keys.extend(keys_of_line(connection, line_of(&key))?);
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// The line itself and the extensions of it that were told of calls.
pub(crate) fn keys_of_line(connection: &Connection, line: &str) -> Result<Vec<String>, DeskError> {
    let mut keys = caller::keys_of_line(connection, line)?;
    if !keys.iter().any(|key| key == line) {
        keys.push(line.to_owned());
    }
    Ok(keys)
}

/// The newest note about a call with this person.
pub(crate) fn last_note(connection: &Connection, key: &str) -> Result<Option<String>, DeskError> {
    let mut newest: Option<(i64, String)> = None;
    for key in person_keys(connection, key)? {
        newest = newest.max(call_note::newest(connection, &key)?);
    }
    Ok(newest.map(|(_, note)| note))
}
