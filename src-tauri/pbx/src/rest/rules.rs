//! What the rules of selective forwarding and of the call lists have in common (reference 1.6, 1.7).

use serde::Deserialize;

use super::answer::{Answer, text, texts};
use super::phone::in_rule;
use super::words::words;
use super::{Portal, PortalError, Request};

words! {
    /// When a rule or an additional number is in force (reference 1.3); the hours are set in Beeline's cabinet.
    Schedule {
        /// Always.
        RoundTheClock = "ROUND_THE_CLOCK",
        /// In working hours.
        WorkingTime = "WORKING_TIME",
        /// Outside working hours and on holidays.
        NonWorkingTimeAndHolidays = "NON_WORKING_TIME_AND_HOLIDAYS",
    }
}

/// A rule as the PBX keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<R> {
    /// The rule's id; a number to some sources, a text to others (reference 1.6).
    pub id: String,
    /// The rule.
    pub rule: R,
}

/// A rule of either kind on the wire.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wire {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub(super) forward_to_phone: Option<String>,
    #[serde(deserialize_with = "text")]
    schedule: Option<String>,
    #[serde(deserialize_with = "texts")]
    phone_list: Vec<String>,
}

/// What is left of [`Wire`] without the number to forward to.
pub(super) struct Common {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) schedule: Schedule,
    pub(super) phones: Vec<String>,
}

impl Wire {
    /// None for an entry without an id. A missing schedule is taken for "always", as the rule is in force.
    pub(super) fn common(self) -> Option<Common> {
        Some(Common {
            id: self.id?,
            name: self.name.unwrap_or_default(),
            schedule: self
                .schedule
                .map_or(Schedule::RoundTheClock, |word| Schedule::from_wire(&word)),
            phones: self.phone_list.into_iter().map(in_rule).collect(),
        })
    }
}

impl Portal {
    /// Adds a rule. The answer is the bare id (reference 1.6), which may be missing.
    pub(super) async fn add_rule(&self, request: &Request<'_>) -> Result<Option<String>, PortalError> {
        let answer: Answer = self.send(request).await?;
        answer.word("id")
    }
}
