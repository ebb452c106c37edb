//! New versions of the app, as the window sees them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What becomes of a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Updates {
    /// Nobody asks by himself.
    Off,
    /// It is told of.
    Tell,
    /// It is installed when the app is not used.
    Install,
}

/// Who installs new versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum UpdateWay {
    /// The app itself.
    Itself,
    /// Whoever installs programs at this computer: the app came as a package of the system.
    System,
    /// This app was built without a source of new versions, or without the key that they are signed with.
    #[default]
    None,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum UpdateStep {
    /// Nothing is being done.
    #[default]
    Idle,
    /// It is asked whether there is a newer version.
    Asking,
    /// The file is fetched and its signature checked.
    Fetching,
    /// It is there and waits for the end of the conversation.
    Call,
    /// It is there and waits until the app is not used.
    Quiet,
    /// The programs are being replaced; the app starts again.
    Installing,
}

/// What went wrong the last time. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum UpdateTrouble {
    /// Whoever has the new versions does not answer.
    Unreachable,
    /// The company's relay is older than this app: it knows of no versions.
    OldRelay,
    /// The connection ended before the file was whole.
    Incomplete,
    /// The file is not what its signature is for, or the signature is not the makers'.
    BadSignature,
    /// The file is signed, for another version than it is offered as.
    OtherVersion,
    /// An older version than this one is offered.
    Older,
    /// The file could not take the program's place.
    NotInstalled,
}

/// A newer version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NewerVersion {
    /// `1.2.3`.
    pub version: String,
    /// What is new; may be empty.
    pub notes: String,
}

/// Updates, as the settings show them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct UpdateView {
    /// Who installs.
    pub way: UpdateWay,
    /// How far it is.
    pub step: UpdateStep,
    /// How much of the file is there, percent; none where its length is not known.
    pub percent: Option<u8>,
    /// The newer version that was found.
    pub newer: Option<NewerVersion>,
    /// When it was asked last, RFC 3339 UTC.
    pub asked_at: Option<String>,
    /// What went wrong then.
    pub trouble: Option<UpdateTrouble>,
    /// For support; no secrets.
    pub detail: Option<String>,
    /// This start follows an update from this version.
    pub updated_from: Option<String>,
}
