//! Calls that a colleague picked up: the conversation is another session, found by the other party's number.
//!
//! Only calls in memory are considered: those in progress, and a few thousand that were used last.

use super::transaction::Transaction;
use perezvon_core::Call;
use perezvon_core::call::Leg;

/// Other parties remembered before those are removed whose calls are no longer in memory.
const MAX_SIDES: usize = 20_000;

impl Transaction<'_> {
    /// Finds, among the calls that changed, those that were picked up and those that are the picked-up conversation.
    pub(super) fn pick_ups(&mut self) -> rusqlite::Result<()> {
        for key in self.state.calls.touched() {
            self.pick_up(&key)?;
            self.leave_former_session(&key)?;
        }
        let state = &mut *self.state;
        if state.neighbours.by_side.len() > MAX_SIDES {
            let in_memory = |key: &String| state.calls.peek(key).is_some();
            state.neighbours.by_side.retain(|_, keys| keys.iter().any(in_memory));
            state
                .neighbours
                .picked_up
                .retain(|_, key| state.calls.peek(key).is_some());
        }
        Ok(())
    }

    fn pick_up(&mut self, key: &str) -> rusqlite::Result<()> {
        let state = &mut *self.state;
        let Some(call) = state.calls.peek(key) else {
            return Ok(());
        };
        let talks = call.is_conversation();
        if !talks && !call.legs().iter().all(Leg::is_over) {
            return Ok(());
        }
        let others = state.neighbours.note(call);
        let unanswered: Vec<String> = if talks {
            others.iter().cloned().collect()
        } else {
            vec![key.to_owned()]
        };
        for one in unanswered {
            let Some(call) = state.calls.peek(&one) else { continue };
            let with = others.iter().map(String::as_str).chain([key]);
            let found = call.pick_up_in(with.filter_map(|key| state.calls.peek(key)));
            // A conversation that has left memory is not considered again.
            let is_kept = found.is_none()
                && call
                    .pick_up()
                    .is_some_and(|known| state.calls.peek(&known.call).is_none());
            if !is_kept && state.calls.get(self.connection, &one, self.at)?.set_pick_up(found) {
                state.calls.touch(&one);
            }
        }
        Ok(())
    }

    /// The caller's leg of a picked-up call goes on in another session: in the former one it has ended.
    fn leave_former_session(&mut self, key: &str) -> rusqlite::Result<()> {
        let state = &mut *self.state;
        let Some(call) = state.calls.peek(key) else {
            return Ok(());
        };
        if state.neighbours.picked_up.is_empty() && call.picked_up().next().is_none() {
            return Ok(());
        }
        state.neighbours.note(call);
        let mut left: Vec<(String, String)> = Vec::new();
        for leg in call.picked_up() {
            let former = |other: &Call| {
                other.key() != key && other.legs().iter().any(|one| one.call_id == leg && !one.is_over())
            };
            left.extend(
                state
                    .calls
                    .keys_where(former)
                    .into_iter()
                    .map(|other| (other, leg.to_owned())),
            );
        }
        for leg in call.legs().iter().filter(|leg| !leg.picked_up && !leg.is_over()) {
            if state
                .neighbours
                .picked_up
                .get(&leg.call_id)
                .is_some_and(|home| home != key)
            {
                left.push((key.to_owned(), leg.call_id.clone()));
            }
        }
        for (former, leg) in left {
            if state.calls.get(self.connection, &former, self.at)?.moved_away(&leg) {
                state.calls.touch(&former);
            }
        }
        Ok(())
    }
}
