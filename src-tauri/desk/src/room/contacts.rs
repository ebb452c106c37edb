//! Contacts: who the numbers belong to. A number may belong to several contacts; then they are candidates.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of_number;
use crate::notifications::Pen;
use crate::react::renamed;
use crate::room::MAX_PAGE_ROWS;
use crate::room::calls::calls_of;
use crate::table::contact::kind_of;
use crate::table::contact::{index, keys_of, write_contact, write_number};
use crate::text::fts_query;
use crate::toast::ToastOp;
use crate::view::{ContactDraft, ContactNumber, ContactRow, ContactView};
use crate::who::{self, KnownContact};
use perezvon_core::Number;
use rusqlite::Transaction;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

/// Longest name, company and e-mail, characters.
const MAX_LINE_CHARS: usize = 250;
/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 20_000;
/// Most numbers of one contact.
const MAX_NUMBERS: usize = 50;

/// A contact was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its id.
    pub id: i64,
    /// Visible toasts in which its numbers have another name now.
    pub toasts: Vec<ToastOp>,
}

impl Desk {
    /// Contacts with this number: none, one, or several candidates (at most 6). An extension decides among contacts
    /// that share a line.
    pub fn contact_of(&self, number: &Number) -> Result<Vec<KnownContact>, DeskError> {
        match key_of_number(number) {
            Some(key) => self.db.read(|c| who::contacts_of(c, &key)),
            None => Ok(Vec::new()),
        }
    }

    /// Saves a new or changed contact; survives a power cut. Visible toasts of its numbers are rewritten.
    pub fn save_contact(&self, draft: &ContactDraft) -> Result<Saved, DeskError> {
        self.save_contacts(std::slice::from_ref(draft))?
            .pop()
            .ok_or(DeskError::NotFound)
    }

    /// Saves several contacts in one transaction: all of them, or none and the first error.
    pub fn save_contacts(&self, drafts: &[ContactDraft]) -> Result<Vec<Saved>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx| {
            drafts.iter().map(|draft| save(tx, pen, draft)).collect()
        })
    }

    /// Adds a number to a contact; one that it has already is not added twice.
    pub fn attach_number(&self, id: i64, number: &str, label: &str) -> Result<Saved, DeskError> {
        let given = ContactNumber {
            display: number.to_owned(),
            key: String::new(),
            label: label.to_owned(),
        };
        let number = read_numbers(&[given])?.pop().ok_or(DeskError::BadNumber)?;
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx| {
            let known = keys_of(tx, id)?;
            if !tx.prepare_cached("SELECT 1 FROM contact WHERE id = ?1")?.exists([id])? {
                return Err(DeskError::NotFound);
            }
            if known.len() >= MAX_NUMBERS {
                return Err(DeskError::TooLong);
            }
            let mut touched = known.clone();
            if !known.contains(&number.key) {
                let next = tx.query_row(
                    "SELECT coalesce(max(position), -1) + 1 FROM contact_number WHERE contact_id = ?1",
                    [id],
                    |row| row.get::<_, i64>(0),
                )?;
                write_number(tx, id, next as usize, &number)?;
                index(tx, id)?;
                touched.push(number.key.clone());
            }
            Ok(Saved {
                id,
                toasts: renamed(tx, pen, touched)?,
            })
        })
    }

    /// Deletes the contact. Its calls, documents and notes stay.
    pub fn delete_contact(&self, id: i64) -> Result<Saved, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx| {
            let touched = keys_of(tx, id)?;
            if tx.execute("DELETE FROM contact WHERE id = ?1", [id])? == 0 {
                return Err(DeskError::NotFound);
            }
            tx.execute("DELETE FROM contact_fts WHERE rowid = ?1", [id])?;
            Ok(Saved {
                id,
                toasts: renamed(tx, pen, touched)?,
            })
        })
    }

    /// Contacts whose name, company or e-mail begin with the query's words or whose numbers contain its digits, by
    /// name; all of them for an empty query.
    pub fn contacts(&self, query: &str, offset: u32, limit: u32) -> Result<Vec<ContactRow>, DeskError> {
        let (condition, given): (&str, Vec<Value>) = if let Some(digits) = Number::digits_of_query(query) {
            (
                "c.id IN (SELECT n.contact_id FROM contact_number n WHERE instr(n.digits, ?) > 0)",
                vec![digits.into()],
            )
        } else if let Some(fts) = fts_query(query) {
            (
                "c.id IN (SELECT f.rowid FROM contact_fts f WHERE contact_fts MATCH ?)",
                vec![fts.into()],
            )
        } else {
            ("true", Vec::new())
        };
        let sql = format!(
            "SELECT c.id, c.kind, c.name, c.company,
                    (SELECT n.display FROM contact_number n WHERE n.contact_id = c.id ORDER BY n.position LIMIT 1)
             FROM contact c WHERE {condition} ORDER BY c.name_sort, c.id LIMIT ? OFFSET ?"
        );
        let page = [
            Value::from(i64::from(limit.min(MAX_PAGE_ROWS))),
            Value::from(i64::from(offset)),
        ];
        self.db.read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(given.into_iter().chain(page)), |row| {
                Ok(ContactRow {
                    id: row.get(0)?,
                    kind: kind_of(&row.get::<_, String>(1)?),
                    name: row.get(2)?,
                    company: row.get(3)?,
                    number: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// A contact's card with the calls over all its numbers.
    pub fn contact(&self, id: i64) -> Result<ContactView, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT key, display, label FROM contact_number WHERE contact_id = ?1 ORDER BY position",
            )?;
            let numbers = statement
                .query_map([id], |row| {
                    Ok(ContactNumber {
                        key: row.get(0)?,
                        display: row.get(1)?,
                        label: row.get(2)?,
                    })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let calls = calls_of(c, &who::keys_of_contact(c, id)?, 100)?;
            let found = c
                .prepare_cached("SELECT kind, name, company, email, note FROM contact WHERE id = ?1")?
                .query_row([id], |row| {
                    Ok(ContactView {
                        id,
                        kind: kind_of(&row.get::<_, String>(0)?),
                        name: row.get(1)?,
                        company: row.get(2)?,
                        email: row.get(3)?,
                        note: row.get(4)?,
                        numbers,
                        calls,
                    })
                })
                .optional()?;
            found.ok_or(DeskError::NotFound)
        })
    }
}

fn save(tx: &Transaction<'_>, pen: Pen, draft: &ContactDraft) -> Result<Saved, DeskError> {
    let name = draft.name.trim();
    if name.is_empty() {
        return Err(DeskError::NameMissing);
    }
    let long = [name, &draft.company, &draft.email]
        .iter()
        .any(|text| text.chars().count() > MAX_LINE_CHARS);
    if long || draft.note.chars().count() > MAX_NOTE_CHARS || draft.numbers.len() > MAX_NUMBERS {
        return Err(DeskError::TooLong);
    }
    let numbers = read_numbers(&draft.numbers)?;
    let id = write_contact(tx, draft, name)?;
    let mut touched = keys_of(tx, id)?;
    tx.prepare_cached("DELETE FROM contact_number WHERE contact_id = ?1")?
        .execute([id])?;
    for (position, number) in numbers.iter().enumerate() {
        write_number(tx, id, position, number)?;
        touched.push(number.key.clone());
    }
    index(tx, id)?;
    Ok(Saved {
        id,
        toasts: renamed(tx, pen, touched)?,
    })
}

/// Reads numbers in any spelling; empty lines and repeats are left out.
fn read_numbers(given: &[ContactNumber]) -> Result<Vec<ContactNumber>, DeskError> {
    let mut numbers: Vec<ContactNumber> = Vec::new();
    for line in given {
        if line.display.trim().is_empty() {
            continue;
        }
        if line.label.chars().count() > MAX_LINE_CHARS {
            return Err(DeskError::TooLong);
        }
        let number = read_number(line);
        let key = key_of_number(&number).ok_or(DeskError::BadNumber)?;
        if !numbers.iter().any(|known| known.key == key) {
            numbers.push(ContactNumber {
                display: number.display(),
                key,
                label: line.label.trim().to_owned(),
            });
        }
    }
    Ok(numbers)
}

/// A number that was not written anew keeps its key: what is shown of a short number outside the company does not tell
/// it from an extension.
fn read_number(line: &ContactNumber) -> Number {
    let kept = Number::parse(&line.key);
    if kept.key().is_some() && kept.display() == line.display.trim() {
        kept
    } else {
        Number::parse(&line.display)
    }
}
