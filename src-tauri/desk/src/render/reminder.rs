//! The toast of a reminder: whom to call back, why, and since when.

use super::{Draw, MAX_NAME_CHARS, Rendered, ToastLook, cut};
use crate::error::DeskError;
use crate::table::{callback, mirror};
use crate::toast::{Action, Button, ButtonKey, Stay, ToastKind, Urgency};
use perezvon_core::snapshot::PartySnapshot;
use perezvon_core::{Number, Time};

/// Longest part of a note in the toast, characters.
const MAX_NOTE_CHARS: usize = 120;
/// For how long «Через 15 мин» puts it off.
const LATER_MIN: u32 = 15;
/// Overdue by less is on time, milliseconds.
const ON_TIME_MS: i64 = 120_000;

impl Draw<'_> {
    /// None where the queue has no such row any more.
    pub(super) fn reminder(&self, number: &str) -> Result<Option<Rendered>, DeskError> {
        let owner = mirror::owner(self.connection)?;
        let Some(row) = callback::of_key(self.connection, &owner, number)? else {
            return Ok(None);
        };
        let who = self.who(&PartySnapshot::of(&Number::parse(number)))?;
        let (headline, mut lines) = self.headline(&who);
        lines.extend((!row.remind_note.is_empty()).then(|| cut(&row.remind_note, MAX_NOTE_CHARS)));
        let due = row.remind_ms.map_or(self.now, Time::from_ms);
        if self.now.since(due) >= ON_TIME_MS {
            lines.push(self.words.due_at(&self.words.at(due, self.now)));
        }
        let mut buttons = self.call_back_button(who.key.as_deref());
        buttons.push(Button {
            key: ButtonKey::Later,
            label: self.words.button_later(LATER_MIN),
            action: Action::RemindLater {
                id: row.id,
                minutes: LATER_MIN,
            },
        });
        buttons.push(Button {
            key: ButtonKey::Done,
            label: self.words.button_done(),
            action: Action::CallbackDone { id: row.id },
        });
        let (category, icon) = ("x-perezvon.reminder", "digest");
        Ok(Some(self.toast(
            ToastKind::Reminder,
            ToastLook {
                title: self.words.reminder(&cut(&headline, MAX_NAME_CHARS)),
                lines,
                buttons,
                body: Some(Action::OpenQueue),
                stay: Stay::UntilClosed,
                urgency: Urgency::Normal,
                category,
                icon,
            },
            who.key,
        )))
    }
}
