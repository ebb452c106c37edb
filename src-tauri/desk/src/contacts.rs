//! Contacts: who the numbers belong to. A number may belong to several contacts; then they are candidates.

use crate::db::Durability;
use crate::notifications;
use crate::toast::ToastOp;
use crate::view::{ContactDraft, ContactKind, ContactNumber};
use crate::{Desk, DeskError, missed, who};
use icu_normalizer::ComposingNormalizerBorrowed;
use perezvon_core::Number;
use rusqlite::{Transaction, params};

/// Longest name, company and e-mail, characters.
const MAX_LINE_CHARS: usize = 250;
/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 20_000;
/// Most numbers of one contact.
const MAX_NUMBERS: usize = 50;

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
        match who::key_of_number(number) {
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
}

fn save(tx: &Transaction<'_>, pen: notifications::Pen, draft: &ContactDraft) -> Result<Saved, DeskError> {
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
        let key = who::key_of_number(&number).ok_or(DeskError::BadNumber)?;
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

fn write_contact(tx: &Transaction<'_>, draft: &ContactDraft, name: &str) -> Result<i64, DeskError> {
    let kind = kind_word(draft.kind);
    let (company, email) = (draft.company.trim(), draft.email.trim());
    let Some(id) = draft.id else {
        tx.prepare_cached(
            "INSERT INTO contact (kind, name, company, email, note, name_sort) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![kind, name, company, email, draft.note, fold(name)])?;
        return Ok(tx.last_insert_rowid());
    };
    let changed = tx.execute(
        "UPDATE contact SET kind = ?2, name = ?3, company = ?4, email = ?5, note = ?6, name_sort = ?7 WHERE id = ?1",
        params![id, kind, name, company, email, draft.note, fold(name)],
    )?;
    if changed == 0 { Err(DeskError::NotFound) } else { Ok(id) }
}

fn write_number(tx: &Transaction<'_>, id: i64, position: usize, number: &ContactNumber) -> Result<(), DeskError> {
    tx.prepare_cached(
        "INSERT INTO contact_number (contact_id, position, key, display, label, digits, number)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        id,
        position as i64,
        number.key,
        number.display,
        number.label,
        Number::parse(&number.key).search_digits(),
        who::line_of(&number.key)
    ])?;
    Ok(())
}

/// Writes the contact's line of the search index anew.
fn index(tx: &Transaction<'_>, id: i64) -> Result<(), DeskError> {
    let (name, company, email): (String, String, String) = tx
        .prepare_cached("SELECT name, company, email FROM contact WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let digits: String = tx
        .prepare_cached("SELECT coalesce(group_concat(digits || ' ' || substr(digits, 2), ' '), '') FROM contact_number WHERE contact_id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let search = fold(&format!("{name} {company} {email} {digits}"));
    tx.prepare_cached("DELETE FROM contact_fts WHERE rowid = ?1")?
        .execute([id])?;
    tx.prepare_cached("INSERT INTO contact_fts (rowid, search) VALUES (?1, ?2)")?
        .execute(params![id, search])?;
    Ok(())
}

/// Updates who waits for an answer and what is on the screen after numbers have changed contacts. A change of a line
/// concerns all its extensions.
fn renamed(tx: &Transaction<'_>, pen: notifications::Pen, touched: Vec<String>) -> Result<Vec<ToastOp>, DeskError> {
    let mut keys = Vec::new();
    for key in touched {
        keys.extend(who::keys_of_line(tx, who::line_of(&key))?);
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    let mut ops = notifications::Ops::default();
    for key in &keys {
        missed::settle(tx, key)?;
        missed::refresh(tx, pen, key, false, &mut ops)?;
    }
    for op in notifications::rewrite(tx, pen, &keys)? {
        ops.push(Some(op));
    }
    Ok(ops.into_vec())
}

fn keys_of(tx: &Transaction<'_>, id: i64) -> Result<Vec<String>, DeskError> {
    let mut statement = tx.prepare_cached("SELECT key FROM contact_number WHERE contact_id = ?1")?;
    let keys = statement.query_map([id], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The stored word of a kind.
pub(crate) fn kind_word(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Counterparty => "counterparty",
        ContactKind::Partner => "partner",
        ContactKind::ContactPerson => "contact_person",
        ContactKind::NaturalPerson => "natural_person",
    }
}

/// The kind of a stored word.
pub(crate) fn kind_of(word: &str) -> ContactKind {
    match word {
        "counterparty" => ContactKind::Counterparty,
        "partner" => ContactKind::Partner,
        "contact_person" => ContactKind::ContactPerson,
        _ => ContactKind::NaturalPerson,
    }
}

/// Text as it is searched: NFC, lower case, `ё` as `е`.
pub(crate) fn fold(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .to_lowercase()
        .replace('ё', "е")
}

/// An FTS5 query for the folded words of the text as prefixes; none where it has no word.
pub(crate) fn fts_query(text: &str) -> Option<String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("\"{word}\" *"))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}
