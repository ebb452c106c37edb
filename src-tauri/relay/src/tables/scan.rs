//! Searches of a journal without an index, in bounded steps: a page examines a fixed number of rows and returns a
//! cursor, so that no search occupies a connection for long.

use perezvon_core::{Number, Time};
use rusqlite::{Connection, ToSql, types::Value};

/// Rows that one page examines.
pub(crate) const PAGE_ROWS: usize = 10_000;

/// The order in which a journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
}

/// One page and where the next begins. A page may be short, or empty, and still be followed by another.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    /// The `cursor` of the next page; none: all rows were examined.
    pub(crate) next: Option<i64>,
}

/// A time span: includes the first time, excludes the second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) from: Option<Time>,
    pub(crate) to: Option<Time>,
}

/// The rows that one page examines: from the first to the last number, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowWindow {
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// The cursor after the window; none if the window ends the search.
    pub(crate) next: Option<i64>,
}

/// The next rows to examine after `cursor`, of those for which `indexed` holds (an indexed condition on `?1`), within
/// the numbers of the time span.
pub(crate) fn window(
    connection: &Connection,
    table: &str,
    indexed: (&str, Value),
    (first, last): (i64, i64),
    order: Order,
    cursor: Option<i64>,
) -> rusqlite::Result<RowWindow> {
    let (condition, value) = indexed;
    let (first, last) = match (order, cursor) {
        (_, None) => (first, last),
        (Order::NewestFirst, Some(cursor)) => (first, last.min(cursor.saturating_sub(1))),
        (Order::OldestFirst, Some(cursor)) => (first.max(cursor.saturating_add(1)), last),
    };
    let direction = match order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    let sql = format!(
        "SELECT seq FROM {table} WHERE {condition} AND seq BETWEEN ?2 AND ?3 ORDER BY seq {direction} LIMIT 1 OFFSET {}",
        PAGE_ROWS - 1
    );
    let params: [&dyn ToSql; 3] = [&value, &first, &last];
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let edge: Option<i64> = rows.next()?.map(|row| row.get(0)).transpose()?;
    Ok(match (order, edge) {
        (_, None) => RowWindow {
            first,
            last,
            next: None,
        },
        (Order::NewestFirst, Some(edge)) => RowWindow {
            first: edge,
            last,
            next: Some(edge),
        },
        (Order::OldestFirst, Some(edge)) => RowWindow {
            first,
            last: edge,
            next: Some(edge),
        },
    })
}

/// The lowest and the highest number of the rows of a time span, from the index alone. The clock may have been set,
/// so these numbers need not be contiguous. None: there is no row of that time.
pub(crate) fn numbers_of(
    connection: &Connection,
    table: &str,
    column: &str,
    span: Span,
) -> rusqlite::Result<Option<(i64, i64)>> {
    if span.from.is_none() && span.to.is_none() {
        return Ok(Some((i64::MIN, i64::MAX)));
    }
    let sql = format!("SELECT min(seq), max(seq) FROM {table} WHERE {column} >= ?1 AND {column} < ?2");
    let from = span.from.map_or(i64::MIN, Time::ms);
    let to = span.to.map_or(i64::MAX, Time::ms);
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([from, to], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?))
    })
}

/// The patterns of `LIKE … ESCAPE '\'` for a typed text: the text anywhere, and, if it is a phone number in any
/// notation, its digits as the PBX writes them.
pub(crate) fn patterns(text: &str) -> (String, String) {
    let anywhere = |text: &str| {
        let mut pattern = String::with_capacity(text.len() + 2);
        pattern.push('%');
        for c in text.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    };
    let plain = anywhere(text);
    let dialled = Number::parse(text).dial();
    let digits = dialled.filter(|digits| digits.len() >= 5 && !text.chars().any(char::is_alphabetic));
    let digits = digits.map_or_else(|| plain.clone(), |digits| anywhere(digits.trim_start_matches('+')));
    (plain, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_as_it_stands_and_a_number_in_every_spelling() {
        let (plain, digits) = patterns("50%_a\\b");
        assert_eq!(plain, "%50\\%\\_a\\\\b%", "wildcards are letters like others");
        assert_eq!(plain, digits, "what is no number has one form");
        let (plain, digits) = patterns("8 (900) 000-00-99");
        assert_eq!(plain, "%8 (900) 000-00-99%");
        assert_eq!(
            digits, "%9000000099%",
            "it is found with +7, with 8 and in an abonent's id"
        );
    }
}
