//! A page of «Записи», by a walk through the recordings in their order: an index of its own has those that are looked for among
//! 100,000 of them in a few milliseconds, as a row is narrow and its texts are short.

use super::{MarkView, RecordingKind, RecordingRow, RecordingsFilter, RecordingsPage, SoundPlace};
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::table::{call_note, mirror, recording};
use crate::text::{self, Query};
use crate::who::{self, Party};
use crate::words::{Problem, SoundFault};
use perezvon_core::Time;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

pub(super) fn read(
    connection: &Connection,
    filter: &RecordingsFilter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<RecordingsPage, DeskError> {
    let before = match cursor {
        Some(cursor) => place(cursor).ok_or(DeskError::NotFound)?,
        None => (i64::MAX, i64::MAX),
    };
    let limit = limit.clamp(1, MAX_PAGE_ROWS) as usize;
    let (condition, mut given) = wanted(connection, filter, before)?;
    given.push((limit as i64 + 1).into());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT r.started_ms, r.id FROM recording r WHERE {condition} ORDER BY r.started_ms DESC, r.id DESC LIMIT ?"
    ))?;
    let places = statement.query_map(params_from_iter(given), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut places: Vec<(i64, i64)> = places.collect::<Result<_, _>>()?;
    let more = places.len() > limit;
    places.truncate(limit);
    let ids: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    let looked_for = match Query::of(&filter.query) {
        Query::Words(words) => Some(words),
        Query::Digits(_) => Some(text::words(&filter.query)),
        Query::All => None,
    };
    Ok(RecordingsPage {
        next: places
            .last()
            .filter(|_| more)
            .map(|(started, id)| format!("{started}:{id}")),
        rows: rows(connection, &ids, looked_for.as_deref())?,
    })
}

fn place(cursor: &str) -> Option<(i64, i64)> {
    let (started, id) = cursor.split_once(':')?;
    Some((started.parse().ok()?, id.parse().ok()?))
}

/// The condition on a recording `r`, and what it is given.
fn wanted(
    connection: &Connection,
    filter: &RecordingsFilter,
    before: (i64, i64),
) -> Result<(String, Vec<Value>), DeskError> {
    let mut condition = "r.owner = ? AND (r.started_ms, r.id) < (?, ?)".to_owned();
    let mut given: Vec<Value> = vec![mirror::owner(connection)?.into(), before.0.into(), before.1.into()];
    condition.push_str(match filter.kind {
        RecordingKind::All => "",
        RecordingKind::Here => " AND r.place = 2",
        RecordingKind::Missing => " AND r.place < 2",
        RecordingKind::Unheard => " AND r.heard_ms IS NULL",
        RecordingKind::Marked => " AND r.marks > 0",
    });
    let mut and = |text: &str, value: Value| {
        condition.push_str(text);
        given.push(value);
    };
    if let Some(incoming) = filter.incoming {
        and(" AND r.incoming = ?", incoming.into());
    }
    if let Some(abonent) = &filter.abonent {
        and(" AND r.abonent = ?", abonent.clone().into());
    }
    if let Some(from) = filter.from {
        and(" AND r.started_ms >= ?", from.ms().into());
    }
    if let Some(to) = filter.to {
        and(" AND r.started_ms < ?", to.ms().into());
    }
    if let Some(seconds) = filter.longer_s {
        and(
            " AND coalesce(r.length_ms, r.told_ms, 0) >= ?",
            (i64::from(seconds) * 1000).into(),
        );
    }
    if let Some(seconds) = filter.shorter_s {
        and(
            " AND coalesce(r.length_ms, r.told_ms, 0) < ?",
            (i64::from(seconds) * 1000).into(),
        );
    }
    look_for(connection, &filter.query, &mut condition, &mut given)?;
    Ok((condition, given))
}

/// Found by the party, by the note of the call's document, or by a mark.
fn look_for(
    connection: &Connection,
    query: &str,
    condition: &mut String,
    given: &mut Vec<Value>,
) -> Result<(), DeskError> {
    let (by_party, words) = match Query::of(query) {
        Query::All => return Ok(()),
        Query::Digits(digits) => {
            given.push(digits.into());
            ("instr(r.digits, ?) > 0".to_owned(), text::words(query))
        }
        Query::Words(words) => {
            given.extend(words.iter().map(|word| Value::from(word.clone())));
            (vec!["instr(r.search, ?) > 0"; words.len()].join(" AND "), words)
        }
    };
    given.push(serde_json::to_string(&call_note::calls_with(connection, &words)?)?.into());
    given.extend(words.iter().map(|word| Value::from(word.clone())));
    let in_mark = vec!["instr(m.search, ?) > 0"; words.len()].join(" AND ");
    let found = [
        " AND (",
        &by_party,
        // Few calls have a note.
        " OR r.call IN (SELECT value FROM json_each(?)) OR r.marks > 0 AND EXISTS (
            SELECT 1 FROM recording_mark m WHERE m.recording = r.id AND ",
        &in_mark,
        "))",
    ];
    condition.extend(found);
    Ok(())
}

const ROW: &str =
    "SELECT r.id, r.call, r.key, r.name, r.shown, r.hidden, r.incoming, r.started_ms, r.length_ms, r.told_ms,
        coalesce(r.bytes, r.told_bytes), r.abonent, r.abonent_name, r.place, r.damaged, r.gone, r.problem, r.erased_ms,
        r.heard_ms IS NOT NULL, r.marks, r.format
    FROM recording r WHERE r.id = ?1 AND r.owner = ?2";

/// The rows of these ids, in their order; `words` are looked for in their marks.
pub(super) fn rows(
    connection: &Connection,
    ids: &[i64],
    words: Option<&[String]>,
) -> Result<Vec<RecordingRow>, DeskError> {
    let owner = mirror::owner(connection)?;
    let mut statement = connection.prepare_cached(ROW)?;
    let mut rows = Vec::new();
    for id in ids {
        let Some((row, party)) = statement.query_row((id, &owner), narrow).optional()? else {
            continue;
        };
        let who = who::who(connection, party)?;
        let mut row = RecordingRow {
            name: who.name,
            number: who.number,
            ..row
        };
        if let Some(words) = words.filter(|words| row.marks > 0 && !words.is_empty()) {
            let marks = recording::marks(connection, row.id)?;
            let has_all = |note: &str| words.iter().all(|word| text::fold(note).contains(word));
            row.found = marks.into_iter().find(|mark| has_all(&mark.note)).map(MarkView::of);
        }
        rows.push(row);
    }
    Ok(rows)
}

fn narrow(row: &Row<'_>) -> rusqlite::Result<(RecordingRow, Party)> {
    let party = Party {
        key: row.get(2)?,
        name: row.get(3)?,
        shown: row.get(4)?,
        hidden: row.get(5)?,
    };
    let abonent: String = row.get(11)?;
    let abonent_name: Option<String> = row.get(12)?;
    let (length_ms, told_ms): (Option<i64>, Option<i64>) = (row.get(8)?, row.get(9)?);
    let problem = row.get::<_, Option<String>>(16)?.and_then(|word| Problem::of(&word));
    let time = |ms: i64| Time::from_ms(ms).to_string();
    let view = RecordingRow {
        id: row.get(0)?,
        call: row.get(1)?,
        name: None,
        number: None,
        hidden: row.get(5)?,
        incoming: row.get(6)?,
        started_at: time(row.get(7)?),
        length_ms: length_ms.or(told_ms),
        told_ms: told_ms.filter(|_| problem == Some(SoundFault::Length.into())),
        bytes: row.get(10)?,
        abonent: (!abonent.is_empty()).then(|| abonent_name.unwrap_or(abonent)),
        place: SoundPlace::of(row.get(13)?, row.get(14)?, row.get(15)?),
        gone: row.get(15)?,
        problem,
        format: row.get(20)?,
        erased_at: row.get::<_, Option<i64>>(17)?.map(time),
        heard: row.get(18)?,
        marks: row.get(19)?,
        found: None,
    };
    Ok((view, party))
}
