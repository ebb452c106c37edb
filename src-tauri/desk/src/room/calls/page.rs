//! A page of the call list. What is looked for is looked for among the callers, which are few; then come their calls, by
//! index. What most callers have is met soon by a walk through the calls in their order.

use super::{CallKind, CallsAt, CallsFilter, CallsPage, CallsPlace, CallsSpan};
use crate::error::DeskError;
use crate::room::row::{CallRow, Place, rows_at};
use crate::room::{MAX_PAGE_ROWS, callbacks};
use crate::table::callback::Callback;
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::BTreeSet;

const BEGIN: Place = (i64::MAX, i64::MAX);
const END: Place = (i64::MIN, i64::MIN);

/// Most callers of unknown numbers that are looked up one by one.
const MAX_UNKNOWN: usize = 2_000;

/// Which stretch of the list.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) span: CallsSpan,
    pub(super) cursor: Option<&'a str>,
    /// The page that ends at the cursor, not the one that begins there.
    pub(super) back: bool,
    pub(super) limit: u32,
}

pub(super) fn read(
    connection: &Connection,
    filter: &CallsFilter,
    stretch: Stretch<'_>,
) -> Result<CallsPage, DeskError> {
    let limit = stretch.limit.clamp(1, MAX_PAGE_ROWS) as usize;
    let cursor = match stretch.cursor {
        Some(cursor) => Some(place(cursor).ok_or(DeskError::NotFound)?),
        None => None,
    };
    let mut wanted = Wanted::of(connection, filter, stretch.span, limit + 1);
    match cursor {
        Some(cursor) if stretch.back => (wanted.low, wanted.back) = (wanted.low.max(cursor), true),
        Some(cursor) => wanted.high = wanted.high.min(cursor),
        None => {}
    }
    if filter.kind == CallKind::ToCallBack {
        return wanted.waiting(limit);
    }
    let mut places = match wanted.looked_up()? {
        Some(places) => places,
        None => wanted.walk()?,
    };
    let next = wanted.cut(&mut places, limit, |place| *place);
    Ok(CallsPage {
        next,
        rows: rows_at(connection, &places)?,
    })
}

/// How many calls are above a moment or a row, and the cursor of a page that begins there.
pub(super) fn find(
    connection: &Connection,
    filter: &CallsFilter,
    span: CallsSpan,
    at: CallsAt,
) -> Result<CallsPlace, DeskError> {
    let wanted = Wanted::of(connection, filter, span, usize::MAX);
    let places = if filter.kind == CallKind::ToCallBack {
        let heads = wanted.heads()?;
        Some(heads.iter().map(place_of).collect())
    } else {
        wanted.looked_up()?
    };
    let Some(places) = places else {
        return wanted.place_by_walk(at);
    };
    let row = match at {
        CallsAt::Moment(ms) => places.partition_point(|place| *place >= (ms, i64::MIN)),
        CallsAt::Row(row) => places.len().saturating_sub(1).min(row as usize),
    };
    Ok(CallsPlace {
        row: small(row),
        total: small(places.len()),
        cursor: row
            .checked_sub(1)
            .and_then(|above| places.get(above))
            .copied()
            .map(cursor_of),
    })
}

fn small(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

/// See [`crate::desk::Desk::call_rows`].
pub(super) fn rows(connection: &Connection, filter: &CallsFilter, ids: &[String]) -> Result<Vec<CallRow>, DeskError> {
    let wanted = Wanted::of(connection, filter, CallsSpan::default(), 1);
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

/// Of one who waits: by the newest missed call.
fn place_of(head: &Callback) -> Place {
    (head.newest_ms, head.id)
}

fn cursor_of((started, id): Place) -> String {
    format!("{started}:{id}")
}

struct Wanted<'a> {
    connection: &'a Connection,
    /// From `low` to before `high`.
    low: Place,
    high: Place,
    /// The rows next to `low` are wanted, not those next to `high`.
    back: bool,
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
    fn of(connection: &'a Connection, filter: &CallsFilter, span: CallsSpan, rows: usize) -> Self {
        Self {
            connection,
            low: span.from_ms.map_or(END, |ms| (ms, i64::MIN)),
            high: span.until_ms.map_or(BEGIN, |ms| (ms, i64::MIN)),
            back: false,
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

    fn limit(&self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX)
    }

    const fn order(&self) -> &'static str {
        if self.back { "ASC" } else { "DESC" }
    }

    /// Cuts what was read down to a page, and gives its `next`. Of a page that ends at the cursor the one too many is the
    /// row above it, from which it would be read.
    fn cut<T>(&self, rows: &mut Vec<T>, limit: usize, place_of: impl Fn(&T) -> Place) -> Option<String> {
        let more = rows.len() > limit;
        let edge = if self.back {
            let above = rows.first().map(&place_of);
            rows.drain(..rows.len().saturating_sub(limit));
            above
        } else {
            rows.truncate(limit);
            rows.last().map(&place_of)
        };
        edge.filter(|_| more).map(cursor_of)
    }

    /// The wanted calls by their callers, the newest first; none where these are too many to be looked up.
    fn looked_up(&self) -> Result<Option<Vec<Place>>, DeskError> {
        let callers = self.callers()?;
        callers.map(|callers| self.of_callers(callers)).transpose()
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

    /// The calls of these callers, the newest first. The latest callers come first: once the page is full and the next
    /// caller's last call is older than all of it, no other can add to it.
    fn of_callers(&self, callers: Vec<Caller>) -> Result<Vec<Place>, DeskError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c
             WHERE c.caller = ?1 AND (c.started_ms, c.id) < (?2, ?3) AND (c.started_ms, c.id) >= (?4, ?5){}
             ORDER BY c.started_ms {order}, c.id {order} LIMIT ?6",
            self.kind,
            order = self.order(),
        ))?;
        let mut places = BTreeSet::new();
        for caller in callers {
            let full = places.len() >= self.rows;
            let (mut low, mut high) = (self.low, self.high);
            match (self.back, places.first(), places.last()) {
                (false, Some(oldest), _) if full => low = *oldest,
                (true, _, Some(newest)) if full => high = *newest,
                _ => {}
            }
            if caller.last_ms < low.0 {
                break;
            }
            let given = params![caller.id, high.0, high.1, low.0, low.1, self.limit()];
            for place in statement.query_map(given, |row| Ok((row.get(0)?, row.get(1)?)))? {
                places.insert(place?);
            }
            while places.len() > self.rows {
                if self.back {
                    places.pop_last();
                } else {
                    places.pop_first();
                }
            }
        }
        Ok(places.into_iter().rev().collect())
    }

    /// What a walk through the calls in their order looks at, and its values.
    fn range(&self) -> (String, Vec<Value>) {
        let (condition, given) = self.of_caller();
        let join = if condition.is_empty() {
            ""
        } else {
            " CROSS JOIN caller k ON k.id = c.caller"
        };
        let range = format!(
            "FROM call c{join} WHERE (c.started_ms, c.id) < (?, ?) AND (c.started_ms, c.id) >= (?, ?){}{condition}",
            self.kind
        );
        let bounds = [self.high.0, self.high.1, self.low.0, self.low.1].map(Value::from);
        (range, bounds.into_iter().chain(given).collect())
    }

    /// Through the calls in their order.
    fn walk(&self) -> Result<Vec<Place>, DeskError> {
        self.walk_from(0)
    }

    fn walk_from(&self, skipped: u32) -> Result<Vec<Place>, DeskError> {
        let (range, given) = self.range();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id {range} ORDER BY c.started_ms {order}, c.id {order} LIMIT ? OFFSET ?",
            order = self.order(),
        ))?;
        let given = given
            .into_iter()
            .chain([self.limit().into(), i64::from(skipped).into()]);
        let places = statement.query_map(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut places = places.collect::<Result<Vec<_>, _>>()?;
        if self.back {
            places.reverse();
        }
        Ok(places)
    }

    fn count(&self) -> Result<u32, DeskError> {
        let (range, given) = self.range();
        let mut statement = self.connection.prepare_cached(&format!("SELECT count(*) {range}"))?;
        Ok(small(
            statement.query_row(params_from_iter(given), |row| row.get::<_, i64>(0))?,
        ))
    }

    fn place_by_walk(mut self, at: CallsAt) -> Result<CallsPlace, DeskError> {
        let total = self.count()?;
        match at {
            CallsAt::Moment(ms) => {
                let moment = (ms, i64::MIN);
                self.low = self.low.max(moment);
                let row = self.count()?;
                Ok(CallsPlace {
                    row,
                    total,
                    cursor: (row > 0).then(|| cursor_of(moment)),
                })
            }
            CallsAt::Row(row) => {
                let row = row.min(total.saturating_sub(1));
                self.rows = 1;
                let above = match row.checked_sub(1) {
                    Some(above) => self.walk_from(above)?.first().copied(),
                    None => None,
                };
                Ok(CallsPlace {
                    row,
                    total,
                    cursor: above.map(cursor_of),
                })
            }
        }
    }

    /// Those who wait, by the newest missed call of each.
    fn heads(&self) -> Result<Vec<Callback>, DeskError> {
        let (condition, given) = self.of_caller();
        let rows = if self.back { usize::MAX } else { self.rows };
        let heads = callbacks::heads(self.connection, self.high, &condition, given, rows)?;
        let mut heads: Vec<_> = heads
            .into_iter()
            .take_while(|head| place_of(head) >= self.low)
            .collect();
        if self.back {
            heads.drain(..heads.len().saturating_sub(self.rows));
        }
        Ok(heads)
    }

    fn waiting(&self, limit: usize) -> Result<CallsPage, DeskError> {
        let mut heads = self.heads()?;
        let next = self.cut(&mut heads, limit, place_of);
        Ok(CallsPage {
            next,
            rows: heads
                .iter()
                .map(|head| callbacks::row_of(self.connection, head))
                .collect::<Result<Vec<CallRow>, _>>()?,
        })
    }
}
