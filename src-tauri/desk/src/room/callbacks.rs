//! The queue «Надо перезвонить»: who waits, who was dealt with, by whom and after how long.

mod remind;

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::notifications::Ops;
use crate::queue;
use crate::render::also_missed;
use crate::room::MAX_PAGE_ROWS;
use crate::room::recordings::SoundPlace;
use crate::room::row::{CallRow, Narrow, row_of_call};
use crate::table::call::OWN;
use crate::table::callback::{self, Callback, State};
use crate::table::{call, mirror};
use crate::toast::ToastOp;
use crate::who::{self, Party};
use perezvon_core::snapshot::RecordingState;
use perezvon_core::{Direction, Number, Outcome, Time};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a caller stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CallbackState {
    /// Nobody has talked with them since.
    Waiting,
    /// The user called, and they talked.
    CalledBack,
    /// The caller called again, and the user answered.
    CalledAgain,
    /// A colleague talked with them.
    Colleague,
    /// The user said that it is done.
    Done,
}

impl CallbackState {
    fn of(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::CalledBack => Self::CalledBack,
            State::CalledAgain => Self::CalledAgain,
            State::Colleague => Self::Colleague,
            State::Done => Self::Done,
        }
    }
}

/// Which part of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum CallbackKind {
    /// Those who wait, the newest first.
    #[default]
    Waiting,
    /// Those whom the user wants to be reminded of later, the next reminder first.
    Later,
    /// Those who were dealt with, the latest first.
    Handled,
}

/// Which entries of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[ts(export)]
pub struct CallbacksFilter {
    /// Of which part.
    pub kind: CallbackKind,
    /// Missed, or dealt with, since this moment, milliseconds since 1970. For [`CallbackKind::Later`] without meaning.
    #[ts(type = "number | null")]
    pub since_ms: Option<i64>,
}

/// Somebody undertakes to call back.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallbackClaim {
    /// The user does.
    pub own: bool,
    /// The colleague's name, where the relay knows it.
    pub name: Option<String>,
    /// The moment from which it counts no longer, RFC 3339 UTC.
    pub until: String,
}

/// One person in the queue.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallbackRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// The newest missed call. Where there is none, or the mirror no longer has it: the number, and when.
    pub call: CallRow,
    /// How many missed calls, over all numbers of the person; 0 where only a reminder was set.
    pub times: u32,
    /// When the first of them began, RFC 3339 UTC.
    pub since_at: String,
    /// How the caller stands.
    pub state: CallbackState,
    /// The colleague who talked with them.
    pub handled_by: Option<String>,
    /// When it was dealt with, RFC 3339 UTC.
    pub handled_at: Option<String>,
    /// The user can take back that it is done.
    pub can_undo: bool,
    /// Colleagues whose phones rang for the newest missed call too, at most three.
    pub also_missed: Vec<String>,
    /// The newest note of this person's documents.
    pub note: Option<String>,
    /// Who undertakes to call back.
    pub claim: Option<CallbackClaim>,
    /// When the user wanted to be reminded, RFC 3339 UTC.
    pub remind_at: Option<String>,
    /// Why, in the user's words; may be empty.
    pub remind_note: String,
    /// The reminder has come.
    pub reminded: bool,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallbacksPage {
    /// At most the asked number of rows.
    pub rows: Vec<CallbackRow>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

/// Most entries that one command changes.
const MAX_CHANGED: usize = MAX_PAGE_ROWS as usize;

impl Desk {
    /// A page of the queue. `cursor` is the last page's `next`.
    pub fn callbacks(
        &self,
        filter: &CallbacksFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<CallbacksPage, DeskError> {
        let limit = limit.clamp(1, MAX_PAGE_ROWS);
        let from = match (cursor, filter.kind) {
            (Some(cursor), _) => place(cursor).ok_or(DeskError::NotFound)?,
            (None, CallbackKind::Later) => (i64::MIN, i64::MIN),
            (None, _) => (i64::MAX, i64::MAX),
        };
        let since = filter.since_ms.unwrap_or(i64::MIN);
        let now = self.now();
        self.db.read(|c| {
            let owner = mirror::owner(c)?;
            let mut rows = match filter.kind {
                CallbackKind::Waiting => {
                    let given = vec![since.into()];
                    callback::heads(c, &owner, from, (Some(" AND b.rank_ms >= ?"), None, given), limit + 1)?
                }
                CallbackKind::Later => callback::put_off(c, &owner, from, limit + 1)?,
                CallbackKind::Handled => callback::handled(c, &owner, since, from, limit + 1)?,
            };
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| {
                let at = match filter.kind {
                    CallbackKind::Waiting => row.rank_ms,
                    CallbackKind::Later => row.remind_ms.unwrap_or_default(),
                    CallbackKind::Handled => row.handled_ms.unwrap_or_default(),
                };
                format!("{at}:{}", row.id)
            });
            let rows = rows.iter().map(|row| view(c, &owner, row, now));
            Ok(CallbacksPage {
                rows: rows.collect::<Result<_, _>>()?,
                next,
            })
        })
    }

    /// The user has dealt with these persons; survives a power cut. Their missed toasts go.
    pub fn callbacks_done(&self, ids: &[i64]) -> Result<Vec<ToastOp>, DeskError> {
        let now = self.now();
        self.each_number(ids, |row, _| {
            if row.state != State::Waiting {
                return;
            }
            row.undo_ms = Some(row.done_ms);
            row.done_ms = row.newest_ms.max(row.remind_set_ms).saturating_add(1);
            row.state = State::Done;
            (row.handled_ms, row.handled_by) = (Some(now.ms()), None);
        })
    }

    /// Takes that back, and no earlier one: another number of the person may have been dealt with days ago.
    pub fn callbacks_undo(&self, ids: &[i64]) -> Result<Vec<ToastOp>, DeskError> {
        self.each_number(ids, |row, one| {
            if row.handled_ms == one.handled_ms
                && let Some(before) = row.undo_ms.take()
            {
                row.done_ms = before;
                row.state = State::Waiting;
                row.handled_ms = None;
            }
        })
    }

    /// Of these entries those that there still are, to take the place of rows that are shown.
    pub fn callback_rows(&self, ids: &[i64]) -> Result<Vec<CallbackRow>, DeskError> {
        let now = self.now();
        self.db.read(|c| {
            let owner = mirror::owner(c)?;
            let mut rows = Vec::new();
            for id in ids.iter().take(MAX_CHANGED) {
                if let Some(row) = callback::of_id(c, &owner, *id)? {
                    rows.push(view(c, &owner, &row, now)?);
                }
            }
            Ok(rows)
        })
    }

    /// The missed calls by which the relay is told that the user undertakes to call this person back: the newest of each
    /// of their numbers that waits.
    pub fn calls_to_claim(&self, id: i64) -> Result<Vec<String>, DeskError> {
        self.db.read(|c| {
            let owner = mirror::owner(c)?;
            let one = callback::of_id(c, &owner, id)?.ok_or(DeskError::NotFound)?;
            let mut calls = Vec::new();
            for key in who::person_keys(c, &one.key)? {
                let row = callback::of_key(c, &owner, &key)?;
                let waits = row.filter(|row| row.state == State::Waiting && !row.newest_call.is_empty());
                calls.extend(waits.map(|row| row.newest_call));
            }
            Ok(calls)
        })
    }

    /// Changes the rows of all numbers of these persons, beside the one that was named, and brings queue and toasts in line.
    fn each_number(&self, ids: &[i64], change: impl Fn(&mut Callback, &Callback)) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx: &Tx<'_>| {
            let owner = mirror::owner(tx)?;
            let mut ops = Ops::default();
            for id in ids.iter().take(MAX_CHANGED) {
                let Some(one) = callback::of_id(tx, &owner, *id)? else {
                    continue;
                };
                let keys = who::person_keys(tx, &one.key)?;
                for key in &keys {
                    if let Some(mut row) = callback::of_key(tx, &owner, key)? {
                        change(&mut row, &one);
                        callback::put(tx, &owner, &row)?;
                        tx.touched().queued(row.id, row.key);
                    }
                }
                queue::settle(tx, &one.key)?;
                for key in &keys {
                    queue::refresh(tx, pen, key, false, &mut ops)?;
                }
            }
            Ok(ops.into_vec())
        })
    }
}

fn place(cursor: &str) -> Option<(i64, i64)> {
    let (ms, id) = cursor.split_once(':')?;
    Some((ms.parse().ok()?, id.parse().ok()?))
}

/// Those who wait, of whose caller `k` the condition holds.
pub(crate) fn heads(
    connection: &Connection,
    before: (i64, i64),
    condition: &str,
    given: Vec<Value>,
    limit: usize,
) -> Result<Vec<Callback>, DeskError> {
    let owner = mirror::owner(connection)?;
    let of_caller = Some(condition).filter(|condition| !condition.is_empty());
    callback::heads(
        connection,
        &owner,
        before,
        (None, of_caller, given),
        u32::try_from(limit).unwrap_or(u32::MAX),
    )
}

fn view(connection: &Connection, owner: &str, row: &Callback, now: Time) -> Result<CallbackRow, DeskError> {
    let waits = row.state == State::Waiting;
    let (times, since) = match row.person {
        Some(person) if waits => callback::of_person(connection, owner, person)?,
        _ => (row.times, row.since_ms),
    };
    let claim = if waits {
        callback::claim(connection, owner, row, now.ms())?
    } else {
        None
    };
    let told = |ms: i64| Time::from_ms(ms).to_string();
    Ok(CallbackRow {
        id: row.id,
        call: row_of(connection, row)?,
        times: u32::try_from(times).unwrap_or(u32::MAX),
        since_at: told(since),
        state: CallbackState::of(row.state),
        handled_by: row.handled_by.clone(),
        handled_at: row.handled_ms.map(told),
        can_undo: row.state == State::Done && row.undo_ms.is_some(),
        also_missed: call::snapshot(connection, &row.newest_call)?
            .map(|call| also_missed(&call))
            .unwrap_or_default(),
        note: who::last_note(connection, &row.key)?,
        claim: claim.map(|claim| CallbackClaim {
            own: claim.own,
            name: claim.name,
            until: told(claim.until_ms),
        }),
        remind_at: row.remind_ms.filter(|_| row.reminds()).map(told),
        remind_note: row.remind_note.clone(),
        reminded: row.reminded,
    })
}

/// The newest missed call, as a row of the call list.
pub(crate) fn row_of(connection: &Connection, row: &Callback) -> Result<CallRow, DeskError> {
    if let Some(row) = row_of_call(connection, &row.newest_call, OWN)? {
        return Ok(row);
    }
    let told = CallRow {
        abonent: None,
        id: row.newest_call.clone(),
        direction: Direction::Incoming,
        outcome: Outcome::Missed,
        uncertain: false,
        name: None,
        number: None,
        number_key: None,
        hidden: false,
        internal: Number::parse(&row.key).is_internal(),
        contact_id: None,
        candidates: Vec::new(),
        line: None,
        answered_by: None,
        started_at: Some(Time::from_ms(row.newest_ms).to_string()),
        wait_ms: None,
        talk_ms: None,
        document_id: None,
        recording: RecordingState::None,
        sound: SoundPlace::None,
        sound_id: None,
        to_call_back: row.state == State::Waiting,
        lost: false,
        noted: false,
        abonent_id: None,
    };
    let party = Party {
        key: Some(row.key.clone()),
        shown: None,
        name: None,
        hidden: false,
    };
    Narrow { row: told, party }.named(connection)
}
