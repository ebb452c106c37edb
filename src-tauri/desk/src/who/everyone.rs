//! Whose each number is, for all callers at once: what [`super::who`] finds for one.

use super::{KnownContact, MAX_HOLDERS};
use crate::error::DeskError;
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Everyone {
    owners: FxHashMap<i64, Owner>,
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
    /// With the caller's extension, or the lack of one.
    exact: bool,
    /// Without an extension.
    whole: bool,
    /// Place of the number among those of the line.
    number: u32,
    priority: i64,
    contact: KnownContact,
}

/// Reads all of them; names and companies only where they are wanted: without them it takes half as long.
pub(crate) fn everyone(connection: &Connection, named: bool) -> Result<Everyone, DeskError> {
    let (name, company) = if named { ("c.name", "c.company") } else { ("''", "''") };
    // The numbers of a line come in the order of their index.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT k.id, k.key = k.line, n.key, n.key = k.key, n.key = n.line, c.priority, c.id, c.person, {name}, {company}
         FROM caller k CROSS JOIN contact_number n INDEXED BY contact_number_by_line ON n.line = k.line
             CROSS JOIN contact c ON c.id = n.contact_id
         WHERE k.unknown = 0 ORDER BY k.id"
    ))?;
    let mut rows = statement.query([])?;
    let mut all = Gathered::default();
    while let Some(row) = rows.next()? {
        let caller: i64 = row.get(0)?;
        if all.caller != Some(caller) {
            all.settle();
            (all.caller, all.plain) = (Some(caller), row.get(1)?);
            all.key.clear();
        }
        let key = row.get_ref(2)?.as_str().unwrap_or_default();
        if all.key != key {
            all.number += 1;
            key.clone_into(&mut all.key);
        }
        all.holders.push(Holder {
            exact: row.get(3)?,
            whole: row.get(4)?,
            number: all.number,
            priority: row.get(5)?,
            contact: KnownContact {
                id: row.get(6)?,
                person: row.get(7)?,
                name: row.get(8)?,
                company: row.get(9)?,
            },
        });
    }
    all.settle();
    Ok(all.everyone)
}

#[derive(Default)]
struct Gathered {
    caller: Option<i64>,
    /// The caller's number has no extension.
    plain: bool,
    holders: Vec<Holder>,
    /// The last number that was met, and its place.
    key: String,
    number: u32,
    everyone: Everyone,
    /// Places of persons and companies that were met.
    persons: FxHashMap<i64, usize>,
    companies: HashMap<String, usize>,
}

impl Gathered {
    /// Decides whose the number of the last caller is: the same rules as for one.
    fn settle(&mut self) {
        let Some(caller) = self.caller else { return };
        let mut holders = std::mem::take(&mut self.holders);
        match &holders[..] {
            // As with nearly all of them, there is nothing to decide.
            [one] if self.plain || one.exact || one.whole => self.belongs(caller, &[&one.contact], true),
            _ => {
                holders.sort_by_key(|one| (one.number, Reverse(one.priority), one.contact.id));
                let (contacts, certain) = decide(&holders, self.plain);
                self.belongs(caller, &contacts, certain);
            }
        }
        holders.clear();
        self.holders = holders;
    }

    /// The caller's number is one of these persons', the first one's where it is certain.
    fn belongs(&mut self, caller: i64, contacts: &[&KnownContact], certain: bool) {
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

/// Who of the holders of a line is meant by a number of it, and whether the first one is for certain. `plain`: the number
/// has no extension.
fn decide(holders: &[Holder], plain: bool) -> (Vec<&KnownContact>, bool) {
    let of = |which: fn(&Holder) -> bool| -> Vec<&KnownContact> {
        let mine = holders.iter().filter(|holder| which(holder));
        persons(mine.map(|holder| &holder.contact))
    };
    let exact = if plain { Vec::new() } else { of(|one| one.exact) };
    if !exact.is_empty() {
        let certain = exact.len() == 1;
        return (exact, certain);
    }
    let all = of(|_| true);
    let one = all.len() == 1;
    let contacts = if plain { all } else { of(|one| one.whole) };
    let certain = one && contacts.len() == 1;
    (contacts, certain)
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
