//! Call pick-up: a colleague takes the call that rings at somebody's phone, by a feature code or by a key.
//!
//! At the picker the conversation is a session of its own (reference 1.2: `extTrackingId` changes on pick-up), often one
//! that began with the code, and neither names the other. So the two are recognised by what both show: the same other
//! side, and a conversation with it that was fetched while the phone rang. The number alone says too little: a client's
//! office shows one number for all of its people, and one of them may talk while nobody answers another.

use super::{Call, Leg};
use crate::{Number, Time};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Largest difference between the times that two nodes of the PBX tell for the end of the ringing and the start of the
/// conversation, which are one moment. In the known reports the answer comes about 0.1 s before the end of the ringing; a
/// caller who hangs up and dials again needs seconds, and so does one who hears a phone ring before it is answered.
const SAME_MOMENT_MS: i64 = 1_000;

/// The conversation of a colleague with the caller, in another call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PickUp {
    /// When it began.
    pub answer: Time,
    /// Canonical id of the colleague.
    pub abonent: String,
    /// Key of the call in which they talk.
    pub call: String,
}

/// The other side by which two calls are compared: its number's key, and whether it is a colleague's.
type Side = (String, bool);

impl Call {
    /// The colleague who fetched the caller of this unanswered call, as one of `others` tells; of several the one who
    /// answered first. Calls of other accounts are passed over.
    pub fn pick_up_in<'c>(&self, others: impl IntoIterator<Item = &'c Call>) -> Option<PickUp> {
        let (side, ringing) = self.ringing()?;
        let rung = self.abonents();
        others
            .into_iter()
            .filter(|other| other.key != self.key && other.account == self.account && other.superseded_by.is_none())
            .flat_map(|other| other.legs.iter().map(move |leg| (leg, other)))
            .filter_map(|(leg, other)| {
                let answer = leg
                    .answer
                    .filter(|_| leg.answered && !leg.system && !leg.answer_assumed)?;
                // An abonent whose own second line rang was not helped by a colleague.
                let colleague = leg
                    .abonent
                    .as_deref()
                    .filter(|id| rung.len() > 1 || !rung.contains(id))?;
                (was_fetched(leg, answer, &ringing) && side_of(leg).as_ref() == Some(&side)).then(|| PickUp {
                    answer,
                    abonent: colleague.to_owned(),
                    call: other.key.clone(),
                })
            })
            .min()
    }

    /// The colleague who is known to have talked with the caller.
    pub fn pick_up(&self) -> Option<&PickUp> {
        self.pick_up.as_ref()
    }

    /// Takes what [`Self::pick_up_in`] found. True when that is news.
    pub fn set_pick_up(&mut self, found: Option<PickUp>) -> bool {
        let changed = self.pick_up != found;
        self.pick_up = found;
        if changed {
            self.note_told();
        }
        changed
    }

    /// The last ten digits of the other sides of persons' legs, in reverse order. Two calls without a common value have no
    /// common side. Cheaper than [`Number`]s, for a first choice among many calls.
    pub fn sides(&self) -> impl Iterator<Item = String> {
        let parties = self.legs.iter().filter(|leg| !leg.system).filter_map(Leg::party);
        parties.filter_map(|facts| {
            let address = facts.address.as_deref().or(facts.user_dn.as_deref())?;
            let address = address.split([';', '@']).next().unwrap_or(address);
            let digits: String = address.chars().rev().filter(char::is_ascii_digit).take(10).collect();
            (!digits.is_empty()).then_some(digits)
        })
    }

    /// Somebody talks or talked: it may be a pick-up of another call.
    pub fn is_conversation(&self) -> bool {
        self.legs.iter().any(|leg| leg.answered && !leg.system)
    }

    /// The caller and how long the phones rang, for an incoming call that is over and nobody answered.
    fn ringing(&self) -> Option<(Side, Range<Time>)> {
        let persons = || self.legs.iter().filter(|leg| !leg.system && !leg.is_outgoing());
        if self.superseded_by.is_some() || self.is_conversation() || persons().any(|leg| !leg.is_over()) {
            return None;
        }
        let last = persons().filter(|leg| leg.end.is_some()).max_by_key(|leg| leg.end)?;
        let ended = last.end?;
        let began = persons().filter_map(|leg| leg.start).min().unwrap_or(ended);
        Some((side_of(last)?, began..ended))
    }
}

/// Whether a conversation that began at `answer` is a call that rang elsewhere. The feature code and the event of the
/// pick-up say so; without them, that nobody's phone rang for it.
fn was_fetched(leg: &Leg, answer: Time, ringing: &Range<Time>) -> bool {
    let latest = ringing.end.plus(SAME_MOMENT_MS);
    if leg.feature_code || leg.picked_up {
        return (ringing.start..=latest).contains(&answer);
    }
    let moment = ringing.end.plus(-SAME_MOMENT_MS)..=latest;
    moment.contains(&answer) && leg.start.is_some_and(|start| moment.contains(&start))
}

fn side_of(leg: &Leg) -> Option<Side> {
    let facts = leg.party()?;
    match facts.number() {
        // A code is no caller.
        Number::Service(_) => None,
        number => number.key().map(|key| (key, facts.is_internal())),
    }
}
