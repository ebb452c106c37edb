//! What a leg knows besides flags and times. Where several events tell one thing, the order of these types says which of
//! them is kept, whatever the order in which they came.

use crate::Number;
use crate::event::Party;
use serde::{Deserialize, Serialize};

/// Whether an answered leg is held. The greatest is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hold {
    /// `sequenceNumber` of the event that told it; 0 where it has none.
    pub sequence: i64,
    /// What it told.
    pub state: HoldState,
}

/// See [`Hold`]. Of events with the same number the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Nobody holds it.
    Talking,
    /// The other side does.
    HeldByOther,
    /// The abonent does.
    Held,
}

/// Why a leg ended. The greatest is the best known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// Told by the release itself, which outweighs the releasing before it.
    pub is_final: bool,
    /// `internalReleaseCause` as written.
    pub text: String,
}

/// The other side of a leg, and who says so. The greatest is the best known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KnownParty {
    /// The witness.
    pub strength: Strength,
    /// What it tells.
    pub facts: PartyFacts,
}

/// The recording of a leg's conversation. The least is the best to offer: one that can be fetched, of several the oldest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnRecording {
    /// The PBX no longer has it.
    pub gone: bool,
    /// The PBX's record id.
    pub id: String,
}

/// Which witness tells the other side of a leg, the weakest first: of two, what the stronger one tells is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// An event with a feature code in place of a number: nobody is talked with.
    Code,
    /// An event of a click-to-dial's first leg: the address may be the abonent's own number (reference 2.8, 8).
    OwnPhone,
    /// A line of the statistics or a recording.
    Lists,
    /// An event before the answer: the far side that was dialled, or that calls.
    Dialled,
    /// An event after the answer: the far side of the conversation, which after a forward is not the dialled one.
    TalkedWith,
    /// The call centre, of the caller.
    CallCentre,
}

/// PartyInformation reduced to what the product uses. Ordered, so that the choice between two from the same source does
/// not depend on which came first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartyFacts {
    /// The address as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// A colleague or system object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The colleague's full number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_dn: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number withheld.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privacy: bool,
    /// `callType` says that the party is of the company.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
}

/// `callType` of a party of the company (reference 2.5).
const OF_COMPANY: &[&str] = &["Group", "Enterprise", "City-Wide Centrex", "Private Dial Plan"];

impl PartyFacts {
    pub(super) fn of(party: &Party) -> Self {
        Self {
            address: party.address.clone(),
            user_id: party.user_id.clone(),
            user_dn: party.user_dn.clone(),
            name: party.name.clone(),
            privacy: party.privacy,
            group: party
                .call_type
                .as_deref()
                .is_some_and(|told| OF_COMPANY.contains(&told)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The number to compare and show. `callType` and `userId` tell a colleague from a short number outside.
    pub fn number(&self) -> Number {
        let number = Number::from_address(self.address.as_deref().or(self.user_dn.as_deref()), self.privacy);
        if self.is_internal() { number } else { number.outside() }
    }

    /// The number is certainly withheld: the PBX says so, or wrote a keypad word in its place.
    pub(crate) fn is_withheld(&self) -> bool {
        self.privacy || (self.address.is_some() && matches!(self.number(), Number::Hidden))
    }

    /// A colleague (reference 2.7, "internal").
    pub fn is_internal(&self) -> bool {
        self.group || self.user_id.is_some()
    }
}

/// The line called and the queue that distributed the call (reference 2.7, "which line was called").
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Queue or hunt group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}
