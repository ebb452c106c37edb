//! Reminders: who is put off until a time, and what happens when it has come.

use super::MAX_CHANGED;
use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of_number;
use crate::notifications::{Ops, raise};
use crate::queue;
use crate::subject::Subject;
use crate::table::callback::{self, Callback, State};
use crate::table::mirror;
use crate::toast::{ToastKey, ToastOp};
use perezvon_core::{Number, Time};

/// Longest note of a reminder, characters.
const MAX_NOTE_CHARS: usize = 1_000;
/// Most reminders that come at once; the others follow within seconds.
const MAX_DUE: u32 = 50;

impl Desk {
    /// The user wants to be reminded of these persons at this time; until then they are out of the list, unless they call
    /// again. None: they are in the list now. Without a note the one before stays. Survives a power cut.
    pub fn callbacks_later(
        &self,
        ids: &[i64],
        at: Option<Time>,
        note: Option<&str>,
    ) -> Result<Vec<ToastOp>, DeskError> {
        let now = self.now();
        let note: Option<String> = note.map(|note| note.trim().chars().take(MAX_NOTE_CHARS).collect());
        self.db.write(Durability::Lasting, |tx| {
            let owner = mirror::owner(tx)?;
            let mut ops = Ops::default();
            for id in ids.iter().take(MAX_CHANGED) {
                let Some(mut row) = callback::of_id(tx, &owner, *id)? else {
                    continue;
                };
                if row.state != State::Waiting {
                    continue;
                }
                if at.is_none() && callback::is_reminder_alone(tx, &owner, &row)? {
                    callback::remove(tx, row.id)?;
                    tx.touched().queued(row.id, row.key.clone());
                } else {
                    (row.remind_ms, row.reminded) = (at.map(Time::ms), false);
                    row.remind_set_ms = now.ms().max(row.newest_ms);
                    if let Some(note) = &note {
                        row.remind_note.clone_from(note);
                    }
                    callback::put(tx, &owner, &row)?;
                    tx.touched().queued(row.id, row.key.clone());
                }
                for key in queue::settle(tx, &row.key)? {
                    queue::refresh(tx, self.pen(), &key, false, &mut ops)?;
                }
            }
            Ok(ops.into_vec())
        })
    }

    /// The user wants to be reminded to call this number, whether or not a call was missed from it. The entry's id.
    pub fn remind_of(&self, number: &Number, at: Time, note: &str) -> Result<i64, DeskError> {
        let key = key_of_number(number).ok_or(DeskError::BadNumber)?;
        let now = self.now();
        let note: String = note.trim().chars().take(MAX_NOTE_CHARS).collect();
        self.db.write(Durability::Lasting, |tx| {
            let owner = mirror::owner(tx)?;
            let mut row = callback::of_key(tx, &owner, &key)?.unwrap_or_else(|| Callback::of(&key));
            (row.remind_ms, row.reminded) = (Some(at.ms()), false);
            (row.remind_set_ms, row.remind_note) = (now.ms().max(row.newest_ms), note.clone());
            let id = callback::put(tx, &owner, &row)?;
            tx.touched().queued(id, key.clone());
            queue::settle(tx, &key)?;
            Ok(id)
        })
    }

    /// When the next reminder comes.
    pub fn next_reminder(&self) -> Result<Option<Time>, DeskError> {
        self.db
            .read(|c| Ok(callback::next_reminder(c, &mirror::owner(c)?)?.map(Time::from_ms)))
    }

    /// The reminders whose time has come: the persons are in the list again, and there is a toast for each.
    pub fn remind(&self) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx| {
            let owner = mirror::owner(tx)?;
            let mut ops = Ops::default();
            for mut row in callback::due(tx, &owner, pen.now.ms(), MAX_DUE)? {
                row.reminded = true;
                callback::put(tx, &owner, &row)?;
                tx.touched().queued(row.id, row.key.clone());
                queue::settle(tx, &row.key)?;
                let subject = Subject::Reminder {
                    number: row.key.clone(),
                };
                ops.push(raise(tx, pen, &ToastKey::Reminder(row.key), &subject)?);
            }
            Ok(ops.into_vec())
        })
    }
}
