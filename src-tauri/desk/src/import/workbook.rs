//! XLSX, XLS and ODS.

use super::numbers::{Cell, Row};
use super::report::{Doubt, Report};
use super::rows;
use super::{ImportFile, ImportFormat, ImportHow, MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, cut};
use crate::error::DeskError;
use crate::words::Language;
use calamine::{Data, Ods, Reader, Sheets, Xls, Xlsx};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most bytes that a packed workbook may unpack to.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Most sheets that can be chosen from.
const MAX_SHEETS: usize = 200;
/// Most text in them, bytes: one shared text may stand in every cell.
const MAX_TEXT: usize = 256 * 1024 * 1024;

/// A workbook by its first bytes: a ZIP archive, or the container of old Office.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
}

pub(super) fn read(bytes: &[u8], how: &ImportHow, language: Language) -> Result<ImportFile, DeskError> {
    if unpacked(bytes) > MAX_UNPACKED {
        return Err(DeskError::TooLong);
    }
    let mut report = Report::default();
    // The library is fed what anybody sends: a mistake of it must not end the app.
    let read = catch_unwind(AssertUnwindSafe(|| rows_of(bytes, how.sheet.as_deref(), &mut report)));
    let (sheets, sheet, rows) = read.ok().flatten().ok_or(DeskError::FileUnreadable)?;
    let table = rows::read(&rows, how, language, &mut report);
    Ok(ImportFile {
        format: ImportFormat::Workbook,
        encoding: None,
        separator: None,
        sheets,
        sheet,
        columns: table.columns,
        sample: table.sample,
        contacts: table.contacts,
        report,
    })
}

/// What the archive says its files unpack to.
fn unpacked(bytes: &[u8]) -> u64 {
    let entries = bytes.windows(28).filter(|entry| entry.starts_with(b"PK\x01\x02"));
    let sizes = entries.filter_map(|entry| entry.get(24..28)?.try_into().ok());
    sizes.map(|size| u64::from(u32::from_le_bytes(size))).sum()
}

/// All sheets, the one that was read, and its rows: the wanted one, else the first that has any.
fn rows_of(bytes: &[u8], wanted: Option<&str>, report: &mut Report) -> Option<(Vec<String>, Option<String>, Vec<Row>)> {
    let mut book = opened(bytes)?;
    let mut sheets = book.sheet_names();
    sheets.truncate(MAX_SHEETS);
    let there = wanted.filter(|wanted| sheets.iter().any(|name| name == wanted));
    for name in &sheets {
        if there.is_some_and(|wanted| name != wanted) {
            continue;
        }
        let rows = sheet(&mut book, name, report)?;
        if !rows.is_empty() || there.is_some() {
            let name = Some(name.clone());
            return Some((sheets, name, rows));
        }
    }
    Some((sheets, None, Vec::new()))
}

/// By what is in it. Not the library's own way, which opens XLSB too: its sparse sheets are made whole in memory.
fn opened(bytes: &[u8]) -> Option<Sheets<Cursor<&[u8]>>> {
    if !bytes.starts_with(b"PK") {
        return Xls::new(Cursor::new(bytes)).ok().map(Sheets::Xls);
    }
    let xlsx = Xlsx::new(Cursor::new(bytes)).ok().map(Sheets::Xlsx);
    xlsx.or_else(|| Ods::new(Cursor::new(bytes)).ok().map(Sheets::Ods))
}

fn sheet(book: &mut Sheets<Cursor<&[u8]>>, name: &str, report: &mut Report) -> Option<Vec<Row>> {
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    let (mut made, mut text) = (0, 0);
    let mut put = |(row, column): (u32, u32), value: Data| {
        let Some(cell) = cell_of(value) else { return };
        let column = column as usize;
        if let Cell::Text(one) = &cell {
            text += one.len();
        }
        if made > MAX_CELLS
            || text > MAX_TEXT
            || column >= MAX_COLUMNS
            || (rows.len() >= MAX_ROWS && !rows.contains_key(&row))
        {
            return;
        }
        let cells = rows.entry(row).or_default();
        if cells.len() <= column {
            made += column + 1 - cells.len();
            cells.resize(column + 1, Cell::Text(String::new()));
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
    };
    if let Sheets::Xlsx(book) = book {
        // Cell by cell: a sheet with one cell in its last corner would else be a table of billions of them.
        let mut cells = book.worksheet_cells_reader(name).ok()?;
        while let Some(cell) = cells.next_cell().ok()? {
            put(cell.get_position(), Data::from(cell.get_value().clone()));
        }
    } else {
        let range = book.worksheet_range(name).ok()?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            put((top + row as u32, left + column as u32), value.clone());
        }
    }
    let last = rows.keys().next_back().copied().unwrap_or_default();
    if rows.len() >= MAX_ROWS || made > MAX_CELLS || text > MAX_TEXT {
        report.say(last + 1, Doubt::TooMany, "");
    }
    let row = |(row, cells)| Row { line: row + 1, cells };
    Some(rows.into_iter().map(row).collect())
}

fn cell_of(value: Data) -> Option<Cell> {
    Some(match value {
        Data::Empty => return None,
        Data::Int(value) => Cell::Text(value.to_string()),
        Data::Float(value) => Cell::Value(value),
        Data::String(text) => Cell::Text(cut(&text, MAX_CELL_CHARS)),
        Data::Bool(value) => Cell::Text(value.to_string()),
        Data::DateTime(at) => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Cell::Date(format!("{year}-{month:02}-{day:02}"))
        }
        Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Date(text),
        Data::Error(error) => Cell::Error(error.to_string()),
    })
}
