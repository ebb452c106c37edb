//! What an administrator's window shows, as the relay tells it: each type is read from the relay's answer and handed to
//! the window as it is. Fields that a relay does not tell are empty.

use crate::words::Trouble;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// An abonent of the company with what an administrator may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AbonentRow {
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
    /// E-mail.
    pub email: Option<String>,
    /// `on` or `off`; none where it is not known.
    pub recording: Option<String>,
    /// Who switched the recording last, when it was switched through the relay.
    pub recording_changed: Option<ChangedBy>,
    /// Since when the PBX no longer lists the abonent, RFC 3339 UTC.
    pub gone_at: Option<String>,
}

/// Who changed something, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ChangedBy {
    /// RFC 3339 UTC.
    pub at: String,
    /// Name of the user.
    pub by: String,
}

/// What «Заполнить из Билайн» would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AbonentsDiff {
    /// The PBX has them, the relay does not.
    pub new: Vec<AbonentRow>,
    /// Something about them is different.
    pub changed: Vec<AbonentChange>,
    /// The relay has them, the PBX no longer does.
    pub gone: Vec<AbonentRow>,
}

/// See [`AbonentsDiff::changed`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct AbonentChange {
    /// As the relay has it.
    pub before: AbonentRow,
    /// As the PBX tells it.
    pub after: AbonentRow,
}

/// The subscriptions to events and what the relay does about them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct SubscriptionsView {
    /// Active and ended, newest first.
    pub subscriptions: Vec<SubscriptionRow>,
    /// How the renewal does.
    pub keeper: KeeperView,
    /// Abonents whose own subscription was switched off.
    pub off: Vec<String>,
}

/// One subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct SubscriptionRow {
    /// `subscriptionId`.
    pub id: String,
    /// Whose events; none for the whole company.
    pub abonent: Option<String>,
    /// `BASIC_CALL` or `ADVANCED_CALL`.
    pub kind: String,
    /// What the PBX granted, seconds.
    #[ts(type = "number")]
    pub granted_s: i64,
    /// RFC 3339 UTC.
    pub made_at: String,
    /// RFC 3339 UTC.
    pub expires_at: String,
    /// The subscription that took its place.
    pub renewed_by: Option<String>,
    /// RFC 3339 UTC.
    pub ended_at: Option<String>,
    /// Why it ended, the relay's word.
    pub end_reason: Option<String>,
    /// RFC 3339 UTC.
    pub last_event_at: Option<String>,
}

/// What the relay does about the subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct KeeperView {
    /// `starting`, `no_token`, `no_public_url`, `active`, `partial` (some abonents have none), `failing`.
    pub state: String,
    /// The PBX refused a subscription for the company: each abonent has one of their own.
    pub group_refused: bool,
    /// How long events are subscribed to, RFC 3339 UTC.
    pub until: Option<String>,
    /// RFC 3339 UTC.
    pub last_event_at: Option<String>,
    /// RFC 3339 UTC.
    pub next_renewal_at: Option<String>,
    /// Why the last renewal failed.
    pub failure: Option<KeeperFailure>,
    /// The failure's code, from a relay that tells no more.
    pub error: Option<String>,
    /// What keeps the subscription from being renewed, in the window's word: the app finds it.
    pub trouble: Option<Trouble>,
}

/// See [`KeeperView::failure`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct KeeperFailure {
    /// The relay's code.
    pub code: String,
    /// The cause in one sentence, Russian.
    pub message: String,
    /// The same in English.
    pub message_en: String,
    /// What to do, Russian.
    pub fix: String,
    /// The same in English.
    pub fix_en: String,
}

/// Which part of the event journal, or of the journal of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct JournalFilter {
    /// Text to look for; empty for all.
    pub query: String,
    /// Events that could not be read, or requests that failed.
    pub bad: bool,
}

/// A page of the event journal, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct EventsPage {
    /// The lines.
    pub events: Vec<EventRow>,
    /// Give back for the next page; none at the end.
    #[ts(type = "string | null")]
    pub cursor: AnyText,
}

/// One event of the PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct EventRow {
    /// Number in the journal.
    #[ts(type = "number")]
    pub seq: i64,
    /// RFC 3339 UTC.
    pub received_at: String,
    /// The PBX's word for what happened; empty where it could not be read.
    pub kind: String,
    /// Whose event.
    pub target: Option<String>,
    /// The PBX's key of the call.
    pub call_key: Option<String>,
    /// The relay's id of the call.
    pub call_id: Option<String>,
    /// Its number within the subscription.
    #[ts(type = "number | null")]
    pub sequence: Option<i64>,
    /// By which subscription it came.
    pub subscription_id: Option<String>,
    /// Why it could not be read.
    pub error: Option<String>,
    /// What was wrong with the body, where it was mended to be read.
    pub mended: Option<String>,
    /// Length of the body.
    #[ts(type = "number")]
    pub bytes: i64,
    /// The body as posted; only where one event is asked for.
    pub raw: Option<String>,
}

/// What repeating the processing of an event came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Replay {
    /// The call is different now.
    pub changed: bool,
    /// The call before, as the relay tells calls.
    #[ts(type = "Record<string, unknown> | null")]
    pub before: Option<Value>,
    /// The call after.
    #[ts(type = "Record<string, unknown> | null")]
    pub after: Option<Value>,
    /// Why the event still cannot be read.
    pub error: Option<String>,
}

/// A page of the journal of requests to the PBX, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ExchangesPage {
    /// The lines.
    pub exchanges: Vec<ExchangeRow>,
    /// Give back for the next page; none at the end.
    #[ts(type = "string | null")]
    pub cursor: AnyText,
}

/// One request to the PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ExchangeRow {
    /// Number in the journal.
    #[ts(type = "number")]
    pub seq: i64,
    /// RFC 3339 UTC.
    pub at: String,
    /// HTTP method.
    pub method: String,
    /// Path within the PBX's API.
    pub path: String,
    /// HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    #[ts(type = "number")]
    pub ms: i64,
    /// Code of the failure.
    pub error: Option<String>,
    /// What it belongs to.
    #[ts(type = "string | null")]
    pub correlation: AnyText,
}

/// A text, whatever JSON the relay wrote it as: a cursor may be a number, a detail an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AnyText(pub Option<String>);

impl<'de> Deserialize<'de> for AnyText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }))
    }
}
