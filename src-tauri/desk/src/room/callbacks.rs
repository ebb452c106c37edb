//! The queue «Надо перезвонить»: who waits, who was dealt with, by whom and after how long.

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::notifications::Ops;
use crate::queue;
use crate::room::MAX_PAGE_ROWS;
use crate::room::recordings::SoundPlace;
use crate::room::row::{CallRow, Narrow, row_of_call};
use crate::table::callback::{self, Callback, State};
use crate::table::mirror;
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
    /// Those who wait, the newest missed call first.
    #[default]
    Waiting,
    /// Those who were dealt with, the latest first.
    Handled,
}

/// One person in the queue.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CallbackRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// The newest missed call. Where the mirror no longer has it: its number and time.
    pub call: CallRow,
    /// How many missed calls, over all numbers of the person.
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

impl Desk {
    /// A page of the queue. `cursor` is the last page's `next`.
    pub fn callbacks(&self, kind: CallbackKind, cursor: Option<&str>, limit: u32) -> Result<CallbacksPage, DeskError> {
        let limit = limit.clamp(1, MAX_PAGE_ROWS);
        let before = match cursor {
            Some(cursor) => place(cursor).ok_or(DeskError::NotFound)?,
            None => (i64::MAX, i64::MAX),
        };
        self.db.read(|c| {
            let owner = mirror::owner(c)?;
            let mut rows = match kind {
                CallbackKind::Waiting => callback::heads(c, &owner, before, ("", Vec::new()), limit + 1)?,
                CallbackKind::Handled => callback::handled(c, &owner, before, limit + 1)?,
            };
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| match kind {
                CallbackKind::Waiting => format!("{}:{}", row.newest_ms, row.id),
                CallbackKind::Handled => format!("{}:{}", row.handled_ms.unwrap_or_default(), row.id),
            });
            let rows = rows.iter().map(|row| view(c, &owner, row));
            Ok(CallbacksPage {
                rows: rows.collect::<Result<_, _>>()?,
                next,
            })
        })
    }

    /// The user has dealt with this person; survives a power cut. Their missed toasts go.
    pub fn callback_done(&self, id: i64) -> Result<Vec<ToastOp>, DeskError> {
        let now = self.now();
        self.each_number(id, |row| {
            row.undo_ms = Some(row.done_ms);
            row.done_ms = row.newest_ms.saturating_add(1);
            row.state = State::Done;
            (row.handled_ms, row.handled_by) = (Some(now.ms()), None);
        })
    }

    /// Takes that back.
    pub fn callback_undo(&self, id: i64) -> Result<Vec<ToastOp>, DeskError> {
        self.each_number(id, |row| {
            if let Some(before) = row.undo_ms.take() {
                row.done_ms = before;
                row.state = State::Waiting;
                row.handled_ms = None;
            }
        })
    }

    /// Changes the rows of all numbers of the person and brings queue and toasts in line.
    fn each_number(&self, id: i64, change: impl Fn(&mut Callback)) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Lasting, |tx: &Tx<'_>| {
            let owner = mirror::owner(tx)?;
            let one = callback::of_id(tx, &owner, id)?.ok_or(DeskError::NotFound)?;
            let keys = who::person_keys(tx, &one.key)?;
            for key in &keys {
                if let Some(mut row) = callback::of_key(tx, &owner, key)? {
                    change(&mut row);
                    callback::put(tx, &owner, &row)?;
                    tx.touched().queued(row.id, row.key);
                }
            }
            queue::settle(tx, &one.key)?;
            let mut ops = Ops::default();
            for key in &keys {
                queue::refresh(tx, pen, key, false, &mut ops)?;
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
    callback::heads(
        connection,
        &owner,
        before,
        (condition, given),
        u32::try_from(limit).unwrap_or(u32::MAX),
    )
}

fn view(connection: &Connection, owner: &str, row: &Callback) -> Result<CallbackRow, DeskError> {
    let (times, since) = match row.person {
        Some(person) if row.state == State::Waiting => callback::of_person(connection, owner, person)?,
        _ => (row.times, row.since_ms),
    };
    Ok(CallbackRow {
        id: row.id,
        call: row_of(connection, row)?,
        times: u32::try_from(times).unwrap_or(u32::MAX),
        since_at: Time::from_ms(since).to_string(),
        state: CallbackState::of(row.state),
        handled_by: row.handled_by.clone(),
        handled_at: row.handled_ms.map(|ms| Time::from_ms(ms).to_string()),
        can_undo: row.state == State::Done && row.undo_ms.is_some(),
    })
}

/// The newest missed call, as a row of the call list.
pub(crate) fn row_of(connection: &Connection, row: &Callback) -> Result<CallRow, DeskError> {
    if let Some(row) = row_of_call(connection, &row.newest_call)? {
        return Ok(row);
    }
    let told = CallRow {
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
    };
    let party = Party {
        key: Some(row.key.clone()),
        shown: None,
        name: None,
        hidden: false,
    };
    Narrow { row: told, party }.named(connection)
}
