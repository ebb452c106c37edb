//! The toast of a recording that can be heard.

use super::{Draw, Rendered, ToastLook};
use crate::error::DeskError;
use crate::table::recording;
use crate::toast::{Action, Button, ButtonKey, Stay, ToastKind, Urgency};
use crate::who::{self, Party, Who};
use crate::words::duration;
use perezvon_core::Direction;

impl Draw<'_> {
    /// None where it is no longer there.
    pub(super) fn recording(&self, id: i64) -> Result<Option<Rendered>, DeskError> {
        let Some(row) = recording::one(self.connection, id)? else {
            return Ok(None);
        };
        let party = Party {
            key: row.key,
            shown: row.shown,
            name: row.name,
            hidden: row.hidden,
        };
        let who = who::who(self.connection, party)?;
        let direction = if row.incoming {
            Direction::Incoming
        } else {
            Direction::Outgoing
        };
        let length = row.told_ms.and_then(|ms| u32::try_from(ms).ok());
        Ok(Some(self.recording_of(id, &who, direction, length)))
    }

    /// `length`: of the conversation, milliseconds.
    pub(super) fn recording_of(&self, id: i64, who: &Who, direction: Direction, length: Option<u32>) -> Rendered {
        let (name, number) = match (&who.name, &who.number) {
            (Some(name), number) => (Some(super::cut(name, super::MAX_NAME_CHARS)), number.clone()),
            (None, Some(number)) => (Some(number.clone()), None),
            (None, None) => (self.name_and_number(who).first().cloned(), None),
        };
        let first = [
            name,
            Some(self.words.direction(direction)),
            length.map(|ms| duration(ms.into())),
        ];
        let mut lines = vec![first.into_iter().flatten().collect::<Vec<_>>().join(" · ")];
        lines.extend(number);
        let listen = Action::PlayRecording { id };
        let buttons = vec![
            Button {
                key: ButtonKey::Listen,
                label: self.words.button_listen(),
                action: listen.clone(),
            },
            Button {
                key: ButtonKey::Folder,
                label: self.words.button_folder(),
                action: Action::ShowRecording { id },
            },
        ];
        let (category, icon) = ("x-perezvon.recording", "document");
        self.toast(
            ToastKind::Recording,
            ToastLook {
                title: self.words.recording(),
                lines,
                buttons,
                body: Some(listen),
                stay: Stay::Seconds(15),
                urgency: Urgency::Low,
                category,
                icon,
            },
            who.key.clone(),
        )
    }
}
