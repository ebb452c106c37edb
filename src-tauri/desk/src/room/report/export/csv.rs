//! A report as text with semicolons: what Excel opens by a double click where the decimal sign is a comma.

use super::Written;
use crate::error::DeskError;
use crate::room::report::settings::Measure;
use crate::room::report::{ReportCell, ReportLine};
use crate::words::duration;
use std::io::Write;
use std::path::Path;

/// Why it could not be written.
pub(crate) enum Failure {
    File(std::io::Error),
    Desk(DeskError),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl Failure {
    pub(super) fn of(self, folder: &Path) -> DeskError {
        match self {
            Self::File(error) => DeskError::file(folder, &error),
            Self::Desk(error) => error,
        }
    }
}

pub(super) fn write(
    written: &Written<'_>,
    out: &mut impl Write,
    cyrillic: bool,
    going: &mut impl FnMut(usize) -> Result<(), DeskError>,
) -> Result<(), Failure> {
    begin(out, cyrillic)?;
    let mut put = |cells: &[String]| Ok::<_, Failure>(put_line(out, cells, cyrillic)?);
    for head in &written.report.heads {
        let head: Vec<String> = head.iter().map(|name| harmless(name)).collect();
        put(&head)?;
    }
    for (at, line) in written.report.lines.iter().enumerate() {
        going(at).map_err(Failure::Desk)?;
        put(&cells(written, line))?;
    }
    put(&cells(written, &written.report.total))
}

/// Begins a text, which is in UTF-8 or in windows-1251: the former with its byte order mark.
pub(crate) fn begin(out: &mut impl Write, cyrillic: bool) -> std::io::Result<()> {
    if cyrillic {
        Ok(())
    } else {
        out.write_all("\u{feff}".as_bytes())
    }
}

/// Writes a line of texts, of which none is taken for a formula.
pub(crate) fn put(out: &mut impl Write, cells: &[String], cyrillic: bool) -> std::io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| harmless(cell)).collect();
    put_line(out, &cells, cyrillic)
}

fn put_line(out: &mut impl Write, cells: &[String], cyrillic: bool) -> std::io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    let line = cells.join(";") + "\r\n";
    if cyrillic {
        out.write_all(&encoded(&line))
    } else {
        out.write_all(line.as_bytes())
    }
}

fn cells(written: &Written<'_>, line: &ReportLine) -> Vec<String> {
    let mut cells = vec![harmless(&line.label)];
    cells.extend(line.texts.iter().map(|text| harmless(text)));
    cells.resize(1 + written.columns(), String::new());
    let measures = written.settings.measures.iter().zip(&line.cells);
    cells.extend(measures.map(|(measure, cell)| figure(written, *measure, cell)));
    cells
}

/// A figure that a program reads: no blanks between thousands, a decimal sign of the language.
fn figure(written: &Written<'_>, measure: Measure, cell: &ReportCell) -> String {
    let Some(value) = cell.value else { return String::new() };
    if measure.is_time() && !written.settings.seconds {
        let text = duration(value.round() as i64 * 1000);
        // Excel would read 03:41 as hours and minutes.
        return if text.matches(':').count() == 1 {
            format!("0:{text}")
        } else {
            text
        };
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if written.words.ru() {
        text.replace('.', ",")
    } else {
        text.to_owned()
    }
}

/// What a spreadsheet would take for a formula begins with an apostrophe.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A comma in a text too: where a spreadsheet parts cells by it, what follows could be a formula. Figures have one by right.
fn quoted(cell: &str) -> String {
    let is_figure = cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    if cell.contains([';', '\t', '"', '\n', '\r']) || cell.contains(',') && !is_figure {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// What windows-1251 does not have is a question mark.
fn encoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        let mut letter = [0; 4];
        let (one, _, missing) = encoding_rs::WINDOWS_1251.encode(c.encode_utf8(&mut letter));
        if missing {
            bytes.push(b'?');
        } else {
            bytes.extend_from_slice(&one);
        }
    }
    bytes
}
