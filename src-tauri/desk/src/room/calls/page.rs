//! A page of the call list. What is looked for is looked for among the callers, which are few; then come their calls, by
//! index. What most callers have is met soon by a walk through the calls in their order.

use super::{CallKind, CallsFilter, CallsPage};
use crate::error::DeskError;
use crate::room::row::{CallRow, Place, rows_at};
use crate::room::{MAX_PAGE_ROWS, callbacks};
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::BTreeSet;

const END: Place = (i64::MIN, i64::MIN);

/// Most callers of unknown numbers that are looked up one by one.
const MAX_UNKNOWN: usize = 2_000;

pub(super) fn read(
    connection: &Connection,
    filter: &CallsFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<CallsPage, DeskError> {
    let before = match cursor {
        Some(cursor) => place(cursor).ok_or(DeskError::NotFound)?,
        None => (i64::MAX, i64::MAX),
    };
    let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
    let wanted = Wanted::of(connection, filter, before, limit + 1);
    if filter.kind == CallKind::ToCallBack {
        return wanted.waiting(limit);
    }
    let mut places = match wanted.callers()? {
        Some(callers) => wanted.of_callers(callers)?,
        None => wanted.walk()?,
    };
    let more = places.len() > limit;
    places.truncate(limit);
    Ok(CallsPage {
        next: places.last().filter(|_| more).copied().map(cursor_of),
        rows: rows_at(connection, &places)?,
    })
}

/// See [`crate::desk::Desk::call_rows`].
pub(super) fn rows(connection: &Connection, filter: &CallsFilter, ids: &[String]) -> Result<Vec<CallRow>, DeskError> {
    let wanted = Wanted::of(connection, filter, END, 1);
    let (condition, given) = wanted.of_caller();
    let waiting = if filter.kind == CallKind::ToCallBack {
        " AND EXISTS (SELECT 1 FROM callback b, mirror m
                      WHERE b.owner = m.owner AND b.head = 1 AND b.newest_call = c.ulid)"
    } else {
        ""
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.started_ms, c.id FROM call c JOIN caller k ON k.id = c.caller WHERE c.ulid = ?{}{waiting}{condition}",
        wanted.kind
    ))?;
    let mut places = Vec::new();
    for id in ids.iter().take(MAX_PAGE_ROWS as usize) {
        let given = std::iter::once(Value::from(id.clone())).chain(given.iter().cloned());
        let place = statement.query_row(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)));
        places.extend(place.optional()?);
    }
    rows_at(connection, &places)
}

fn place(cursor: &str) -> Option<Place> {
    let (started, id) = cursor.split_once(':')?;
    Some((started.parse().ok()?, id.parse().ok()?))
}

fn cursor_of((started, id): Place) -> String {
    format!("{started}:{id}")
}

struct Wanted<'a> {
    connection: &'a Connection,
    before: Place,
    rows: usize,
    kind: &'static str,
    unknown: bool,
    query: Query,
}

/// A caller, by the latest moment at which a call of theirs can have begun.
struct Caller {
    id: i64,
    last_ms: i64,
}

impl<'a> Wanted<'a> {
    fn of(connection: &'a Connection, filter: &CallsFilter, before: Place, rows: usize) -> Self {
        Self {
            connection,
            before,
            rows,
            kind: match filter.kind {
                CallKind::Incoming => " AND c.incoming = 1",
                CallKind::Outgoing => " AND c.incoming = 0",
                CallKind::Missed => " AND c.missed = 1",
                CallKind::All | CallKind::ToCallBack | CallKind::Unregistered => "",
            },
            unknown: filter.kind == CallKind::Unregistered,
            query: Query::of(&filter.query),
        }
    }

    /// The callers whose calls are wanted, the latest first; none where they are too many to be looked up.
    fn callers(&self) -> Result<Option<Vec<Caller>>, DeskError> {
        let found = match &self.query {
            Query::Digits(digits) => trigram::find(
                self.connection,
                "caller_fts",
                Some("digits"),
                std::slice::from_ref(digits),
            )?,
            Query::Words(words) => trigram::find(self.connection, "caller_fts", None, words)?,
            Query::All if self.unknown => self.unknown()?,
            Query::All => Found::Many,
        };
        let Found::These(ids) = found else { return Ok(None) };
        let (condition, given) = self.of_caller();
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT k.last_ms FROM caller k WHERE k.id = ?{condition}"))?;
        let mut callers = Vec::new();
        for id in ids {
            let given = std::iter::once(Value::from(id)).chain(given.iter().cloned());
            let last = statement
                .query_row(params_from_iter(given), |row| row.get(0))
                .optional()?;
            callers.extend(last.map(|last_ms| Caller { id, last_ms }));
        }
        callers.sort_unstable_by_key(|caller| std::cmp::Reverse(caller.last_ms));
        Ok(Some(callers))
    }

    fn unknown(&self) -> Result<Found, DeskError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM caller WHERE unknown = 1 LIMIT ?1")?;
        let ids = statement
            .query_map([MAX_UNKNOWN as i64 + 1], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        Ok(if ids.len() > MAX_UNKNOWN {
            Found::Many
        } else {
            Found::These(ids)
        })
    }

    /// What must hold of a caller `k`.
    fn of_caller(&self) -> (String, Vec<Value>) {
        let mut condition = String::new();
        let mut given = Vec::new();
        if self.unknown {
            condition.push_str(" AND k.unknown = 1");
        }
        match &self.query {
            Query::All => {}
            Query::Digits(digits) => {
                condition.push_str(" AND instr(k.digits, ?) > 0");
                given.push(digits.clone().into());
            }
            Query::Words(words) => {
                for word in words {
                    condition.push_str(" AND instr(k.search || k.digits, ?) > 0");
                    given.push(word.clone().into());
                }
            }
        }
        (condition, given)
    }

    /// The newest calls of these callers. The latest callers come first: once the page is full and the next caller's
    /// last call is older than all of it, no other can add to it.
    fn of_callers(&self, callers: Vec<Caller>) -> Result<Vec<Place>, DeskError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c
             WHERE c.caller = ?1 AND (c.started_ms, c.id) < (?2, ?3) AND c.started_ms >= ?4{}
             ORDER BY c.started_ms DESC, c.id DESC LIMIT ?5",
            self.kind
        ))?;
        let mut places = BTreeSet::new();
        for caller in callers {
            let oldest = match places.first() {
                Some(oldest) if places.len() >= self.rows => *oldest,
                _ => END,
            };
            if caller.last_ms < oldest.0 {
                break;
            }
            let given = params![caller.id, self.before.0, self.before.1, oldest.0, self.rows as i64];
            for place in statement.query_map(given, |row| Ok((row.get(0)?, row.get(1)?)))? {
                places.insert(place?);
            }
            while places.len() > self.rows {
                places.pop_first();
            }
        }
        Ok(places.into_iter().rev().collect())
    }

    /// Through the calls in their order.
    fn walk(&self) -> Result<Vec<Place>, DeskError> {
        let (condition, given) = self.of_caller();
        let join = if condition.is_empty() {
            ""
        } else {
            " CROSS JOIN caller k ON k.id = c.caller"
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c{join} WHERE (c.started_ms, c.id) < (?, ?){}{condition}
             ORDER BY c.started_ms DESC, c.id DESC LIMIT ?",
            self.kind
        ))?;
        let (started, id) = self.before;
        let given = [Value::from(started), Value::from(id)]
            .into_iter()
            .chain(given)
            .chain([Value::from(self.rows as i64)]);
        let places = statement.query_map(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    /// The newest missed call of each person who waits.
    fn waiting(&self, limit: usize) -> Result<CallsPage, DeskError> {
        let (condition, given) = self.of_caller();
        let heads = callbacks::heads(self.connection, self.before, &condition, given, self.rows)?;
        let more = heads.len() > limit;
        let last = heads.get(limit - 1).filter(|_| more);
        Ok(CallsPage {
            next: last.map(|head| cursor_of((head.newest_ms, head.id))),
            rows: heads
                .iter()
                .take(limit)
                .map(|head| callbacks::row_of(self.connection, head))
                .collect::<Result<Vec<CallRow>, _>>()?,
        })
    }
}
