//! Where the calls of one's own telephone go.

use super::{RelayClient, RelayError, answer};
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which calls go where; what is not set is none. All calls exclude the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ForwardTo {
    /// All calls.
    pub all: Option<String>,
    /// Those that come while one talks.
    pub busy: Option<String>,
    /// Those that nobody answers.
    pub not_answered: Option<String>,
    /// Those that come while the telephone is off or has no connection.
    pub unavailable: Option<String>,
    /// After how many rings a call counts as not answered.
    pub rings: Option<u32>,
}

impl ForwardTo {
    /// The numbers that are set.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut String> {
        [
            &mut self.all,
            &mut self.busy,
            &mut self.not_answered,
            &mut self.unavailable,
        ]
        .into_iter()
        .flatten()
    }

    /// The number to which they go; none where it is not one.
    pub fn number(&self) -> Option<&str> {
        let mut numbers = [&self.all, &self.busy, &self.not_answered, &self.unavailable]
            .into_iter()
            .flatten();
        let first = numbers.next()?;
        numbers.all(|other| other == first).then_some(first)
    }
}

/// What the PBX says of one's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct Forwarding {
    /// They are forwarded.
    pub on: bool,
    /// Which and where to; of those that are not, what the PBX remembers.
    #[serde(flatten)]
    pub to: ForwardTo,
}

impl RelayClient {
    /// What the PBX says. `abonent` is for an admin's key only, here and below.
    pub async fn forwarding(&self, abonent: Option<&str>) -> Result<Forwarding, RelayError> {
        answer(self.of_telephone(Method::GET, abonent)?).await
    }

    /// Has calls forwarded; what the PBX says after it.
    pub async fn forward(&self, to: &ForwardTo, abonent: Option<&str>) -> Result<Forwarding, RelayError> {
        answer(self.of_telephone(Method::PUT, abonent)?.json(to)).await
    }

    /// Has none forwarded any more; what the PBX says after it.
    pub async fn forward_none(&self, abonent: Option<&str>) -> Result<Forwarding, RelayError> {
        answer(self.of_telephone(Method::DELETE, abonent)?).await
    }

    fn of_telephone(&self, method: Method, abonent: Option<&str>) -> Result<RequestBuilder, RelayError> {
        let request = self.request(method, "/v1/forwarding")?;
        Ok(request.query(&abonent.map(|id| [("abonent", id)])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_told_and_several_are_not() {
        let to = |all: Option<&str>, busy: Option<&str>, not_answered: Option<&str>| ForwardTo {
            all: all.map(str::to_owned),
            busy: busy.map(str::to_owned),
            not_answered: not_answered.map(str::to_owned),
            ..ForwardTo::default()
        };
        assert_eq!(to(Some("102"), None, None).number(), Some("102"));
        assert_eq!(to(None, Some("102"), Some("102")).number(), Some("102"));
        assert_eq!(to(None, Some("102"), Some("103")).number(), None);
        assert_eq!(to(None, None, None).number(), None);
    }
}
