//! Black and white list (reference 1.7, `bwl`): whose calls an abonent refuses, or whose alone they accept.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{objects, text};
use super::phone::wire_all;
use super::rules::{Stored, Wire as RuleWire};
use super::words::words;
use super::{Portal, PortalError, Request, Schedule};

words! {
    /// Which list is in force; one at a time.
    ListStatus {
        /// Calls from the black list's numbers are refused.
        Black = "BLACK_LIST_ON",
        /// Only calls from the white list's numbers are accepted.
        White = "WHITE_LIST_ON",
        /// Neither.
        Off = "OFF",
    }
}

/// One of the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// `BLACK_LIST`.
    Black,
    /// `WHITE_LIST`.
    White,
}

impl ListKind {
    /// The word on the wire.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Black => "BLACK_LIST",
            Self::White => "WHITE_LIST",
        }
    }
}

/// One rule of either list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRule {
    /// What a person calls it.
    pub name: String,
    /// When it is in force.
    pub schedule: Schedule,
    /// Whose calls: E.164, or extensions.
    pub phones: Vec<String>,
}

/// Both lists of an abonent. A rule without an id cannot be changed and is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLists {
    /// Which one is in force.
    pub status: ListStatus,
    /// The black list.
    pub black: Vec<Stored<ListRule>>,
    /// The white list.
    pub white: Vec<Stored<ListRule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "text")]
    status: Option<String>,
    #[serde(deserialize_with = "objects")]
    black_list: Vec<RuleWire>,
    #[serde(deserialize_with = "objects")]
    white_list: Vec<RuleWire>,
}

fn stored(wire: RuleWire) -> Option<Stored<ListRule>> {
    let common = wire.common()?;
    Some(Stored {
        id: common.id,
        rule: ListRule {
            name: common.name,
            schedule: common.schedule,
            phones: common.phones,
        },
    })
}

impl ListRule {
    fn wire(&self) -> Result<Value, PortalError> {
        Ok(json!({
            "name": self.name,
            "schedule": self.schedule.as_wire(),
            "phoneList": wire_all(&self.phones)?,
        }))
    }
}

impl Portal {
    /// The black and the white list of an abonent (`pattern`: `userId`, phone or extension).
    pub async fn call_lists(&self, pattern: &str) -> Result<CallLists, PortalError> {
        let path = ["abonents", pattern, "bwl"];
        let answer = self.get(&Request::new(Method::GET, &path)).await?;
        let wire: Wire = answer.json()?;
        let status = wire.status.ok_or_else(|| answer.garbled())?;
        Ok(CallLists {
            status: ListStatus::from_wire(&status),
            black: wire.black_list.into_iter().filter_map(stored).collect(),
            white: wire.white_list.into_iter().filter_map(stored).collect(),
        })
    }

    /// Adds a rule to one list; its id, if the PBX tells it. Sent once: after [`PortalError::Timeout`],
    /// [`PortalError::Unavailable`], a broken connection or a [`PortalError::NotJson`] with a success status the rule may
    /// exist, and the lists tell.
    pub async fn add_list_rule(
        &self,
        pattern: &str,
        list: ListKind,
        rule: &ListRule,
    ) -> Result<Option<String>, PortalError> {
        self.add_rule(&Request {
            body: Some(json!({ "type": list.as_wire(), "rule": rule.wire()? })),
            ..Request::new(Method::POST, &["abonents", pattern, "bwl"])
        })
        .await
    }

    /// Replaces one rule of either list. The verb is disputed: PUT is sent, and POST only when the answer proves that PUT
    /// carried out nothing. Each is sent once.
    pub async fn change_list_rule(&self, pattern: &str, id: &str, rule: &ListRule) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "bwl", id];
        let mut request = Request {
            body: Some(rule.wire()?),
            ..Request::new(Method::PUT, &path)
        };
        match self.send(&request).await {
            Err(error) if error.is_no_such_method() => {
                request.method = Method::POST;
                self.send(&request).await.map(drop)
            }
            ended => ended.map(drop),
        }
    }

    /// Deletes one rule of either list. Sent once.
    pub async fn delete_list_rule(&self, pattern: &str, id: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "bwl", id];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }

    /// Puts one list in force, and with it the other out of force. Sent once.
    pub async fn call_list_on(&self, pattern: &str, list: ListKind) -> Result<(), PortalError> {
        let query = [("ruleType", list.as_wire())];
        self.send(&Request {
            query: &query,
            ..Request::new(Method::PUT, &["abonents", pattern, "bwl"])
        })
        .await
        .map(drop)
    }

    /// Puts both lists out of force. Sent once.
    pub async fn call_lists_off(&self, pattern: &str) -> Result<(), PortalError> {
        let path = ["abonents", pattern, "bwl"];
        self.send(&Request::new(Method::DELETE, &path)).await.map(drop)
    }
}
