//! Simple forwarding (reference 1.5, `cfb`).

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{count, nested, switch, text};
use super::phone::{in_rule, wire};
use super::{Portal, PortalError, Request};

/// Where an abonent's calls go. Numbers: E.164, or an extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forward {
    /// All calls; clients treat it as exclusive with the rest (one source).
    pub all: Option<String>,
    /// When busy.
    pub busy: Option<String>,
    /// When the phone is off or not registered.
    pub unavailable: Option<String>,
    /// When nobody answers.
    pub not_answered: Option<String>,
    /// How long "nobody answers" takes, in rings.
    pub not_answered_rings: Option<u32>,
}

/// The simple forwarding of an abonent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwarding {
    /// Whether it is in force.
    pub is_on: bool,
    /// Where to; what is not set is absent.
    pub forward: Forward,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "switch")]
    status: Option<bool>,
    #[serde(deserialize_with = "nested")]
    forward: Option<ForwardWire>,
    /// One source's name for `forward`.
    #[serde(deserialize_with = "nested")]
    cfb: Option<ForwardWire>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ForwardWire {
    #[serde(deserialize_with = "text")]
    forward_all_calls_phone: Option<String>,
    #[serde(deserialize_with = "text")]
    forward_busy_phone: Option<String>,
    #[serde(deserialize_with = "text")]
    forward_unavailable_phone: Option<String>,
    #[serde(deserialize_with = "text")]
    forward_not_answer_phone: Option<String>,
    #[serde(deserialize_with = "count")]
    forward_not_answer_timeout: Option<u64>,
}

impl ForwardWire {
    fn forward(self) -> Forward {
        Forward {
            all: self.forward_all_calls_phone.map(in_rule),
            busy: self.forward_busy_phone.map(in_rule),
            unavailable: self.forward_unavailable_phone.map(in_rule),
            not_answered: self.forward_not_answer_phone.map(in_rule),
            not_answered_rings: self.forward_not_answer_timeout.and_then(|n| u32::try_from(n).ok()),
        }
    }
}

impl Forward {
    /// The body of PUT: only what is set.
    fn wire(&self) -> Result<Value, PortalError> {
        let mut body = Map::new();
        for (key, number) in [
            ("forwardAllCallsPhone", &self.all),
            ("forwardBusyPhone", &self.busy),
            ("forwardUnavailablePhone", &self.unavailable),
            ("forwardNotAnswerPhone", &self.not_answered),
        ] {
            if let Some(number) = number {
                body.insert(key.to_owned(), wire(number)?.into());
            }
        }
        if let Some(rings) = self.not_answered_rings {
            body.insert("forwardNotAnswerTimeout".to_owned(), rings.into());
        }
        Ok(Value::Object(body))
    }
}

impl Portal {
    /// The simple forwarding of an abonent (`pattern`: `userId`, phone or extension).
    pub async fn forwarding(&self, pattern: &str) -> Result<Forwarding, PortalError> {
        let path = ["abonents", pattern, "cfb"];
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let wire: Wire = answer.json()?;
        Ok(Forwarding {
            is_on: wire.status.ok_or_else(|| answer.garbled())?,
            forward: wire.forward.or(wire.cfb).map(ForwardWire::forward).unwrap_or_default(),
        })
    }

    /// Sets the simple forwarding of an abonent. Replaces all of it: to change one number, send the others along.
    /// Sent once.
    pub async fn set_forwarding(&self, pattern: &str, forward: &Forward) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfb"];
        let request = Request {
            body: Some(forward.wire()?),
            ..Request::new(Method::PUT, &path)
        };
        self.send(&request).await.map(drop)
    }

    /// Switches all simple forwarding of an abonent off. Sent once.
    pub async fn forwarding_off(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfb"];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}
