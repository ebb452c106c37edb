//! A page of the call list. What is looked for is looked for among the callers, which are few; then come their calls, by
//! index. What most callers have is met soon by a walk through the calls in their order.

mod marks;
mod place;
mod wanted;

pub(super) use place::find;

use super::{CallsFilter, CallsPage, CallsSpan};
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::room::row::{CallRow, Place, rows_at};
use crate::table::callback::Callback;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use wanted::Wanted;

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
    let mut wanted = Wanted::of(connection, filter, stretch.span, limit + 1)?;
    // With the oldest first a page goes on upwards, from its cursor on.
    wanted.back = stretch.back != (filter.oldest_first && !filter.waiting);
    match cursor {
        Some(cursor) if wanted.back => wanted.low = wanted.low.max(cursor),
        Some(cursor) => wanted.high = wanted.high.min(cursor),
        None => {}
    }
    if filter.waiting {
        return wanted.waiting(limit);
    }
    let (mut places, edge) = match wanted.looked_up()? {
        Some(places) => (places, None),
        None => wanted.walk_a_while()?,
    };
    let next = wanted.cut(&mut places, limit, |place| *place);
    let next = next.or(edge.map(cursor_of));
    if filter.oldest_first {
        places.reverse();
    }
    Ok(CallsPage {
        next,
        rows: rows_at(connection, &places)?,
    })
}

fn small(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

/// See [`crate::desk::Desk::call_rows`].
pub(super) fn rows(connection: &Connection, filter: &CallsFilter, ids: &[String]) -> Result<Vec<CallRow>, DeskError> {
    let ids = &ids[..ids.len().min(MAX_PAGE_ROWS as usize)];
    rows_at(connection, &places_of(connection, filter, ids)?)
}

/// Of these calls those that there still are in the filter's view, whatever else it says, in the order of its list.
pub(super) fn chosen(connection: &Connection, filter: &CallsFilter, ids: &[String]) -> Result<Vec<CallRow>, DeskError> {
    let all = CallsFilter {
        abonent: filter.abonent.clone(),
        ..CallsFilter::default()
    };
    let mut places = places_of(connection, &all, ids)?;
    places.sort_unstable();
    places.dedup();
    if !filter.oldest_first {
        places.reverse();
    }
    rows_at(connection, &places)
}

/// Where those of these calls stand that the filter lists.
fn places_of(connection: &Connection, filter: &CallsFilter, ids: &[String]) -> Result<Vec<Place>, DeskError> {
    let wanted = Wanted::of(connection, filter, CallsSpan::default(), 1)?;
    let (condition, given) = wanted.of_row();
    let waiting = if filter.waiting {
        " AND EXISTS (SELECT 1 FROM callback b, mirror m
                      WHERE b.owner = m.owner AND b.head = 1 AND b.newest_call = c.ulid)"
    } else {
        ""
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.started_ms, c.id FROM call c JOIN caller k ON k.id = c.caller
         WHERE c.ulid = ? AND c.whose = ?{}{waiting}{condition}",
        wanted.marks.of_call()
    ))?;
    let mut places = Vec::new();
    for id in ids {
        let given = [Value::from(id.clone()), wanted.whose.into()]
            .into_iter()
            .chain(given.iter().cloned());
        let place = statement.query_row(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)));
        places.extend(place.optional()?);
    }
    Ok(places)
}

fn place(cursor: &str) -> Option<Place> {
    let (started, id) = cursor.split_once(':')?;
    Some((started.parse().ok()?, id.parse().ok()?))
}

/// Of one who waits.
fn place_of(head: &Callback) -> Place {
    (head.rank_ms, head.id)
}

fn cursor_of((started, id): Place) -> String {
    format!("{started}:{id}")
}
