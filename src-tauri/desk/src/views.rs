//! What the window shows. Names are joined by number key here, at read time.

use crate::contacts::{fold, fts_query, kind_of};
use crate::toast::{Action, ButtonKey, Toast, ToastKey};
use crate::view::{
    CallRow, CallView, CallsFilter, CallsPage, ContactNumber, ContactRow, ContactView, DocumentView, LegView,
    NotificationRow,
};
use crate::{Desk, DeskError, digest, documents, mirror, who};
use perezvon_core::snapshot::{CallSnapshot, LegSnapshot, RecordingState};
use perezvon_core::{Number, Outcome, Time};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

/// Most rows of one page.
const MAX_PAGE_ROWS: u32 = 500;

/// Figures for the tray and the window's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Missed callers with whom nobody has talked since.
    pub to_call_back: u32,
    /// Notifications not yet looked at.
    pub unseen: u32,
}

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
            let call = mirror::snapshot(c, id)?.ok_or(DeskError::NotFound)?;
            let keys = match who::key_of(&call.party) {
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

    /// Contacts whose name, company or e-mail begin with the query's words or whose numbers contain its digits, by
    /// name; all of them for an empty query.
    pub fn contacts(&self, query: &str, offset: u32, limit: u32) -> Result<Vec<ContactRow>, DeskError> {
        let (condition, given): (&str, Vec<Value>) = if let Some(digits) = Number::digits_of_query(query) {
            (
                "c.id IN (SELECT n.contact_id FROM contact_number n WHERE instr(n.digits, ?) > 0)",
                vec![digits.into()],
            )
        } else if let Some(fts) = fts_query(query) {
            (
                "c.id IN (SELECT f.rowid FROM contact_fts f WHERE contact_fts MATCH ?)",
                vec![fts.into()],
            )
        } else {
            ("true", Vec::new())
        };
        let sql = format!(
            "SELECT c.id, c.kind, c.name, c.company,
                    (SELECT n.display FROM contact_number n WHERE n.contact_id = c.id ORDER BY n.position LIMIT 1)
             FROM contact c WHERE {condition} ORDER BY c.name_sort, c.id LIMIT ? OFFSET ?"
        );
        let page = [
            Value::from(i64::from(limit.min(MAX_PAGE_ROWS))),
            Value::from(i64::from(offset)),
        ];
        self.db.read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(given.into_iter().chain(page)), |row| {
                Ok(ContactRow {
                    id: row.get(0)?,
                    kind: kind_of(&row.get::<_, String>(1)?),
                    name: row.get(2)?,
                    company: row.get(3)?,
                    number: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// A contact's card with the calls over all its numbers.
    pub fn contact(&self, id: i64) -> Result<ContactView, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT key, display, label FROM contact_number WHERE contact_id = ?1 ORDER BY position",
            )?;
            let numbers = statement
                .query_map([id], |row| {
                    Ok(ContactNumber {
                        key: row.get(0)?,
                        display: row.get(1)?,
                        label: row.get(2)?,
                    })
                })?
                .collect::<Result<Vec<_>, _>>()?;
            let calls = calls_of(c, &who::keys_of_contact(c, id)?, 100)?;
            let found = c
                .prepare_cached("SELECT kind, name, company, email, note FROM contact WHERE id = ?1")?
                .query_row([id], |row| {
                    Ok(ContactView {
                        id,
                        kind: kind_of(&row.get::<_, String>(0)?),
                        name: row.get(1)?,
                        company: row.get(2)?,
                        email: row.get(3)?,
                        note: row.get(4)?,
                        numbers,
                        calls,
                    })
                })
                .optional()?;
            found.ok_or(DeskError::NotFound)
        })
    }

    /// A document with its call, which it keeps even where the mirror has been begun anew.
    pub fn document(&self, id: i64) -> Result<DocumentView, DeskError> {
        self.db.read(|c| {
            let found: Option<(i64, String, String)> = c
                .prepare_cached("SELECT registered_ms, note, snapshot FROM document WHERE id = ?1")?
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (registered, note, snapshot) = found.ok_or(DeskError::NotFound)?;
            let call: CallSnapshot = serde_json::from_str(&snapshot)?;
            Ok(DocumentView {
                id,
                number: documents::printed(id),
                registered_at: Time::from_ms(registered).to_string(),
                call: row(c, &call, waits(c, &call.id)?)?,
                note,
            })
        })
    }

    /// The list «Уведомления», newest first; `before` is the last row's id for the next page.
    pub fn notifications(&self, before: Option<i64>, limit: u32) -> Result<Vec<NotificationRow>, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, kind, state, toast, changed_ms, seen FROM notification
                 WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![before.unwrap_or(i64::MAX), limit.clamp(1, MAX_PAGE_ROWS)])?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                let toast: Toast = serde_json::from_str(&row.get::<_, String>(3)?)?;
                out.push(NotificationRow {
                    id: row.get(0)?,
                    kind: row.get(1)?,
                    state: row.get(2)?,
                    seen: row.get(5)?,
                    route: route(&toast),
                    call_back: call_back(&toast),
                    title: toast.title,
                    body: toast.lines.join("\n"),
                    at: Time::from_ms(row.get(4)?).to_string(),
                });
            }
            Ok(out)
        })
    }

    /// The user has looked at the notification, or at all of them.
    pub fn notification_seen(&self, id: Option<i64>) -> Result<(), DeskError> {
        self.db.write(crate::db::Durability::Rebuildable, |tx| {
            tx.execute(
                "UPDATE notification SET seen = 1 WHERE seen = 0 AND (?1 IS NULL OR id = ?1)",
                [id],
            )?;
            Ok(())
        })
    }

    /// Figures for the tray and the window's frame.
    pub fn counts(&self) -> Result<Counts, DeskError> {
        self.db.read(|c| {
            let to_call_back = c
                .prepare_cached(&digest::callers("c.waiting = 1"))?
                .query_row([], |row| row.get(0))?;
            let unseen = c
                .prepare_cached("SELECT count(*) FROM notification WHERE seen = 0")?
                .query_row([], |row| row.get(0))?;
            Ok(Counts { to_call_back, unseen })
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
fn calls_of(connection: &Connection, keys: &[String], limit: usize) -> Result<Vec<CallRow>, DeskError> {
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

fn waits(connection: &Connection, id: &str) -> Result<bool, DeskError> {
    let waits = connection
        .prepare_cached("SELECT waiting FROM call WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(waits.unwrap_or(false))
}

fn row(connection: &Connection, call: &CallSnapshot, to_call_back: bool) -> Result<CallRow, DeskError> {
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

/// Where a click leads in the window. An empty card is no place to come back to: there the call is shown.
fn route(toast: &Toast) -> Option<String> {
    match (&toast.body_action, &toast.key) {
        (Some(Action::NewContact { .. }), ToastKey::Call(id)) => Some(format!("call/{id}")),
        (Some(action), _) => action.route(),
        (None, _) => None,
    }
}

fn call_back(toast: &Toast) -> Option<String> {
    toast.buttons.iter().find_map(|button| match &button.action {
        Action::CallBack { number } if button.key == ButtonKey::CallBack => Some(number.clone()),
        _ => None,
    })
}
