//! Whose each number is, for all callers at once: what [`super::who`] finds for one.

use super::{KnownContact, MAX_HOLDERS};
use crate::error::DeskError;
use rusqlite::Connection;
use std::collections::HashMap;

/// Whose a caller's number is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The one person's contact: its place among the contacts.
    pub(crate) contact: Option<usize>,
    /// Place among the companies.
    pub(crate) company: Option<usize>,
}

/// Of every caller that some contact has the number of.
#[derive(Debug, Default)]
pub(crate) struct Everyone {
    owners: HashMap<i64, Owner>,
    pub(crate) contacts: Vec<KnownContact>,
    pub(crate) companies: Vec<String>,
}

impl Everyone {
    pub(crate) fn owner(&self, caller: i64) -> Owner {
        self.owners.get(&caller).copied().unwrap_or_default()
    }

    /// The contact of the one person whose number it is.
    pub(crate) fn contact(&self, caller: i64) -> Option<&KnownContact> {
        self.contacts.get(self.owner(caller).contact?)
    }
}

/// One who has the caller's line.
struct Holder {
    key: String,
    contact: KnownContact,
}

/// Reads all of them.
pub(crate) fn everyone(connection: &Connection) -> Result<Everyone, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT k.id, k.key, k.line, n.key, c.id, c.person, c.name, c.company
         FROM caller k CROSS JOIN contact_number n ON n.line = k.line CROSS JOIN contact c ON c.id = n.contact_id
         WHERE k.unknown = 0 ORDER BY k.id, n.key, c.priority DESC, n.contact_id",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Gathered::default();
    while let Some(row) = rows.next()? {
        let caller: i64 = row.get(0)?;
        if all.caller != Some(caller) {
            all.settle();
            (all.caller, all.key, all.line) = (Some(caller), row.get(1)?, row.get(2)?);
        }
        all.holders.push(Holder {
            key: row.get(3)?,
            contact: KnownContact {
                id: row.get(4)?,
                person: row.get(5)?,
                name: row.get(6)?,
                company: row.get(7)?,
            },
        });
    }
    all.settle();
    Ok(all.everyone)
}

#[derive(Default)]
struct Gathered {
    caller: Option<i64>,
    key: String,
    line: String,
    holders: Vec<Holder>,
    everyone: Everyone,
    /// Places of persons and companies that were met.
    persons: HashMap<i64, usize>,
    companies: HashMap<String, usize>,
}

impl Gathered {
    /// Decides whose the number of the last caller is: the same rules as for one.
    fn settle(&mut self) {
        let Some(caller) = self.caller else { return };
        let holders = std::mem::take(&mut self.holders);
        let of_key = |key: &str| -> Vec<&KnownContact> {
            let mine = holders.iter().filter(|holder| holder.key == key);
            persons(mine.map(|holder| &holder.contact))
        };
        let exact = if self.line == self.key {
            Vec::new()
        } else {
            of_key(&self.key)
        };
        let (contacts, certain) = if exact.is_empty() {
            let all = persons(holders.iter().map(|holder| &holder.contact));
            let one = all.len() == 1;
            let contacts = if self.line == self.key { all } else { of_key(&self.line) };
            let certain = one && contacts.len() == 1;
            (contacts, certain)
        } else {
            let certain = exact.len() == 1;
            (exact, certain)
        };
        let Some(first) = contacts.first() else { return };
        let same = contacts.len() <= MAX_HOLDERS && contacts.iter().all(|one| one.company == first.company);
        let company = (same && !first.company.is_empty()).then(|| {
            let all = &mut self.everyone.companies;
            *self.companies.entry(first.company.clone()).or_insert_with(|| {
                all.push(first.company.clone());
                all.len() - 1
            })
        });
        let contact = certain.then(|| {
            let all = &mut self.everyone.contacts;
            *self.persons.entry(first.person).or_insert_with(|| {
                all.push((*first).clone());
                all.len() - 1
            })
        });
        self.everyone.owners.insert(caller, Owner { contact, company });
    }
}

/// The first contact of each person.
fn persons<'a>(contacts: impl Iterator<Item = &'a KnownContact>) -> Vec<&'a KnownContact> {
    let mut firsts: Vec<&KnownContact> = Vec::new();
    for contact in contacts {
        if !firsts.iter().any(|known| known.person == contact.person) {
            firsts.push(contact);
        }
    }
    firsts
}
