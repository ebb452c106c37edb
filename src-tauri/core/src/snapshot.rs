//! A call as the relay tells it to one reader (design, part 7): the only thing that flows from relay to desk.
//! Snapshots are idempotent: the newest `version` wins.

use crate::{Number, Time};
use serde::{Deserialize, Serialize};

/// One logical call, however many legs, events and records describe it. Fields that are not known are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CallSnapshot {
    /// ULID of the call, made by the relay.
    pub id: String,
    /// Grows with every change of any call in the ledger.
    pub version: i64,
    /// The PBX contract the call belongs to.
    pub account: String,
    /// `extTrackingId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// From the reader's abonent's point of view.
    pub direction: Direction,
    /// The finding for the reader's own abonent (for the company where an admin asks for no abonent).
    pub outcome: Outcome,
    /// The end was assumed, not told; statistics have not confirmed it yet. Never shown as missed.
    #[serde(default)]
    pub uncertain: bool,
    /// The other side.
    pub party: PartySnapshot,
    /// The line and queue the call came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineSnapshot>,
    /// The abonent this snapshot is told about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abonent: Option<String>,
    /// Who answered an incoming call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<AnsweredBy>,
    /// First moment the call is known of, by the PBX's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When a person answered (the far side, for an outgoing call).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Time>,
    /// When the call was over for the reader's abonent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// Waiting before the answer or the end, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<i64>,
    /// Conversation, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_ms: Option<i64>,
    /// The recording.
    pub recording: RecordingSnapshot,
    /// Of a missed call: the first conversation that a colleague has had with the caller since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talked_later: Option<TalkedLater>,
    /// Of a missed call: who has undertaken to call back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimSnapshot>,
    /// This call turned out to be the one of this id: it is dropped, and told no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
    /// Ids of calls joined to this one by a consultative transfer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<String>,
    /// The `Idempotency-Key` of the request that placed the call, where the relay placed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// When the relay last learnt something of this call, by the relay's clock.
    pub updated_at: Time,
    /// The legs; those of others carry no numbers for a user.
    #[serde(default)]
    pub legs: Vec<LegSnapshot>,
}

/// Incoming or outgoing for the abonent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "window", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Somebody called the abonent.
    Incoming,
    /// The abonent called.
    Outgoing,
}

impl Direction {
    /// The word of the JSON contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// The finding for one abonent (design, part 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "window", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Rings, or may still move on to another agent.
    Ringing,
    /// The conversation goes on.
    Talking,
    /// Somebody else answered; `answeredBy` says who.
    AnsweredBy,
    /// Nobody answered.
    Missed,
    /// Incoming: the abonent refused or was busy. Outgoing: the other side did.
    Rejected,
    /// Incoming: the abonent's phone is off. Outgoing: the other side cannot be reached.
    Unreachable,
    /// Outgoing: our side gave up (or did not pick up its own phone in a click-to-call).
    Cancelled,
    /// Outgoing: the other side did not answer.
    NoAnswer,
    /// The abonent passed the call on, or it was forwarded from them.
    Transferred,
    /// Over: answered and ended, or (with `uncertain`) lost its end.
    Ended,
}

impl Outcome {
    /// The call is over for this abonent. A terminal outcome may be corrected by better evidence to another terminal
    /// one, but is never left.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Ringing | Self::Talking)
    }

    /// The word of the JSON contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::AnsweredBy => "answered_by",
            Self::Missed => "missed",
            Self::Rejected => "rejected",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
            Self::NoAnswer => "no_answer",
            Self::Transferred => "transferred",
            Self::Ended => "ended",
        }
    }
}

/// The other side of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PartySnapshot {
    /// E.164 with `+`, or a short number of 2–6 digits; `internal` says whether it is a colleague's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The extension of a full number, 1–7 digits, where the PBX told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ext: Option<String>,
    /// The address as the PBX wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The name as the PBX wrote it, or the colleague's name from the abonents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number is withheld.
    #[serde(default)]
    pub hidden: bool,
    /// A colleague.
    #[serde(default)]
    pub internal: bool,
}

impl PartySnapshot {
    /// The party with this number and nothing else known of it.
    pub fn of(number: &Number) -> Self {
        Self {
            number: number.told(),
            ext: number.ext().map(str::to_owned),
            internal: number.is_internal(),
            ..Self::default()
        }
    }

    /// The number with its extension; inside and outside are part of it.
    pub fn number(&self) -> Number {
        let told = self.number.as_deref().filter(|_| !self.hidden);
        match told.map_or(Number::Hidden, Number::parse) {
            Number::E164 { number, ext: None } => Number::E164 {
                number,
                ext: self.ext.clone(),
            },
            number if self.internal => number,
            number => number.outside(),
        }
    }
}

/// The line (inbound number) and queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LineSnapshot {
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// A name an administrator gave the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The queue or hunt group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// Who answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnsweredBy {
    /// The abonent's `userId`; absent for a reader who may learn the name only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abonent: Option<String>,
    /// Family name, then first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A colleague's conversation with the caller of a missed call: who and when, and nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TalkedLater {
    /// Family name, then first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it began.
    pub at: Time,
}

/// Somebody has undertaken to call the caller of a missed call back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClaimSnapshot {
    /// The reader's abonent has.
    #[serde(default)]
    pub own: bool,
    /// Family name, then first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The moment from which it counts no longer: it is given back by itself.
    pub until: Time,
}

/// State of the recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RecordingSnapshot {
    /// Where it is.
    pub state: RecordingState,
    /// The PBX's record id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// See [`RecordingSnapshot`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "window", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum RecordingState {
    /// The call was not recorded, as far as is known.
    #[default]
    None,
    /// Recorded, but the PBX does not offer it yet.
    Pending,
    /// Can be fetched.
    Ready,
    /// Was there, and the PBX no longer has it.
    Gone,
}

/// One leg.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LegSnapshot {
    /// `callId`; absent for a reader who may not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// The abonent or system object; absent for legs of others told to a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abonent: Option<String>,
    /// Name of the abonent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Terminator`, `Originator`, `Click-to-Dial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personality: Option<String>,
    /// `Alerting`, `Active`, `Held`, `RemoteHeld`, `Detached`, `Released`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `internalReleaseCause` as the PBX wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// A voice menu, hunt group or call centre, not a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub system: bool,
    /// `startTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// `answerTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Time>,
    /// `releaseTime` or `detachedTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}
