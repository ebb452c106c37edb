//! Who is behind a number: contacts by number key, joined at read time.
//!
//! A line ([`crate::key`]) of several contacts is nobody's own; an extension decides among them.

use crate::error::DeskError;
use crate::key::{is_name, key_of_number, line_of};
use crate::view::ContactRef;
use perezvon_core::Number;
use perezvon_core::snapshot::PartySnapshot;
use rusqlite::{Connection, OptionalExtension, Params};

/// Most contacts of one number that are shown.
const MAX_CANDIDATES: usize = 6;
/// Most contacts of one number that are read.
const MAX_HOLDERS: usize = 50;

/// A contact found by a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// The desk's id.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Company; may be empty.
    pub company: String,
}

/// The other side of a call, identified as far as it can be.
pub(crate) struct Who {
    /// Contact's name where there is exactly one contact, else the PBX's.
    pub(crate) name: Option<String>,
    /// Company of the one contact, or of all of them.
    pub(crate) company: Option<String>,
    /// For reading.
    pub(crate) number: Option<String>,
    /// Canonical number.
    pub(crate) key: Option<String>,
    pub(crate) hidden: bool,
    /// The one contact.
    pub(crate) contact: Option<i64>,
    /// Those it may be, where it is not certain.
    pub(crate) candidates: Vec<ContactRef>,
}

/// Contacts that a number may belong to.
struct Holders {
    contacts: Vec<KnownContact>,
    /// It is the first of them.
    certain: bool,
}

/// Identifies a party.
pub(crate) fn who(connection: &Connection, party: &PartySnapshot) -> Result<Who, DeskError> {
    let told = party.number();
    let key = key_of_number(&told);
    let Holders { mut contacts, certain } = match &key {
        Some(key) => holders(connection, key)?,
        None => Holders {
            contacts: Vec::new(),
            certain: false,
        },
    };
    let unread = || party.display.as_deref().map(|text| Number::parse(text).display());
    let number = match (party.hidden, &key) {
        (true, _) => None,
        (false, Some(_)) => Some(told.display()),
        (false, None) => party.number.clone().or_else(unread),
    };
    let company = contacts
        .first()
        .map(|first| first.company.clone())
        .filter(|company| !company.is_empty())
        .filter(|company| contacts.len() <= MAX_HOLDERS && contacts.iter().all(|one| one.company == *company));
    let one = if certain { contacts.pop() } else { None };
    let pbx_name = party
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| is_name(name))
        .map(str::to_owned);
    Ok(Who {
        contact: one.as_ref().map(|contact| contact.id),
        company,
        name: one.map(|contact| contact.name).or(pbx_name),
        number,
        key,
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
        let contacts = read(connection, "n.number = ?1 AND n.key = ?2", (line, key))?;
        if !contacts.is_empty() {
            let certain = contacts.len() == 1;
            return Ok(Holders { contacts, certain });
        }
    }
    let mut contacts = read(connection, "n.number = ?1", [line])?;
    let certain = contacts.len() == 1;
    if line != key && !contacts.is_empty() {
        // Another extension than theirs was told: only those without one may be meant.
        contacts = read(connection, "n.number = ?1 AND n.key = ?1", [line])?;
    }
    Ok(Holders {
        certain: certain && contacts.len() == 1,
        contacts,
    })
}

/// Those without an extension first; one more than are looked at.
fn read(connection: &Connection, condition: &str, given: impl Params) -> Result<Vec<KnownContact>, DeskError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.id, c.name, c.company
         FROM contact_number n JOIN contact c ON c.id = n.contact_id
         WHERE {condition} ORDER BY n.key, n.contact_id LIMIT {}",
        MAX_HOLDERS + 1
    ))?;
    let rows = statement.query_map(given, |row| {
        Ok(KnownContact {
            id: row.get(0)?,
            name: row.get(1)?,
            company: row.get(2)?,
        })
    })?;
    let mut contacts: Vec<KnownContact> = Vec::new();
    for row in rows {
        let row = row?;
        // One contact may have several extensions of a line.
        if !contacts.iter().any(|known| known.id == row.id) {
            contacts.push(row);
        }
    }
    Ok(contacts)
}

/// The one contact whose number it is.
pub(crate) fn person(connection: &Connection, key: &str) -> Result<Option<i64>, DeskError> {
    let Holders { contacts, certain } = holders(connection, key)?;
    Ok(contacts.first().filter(|_| certain).map(|known| known.id))
}

/// Keys of all calls with the person with this number. A number of several contacts is nobody's in particular: it
/// stands for itself alone.
pub(crate) fn person_keys(connection: &Connection, key: &str) -> Result<Vec<String>, DeskError> {
    keys_of_person(connection, key, person(connection, key)?)
}

/// The same where it is known whose the number is.
pub(crate) fn keys_of_person(
    connection: &Connection,
    key: &str,
    person_of_key: Option<i64>,
) -> Result<Vec<String>, DeskError> {
    let mut keys = vec![key.to_owned()];
    let Some(contact) = person_of_key else {
        return Ok(keys);
    };
    for own in keys_of_contact(connection, contact)? {
        if !keys.contains(&own) && person(connection, &own)? == Some(contact) {
            keys.push(own);
        }
    }
    Ok(keys)
}

/// Keys of calls over the lines of this contact, shared ones too.
pub(crate) fn keys_of_contact(connection: &Connection, contact: i64) -> Result<Vec<String>, DeskError> {
    let mut statement =
        connection.prepare_cached("SELECT key FROM contact_number WHERE contact_id = ?1 ORDER BY position")?;
    let own: Vec<String> = statement
        .query_map([contact], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut keys = Vec::new();
    for key in own {
        keys.extend(keys_of_line(connection, line_of(&key))?);
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    Ok(keys)
}

/// The line itself and the extensions of it that were told of calls.
pub(crate) fn keys_of_line(connection: &Connection, line: &str) -> Result<Vec<String>, DeskError> {
    // Behind `;` comes `<`.
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT number_key FROM call WHERE number_key >= ?1 || ';' AND number_key < ?1 || '<'",
    )?;
    let told = statement.query_map([line], |row| row.get(0))?;
    let mut keys: Vec<String> = told.collect::<Result<_, _>>()?;
    keys.push(line.to_owned());
    Ok(keys)
}

/// The newest note of this person's documents.
pub(crate) fn last_note(connection: &Connection, key: &str) -> Result<Option<String>, DeskError> {
    let mut newest: Option<(i64, String)> = None;
    for key in person_keys(connection, key)? {
        let note: Option<(i64, String)> = connection
            .prepare_cached(
                "SELECT noted_ms, note FROM document
                 WHERE number_key = ?1 AND noted_ms IS NOT NULL ORDER BY noted_ms DESC LIMIT 1",
            )?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        newest = newest.max(note);
    }
    Ok(newest.map(|(_, note)| note))
}
