//! Several contacts become one, and again several; one is deleted, and comes back.

use super::{Affected, ContactDraft, MAX_NOTE_CHARS, MAX_NUMBERS, OWN, Ready, Saved, Source, delete, draft_of};
use crate::db::Tx;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::{contact, merged};
use crate::toast::ToastOp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Most contacts of one merge.
const MAX_MERGED: usize = 20;

/// A contact as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ContactBefore {
    /// Whose; empty for the user's own.
    pub source: String,
    /// Its id there.
    pub external_id: Option<String>,
    /// Of a person's contacts the highest is shown.
    #[ts(type = "number")]
    pub priority: i64,
    /// With its id.
    pub draft: ContactDraft,
}

impl Desk {
    /// Makes one contact of several: the first keeps its name and gets the numbers, and what it lacks, of the others, which
    /// are gone. The id by which it is taken back is `id`.
    pub fn merge_contacts(&self, ids: &[i64]) -> Result<Saved, DeskError> {
        let mut all: Vec<i64> = Vec::new();
        for id in ids {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        let (Some(into), true) = (all.first().copied(), (2..=MAX_MERGED).contains(&all.len())) else {
            return Err(DeskError::TooLong);
        };
        let (id, toasts) = self.write_contacts(|tx, affected| {
            let before = all.iter().map(|id| before(tx, *id)).collect::<Result<Vec<_>, _>>()?;
            let draft = joined(&before)?;
            let merge = merged::note(tx, into, &serde_json::to_string(&before)?)?;
            for (id, one) in all.iter().zip(&before).skip(1) {
                delete(tx, *id, affected)?;
                if let Some(external_id) = &one.external_id {
                    merged::add(tx, merge, &one.source, external_id)?;
                }
            }
            // A file that is read again leaves it as it is now.
            Ready::of(&draft)?.save(tx, Some(into), None, OWN, affected)?;
            Ok(merge)
        })?;
        Ok(Saved { id, toasts })
    }

    /// Takes a merge back: every contact is again what it was. Once.
    pub fn unmerge_contacts(&self, merge: i64) -> Result<Vec<ToastOp>, DeskError> {
        let written = self.write_contacts(|tx, affected| {
            let (into, before) = merged::take(tx, merge)?.ok_or(DeskError::NotFound)?;
            let before: Vec<ContactBefore> = serde_json::from_str(&before)?;
            for (at, one) in before.iter().enumerate() {
                // The one that is still there keeps its id; where it was deleted since, it comes back like the others.
                let there = at == 0 && contact::origin(tx, into)?.is_some();
                restore(tx, one, there, affected)?;
            }
            Ok(())
        });
        written.map(|((), toasts)| toasts)
    }

    /// Deletes the contact, and answers what it was. Its calls, documents and notes stay.
    pub fn delete_contact(&self, id: i64) -> Result<(ContactBefore, Vec<ToastOp>), DeskError> {
        self.write_contacts(|tx, affected| {
            let before = before(tx, id)?;
            delete(tx, id, affected)?;
            Ok(before)
        })
    }

    /// A deleted contact is again what it was, under its id: what leads to it holds. One that is there stays as it is.
    pub fn undelete_contact(&self, before: &ContactBefore) -> Result<Vec<ToastOp>, DeskError> {
        let written = self.write_contacts(|tx, affected| {
            let id = before.draft.id.ok_or(DeskError::NotFound)?;
            if contact::origin(tx, id)?.is_none() {
                restore(tx, before, false, affected)?;
            }
            Ok(())
        });
        written.map(|((), toasts)| toasts)
    }
}

/// It gets its id again. Where its source has brought it back by itself meanwhile, that contact becomes it.
fn restore(tx: &Tx<'_>, one: &ContactBefore, there: bool, affected: &mut Affected) -> Result<(), DeskError> {
    let source = Source {
        name: &one.source,
        priority: one.priority,
    };
    let external_id = one.external_id.as_deref();
    let ready = Ready::of(&one.draft)?;
    let brought = match external_id {
        Some(external_id) if !there => contact::of_source(tx, source.name, external_id)?,
        _ => None,
    };
    if let Some(brought) = brought {
        delete(tx, brought, affected)?;
    }
    match one.draft.id {
        Some(id) if !there => ready.put_back(tx, id, external_id, source, affected),
        id => ready.save(tx, id, external_id, source, affected).map(drop),
    }
}

fn before(connection: &Connection, id: i64) -> Result<ContactBefore, DeskError> {
    let draft = draft_of(connection, id)?.ok_or(DeskError::NotFound)?;
    let (source, external_id, priority) = connection
        .prepare_cached("SELECT source, external_id, priority FROM contact WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(ContactBefore {
        source,
        external_id,
        priority,
        draft,
    })
}

fn joined(all: &[ContactBefore]) -> Result<ContactDraft, DeskError> {
    let (first, others) = all.split_first().ok_or(DeskError::NotFound)?;
    let mut draft = first.draft.clone();
    for ContactBefore { draft: other, .. } in others {
        for number in &other.numbers {
            if !draft.numbers.iter().any(|known| known.key == number.key) {
                draft.numbers.push(number.clone());
            }
        }
        if draft.company.is_empty() {
            draft.company.clone_from(&other.company);
        }
        let (own, others) = (&mut draft.about, &other.about);
        own.tags.extend(
            others
                .tags
                .iter()
                .filter(|tag| !own.tags.contains(tag))
                .cloned()
                .collect::<Vec<_>>(),
        );
        own.fields.extend(
            others
                .fields
                .iter()
                .filter(|field| !own.fields.contains(field))
                .cloned()
                .collect::<Vec<_>>(),
        );
        if own.responsible.is_empty() {
            own.responsible.clone_from(&others.responsible);
        }
        let mut lines = Vec::new();
        if draft.email.is_empty() {
            draft.email.clone_from(&other.email);
        } else if !other.email.is_empty() && other.email != draft.email {
            lines.push(other.email.as_str());
        }
        // Another name that somebody is known by is not lost.
        if other.name != draft.name {
            lines.push(other.name.as_str());
        }
        if !other.note.is_empty() && !draft.note.contains(&other.note) {
            lines.push(other.note.as_str());
        }
        for line in lines {
            if !draft.note.is_empty() {
                draft.note.push('\n');
            }
            draft.note.push_str(line);
        }
    }
    if draft.numbers.len() > MAX_NUMBERS || draft.note.chars().count() > MAX_NOTE_CHARS {
        return Err(DeskError::TooLong);
    }
    Ok(draft)
}
