//! Contacts out of a file: bytes and a name become contacts and a report of what could not be read. No database, no clock:
//! the same bytes always give the same.
//!
//! A wrong number would be dialled, so none is guessed: what cannot be read is told with its line, and costs its own row.

mod columns;
mod delimited;
mod encoding;
mod names;
mod numbers;
mod report;
mod rows;
mod vcard;
mod workbook;

pub use columns::ColumnRole;
pub use report::{Doubt, ImportProblem};

use crate::error::DeskError;
use crate::table::contact::{ContactKind, ContactNumber};
use crate::words::Language;
use report::Report;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Largest file.
pub const MAX_IMPORT_BYTES: usize = 64 * 1024 * 1024;
/// Most rows that are read; what follows is told.
const MAX_ROWS: usize = 500_000;
/// Most columns that are read.
const MAX_COLUMNS: usize = 200;
/// Most cells of a table that are kept, the empty ones between them included: some 160 MB.
const MAX_CELLS: usize = 5_000_000;
/// Longest cell, characters: what follows is cut.
const MAX_CELL_CHARS: usize = 20_000;
/// Longest name, company and e-mail, characters.
const MAX_LINE_CHARS: usize = 250;
/// Most numbers of one contact.
const MAX_NUMBERS: usize = 50;
/// Rows of the sample that is shown.
const SAMPLE_ROWS: usize = 8;
/// Longest cell of the sample, characters.
const SAMPLE_CHARS: usize = 80;

/// How to read a file, where it is not to be found out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(export)]
pub struct ImportHow {
    /// The code page, by its name: `windows-1251`.
    pub encoding: Option<String>,
    /// What stands between the cells: `;`, `,`, a tab, `|`.
    pub separator: Option<String>,
    /// Which sheet of a workbook; none: the first that has rows.
    pub sheet: Option<String>,
    /// What each column is.
    pub columns: Option<Vec<ColumnRole>>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ImportFormat {
    /// vCard, any version.
    Vcard,
    /// Cells between separators.
    Csv,
    /// XLSX, XLS or ODS.
    Workbook,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportColumn {
    /// As the header calls it; empty without a header.
    pub title: String,
    /// What it is read as.
    pub role: ColumnRole,
}

/// A contact as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Line, row or card, from 1.
    pub(crate) line: u32,
    /// The file's own id, where it has one.
    pub(crate) id: Option<String>,
    pub(crate) kind: ContactKind,
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) email: String,
    pub(crate) note: String,
    pub(crate) numbers: Vec<ContactNumber>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFile {
    pub(crate) format: ImportFormat,
    /// The code page, where the file has one.
    pub(crate) encoding: Option<&'static str>,
    pub(crate) separator: Option<char>,
    /// The sheets of a workbook that has several.
    pub(crate) sheets: Vec<String>,
    /// The one that was read.
    pub(crate) sheet: Option<String>,
    /// Of a table.
    pub(crate) columns: Vec<ImportColumn>,
    /// The first rows as they are; of cards name, company and number.
    pub(crate) sample: Vec<Vec<String>>,
    pub(crate) contacts: Vec<Found>,
    pub(crate) report: Report,
}

impl ImportFile {
    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// How many contacts it has.
    pub fn count(&self) -> u32 {
        self.contacts.len() as u32
    }
}

/// Reads a file. An error only where nothing of it can be read.
pub fn read_contacts(bytes: &[u8], name: &str, how: &ImportHow, language: Language) -> Result<ImportFile, DeskError> {
    if bytes.len() > MAX_IMPORT_BYTES {
        return Err(DeskError::TooLong);
    }
    let mut file = if workbook::is_one(bytes) {
        workbook::read(bytes, how, language)?
    } else if vcard::is_one(bytes, name) {
        vcard::read(bytes, how, language)
    } else if encoding::is_binary(bytes) {
        return Err(DeskError::FileUnreadable);
    } else {
        delimited::read(bytes, how, language)
    };
    names::tell_apart(&mut file);
    Ok(file)
}

/// The first characters of a text.
fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// On one line, without blanks around.
fn line(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&joined, MAX_LINE_CHARS)
}

#[cfg(test)]
mod tests;
