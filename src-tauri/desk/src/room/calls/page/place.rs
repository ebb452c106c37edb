//! Where in the list a moment or a row is.

use super::wanted::Wanted;
use super::{cursor_of, place_of, small};
use crate::error::DeskError;
use crate::room::calls::{CallsAt, CallsFilter, CallsPlace, CallsSpan};
use crate::room::row::Place;
use rusqlite::Connection;

/// How many calls are above a moment or a row, and the cursor of a page that begins there.
pub(in crate::room::calls) fn find(
    connection: &Connection,
    filter: &CallsFilter,
    span: CallsSpan,
    at: CallsAt,
) -> Result<CallsPlace, DeskError> {
    let wanted = Wanted::of(connection, filter, span, usize::MAX)?;
    let places: Option<Vec<Place>> = if filter.waiting {
        let heads = wanted.heads()?;
        Some(heads.iter().map(place_of).collect())
    } else {
        wanted.looked_up()?
    };
    let Some(mut places) = places else {
        return wanted.place_by_walk(at, filter.oldest_first);
    };
    if filter.oldest_first {
        places.reverse();
        let row = match at {
            CallsAt::Moment(ms) => places.partition_point(|place| *place < (ms, i64::MIN)),
            CallsAt::Row(row) => places.len().saturating_sub(1).min(row as usize),
        };
        return Ok(CallsPlace {
            row: small(row),
            total: small(places.len()),
            cursor: places.get(row).filter(|_| row > 0).copied().map(cursor_of),
        });
    }
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

impl Wanted<'_> {
    /// Counts the calls on the way; where it would pass very many for few, both figures are about right, and the row is
    /// where it would be if they lay evenly.
    fn place_by_walk(mut self, at: CallsAt, oldest_first: bool) -> Result<CallsPlace, DeskError> {
        let among = self.among()?;
        let total = self.count(among)?;
        match at {
            CallsAt::Moment(ms) => {
                let moment = (ms, i64::MIN);
                if oldest_first {
                    self.high = self.high.min(moment);
                } else {
                    self.low = self.low.max(moment);
                }
                let among = self.among()?;
                let row = self.count(among)?.min(total);
                // Where few are wanted among many, none counted does not mean none above.
                let row = if among.is_some() { row.max(1) } else { row };
                Ok(CallsPlace {
                    row,
                    total: total.max(row),
                    cursor: (row > 0).then(|| cursor_of(moment)),
                })
            }
            CallsAt::Row(row) if among.is_some() => {
                let row = row.min(total.saturating_sub(1));
                let passed = among.unwrap_or_default() * i64::from(row) / i64::from(total.max(1));
                self.back = oldest_first;
                Ok(CallsPlace {
                    row,
                    total,
                    cursor: self.passed(passed)?.filter(|_| row > 0).map(cursor_of),
                })
            }
            CallsAt::Row(row) if oldest_first => {
                let row = row.min(total.saturating_sub(1));
                (self.rows, self.back) = (1, true);
                let here = self.walk_from(row)?.first().copied();
                Ok(CallsPlace {
                    row,
                    total,
                    cursor: here.filter(|_| row > 0).map(cursor_of),
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
}
