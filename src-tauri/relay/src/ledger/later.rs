//! What follows a call that nobody answered: the company's conversation with the same number, told to those who missed it,
//! and who has undertaken to call back.

use super::open_calls::Placed;
use super::transaction::Transaction;
use crate::tables::calls;
use perezvon_core::call::{Claim, LaterTalk};
use perezvon_core::{Call, Time};
use std::collections::BTreeSet;

/// A conversation later than this is no answer to a missed call: the longest holidays are shorter.
const WITHIN_MS: i64 = 14 * 24 * 3_600_000;
/// A call that is answered after the missed one may have begun so long before it.
const WAITED_MS: i64 = 3_600_000;
/// Most calls of one number that are looked at for one conversation.
const MAX_CALLS: usize = 64;

/// Which calls of a number.
#[derive(Clone, Copy)]
enum Kind {
    Unanswered,
    Talked,
}

impl Transaction<'_> {
    /// Brings together, of the calls that changed, unanswered ones and the conversations after them.
    pub(super) fn later_talks(&mut self) -> rusqlite::Result<()> {
        for key in self.state.calls.touched() {
            let Some(call) = self.state.calls.peek(&key) else {
                continue;
            };
            let talk = call.first_talk();
            let at = talk.as_ref().map(|talk| talk.at).or_else(|| call.unanswered_since());
            let known = self.state.calls.placed(&key);
            // Most events change neither: no number is made of digits for them.
            if at.is_none() && known.is_none() {
                continue;
            }
            let side = call.sides().next();
            let is_known = |known: &Placed| (known.at, known.talked, &known.side) == (at, talk.is_some(), &side);
            if known.is_some_and(is_known) {
                continue;
            }
            let former = known.cloned();
            let now = Placed {
                at,
                talked: talk.is_some(),
                side,
                number: call.outside_number(),
            };
            self.state.calls.place(&key, now.clone());
            if let Some(former) = former.filter(|former| former.talked && former.number != now.number) {
                self.tell_talk(&key, former, None)?;
            }
            if talk.is_some() {
                self.tell_talk(&key, now, talk)?;
            } else if at.is_some() {
                // It may have been a conversation before.
                self.tell_talk(&key, now, None)?;
                self.find_talk(&key)?;
            }
        }
        Ok(())
    }

    /// Tells the unanswered calls before it of the conversation of a call; of none those that knew it.
    fn tell_talk(&mut self, key: &str, placed: Placed, talk: Option<LaterTalk>) -> rusqlite::Result<()> {
        let (Some(number), Some(at)) = (placed.number, placed.at) else {
            return Ok(());
        };
        for other in self.calls_of(Kind::Unanswered, key, &number, (at.plus(-WITHIN_MS), at))? {
            let Some(call) = self.state.calls.find(self.connection, &other)? else {
                continue;
            };
            let outdated = call
                .later_talk()
                .is_some_and(|known| known.call == key && Some(known) != talk.as_ref());
            if outdated {
                call.forget_later_talk();
                self.find_talk(&other)?;
                self.state.calls.touch(&other);
            } else if talk.as_ref().is_some_and(|talk| call.note_later_talk(talk)) {
                self.state.calls.touch(&other);
            }
        }
        Ok(())
    }

    /// Looks for the first conversation after an unanswered call, and for who undertakes to call its number back.
    fn find_talk(&mut self, key: &str) -> rusqlite::Result<()> {
        let Some(call) = self.state.calls.peek(key) else {
            return Ok(());
        };
        let (Some(since), Some(number)) = (call.unanswered_since(), call.outside_number()) else {
            return Ok(());
        };
        let span = (since.plus(-WAITED_MS), since.plus(WITHIN_MS));
        let mut first: Option<LaterTalk> = None;
        for other in self.calls_of(Kind::Talked, key, &number, span)? {
            let talk = self
                .state
                .calls
                .find(self.connection, &other)?
                .and_then(|call| call.first_talk());
            let talk = talk.filter(|talk| since < talk.at && talk.at <= span.1);
            first = [first, talk].into_iter().flatten().min();
        }
        let claim = calls::claim_of(self.connection, &number, self.at)?;
        let claim = claim.map(|(abonent, until)| Claim { abonent, until });
        if let Some(call) = self.state.calls.find(self.connection, key)? {
            let news = first.is_some_and(|talk| call.note_later_talk(&talk));
            if claim.is_some_and(|claim| call.set_claim(Some(claim))) || news {
                self.state.calls.touch(key);
            }
        }
        Ok(())
    }

    /// An abonent undertakes to call the caller of this call back until a time, or gives that back; false where the call
    /// is not theirs. What a colleague has undertaken they cannot give back, but take over.
    pub(super) fn claim(&mut self, key: &str, abonent: &str, until: Option<Time>) -> rusqlite::Result<bool> {
        let call = self.state.calls.find(self.connection, key)?;
        let Some(call) = call.filter(|call| call.has_part(abonent)) else {
            return Ok(false);
        };
        let mut keys = BTreeSet::from([key.to_owned()]);
        if let Some(number) = call.outside_number() {
            calls::set_claim(self.connection, &number, abonent, until, self.at)?;
            keys.extend(self.calls_of(Kind::Unanswered, key, &number, (self.at.plus(-WITHIN_MS), self.at))?);
        }
        for key in keys {
            let Some(call) = self.state.calls.find(self.connection, &key)? else {
                continue;
            };
            let claim = until.map(|until| Claim {
                abonent: abonent.to_owned(),
                until,
            });
            let own = call.claim().is_some_and(|claim| claim.abonent == abonent);
            if (claim.is_some() || own) && call.set_claim(claim) {
                self.state.calls.touch(&key);
            }
        }
        Ok(true)
    }

    /// The other calls with this number that began within the span, those of the tables and those that are not stored
    /// yet: of the unanswered ones the latest, of conversations the first.
    fn calls_of(
        &self,
        kind: Kind,
        key: &str,
        number: &str,
        (from, until): (Time, Time),
    ) -> rusqlite::Result<Vec<String>> {
        let state = &*self.state;
        let talked = matches!(kind, Kind::Talked);
        let is_one = |call: &Call| {
            let fits = if talked {
                call.is_conversation()
            } else {
                call.unanswered_since().is_some()
            };
            fits && call.outside_number().as_deref() == Some(number)
        };
        let began = |call: &Call| call.begun_at().filter(|at| (from..=until).contains(at));
        let mut found: BTreeSet<(Time, String)> = BTreeSet::new();
        for (at, other) in calls::of_number(self.connection, number, talked, (from, until), MAX_CALLS)? {
            match state.calls.peek(&other) {
                // What is in memory may be newer than its row.
                Some(call) => found.extend(began(call).filter(|_| is_one(call)).map(|at| (at, other))),
                None => _ = found.insert((at, other)),
            }
        }
        let sides: Vec<String> = state
            .calls
            .peek(key)
            .map(|call| call.sides().collect())
            .unwrap_or_default();
        for other in sides
            .iter()
            .filter_map(|side| state.neighbours.by_side.get(side))
            .flatten()
        {
            if let Some(call) = state.calls.peek(other).filter(|call| is_one(call)) {
                found.extend(began(call).map(|at| (at, other.clone())));
            }
        }
        found.retain(|(_, other)| other != key);
        let keys = found.into_iter().map(|(_, key)| key);
        Ok(if talked {
            keys.take(MAX_CALLS).collect()
        } else {
            keys.rev().take(MAX_CALLS).collect()
        })
    }
}
