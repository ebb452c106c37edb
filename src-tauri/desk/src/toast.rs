//! Toasts as data: what to show, and what a click means. The app draws them by the system's means (product 4.1).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An operation on the screen: show, replace in place, or close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToastOp {
    /// Show it; where one with the same key is on the screen, replace that in place.
    Show(Toast),
    /// Take it off the screen, if it is there.
    Close(ToastKey),
}

/// What a toast is of. At most one toast per key is on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToastKey {
    /// A call that rings or that somebody answered: the call's id.
    Call(String),
    /// Missed calls of one caller: their number key, or the call's id where there is none.
    Missed(String),
    /// A registered document.
    Document(i64),
    /// A recording that is on the disk now.
    Recording(i64),
    /// A call placed here: the request's id.
    Request(String),
    /// Whom the user wanted to be reminded of: their number key.
    Reminder(String),
    /// Summary after an absence.
    Digest,
    /// Something does not work.
    Trouble,
    /// A newer version of the app.
    Update,
    /// A number that was copied in another program.
    Copied,
}

impl ToastKey {
    /// One text per key: for the table and as the tag on Windows and macOS.
    pub fn text(&self) -> String {
        match self {
            Self::Call(id) => format!("call:{id}"),
            Self::Missed(key) => format!("missed:{key}"),
            Self::Document(id) => format!("document:{id}"),
            Self::Recording(id) => format!("recording:{id}"),
            Self::Request(id) => format!("request:{id}"),
            Self::Reminder(key) => format!("reminder:{key}"),
            Self::Digest => "digest".to_owned(),
            Self::Trouble => "trouble".to_owned(),
            Self::Update => "update".to_owned(),
            Self::Copied => "copied".to_owned(),
        }
    }

    /// The key of such a text.
    pub fn from_text(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        Some(match kind {
            "call" => Self::Call(rest.to_owned()),
            "missed" => Self::Missed(rest.to_owned()),
            "document" => Self::Document(rest.parse().ok()?),
            "recording" => Self::Recording(rest.parse().ok()?),
            "request" => Self::Request(rest.to_owned()),
            "reminder" => Self::Reminder(rest.to_owned()),
            "digest" => Self::Digest,
            "trouble" => Self::Trouble,
            "update" => Self::Update,
            "copied" => Self::Copied,
            _ => return None,
        })
    }
}

/// Kinds of product 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ToastKind {
    /// A call rings.
    Incoming,
    /// A colleague answered.
    AnsweredElsewhere,
    /// Missed calls of one caller.
    Missed,
    /// A document was registered.
    Document,
    /// The recording of a call that has just ended can be heard.
    Recording,
    /// How far a call placed here has come.
    Progress,
    /// The user wanted to be reminded to call somebody back.
    Reminder,
    /// Summary after an absence.
    Digest,
    /// Something does not work.
    Trouble,
}

impl ToastKind {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::Missed => "missed",
            Self::Document => "document",
            Self::Recording => "recording",
            Self::Progress => "progress",
            Self::Reminder => "reminder",
            Self::Digest => "digest",
            Self::Trouble => "trouble",
        }
    }

    /// Waits in the list «Уведомления» until somebody has looked: the others tell what the user has seen or done.
    pub(crate) fn wants_a_look(self) -> bool {
        matches!(self, Self::Missed | Self::Reminder | Self::Digest | Self::Trouble)
    }
}

/// One toast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toast {
    /// What it is of.
    pub key: ToastKey,
    /// Kind.
    pub kind: ToastKind,
    /// First line, bold.
    pub title: String,
    /// Further lines.
    pub lines: Vec<String>,
    /// Buttons, the default first.
    pub buttons: Vec<Button>,
    /// What a click on the body does.
    pub body_action: Option<Action>,
    /// How long it stays.
    pub stay: Stay,
    /// How loudly it asks.
    pub urgency: Urgency,
    /// The freedesktop category: `call.incoming`, `call.unanswered`, `call.ended`… (product 4.1).
    pub category: String,
    /// Which of the product's pictures: `call-incoming`, `call-answered`, `call-missed`, `call-outgoing`, `document`,
    /// `digest`, `trouble`.
    pub icon: String,
    /// A note about a call that can be written in the toast, where the system has a field for it.
    pub note: Option<Box<NoteField>>,
    /// Row of the list «Уведомления»; give it back to [`crate::desk::Desk::note_toast`].
    pub notification_id: i64,
}

/// See [`Toast::note`]. The texts are in the user's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteField {
    /// The relay's id of the call.
    pub call: String,
    /// What stands in the empty field.
    pub placeholder: String,
    /// The button that stores the note.
    pub button: String,
}

/// A toast as the window draws it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ToastView {
    /// [`ToastKey::text`].
    pub key: String,
    /// Kind.
    pub kind: ToastKind,
    /// First line, bold.
    pub title: String,
    /// Further lines.
    pub lines: Vec<String>,
    /// Buttons, the default first.
    pub buttons: Vec<ToastButton>,
}

/// A button of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ToastButton {
    /// [`ButtonKey::as_str`].
    pub key: String,
    /// In the user's language.
    pub label: String,
}

impl Toast {
    /// A toast that is its text alone: without buttons, picture or category, it stays for half a minute, and no row of the
    /// list «Уведомления» is of it.
    pub fn plain(key: ToastKey, kind: ToastKind, title: String, lines: Vec<String>) -> Self {
        Self {
            key,
            kind,
            title,
            lines,
            buttons: Vec::new(),
            body_action: None,
            stay: Stay::Seconds(30),
            urgency: Urgency::Normal,
            category: String::new(),
            icon: String::new(),
            note: None,
            notification_id: 0,
        }
    }

    /// See [`ToastView`].
    pub fn view(&self) -> ToastView {
        let buttons = self.buttons.iter().map(|button| ToastButton {
            key: button.key.as_str().to_owned(),
            label: button.label.clone(),
        });
        ToastView {
            key: self.key.text(),
            kind: self.kind,
            title: self.title.clone(),
            lines: self.lines.clone(),
            buttons: buttons.collect(),
        }
    }
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// The name that the notification server gives back.
    pub key: ButtonKey,
    /// In the user's language.
    pub label: String,
    /// What it does.
    pub action: Action,
}

/// See [`Button::key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ButtonKey {
    /// «Перезвонить».
    CallBack,
    /// «Карточка».
    Card,
    /// «Открыть».
    Document,
    /// «Прослушать».
    Listen,
    /// «Показать в папке».
    Folder,
    /// «Скрыть».
    Hide,
    /// «Показать».
    Show,
    /// «Исправить».
    Fix,
    /// «Через 15 мин».
    Later,
    /// «Готово».
    Done,
}

impl ButtonKey {
    /// `call-back`, `card`, `document`, `listen`, `folder`, `hide`, `show`, `fix`, `later`, `done`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallBack => "call-back",
            Self::Card => "card",
            Self::Document => "document",
            Self::Listen => "listen",
            Self::Folder => "folder",
            Self::Hide => "hide",
            Self::Show => "show",
            Self::Fix => "fix",
            Self::Later => "later",
            Self::Done => "done",
        }
    }
}

/// How long a toast stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stay {
    /// Until a click or a [`ToastOp::Close`].
    UntilClosed,
    /// This many seconds.
    Seconds(u32),
}

/// How loudly a toast asks; none makes a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// May be missed.
    Low,
    /// Ordinary.
    Normal,
    /// Above full-screen windows and «Не беспокоить»: a phone rings.
    Critical,
}

/// What a click means. Carried out in one place of the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// Call the number.
    CallBack {
        /// E.164 or extension.
        number: String,
    },
    /// Show the number, and ask whether to call it.
    AskToDial {
        /// E.164 or extension.
        number: String,
    },
    /// Open the contact's card.
    OpenContact {
        /// The desk's id.
        id: i64,
    },
    /// Open an empty card with this number.
    NewContact {
        /// E.164 or extension.
        number: String,
    },
    /// Open the call.
    OpenCall {
        /// The relay's id.
        id: String,
    },
    /// Open the document.
    OpenDocument {
        /// Its number.
        id: i64,
    },
    /// Play the recording and show it.
    PlayRecording {
        /// The desk's id.
        id: i64,
    },
    /// Show the recording's file in its folder.
    ShowRecording {
        /// The desk's id.
        id: i64,
    },
    /// Remind of this person in so many minutes; until then they are out of the queue.
    RemindLater {
        /// Entry of the queue.
        id: i64,
        /// Minutes from now.
        minutes: u32,
    },
    /// The person of this entry of the queue was dealt with.
    CallbackDone {
        /// Entry of the queue.
        id: i64,
    },
    /// Open the queue «Надо перезвонить».
    OpenQueue,
    /// Open the call list.
    OpenCalls,
    /// Open the list «Уведомления».
    OpenNotifications,
    /// Open the settings.
    OpenSettings {
        /// `connection`, `address`, `me`, `notifications`, `general`, `check`.
        section: String,
    },
    /// Only close the toast.
    Hide,
}

impl Action {
    /// The window's route, where the action opens one: `contact/12`, `contact/new?number=%2B7…`, `call/01J…`, `document/3`,
    /// `recording/7`, `queue`, `calls`, `notifications`, `settings/token`.
    pub fn route(&self) -> Option<String> {
        Some(match self {
            Self::OpenContact { id } => format!("contact/{id}"),
            // A query of the window's address: a plain `+` would be read as a blank.
            Self::NewContact { number } => format!("contact/new?number={}", number.replace('+', "%2B")),
            Self::OpenCall { id } => format!("call/{id}"),
            Self::OpenDocument { id } => format!("document/{id}"),
            Self::OpenQueue => "queue".to_owned(),
            Self::OpenCalls => "calls".to_owned(),
            Self::OpenNotifications => "notifications".to_owned(),
            Self::OpenSettings { section } => format!("settings/{section}"),
            Self::PlayRecording { id } => format!("recording/{id}"),
            Self::CallBack { .. }
            | Self::AskToDial { .. }
            | Self::ShowRecording { .. }
            | Self::RemindLater { .. }
            | Self::CallbackDone { .. }
            | Self::Hide => return None,
        })
    }
}
