//! A report as a workbook: dates, times and durations are values, the outline can be folded, totals are formulas.

use super::{Written, below};
use crate::error::DeskError;
use crate::room::report::ReportLine;
use crate::room::report::calendar::{self, DAY_MS};
use crate::room::report::settings::{Column, Grouping, Measure};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet, XlsxError};
use std::io::Write;
use std::path::Path;

/// Days from Excel's beginning of time to the epoch.
const EPOCH: i64 = 25_569;
const DAY_S: f64 = 86_400.0;

impl From<XlsxError> for DeskError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::IoError(error) => Self::file(Path::new(""), &error),
            // Of texts and ranges that are too long: a report has none.
            other => Self::File(other.to_string()),
        }
    }
}

pub(super) fn write(
    written: &Written<'_>,
    out: &mut impl Write,
    going: &mut impl FnMut(usize) -> Result<(), DeskError>,
) -> Result<(), DeskError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut page = Page {
        sheet,
        written,
        styles: Styles::new(written),
        widths: Vec::new(),
    };
    let first = page.heads()?;
    let lines = &written.report.lines;
    for (at, line) in lines.iter().enumerate() {
        going(at)?;
        let row = first + at as u32;
        let parts = (row + 1, row + below(lines, at) as u32);
        page.line(row, line, parts)?;
    }
    let end = first + lines.len() as u32;
    page.outline(first)?;
    page.line(end, &written.report.total, (first, end.saturating_sub(1)))?;
    page.finish(first, end)?;
    // Written from here, a full disk is told as one.
    let bytes = workbook.save_to_buffer()?;
    out.write_all(&bytes)
        .map_err(|error| DeskError::file(Path::new(""), &error))
}

/// Two of each: for calls, and for groups in bold.
struct Styles {
    head: Format,
    text: [Format; 2],
    day: [Format; 2],
    time: Format,
    figures: Vec<[Format; 2]>,
}

impl Styles {
    fn new(written: &Written<'_>) -> Self {
        let two = |code: &str| {
            let format = if code.is_empty() {
                Format::new()
            } else {
                Format::new().set_num_format(code)
            };
            [format.clone(), format.set_bold()]
        };
        let code = |measure: &Measure| match measure {
            Measure::MissedShare | Measure::BackShare => "0.0%",
            measure if measure.is_time() && !written.settings.seconds => "[h]:mm:ss;;",
            // The third part is for nothing: a group of missed calls has no duration, and not 0.
            measure if measure.of_talk() || measure.of_wait() => "#,##0;-#,##0;",
            measure if measure.is_time() => "#,##0.0",
            _ => "#,##0",
        };
        Self {
            head: Format::new().set_bold().set_text_wrap(),
            text: two(""),
            day: two(if written.words.ru() { "dd.mm.yyyy" } else { "d mmm yyyy" }),
            time: Format::new().set_num_format("h:mm:ss"),
            figures: written
                .settings
                .measures
                .iter()
                .map(|measure| two(code(measure)))
                .collect(),
        }
    }
}

struct Page<'a, 'w> {
    sheet: &'a mut Worksheet,
    written: &'a Written<'w>,
    styles: Styles,
    widths: Vec<usize>,
}

impl Page<'_, '_> {
    /// Answers the first row below them.
    fn heads(&mut self) -> Result<u32, DeskError> {
        for (row, head) in self.written.report.heads.iter().enumerate() {
            for (at, name) in head.iter().enumerate() {
                self.sheet
                    .write_string_with_format(row as u32, at as u16, name, &self.styles.head)?;
            }
        }
        Ok(self.written.report.heads.len() as u32)
    }

    fn wide(&mut self, at: usize, letters: usize) {
        if self.widths.len() <= at {
            self.widths.resize(at + 1, 8);
        }
        self.widths[at] = self.widths[at].max(letters.min(50));
    }

    fn line(&mut self, row: u32, line: &ReportLine, parts: (u32, u32)) -> Result<(), DeskError> {
        let bold = usize::from(line.call.is_none());
        self.label(row, line, bold)?;
        for (at, text) in line.texts.iter().enumerate() {
            let column = 1 + at as u16;
            if let (Some(Column::Time), Some(ms)) = (self.written.settings.columns.get(at), line.started_ms) {
                self.time(row, column, ms)?;
            } else {
                // A text, whatever it begins with.
                self.sheet.write_string(row, column, text)?;
                self.wide(at + 1, text.chars().count());
            }
        }
        let columns = self.written.columns();
        let sums = line.call.is_none() && parts.0 <= parts.1;
        for (at, cell) in line.cells.iter().enumerate() {
            let column = (1 + columns + at) as u16;
            let measure = self.written.settings.measures[at];
            let scale = if measure.is_time() && !self.written.settings.seconds {
                DAY_S
            } else {
                1.0
            };
            let format = &self.styles.figures[at][bold];
            if sums && measure.adds_up() && !self.counted_by_hand(measure) {
                let letter = letters(column);
                // Such sums leave each other out, so the total of the whole column counts nothing twice.
                let text = format!("SUBTOTAL(9,{letter}{}:{letter}{})", parts.0 + 1, parts.1 + 1);
                let formula = Formula::new(text).set_result((cell.value.unwrap_or(0.0) / scale).to_string());
                self.sheet.write_formula_with_format(row, column, formula, format)?;
            } else if let Some(value) = cell.value {
                self.sheet
                    .write_number_with_format(row, column, value / scale, format)?;
            }
            self.wide(usize::from(column), cell.text.chars().count() + 2);
        }
        Ok(())
    }

    /// What the lines below do not tell of themselves: whether a call was the first attempt is seen from its neighbours.
    fn counted_by_hand(&self, measure: Measure) -> bool {
        measure == Measure::First && self.written.settings.rows
    }

    fn label(&mut self, row: u32, line: &ReportLine, bold: usize) -> Result<(), DeskError> {
        if line.call.is_some() {
            return match line.started_ms.filter(|_| !line.label.is_empty()) {
                Some(ms) => self.time(row, 0, ms),
                None => Ok(()),
            };
        }
        let level = usize::from(line.level);
        let grouping = level.checked_sub(1).map(|at| self.written.settings.groupings[at]);
        let day = line.path.last().and_then(|token| token.as_deref()?.parse().ok());
        if let (Some(Grouping::Day), Some(day)) = (grouping, day) {
            let format = self.styles.day[bold].clone().set_indent(indent(level));
            let number = (calendar::day_of(day) + EPOCH) as f64;
            self.sheet.write_number_with_format(row, 0, number, &format)?;
        } else {
            let format = self.styles.text[bold].clone().set_indent(indent(level));
            self.sheet.write_string_with_format(row, 0, &line.label, &format)?;
        }
        self.wide(0, line.label.chars().count() + level * 2 + 2);
        Ok(())
    }

    /// The day is in the value too: what is copied out of the sheet still tells when the call was.
    fn time(&mut self, row: u32, column: u16, started_ms: f64) -> Result<(), DeskError> {
        let local = (self.written.local_ms)(started_ms);
        // Whole seconds: a fraction would be rounded up by some programs, and not by the journal.
        let days = (local.div_euclid(1000) * 1000) as f64 / DAY_MS as f64 + EPOCH as f64;
        self.sheet
            .write_number_with_format(row, column, days, &self.styles.time)?;
        Ok(())
    }

    /// Each level can be folded.
    fn outline(&mut self, first: u32) -> Result<(), DeskError> {
        self.sheet.group_symbols_above(true);
        let lines = &self.written.report.lines;
        for (at, line) in lines.iter().enumerate() {
            let parts = below(lines, at) as u32;
            if parts > 0 && line.call.is_none() {
                let row = first + at as u32;
                self.sheet.group_rows(row + 1, row + parts)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, first: u32, end: u32) -> Result<(), DeskError> {
        let last = (self.written.columns() + self.written.settings.measures.len()) as u16;
        self.sheet.set_freeze_panes(first, 1)?;
        if end > first {
            self.sheet.autofilter(first - 1, 0, end - 1, last)?;
        }
        self.sheet.set_repeat_rows(0, first - 1)?;
        self.sheet
            .set_landscape()
            .set_paper_size(9)
            .set_print_fit_to_pages(1, 0);
        let (from, to) = (&self.written.report.from, &self.written.report.to);
        self.sheet.set_header(format!("&L{from} – {to}&R&P / &N"));
        for (at, width) in self.widths.iter().enumerate() {
            self.sheet.set_column_width(at as u16, *width as f64 + 1.0)?;
        }
        Ok(())
    }
}

fn indent(level: usize) -> u8 {
    (level.saturating_sub(1) * 2) as u8
}

/// `A`, `B`, … of a column; a report has fewer than 26.
fn letters(column: u16) -> char {
    char::from(b'A' + column as u8)
}
