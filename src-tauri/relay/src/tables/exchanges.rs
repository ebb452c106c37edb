//! The journal of requests to the PBX: method, result, duration and cause.

use super::LedgerError;
use super::scan::{self, Order, Page, Span};
use perezvon_core::Time;
use rusqlite::{Connection, Row, ToSql, types::Value};
use serde::Serialize;
use utoipa::ToSchema;

/// One REST exchange with the PBX. Contains no token and no body.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExchangeRow {
    /// When it ended.
    pub(crate) at: Time,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// From the start to the end of the answer.
    pub(crate) ms: i64,
    /// Code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// Its cause: `keeper`, `call:KEY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) correlation: Option<String>,
}

/// One line of the journal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Exchange)]
pub(crate) struct Numbered {
    pub(crate) seq: i64,
    #[serde(flatten)]
    pub(crate) exchange: ExchangeRow,
}

/// Appends an exchange.
pub(crate) fn add(connection: &Connection, exchange: &ExchangeRow) -> Result<(), LedgerError> {
    let sql = "INSERT INTO exchanges (at, method, path, status, ms, error, correlation)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute((
        exchange.at.ms(),
        &exchange.method,
        &exchange.path,
        exchange.status,
        exchange.ms,
        &exchange.error,
        &exchange.correlation,
    ))?;
    Ok(())
}

/// Filters of the journal. All given ones must match.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExchangeQuery {
    /// Text contained in the path, the error or the cause.
    pub(crate) q: Option<String>,
    /// Only those that failed.
    pub(crate) failed: bool,
    pub(crate) span: Span,
    /// [`Page::next`] of the previous page.
    pub(crate) cursor: Option<i64>,
    pub(crate) limit: usize,
}

fn numbered(row: &Row<'_>) -> rusqlite::Result<Numbered> {
    let exchange = ExchangeRow {
        at: Time::from_ms(row.get(1)?),
        method: row.get(2)?,
        path: row.get(3)?,
        status: row.get(4)?,
        ms: row.get(5)?,
        error: row.get(6)?,
        correlation: row.get(7)?,
    };
    Ok(Numbered {
        seq: row.get(0)?,
        exchange,
    })
}

/// A page of the journal, newest first.
pub(crate) fn search(connection: &Connection, query: &ExchangeQuery) -> Result<Page<Numbered>, LedgerError> {
    let mut page = Page {
        rows: Vec::new(),
        next: None,
    };
    let Some(numbers) = scan::numbers_of(connection, "exchanges", "at", query.span)? else {
        return Ok(page);
    };
    let indexed = if query.failed {
        "?1 IS NULL AND error IS NOT NULL"
    } else {
        "?1 IS NULL"
    };
    let window = scan::window(
        connection,
        "exchanges",
        (indexed, Value::Null),
        numbers,
        Order::NewestFirst,
        query.cursor,
    )?;
    let patterns = query.q.as_deref().map(scan::patterns);
    let (plain, digits) = patterns.unzip();
    let sql = format!(
        r"SELECT seq, at, method, path, status, ms, error, correlation FROM exchanges
          WHERE {indexed} AND seq BETWEEN ?2 AND ?3 AND at >= ?4 AND at < ?5
            AND (?6 IS NULL OR path LIKE ?6 ESCAPE '\' OR path LIKE ?7 ESCAPE '\' OR error LIKE ?6 ESCAPE '\'
                 OR correlation LIKE ?6 ESCAPE '\')
          ORDER BY seq DESC LIMIT ?8"
    );
    let from = query.span.from.map_or(i64::MIN, Time::ms);
    let to = query.span.to.map_or(i64::MAX, Time::ms);
    let limit = query.limit as i64;
    let params: [&dyn ToSql; 8] = [
        &Value::Null,
        &window.first,
        &window.last,
        &from,
        &to,
        &plain,
        &digits,
        &limit,
    ];
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params, numbered)?;
    page.rows = rows.collect::<Result<_, _>>()?;
    page.next = if page.rows.len() == query.limit {
        page.rows.last().map(|row| row.seq)
    } else {
        window.next
    };
    Ok(page)
}
