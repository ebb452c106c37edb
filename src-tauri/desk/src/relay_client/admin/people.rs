//! Users, invitations, the audit and the settings, as the relay tells them; see `rows.rs`.

use super::AnyText;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// A user of the relay: one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct UserRow {
    /// The relay's id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `admin` or `user`.
    pub role: String,
    /// Whose calls the user may read.
    pub abonent: Option<String>,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// Since when the key is no longer accepted, RFC 3339 UTC.
    pub revoked_at: Option<String>,
}

/// Whom to invite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Invitation {
    /// `admin` or `user`.
    pub role: String,
    /// Whose calls the user may read; only an administrator needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abonent: Option<String>,
    /// Name.
    pub name: String,
}

/// A join code, told once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct JoinCode {
    /// The relay's id.
    pub id: String,
    /// To be typed: `K7M2-4QXP-9DRT`.
    pub code: String,
    /// To be opened: `perezvon://join?…`; empty where the relay does not know its own address.
    pub link: String,
    /// RFC 3339 UTC.
    pub expires_at: String,
}

/// A join code that nobody has used yet, without the code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct JoinCodeRow {
    /// The relay's id.
    pub id: String,
    /// Who is invited.
    pub name: String,
    /// `admin` or `user`.
    pub role: String,
    /// Whose calls the user may read.
    pub abonent: Option<String>,
    /// RFC 3339 UTC.
    pub created_at: String,
    /// RFC 3339 UTC.
    pub expires_at: String,
    /// Name of the user who made it.
    #[ts(type = "string | null")]
    pub created_by: AnyText,
}

/// A page of the audit, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AuditPage {
    /// The lines.
    pub entries: Vec<AuditRow>,
    /// Give back for the next page; none at the end.
    #[ts(type = "string | null")]
    pub cursor: AnyText,
}

/// Who did what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AuditRow {
    /// Number in the audit.
    #[ts(type = "number")]
    pub seq: i64,
    /// RFC 3339 UTC.
    pub at: String,
    /// Who.
    pub who: AuditWho,
    /// The relay's word for what.
    pub what: String,
    /// On what: an abonent, a user, a recording.
    #[ts(type = "string | null")]
    pub subject: AnyText,
    /// More about it.
    #[ts(type = "string | null")]
    pub detail: AnyText,
}

/// See [`AuditRow::who`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AuditWho {
    /// Name of the user.
    pub name: String,
    /// `admin`, `user`, or the relay itself.
    pub role: String,
}

/// The PBX's settings: what there is, and the values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct PbxSettings {
    /// Every setting, in the order in which to show them.
    pub schema: Vec<SettingRow>,
    /// Value by key; what is absent has its default.
    #[ts(type = "Record<string, unknown>")]
    pub values: Map<String, Value>,
}

/// One setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct SettingRow {
    /// Its key.
    pub key: String,
    /// The manual's name of it: `W4`.
    pub manual: Option<String>,
    /// Name.
    pub name: InTwo,
    /// What it does.
    pub meaning: InTwo,
    /// `bool`, `number`, `choice`, `text`, `address`, or `action`: no value, something to do.
    pub kind: String,
    /// Where it is set: `settings` (here), `token`, `check`, `users`, `abonents`, `desk`, `nowhere`; empty for here.
    #[serde(rename = "where")]
    pub place: String,
    /// Unit of a number: `ms`, `s`, `min`, `days`, `MiB`.
    pub unit: Option<String>,
    /// The value where none is set.
    #[ts(type = "unknown")]
    pub default: Value,
    /// Least number.
    pub min: Option<f64>,
    /// Greatest number.
    pub max: Option<f64>,
    /// What can be chosen.
    pub choices: Vec<SettingChoice>,
    /// It has an effect.
    pub applied: bool,
    /// Why it has none.
    pub why: Option<InTwo>,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct InTwo {
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

/// See [`SettingRow::choices`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(export)]
pub struct SettingChoice {
    /// Its value.
    pub value: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}
