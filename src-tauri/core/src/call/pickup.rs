//! Call pick-up: a colleague takes the call that rings at somebody's phone, by a feature code or by a key.
//!
//! At the picker the conversation is a session of its own (reference 1.2: `extTrackingId` changes on pick-up), often one
//! that began with the code, and neither names the other. So the two are recognised by what both show: the same other
//! side, and a conversation with it at the time when the ringing ended. The product's rule: nothing is shown as missed
//! while a colleague talks to the caller.

use super::{Call, Leg};
use crate::{Number, Time};
use serde::{Deserialize, Serialize};

/// Largest difference between the times that two nodes of the PBX tell for the end of the ringing and the start of the
/// conversation, which are one moment. In the known reports the answer comes about 0.1 s before the end of the ringing; a
/// caller who hangs up and dials again needs seconds.
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
    /// The colleague who talked with the caller of this unanswered call when its ringing ended, as one of `others` tells;
    /// of several the one who answered first. Calls of other accounts are passed over.
    pub fn pick_up_in<'c>(&self, others: impl IntoIterator<Item = &'c Call>) -> Option<PickUp> {
        let (side, ended) = self.ringing_ended()?;
        let rung = self.abonents();
        others
            .into_iter()
            .filter(|other| other.key != self.key && other.account == self.account && other.superseded_by.is_none())
            .flat_map(|other| other.legs.iter().map(move |leg| (leg, other)))
            .filter_map(|(leg, other)| {
                let answer = leg
                    .answer
                    .filter(|_| leg.answered && !leg.system && !leg.answer_assumed)?;
                let until = leg.end.filter(|_| leg.is_over()).unwrap_or(Time::from_ms(i64::MAX));
                let talks = answer <= ended.plus(SAME_MOMENT_MS) && until.plus(SAME_MOMENT_MS) >= ended;
                // An abonent whose own second line rang was not helped by a colleague.
                let colleague = leg
                    .abonent
                    .as_deref()
                    .filter(|id| rung.len() > 1 || !rung.contains(id))?;
                (talks && side_of(leg).as_ref() == Some(&side)).then(|| PickUp {
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

    /// The caller and when the last phone stopped ringing, for an incoming call that is over and nobody answered.
    fn ringing_ended(&self) -> Option<(Side, Time)> {
        let persons = || self.legs.iter().filter(|leg| !leg.system && !leg.is_outgoing());
        if self.superseded_by.is_some() || self.is_conversation() || persons().any(|leg| !leg.is_over()) {
            return None;
        }
        let last = persons().filter(|leg| leg.end.is_some()).max_by_key(|leg| leg.end)?;
        Some((side_of(last)?, last.end?))
    }
}

fn side_of(leg: &Leg) -> Option<Side> {
    let facts = leg.party()?;
    match facts.number() {
        // A code is no caller.
        Number::Service(_) => None,
        number => number.key().map(|key| (key, facts.is_internal())),
    }
}
