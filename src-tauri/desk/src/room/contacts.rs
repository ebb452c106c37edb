//! Contacts: who the numbers belong to. A number may belong to several persons; then they are candidates.

mod about;
mod dial;
mod export;
mod import;
mod list;
mod merge;
mod source;

pub use about::ContactReminder;
pub use dial::{DialFound, DialLine, DialNumber};
pub use export::ContactsFormat;
pub use import::{ImportDone, ImportPreview, ImportSame, ImportUndone, SameBy};
pub use list::{ContactsAt, ContactsPlace};
pub use merge::ContactBefore;
pub use source::{Source, SourceContact};

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of_number;
use crate::react::renamed;
use crate::room::row::{CallRow, calls_of};
use crate::table::call;
use crate::table::call_note::{self, CallNote};
use crate::table::contact::{self, ContactAbout, ContactKind, ContactNumber, Fields, Unindexed};
use crate::toast::ToastOp;
use crate::who::{self, ContactRef, KnownContact};
use perezvon_core::Number;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use ts_rs::TS;

/// Longest name, company and e-mail, characters.
const MAX_LINE_CHARS: usize = 250;
/// Longest note, characters.
const MAX_NOTE_CHARS: usize = 20_000;
/// Most numbers of one contact.
const MAX_NUMBERS: usize = 50;
/// Most people of a company's card.
const MAX_PEOPLE: usize = 50;
/// Most calls of a card.
const MAX_CALLS: u32 = 100;
/// Most contacts of one transaction: rings and clicks do not wait for more.
const STEP_CONTACTS: usize = 500;
/// The user's own contacts: shown before those of every source.
const OWN: Source<'static> = Source {
    name: "",
    priority: i64::MAX,
};

/// A contact to save; `id` of none makes a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactDraft {
    /// The desk's id, or none for a new contact.
    #[ts(type = "number | null")]
    pub id: Option<i64>,
    /// Kind.
    pub kind: ContactKind,
    /// Name; must not be empty.
    pub name: String,
    /// Company of a person; may be empty.
    pub company: String,
    /// E-mail; may be empty.
    pub email: String,
    /// Note; may be empty.
    pub note: String,
    /// Tags, who is responsible, own fields.
    #[serde(default)]
    pub about: ContactAbout,
    /// Numbers in the order shown.
    pub numbers: Vec<ContactNumber>,
}

/// One line of the contacts list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Kind.
    pub kind: ContactKind,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// First number, formatted.
    pub number: Option<String>,
    /// The same, canonical.
    pub number_key: Option<String>,
}

/// A page of the contacts list, by name.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactsPage {
    /// At most the asked number of rows.
    pub rows: Vec<ContactRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

/// A contact's card.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactView {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Kind.
    pub kind: ContactKind,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// E-mail.
    pub email: String,
    /// Note.
    pub note: String,
    /// Tags, who is responsible, own fields.
    pub about: ContactAbout,
    /// Of a person, the contact of their company.
    #[ts(type = "number | null")]
    pub company_id: Option<i64>,
    /// Of a company, its people, at most 50.
    pub people: Vec<ContactRef>,
    /// When the user wants to be reminded of a number of theirs, the next reminder first.
    pub reminders: Vec<ContactReminder>,
    /// Numbers.
    pub numbers: Vec<ContactNumber>,
    /// Calls over all numbers, newest first, at most 100.
    pub calls: Vec<CallRow>,
    /// What was written about those of them about which something was.
    pub notes: Vec<CallWritten>,
}

/// What was written about a call.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallWritten {
    /// The call.
    pub call: String,
    /// What was written.
    pub written: CallNote,
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
    /// Contacts with this number, one for each person: none, one, or several candidates (at most 6). An extension
    /// decides among persons who share a line.
    pub fn contact_of(&self, number: &Number) -> Result<Vec<KnownContact>, DeskError> {
        match key_of_number(number) {
            Some(key) => self.db.read(|c| who::contacts_of(c, &key)),
            None => Ok(Vec::new()),
        }
    }

    /// Saves a new or changed contact; survives a power cut. Visible toasts of its numbers are rewritten.
    pub fn save_contact(&self, draft: &ContactDraft) -> Result<Saved, DeskError> {
        let ready = Ready::of(draft)?;
        let (id, toasts) = self.write_contacts(|tx, affected| ready.save(tx, draft.id, None, OWN, affected))?;
        Ok(Saved { id, toasts })
    }

    /// The one way to write contacts: a transaction, and what follows at its end, so that they are found by what they
    /// have now and have the calls of their numbers. Visible toasts in which a number has another name now.
    fn write_contacts<T>(
        &self,
        write: impl FnOnce(&Tx<'_>, &mut Affected) -> Result<T, DeskError>,
    ) -> Result<(T, Vec<ToastOp>), DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx| {
            let mut affected = Affected::default();
            let written = write(tx, &mut affected)?;
            affected.unindexed.write(tx)?;
            Ok((written, renamed(tx, pen, &affected.keys)?))
        })
    }

    /// Saves several contacts, in transactions of 500. The first bad one is told before anything is saved. Visible toasts
    /// in which a number has another name now.
    pub fn save_contacts(&self, drafts: &[ContactDraft]) -> Result<Vec<ToastOp>, DeskError> {
        let ready = drafts.iter().map(|draft| Ok((draft.id, Ready::of(draft)?)));
        let ready: Vec<_> = ready.collect::<Result<_, DeskError>>()?;
        self.in_steps(&ready, |tx, (id, ready), affected| {
            ready.save(tx, *id, None, OWN, affected).map(drop)
        })
    }

    /// Does `one` with each, in transactions of 500, and what follows at its end.
    fn in_steps<T>(
        &self,
        all: &[T],
        one: impl Fn(&Tx<'_>, &T, &mut Affected) -> Result<(), DeskError>,
    ) -> Result<Vec<ToastOp>, DeskError> {
        let mut toasts = Vec::new();
        for step in all.chunks(STEP_CONTACTS) {
            let ((), ops) =
                self.write_contacts(|tx, affected| step.iter().try_for_each(|each| one(tx, each, affected)))?;
            toasts.extend(ops);
        }
        Ok(toasts)
    }

    /// Adds a number to a contact; one that it has already is not added twice.
    pub fn attach_number(&self, id: i64, number: &str, label: &str) -> Result<Saved, DeskError> {
        let added = ContactNumber {
            display: number.to_owned(),
            key: String::new(),
            label: label.to_owned(),
        };
        if read_numbers(std::slice::from_ref(&added))?.is_empty() {
            return Err(DeskError::BadNumber);
        }
        let mut draft = self.db.read(|c| draft_of(c, id))?.ok_or(DeskError::NotFound)?;
        draft.numbers.push(added);
        self.save_contact(&draft)
    }

    /// A contact's card with the calls over all numbers of the person.
    pub fn contact(&self, id: i64) -> Result<ContactView, DeskError> {
        self.db.read(|c| {
            let draft = draft_of(c, id)?.ok_or(DeskError::NotFound)?;
            let (_, person) = contact::origin(c, id)?.ok_or(DeskError::NotFound)?;
            let keys = who::keys_of_person(c, person)?;
            let calls = calls_of(c, &keys, call::OWN, MAX_CALLS)?;
            let mut notes = Vec::new();
            for row in &calls {
                let written = call_note::of_call(c, &row.id)?;
                if !written.is_empty() {
                    let call = row.id.clone();
                    notes.push(CallWritten { call, written });
                }
            }
            let own = matches!(draft.kind, ContactKind::Counterparty | ContactKind::Partner);
            let people = if own {
                contact::people_of(c, &draft.name, MAX_PEOPLE)?
            } else {
                Vec::new()
            };
            let company_id = match draft.company.as_str() {
                "" => None,
                company => contact::of_company(c, company)?.filter(|company| *company != id),
            };
            Ok(ContactView {
                id,
                kind: draft.kind,
                name: draft.name,
                company: draft.company,
                email: draft.email,
                note: draft.note,
                about: draft.about,
                company_id,
                people: people.into_iter().map(|(id, name)| ContactRef { id, name }).collect(),
                reminders: about::reminders(c, &keys)?,
                numbers: draft.numbers,
                calls,
                notes,
            })
        })
    }
}

/// The contact as it is stored.
fn draft_of(connection: &rusqlite::Connection, id: i64) -> Result<Option<ContactDraft>, DeskError> {
    let numbers = contact::numbers(connection, id)?;
    Ok(connection
        .prepare_cached("SELECT kind, name, company, email, note, about FROM contact WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(ContactDraft {
                id: Some(id),
                kind: ContactKind::of(&row.get::<_, String>(0)?),
                name: row.get(1)?,
                company: row.get(2)?,
                email: row.get(3)?,
                note: row.get(4)?,
                // What a later version wrote may be more than this one reads.
                about: serde_json::from_str(&row.get::<_, String>(5)?).unwrap_or_default(),
                numbers,
            })
        })
        .optional()?)
}

/// What a transaction has written, of which follows more at its end ([`Desk::write_contacts`]).
#[derive(Default)]
struct Affected {
    /// Numbers that may belong to somebody else now.
    keys: BTreeSet<String>,
    unindexed: Unindexed,
}

fn delete(tx: &Tx<'_>, id: i64, affected: &mut Affected) -> Result<(), DeskError> {
    let (_, person) = contact::origin(tx, id)?.ok_or(DeskError::NotFound)?;
    affected.keys.extend(contact::keys_of_person(tx, person)?);
    contact::remove(tx, id, &mut affected.unindexed)?;
    tx.touched().contacts.add(id);
    tx.touched().persons.add(person);
    Ok(())
}

/// A contact whose fields were found good.
struct Ready<'a> {
    draft: &'a ContactDraft,
    about: ContactAbout,
    numbers: Vec<ContactNumber>,
}

impl<'a> Ready<'a> {
    fn of(draft: &'a ContactDraft) -> Result<Self, DeskError> {
        if draft.name.trim().is_empty() {
            return Err(DeskError::NameMissing);
        }
        let long = [draft.name.trim(), &draft.company, &draft.email]
            .iter()
            .any(|text| text.chars().count() > MAX_LINE_CHARS);
        let numbers = read_numbers(&draft.numbers)?;
        if long || draft.note.chars().count() > MAX_NOTE_CHARS || numbers.len() > MAX_NUMBERS {
            return Err(DeskError::TooLong);
        }
        let about = about::read(&draft.about)?;
        Ok(Self { draft, about, numbers })
    }

    /// Its id.
    fn save(
        &self,
        tx: &Tx<'_>,
        id: Option<i64>,
        external_id: Option<&str>,
        source: Source<'_>,
        affected: &mut Affected,
    ) -> Result<i64, DeskError> {
        if let Some((_, person)) = id.map(|id| contact::origin(tx, id)).transpose()?.flatten() {
            affected.keys.extend(contact::keys_of_person(tx, person)?);
        }
        let fields = self.fields(external_id, source);
        let (id, was, person) = contact::put(tx, id, &fields, &mut affected.unindexed)?;
        noted(tx, id, was, person, affected)?;
        Ok(id)
    }

    /// The same of a contact that is gone, under the id that it had.
    fn put_back(
        &self,
        tx: &Tx<'_>,
        id: i64,
        external_id: Option<&str>,
        source: Source<'_>,
        affected: &mut Affected,
    ) -> Result<(), DeskError> {
        let (id, was, person) = contact::put_back(tx, id, &self.fields(external_id, source), &mut affected.unindexed)?;
        noted(tx, id, was, person, affected)
    }

    fn fields<'b>(&'b self, external_id: Option<&'b str>, source: Source<'b>) -> Fields<'b> {
        Fields {
            source: source.name,
            external_id,
            priority: source.priority,
            kind: self.draft.kind,
            name: self.draft.name.trim(),
            company: self.draft.company.trim(),
            email: self.draft.email.trim(),
            note: &self.draft.note,
            about: &self.about,
            numbers: &self.numbers,
        }
    }
}

/// The contact was written: its person's numbers, and who has changed.
fn noted(tx: &Tx<'_>, id: i64, was: Option<i64>, person: i64, affected: &mut Affected) -> Result<(), DeskError> {
    affected.keys.extend(contact::keys_of_person(tx, person)?);
    tx.touched().contacts.add(id);
    was.into_iter()
        .chain([person])
        .for_each(|person| tx.touched().persons.add(person));
    Ok(())
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
