//! What really happened: the tests of programs that follow the simulator compare with this.

use std::collections::BTreeMap;

use serde::Serialize;

/// Which way a call went, seen from the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From outside.
    Incoming,
    /// To the outside.
    Outgoing,
    /// Between two abonents.
    Internal,
}

/// How a call ended for one abonent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// This abonent talked.
    Answered,
    /// The phone rang, a colleague took the call.
    AnsweredByColleague,
    /// The phone rang, nobody took the call.
    Missed,
    /// The abonent pressed "reject".
    Rejected,
    /// The phone was not registered.
    Unreachable,
    /// The abonent hung up before the other side answered.
    Cancelled,
    /// The called side was busy.
    Busy,
    /// Click-to-call: the abonent did not pick up the first leg; or the called side never answered.
    NoAnswer,
    /// The abonent handed the call over to a colleague after talking.
    Transferred,
    /// The phone rang, the call went to the forwarding number.
    Forwarded,
}

/// One abonent's part in a call. Times are epoch milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// userId.
    pub abonent: String,
    /// How it ended for this abonent.
    pub outcome: Outcome,
    /// The abonent's leg was an outgoing one.
    pub outgoing: bool,
    /// When the leg began.
    pub start: i64,
    /// When the abonent began to talk.
    pub answer: Option<i64>,
    /// When the leg ended.
    pub release: i64,
    /// Calling number, E.164 or short; absent when withheld.
    pub from: Option<String>,
    /// Called number.
    pub to: Option<String>,
    /// The tracking id of this abonent's leg (differs from the call's after a transfer).
    pub tracking_id: String,
    /// The talk was recorded.
    pub recorded: bool,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// `extTrackingId` of the session.
    pub tracking_id: String,
    /// Further tracking ids that belong to the same conversation (consultative transfer).
    pub linked: Vec<String>,
    /// Name of the script, modifiers included.
    pub script: String,
    /// Which way.
    pub direction: Direction,
    /// The outside party, E.164; absent when withheld. The callee's short number for internal calls.
    pub party: Option<String>,
    /// The inbound line called, E.164.
    pub line: Option<String>,
    /// userId of the abonent who talked first.
    pub answered_by: Option<String>,
    /// When the first leg began, epoch milliseconds.
    pub start: i64,
    /// When an abonent and the other side began to talk.
    pub answer: Option<i64>,
    /// When everything was over.
    pub release: i64,
    /// At least one part was recorded.
    pub recorded: bool,
    /// Every abonent concerned.
    pub parts: Vec<Part>,
}

impl Truth {
    /// How it ended for one abonent.
    pub fn outcome(&self, user_id: &str) -> Option<Outcome> {
        self.parts.iter().find(|p| p.abonent == user_id).map(|p| p.outcome)
    }

    /// How it ended for each abonent.
    pub fn outcomes(&self) -> BTreeMap<&str, Outcome> {
        self.parts.iter().map(|p| (p.abonent.as_str(), p.outcome)).collect()
    }

    /// A script's offsets made into points in time.
    pub(crate) fn shift(&mut self, by: i64) {
        self.start += by;
        self.release += by;
        self.answer = self.answer.map(|t| t + by);
        for part in &mut self.parts {
            part.start += by;
            part.release += by;
            part.answer = part.answer.map(|t| t + by);
        }
    }
}
