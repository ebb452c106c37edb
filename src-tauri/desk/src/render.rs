//! From what a notification is about to the toast's texts (product 4.2): name and number always, nothing twice, only
//! buttons that work. Callers choose their names; so the number is never cut, and it is on a line of its own or in the
//! title, where no name can hide or imitate it.

mod progress;
mod recording;
mod reminder;
mod ring;
mod sample;

pub(crate) use ring::also_missed;
pub use sample::{Sample, sample};

use crate::error::DeskError;
use crate::subject::Subject;
use crate::table::{call, document};
use crate::toast::{Action, Button, ButtonKey, NoteField, Stay, Toast, ToastKey, ToastKind, Urgency};
use crate::who::{self, Party, Who};
use crate::words::{Words, duration};
use perezvon_core::snapshot::PartySnapshot;
use perezvon_core::{CallSnapshot, Number, Time};
use rusqlite::Connection;

/// Longest name of a person, company or line in a toast, characters: a longer one would push the number and the buttons
/// off the screen.
const MAX_NAME_CHARS: usize = 80;

/// A toast and the number key it names somebody by.
pub(crate) struct Rendered {
    pub(crate) toast: Toast,
    pub(crate) number_key: Option<String>,
}

/// The toast of the subject; none where the mirror no longer has its call. `notification_id` is left 0.
pub(crate) fn render(
    connection: &Connection,
    words: Words,
    now: Time,
    key: &ToastKey,
    subject: &Subject,
) -> Result<Option<Rendered>, DeskError> {
    let draw = Draw {
        connection,
        words,
        now,
        key,
    };
    let call = |id: &str| call::snapshot(connection, id);
    Ok(match subject {
        Subject::Incoming { call: id } => call(id)?.map(|call| draw.incoming(&call)).transpose()?,
        Subject::AnsweredElsewhere { call: id } => call(id)?.map(|call| draw.answered(&call)).transpose()?,
        Subject::Missed { call: id, times } => call(id)?.map(|call| draw.missed(&call, *times)).transpose()?,
        Subject::Document { id } => document::snapshot(connection, *id)?
            .map(|call| draw.document(*id, &call))
            .transpose()?,
        Subject::Recording { id } => draw.recording(*id)?,
        Subject::Progress { call: id, number, step } => {
            let call = id.as_deref().map(call).transpose()?.flatten();
            Some(draw.progress(call.as_ref(), number, *step)?)
        }
        Subject::Failed { number, code } => Some(draw.failed(number, code)?),
        Subject::Reminder { number } => draw.reminder(number)?,
        Subject::Digest { calls, waiting, late } => Some(draw.digest(*calls, *waiting, *late)),
        Subject::Trouble { code } => Some(draw.trouble(code)),
    })
}

struct Draw<'a> {
    connection: &'a Connection,
    words: Words,
    now: Time,
    key: &'a ToastKey,
}

impl Draw<'_> {
    fn document(&self, id: i64, call: &CallSnapshot) -> Result<Rendered, DeskError> {
        let who = self.who(&call.party)?;
        let named = self.name_and_number(&who);
        let (name, number) = match (&who.name, &who.number) {
            (Some(name), number) => (Some(name.clone()), number.clone()),
            (None, Some(number)) => (Some(number.clone()), None),
            (None, None) => (named.first().cloned(), None),
        };
        let end = match call.talk_ms {
            Some(ms) => duration(ms),
            None => self.words.finding(call.direction, call.outcome),
        };
        let mut lines = vec![
            [name, Some(self.words.direction(call.direction)), Some(end)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" · "),
        ];
        lines.extend(number);
        let open = Action::OpenDocument { id };
        let mut buttons = vec![Button {
            key: ButtonKey::Document,
            label: self.words.button_open(),
            action: open.clone(),
        }];
        buttons.extend(self.call_back_button(who.key.as_deref()));
        let title = self.words.document(&document::printed(id));
        let (category, icon) = ("x-perezvon.document", "document");
        let mut rendered = self.toast(
            ToastKind::Document,
            ToastLook {
                title,
                lines,
                buttons,
                body: Some(open),
                stay: Stay::Seconds(6),
                urgency: Urgency::Low,
                category,
                icon,
            },
            who.key,
        );
        rendered.toast.note = call.talk_ms.map(|_| {
            Box::new(NoteField {
                call: call.id.clone(),
                placeholder: self.words.note_placeholder(),
                button: self.words.button_save_note(),
            })
        });
        Ok(rendered)
    }

    fn digest(&self, calls: i64, waiting: i64, late: bool) -> Rendered {
        let show = Action::OpenQueue;
        let buttons = vec![Button {
            key: ButtonKey::Show,
            label: self.words.button_show(),
            action: show.clone(),
        }];
        let (category, icon) = ("call.unanswered", "digest");
        self.toast(
            ToastKind::Digest,
            ToastLook {
                title: if late {
                    self.words.late_digest(calls)
                } else {
                    self.words.digest(calls)
                },
                lines: vec![self.words.waiting(waiting)],
                buttons,
                body: Some(show),
                stay: Stay::UntilClosed,
                urgency: Urgency::Normal,
                category,
                icon,
            },
            None,
        )
    }

    fn trouble(&self, code: &str) -> Rendered {
        Rendered {
            toast: Toast::trouble(self.words, code),
            number_key: None,
        }
    }

    /// Who it is, with names of a length that fits.
    fn who(&self, party: &PartySnapshot) -> Result<Who, DeskError> {
        let mut who = who::who(self.connection, Party::of(party))?;
        for name in who.name.iter_mut().chain(&mut who.company) {
            *name = cut(name, MAX_NAME_CHARS);
        }
        for contact in &mut who.candidates {
            contact.name = cut(&contact.name, MAX_NAME_CHARS);
        }
        Ok(who)
    }

    /// Title and the line below it: who, and the number alone.
    fn headline(&self, who: &Who) -> (String, Vec<String>) {
        if who.hidden {
            return (self.words.hidden_number(), Vec::new());
        }
        if !who.candidates.is_empty() {
            return (who.number.clone().unwrap_or_default(), self.possible(who));
        }
        let title = who.name.clone().unwrap_or_else(|| self.words.unknown_number());
        (title, who.number.iter().cloned().collect())
    }

    /// Who it may be, and the company of all of them.
    fn possible(&self, who: &Who) -> Vec<String> {
        let names: Vec<&str> = who.candidates.iter().map(|contact| contact.name.as_str()).collect();
        let maybe = self.words.maybe(&names.join(", "));
        std::iter::once(maybe).chain(who.company.clone()).collect()
    }

    /// Name and number, each on its line, or what is known of them.
    fn name_and_number(&self, who: &Who) -> Vec<String> {
        if who.hidden {
            return vec![self.words.hidden_number()];
        }
        if !who.candidates.is_empty() {
            return who.number.iter().cloned().chain(self.possible(who)).collect();
        }
        who.name.iter().chain(&who.number).cloned().collect()
    }

    fn line(&self, call: &CallSnapshot) -> Option<String> {
        let line = call.line.as_ref()?;
        if let Some(queue) = line.queue.as_deref().filter(|queue| !queue.is_empty()) {
            return Some(self.words.queue(&cut(queue, MAX_NAME_CHARS)));
        }
        let number = || line.number.as_deref().map(|number| Number::parse(number).display());
        line.name
            .as_deref()
            .map(|name| cut(name, MAX_NAME_CHARS))
            .or_else(number)
            .map(|line| self.words.on_line(&line))
    }

    fn card_button(&self, action: Option<&Action>) -> Vec<Button> {
        action
            .map(|action| Button {
                key: ButtonKey::Card,
                label: self.words.button_card(),
                action: action.clone(),
            })
            .into_iter()
            .collect()
    }

    fn call_back_button(&self, key: Option<&str>) -> Vec<Button> {
        key.map(|number| Button {
            key: ButtonKey::CallBack,
            label: self.words.button_call_back(),
            action: Action::CallBack {
                number: number.to_owned(),
            },
        })
        .into_iter()
        .collect()
    }

    fn toast(&self, kind: ToastKind, look: ToastLook, number_key: Option<String>) -> Rendered {
        let toast = Toast {
            buttons: look.buttons,
            body_action: look.body,
            stay: look.stay,
            urgency: look.urgency,
            category: look.category.to_owned(),
            icon: look.icon.to_owned(),
            ..Toast::plain(self.key.clone(), kind, look.title, look.lines)
        };
        Rendered { toast, number_key }
    }
}

impl Toast {
    /// The toast of a trouble. Needs no storage: that may be what is troubled.
    pub fn trouble(words: Words, code: &str) -> Self {
        let (title, cause, section) = words.trouble(code);
        let fix = Action::OpenSettings {
            section: section.to_owned(),
        };
        Self {
            buttons: vec![Button {
                key: ButtonKey::Fix,
                label: words.button_fix(),
                action: fix.clone(),
            }],
            body_action: Some(fix),
            stay: Stay::UntilClosed,
            category: "x-perezvon.trouble".to_owned(),
            icon: "trouble".to_owned(),
            ..Self::plain(ToastKey::Trouble, ToastKind::Trouble, title, vec![cause])
        }
    }
}

impl Toast {
    /// The toast of a newer version of the app. No list keeps it: the settings show it.
    pub fn newer_version(words: Words, version: &str) -> Self {
        let show = Action::OpenSettings {
            section: "updates".to_owned(),
        };
        Self {
            buttons: vec![Button {
                key: ButtonKey::Show,
                label: words.button_show(),
                action: show.clone(),
            }],
            body_action: Some(show),
            stay: Stay::Seconds(20),
            urgency: Urgency::Low,
            category: "x-perezvon.update".to_owned(),
            icon: "digest".to_owned(),
            ..Self::plain(
                ToastKey::Update,
                ToastKind::Trouble,
                words.newer_version(version),
                Vec::new(),
            )
        }
    }
}

/// What differs between toasts.
struct ToastLook {
    title: String,
    lines: Vec<String>,
    buttons: Vec<Button>,
    body: Option<Action>,
    stay: Stay,
    urgency: Urgency,
    category: &'static str,
    icon: &'static str,
}

/// Where «Карточка» leads: the contact; an empty card with the number; the call where there is no number or several
/// contacts.
fn card_action(who: &Who, call: Option<&str>) -> Option<Action> {
    let call = call.map(|id| Action::OpenCall { id: id.to_owned() });
    match (who.contact, &who.key) {
        (Some(id), _) => Some(Action::OpenContact { id }),
        (None, Some(number)) if who.candidates.is_empty() => Some(Action::NewContact { number: number.clone() }),
        _ => call,
    }
}

/// One line of at most `max` characters.
fn cut(text: &str, max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line,
    }
}

fn joined(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(" · "))
}
