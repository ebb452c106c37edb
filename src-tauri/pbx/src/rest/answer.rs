//! What came back: the forms that the portal's answers take (reference 1.1).

use perezvon_core::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{PortalError, Token};

/// Longest `errorCode` and `description` that are kept, characters.
const MAX_CODE_CHARS: usize = 64;
const MAX_DESCRIPTION_CHARS: usize = 500;
/// Longest id or word in an answer, characters; a UUID has 36 (reference 1.2).
const MAX_WORD_CHARS: usize = 128;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// The error body and its aliases (reference 1.1: `error` is one client's reading, `message` another's).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ErrorBody {
    #[serde(deserialize_with = "text")]
    error_code: Option<String>,
    #[serde(deserialize_with = "text")]
    error: Option<String>,
    #[serde(deserialize_with = "text")]
    description: Option<String>,
    #[serde(deserialize_with = "text")]
    message: Option<String>,
}

impl Answer {
    /// The answer, if it is the API's and no error.
    pub(super) fn checked(self, token: &Token) -> Result<Self, PortalError> {
        let status = self.status;
        match status {
            401 | 403 => return Err(PortalError::Unauthorized),
            500.. => return Err(PortalError::Unavailable { status }),
            _ => {}
        }
        let is_success = (200..300).contains(&status);
        let body = self.body.trim_ascii_start();
        if body.starts_with(b"<") {
            let no_such_path = matches!(status, 404 | 405) || (is_success && says_not_found(body));
            return Err(PortalError::NotJson { status, no_such_path });
        }
        let error = body
            .starts_with(b"{")
            .then(|| serde_json::from_slice::<ErrorBody>(body).ok())
            .flatten();
        let error = error.unwrap_or_default();
        let code = error.error_code.or(error.error);
        if is_success && code.is_none() {
            return Ok(self);
        }
        Err(PortalError::Refused {
            code: code.map_or_else(|| "http".to_owned(), |code| clean_code(&code, token)),
            description: error
                .description
                .or(error.message)
                .map(|text| clean_description(&text, token)),
            status,
        })
    }

    /// The answer as the JSON object or array that the method returns.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, PortalError> {
        serde_json::from_slice(&self.body).map_err(|_| self.garbled())
    }

    /// The answer as a list whose entries are read one by one, so that an unreadable one (`None`) costs no other. A
    /// single object counts as a list of one.
    pub(super) fn entries<T: DeserializeOwned>(&self) -> Result<Vec<Option<T>>, PortalError> {
        let entries = match self.json()? {
            Value::Array(entries) => entries,
            object @ Value::Object(_) => vec![object],
            _ => return Err(self.garbled()),
        };
        Ok(entries
            .into_iter()
            .map(|entry| entry.is_object().then(|| serde_json::from_value(entry).ok()).flatten())
            .collect())
    }

    /// The answer as one word or id: a quoted or an unquoted text, a number, or an object that holds it as `key`
    /// (reference 1.1). `Ok(None)` for an empty answer.
    pub(super) fn word(&self, key: &str) -> Result<Option<String>, PortalError> {
        let body = std::str::from_utf8(&self.body).map_err(|_| self.garbled())?.trim();
        let word = match serde_json::from_str(body) {
            Ok(Value::Object(mut object)) => {
                let found = object.remove(key).and_then(text_of);
                return found
                    .filter(|word| is_word(word))
                    .map(Some)
                    .ok_or_else(|| self.garbled());
            }
            Ok(Value::Null) => return Ok(None),
            Ok(Value::String(word)) => word.trim().to_owned(),
            Ok(Value::Number(number)) => number.to_string(),
            Ok(Value::Array(_) | Value::Bool(_)) => return Err(self.garbled()),
            Err(_) => body.to_owned(),
        };
        match word.as_str() {
            "" => Ok(None),
            _ if is_word(&word) => Ok(Some(word)),
            _ => Err(self.garbled()),
        }
    }

    /// An answer that came whole but is not what the method returns.
    pub(super) fn garbled(&self) -> PortalError {
        PortalError::NotJson {
            status: self.status,
            no_such_path: false,
        }
    }
}

/// Whether an HTML page that came with a success status is one of "there is no such page".
fn says_not_found(page: &[u8]) -> bool {
    let page = String::from_utf8_lossy(page).to_lowercase();
    ["<title", "<h1", "<h2"].iter().any(|tag| {
        let Some((_, rest)) = page.split_once(tag) else {
            return false;
        };
        let heading = rest.split("</").next().unwrap_or_default();
        ["404", "405", "not found", "не найден", "не существует"]
            .iter()
            .any(|words| heading.contains(words))
    })
}

/// An `errorCode` as it may be shown and kept.
pub(super) fn clean_code(code: &str, token: &Token) -> String {
    clean(code, MAX_CODE_CHARS, token)
}

/// A `description` as it may be shown and kept.
pub(super) fn clean_description(description: &str, token: &Token) -> String {
    clean(description, MAX_DESCRIPTION_CHARS, token)
}

fn clean(text: &str, max: usize, token: &Token) -> String {
    text.replace(token.reveal(), "<redacted>").chars().take(max).collect()
}

fn is_word(word: &str) -> bool {
    word.len() <= MAX_WORD_CHARS && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:@".contains(&b))
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text however it is written: a string, a number, null, empty. Blank is none.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Value::deserialize(deserializer).map(text_of)
}

/// A list of texts; absent and null are an empty one, a single text is a list of one.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(entries) => entries.into_iter().filter_map(text_of).collect(),
        other => text_of(other).into_iter().collect(),
    })
}

/// A whole number, also in quotes. Anything else is none; negative is 0.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().parse::<f64>().ok().map(|n| n as u64),
        Value::Number(number) => number.as_f64().map(|n| n as u64),
        _ => None,
    })
}

/// A switch: true or false, `ON` or `OFF`, also in quotes.
pub(super) fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(on) => Some(on),
        Value::String(text) => on_off(text.trim()),
        _ => None,
    })
}

/// `ON` or `OFF`, `true` or `false`.
pub(super) fn on_off(word: &str) -> Option<bool> {
    match word.to_ascii_uppercase().as_str() {
        "ON" | "TRUE" => Some(true),
        "OFF" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A point in time: epoch milliseconds (reference 1.2 "Times"), also in quotes; RFC 3339 too. Anything else is none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(ms) => ms
            .as_i64()
            .or_else(|| ms.as_f64().map(|ms| ms as i64))
            .map(Time::from_ms),
        Value::String(text) => {
            let text = text.trim();
            let ms = text.parse().ok().map(Time::from_ms);
            ms.or_else(|| serde_json::from_value(text.into()).ok())
        }
        _ => None,
    })
}

/// A nested object, or none if it is absent, null or something else: it must not cost the object around it.
pub(super) fn nested<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.is_object().then(|| serde_json::from_value(value).ok()).flatten())
}

/// A list of objects; absent and null are an empty one, what is no object is left out.
pub(super) fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(entries) = Value::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    let objects = entries.into_iter().filter(Value::is_object);
    Ok(objects.filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}
