//! The call list as a text with semicolons: what is listed, row by row.

use super::kept::CallColumn;
use super::page::{self, Stretch};
use super::{CallsFilter, CallsPage, CallsSpan};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::report::{Failure, begin_csv, into_file, put_csv};
use crate::room::row::CallRow;
use crate::room::{FileWritten, MAX_CHOSEN, MAX_PAGE_ROWS};
use crate::words::Words;
use perezvon_core::{Direction, Time};
use std::path::Path;

/// Most rows of a file: a sheet has no more.
const MAX_ROWS: usize = 1_000_000;

impl Desk {
    /// Writes the calls that the filter lists, or of its list the `chosen` alone, into a file of the folder, in UTF-8 or in
    /// windows-1251, under a name that is free. `going` hears how many there are so far, and ends it with `false`: then
    /// there is no file. A chosen call that is gone is left out; where all are, there is no file either.
    pub fn write_calls(
        &self,
        (filter, span): (&CallsFilter, CallsSpan),
        chosen: Option<&[String]>,
        (columns, cyrillic): (&[CallColumn], bool),
        place: (&Path, &str),
        mut going: impl FnMut(usize) -> bool,
    ) -> Result<FileWritten, DeskError> {
        let words = self.words();
        let mut page = match chosen {
            Some(ids) => self.chosen_calls(filter, ids)?,
            None => self.page_of_file(filter, span, None)?,
        };
        let mut written = 0;
        let path = into_file(place, "csv", |out| {
            begin_csv(out, cyrillic)?;
            let heads: Vec<String> = columns.iter().map(|column| column.head(words)).collect();
            put_csv(out, &heads, cyrillic)?;
            loop {
                for row in &page.rows {
                    let cells: Vec<String> = columns.iter().map(|column| cell(row, *column, words)).collect();
                    put_csv(out, &cells, cyrillic)?;
                }
                written += page.rows.len();
                if !going(written) {
                    return Err(Failure::Desk(DeskError::Cancelled));
                }
                let Some(next) = &page.next else { return Ok(()) };
                if written >= MAX_ROWS {
                    return Err(Failure::Desk(DeskError::TooLong));
                }
                page = self.page_of_file(filter, span, Some(next)).map_err(Failure::Desk)?;
            }
        })?;
        Ok(FileWritten::of(&path, written))
    }

    fn page_of_file(
        &self,
        filter: &CallsFilter,
        span: CallsSpan,
        cursor: Option<&str>,
    ) -> Result<CallsPage, DeskError> {
        let stretch = Stretch {
            span,
            cursor,
            back: false,
            limit: MAX_PAGE_ROWS,
        };
        self.db.read(|c| page::read(c, filter, stretch))
    }

    /// All of them on one page.
    fn chosen_calls(&self, filter: &CallsFilter, ids: &[String]) -> Result<CallsPage, DeskError> {
        if ids.len() > MAX_CHOSEN {
            return Err(DeskError::TooLong);
        }
        let rows = self.db.read(|c| page::chosen(c, filter, ids))?;
        if rows.is_empty() {
            return Err(DeskError::NotFound);
        }
        Ok(CallsPage { rows, next: None })
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
