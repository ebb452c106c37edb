//! What the window shows of an import.

use crate::import::{ImportColumn, ImportFile, ImportFormat, ImportHow, ImportProblem};
use crate::who::ContactRef;
use serde::Serialize;
use ts_rs::TS;

/// By what a contact of the file is like one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum SameBy {
    /// The number.
    Number,
    /// The name.
    Name,
    /// Both: certainly the same.
    Both,
}

/// A contact of the file that is like one that is known.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportSame {
    /// Where it stands in the file.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// The number that both have, or its first.
    pub number: String,
    /// The known one.
    pub with: ContactRef,
    /// By what.
    pub by: SameBy,
}

/// What an import would change.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportPreview {
    /// Kind of file.
    pub format: ImportFormat,
    /// The code page, where the file has one.
    pub encoding: Option<String>,
    /// What stands between the cells.
    pub separator: Option<String>,
    /// The sheets of a workbook.
    pub sheets: Vec<String>,
    /// The one that was read.
    pub sheet: Option<String>,
    /// How it was read, and whether that is how a file of this name was read before.
    pub how: ImportHow,
    /// See `how`.
    pub remembered: bool,
    /// Columns of a table.
    pub columns: Vec<ImportColumn>,
    /// The first rows; of cards name, company and number.
    pub sample: Vec<Vec<String>>,
    /// Contacts of the file.
    pub contacts: u32,
    /// Not there yet.
    pub fresh: u32,
    /// There from this file, and otherwise in it now.
    pub changed: u32,
    /// There as they are.
    pub equal: u32,
    /// Changed here by hand: stay as they are.
    pub kept: u32,
    /// Known from elsewhere by name and number.
    pub same_as_known: u32,
    /// Like known ones, by name or number or both.
    pub like_known: u32,
    /// The first 200 of those.
    pub same: Vec<ImportSame>,
    /// What could not be read, the first 500 lines.
    pub problems: Vec<ImportProblem>,
    /// How many there are.
    pub problems_total: u32,
    /// Rows that are left out.
    pub skipped: u32,
}

impl ImportPreview {
    pub(super) fn of(file: &ImportFile) -> Self {
        Self {
            format: file.format,
            encoding: file.encoding.map(str::to_owned),
            separator: file.separator.map(String::from),
            sheets: file.sheets.clone(),
            sheet: file.sheet.clone(),
            how: ImportHow::default(),
            remembered: false,
            columns: file.columns.clone(),
            sample: file.sample.clone(),
            contacts: file.contacts.len() as u32,
            fresh: 0,
            changed: 0,
            equal: 0,
            kept: 0,
            same_as_known: 0,
            like_known: 0,
            same: Vec::new(),
            problems: file.report.problems.clone(),
            problems_total: file.report.total,
            skipped: file.report.skipped,
        }
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportDone {
    /// To take it back by.
    #[ts(type = "number")]
    pub id: i64,
    /// New contacts.
    pub added: u32,
    /// Changed ones.
    pub changed: u32,
    /// Those that were there as they are.
    pub equal: u32,
    /// Those that the user has changed here.
    pub kept: u32,
    /// Those that are known from elsewhere.
    pub left_out: u32,
    /// It was ended before its end.
    pub cancelled: bool,
}

/// What taking an import back did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportUndone {
    /// Contacts that are gone.
    pub removed: u32,
    /// Contacts that are again what they were.
    pub restored: u32,
    /// Contacts that were changed since, and stay.
    pub kept: u32,
}
