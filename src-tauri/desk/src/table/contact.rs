//! Contacts and their numbers.

use crate::error::DeskError;
use crate::key::line_of;
use crate::text::fold;
use crate::view::{ContactDraft, ContactKind, ContactNumber};
use perezvon_core::Number;
use rusqlite::{Transaction, params};

pub(crate) fn write_contact(tx: &Transaction<'_>, draft: &ContactDraft, name: &str) -> Result<i64, DeskError> {
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

pub(crate) fn write_number(
    tx: &Transaction<'_>,
    id: i64,
    position: usize,
    number: &ContactNumber,
) -> Result<(), DeskError> {
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
        line_of(&number.key)
    ])?;
    Ok(())
}

/// Writes the contact's line of the search index anew.
pub(crate) fn index(tx: &Transaction<'_>, id: i64) -> Result<(), DeskError> {
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

pub(crate) fn keys_of(tx: &Transaction<'_>, id: i64) -> Result<Vec<String>, DeskError> {
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
