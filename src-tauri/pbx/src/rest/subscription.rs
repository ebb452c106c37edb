//! Subscriptions to events (reference 1.11). The API can neither list nor refresh them: whoever makes one must keep its
//! id.

use std::fmt;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::answer::{count, text};
use super::{Portal, PortalError, Request};

/// Which events come (reference 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionKind {
    /// `BASIC_CALL`.
    Basic,
    /// `ADVANCED_CALL`: also hold, transfer, recording, conferences.
    Advanced,
}

impl SubscriptionKind {
    /// The word on the wire.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Basic => "BASIC_CALL",
            Self::Advanced => "ADVANCED_CALL",
        }
    }

    fn from_wire(word: &str) -> Option<Self> {
        [Self::Basic, Self::Advanced]
            .into_iter()
            .find(|kind| kind.as_wire() == word)
    }
}

/// Whose events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// Of the whole client.
    Group,
    /// Of one abonent.
    Abonent,
    /// Of one inbound number.
    Number,
}

impl TargetType {
    fn from_wire(word: &str) -> Option<Self> {
        match word {
            "GROUP" => Some(Self::Group),
            "ABONENT" => Some(Self::Abonent),
            "NUMBER" => Some(Self::Number),
            _ => None,
        }
    }
}

/// A subscription was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// `subscriptionId`.
    pub id: String,
    /// How long it lives, seconds, as the PBX granted it; what was asked for if it did not say.
    pub expires_s: u64,
}

/// A living subscription as the PBX sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionInfo {
    /// `subscriptionId`.
    pub id: String,
    /// Whose events.
    pub target_type: Option<TargetType>,
    /// The abonent or number; none for the whole client.
    pub target_id: Option<String>,
    /// Which events.
    pub kind: Option<SubscriptionKind>,
    /// How long it still lives, seconds.
    pub remaining_s: Option<u64>,
    /// Where the events go. Holds the callback's secret: never in a log.
    pub url: Option<String>,
}

impl fmt::Debug for SubscriptionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionInfo")
            .field("id", &self.id)
            .field("target_type", &self.target_type)
            .field("target_id", &self.target_id)
            .field("kind", &self.kind)
            .field("remaining_s", &self.remaining_s)
            .field("url", &self.url.as_ref().map(|_| "<redacted>"))
            .finish()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "text")]
    subscription_id: Option<String>,
    #[serde(deserialize_with = "text")]
    target_type: Option<String>,
    #[serde(deserialize_with = "text")]
    target_id: Option<String>,
    #[serde(deserialize_with = "text")]
    subscription_type: Option<String>,
    #[serde(deserialize_with = "count")]
    expires: Option<u64>,
    #[serde(deserialize_with = "text")]
    url: Option<String>,
}

impl Portal {
    /// Has the PBX post events to `url` for `expires_s` seconds: those of one abonent or number (`pattern`), or of the
    /// whole client. Sent once; after [`PortalError::Timeout`], [`PortalError::Unavailable`] or a broken connection the
    /// subscription may exist without our knowing its id, and its events come until it expires.
    pub async fn subscribe(
        &self,
        pattern: Option<&str>,
        expires_s: u64,
        url: &str,
        kind: SubscriptionKind,
    ) -> Result<Subscribed, PortalError> {
        let mut body = json!({ "expires": expires_s, "subscriptionType": kind.as_wire(), "url": url });
        if let Some(pattern) = pattern {
            body["pattern"] = pattern.into();
        }
        let request = Request {
            body: Some(body),
            ..Request::new(Method::PUT, &["subscription"])
        };
        let answer = self.send(&request).await?;
        let wire: Wire = answer.json()?;
        let id = wire.subscription_id.ok_or_else(|| answer.garbled())?;
        Ok(Subscribed {
            id,
            expires_s: wire.expires.unwrap_or(expires_s),
        })
    }

    /// One subscription. An unknown or expired one is [`PortalError::Refused`].
    pub async fn subscription(&self, id: &str) -> Result<SubscriptionInfo, PortalError> {
        let query = [("subscriptionId", id)];
        let answer = self
            .get(&Request {
                query: &query,
                ..Request::new(Method::GET, &["subscription"])
            })
            .await?;
        let wire: Wire = answer.json()?;
        Ok(SubscriptionInfo {
            id: wire.subscription_id.ok_or_else(|| answer.garbled())?,
            target_type: wire.target_type.as_deref().and_then(TargetType::from_wire),
            target_id: wire.target_id,
            kind: wire.subscription_type.as_deref().and_then(SubscriptionKind::from_wire),
            remaining_s: wire.expires,
            url: wire.url,
        })
    }

    /// Ends a subscription. An unknown or expired one is [`PortalError::Refused`].
    pub async fn unsubscribe(&self, id: &str) -> Result<(), PortalError> {
        let query = [("subscriptionId", id)];
        self.send(&Request {
            query: &query,
            ..Request::new(Method::DELETE, &["subscription"])
        })
        .await
        .map(drop)
    }
}
