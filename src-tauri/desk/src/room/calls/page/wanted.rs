//! The statements that find calls: by their callers, by what was written about them, by a walk in their order.

use super::marks::Marks;
use super::{cursor_of, place_of, small};
use crate::error::DeskError;
use crate::room::callbacks;
use crate::room::calls::{CallsFilter, CallsPage, CallsSpan};
use crate::room::row::{CallRow, Place};
use crate::table::call::{OWN, whose};
use crate::table::call_note;
use crate::table::callback::Callback;
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use std::collections::BTreeSet;

const BEGIN: Place = (i64::MAX, i64::MAX);
const END: Place = (i64::MIN, i64::MIN);

/// Most callers of unknown numbers, and most notes, that are looked up one by one.
const MAX_LOOKED_UP: usize = 2_000;
/// Most calls that a page passes while it looks for what few calls have: some milliseconds. The next one goes on there.
const MAX_WALKED: i64 = 1_500;

/// Most calls that are passed to count those that few calls are among; of more it is estimated.
const MAX_COUNTED: i64 = 20_000;

/// What a question wants, and the statements that find it.
pub(super) struct Wanted<'a> {
    connection: &'a Connection,
    pub(super) whose: i64,
    /// From `low` to before `high`.
    pub(super) low: Place,
    pub(super) high: Place,
    /// The rows next to `low` are wanted, not those next to `high`.
    pub(super) back: bool,
    pub(super) rows: usize,
    pub(super) marks: Marks,
    query: Query,
}

/// The calls between two places, in one view.
const STRETCH: &str = "WHERE c.whose = ? AND (c.started_ms, c.id) < (?, ?) AND (c.started_ms, c.id) >= (?, ?)";

/// The words that are looked for; of a number its digits.
fn words(query: &Query) -> &[String] {
    match query {
        Query::All => &[],
        Query::Digits(digits) => std::slice::from_ref(digits),
        Query::Words(words) => words,
    }
}

/// A caller, by the latest moment at which a call of theirs can have begun.
struct Caller {
    id: i64,
    last_ms: i64,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(
        connection: &'a Connection,
        filter: &CallsFilter,
        span: CallsSpan,
        rows: usize,
    ) -> Result<Self, DeskError> {
        Ok(Self {
            connection,
            whose: whose(connection, filter.abonent.as_deref())?,
            low: span.from_ms.map_or(END, |ms| (ms, i64::MIN)),
            high: span.until_ms.map_or(BEGIN, |ms| (ms, i64::MIN)),
            back: false,
            rows,
            marks: Marks::of(if filter.waiting { &[] } else { &filter.marks }),
            query: Query::of(&filter.query),
        })
    }

    fn limit(&self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX)
    }

    const fn order(&self) -> &'static str {
        if self.back { "ASC" } else { "DESC" }
    }

    /// Cuts what was read down to a page, and gives its `next`. Of a page that ends at the cursor the one too many is the
    /// row above it, from which it would be read.
    pub(super) fn cut<T>(&self, rows: &mut Vec<T>, limit: usize, place_of: impl Fn(&T) -> Place) -> Option<String> {
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

    /// The wanted calls by their callers and notes, the newest first; none where these are too many to be looked up.
    pub(super) fn looked_up(&self) -> Result<Option<Vec<Place>>, DeskError> {
        let noted = match self.query {
            Query::All if self.marks.noted => call_note::all(self.connection, MAX_LOOKED_UP)?,
            _ => None,
        };
        let mut places = if let Some(noted) = noted {
            self.of_notes(&noted)?
        } else {
            let Some(callers) = self.callers()? else {
                return Ok(None);
            };
            let mut places = self.of_callers(callers)?;
            places.append(&mut self.of_notes(&call_note::calls_with(self.connection, words(&self.query))?)?);
            places
        };
        self.keep_next(&mut places);
        Ok(Some(places.into_iter().rev().collect()))
    }

    /// Of the calls with these notes those that are wanted.
    fn of_notes(&self, calls: &[String]) -> Result<BTreeSet<Place>, DeskError> {
        let unknown = if self.marks.unknown { " AND k.unknown = 1" } else { "" };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c JOIN caller k ON k.id = c.caller
             WHERE c.ulid = ?1 AND c.whose = ?2 AND (c.started_ms, c.id) < (?3, ?4) AND (c.started_ms, c.id) >= (?5, ?6)
                 {}{unknown}",
            self.marks.of_call()
        ))?;
        let mut places = BTreeSet::new();
        for call in calls {
            let given = params![call, self.whose, self.high.0, self.high.1, self.low.0, self.low.1];
            let place = statement.query_row(given, |row| Ok((row.get(0)?, row.get(1)?)));
            places.extend(place.optional()?);
        }
        Ok(places)
    }

    /// Of more than are wanted those next to where the page begins.
    fn keep_next(&self, places: &mut BTreeSet<Place>) {
        while places.len() > self.rows {
            if self.back {
                places.pop_last();
            } else {
                places.pop_first();
            }
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
            Query::All if self.marks.unknown => self.unknown()?,
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
            .query_map([MAX_LOOKED_UP as i64 + 1], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        Ok(if ids.len() > MAX_LOOKED_UP {
            Found::Many
        } else {
            Found::These(ids)
        })
    }

    /// What must hold of a caller `k`.
    fn of_caller(&self) -> (String, Vec<Value>) {
        let (told, given) = self.told();
        (format!("{}{told}", self.unknown_caller()), given)
    }

    const fn unknown_caller(&self) -> &'static str {
        if self.marks.unknown { " AND k.unknown = 1" } else { "" }
    }

    /// That the caller `k` has what is looked for.
    fn told(&self) -> (String, Vec<Value>) {
        let column = match self.query {
            Query::Digits(_) => "k.digits",
            _ => "k.search || k.digits",
        };
        let words = words(&self.query);
        let condition = format!(" AND instr({column}, ?) > 0").repeat(words.len());
        (condition, words.iter().cloned().map(Value::from).collect())
    }

    /// What must hold of a call `c` of a caller `k`, besides its marks: what is looked for may stand in a note too.
    pub(super) fn of_row(&self) -> (String, Vec<Value>) {
        let (told, mut given) = self.told();
        if given.is_empty() {
            return (self.unknown_caller().to_owned(), given);
        }
        let noted = " AND instr(n.search, ?) > 0".repeat(given.len());
        given.extend(given.clone());
        let condition = format!(
            "{} AND (1{told} OR EXISTS (SELECT 1 FROM call_note n WHERE n.call_id = c.ulid{noted}))",
            self.unknown_caller()
        );
        (condition, given)
    }

    /// The calls of these callers. The latest callers come first: once the page is full and the next
    /// caller's last call is older than all of it, no other can add to it.
    fn of_callers(&self, callers: Vec<Caller>) -> Result<BTreeSet<Place>, DeskError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c
             WHERE c.caller = ?1 AND c.whose = ?7 AND (c.started_ms, c.id) < (?2, ?3)
                 AND (c.started_ms, c.id) >= (?4, ?5){}
             ORDER BY c.started_ms {order}, c.id {order} LIMIT ?6",
            self.marks.of_call(),
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
            let given = params![caller.id, high.0, high.1, low.0, low.1, self.limit(), self.whose];
            for place in statement.query_map(given, |row| Ok((row.get(0)?, row.get(1)?)))? {
                places.insert(place?);
            }
            self.keep_next(&mut places);
        }
        Ok(places)
    }

    /// What a walk through the calls in their order looks at, and its values.
    fn range(&self) -> (String, Vec<Value>) {
        let (condition, given) = self.of_row();
        let join = if condition.is_empty() {
            ""
        } else {
            " CROSS JOIN caller k ON k.id = c.caller"
        };
        let range = format!("FROM call c{join} {STRETCH}{}{condition}", self.marks.of_call());
        (range, self.bounds().into_iter().chain(given).collect())
    }

    fn bounds(&self) -> [Value; 5] {
        [self.whose, self.high.0, self.high.1, self.low.0, self.low.1].map(Value::from)
    }

    /// A walk that ends after so many calls where few of them are wanted, and the place from which the next one goes on.
    pub(super) fn walk_a_while(&mut self) -> Result<(Vec<Place>, Option<Place>), DeskError> {
        let edge = if self.sparse() { self.passed(MAX_WALKED)? } else { None };
        self.end_at(edge);
        Ok((self.walk()?, edge))
    }

    /// A walk may pass many calls without meeting one.
    fn sparse(&self) -> bool {
        self.marks.sparse() || self.query != Query::All
    }

    /// The place behind so many calls, wanted or not; none where there are no more.
    pub(super) fn passed(&self, calls: i64) -> Result<Option<Place>, DeskError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT c.started_ms, c.id FROM call c {STRETCH}{}
             ORDER BY c.started_ms {order}, c.id {order} LIMIT 1 OFFSET ?",
            self.marks.indexed(),
            order = self.order(),
        ))?;
        let given = self.bounds().into_iter().chain([calls.into()]);
        let place = statement.query_row(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(place.optional()?)
    }

    fn end_at(&mut self, edge: Option<Place>) {
        match edge {
            Some(edge) if self.back => self.high = edge,
            Some(edge) => self.low = edge,
            None => {}
        }
    }

    /// Through the calls in their order.
    pub(super) fn walk(&self) -> Result<Vec<Place>, DeskError> {
        self.walk_from(0)
    }

    pub(super) fn walk_from(&self, skipped: u32) -> Result<Vec<Place>, DeskError> {
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

    /// How many are wanted. `among`: what [`Self::among`] has told of this stretch.
    pub(super) fn count(&mut self, among: Option<i64>) -> Result<u32, DeskError> {
        let Some(all) = among else { return self.count_all() };
        let whole = (self.low, self.high);
        let edge = self.passed(MAX_COUNTED)?;
        self.end_at(edge);
        let met = self.count_all()?;
        (self.low, self.high) = whole;
        Ok(small(i64::from(met) * all / MAX_COUNTED))
    }

    /// Among how many calls those that are wanted are; none where they are few enough to be counted.
    pub(super) fn among(&self) -> Result<Option<i64>, DeskError> {
        if !self.sparse() {
            return Ok(None);
        }
        let indexed = self.marks.indexed();
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM call c {STRETCH}{indexed}"))?;
        let all = statement.query_row(params_from_iter(self.bounds()), |row| row.get(0))?;
        Ok(Some(all).filter(|all| *all > MAX_COUNTED))
    }

    fn count_all(&self) -> Result<u32, DeskError> {
        let (range, given) = self.range();
        let mut statement = self.connection.prepare_cached(&format!("SELECT count(*) {range}"))?;
        Ok(small(
            statement.query_row(params_from_iter(given), |row| row.get::<_, i64>(0))?,
        ))
    }

    /// Those who wait, by the newest missed call of each.
    pub(super) fn heads(&self) -> Result<Vec<Callback>, DeskError> {
        // The queue is the user's own.
        if self.whose != OWN {
            return Ok(Vec::new());
        }
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

    pub(super) fn waiting(&self, limit: usize) -> Result<CallsPage, DeskError> {
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
