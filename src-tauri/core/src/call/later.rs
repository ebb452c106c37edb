//! What comes after a call that nobody answered: a conversation of the company with the caller, and a colleague who
//! undertakes to call back.

use super::{Call, Leg};
use crate::Time;
use crate::snapshot::{ClaimSnapshot, Direction, Outcome, TalkedLater};
use serde::{Deserialize, Serialize};

/// A conversation of an abonent with the caller, in another call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LaterTalk {
    /// When it began.
    pub at: Time,
    /// Canonical id of the abonent.
    pub abonent: String,
    /// Key of the call in which they talk.
    pub call: String,
}

/// An abonent has undertaken to call back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Canonical id of the abonent.
    pub abonent: String,
    /// The moment from which it counts no longer.
    pub until: Time,
}

impl Call {
    /// The number outside the company by which later calls of the same person are found, as the ledger's rows have it.
    pub fn outside_number(&self) -> Option<String> {
        let party = self.party_for(None, self.direction(None), &|_| None);
        party.number.filter(|_| !party.internal && !party.hidden)
    }

    /// The first conversation of a person of the company in this call. Where only its length is known the call's start
    /// stands for its time: it cannot have been earlier.
    pub fn first_talk(&self) -> Option<LaterTalk> {
        if self.superseded_by.is_some() {
            return None;
        }
        let talks = |leg: &Leg| {
            Some(LaterTalk {
                at: leg.answer.filter(|_| leg.answered && !leg.system)?,
                abonent: leg.abonent.clone()?,
                call: self.key.clone(),
            })
        };
        self.legs.iter().filter_map(talks).min()
    }

    /// When an incoming call began that is over and that nobody answered.
    pub fn unanswered_since(&self) -> Option<Time> {
        let over = self.superseded_by.is_none()
            && self.direction(None) == Direction::Incoming
            && !self.is_conversation()
            && self.legs.iter().all(Leg::is_over);
        self.begun_at().filter(|_| over)
    }

    /// When it began, as far as anybody has told.
    pub fn begun_at(&self) -> Option<Time> {
        self.begun(&self.legs_of(None))
    }

    /// Takes a conversation of the company with the caller, of several the first after the call. True when that is news.
    pub fn note_later_talk(&mut self, talk: &LaterTalk) -> bool {
        let after = self.unanswered_since().is_some_and(|since| since < talk.at);
        let news = after && self.later_talk.as_ref().is_none_or(|known| talk < known);
        if news {
            self.later_talk = Some(talk.clone());
        }
        news
    }

    /// The conversation that is known to have followed.
    pub fn later_talk(&self) -> Option<&LaterTalk> {
        self.later_talk.as_ref()
    }

    /// The conversation that followed is none any more.
    pub fn forget_later_talk(&mut self) {
        self.later_talk = None;
    }

    /// Who has undertaken to call the caller back.
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// Sets who has, none where it was given back. True when that is news.
    pub fn set_claim(&mut self, claim: Option<Claim>) -> bool {
        let news = self.claim != claim && (claim.is_none() || self.unanswered_since().is_some());
        if news {
            self.claim = claim;
        }
        news
    }

    /// What an abonent who missed the call is told of it: of a colleague's conversation the name and the time alone.
    pub(super) fn told_later(
        &self,
        who: Option<&str>,
        outcome: Outcome,
        name_of: &dyn Fn(&str) -> Option<String>,
    ) -> (Option<TalkedLater>, Option<ClaimSnapshot>) {
        if !matches!(outcome, Outcome::Missed | Outcome::Unreachable) {
            return (None, None);
        }
        let others = |talk: &&LaterTalk| who != Some(talk.abonent.as_str());
        let talked = self.later_talk.as_ref().filter(others).map(|talk| TalkedLater {
            name: name_of(&talk.abonent),
            at: talk.at,
        });
        let claim = self.claim.as_ref().map(|claim| ClaimSnapshot {
            own: who == Some(claim.abonent.as_str()),
            name: name_of(&claim.abonent),
            until: claim.until,
        });
        (talked, claim)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::Reader;

    fn call(started: i64, answered: Option<i64>, abonent: &str) -> Call {
        let mut call = Call::new("main", "k", Time::from_ms(started));
        call.legs.push(Leg {
            call_id: "1".into(),
            abonent: Some(abonent.into()),
            terminator: true,
            alerted: true,
            answered: answered.is_some(),
            released: true,
            start: Some(Time::from_ms(started)),
            answer: answered.map(Time::from_ms),
            end: Some(Time::from_ms(started + 60_000)),
            ..Leg::default()
        });
        call
    }

    const DAY: i64 = 1_800_000_000_000;

    #[test]
    fn of_several_conversations_the_first_after_the_call_counts_in_any_order() {
        let talk = |ms| LaterTalk {
            at: Time::from_ms(DAY + ms),
            abonent: "b".into(),
            call: "t".into(),
        };
        let mut missed = call(DAY, None, "a");
        assert!(
            !missed.note_later_talk(&talk(-1)),
            "a conversation before the call answers nothing"
        );
        assert!(missed.note_later_talk(&talk(9_000)));
        assert!(
            missed.note_later_talk(&talk(5_000)),
            "an earlier one that is heard of later"
        );
        assert!(!missed.note_later_talk(&talk(9_000)), "a later one changes nothing");
        assert_eq!(missed.later_talk.as_ref().unwrap().at, Time::from_ms(DAY + 5_000));
        let mut answered = call(DAY, Some(DAY + 4_000), "a");
        assert!(
            !answered.note_later_talk(&talk(9_000)),
            "an answered call waits for nobody"
        );
        assert_eq!(answered.first_talk().unwrap().abonent, "a");
    }

    #[test]
    fn a_colleague_is_told_by_name_and_time_and_ones_own_conversation_is_not_told() {
        let mut missed = call(DAY, None, "a");
        missed.note_later_talk(&LaterTalk {
            at: Time::from_ms(DAY + 5_000),
            abonent: "b".into(),
            call: "t".into(),
        });
        let claim = Claim {
            abonent: "a".into(),
            until: Time::from_ms(DAY + 9_000),
        };
        assert!(missed.set_claim(Some(claim.clone())) && !missed.set_claim(Some(claim)));
        let name = |id: &str| Some(id.to_uppercase());
        let told = missed.tell("id", 1, Reader::Abonent("a"), &name, &|_| None);
        assert_eq!(told.outcome, Outcome::Missed);
        assert_eq!(told.talked_later.unwrap().name.as_deref(), Some("B"));
        assert!(told.claim.unwrap().own, "the reader's own");
        missed.note_later_talk(&LaterTalk {
            at: Time::from_ms(DAY + 2_000),
            abonent: "a".into(),
            call: "t".into(),
        });
        let told = missed.tell("id", 2, Reader::Abonent("a"), &name, &|_| None);
        assert_eq!(
            told.talked_later, None,
            "the reader has that conversation as a call of their own"
        );
        assert!(missed.set_claim(None), "it can be given back");
    }
}
