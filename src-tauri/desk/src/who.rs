//! Who is behind a number: contacts by number key, joined at read time.

use crate::view::ContactRef;
use crate::{DeskError, Known};
use perezvon_core::Number;
use perezvon_core::snapshot::PartySnapshot;
use rusqlite::{Connection, OptionalExtension};

/// Most contacts of one number that are told.
const CANDIDATES: u32 = 6;

/// The other side of a call, identified as far as it can be.
pub(crate) struct Who {
    /// Contact's name where there is exactly one contact, else the PBX's.
    pub(crate) name: Option<String>,
    /// Company of the one contact.
    pub(crate) company: Option<String>,
    /// For reading.
    pub(crate) number: Option<String>,
    /// E.164 or extension.
    pub(crate) key: Option<String>,
    pub(crate) hidden: bool,
    /// The one contact.
    pub(crate) contact: Option<i64>,
    /// All of them, where there are several.
    pub(crate) candidates: Vec<ContactRef>,
}

/// Identifies a party.
pub(crate) fn who(connection: &Connection, party: &PartySnapshot) -> Result<Who, DeskError> {
    let key = key_of(party);
    let mut known = match &key {
        Some(key) => contacts_of(connection, key)?,
        None => Vec::new(),
    };
    let number = (!party.hidden)
        .then(|| {
            party
                .number
                .as_deref()
                .or(party.display.as_deref())
                .map(|text| Number::parse(text).display())
        })
        .flatten();
    let one = if known.len() == 1 { known.pop() } else { None };
    let pbx_name = party
        .name
        .as_deref()
        .map(str::trim)
        .filter(|name| is_name(name))
        .map(str::to_owned);
    Ok(Who {
        contact: one.as_ref().map(|contact| contact.id),
        company: one
            .as_ref()
            .map(|contact| contact.company.clone())
            .filter(|company| !company.is_empty()),
        name: one.map(|contact| contact.name).or(pbx_name),
        number,
        key,
        hidden: party.hidden,
        candidates: known
            .into_iter()
            .map(|contact| ContactRef {
                id: contact.id,
                name: contact.name,
            })
            .collect(),
    })
}

/// The number key by which contacts are looked up.
pub(crate) fn key_of(party: &PartySnapshot) -> Option<String> {
    if party.hidden {
        None
    } else {
        party.number.as_deref().and_then(|number| Number::parse(number).key())
    }
}

/// Where the PBX knows no name it writes the number in its place.
fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.contains('@')
}

/// Contacts with this number, by id.
pub(crate) fn contacts_of(connection: &Connection, key: &str) -> Result<Vec<Known>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.name, c.company
         FROM contact_number n JOIN contact c ON c.id = n.contact_id
         WHERE n.key = ?1 ORDER BY n.contact_id LIMIT ?2",
    )?;
    let rows = statement.query_map((key, CANDIDATES), |row| {
        Ok(Known {
            id: row.get(0)?,
            name: row.get(1)?,
            company: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All numbers of the person with this number. A number of several contacts is nobody's in particular: it stands for
/// itself alone.
pub(crate) fn person_keys(connection: &Connection, key: &str) -> Result<Vec<String>, DeskError> {
    let contact: Option<(i64, i64)> = connection
        .prepare_cached("SELECT min(contact_id), count(*) FROM contact_number WHERE key = ?1 HAVING count(*) > 0")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((contact, 1)) = contact else {
        return Ok(vec![key.to_owned()]);
    };
    let mut statement = connection.prepare_cached("SELECT key FROM contact_number WHERE contact_id = ?1")?;
    let keys = statement.query_map([contact], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
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
