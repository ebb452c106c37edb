//! What the window sees of the app itself. What it may ask is declared in the rooms (`room/`); the TypeScript twins of
//! the types are generated into `ui/src/lib/bindings`.
//!
//! Events to the window: `changed` with [`Changed`], `navigate` with a route (string).

use perezvon_core::effect::{DocumentScope, Preferences};
use perezvon_desk::DeskError;
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
    /// Settings.
    pub settings: Settings,
}

/// The header strip: token, events, subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ServiceState {
    /// `ready` (green), `degraded` (amber) or `off` (red).
    pub level: String,
    /// Code of the worst trouble, none when ready: `no_token`, `token_refused`, `pbx_unreachable`, `pbx_unavailable`,
    /// `no_public_url`, `polling` (no events come, calls are asked for), `subscription_refused`, `no_me`, `relay_unreachable`, `key_refused`, `port_in_use`,
    /// `disk_full`, `data_folder` (no database can be kept in it, as on a network drive), `database_damaged`, `no_notifications`, `keyring_locked`, `starting`.
    pub trouble: Option<String>,
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
    /// Where secrets are kept, or would be: `keyring`, `file` (by the user's consent), `environment` (given when the app
    /// was started) or `none` (no safe place was found).
    pub secrets: String,
    /// Toasts: `actions`, `plain` (the notification server has no buttons), `quiet` (the user wants to be left alone: only
    /// the notification centre has them), `none`.
    pub toasts: String,
    /// The key is an administrator's.
    pub admin: bool,
    /// How the relay learns of calls: `live`, `polling` or `off`; empty where it does not say.
    pub mode: String,
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
    /// `ru` or `en`.
    pub language: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
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
    /// `off`, `all`, `external`, `answered`.
    pub documents: String,
    /// Toast for a registered document.
    pub document_toast: bool,
    /// Summary after an absence.
    pub digest: bool,
    /// A link with a plain number of at least seven digits is dialled without a question. Codes and short numbers never.
    pub links_dial: bool,
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
            documents: match self.documents.as_str() {
                "off" => DocumentScope::Off,
                "external" => DocumentScope::External,
                "answered" => DocumentScope::Answered,
                _ => DocumentScope::All,
            },
            document_toast: self.document_toast,
            digest: self.digest,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: "ru".to_owned(),
            theme: "system".to_owned(),
            autostart: false,
            listen: "127.0.0.1:8731".to_owned(),
            public_url: String::new(),
            grace_s: 30,
            incoming: true,
            answered_elsewhere: true,
            missed: true,
            internal: true,
            progress: true,
            documents: "all".to_owned(),
            document_toast: true,
            digest: true,
            links_dial: false,
        }
    }
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
    /// `number` (asked about), `code` (never dialled from a link) or `unread` (no number could be read).
    pub kind: String,
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
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CheckLine {
    /// Which check: `relay` (only where the relay does not answer or has no inside to show), `clock`, `dns`, `tls`,
    /// `token`, `abonents`, `rights`, `publicUrl`, `callback`, `subscription`, `events`, `ownEvent`, `certificate`,
    /// `recording`, `ledger`, `disk`, `feed`, `import`, `files`, `toasts`, `keyring`, `me`.
    pub id: String,
    /// Passed, with a warning or skipped at worst.
    pub ok: bool,
    /// How it ended: `ok`, `warning`, `failed`, `skipped` (something else must be mended before it makes sense).
    pub state: String,
    /// Code of the cause when it failed, one of [`ServiceState::trouble`], `quiet` or `check_…`.
    #[serde(default)]
    pub code: Option<String>,
    /// What was found, in the window's language; no secrets.
    #[serde(default)]
    pub detail: Option<String>,
    /// What to do, in the window's language; none where the window has its own words.
    #[serde(default)]
    pub fix: Option<String>,
}

/// What is worth reading again.
#[derive(Clone, Copy, Debug, Default, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Changed {
    /// Calls (and what is derived from them).
    pub calls: bool,
    /// Contacts.
    pub contacts: bool,
    /// Notifications.
    pub notifications: bool,
    /// [`AppState`].
    pub state: bool,
}

/// Why a command failed: the window has the words.
#[derive(Clone, Debug, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Failure {
    /// One of [`ServiceState::trouble`], or `bad_number`, `name_missing`, `not_found`, `number_taken`, `bad_address`,
    /// `code_unknown`, `code_used`, `code_expired`, `too_many_tries`, `not_a_relay`, `relay_tls`, `in_the_clear` (joining
    /// a relay by plain HTTP was not agreed to), `call_refused`, `call_unknown` (the PBX did not say whether the call was
    /// placed), `storage`, `timeout`, `too_long`, `forbidden`, `refused` (the detail says why), `pbx_refused`,
    /// `too_many`, `bad_report`, `too_many_groups`, `file_not_written`, `busy`, `cancelled`, `not_supported` (the relay is older than the window), `autostart_refused` (by the system).
    pub code: String,
    /// For support; no secrets.
    pub detail: Option<String>,
}

impl Failure {
    pub(crate) fn of(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            detail: None,
        }
    }
}

impl From<&DeskError> for Failure {
    fn from(error: &DeskError) -> Self {
        tracing::warn!(%error, "The desk refused");
        Self {
            code: error.code().to_owned(),
            detail: None,
        }
    }
}

impl Changed {
    pub(crate) fn everything() -> Self {
        Self {
            calls: true,
            contacts: true,
            notifications: true,
            state: true,
        }
    }

    /// Adds another change.
    pub(crate) fn join(&mut self, other: Self) {
        self.calls |= other.calls;
        self.contacts |= other.contacts;
        self.notifications |= other.notifications;
        self.state |= other.state;
    }
}
