//! Events as data, before they become XML (reference 2.3 to 2.6). Times are milliseconds: offsets from a script's start
//! while it is planned, epoch milliseconds once shifted.

/// The kinds of reference 2.4 that the simulator sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    CallSubscription,
    CallSubscriptionResync,
    CallOriginating,
    CallOriginated,
    CallCollecting,
    CallReceived,
    CallAnswered,
    CallReleasing,
    CallReleased,
    HookStatus,
    CallHeld,
    CallRetrieved,
    CallUpdated,
    CallRedirected,
    CallTransferred,
    CallForwarded,
    CallRecordingStarted,
    SubscriptionTerminated,
    /// A kind that no document knows, for the fault `unknown-kind`.
    Novelty,
}

impl Kind {
    /// The local name on the wire.
    pub(crate) fn wire(self) -> &'static str {
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
            Self::CallRecordingStarted => "CallRecordingStartedEvent",
            Self::SubscriptionTerminated => "SubscriptionTerminatedEvent",
            Self::Novelty => "CallNoveltyEvent",
        }
    }

    /// Sent to ADVANCED_CALL subscriptions only (table 2.4).
    pub(crate) fn advanced_only(self) -> bool {
        matches!(
            self,
            Self::CallHeld
                | Self::CallRetrieved
                | Self::CallUpdated
                | Self::CallRedirected
                | Self::CallTransferred
                | Self::CallForwarded
                | Self::CallRecordingStarted
        )
    }

    /// The body is `calls/call`, not `call` (table 2.4).
    pub(crate) fn has_list(self) -> bool {
        matches!(
            self,
            Self::CallSubscription | Self::CallSubscriptionResync | Self::CallRedirected
        )
    }
}

/// PartyInformation (reference 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) name: Option<String>,
    /// Without `tel:`; `+7…` gets `countryCode="7"`.
    pub(crate) address: Option<String>,
    pub(crate) user_id: Option<String>,
    /// `+79000000002;ext=102`.
    pub(crate) user_dn: Option<String>,
    pub(crate) privacy: bool,
    pub(crate) call_type: &'static str,
}

/// `redirect` (reference 2.5, row 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) address: String,
    pub(crate) reason: &'static str,
    pub(crate) at: i64,
}

/// `acdCallInfo` (reference 2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acd {
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) number: String,
    /// Seconds in the queue when offered.
    pub(crate) wait_s: i64,
    pub(crate) calling: Party,
}

/// One redirection: party, reason, counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirection {
    pub(crate) party: Party,
    pub(crate) reason: &'static str,
    pub(crate) counter: Option<u32>,
}

/// The `call` element (reference 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallView {
    pub(crate) call_id: String,
    pub(crate) tracking_id: String,
    pub(crate) network_call_id: Option<String>,
    pub(crate) personality: &'static str,
    pub(crate) state: &'static str,
    /// `internalReleaseCause` and `cdrTerminationCause`.
    pub(crate) cause: Option<(&'static str, &'static str)>,
    pub(crate) releasing: Option<&'static str>,
    pub(crate) remote: Party,
    pub(crate) redirections: Vec<Redirection>,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) endpoint: Option<String>,
    pub(crate) appearance: bool,
    pub(crate) allow_answer: bool,
    pub(crate) allow_retrieve: bool,
    pub(crate) hunt_group: Option<String>,
    pub(crate) start: i64,
    pub(crate) answer: Option<i64>,
    pub(crate) held: Option<i64>,
    pub(crate) total_held: Option<i64>,
    pub(crate) detached: Option<i64>,
    pub(crate) release: Option<i64>,
    pub(crate) acd: Option<Acd>,
    pub(crate) recorded: bool,
    pub(crate) controls: bool,
}

impl CallView {
    /// Offsets made into points in time.
    pub(crate) fn shift(&mut self, by: i64) {
        self.start += by;
        for time in [&mut self.answer, &mut self.held, &mut self.detached, &mut self.release]
            .into_iter()
            .flatten()
        {
            *time += by;
        }
        if let Some(redirect) = &mut self.redirect {
            redirect.at += by;
        }
    }
}

/// One event, before it gets its header.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    /// userId of the abonent or system object.
    pub(crate) target: String,
    pub(crate) calls: Vec<CallView>,
    /// `hookStatus`.
    pub(crate) hook: Option<&'static str>,
    /// numberId of the line through which the session came: what a NUMBER subscription matches.
    pub(crate) line: Option<String>,
    /// How this event is mistreated on its way.
    pub(crate) mishap: Mishap,
}

/// Faults of single events (reference, part 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mishap {
    /// Delivered twice, the same document.
    pub(crate) duplicate: bool,
    /// Delivered after the event that follows it.
    pub(crate) held_back: bool,
    /// Takes a sequence number, is never delivered.
    pub(crate) lost: bool,
    /// Without `targetId`.
    pub(crate) no_target: bool,
    /// Line breaks and blanks around every text.
    pub(crate) line_breaks: bool,
    /// Prefixes other than `xsi` and `xsi1`.
    pub(crate) other_prefixes: bool,
    /// All on one line.
    pub(crate) one_line: bool,
}
