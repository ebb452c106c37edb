//! Click-to-call (reference 1.4). The API knows no idempotency key, so a repeated request is a second call on somebody's
//! phone: everything here serves not to send one twice.

use reqwest::Method;
use serde::Deserialize;

use super::answer::{Answer, text};
use super::phone::wire;
use super::{Portal, PortalError, Request};

/// Longest id in an answer, characters; a UUID has 36 (reference 1.2).
const MAX_ID_CHARS: usize = 128;

/// The PBX took the order: the abonent's phone rings, then the number is dialled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPlaced {
    /// The session, `extTrackingId` of its events; absent where the PBX answered with nothing.
    pub tracking_id: Option<String>,
    /// The abonent's leg; only the second edition of the method tells it.
    pub call_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "text")]
    call_id: Option<String>,
    #[serde(deserialize_with = "text", alias = "extTrackingId")]
    external_tracking_id: Option<String>,
}

impl Portal {
    /// Has the PBX ring the abonent (`pattern`: `userId`, phone or extension) and then call `number`: E.164, or an
    /// extension as it is.
    ///
    /// Sent once. The first edition of the method is tried only when the answer proves that the second does not exist.
    ///
    /// # Errors
    /// [`PortalError::OutcomeUnknown`] if the call may have been placed all the same; every other error means that it
    /// was not.
    pub async fn call(&self, pattern: &str, number: &str) -> Result<CallPlaced, PortalError> {
        let query = [("phoneNumber", wire(number)?)];
        match self.place(&["v2", "abonents", pattern, "call"], &query).await {
            Err(error) if error.is_no_such_method() => self.place(&["abonents", pattern, "call"], &query).await,
            ended => ended,
        }
    }

    async fn place(&self, path: &[&str], query: &[(&str, &str)]) -> Result<CallPlaced, PortalError> {
        let request = Request {
            query,
            ..Request::new(Method::POST, path)
        };
        let result = match self.send(&request).await {
            Ok(answer) => placed(&answer).ok_or_else(|| answer.garbled()),
            Err(error) => Err(error),
        };
        result.map_err(|error| {
            if may_have_rung(&error) {
                PortalError::OutcomeUnknown { cause: error.code() }
            } else {
                error
            }
        })
    }
}

fn may_have_rung(error: &PortalError) -> bool {
    match error {
        PortalError::Timeout | PortalError::Unavailable { .. } | PortalError::TooLarge => true,
        PortalError::Unreachable { reach } => *reach == super::Reach::Broken,
        PortalError::NotJson { status, no_such_path } => !no_such_path && *status < 300,
        _ => false,
    }
}

/// The ids in a successful answer: an object, a quoted or an unquoted text, or nothing. `None` if it is none of these.
fn placed(answer: &Answer) -> Option<CallPlaced> {
    let body = std::str::from_utf8(&answer.body).ok()?.trim();
    let bare = match body.as_bytes().first() {
        None => return Some(CallPlaced::default()),
        Some(b'{') => {
            let Wire {
                call_id,
                external_tracking_id: tracking_id,
            } = serde_json::from_str(body).ok()?;
            let known = tracking_id.is_some() || call_id.is_some();
            return known.then_some(CallPlaced { tracking_id, call_id });
        }
        Some(b'"') => serde_json::from_str::<String>(body).ok()?.trim().to_owned(),
        Some(_) => body.to_owned(),
    };
    if bare.is_empty() || bare == "null" {
        return Some(CallPlaced::default());
    }
    let is_id = bare.len() <= MAX_ID_CHARS && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:@".contains(&b));
    is_id.then_some(CallPlaced {
        tracking_id: Some(bare),
        call_id: None,
    })
}
