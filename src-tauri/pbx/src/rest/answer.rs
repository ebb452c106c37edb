//! What came back: the forms that the portal's answers take (reference 1.1).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{PortalError, Token};

/// Longest `errorCode` and `description` that are kept, characters.
const MAX_CODE: usize = 64;
const MAX_DESCRIPTION: usize = 500;

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
        let clean = |text: String, max| {
            text.replace(token.reveal(), "<redacted>")
                .chars()
                .take(max)
                .collect::<String>()
        };
        Err(PortalError::Refused {
            code: code.map_or_else(|| "http".to_owned(), |code| clean(code, MAX_CODE)),
            description: error
                .description
                .or(error.message)
                .map(|text| clean(text, MAX_DESCRIPTION)),
            status,
        })
    }

    /// The answer as the JSON object or array that the method returns.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, PortalError> {
        serde_json::from_slice(&self.body).map_err(|_| self.garbled())
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

/// A text however it is written: a string, a number, null, empty. Blank is none.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
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
