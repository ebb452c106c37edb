//! One event of the PBX as data (reference, part 2). The wire form is read by `perezvon-pbx`; nothing here knows XML.
//!
//! Every field that the PBX may leave out is optional, whatever the schema says: a missing target, a missing state or a
//! kind that nobody knows must not cost the rest of the event.

use crate::Time;
use std::borrow::Cow;

/// A `SubscriptionEvent` (reference 2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `eventID`: the same on a re-delivery. Absent only in damaged events.
    pub event_id: Option<String>,
    /// `sequenceNumber`: counts from 1 per subscription.
    pub sequence: Option<i64>,
    /// `subscriptionId`: which subscription delivered it.
    pub subscription_id: Option<String>,
    /// `targetId`: the abonent, number or system object the event belongs to.
    pub target: Option<String>,
    /// What happened.
    pub kind: EventKind,
    /// The calls inside `eventData` (`call`, or each of `calls/call`); none for hook status, conferences and the like.
    pub calls: Vec<CallData>,
    /// `hookStatus` where there is one: `Off-Hook` or `On-Hook`.
    pub hook_status: Option<String>,
    /// `reason` beside the call (CallRecordingStopped).
    pub reason: Option<String>,
    /// Elements directly in `eventData` that no field above holds, as raw XML text, in order.
    pub unknown: Vec<String>,
}

/// The kinds of reference 2.4. The name on the wire is the variant plus `Event`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EventKind {
    /// First event of a single-abonent subscription: the calls that are already there.
    CallSubscription,
    /// The same again after a crash of the PBX's server.
    CallSubscriptionResync,
    /// A call is being placed (click-to-call: the abonent's own phone rings).
    CallOriginating,
    /// The far side is being dialled.
    CallOriginated,
    /// Digits of a feature code are collected.
    CallCollecting,
    /// The abonent's phone rings.
    CallReceived,
    /// The leg was answered (by a person, or by a voice menu for a system leg).
    CallAnswered,
    /// The call failed; the caller still hears the treatment.
    CallReleasing,
    /// The leg is over.
    CallReleased,
    /// Phone lifted or put down.
    HookStatus,
    /// Put on hold.
    CallHeld,
    /// Taken from hold.
    CallRetrieved,
    /// Details changed (endpoint known…).
    CallUpdated,
    /// The abonent's call went elsewhere: transfer or forward.
    CallRedirected,
    /// The abonent received a transferred call.
    CallTransferred,
    /// The dialled colleague has forwarding on.
    CallForwarded,
    /// The abonent took a call that rang at a colleague's phone.
    CallPickedUp,
    /// The abonent left the call, which goes on without them.
    CallDetached,
    /// Recording began.
    CallRecordingStarted,
    /// Recording ended or failed.
    CallRecordingStopped,
    /// The subscription is over.
    SubscriptionTerminated,
    /// Any other name, kept as the PBX wrote it, without prefix (`ConferenceStartedEvent`).
    Other(String),
    /// No type was given.
    #[default]
    Missing,
}

impl EventKind {
    /// Those with a meaning here. One that is missing here is never read.
    pub const NAMED: &[Self] = &[
        Self::CallSubscription,
        Self::CallSubscriptionResync,
        Self::CallOriginating,
        Self::CallOriginated,
        Self::CallCollecting,
        Self::CallReceived,
        Self::CallAnswered,
        Self::CallReleasing,
        Self::CallReleased,
        Self::HookStatus,
        Self::CallHeld,
        Self::CallRetrieved,
        Self::CallUpdated,
        Self::CallRedirected,
        Self::CallTransferred,
        Self::CallForwarded,
        Self::CallPickedUp,
        Self::CallDetached,
        Self::CallRecordingStarted,
        Self::CallRecordingStopped,
        Self::SubscriptionTerminated,
    ];

    /// From the local name of `eventData`'s type, for example `CallReceivedEvent`.
    pub fn from_wire(name: &str) -> Self {
        match Self::NAMED.iter().find(|kind| kind.as_wire() == name) {
            Some(kind) => kind.clone(),
            None if name.is_empty() => Self::Missing,
            None => Self::Other(name.to_owned()),
        }
    }

    /// The name on the wire; empty for [`EventKind::Missing`].
    pub fn as_wire(&self) -> &str {
        match self {
            Self::CallSubscription => "CallSubscriptionEvent",
            Self::CallSubscriptionResync => "CallSubscriptionResyncEvent",
            Self::CallOriginating => "CallOriginatingEvent",
            Self::CallOriginated => "CallOriginatedEvent",
            Self::CallCollecting => "CallCollectingEvent",
            Self::CallReceived => "CallReceivedEvent",
            Self::CallAnswered => "CallAnsweredEvent",
            Self::CallReleasing => "CallReleasingEvent",
            Self::CallReleased => "CallReleasedEvent",
            Self::HookStatus => "HookStatusEvent",
            Self::CallHeld => "CallHeldEvent",
            Self::CallRetrieved => "CallRetrievedEvent",
            Self::CallUpdated => "CallUpdatedEvent",
            Self::CallRedirected => "CallRedirectedEvent",
            Self::CallTransferred => "CallTransferredEvent",
            Self::CallForwarded => "CallForwardedEvent",
            Self::CallPickedUp => "CallPickedUpEvent",
            Self::CallDetached => "CallDetachedEvent",
            Self::CallRecordingStarted => "CallRecordingStartedEvent",
            Self::CallRecordingStopped => "CallRecordingStoppedEvent",
            Self::SubscriptionTerminated => "SubscriptionTerminatedEvent",
            Self::Other(name) => name,
            Self::Missing => "",
        }
    }
}

/// The `call` element (reference 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallData {
    /// `callId`: the leg.
    pub call_id: Option<String>,
    /// `extTrackingId`: the session, the same on all legs.
    pub tracking_id: Option<String>,
    /// `personality`.
    pub personality: Option<Personality>,
    /// `state`.
    pub state: Option<LegState>,
    /// `releaseCause/internalReleaseCause`, as written: `Busy`, `Temporarily Unavailable`…
    pub cause: Option<String>,
    /// `releaseCause/cdrTerminationCause`.
    pub cdr_cause: Option<String>,
    /// `releasingParty`.
    pub releasing_party: Option<ReleasingParty>,
    /// `remoteParty`.
    pub remote: Party,
    /// `redirections/redirection`, most recent first: how the call came to this leg.
    pub redirections: Vec<Redirection>,
    /// `redirect`: where the leg's call went.
    pub redirect: Option<Redirect>,
    /// `endpoint/addressOfRecord`.
    pub address_of_record: Option<String>,
    /// `huntGroupUserId`.
    pub hunt_group: Option<String>,
    /// `startTime`.
    pub start: Option<Time>,
    /// `answerTime`: present exactly when the leg was answered.
    pub answer: Option<Time>,
    /// `heldTime`.
    pub held: Option<Time>,
    /// `totalHeldTime`, milliseconds.
    pub total_held_ms: Option<i64>,
    /// `detachedTime`.
    pub detached: Option<Time>,
    /// `releaseTime`.
    pub release: Option<Time>,
    /// `acdCallInfo`.
    pub acd: Option<Acd>,
    /// `recorded` is present.
    pub recorded: bool,
    /// `recordingState`, as written: `Pending`, `Started`, `Paused`, `Failed`.
    pub recording_state: Option<String>,
}

impl CallData {
    /// Without times that cannot be those of a call, see [`Time::of_a_call`].
    pub fn with_plausible_times(&self) -> Cow<'_, Self> {
        let odd = |time: &Option<Time>| time.is_some_and(|time| !time.can_be_of_a_call());
        let times = [self.start, self.answer, self.held, self.detached, self.release];
        if !times.iter().any(odd) {
            return Cow::Borrowed(self);
        }
        let mut data = self.clone();
        for time in [
            &mut data.start,
            &mut data.answer,
            &mut data.held,
            &mut data.detached,
            &mut data.release,
        ] {
            *time = time.filter(|time| time.can_be_of_a_call());
        }
        Cow::Owned(data)
    }
}

/// `personality` (reference 2.5, row 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Personality {
    /// Incoming for the target.
    Terminator,
    /// Outgoing.
    Originator,
    /// Placed through the API; the target's phone rings first.
    ClickToDial,
}

impl Personality {
    /// From the word on the wire.
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "Terminator" => Some(Self::Terminator),
            "Originator" => Some(Self::Originator),
            "Click-to-Dial" => Some(Self::ClickToDial),
            _ => None,
        }
    }

    /// The word on the wire.
    pub fn as_wire(self) -> &'static str {
        match self {
            Self::Terminator => "Terminator",
            Self::Originator => "Originator",
            Self::ClickToDial => "Click-to-Dial",
        }
    }
}

/// `state` (reference 2.5, row 5). `Idle` is not a state of a live leg and is read as none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(feature = "window", derive(ts_rs::TS))]
pub enum LegState {
    /// Rings.
    Alerting,
    /// Talks (or hears the treatment of a failed call).
    Active,
    /// Held by this side.
    Held,
    /// Held by the other side.
    RemoteHeld,
    /// The abonent left, the call goes on without them.
    Detached,
    /// Over.
    Released,
}

impl LegState {
    /// From the word on the wire.
    pub fn from_wire(word: &str) -> Option<Self> {
        match word {
            "Alerting" => Some(Self::Alerting),
            "Active" => Some(Self::Active),
            "Held" => Some(Self::Held),
            "Remote Held" | "RemoteHeld" => Some(Self::RemoteHeld),
            "Detached" => Some(Self::Detached),
            "Released" => Some(Self::Released),
            _ => None,
        }
    }

    /// The word of the JSON contract (design, part 4).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alerting => "Alerting",
            Self::Active => "Active",
            Self::Held => "Held",
            Self::RemoteHeld => "RemoteHeld",
            Self::Detached => "Detached",
            Self::Released => "Released",
        }
    }
}

/// Who hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleasingParty {
    /// This abonent.
    Local,
    /// The other side.
    Remote,
}

/// PartyInformation (reference 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// `name`.
    pub name: Option<String>,
    /// `address`, as written: `tel:+79000000099`, `tel:102`.
    pub address: Option<String>,
    /// `userId`: a colleague or a system object.
    pub user_id: Option<String>,
    /// `userDN`, as written: `tel:+79000000002;ext=102`.
    pub user_dn: Option<String>,
    /// `privacy` is present: the number is withheld.
    pub privacy: bool,
    /// `callType`, as written: `Group`, `Network`…
    pub call_type: Option<String>,
}

/// One entry of `redirections`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirection {
    /// `party`.
    pub party: Party,
    /// `reason`: `hunt-group`, `call-center`, `unconditional`…
    pub reason: Option<String>,
}

/// `redirect`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirect {
    /// `address`.
    pub address: Option<String>,
    /// `reason`: `transfer`, `no-answer`…
    pub reason: Option<String>,
    /// `redirectTime`.
    pub time: Option<Time>,
}

/// `acdCallInfo`: the call centre that offered the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acd {
    /// `acdUserId`.
    pub user_id: Option<String>,
    /// `acdName`: the queue.
    pub name: Option<String>,
    /// `acdNumber`: the line called.
    pub number: Option<String>,
    /// `waitTime`, seconds in the queue when offered.
    pub wait_s: Option<i64>,
    /// `callingPartyInfo`: the real caller.
    pub calling: Party,
}
