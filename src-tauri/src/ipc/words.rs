//! The words that the window branches on. A word that is not here does not compile there.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How well the service works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Level {
    /// Green.
    Ready,
    /// Amber: calls of the past can be read and called back, but something is missing.
    Degraded,
    /// Red.
    #[default]
    Off,
}

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum SecretsPlace {
    /// In the system's keyring.
    Keyring,
    /// In a file, by the user's consent.
    File,
    /// Given when the app was started.
    Environment,
    /// No safe place was found.
    #[default]
    None,
}

/// What the system does with toasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum ToastAbility {
    /// Shows them with buttons.
    Actions,
    /// Shows them without.
    Plain,
    /// Puts them into the notification centre only: the user wants to be left alone.
    Quiet,
    /// Nothing is there that shows any, or it is not known yet.
    #[default]
    None,
    /// Shows none: the app's are switched off there.
    Off,
}

/// When the app shows toasts in a window of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum PopupWhen {
    /// Where the system's have no buttons.
    #[default]
    Needed,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// On which screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum PopupScreen {
    /// The one with the pointer.
    #[default]
    Pointer,
    /// The first one.
    Primary,
    /// Each.
    All,
}

/// What became of a key that is to be heard while another program has the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyState {
    /// None is wished.
    #[default]
    Off,
    /// It is heard.
    On,
    /// Another program has it.
    Taken,
    /// It is no key.
    Bad,
    /// This desktop gives programs no such keys.
    NotHere,
    /// This desktop gives them itself, and has given none for this.
    NotGiven,
}

/// How a relay learns of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum FeedMode {
    /// The PBX reports them.
    Live,
    /// It asks for them.
    Polling,
    /// Not at all.
    Off,
}

/// The language of the window, the tray and the toasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Tongue {
    /// Russian.
    Ru,
    /// English.
    En,
}

/// The colours of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Theme {
    /// As the system's.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Which calls get a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Documents {
    /// None.
    Off,
    /// All.
    All,
    /// Those with somebody outside the company.
    External,
    /// Those that were answered.
    Answered,
}

/// What a link asks to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum DialKind {
    /// A number: the user is asked.
    Number,
    /// A code: never dialled from a link.
    Code,
    /// No number could be read.
    Unread,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum CheckState {
    /// Passed.
    Ok,
    /// Passed, but something should be looked at.
    Warning,
    /// Failed.
    Failed,
    /// Something else must be mended before it makes sense.
    Skipped,
}

/// A check of «Проверить сервис».
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum CheckId {
    /// That the relay answers; only where it does not, or has no inside to show.
    Relay,
    /// The clocks of machine and PBX.
    Clock,
    /// The name of the PBX's server.
    Dns,
    /// The secure connection to the PBX.
    Tls,
    /// A token is stored.
    Token,
    /// The PBX takes it.
    Abonents,
    /// What the token may.
    Rights,
    /// The address for events is set.
    PublicUrl,
    /// The address can be reached.
    Callback,
    /// Events are subscribed to.
    Subscription,
    /// They come.
    Events,
    /// One of the relay's own goes the whole way.
    OwnEvent,
    /// The relay's certificate.
    Certificate,
    /// Recordings can be fetched.
    Recording,
    /// The relay's storage.
    Ledger,
    /// Space on the disk.
    Disk,
    /// The way to the desks.
    Feed,
    /// The PBX's lists are read.
    Import,
    /// The files of the databases here.
    Files,
    /// The system shows toasts.
    Toasts,
    /// The keyring.
    Keyring,
    /// The user's abonent is chosen.
    Me,
    /// A check of a newer relay.
    Other,
}
