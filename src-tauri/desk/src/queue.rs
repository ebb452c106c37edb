//! Who waits to be called back, and the one missed toast of each caller.

use crate::db::Tx;
use crate::error::DeskError;
use crate::notifications::{Ops, Pen, close, raise};
use crate::subject::Subject;
use crate::table::call::{self, Talk};
use crate::table::callback::{self, Callback, NEVER, State};
use crate::table::notification::is_open;
use crate::table::{caller, mirror};
use crate::toast::ToastKey;
use crate::who;

/// Brings the queue in line for the person with this number: their missed calls wait after which nobody has talked with
/// them, over any of their numbers, either direction, any colleague that the snapshots tell of; and which the user has
/// not dealt with by hand. Their numbers.
pub(crate) fn settle(tx: &Tx<'_>, key: &str) -> Result<Vec<String>, DeskError> {
    let owner = mirror::owner(tx)?;
    let person = who::person(tx, key)?;
    let keys = who::keys_of_owner(tx, key, person)?;
    let mut numbers = Vec::new();
    let mut cutoff = NEVER;
    for key in &keys {
        let number = Number {
            row: callback::of_key(tx, &owner, key)?,
            key,
        };
        if let Some(caller) = caller::of_key(tx, key)? {
            cutoff = cutoff.max(call::last_talk_ms(tx, caller)?.unwrap_or(NEVER));
        }
        if let Some(row) = &number.row {
            cutoff = cutoff.max(row.kept_ms).max(row.done_ms);
        }
        numbers.push(number);
    }
    let mut rows = Vec::new();
    for number in numbers {
        rows.extend(number.settled(tx, &owner, person, cutoff, &keys)?);
    }
    let newest = rows
        .iter()
        .filter(|(_, row)| row.state == State::Waiting)
        .map(|(_, row)| (row.newest_ms, row.key.clone()))
        .max();
    for (before, mut row) in rows {
        row.head = newest.as_ref().is_some_and(|(_, key)| *key == row.key);
        if before.as_ref() != Some(&row) {
            let id = callback::put(tx, &owner, &row)?;
            tx.touched().queued(id, row.key);
        }
    }
    Ok(keys)
}

struct Number<'a> {
    row: Option<Callback>,
    key: &'a str,
}

impl Number<'_> {
    /// The row before and after; none where nothing of this number was missed.
    fn settled(
        self,
        tx: &Tx<'_>,
        owner: &str,
        person: Option<i64>,
        cutoff: i64,
        keys: &[String],
    ) -> Result<Option<(Option<Callback>, Callback)>, DeskError> {
        let waiting = callback::misses(tx, owner, self.key, cutoff, false)?;
        let all = match &waiting {
            Some(_) => None,
            None => callback::misses(tx, owner, self.key, NEVER, false)?,
        };
        let Some(misses) = waiting.as_ref().or(all.as_ref()) else {
            if let Some(row) = self.row {
                callback::remove(tx, row.id)?;
                tx.touched().queued(row.id, row.key);
            }
            return Ok(None);
        };
        let before = self.row;
        let mut row = before.clone().unwrap_or_else(|| Callback {
            id: 0,
            key: self.key.to_owned(),
            person,
            head: false,
            state: State::Waiting,
            times: 0,
            since_ms: 0,
            newest_ms: 0,
            newest_call: String::new(),
            cutoff_ms: cutoff,
            kept_ms: NEVER,
            done_ms: NEVER,
            undo_ms: None,
            handled_ms: None,
            handled_by: None,
        });
        (row.person, row.cutoff_ms) = (person, cutoff);
        // Of one that was dealt with the row keeps what was dealt with last.
        if waiting.is_some() || row.times == 0 {
            (row.times, row.since_ms) = (misses.times, misses.since_ms);
            (row.newest_ms, row.newest_call) = (misses.newest_ms, misses.newest_call.clone());
        }
        if waiting.is_some() {
            (row.state, row.handled_ms, row.handled_by) = (State::Waiting, None, None);
        } else if row.state != State::Done {
            match first_talk(tx, keys, row.newest_ms)? {
                Some(talk) => {
                    row.state = match (&talk.colleague, talk.incoming) {
                        (Some(_), _) => State::Colleague,
                        (None, true) => State::CalledAgain,
                        (None, false) => State::CalledBack,
                    };
                    (row.handled_ms, row.handled_by) = (Some(talk.at_ms), talk.colleague);
                }
                // The mirror has forgotten who it was.
                None if row.state == State::Waiting => {
                    (row.state, row.handled_ms) = (State::CalledBack, Some(cutoff.max(row.newest_ms)));
                }
                None => {}
            }
        }
        Ok(Some((before, row)))
    }
}

/// The first conversation with the person after this time.
fn first_talk(tx: &Tx<'_>, keys: &[String], after_ms: i64) -> Result<Option<Talk>, DeskError> {
    let mut first: Option<Talk> = None;
    for key in keys {
        let Some(caller) = caller::of_key(tx, key)? else {
            continue;
        };
        let talk = call::first_talk(tx, caller, after_ms)?;
        if let Some(talk) = talk.filter(|talk| first.as_ref().is_none_or(|first| talk.at_ms < first.at_ms)) {
            first = Some(talk);
        }
    }
    Ok(first)
}

/// What is found of a call has changed: it is no missed call of the queue any more. Whether it belonged to a missed toast.
pub(crate) fn forget_miss(tx: &Tx<'_>, call: &str) -> Result<bool, DeskError> {
    let owner = mirror::owner(tx)?;
    let Some(forgotten) = callback::forget_miss(tx, &owner, call)? else {
        return Ok(false);
    };
    // Of two missed calls of one number that began at the same moment the queue knows one.
    if let Some(caller) = caller::of_key(tx, &forgotten.key)?
        && let Some(other) = call::missed_at(tx, caller, forgotten.started_ms, call)?
    {
        let miss = (forgotten.started_ms, other.as_str());
        callback::note_miss(tx, &owner, &forgotten.key, miss, forgotten.counted)?;
    }
    Ok(forgotten.counted)
}

/// Brings the caller's missed toast in line with the queue: shown when `raised`, rewritten or closed when it is there.
pub(crate) fn refresh(tx: &Tx<'_>, pen: Pen, caller: &str, raised: bool, ops: &mut Ops) -> Result<(), DeskError> {
    let key = ToastKey::Missed(caller.to_owned());
    let owner = mirror::owner(tx)?;
    let misses = match callback::of_key(tx, &owner, caller)? {
        Some(row) => callback::misses(tx, &owner, caller, row.cutoff_ms, true)?,
        None => None,
    };
    match misses {
        None => ops.push(close(tx, pen, &key)?),
        Some(misses) if raised || is_open(tx, &key)? => {
            let subject = Subject::Missed {
                call: misses.newest_call,
                times: misses.times,
            };
            ops.push(raise(tx, pen, &key, &subject)?);
        }
        Some(_) => {}
    }
    Ok(())
}

/// The user has dealt with the caller's missed toast: the next missed call counts from one.
pub(crate) fn forget_counted(tx: &Tx<'_>, caller: &str) -> Result<(), DeskError> {
    callback::forget_counted(tx, &mirror::owner(tx)?, caller)
}
