//! Selective forwarding (reference 1.6, `cfs`): calls from listed numbers go elsewhere.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{objects, switch};
use super::phone::{in_rule, wire, wire_all};
use super::rules::{Stored, Wire as RuleWire};
use super::{Portal, PortalError, Request, Schedule};

/// One rule of selective forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardRule {
    /// What a person calls it.
    pub name: String,
    /// Where the calls go: E.164, or an extension.
    pub to: String,
    /// When it is in force.
    pub schedule: Schedule,
    /// Whose calls: E.164, or extensions.
    pub phones: Vec<String>,
}

/// The selective forwarding of an abonent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectiveForwarding {
    /// Whether the service is on; its rules are kept while it is off.
    pub is_on: bool,
    /// The rules, as the PBX orders them. One without an id cannot be changed and is left out.
    pub rules: Vec<Stored<ForwardRule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "switch")]
    is_cfs_service_enabled: Option<bool>,
    #[serde(deserialize_with = "objects")]
    rule_list: Vec<RuleWire>,
}

fn stored(mut wire: RuleWire) -> Option<Stored<ForwardRule>> {
    let to = wire.forward_to_phone.take().map(in_rule).unwrap_or_default();
    let common = wire.common()?;
    Some(Stored {
        id: common.id,
        rule: ForwardRule {
            name: common.name,
            to,
            schedule: common.schedule,
            phones: common.phones,
        },
    })
}

impl ForwardRule {
    fn wire(&self) -> Result<Value, PortalError> {
        Ok(json!({
            "name": self.name,
            "forwardToPhone": wire(&self.to)?,
            "schedule": self.schedule.as_wire(),
            "phoneList": wire_all(&self.phones)?,
        }))
    }
}

impl Portal {
    /// The selective forwarding of an abonent (`pattern`: `userId`, phone or extension).
    pub async fn selective_forwarding(&self, pattern: &str) -> Result<SelectiveForwarding, PortalError> {
        let path = ["abonents", pattern, "cfs"];
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let wire: Wire = answer.json()?;
        Ok(SelectiveForwarding {
            is_on: wire.is_cfs_service_enabled.ok_or_else(|| answer.garbled())?,
            rules: wire.rule_list.into_iter().filter_map(stored).collect(),
        })
    }

    /// Adds a rule; its id, if the PBX tells it. Sent once: after [`PortalError::Timeout`],
    /// [`PortalError::Unavailable`], a broken connection or a [`PortalError::NotJson`] with a success status the rule may
    /// exist, and the list tells.
    pub async fn add_forward_rule(&self, pattern: &str, rule: &ForwardRule) -> Result<Option<String>, PortalError> {
        self.add_rule(&Request {
            body: Some(rule.wire()?),
            ..Request::new(Method::POST, &["abonents", pattern, "cfs"])
        })
        .await
    }

    /// Replaces one rule. Sent once.
    pub async fn change_forward_rule(&self, pattern: &str, id: &str, rule: &ForwardRule) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfs", id];
        let request = Request {
            body: Some(rule.wire()?),
            ..Request::new(Method::PUT, &path)
        };
        self.send(&request).await.map(drop)
    }

    /// Deletes one rule. Sent once.
    pub async fn delete_forward_rule(&self, pattern: &str, id: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfs", id];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }

    /// Switches selective forwarding on, with the rules it has. Sent once.
    pub async fn selective_forwarding_on(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfs"];
        self.send(&Request::new(Method::PUT, &path)).await.map(drop)
    }

    /// Switches selective forwarding off. Sent once.
    pub async fn selective_forwarding_off(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "cfs"];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}
