//! What the relay answers, as far as the desk reads it.

use perezvon_core::Time;
use serde::{Deserialize, Serialize};

/// `GET /v1/health`. What only an admin may see is absent for others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Health {
    /// Version of the relay.
    pub version: String,
    /// `ok` or `failing`: whether the relay can store.
    pub ledger: String,
    /// What the keeper of subscriptions does.
    pub keeper: Option<Keeper>,
    /// There is an account token.
    pub has_token: bool,
    /// Where the PBX must post, secret included.
    pub callback_url: Option<String>,
    /// How long events are subscribed to, RFC 3339 UTC.
    pub subscription_until: Option<String>,
    /// The event journal in short.
    pub events: Option<EventsInShort>,
    /// The state of the import from the PBX.
    pub import: Option<ImportInShort>,
}

/// See [`Health::import`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportInShort {
    /// `live`, `polling` or `off`.
    pub mode: String,
    /// Recordings.
    pub records: ImportState,
}

/// See [`ImportInShort::records`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportState {
    /// When they were read last, RFC 3339 UTC.
    pub last_at: Option<String>,
    /// The code of the last failure.
    pub error: Option<String>,
}

/// See [`Health::keeper`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Keeper {
    /// `starting`, `no_token`, `no_public_url`, `active`, `failing`.
    pub state: String,
    /// The code of the last failure.
    pub error: Option<String>,
}

/// See [`Health::events`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventsInShort {
    /// When the last event came, RFC 3339 UTC.
    pub last_at: Option<String>,
}

/// `POST /v1/calls`: the order was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Placed {
    /// The call, once it is known.
    pub id: Option<String>,
    /// The session, where the PBX named it.
    pub tracking_id: Option<String>,
    /// The `Idempotency-Key`, as the call's snapshot carries it.
    pub request: String,
}

/// `GET /v1/me`: whose key this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Me {
    /// `admin` or `user`.
    pub role: String,
    /// Name of the user.
    pub name: String,
    /// The user's abonent.
    pub abonent: Option<String>,
    /// The abonent's name.
    pub abonent_name: Option<String>,
}

/// An abonent of the company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RelayAbonent {
    /// `userId`.
    pub id: String,
    /// Own number as the PBX writes it.
    pub phone: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Short number.
    pub extension: Option<String>,
    /// Department.
    pub department: Option<String>,
}

impl RelayAbonent {
    /// Family name first, as lists have it; empty where neither is known.
    pub fn name(&self) -> String {
        let parts = [self.last_name.as_deref(), self.first_name.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A user of the relay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RelayUser {
    /// The relay's id.
    pub id: String,
    /// `admin` or `user`.
    pub role: String,
    /// Whose calls the user may read.
    pub abonent: Option<String>,
    /// Name.
    pub name: String,
    /// Since when the key is no longer accepted.
    pub revoked_at: Option<Time>,
}

/// One line of `GET /v1/check`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Check {
    /// Which check.
    pub id: String,
    /// Not failed.
    pub ok: bool,
    /// `ok`, `warning`, `failed` or `skipped`; empty from an older relay.
    pub state: String,
    /// Why not; absent where all is well.
    pub cause: Option<String>,
    /// One sentence in Russian.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
    /// What to do, in Russian.
    pub fix: Option<String>,
    /// The same in English.
    pub fix_en: Option<String>,
}

/// `GET /v1/settings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RelaySettings {
    /// The values.
    pub settings: SettingValues,
    /// The relay has an account token.
    pub has_token: bool,
    /// Where the PBX must post, secret included.
    pub callback_url: Option<String>,
}

/// See [`RelaySettings::settings`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SettingValues {
    /// Address at which the PBX reaches the relay.
    pub public_url: Option<String>,
    /// How long *missed* waits for another agent, milliseconds.
    pub grace_ms: i64,
}

/// `PUT /v1/settings`: what is absent keeps its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsChange {
    /// See [`SettingValues::public_url`]; `Some(None)` takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Option<String>>,
    /// See [`SettingValues::grace_ms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<i64>,
}
