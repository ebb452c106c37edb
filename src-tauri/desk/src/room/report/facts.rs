//! The reader of the covering index `call_report`: the narrow columns that a report needs, in the order of time.

use super::settings::{Grouping, ReportSettings};
use crate::error::DeskError;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;

/// Calls that are handed over together: a hundred kilobytes, which stay in the processor's cache.
const CHUNK: usize = 1024;
/// Chunks that may wait.
const CHUNKS_AHEAD: usize = 4;

/// What a report reckons with, of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fact {
    pub(super) started_ms: i64,
    pub(super) id: i64,
    pub(super) incoming: bool,
    pub(super) missed: bool,
    /// When a person answered, if one did for certain.
    pub(super) talked_ms: Option<i64>,
    /// Whole seconds.
    pub(super) talk_s: Option<u32>,
    pub(super) wait_s: Option<u32>,
    pub(super) abonent: Option<i64>,
    pub(super) caller: i64,
    pub(super) line: Option<i64>,
    pub(super) outcome: i64,
    pub(super) internal: bool,
}

/// The columns that are read, beside those that always are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// Calls of the whole company, not only the user's own.
    pub(super) company: bool,
    pub(super) id: bool,
    pub(super) talked: bool,
    pub(super) talk: bool,
    pub(super) wait: bool,
    pub(super) abonent: bool,
    pub(super) caller: bool,
    pub(super) line: bool,
    pub(super) outcome: bool,
    pub(super) internal: bool,
}

impl Needs {
    pub(super) fn of(settings: &ReportSettings) -> Self {
        let by = |grouping| settings.groups_by(grouping);
        let filter = &settings.filter;
        let evidence = settings.wants(super::settings::Measure::of_evidence);
        Self {
            company: filter.company,
            id: settings.rows,
            talked: evidence || settings.wants(|measure| measure == super::settings::Measure::Answered),
            talk: settings.wants(super::settings::Measure::of_talk),
            wait: settings.wants(super::settings::Measure::of_wait),
            abonent: by(Grouping::Abonent) || !filter.abonents.is_empty(),
            caller: evidence
                || by(Grouping::Contact)
                || by(Grouping::Company)
                || by(Grouping::Number)
                || !filter.query.is_empty(),
            line: by(Grouping::Line) || !filter.lines.is_empty(),
            outcome: by(Grouping::Outcome) || !filter.outcomes.is_empty(),
            internal: filter.internal.is_some(),
        }
    }

    /// The columns, and where each stands.
    fn columns(self) -> (String, [Option<usize>; 9]) {
        let wanted = [
            (self.id, "id"),
            (self.talked, "talked_ms"),
            (self.talk, "talk_ms"),
            (self.wait, "wait_ms"),
            (self.abonent, "abonent"),
            (self.caller, "caller"),
            (self.line, "line"),
            (self.outcome, "outcome"),
            (self.internal, "internal"),
        ];
        // Direction and missed are one number: a column less for each of a million rows.
        let mut columns = String::from("started_ms, incoming + 2 * missed");
        let mut next = 2;
        let places = wanted.map(|(wanted, name)| {
            wanted.then(|| {
                columns.push_str(", ");
                columns.push_str(name);
                next += 1;
                next - 1
            })
        });
        (columns, places)
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
    std::thread::scope(|scope| {
        let taking = scope.spawn(move || taken.iter().flatten().try_for_each(|fact| take(&fact)));
        // Nobody takes what is sent once the taking has failed.
        let read = read(connection, needs, span, |chunk| chunks.send(chunk).is_ok());
        drop(chunks);
        let taken = taking.join().unwrap_or_else(|panic| resume_unwind(panic));
        taken.and(read)
    })
}

/// Sends the calls of this time in chunks, until nobody wants more.
fn read(
    connection: &Connection,
    needs: Needs,
    (from_ms, to_ms): (i64, i64),
    send: impl Fn(Vec<Fact>) -> bool,
) -> Result<(), DeskError> {
    let (columns, [id, talked, talk, wait, abonent, caller, line, outcome, internal]) = needs.columns();
    let own = if needs.company { "" } else { " AND whose = 0" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM call INDEXED BY call_report
         WHERE started_ms >= ?1 AND started_ms < ?2{own} ORDER BY started_ms"
    ))?;
    let mut rows = statement.query([from_ms, to_ms])?;
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Some(row) = rows.next()? {
        let flags = number(row, 1)?.unwrap_or_default();
        let at = |place: Option<usize>| place.map_or(Ok(None), |place| number(row, place));
        chunk.push(Fact {
            started_ms: number(row, 0)?.unwrap_or_default(),
            incoming: flags & 1 != 0,
            missed: flags & 2 != 0,
            id: at(id)?.unwrap_or_default(),
            talked_ms: at(talked)?,
            talk_s: at(talk)?.map(seconds),
            wait_s: at(wait)?.map(seconds),
            abonent: at(abonent)?,
            caller: at(caller)?.unwrap_or_default(),
            line: at(line)?,
            outcome: at(outcome)?.unwrap_or_default(),
            internal: at(internal)?.unwrap_or_default() != 0,
        });
        if chunk.len() == CHUNK && !send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK))) {
            return Ok(());
        }
    }
    send(chunk);
    Ok(())
}

/// Whole seconds, as the call list shows them.
pub(super) fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / 1000).unwrap_or(u32::MAX)
}

fn number(row: &Row<'_>, at: usize) -> Result<Option<i64>, DeskError> {
    Ok(match row.get_ref(at)? {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    })
}
