//! The abonents of the client (reference 1.3).

use reqwest::Method;
use serde::Deserialize;

use super::answer::text;
use super::phone::e164;
use super::{MAX_LIST, Portal, PortalError, Request};

/// A user of the PBX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abonent {
    /// `userId`: stable, opaque, `login@domain` (reference 1.2).
    pub user_id: String,
    /// The mobile number in E.164; none for an abonent with a SIP account only.
    pub phone: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Department, by name.
    pub department: Option<String>,
    /// Short number, usually 3 or 4 digits.
    pub extension: Option<String>,
}

impl Abonent {
    /// Last and first name, as far as they are known.
    pub fn name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.last_name, &self.first_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Everything but the id may be absent, null or empty (reference 1.3).
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wire {
    #[serde(deserialize_with = "text")]
    user_id: Option<String>,
    #[serde(deserialize_with = "text")]
    phone: Option<String>,
    #[serde(deserialize_with = "text")]
    first_name: Option<String>,
    #[serde(deserialize_with = "text")]
    last_name: Option<String>,
    #[serde(deserialize_with = "text")]
    email: Option<String>,
    #[serde(deserialize_with = "text")]
    department: Option<String>,
    #[serde(deserialize_with = "text")]
    extension: Option<String>,
}

impl Wire {
    pub(super) fn abonent(self) -> Option<Abonent> {
        Some(Abonent {
            user_id: self.user_id?,
            phone: self.phone.as_deref().and_then(e164),
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            department: self.department,
            extension: self.extension,
        })
    }
}

impl Portal {
    /// All abonents; the API has no paging here. An entry without an id is left out.
    pub async fn abonents(&self) -> Result<Vec<Abonent>, PortalError> {
        let request = Request {
            limit: MAX_LIST,
            ..Request::new(Method::GET, &["abonents"])
        };
        let all: Vec<Wire> = self.get(&request).await?.json()?;
        let found = all.len();
        let abonents: Vec<Abonent> = all.into_iter().filter_map(Wire::abonent).collect();
        if abonents.len() < found {
            tracing::warn!(
                left_out = found - abonents.len(),
                "the PBX listed abonents without an id"
            );
        }
        Ok(abonents)
    }

    /// One abonent by `userId`, phone or extension (reference 1.2, `pattern`).
    pub async fn abonent(&self, pattern: &str) -> Result<Abonent, PortalError> {
        let answer = self.get(&Request::new(Method::GET, &["abonents", pattern])).await?;
        answer.json::<Wire>()?.abonent().ok_or_else(|| answer.garbled())
    }
}
