//! The client's inbound numbers (reference 1.8).

use reqwest::Method;
use serde::Deserialize;

use super::answer::text;
use super::phone::e164;
use super::{MAX_LIST, Portal, PortalError, Request};

/// A number at which the company is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundNumber {
    /// `numberId`, `something@domain`; the target of a NUMBER subscription's events.
    pub number_id: String,
    /// In E.164.
    pub phone: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wire {
    #[serde(deserialize_with = "text")]
    number_id: Option<String>,
    #[serde(deserialize_with = "text")]
    phone: Option<String>,
}

impl Wire {
    pub(super) fn number(self) -> Option<InboundNumber> {
        Some(InboundNumber {
            number_id: self.number_id?,
            phone: self.phone.as_deref().and_then(e164),
        })
    }
}

impl Portal {
    /// All inbound numbers. An entry without an id is left out.
    pub async fn numbers(&self) -> Result<Vec<InboundNumber>, PortalError> {
        let request = Request {
            limit: MAX_LIST,
            ..Request::new(Method::GET, &["numbers"])
        };
        let all: Vec<Wire> = self.get(&request).await?.json()?;
        Ok(all.into_iter().filter_map(Wire::number).collect())
    }

    /// One inbound number by its `numberId`, the number itself or its extension (reference 1.8).
    pub async fn number(&self, pattern: &str) -> Result<InboundNumber, PortalError> {
        let answer = self.get(&Request::new(Method::GET, &["numbers", pattern])).await?;
        answer.json::<Wire>()?.number().ok_or_else(|| answer.garbled())
    }
}
