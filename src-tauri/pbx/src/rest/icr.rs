//! Individual call routing (reference 1.12, `icr`): an inbound number rings a given extension.
//!
//! The PBX answers 200 and says of each entry whether it took it.

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{clean_code, clean_description, nested, text};
use super::numbers::{InboundNumber, Wire as NumberWire};
use super::phone::{in_rule, wire};
use super::{MAX_LIST, Portal, PortalError, Request};

/// Where the calls to an inbound number go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The inbound number, E.164.
    pub inbound: String,
    /// The extension that rings.
    pub extension: String,
}

/// Why the PBX did not take an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemError {
    /// `errorCode`, or the entry's `status` where there is none.
    pub code: String,
    /// `description`, for a person.
    pub description: Option<String>,
}

/// What became of one entry that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome<T> {
    /// The entry, as the PBX repeats it; none if it does not.
    pub item: Option<T>,
    /// Why it was not taken; none if it was.
    pub error: Option<ItemError>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RouteWire {
    #[serde(deserialize_with = "text")]
    inbound_number: Option<String>,
    #[serde(deserialize_with = "text")]
    extension: Option<String>,
}

impl RouteWire {
    fn route(self) -> Option<Route> {
        Some(Route {
            inbound: in_rule(self.inbound_number?),
            extension: self.extension?,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ErrorWire {
    #[serde(deserialize_with = "text")]
    error_code: Option<String>,
    #[serde(deserialize_with = "text")]
    description: Option<String>,
}

/// An entry's outcome; `phone_number` or `rule`, by the method.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OutcomeWire {
    #[serde(deserialize_with = "text")]
    phone_number: Option<String>,
    #[serde(deserialize_with = "nested")]
    rule: Option<RouteWire>,
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "nested")]
    error: Option<ErrorWire>,
}

impl Portal {
    /// The inbound numbers for which individual routing is on.
    pub async fn routed_numbers(&self) -> Result<Vec<InboundNumber>, PortalError> {
        self.list(&["icr", "numbers"], NumberWire::number).await
    }

    /// Switches individual routing on for inbound numbers (E.164). Sent once; each number has its own outcome.
    pub async fn route_numbers_on(&self, numbers: &[&str]) -> Result<Vec<ItemOutcome<String>>, PortalError> {
        self.numbers_change(Method::PUT, numbers).await
    }

    /// Switches individual routing off for inbound numbers (E.164). Sent once; each number has its own outcome.
    pub async fn route_numbers_off(&self, numbers: &[&str]) -> Result<Vec<ItemOutcome<String>>, PortalError> {
        self.numbers_change(Method::DELETE, numbers).await
    }

    /// All routes.
    pub async fn routes(&self) -> Result<Vec<Route>, PortalError> {
        self.list(&["icr", "route"], RouteWire::route).await
    }

    /// Replaces all routes by these. Sent once; each route has its own outcome.
    pub async fn replace_routes(&self, routes: &[Route]) -> Result<Vec<ItemOutcome<Route>>, PortalError> {
        self.routes_change(Method::PUT, routes).await
    }

    /// Adds these routes to the others. Sent once; each route has its own outcome.
    pub async fn merge_routes(&self, routes: &[Route]) -> Result<Vec<ItemOutcome<Route>>, PortalError> {
        self.routes_change(Method::POST, routes).await
    }

    /// Removes these routes. Sent once; each route has its own outcome.
    pub async fn remove_routes(&self, routes: &[Route]) -> Result<Vec<ItemOutcome<Route>>, PortalError> {
        self.routes_change(Method::DELETE, routes).await
    }

    /// A list; an entry that cannot be read is left out.
    async fn list<W: DeserializeOwned, T>(
        &self,
        path: &[&str],
        read: impl Fn(W) -> Option<T>,
    ) -> Result<Vec<T>, PortalError> {
        let request = Request {
            limit: MAX_LIST,
            ..Request::new(Method::GET, path)
        };
        let entries: Vec<Option<W>> = self.get(&request).await?.entries()?;
        Ok(entries.into_iter().flatten().filter_map(read).collect())
    }

    async fn numbers_change(&self, method: Method, numbers: &[&str]) -> Result<Vec<ItemOutcome<String>>, PortalError> {
        let numbers: Vec<&str> = numbers.iter().map(|number| wire(number)).collect::<Result<_, _>>()?;
        self.change(method, &["icr", "numbers"], json!(numbers), |outcome| {
            outcome.phone_number.map(in_rule)
        })
        .await
    }

    async fn routes_change(&self, method: Method, routes: &[Route]) -> Result<Vec<ItemOutcome<Route>>, PortalError> {
        let rules = routes
            .iter()
            .map(|route| Ok(json!({ "inboundNumber": wire(&route.inbound)?, "extension": wire(&route.extension)? })))
            .collect::<Result<Vec<Value>, PortalError>>()?;
        self.change(method, &["icr", "route"], rules.into(), |outcome| {
            outcome.rule.and_then(RouteWire::route)
        })
        .await
    }

    async fn change<T>(
        &self,
        method: Method,
        path: &[&str],
        body: Value,
        item: impl Fn(OutcomeWire) -> Option<T>,
    ) -> Result<Vec<ItemOutcome<T>>, PortalError> {
        let request = Request {
            body: Some(body),
            limit: MAX_LIST,
            ..Request::new(method, path)
        };
        let answer = self.send(&request).await?;
        let outcomes = answer.entries()?.into_iter().map(|entry: Option<OutcomeWire>| {
            let mut outcome = entry.unwrap_or_default();
            let error = self.item_error(&mut outcome);
            ItemOutcome {
                item: item(outcome),
                error,
            }
        });
        Ok(outcomes.collect())
    }

    /// Anything but `SUCCESS` without an error is a fault: an entry must not be taken for done by mistake.
    fn item_error(&self, outcome: &mut OutcomeWire) -> Option<ItemError> {
        let status = outcome.status.take();
        let error = outcome.error.take();
        if error.is_none() && status.as_deref() == Some("SUCCESS") {
            return None;
        }
        let error = error.unwrap_or_default();
        let code = error.error_code.or(status).unwrap_or_else(|| "unknown".to_owned());
        Some(ItemError {
            code: clean_code(&code, &self.token),
            description: error.description.map(|text| clean_description(&text, &self.token)),
        })
    }
}
