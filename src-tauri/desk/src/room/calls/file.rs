//! The call list as a text with semicolons: what is listed, row by row.

use super::kept::CallColumn;
use super::page::{self, Stretch};
use super::{CallsFilter, CallsSpan};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::room::report::{Failure, begin_csv, into_file, put_csv};
use crate::room::row::CallRow;
use crate::words::Words;
use perezvon_core::{Direction, Time};
use std::path::{Path, PathBuf};

/// Most rows of a file: a sheet has no more.
const MAX_ROWS: usize = 1_000_000;

impl Desk {
    /// Writes the calls that the filter lists into a file of the folder, in UTF-8 or in windows-1251, under a name that is
    /// free, and answers its path. `going` hears how many there are so far, and ends it with `false`: then there is no file.
    pub fn write_calls(
        &self,
        (filter, span): (&CallsFilter, CallsSpan),
        columns: &[CallColumn],
        cyrillic: bool,
        place: (&Path, &str),
        mut going: impl FnMut(usize) -> bool,
    ) -> Result<PathBuf, DeskError> {
        let words = self.words();
        let read = |cursor: Option<&str>| {
            let stretch = Stretch {
                span,
                cursor,
                back: false,
                limit: MAX_PAGE_ROWS,
            };
            self.db.read(|c| page::read(c, filter, stretch)).map_err(Failure::Desk)
        };
        into_file(place, "csv", |out| {
            begin_csv(out, cyrillic)?;
            let heads: Vec<String> = columns.iter().map(|column| column.head(words)).collect();
            put_csv(out, &heads, cyrillic)?;
            let (mut page, mut written) = (read(None)?, 0);
            loop {
                for row in &page.rows {
                    let cells: Vec<String> = columns.iter().map(|column| cell(row, *column, words)).collect();
                    put_csv(out, &cells, cyrillic)?;
                }
                written += page.rows.len();
                if !going(written) {
                    return Err(Failure::Desk(DeskError::Cancelled));
                }
                let Some(next) = page.next else { return Ok(()) };
                if written >= MAX_ROWS {
                    return Err(Failure::Desk(DeskError::TooLong));
                }
                page = read(Some(&next))?;
            }
        })
    }
}

fn cell(row: &CallRow, column: CallColumn, words: Words) -> String {
    let seconds = |ms: Option<u32>| ms.map(|ms| (ms / 1000).to_string()).unwrap_or_default();
    match column {
        CallColumn::Date => row
            .started_at
            .as_deref()
            .and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok())
            .map(|at| {
                words
                    .local(Time::from(at.to_utc()))
                    .format("%d.%m.%Y %H:%M:%S")
                    .to_string()
            })
            .unwrap_or_default(),
        CallColumn::Number if row.hidden => words.hidden_number(),
        CallColumn::Number => row.number.clone().unwrap_or_default(),
        CallColumn::Incoming => words.yes_no(row.direction == Direction::Incoming),
        CallColumn::Missed => words.yes_no(row.not_reached()),
        CallColumn::Seconds => seconds(row.talk_ms),
        CallColumn::Person => row.name.clone().unwrap_or_default(),
        CallColumn::Abonent => row.abonent_id.clone().unwrap_or_default(),
        CallColumn::Status if row.lost => words.lost(),
        CallColumn::Status if row.uncertain => String::new(),
        CallColumn::Status => words.status(row.direction, row.outcome),
        CallColumn::Line => row.line.clone().unwrap_or_default(),
        CallColumn::Wait => seconds(row.wait_ms),
    }
}
