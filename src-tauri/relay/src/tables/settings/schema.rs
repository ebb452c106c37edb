//! Every setting with its meaning, default and bounds: shown in the windows, and checked for [`super::Settings`]. It
//! has all rows of the manual's wizard (W1 to W10), also those that are set elsewhere or not applied.

mod table;

pub(crate) use table::ALL;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use url::Url;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Longest text of a setting, characters.
const TEXT: usize = 1000;

/// A text in both languages.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Words {
    /// Russian.
    pub(crate) ru: &'static str,
    /// English.
    pub(crate) en: &'static str,
}

/// One of the values to choose from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = SettingChoice)]
pub(crate) struct Choice {
    /// As it is stored.
    pub(crate) value: &'static str,
    /// In Russian.
    pub(crate) ru: &'static str,
    /// In English.
    pub(crate) en: &'static str,
}

/// The type of a setting's value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Yes or no.
    Bool,
    /// A whole number.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// `ms`, `s`, `min`, `days`, `MiB`.
        unit: &'static str,
    },
    /// One of several words.
    Choice(&'static [Choice]),
    /// Any text.
    Text,
    /// An `http` or `https` address.
    Address,
    /// No value: an action.
    Action,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Number { .. } => "number",
            Self::Choice(_) => "choice",
            Self::Text => "text",
            Self::Address => "address",
            Self::Action => "action",
        }
    }
}

/// Where a setting is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SettingPlace)]
pub(crate) enum SetWhere {
    /// `PUT /v1/settings`.
    Settings,
    /// `PUT /v1/settings/token`.
    Token,
    /// `GET /v1/check`.
    Check,
    /// `/v1/users` and `/v1/join-codes`.
    Users,
    /// `/v1/abonents`.
    Abonents,
    /// In each user's app.
    Desk,
    /// Nowhere: it is not applied.
    Nowhere,
}

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Its name in JSON.
    pub(crate) key: &'static str,
    /// The row of the manual that it covers.
    pub(crate) manual: Option<&'static str>,
    /// Its name for people.
    pub(crate) name: Words,
    /// What it does.
    pub(crate) meaning: Words,
    /// The type of its value.
    pub(crate) kind: Kind,
    /// Where it is changed.
    pub(crate) place: SetWhere,
    /// Why it is not applied; none if it is.
    pub(crate) not_applied: Option<Words>,
}

/// An address that can be given to the PBX and to desks: `http` or `https`, with a host, without a query.
pub(crate) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.query().is_none()
        && url.fragment().is_none()
}

impl Setting {
    /// The default as JSON; null if there is none, and then null may be set.
    pub(crate) fn default(&self) -> Value {
        let all = json!(super::Settings::default());
        all.get(self.key).cloned().unwrap_or_default()
    }

    /// Whether the setting may have this value; if not, what is expected.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        let good = match (self.kind, value) {
            (_, Value::Null) => self.default().is_null(),
            (Kind::Bool, value) => value.is_boolean(),
            (Kind::Number { min, max, .. }, value) => value.as_i64().is_some_and(|n| (min..=max).contains(&n)),
            (Kind::Choice(choices), value) => choices.iter().any(|choice| value == choice.value),
            (Kind::Text, value) => value.as_str().is_some_and(|text| text.chars().count() <= TEXT),
            (Kind::Address, value) => value
                .as_str()
                .is_some_and(|text| Url::parse(text).is_ok_and(|url| is_http(&url))),
            (Kind::Action, _) => false,
        };
        if good { Ok(()) } else { Err(self.expected()) }
    }

    /// What [`Self::check`] takes, as the contract says it.
    fn schema(&self) -> ObjectBuilder {
        let object = ObjectBuilder::new().description(Some(self.meaning.en));
        let (kind, object) = match self.kind {
            Kind::Bool => (Type::Boolean, object),
            Kind::Number { min, max, .. } => (Type::Integer, object.minimum(Some(min)).maximum(Some(max))),
            Kind::Choice(choices) => {
                let words: Vec<_> = choices.iter().map(|choice| choice.value).collect();
                (Type::String, object.enum_values(Some(words)))
            }
            Kind::Text => (Type::String, object.max_length(Some(TEXT))),
            Kind::Address => {
                let format = SchemaFormat::KnownFormat(KnownFormat::Uri);
                (Type::String, object.format(Some(format)))
            }
            Kind::Action => (Type::Null, object),
        };
        if self.default().is_null() {
            object.schema_type(SchemaType::from_iter([kind, Type::Null]))
        } else {
            object.schema_type(kind)
        }
    }

    /// The sentence that says which values there are.
    pub(crate) fn expected(&self) -> String {
        let values = match self.kind {
            Kind::Bool => "true or false".to_owned(),
            Kind::Number { min, max, unit } => format!("a whole number from {min} to {max} ({unit})"),
            Kind::Choice(choices) => {
                let words: Vec<_> = choices.iter().map(|choice| choice.value).collect();
                format!("one of {}", words.join(", "))
            }
            Kind::Text => format!("a text of at most {TEXT} characters"),
            Kind::Address => "an http or https address without a query".to_owned(),
            Kind::Action => "nothing".to_owned(),
        };
        let or_null = if self.default().is_null() { ", or null" } else { "" };
        format!("{} must be {values}{or_null}", self.key)
    }

    /// The form of `GET /v1/settings/schema`.
    fn told(&self) -> SettingTold {
        let (min, max, unit) = match self.kind {
            Kind::Number { min, max, unit } => (Some(min), Some(max), Some(unit)),
            _ => (None, None, None),
        };
        SettingTold {
            key: self.key,
            manual: self.manual,
            name: self.name,
            meaning: self.meaning,
            kind: self.kind.word(),
            unit,
            default: self.default(),
            min,
            max,
            choices: match self.kind {
                Kind::Choice(choices) => Some(choices),
                _ => None,
            },
            place: self.place,
            applied: self.not_applied.is_none(),
            why: self.not_applied,
        }
    }
}

fn plain_value() -> ObjectBuilder {
    let kinds = [Type::Boolean, Type::Integer, Type::String, Type::Null];
    ObjectBuilder::new().schema_type(SchemaType::from_iter(kinds))
}

/// Settings to be changed, by their keys. Every value is checked when it is taken.
#[derive(Debug, Deserialize)]
pub(crate) struct Values(pub(crate) Map<String, Value>);

impl PartialSchema for Values {
    fn schema() -> RefOr<Schema> {
        let settable = ALL.iter().filter(|setting| setting.place == SetWhere::Settings);
        let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
        let object = settable.fold(object, |object, setting| object.property(setting.key, setting.schema()));
        object.description(Some("What is left out stays as it is.")).into()
    }
}

impl ToSchema for Values {
    fn name() -> Cow<'static, str> {
        "SettingsChange".into()
    }
}

/// A setting as it is told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Setting)]
pub(crate) struct SettingTold {
    key: &'static str,
    /// The row of the manual that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    manual: Option<&'static str>,
    name: Words,
    /// What it does.
    meaning: Words,
    /// `bool`, `number`, `choice`, `text`, `address`, or `action`: no value, something to do.
    kind: &'static str,
    /// `ms`, `s`, `min`, `days`, `MiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    /// Null where there is none; then null may be set.
    #[schema(schema_with = plain_value)]
    default: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Choice>>)]
    choices: Option<&'static [Choice]>,
    #[serde(rename = "where")]
    place: SetWhere,
    applied: bool,
    /// Why it is not applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Words>,
}

/// The whole number that a fraction is; none where it is not, or where the fraction cannot hold each whole number.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// The setting of a key that [`super::Settings`] holds; or why it cannot be set.
pub(crate) fn of(key: &str) -> Result<&'static Setting, String> {
    match ALL.iter().find(|setting| setting.key == key) {
        Some(setting) if setting.place == SetWhere::Settings => Ok(setting),
        Some(setting) => Err(format!("{} is not set here", setting.key)),
        None => Err(format!(
            "there is no setting {}",
            key.chars().take(64).collect::<String>().escape_debug()
        )),
    }
}

/// All settings for the API.
pub(crate) fn told() -> Vec<SettingTold> {
    ALL.iter().map(Setting::told).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Settings;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_and_the_settings_have_the_same_keys() {
        let listed: BTreeSet<String> = ALL
            .iter()
            .filter(|setting| setting.place == SetWhere::Settings)
            .map(|setting| setting.key.to_owned())
            .collect();
        let all = json!(Settings::default());
        let held: BTreeSet<String> = all.as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            listed, held,
            "each setting has its meaning and bounds in table.rs, and no other is there"
        );
        let keys: BTreeSet<_> = ALL.iter().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), ALL.len(), "no key comes twice");
    }

    #[test]
    fn every_row_of_the_manual_is_answered() {
        let rows: BTreeSet<_> = ALL.iter().filter_map(|setting| setting.manual).collect();
        let wanted: BTreeSet<String> = (1..=10).map(|n| format!("W{n}")).collect();
        assert_eq!(
            rows.iter().map(|row| (*row).to_owned()).collect::<BTreeSet<_>>(),
            wanted
        );
        for setting in ALL {
            for text in [setting.name, setting.meaning].into_iter().chain(setting.not_applied) {
                assert!(
                    !text.ru.is_empty() && !text.en.is_empty(),
                    "{} has its words",
                    setting.key
                );
                assert!(
                    !text.ru.contains('!') && !text.en.contains('!'),
                    "{} does not shout",
                    setting.key
                );
            }
        }
    }

    #[test]
    fn the_bounds_are_those_that_the_settings_can_hold() {
        assert_eq!(
            Settings::default().invalid(),
            None,
            "the defaults are within their bounds"
        );
        let of_settings = ALL.iter().filter(|setting| setting.place == SetWhere::Settings);
        for setting in of_settings {
            let (good, bad): (Vec<Value>, Vec<Value>) = match setting.kind {
                Kind::Bool => (vec![json!(true), json!(false)], vec![json!(1), json!("on")]),
                Kind::Number { min, max, .. } => (
                    vec![json!(min), json!(max)],
                    vec![json!(min - 1), json!(max + 1), json!("1"), json!(1.5)],
                ),
                Kind::Choice(choices) => (
                    choices.iter().map(|choice| json!(choice.value)).collect(),
                    vec![json!("no such word"), json!(1)],
                ),
                Kind::Text => (vec![json!("")], vec![json!("x".repeat(1001)), json!(1)]),
                Kind::Address => (
                    vec![json!("https://relay.example.ru/a"), json!("http://127.0.0.1:1")],
                    vec![
                        json!("relay.example.ru"),
                        json!("ftp://relay.example.ru"),
                        json!("https://a.ru/?q=1"),
                    ],
                ),
                Kind::Action => panic!("{} has no value", setting.key),
            };
            let put = |value: &Value| {
                let given = [(setting.key.to_owned(), value.clone())].into_iter().collect();
                Settings::default().changed(given)
            };
            for value in good {
                let changed = put(&value).unwrap();
                assert_eq!(changed.invalid(), None, "{} may be {value}", setting.key);
                let held = json!(changed)[setting.key].clone();
                let is_written_otherwise = matches!(setting.kind, Kind::Address);
                assert!(
                    held == value || is_written_otherwise && held.is_string(),
                    "{} holds it",
                    setting.key
                );
            }
            for value in bad {
                let why = put(&value).unwrap_err();
                assert!(
                    why.starts_with(&format!("{} must be ", setting.key)),
                    "{value} is refused: {why}"
                );
            }
            let null = put(&Value::Null);
            assert_eq!(null.is_ok(), setting.default().is_null(), "{} and null", setting.key);
        }
    }

    #[test]
    fn what_is_not_set_here_is_refused() {
        for (key, says) in [
            ("token", "token is not set here"),
            ("noSuch", "there is no setting noSuch"),
        ] {
            let given = [(key.to_owned(), json!(1))].into_iter().collect();
            assert_eq!(Settings::default().changed(given).unwrap_err(), says);
        }
    }
}
