//! What the window sees of the app itself. What it may ask is declared in the rooms (`room/`); the TypeScript twins of
//! the types are generated into `ui/src/lib/bindings`.
//!
//! Events to the window: `changed` with [`crate::changes::Changed`], `navigate` with a route (string).

mod update;
mod words;

pub use update::{NewerVersion, UpdateStep, UpdateTrouble, UpdateView, UpdateWay, Updates};
pub use words::{
    CheckId, CheckState, DialKind, Documents, FeedMode, KeyState, Level, PopupScreen, PopupWhen, SecretsPlace, Theme,
    ToastAbility, Tongue,
};

use perezvon_core::effect::{DocumentScope, Preferences};
use perezvon_desk::relay_client::{ForwardTo, Forwarding};
use perezvon_desk::toast::ToastView;
use perezvon_desk::{DeskError, FailureCode, Sample};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything the frame of the window needs.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct AppState {
    /// Version of the app.
    pub version: String,
    /// The wizard is still to be gone through.
    pub wizard: bool,
    /// The chosen abonent.
    pub me: Option<Abonent>,
    /// The state of the relay and the PBX.
    pub service: ServiceState,
    /// Missed callers whom nobody has called back.
    pub to_call_back: u32,
    /// Notifications not yet looked at.
    pub unseen: u32,
    /// Where one's calls go; none while it is not known.
    pub forwarding: Option<Forwarding>,
    /// New versions of the app.
    pub update: UpdateView,
    /// Settings.
    pub settings: Settings,
    /// What became of the keys that are heard everywhere.
    pub keys: Keys,
    /// The desktop has a place for the icon.
    pub tray: bool,
    /// Names of the settings that an administrator has fixed, and `relay` where the company's relay is.
    pub fixed: Vec<String>,
    /// What is shown is the example's, and nothing of the user's.
    pub example: bool,
}

/// Forwarding of one's own telephone.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ForwardingView {
    /// What the PBX says now.
    pub now: Forwarding,
    /// What was in force last here; none where nothing ever was.
    pub last: Option<ForwardTo>,
}

/// See [`Settings::dial_key`] and [`Settings::popup_key`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Keys {
    /// Calls the selected number.
    pub dial: HeardKey,
    /// Brings a ring back.
    pub popup: HeardKey,
    /// The desktop tells programs nothing of what happens in others (Wayland).
    pub wayland: bool,
}

/// A key that is heard while another program has the focus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct HeardKey {
    /// What became of it.
    pub state: KeyState,
    /// Which one it is, where the desktop decides that; in its words.
    pub given: String,
}

/// The header strip: token, events, subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ServiceState {
    /// How well it works.
    pub level: Level,
    /// The worst trouble, none when ready.
    pub trouble: Option<FailureCode>,
    /// The relay runs inside the app.
    pub embedded: bool,
    /// Address of the relay: `http://127.0.0.1:8731`.
    pub relay_url: String,
    /// A token is stored.
    pub token: bool,
    /// Where the PBX must post, secret included; only for the embedded relay.
    pub callback_url: Option<String>,
    /// RFC 3339 UTC.
    pub subscription_until: Option<String>,
    /// RFC 3339 UTC.
    pub last_event_at: Option<String>,
    /// Where secrets are kept, or would be.
    pub secrets: SecretsPlace,
    /// What the system does with toasts.
    pub toasts: ToastAbility,
    /// The key is an administrator's.
    pub admin: bool,
    /// How the relay learns of calls; none where it does not say.
    pub mode: Option<FeedMode>,
    /// How far the list of recordings is read, RFC 3339 UTC.
    pub records_at: Option<String>,
    /// Code of what keeps the recordings from being read.
    pub records_error: Option<String>,
    /// Folder of the app's data, for a trouble that names it.
    pub data_dir: String,
    /// Calls arrive. Without that nobody tells that a phone rings no longer.
    pub connected: bool,
}

/// A user of the PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Abonent {
    /// `userId`.
    pub id: String,
    /// Family name, then first name; may be empty.
    pub name: String,
    /// Formatted; may be empty.
    pub phone: String,
    /// Short number; may be empty.
    pub extension: String,
    /// Department; may be empty.
    pub department: String,
}

/// What the settings window changes. What a stored file does not know yet has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, rename_all = "camelCase")]
#[ts(export)]
pub struct Settings {
    /// Of the window, the tray and the toasts.
    pub language: Tongue,
    /// The colours.
    pub theme: Theme,
    /// Starts with the system.
    pub autostart: bool,
    /// Address at which the embedded relay listens, `IP:PORT`.
    pub listen: String,
    /// Address at which the PBX reaches it; may be empty.
    pub public_url: String,
    /// Seconds that «пропущен» waits for another agent.
    pub grace_s: u32,
    /// Toast for an incoming call.
    pub incoming: bool,
    /// Toast «Ответил: …».
    pub answered_elsewhere: bool,
    /// Toast for a missed call.
    pub missed: bool,
    /// Calls between colleagues too.
    pub internal: bool,
    /// Progress of a call placed here.
    pub progress: bool,
    /// Which calls get a document.
    pub documents: Documents,
    /// Toast for a registered document.
    pub document_toast: bool,
    /// Summary after an absence.
    pub digest: bool,
    /// A link with a plain number of at least seven digits is dialled without a question. Codes and short numbers never.
    pub links_dial: bool,
    /// A number that is copied in another program is offered to be called.
    pub offer_copied: bool,
    /// A card in the window after each conversation.
    pub after_call: bool,
    /// How conversations turn out, in the user's words; none: the window's own list.
    pub outcomes: Vec<String>,
    /// Files and folders with contacts that are read again when they change.
    pub contact_files: Vec<String>,
    /// What becomes of a new version.
    pub updates: Updates,
    /// Nothing comes up on the screen in the quiet hours.
    pub quiet: bool,
    /// When they begin, local time, `HH:MM`.
    pub quiet_from: String,
    /// When they end; earlier than the beginning: on the next day.
    pub quiet_till: String,
    /// Calls, once it was seen, the number that is selected in any program: `Ctrl+Shift+F9`. Empty: none.
    pub dial_key: String,
    /// When the app shows toasts in a window of its own.
    pub popup: PopupWhen,
    /// On which screens.
    pub popup_screen: PopupScreen,
    /// Brings a ring back that was put out of the way. Empty: none.
    pub popup_key: String,
}

impl Settings {
    /// The part that decides about effects.
    pub fn preferences(&self) -> Preferences {
        Preferences {
            incoming: self.incoming,
            answered_elsewhere: self.answered_elsewhere,
            missed: self.missed,
            internal: self.internal,
            progress: self.progress,
            documents: match self.documents {
                Documents::Off => DocumentScope::Off,
                Documents::All => DocumentScope::All,
                Documents::External => DocumentScope::External,
                Documents::Answered => DocumentScope::Answered,
            },
            document_toast: self.document_toast,
            digest: self.digest,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: Tongue::Ru,
            theme: Theme::System,
            autostart: false,
            listen: "127.0.0.1:8731".to_owned(),
            public_url: String::new(),
            grace_s: 30,
            incoming: true,
            answered_elsewhere: true,
            missed: true,
            internal: true,
            progress: true,
            documents: Documents::All,
            document_toast: true,
            digest: true,
            links_dial: false,
            offer_copied: false,
            after_call: true,
            outcomes: Vec::new(),
            contact_files: Vec::new(),
            updates: Updates::Tell,
            quiet: false,
            quiet_from: "20:00".to_owned(),
            quiet_till: "08:00".to_owned(),
            dial_key: "Ctrl+Shift+F9".to_owned(),
            popup: PopupWhen::Needed,
            popup_screen: PopupScreen::Pointer,
            popup_key: "Ctrl+Shift+F10".to_owned(),
        }
    }
}

/// A toast as an example, beside the setting that switches it.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ToastSample {
    /// Which setting.
    pub of: Sample,
    /// What it looks like.
    pub toast: ToastView,
}

/// What was taken from a file of settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct SettingsTaken {
    /// Names of those that are set now.
    pub taken: Vec<String>,
    /// Names of those that this program does not know, that have no such value, or that an administrator has fixed.
    pub left: Vec<String>,
}

/// A relay that the user is asked to join. A link may come from anywhere: the window shows the address and waits for the
/// user's consent.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct JoinOffer {
    /// Its address.
    pub relay: String,
    /// HTTP to another machine: everybody in the network between could read the key and the calls.
    pub in_the_clear: bool,
}

/// A link (or a second start) asks to dial. It may come from anywhere: the window shows what was read and waits for the
/// user's consent.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DialOffer {
    /// For `dial.decline`.
    pub question: u32,
    /// What was read.
    pub kind: DialKind,
    /// The number for reading, the code, or the text that could not be read.
    pub text: String,
    /// For `dial_accept`; only with `number`.
    pub number: Option<String>,
    /// Contacts with this number: none, one, or several candidates.
    pub names: Vec<String>,
    /// Company of the one contact.
    pub company: Option<String>,
}

/// The relay took the code.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Welcome {
    /// `admin` or `user`.
    pub role: String,
    /// The user's name as the administrator gave it.
    pub name: String,
    /// Whose calls the key opens; none: an administrator, who then chooses their own abonent.
    pub me: Option<String>,
}

/// A call was ordered.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Placed {
    /// The request's id, also in the call's snapshot.
    pub request: String,
}

/// One line of «Проверить сервис».
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CheckLine {
    /// Which check.
    pub id: CheckId,
    /// How it ended.
    pub state: CheckState,
    /// The cause that the window has words for, where it failed for one.
    pub trouble: Option<FailureCode>,
    /// The code of any cause, for support.
    pub code: Option<String>,
    /// What was found, in the window's language; no secrets.
    pub detail: Option<String>,
    /// What to do, in the window's language; none where the window has its own words.
    pub fix: Option<String>,
}

/// Why a command failed: the window has the words.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Failure {
    /// Which of them.
    pub code: FailureCode,
    /// For support; no secrets.
    pub detail: Option<String>,
}

impl Failure {
    pub(crate) fn of(code: impl Into<FailureCode>) -> Self {
        Self {
            code: code.into(),
            detail: None,
        }
    }

    pub(crate) fn with(code: impl Into<FailureCode>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            detail: Some(detail.into()),
        }
    }
}

impl From<&DeskError> for Failure {
    fn from(error: &DeskError) -> Self {
        if !matches!(error, DeskError::Overtaken) {
            tracing::warn!(%error, "The desk refused");
        }
        Self::of(error.code())
    }
}
