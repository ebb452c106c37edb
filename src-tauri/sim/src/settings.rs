//! What REST may change: the settings of an abonent (reference 1.3, 1.5 to 1.7) and the routing of inbound numbers
//! (1.12). What was put is read back; played calls do not obey it, because a script says itself how its call goes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::company::Abonent;

/// When a number or a rule holds (reference 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Schedule {
    /// Always.
    RoundTheClock,
    /// In working hours.
    WorkingTime,
    /// Outside them and on holidays.
    NonWorkingTimeAndHolidays,
}

/// An additional number connected to an abonent (reference 1.3). The API has no method that reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalNumber {
    /// userId.
    pub abonent: String,
    /// Ten digits.
    pub phone_number: String,
    /// When it rings the abonent.
    pub schedule: Schedule,
}

/// Simple forwarding (reference 1.5). Phones as they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward {
    pub(crate) all_calls: Option<String>,
    pub(crate) busy: Option<String>,
    pub(crate) unavailable: Option<String>,
    pub(crate) not_answer: Option<String>,
    /// Rings to wait.
    pub(crate) not_answer_rings: Option<u32>,
}

/// A rule of selective forwarding or of a list (reference 1.6, 1.7).
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) schedule: Schedule,
    /// As they were sent.
    pub(crate) phones: Vec<String>,
    /// Selective forwarding only.
    pub(crate) forward_to: Option<String>,
}

/// Selective forwarding (reference 1.6).
#[derive(Clone, Debug, Default)]
pub(crate) struct Selective {
    pub(crate) on: bool,
    pub(crate) rules: Vec<Rule>,
}

/// Which of the two lists (reference 1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ListKind {
    BlackList,
    WhiteList,
}

/// Black and white list: one of the two holds at a time (reference 1.7).
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    pub(crate) on: Option<ListKind>,
    pub(crate) black: Vec<Rule>,
    pub(crate) white: Vec<Rule>,
}

/// All that REST may change about an abonent.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) recording: bool,
    /// `ONLINE`, `OFFLINE`, `BREAK`; none for an abonent who is no agent.
    pub(crate) agent: Option<&'static str>,
    pub(crate) forward: Forward,
    pub(crate) selective: Selective,
    pub(crate) lists: Lists,
    pub(crate) additional: Option<(String, Schedule)>,
}

impl Settings {
    /// As the company begins.
    pub(crate) fn of(abonent: &Abonent) -> Self {
        Self {
            recording: abonent.recording,
            agent: abonent.agent.then_some("ONLINE"),
            forward: Forward::default(),
            selective: Selective::default(),
            lists: Lists::default(),
            additional: None,
        }
    }
}

/// Individual call routing (reference 1.12). Numbers as ten digits.
#[derive(Debug, Default)]
pub(crate) struct Routing {
    /// Inbound numbers with the service on.
    pub(crate) numbers: BTreeSet<String>,
    /// Inbound number → internal number.
    pub(crate) rules: BTreeMap<String, String>,
}
