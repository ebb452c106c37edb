//! Who waits to be called back, and the one missed toast of each caller.

use crate::db::Tx;
use crate::error::DeskError;
use crate::notifications::{Ops, Pen, close, raise};
use crate::subject::Subject;
use crate::table::call::{self, Talk};
use crate::table::callback::{self, Callback, Miss, NEVER, State};
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
        cutoff = cutoff.max(callback::last_reached_ms(tx, &owner, key)?.unwrap_or(NEVER));
        numbers.push(number);
    }
    let mut rows = Vec::new();
    for number in numbers {
        rows.extend(number.settled(tx, &owner, person, cutoff, &keys)?);
    }
    let waiting = || {
        rows.iter()
            .map(|(_, row)| row)
            .filter(|row| row.state == State::Waiting)
    };
    let newest_ms = waiting().map(|row| row.newest_ms).max();
    // Who calls again is in the list at once.
    let put_off = waiting().any(|row| row.is_put_off() && Some(row.remind_set_ms) >= newest_ms);
    let newest = waiting()
        .filter(|_| !put_off)
        .map(|row| (row.rank_ms, row.key.clone()))
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
        let before = self.row;
        let mut row = before.clone().unwrap_or_else(|| Callback::of(self.key));
        (row.person, row.cutoff_ms) = (person, cutoff);
        let reminds = row.reminds();
        let told = match (&waiting, reminds) {
            (Some(misses), _) => Some((
                misses.times,
                misses.since_ms,
                misses.newest_ms,
                misses.newest_call.clone(),
            )),
            (None, true) => Some((0, row.remind_set_ms, row.remind_set_ms, String::new())),
            (None, false) => {
                let all = callback::misses(tx, owner, self.key, NEVER, false)?;
                // A row that a reminder alone has made has no missed call.
                let by_reminder = before.as_ref().is_some_and(|row| row.newest_call.is_empty());
                if all.is_none() && !by_reminder {
                    if let Some(row) = before {
                        callback::remove(tx, row.id)?;
                        tx.touched().queued(row.id, row.key);
                    }
                    return Ok(None);
                }
                // Of one that was dealt with the row keeps what was dealt with last.
                all.filter(|_| before.is_none() || by_reminder)
                    .map(|misses| (misses.times, misses.since_ms, misses.newest_ms, misses.newest_call))
            }
        };
        if let Some(told) = told {
            (row.times, row.since_ms, row.newest_ms, row.newest_call) = told;
        }
        if waiting.is_some() || reminds {
            (row.state, row.handled_ms, row.handled_by) = (State::Waiting, None, None);
        } else if row.state != State::Done {
            dealt_with(tx, owner, keys, &mut row)?;
        }
        if !reminds && row.state != State::Done {
            (row.remind_ms, row.reminded) = (None, false);
        }
        let come = row.remind_ms.filter(|_| reminds && row.reminded);
        row.rank_ms = row.newest_ms.max(come.unwrap_or(NEVER));
        Ok(Some((before, row)))
    }
}

/// Nobody waits any more at this row: who has dealt with it.
fn dealt_with(tx: &Tx<'_>, owner: &str, keys: &[String], row: &mut Callback) -> Result<(), DeskError> {
    match first_talk(tx, owner, keys, row.newest_ms)? {
        Some(talk) => {
            row.state = match (&talk.colleague, talk.incoming) {
                (Some(_), _) => State::Colleague,
                (None, true) => State::CalledAgain,
                (None, false) => State::CalledBack,
            };
            row.handled_ms = Some(talk.at_ms);
            row.handled_by = talk.colleague.filter(|name| !name.is_empty());
        }
        None if row.done_ms > row.newest_ms => (row.state, row.handled_ms) = (State::Done, Some(row.done_ms)),
        // The mirror has forgotten who it was.
        None if row.state == State::Waiting => {
            (row.state, row.handled_ms) = (State::CalledBack, Some(row.cutoff_ms.max(row.newest_ms)));
        }
        None => {}
    }
    Ok(())
}

/// The first conversation with the person after this time: one that the mirror has, or one that the relay tells of.
fn first_talk(tx: &Tx<'_>, owner: &str, keys: &[String], after_ms: i64) -> Result<Option<Talk>, DeskError> {
    let mut talks: Vec<Talk> = Vec::new();
    for key in keys {
        if let Some(caller) = caller::of_key(tx, key)? {
            talks.extend(call::first_talk(tx, caller, after_ms)?);
        }
        let reached = callback::first_reached(tx, owner, key, after_ms)?;
        talks.extend(reached.map(|(at_ms, name)| Talk {
            at_ms,
            incoming: true,
            colleague: Some(name),
        }));
    }
    Ok(talks.into_iter().min_by_key(|talk| talk.at_ms))
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
        let miss = Miss {
            started_ms: forgotten.started_ms,
            call: &other,
            counted: forgotten.counted,
            reached: None,
            claim: None,
        };
        callback::note_miss(tx, &owner, &forgotten.key, &miss)?;
    }
    Ok(forgotten.counted)
}

/// Brings the caller's missed toast in line with the queue: shown when `raised`, rewritten or closed when it is there.
pub(crate) fn refresh(tx: &Tx<'_>, pen: Pen, caller: &str, raised: bool, ops: &mut Ops) -> Result<(), DeskError> {
    let key = ToastKey::Missed(caller.to_owned());
    let owner = mirror::owner(tx)?;
    let row = callback::of_key(tx, &owner, caller)?;
    if !row.as_ref().is_some_and(|row| row.reminds() && row.reminded) {
        ops.push(close(tx, pen, &ToastKey::Reminder(caller.to_owned()))?);
    }
    let misses = match row {
        // Who put it off does not want it on the screen until then.
        Some(row) if row.state == State::Waiting && !callback::has_head(tx, &owner, &row)? => None,
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
