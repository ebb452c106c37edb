//! What a contact has beyond name and numbers: tags, own fields, who is responsible; and what is to be done about it.

use super::MAX_LINE_CHARS;
use crate::error::DeskError;
use crate::table::contact::{ContactAbout, ContactField};
use crate::table::{callback, mirror};
use perezvon_core::Time;
use rusqlite::Connection;
use serde::Serialize;
use ts_rs::TS;

/// Most tags, and most fields of the user's own.
const MAX_OWN: usize = 30;

/// A reminder that has still to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactReminder {
    /// Entry of the queue.
    #[ts(type = "number")]
    pub id: i64,
    /// RFC 3339 UTC.
    pub at: String,
    /// Why; may be empty.
    pub note: String,
}

/// Without blanks around and empty lines; a tag once.
pub(super) fn read(given: &ContactAbout) -> Result<ContactAbout, DeskError> {
    let line = |text: &str| {
        let text = text.trim();
        if text.chars().count() > MAX_LINE_CHARS {
            return Err(DeskError::TooLong);
        }
        Ok(text.to_owned())
    };
    let mut about = ContactAbout {
        responsible: line(&given.responsible)?,
        ..ContactAbout::default()
    };
    for tag in &given.tags {
        let tag = line(tag)?;
        if !tag.is_empty() && !about.tags.contains(&tag) {
            about.tags.push(tag);
        }
    }
    for field in &given.fields {
        let (name, value) = (line(&field.name)?, line(&field.value)?);
        if !name.is_empty() || !value.is_empty() {
            about.fields.push(ContactField { name, value });
        }
    }
    if about.tags.len() > MAX_OWN || about.fields.len() > MAX_OWN {
        return Err(DeskError::TooLong);
    }
    Ok(about)
}

/// Those that have still to come, over all numbers of a person.
pub(super) fn reminders(connection: &Connection, keys: &[String]) -> Result<Vec<ContactReminder>, DeskError> {
    let owner = mirror::owner(connection)?;
    let mut all = Vec::new();
    for key in keys {
        let Some(row) = callback::of_key(connection, &owner, key)? else {
            continue;
        };
        if let Some(at) = row.remind_ms.filter(|_| row.reminds() && !row.reminded) {
            all.push((at, row.id, row.remind_note));
        }
    }
    all.sort();
    let told = |(at, id, note)| ContactReminder {
        id,
        at: Time::from_ms(at).to_string(),
        note,
    };
    Ok(all.into_iter().map(told).collect())
}
