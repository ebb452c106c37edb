//! The list of documents, newest first: by whom they are about, by what was written, by their numbers.

use super::DocumentView;
use crate::db::View;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::table::call_note;
use crate::text::Query;
use crate::trigram::{self, Found};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DocumentKind {
    /// All.
    #[default]
    All,
    /// Of incoming calls.
    Incoming,
    /// Of outgoing calls.
    Outgoing,
    /// With a note, an outcome or a tag.
    Noted,
    /// With a next step.
    Next,
}

/// What to find in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[ts(export)]
pub struct DocumentsFilter {
    /// Which.
    pub kind: DocumentKind,
    /// Words of a name, a company, a note, an outcome, a tag; digits of a number; the number of a document.
    pub query: String,
    /// From this moment on, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub from_ms: Option<i64>,
    /// Before this moment, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub until_ms: Option<i64>,
}

/// A page of documents.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct DocumentsPage {
    /// At most the asked number of rows.
    pub rows: Vec<DocumentView>,
    /// Give back for the next page; none at the end.
    pub next: Option<String>,
}

impl Desk {
    /// A page of documents, newest first. `cursor` is the last page's `next`; a newer question of the view ends an older
    /// one with [`DeskError::Overtaken`].
    pub fn documents(
        &self,
        view: View,
        filter: &DocumentsFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<DocumentsPage, DeskError> {
        let before: i64 = match cursor {
            Some(cursor) => cursor.parse().map_err(|_| DeskError::NotFound)?,
            None => i64::MAX,
        };
        let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
        self.db.read_newest(view, |c| {
            let mut ids = ids(c, filter, before, limit + 1)?;
            let more = ids.len() > limit;
            ids.truncate(limit);
            let rows = ids.iter().map(|id| super::read(c, *id));
            Ok(DocumentsPage {
                rows: rows.collect::<Result<_, _>>()?,
                next: ids.last().filter(|_| more).map(i64::to_string),
            })
        })
    }

    /// Of these documents those that there are, to take the place of rows that are shown.
    pub fn document_rows(&self, ids: &[i64]) -> Result<Vec<DocumentView>, DeskError> {
        self.db.read(|c| {
            let mut rows = Vec::new();
            for id in ids.iter().take(MAX_PAGE_ROWS as usize) {
                match super::read(c, *id) {
                    Ok(row) => rows.push(row),
                    Err(DeskError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(rows)
        })
    }
}

/// By the mirror, or by the document's own snapshot, which outlives it.
const INCOMING: &str = " AND coalesce((SELECT incoming FROM call WHERE ulid = d.call_id AND whose = 0),
                                      d.snapshot ->> 'direction' = 'incoming') = 1";
const OUTGOING: &str = " AND coalesce((SELECT incoming FROM call WHERE ulid = d.call_id AND whose = 0),
                                      d.snapshot ->> 'direction' = 'incoming') = 0";

fn ids(connection: &Connection, filter: &DocumentsFilter, before: i64, limit: usize) -> Result<Vec<i64>, DeskError> {
    let mut condition = "d.id < ?".to_owned();
    let mut given: Vec<Value> = vec![before.into()];
    condition += match filter.kind {
        DocumentKind::All => "",
        DocumentKind::Incoming => INCOMING,
        DocumentKind::Outgoing => OUTGOING,
        DocumentKind::Noted => " AND EXISTS (SELECT 1 FROM call_note n WHERE n.call_id = d.call_id)",
        DocumentKind::Next => " AND EXISTS (SELECT 1 FROM call_note n WHERE n.call_id = d.call_id AND n.next <> '')",
    };
    for (moment, compared) in [
        (filter.from_ms, " AND d.registered_ms >= ?"),
        (filter.until_ms, " AND d.registered_ms < ?"),
    ] {
        if let Some(moment) = moment {
            condition += compared;
            given.push(moment.into());
        }
    }
    let query = Query::of(&filter.query);
    let (column, needles) = match &query {
        Query::All => ("", Vec::new()),
        Query::Digits(digits) => ("digits", vec![digits.clone()]),
        Query::Words(words) => ("search", words.clone()),
    };
    if !needles.is_empty() {
        let holds = vec![format!("instr(k.{column}, ?) > 0"); needles.len()].join(" AND ");
        let callers = match trigram::find(connection, "caller_fts", Some(column), &needles)? {
            Found::These(ids) => {
                let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
                format!("d.number_key IN (SELECT k.key FROM caller k WHERE k.id IN ({ids}) AND {holds})")
            }
            // Met soon by a walk through the newest.
            Found::Many => format!("EXISTS (SELECT 1 FROM caller k WHERE k.key = d.number_key AND {holds})"),
        };
        let found = [
            " AND (",
            &callers,
            " OR d.call_id IN (SELECT value FROM json_each(?)) OR d.id = ?)",
        ];
        condition.extend(found);
        given.extend(needles.iter().map(|needle| Value::from(needle.clone())));
        given.push(serde_json::to_string(&call_note::calls_with(connection, &needles)?)?.into());
        given.push(filter.query.trim().parse::<i64>().unwrap_or_default().into());
    }
    let mut statement = connection.prepare(&format!(
        "SELECT d.id FROM document d WHERE {condition} ORDER BY d.id DESC LIMIT {limit}"
    ))?;
    let ids = statement.query_map(params_from_iter(given), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
