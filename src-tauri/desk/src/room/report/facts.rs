//! The reader of the covering index `call_report`: the narrow columns that a report needs, in the order of time.

use super::beside::beside;
use super::settings::{Grouping, Measure, ReportSettings};
use crate::error::DeskError;
use crate::table::call::{Marks, Spans};
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Calls that are handed over together: a hundred kilobytes, which stay in the processor's cache.
const CHUNK: usize = 1024;
/// Chunks that may wait.
const CHUNKS_AHEAD: usize = 4;

/// What a report reckons with, of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) started_ms: i64,
    /// 0 where it is not needed, as the others below.
    pub(super) id: i64,
    pub(super) marks: Marks,
    pub(super) spans: Spans,
    pub(super) caller: i64,
    /// When a person answered, if one did for certain.
    pub(super) talked_ms: Option<i64>,
}

/// The columns that are read, beside those that always are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// Calls of the whole company, not only the user's own.
    pub(super) company: bool,
    pub(super) id: bool,
    pub(super) spans: bool,
    pub(super) caller: bool,
    pub(super) talked: bool,
}

impl Needs {
    pub(super) fn of(settings: &ReportSettings) -> Self {
        let by = |grouping| settings.groups_by(grouping);
        let filter = &settings.filter;
        let evidence = settings.wants(Measure::of_evidence);
        Self {
            company: filter.company,
            id: settings.rows,
            spans: settings.wants(Measure::of_talk) || settings.wants(Measure::of_wait),
            caller: evidence
                || by(Grouping::Contact)
                || by(Grouping::Company)
                || by(Grouping::Number)
                || !filter.query.is_empty(),
            talked: evidence,
        }
    }

    /// Of the calls between two moments, the second only where it is `bounded`; what is not needed is no column.
    fn query(self, bounded: bool) -> String {
        let [spans, caller, talked, id] = [
            (self.spans, "spans"),
            (self.caller, "caller"),
            (self.talked, "talked_ms"),
            (self.id, "id"),
        ]
        .map(|(needed, column)| if needed { column } else { "NULL" });
        let end = if bounded { " AND started_ms < ?2" } else { "" };
        format!(
            "SELECT {GATHER}(started_ms, marks, {spans}, {caller}, {talked}, {id}) FROM call INDEXED BY call_report
             WHERE started_ms >= ?1{end}"
        )
    }
}

/// The function of SQL that sends the calls on: to answer a million rows one by one takes SQLite twice as long.
const GATHER: &str = "gather_facts";
const ARGUMENTS: i32 = 6;

struct Gather {
    company: bool,
    chunks: SyncSender<Vec<Fact>>,
}

impl Gather {
    /// Fails where nobody takes it.
    fn send(&self, chunk: Vec<Fact>) -> rusqlite::Result<()> {
        self.chunks
            .send(chunk)
            .map_err(|gone| rusqlite::Error::UserFunctionError(gone.into()))
    }
}

impl Aggregate<Vec<Fact>, Option<i64>> for Gather {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Vec<Fact>> {
        Ok(Vec::with_capacity(CHUNK))
    }

    fn step(&self, row: &mut Context<'_>, chunk: &mut Vec<Fact>) -> rusqlite::Result<()> {
        let at = |place| match row.get_raw(place) {
            ValueRef::Integer(number) => Some(number),
            _ => None,
        };
        let known = |place| at(place).unwrap_or_default();
        let fact = Fact {
            started_ms: known(0),
            marks: Marks(known(1)),
            spans: Spans(known(2)),
            caller: known(3),
            talked_ms: at(4),
            id: known(5),
        };
        if self.company || fact.marks.own() {
            chunk.push(fact);
        }
        if chunk.len() == CHUNK {
            self.send(std::mem::replace(chunk, Vec::with_capacity(CHUNK)))?;
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, chunk: Option<Vec<Fact>>) -> rusqlite::Result<Option<i64>> {
        self.send(chunk.unwrap_or_default())?;
        Ok(None)
    }
}

/// Hands over every call of this time, in its order. They are read here and taken on a thread of their own: a million
/// take two thirds of the time that one after the other takes.
pub(super) fn each(
    connection: &Connection,
    needs: Needs,
    span: (i64, i64),
    mut take: impl FnMut(&Fact) -> Result<(), DeskError> + Send,
) -> Result<(), DeskError> {
    let (chunks, taken) = sync_channel::<Vec<Fact>>(CHUNKS_AHEAD);
    let (taken, read) = beside(
        move || {
            let whole = taken.iter().take_while(|chunk| !chunk.is_empty());
            whole.flatten().try_for_each(|fact| take(&fact))
        },
        || {
            let read = read(connection, needs, span, chunks.clone());
            // The end: the function may live as long as the connection.
            let _ = chunks.send(Vec::new());
            read
        },
    );
    taken.and(read)
}

/// Sends the calls of this time in chunks, in the order of the index, until nobody wants more.
fn read(
    connection: &Connection,
    needs: Needs,
    span: (i64, i64),
    chunks: SyncSender<Vec<Fact>>,
) -> Result<(), DeskError> {
    let company = needs.company;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_aggregate_function(GATHER, ARGUMENTS, flags, Gather { company, chunks })?;
    // Where nothing is later, no row need be held against the end.
    let latest: Option<i64> = connection.query_row("SELECT max(started_ms) FROM call", [], |row| row.get(0))?;
    let bounded = latest.is_some_and(|latest| latest >= span.1);
    let bounds = [span.0, span.1].into_iter().take(1 + usize::from(bounded));
    let read = connection.query_row(&needs.query(bounded), params_from_iter(bounds), |_| Ok(()));
    connection.remove_function(GATHER, ARGUMENTS)?;
    Ok(read?)
}

/// Whole seconds, as the call list shows them.
pub(super) fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The index alone is read, whatever is needed: no row of the wide table, and nothing is sorted.
    #[test]
    fn the_index_has_all_that_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let desk = crate::desk::Desk::open(folder.path()).unwrap();
        let all = Needs {
            company: true,
            id: true,
            spans: true,
            caller: true,
            talked: true,
        };
        desk.db
            .read(|c| {
                let nothing = |_: &Context<'_>| Ok(0);
                c.create_scalar_function(GATHER, ARGUMENTS, FunctionFlags::SQLITE_UTF8, nothing)?;
                let mut program = c.prepare(&format!("EXPLAIN {}", all.query(true)))?;
                let steps = program.query_map([0, 1], |row| Ok((row.get(1)?, row.get(2)?)))?;
                let steps: Vec<(String, i64)> = steps.collect::<Result<_, _>>()?;
                let cursors = |what: &str| -> Vec<i64> {
                    let those = steps.iter().filter(|step| step.0.starts_with(what));
                    those.map(|step| step.1).collect()
                };
                let [index] = cursors("SeekGE")[..] else {
                    panic!("{steps:?}")
                };
                assert!(cursors("Column").iter().all(|cursor| *cursor == index), "{steps:?}");
                assert_eq!(cursors("Column").len(), 5, "the id is the index's last");
                assert!(cursors("Sorter").is_empty(), "{steps:?}");
                Ok(())
            })
            .unwrap();
    }
}
