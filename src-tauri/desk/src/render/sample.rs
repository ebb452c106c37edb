//! What each toast looks like, for the settings: drawn as every toast is, of people who do not exist.

use super::{Draw, Rendered};
use crate::error::DeskError;
use crate::subject::Step;
use crate::table::SCHEMA;
use crate::toast::{Action, Stay, Toast, ToastKey};
use crate::who::Who;
use crate::words::Words;
use perezvon_core::snapshot::{AnsweredBy, LineSnapshot, PartySnapshot};
use perezvon_core::{CallSnapshot, Direction, Number, Outcome, Time};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A toast by the name of the setting that switches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Sample {
    /// A call rings.
    Incoming,
    /// A colleague answered.
    AnsweredElsewhere,
    /// A missed call.
    Missed,
    /// A colleague calls.
    Internal,
    /// A call placed here.
    Progress,
    /// Summary after an absence.
    Digest,
    /// A document was registered.
    DocumentToast,
    /// A recording can be heard.
    Recording,
}

impl Sample {
    /// All of them, in the order of the settings.
    pub const ALL: [Self; 8] = [
        Self::Incoming,
        Self::AnsweredElsewhere,
        Self::Missed,
        Self::Internal,
        Self::Progress,
        Self::Digest,
        Self::DocumentToast,
        Self::Recording,
    ];
}

/// How long a sample stays on the screen.
const STAY: Stay = Stay::Seconds(10);
/// One number for all: none of them is stored, and the table's begin with 1.
const ID: i64 = 17;
const TALK_MS: i64 = 221_000;
const WAIT_MS: i64 = 18_000;

/// The toast of the sample. Its buttons only close it: nobody is called, and nothing is opened that is not there.
pub fn sample(words: Words, now: Time, of: Sample) -> Result<Toast, DeskError> {
    let connection = Connection::open_in_memory()?;
    for part in SCHEMA.steps.iter().copied().flatten() {
        connection.execute_batch(part)?;
    }
    let key = ToastKey::Call(format!("sample:{of:?}"));
    let draw = Draw {
        connection: &connection,
        words,
        now,
        key: &key,
    };
    let mut toast = draw.sample(of)?.toast;
    for button in &mut toast.buttons {
        button.action = Action::Hide;
    }
    toast.body_action = Some(Action::Hide);
    toast.stay = STAY;
    Ok(toast)
}

impl Draw<'_> {
    fn sample(&self, of: Sample) -> Result<Rendered, DeskError> {
        let client = self.words.pick("Орлова Дарья", "Daria Orlova");
        let colleague = self.words.pick("Иванов Пётр", "Peter Ivanov");
        let outside = PartySnapshot {
            name: Some(client.clone()),
            ..PartySnapshot::of(&Number::parse("+79000000011"))
        };
        let call = self.sample_call(outside.clone());
        match of {
            Sample::Incoming => self.incoming(&call),
            Sample::AnsweredElsewhere => self.answered(&CallSnapshot {
                answered_by: Some(AnsweredBy {
                    name: Some(colleague),
                    ..AnsweredBy::default()
                }),
                ..call
            }),
            Sample::Missed => self.missed(&call, 2),
            Sample::Internal => self.incoming(&CallSnapshot {
                line: None,
                ..self.sample_call(PartySnapshot {
                    name: Some(colleague),
                    internal: true,
                    ..PartySnapshot::of(&Number::parse("101"))
                })
            }),
            Sample::Progress => self.progress(None, "+79000000011", Step::OwnPhone),
            Sample::Digest => Ok(self.digest(14, 5, false)),
            Sample::DocumentToast => self.document(ID, &call),
            Sample::Recording => {
                let who = Who {
                    name: Some(client),
                    ..self.who(&outside)?
                };
                Ok(self.recording_of(ID, &who, Direction::Incoming, u32::try_from(TALK_MS).ok()))
            }
        }
    }

    fn sample_call(&self, party: PartySnapshot) -> CallSnapshot {
        CallSnapshot {
            id: "sample".to_owned(),
            version: 1,
            account: String::new(),
            tracking_id: None,
            direction: Direction::Incoming,
            outcome: Outcome::Ringing,
            uncertain: false,
            party,
            line: Some(LineSnapshot {
                name: Some(self.words.pick("Отдел продаж", "Sales")),
                ..LineSnapshot::default()
            }),
            abonent: None,
            answered_by: None,
            started_at: Some(self.now),
            answered_at: None,
            ended_at: None,
            wait_ms: Some(WAIT_MS),
            talk_ms: Some(TALK_MS),
            recording: Default::default(),
            talked_later: None,
            claim: None,
            superseded_by: None,
            linked: Vec::new(),
            request: None,
            updated_at: self.now,
            legs: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::words::{Language, Zone};
    use chrono::FixedOffset;

    #[test]
    fn every_toast_can_be_looked_at_and_none_of_them_does_anything() {
        let now = Time::from_ms(1_548_920_000_000);
        for language in [Language::Ru, Language::En] {
            let words = Words {
                language,
                zone: Zone::Fixed(FixedOffset::east_opt(3 * 3600).unwrap()),
            };
            let all = Sample::ALL.map(|of| sample(words, now, of).unwrap());
            for toast in &all {
                assert!(!toast.title.is_empty() && !toast.lines.is_empty(), "{toast:?}");
                let actions = toast
                    .buttons
                    .iter()
                    .map(|button| &button.action)
                    .chain(&toast.body_action);
                assert!(actions.clone().all(|action| *action == Action::Hide), "{toast:?}");
                assert_eq!(toast.notification_id, 0, "it is in no list");
            }
            let keys: std::collections::HashSet<_> = all.iter().map(|toast| toast.key.text()).collect();
            assert_eq!(keys.len(), all.len(), "one does not replace another");
        }
        let words = Words {
            zone: Zone::Fixed(FixedOffset::east_opt(3 * 3600).unwrap()),
            ..Words::default()
        };
        let missed = sample(words, now, Sample::Missed).unwrap();
        assert_eq!(missed.title, "Пропущенный: Орлова Дарья (×2)");
        assert_eq!(missed.lines[0], "+7 (900) 000-00-11");
        let recording = sample(words, now, Sample::Recording).unwrap();
        assert_eq!(recording.lines[0], "Орлова Дарья · входящий · 03:41");
    }
}
