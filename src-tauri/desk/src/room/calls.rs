//! The call list and the panel of one call. Names are joined by number key here, at read time.

use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of;
use crate::room::MAX_PAGE_ROWS;
use crate::table::call::snapshot;
use crate::text::{fold, fts_query};
use crate::view::{CallRow, CallView, CallsFilter, CallsPage, LegView};
use crate::who;
use perezvon_core::snapshot::{CallSnapshot, LegSnapshot, RecordingState};
use perezvon_core::{Number, Outcome};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

impl Desk {
    /// A page of the call list, newest first. `cursor` is the last page's `next`.
    pub fn calls(&self, filter: &CallsFilter, cursor: Option<&str>, limit: u32) -> Result<CallsPage, DeskError> {
        let limit = limit.clamp(1, MAX_PAGE_ROWS);
        let mut conditions: Vec<&str> = vec![match filter.kind.as_str() {
            "incoming" => "c.incoming = 1",
            "outgoing" => "c.incoming = 0",
            "missed" => "c.missed = 1",
            "to_call_back" => TO_CALL_BACK,
            "unregistered" => {
                "c.number_key IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM contact_number n
                    WHERE n.number = substr(c.number_key, 1, instr(c.number_key || ';', ';') - 1))"
            }
            _ => "true",
        }];
        let mut given: Vec<Value> = Vec::new();
        if let Some(digits) = Number::digits_of_query(&filter.query) {
            conditions.push("instr(c.digits, ?) > 0");
            given.push(digits.into());
        } else if let Some(fts) = fts_query(&filter.query) {
            conditions.push(
                "(instr(c.search, ?) > 0
                  OR c.number_key IN (
                    SELECT n.key FROM contact_fts f JOIN contact_number n ON n.contact_id = f.rowid
                    WHERE contact_fts MATCH ?)
                  OR c.number_key IN (
                    SELECT n.number FROM contact_fts f JOIN contact_number n ON n.contact_id = f.rowid
                    WHERE contact_fts MATCH ?))",
            );
            given.push(fold(filter.query.trim()).into());
            given.extend([fts.clone().into(), fts.into()]);
        }
        if let Some((started, id)) = cursor.and_then(|cursor| cursor.split_once(':')) {
            let started: i64 = started.parse().map_err(|_| DeskError::NotFound)?;
            conditions.push("(c.started_ms, c.id) < (?, ?)");
            given.push(started.into());
            given.push(id.to_owned().into());
        }
        given.push(i64::from(limit + 1).into());
        let sql = format!(
            "SELECT c.snapshot, c.waiting, c.started_ms FROM call c WHERE {}
             ORDER BY c.started_ms DESC, c.id DESC LIMIT ?",
            conditions.join(" AND ")
        );
        self.db.read(|c| {
            let mut found = read_calls(c, &sql, given)?;
            let more = found.len() > limit as usize;
            found.truncate(limit as usize);
            let next = found
                .last()
                .filter(|_| more)
                .map(|(call, _, started)| format!("{started}:{}", call.id));
            let rows = found
                .iter()
                .map(|(call, waiting, _)| row(c, call, *waiting))
                .collect::<Result<_, _>>()?;
            Ok(CallsPage { rows, next })
        })
    }

    /// One call with its legs and the other calls of this person.
    pub fn call(&self, id: &str) -> Result<CallView, DeskError> {
        self.db.read(|c| {
            let call = snapshot(c, id)?.ok_or(DeskError::NotFound)?;
            let keys = match key_of(&call.party) {
                Some(key) => who::person_keys(c, &key)?,
                None => Vec::new(),
            };
            let mut history = calls_of(c, &keys, 21)?;
            history.retain(|row| row.id != id);
            history.truncate(20);
            Ok(CallView {
                row: row(c, &call, waits(c, id)?)?,
                recording_id: call.recording.id.clone(),
                legs: legs(&call),
                history,
            })
        })
    }
}

/// One row per person: their newest missed call that waits.
const TO_CALL_BACK: &str = "c.waiting = 1 AND NOT EXISTS (
    SELECT 1 FROM call w
    WHERE w.waiting = 1 AND w.number_key = c.number_key AND (w.started_ms, w.id) > (c.started_ms, c.id))
    AND NOT EXISTS (
    SELECT 1 FROM call w
    WHERE w.waiting = 1 AND w.person = c.person AND (w.started_ms, w.id) > (c.started_ms, c.id))";

type Found = (CallSnapshot, bool, i64);

fn read_calls(connection: &Connection, sql: &str, given: Vec<Value>) -> Result<Vec<Found>, DeskError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(given))?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push((
            serde_json::from_str(&row.get::<_, String>(0)?)?,
            row.get(1)?,
            row.get(2)?,
        ));
    }
    Ok(out)
}

/// The newest calls over these numbers.
pub(crate) fn calls_of(connection: &Connection, keys: &[String], limit: usize) -> Result<Vec<CallRow>, DeskError> {
    let mut found = Vec::new();
    for key in keys {
        let given = vec![key.clone().into(), (limit as i64).into()];
        found.extend(read_calls(
            connection,
            "SELECT snapshot, waiting, started_ms FROM call WHERE number_key = ?1
             ORDER BY started_ms DESC, id DESC LIMIT ?2",
            given,
        )?);
    }
    found.sort_by(|(a, _, a_ms), (b, _, b_ms)| (b_ms, &b.id).cmp(&(a_ms, &a.id)));
    found.truncate(limit);
    found
        .iter()
        .map(|(call, waiting, _)| row(connection, call, *waiting))
        .collect()
}

pub(crate) fn waits(connection: &Connection, id: &str) -> Result<bool, DeskError> {
    let waits = connection
        .prepare_cached("SELECT waiting FROM call WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(waits.unwrap_or(false))
}

pub(crate) fn row(connection: &Connection, call: &CallSnapshot, to_call_back: bool) -> Result<CallRow, DeskError> {
    let who = who::who(connection, &call.party)?;
    let document_id = connection
        .prepare_cached("SELECT id FROM document WHERE call_id = ?1")?
        .query_row([&call.id], |row| row.get(0))
        .optional()?;
    let line = call.line.as_ref().and_then(|line| {
        let number = || line.number.as_deref().map(|number| Number::parse(number).display());
        line.name.clone().or_else(|| line.queue.clone()).or_else(number)
    });
    let answered_by = (call.outcome == Outcome::AnsweredBy)
        .then(|| call.answered_by.as_ref().and_then(|by| by.name.clone()))
        .flatten();
    Ok(CallRow {
        id: call.id.clone(),
        direction: call.direction.as_str().to_owned(),
        outcome: call.outcome.as_str().to_owned(),
        uncertain: call.uncertain,
        name: who.name,
        number: who.number,
        number_key: who.key,
        hidden: who.hidden,
        internal: call.party.internal,
        contact_id: who.contact,
        candidates: who.candidates,
        line,
        answered_by,
        started_at: call.started_at.map(|time| time.to_string()),
        wait_ms: call.wait_ms.map(clamped),
        talk_ms: call.talk_ms.map(clamped),
        document_id,
        recording: match call.recording.state {
            RecordingState::None => "none",
            RecordingState::Pending => "pending",
            RecordingState::Ready => "ready",
            RecordingState::Gone => "gone",
        }
        .to_owned(),
        to_call_back,
    })
}

fn clamped(ms: i64) -> u32 {
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

fn legs(call: &CallSnapshot) -> Vec<LegView> {
    let leg = |leg: &LegSnapshot| LegView {
        name: leg.name.clone(),
        own: leg.abonent.is_some() && leg.abonent == call.abonent,
        system: leg.system,
        state: leg.state.clone(),
        cause: leg.cause.clone(),
        started_at: leg.started_at.map(|time| time.to_string()),
        answered_at: leg.answered_at.map(|time| time.to_string()),
        ended_at: leg.ended_at.map(|time| time.to_string()),
    };
    call.legs.iter().map(leg).collect()
}
