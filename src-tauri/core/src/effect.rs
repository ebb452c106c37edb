//! What a desk does when a call's snapshot changes: a pure function of before, after and the user's preferences
//! (design, part 3, step 5).

use crate::snapshot::{CallSnapshot, Direction, Outcome};
use serde::{Deserialize, Serialize};

/// The notification switches of the settings window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preferences {
    /// Toast for an incoming call.
    pub incoming: bool,
    /// Toast «Ответил: …».
    pub answered_elsewhere: bool,
    /// Toast for a missed call.
    pub missed: bool,
    /// Toasts for calls between colleagues as well.
    pub internal: bool,
    /// Progress of a call placed from the desk.
    pub progress: bool,
    /// For which calls the document «Телефонный звонок» is registered (manual W7).
    pub documents: DocumentScope,
    /// Toast «Телефонный звонок № …» (manual W8).
    pub document_toast: bool,
    /// Summary after an absence.
    pub digest: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            incoming: true,
            answered_elsewhere: true,
            missed: true,
            internal: true,
            progress: true,
            documents: DocumentScope::All,
            document_toast: true,
            digest: true,
        }
    }
}

/// See [`Preferences::documents`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentScope {
    /// No documents.
    Off,
    /// Every call of the abonent.
    #[default]
    All,
    /// Not for calls between colleagues.
    External,
    /// Only calls with a conversation.
    Answered,
}

/// One thing to do. The call is the one whose snapshot changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Show or rewrite the call's incoming toast.
    Ring,
    /// Turn the incoming toast into «Ответил: …».
    AnsweredElsewhere,
    /// Count the call to its caller's missed toast and show that.
    Missed,
    /// Missed while the desk was away: counted for the digest, no toast of its own.
    MissedAway,
    /// The call turned out not to be missed: take it out of the caller's missed toast.
    WithdrawMissed,
    /// There was a conversation with this person: their earlier missed calls need no toast any more.
    Reached,
    /// The incoming toast no longer applies.
    CloseRing,
    /// Show or rewrite the progress of a call placed from the desk.
    Progress(Phase),
    /// Register the document «Телефонный звонок»; with a toast or quietly.
    Document {
        /// Show the toast.
        toast: bool,
    },
}

/// How far a call placed from the desk has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The abonent's own phone rings: «Снимите трубку».
    OwnPhone,
    /// The far side is being dialled.
    Dialling,
    /// They talk.
    Talking,
    /// Over, with this finding; `own_phone` when the abonent never picked up.
    Over {
        /// The finding.
        outcome: Outcome,
        /// The first leg was never picked up.
        own_phone: bool,
    },
}

/// What of a call can be seen on the desk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Ring,
    Talking,
    Elsewhere,
    Missed,
    Over,
    Placed(Phase),
}

/// The effects of one snapshot after another (or after none). `fresh` is false for a snapshot that is old news: the
/// desk was away when it happened. The same snapshot twice has no effects.
pub fn effects(
    before: Option<&CallSnapshot>,
    after: &CallSnapshot,
    preferences: &Preferences,
    fresh: bool,
) -> Vec<Effect> {
    let was = before.map_or(Shown::Nothing, shown);
    let is = shown(after);
    let wanted = preferences.internal || !after.party.internal;
    let mut out = Vec::new();
    let rang = was == Shown::Ring;
    match is {
        Shown::Ring => {
            let rewritten = before.is_some_and(|b| b.party != after.party || b.line != after.line);
            if fresh && wanted && preferences.incoming && (!rang || rewritten) {
                out.push(Effect::Ring);
            }
        }
        Shown::Elsewhere if was != is => {
            let seen = rang || before.is_some_and(|b| b.outcome == Outcome::Ringing);
            if seen && fresh && wanted && preferences.answered_elsewhere {
                out.push(Effect::AnsweredElsewhere);
            } else if rang {
                out.push(Effect::CloseRing);
            }
        }
        Shown::Missed if was != is => {
            if rang {
                out.push(Effect::CloseRing);
            }
            if wanted && preferences.missed {
                out.push(if fresh { Effect::Missed } else { Effect::MissedAway });
            }
        }
        Shown::Placed(phase) if was != is && preferences.progress && fresh => out.push(Effect::Progress(phase)),
        _ if rang => out.push(Effect::CloseRing),
        _ => {}
    }
    if was == Shown::Missed && is != Shown::Missed && is != Shown::Ring {
        out.push(Effect::WithdrawMissed);
    }
    if conversation(after) && !before.is_some_and(conversation) {
        out.push(Effect::Reached);
    }
    let ended = after.outcome.is_terminal() && !before.is_some_and(|b| b.outcome.is_terminal());
    // A call missed at first and answered after all gets its document when the conversation is known.
    let came_to_talk = after.outcome == Outcome::Ended && before.is_some_and(|b| b.outcome != Outcome::Ended);
    if (ended || came_to_talk) && in_scope(after, preferences.documents) {
        out.push(Effect::Document {
            // The missed toast says it already (product 4.2: nothing is shown twice).
            toast: preferences.document_toast && fresh && is != Shown::Missed,
        });
    }
    out
}

fn shown(call: &CallSnapshot) -> Shown {
    match call.direction {
        Direction::Incoming => shown_incoming(call),
        Direction::Outgoing if call.request.is_some() => Shown::Placed(phase(call)),
        Direction::Outgoing => Shown::Nothing,
    }
}

fn shown_incoming(call: &CallSnapshot) -> Shown {
    let own_rings = call
        .legs
        .iter()
        .any(|leg| leg.abonent.is_some() && leg.abonent == call.abonent && leg.state.as_deref() == Some("Alerting"));
    match call.outcome {
        Outcome::Ringing | Outcome::Missed | Outcome::Unreachable if own_rings && !call.uncertain => Shown::Ring,
        Outcome::Ringing => Shown::Nothing,
        Outcome::Talking => Shown::Talking,
        Outcome::AnsweredBy => Shown::Elsewhere,
        // A phone that was off is no reason to lose the caller.
        Outcome::Missed | Outcome::Unreachable if !call.uncertain => Shown::Missed,
        _ => Shown::Over,
    }
}

fn phase(call: &CallSnapshot) -> Phase {
    let own_leg = call
        .legs
        .iter()
        .find(|leg| leg.abonent.is_some() && leg.abonent == call.abonent);
    let own_phone = own_leg.is_none_or(|leg| leg.personality.as_deref() == Some("Click-to-Dial"));
    match call.outcome {
        Outcome::Ringing if own_phone => Phase::OwnPhone,
        Outcome::Ringing => Phase::Dialling,
        Outcome::Talking => Phase::Talking,
        outcome => Phase::Over {
            outcome,
            own_phone: own_phone && call.answered_at.is_none(),
        },
    }
}

fn conversation(call: &CallSnapshot) -> bool {
    call.answered_at.is_some() && !call.uncertain
}

fn in_scope(call: &CallSnapshot, scope: DocumentScope) -> bool {
    // A call that a colleague answered is documented by the colleague.
    call.outcome != Outcome::AnsweredBy
        && match scope {
            DocumentScope::Off => false,
            DocumentScope::All => true,
            DocumentScope::External => !call.party.internal,
            DocumentScope::Answered => call.answered_at.is_some(),
        }
}
