//! Settings of the relay, one JSON value per key.

pub(crate) mod aside;
pub(crate) mod schema;

use super::LedgerError;
use super::audit::{self, AuditLine, What, Who};
use perezvon_core::Time;
use perezvon_core::call::Policy;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;

/// The settings that an administrator may change. Unknown keys are refused, missing ones keep their value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Address at which the PBX reaches the relay, without the secret path: `https://relay.example.ru`.
    #[schema(required)]
    pub public_url: Option<Url>,
    /// How long *missed* waits while the call can still move on to another agent, milliseconds.
    pub grace_ms: i64,
    /// How long a ringing call may stay silent before the sweeper closes it, milliseconds.
    pub ring_lost_ms: i64,
    /// The same for a conversation, milliseconds.
    pub talk_lost_ms: i64,
    /// One subscription for the company, or one for each abonent.
    pub subscription_scope: Scope,
    /// Which package of events to ask for (reference 2.4).
    pub subscription_kind: SubscriptionKind,
    /// The requested life of a subscription, seconds; the PBX may grant less.
    pub subscription_expires_s: u32,
    /// After how many minutes a subscription is renewed (manual W4); none: before half of the granted time, which is
    /// also the latest.
    #[schema(required)]
    pub renew_minutes: Option<u32>,
    /// How long events are kept, days.
    pub keep_events_days: u32,
    /// Size limit of the raw texts of the kept events, MiB; the oldest are deleted first.
    pub keep_events_mb: u32,
    /// How long the requests to the PBX are kept, days.
    pub keep_requests_days: u32,
    /// How long ended calls are kept, days; 0: for ever.
    pub keep_calls_days: u32,
    /// How far back the first import goes, days; 0: only from now on.
    pub import_days: u32,
    /// How often the PBX is polled while it cannot post events here and there are calls, seconds (manual W5); less
    /// often when it is quiet.
    pub poll_seconds: u32,
}

/// See [`Settings::subscription_scope`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriptionScope)]
pub enum Scope {
    /// One subscription for the company; if the PBX refuses it, one for each abonent.
    #[default]
    Group,
    /// One for each abonent.
    Abonents,
}

/// See [`Settings::subscription_kind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionKind {
    /// `BASIC_CALL`: what every call needs.
    Basic,
    /// `ADVANCED_CALL`: also hold, transfers and forwards.
    #[default]
    Advanced,
}

impl SubscriptionKind {
    /// The PBX's word (reference 1.11).
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Basic => "BASIC_CALL",
            Self::Advanced => "ADVANCED_CALL",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let policy = Policy::default();
        Self {
            public_url: None,
            grace_ms: policy.grace_ms,
            ring_lost_ms: policy.ring_lost_ms,
            talk_lost_ms: policy.talk_lost_ms,
            subscription_scope: Scope::default(),
            subscription_kind: SubscriptionKind::default(),
            subscription_expires_s: 86_400,
            renew_minutes: None,
            keep_events_days: 90,
            keep_events_mb: 1024,
            keep_requests_days: 30,
            keep_calls_days: 0,
            import_days: 30,
            poll_seconds: 20,
        }
    }
}

impl Settings {
    /// The waits of the call state machine.
    pub fn policy(&self) -> Policy {
        Policy {
            grace_ms: self.grace_ms,
            ring_lost_ms: self.ring_lost_ms,
            talk_lost_ms: self.talk_lost_ms,
        }
    }

    /// Sets the waits.
    pub fn set_policy(&mut self, policy: Policy) {
        self.grace_ms = policy.grace_ms;
        self.ring_lost_ms = policy.ring_lost_ms;
        self.talk_lost_ms = policy.talk_lost_ms;
    }

    /// The key of a setting that is out of its bounds, if there is one.
    pub fn invalid(&self) -> Option<&'static str> {
        let all = serde_json::to_value(self).ok()?;
        let wrong = |setting: &&schema::Setting| {
            let value = all.get(setting.key).unwrap_or(&Value::Null);
            setting.place == schema::SetWhere::Settings && setting.check(value).is_err()
        };
        schema::ALL.iter().find(wrong).map(|setting| setting.key)
    }

    /// The address that the PBX must post to, including the secret (reference 2.2: it appends `/null`).
    pub fn callback_url(&self, secret: &str) -> Option<Url> {
        let base = self.public_url.as_ref()?.as_str().trim_end_matches('/').to_owned();
        Url::parse(&format!("{base}/xsi/{secret}/events")).ok()
    }
}

const SETTINGS_KEY: &str = "settings";
const SECRET_KEY: &str = "callbackSecret";
const ACCOUNT_KEY: &str = "account";
/// The default name of the account.
pub const MAIN: &str = "main";

fn get(connection: &Connection, key: &str) -> Result<Option<String>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn put(connection: &Connection, key: &str, json: &str) -> Result<(), LedgerError> {
    let sql = "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
    connection.prepare_cached(sql)?.execute([key, json])?;
    Ok(())
}

/// The stored settings, or the defaults. A value of a newer or older program that cannot be read gets its default
/// without affecting the others; [`store`] puts it aside.
pub(crate) fn load(connection: &Connection) -> Result<Settings, LedgerError> {
    aside::read(connection).map(|stored| stored.settings)
}

impl Settings {
    /// These settings with one value replaced; or what is expected.
    fn with(&self, key: &str, value: Value) -> Result<Self, String> {
        let setting = schema::of(key)?;
        setting.check(&value)?;
        let changed = || {
            let mut all = serde_json::to_value(self)?;
            all.as_object_mut().map(|map| map.insert(key.to_owned(), value));
            serde_json::from_value(all)
        };
        changed().map_err(|_: serde_json::Error| setting.expected())
    }

    /// These settings with the given values replaced; or the wrong key and what is expected.
    pub(crate) fn changed(&self, given: Map<String, Value>) -> Result<Self, String> {
        let mut settings = self.clone();
        for (key, value) in given {
            let number = value.as_f64().filter(|_| value.is_f64()).and_then(schema::whole);
            settings = settings.with(&key, number.map_or(value, Value::from))?;
        }
        Ok(settings)
    }
}

/// Stores the settings, with a line in the audit for each change. Stored values that cannot be read are put aside
/// first. To be called inside a transaction.
pub(crate) fn store(connection: &Connection, settings: &Settings, who: Who, at: Time) -> Result<(), LedgerError> {
    let all = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(LedgerError::State("the settings are no object".to_owned())),
        Err(error) => Err(LedgerError::state(error)),
    };
    let stored = aside::read(connection)?;
    stored.put_aside(connection, at)?;
    let (before, after) = (all(&stored.settings)?, all(settings)?);
    let changed: Map<String, Value> = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), serde_json::json!({ "from": before.get(key), "to": value })))
        .collect();
    put(connection, SETTINGS_KEY, &Value::Object(after).to_string())?;
    if changed.is_empty() {
        return Ok(());
    }
    let entry = AuditLine {
        at,
        who,
        what: What::SettingsChanged,
        subject: None,
        detail: Some(Value::Object(changed)),
    };
    audit::add(connection, &entry)
}

/// Binds the ledger to the account of this name for good: the directory of another account is refused.
pub(crate) fn claim(connection: &Connection, name: &str) -> Result<(), LedgerError> {
    let found = account(connection)?;
    match get(connection, ACCOUNT_KEY)? {
        Some(_) if found != name => Err(LedgerError::OtherAccount {
            found,
            wanted: name.to_owned(),
        }),
        Some(_) => Ok(()),
        None => put(
            connection,
            ACCOUNT_KEY,
            &serde_json::to_string(name).map_err(LedgerError::state)?,
        ),
    }
}

/// The account of this ledger.
pub(crate) fn account(connection: &Connection) -> Result<String, LedgerError> {
    get(connection, ACCOUNT_KEY)?.map_or_else(
        || Ok(MAIN.to_owned()),
        |json| serde_json::from_str(&json).map_err(LedgerError::state),
    )
}

/// The secret of the callback's path; made if there is none yet.
pub(crate) fn secret(connection: &Connection) -> Result<String, LedgerError> {
    if let Some(secret) = known_secret(connection)? {
        return Ok(secret);
    }
    let secret = crate::keys::random_key();
    put(
        connection,
        SECRET_KEY,
        &serde_json::to_string(&secret).map_err(LedgerError::state)?,
    )?;
    Ok(secret)
}

/// The secret of the callback's path, if there is one.
pub(crate) fn known_secret(connection: &Connection) -> Result<Option<String>, LedgerError> {
    get(connection, SECRET_KEY)?
        .map(|json| serde_json::from_str(&json).map_err(LedgerError::state))
        .transpose()
}

/// Versions of a ledger that was replaced by a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LostVersions {
    /// The newest version in the backup; up to it all versions are unchanged.
    pub(crate) after: i64,
    /// The restored ledger continues above this one.
    pub(crate) until: i64,
}

const LOST_VERSIONS_KEY: &str = "lostVersions";

fn all_lost(connection: &Connection) -> Result<Vec<LostVersions>, LedgerError> {
    let json = get(connection, LOST_VERSIONS_KEY)?;
    json.map_or(Ok(Vec::new()), |json| {
        serde_json::from_str(&json).map_err(LedgerError::state)
    })
}

/// Remembers a restore.
pub(crate) fn add_lost(connection: &Connection, lost: LostVersions) -> Result<(), LedgerError> {
    let mut all = all_lost(connection)?;
    all.push(lost);
    put(
        connection,
        LOST_VERSIONS_KEY,
        &serde_json::to_string(&all).map_err(LedgerError::state)?,
    )
}

/// If a reader's cursor comes from a replaced ledger: the version to report as the newest. It is older than the
/// cursor, and so the desk begins its mirror anew: its calls may differ from those stored here.
pub(crate) fn lost(connection: &Connection, cursor: i64) -> Result<Option<i64>, LedgerError> {
    let all = all_lost(connection)?;
    let of = all.iter().find(|lost| (lost.after + 1..=lost.until).contains(&cursor));
    Ok(of.map(|lost| lost.after))
}
