//! What could not be read, or is doubtful.

use super::cut;
use serde::Serialize;
use ts_rs::TS;

/// Most lines that are told one by one; the rest is counted.
const MAX_PROBLEMS: usize = 500;
/// Longest text that is quoted, characters.
const MAX_QUOTED: usize = 120;

/// Why a row or a number was left out, or is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Doubt {
    /// Digits of the number are gone: a spreadsheet has rounded it.
    Spoilt,
    /// The text is no number; it is kept in the note.
    NoNumber,
    /// A spreadsheet's error in place of a number.
    CellError,
    /// A date in place of a number.
    Date,
    /// Read by its value, but so round that digits may be gone.
    Round,
    /// Neither a number nor anything else but a name.
    Nothing,
    /// No name: the company or the number stands for it.
    NoName,
    /// The same contact stood in the file before.
    Repeated,
    /// Another contact of the file has this number too.
    SharedNumber,
    /// A text or a list of numbers was longer than allowed and was cut.
    Cut,
    /// A quotation mark that is never closed.
    OpenQuote,
    /// The file has more rows than are read.
    TooMany,
}

impl Doubt {
    /// Whether the whole row is left out.
    pub(super) fn skips(self) -> bool {
        matches!(self, Self::Nothing | Self::Repeated | Self::TooMany)
    }
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ImportProblem {
    /// Line, row or card, from 1.
    pub line: u32,
    /// Why.
    pub doubt: Doubt,
    /// The row is left out.
    pub skipped: bool,
    /// What stands there.
    pub text: String,
    /// The line that it is the same as.
    pub other: Option<u32>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// The first 500.
    pub(crate) problems: Vec<ImportProblem>,
    /// How many there are.
    pub(crate) total: u32,
    /// Rows that are left out.
    pub(crate) skipped: u32,
}

impl Report {
    pub(super) fn say(&mut self, line: u32, doubt: Doubt, text: &str) {
        self.say_of(line, doubt, text, None);
    }

    pub(super) fn say_of(&mut self, line: u32, doubt: Doubt, text: &str, other: Option<u32>) {
        let skipped = doubt.skips();
        self.total += 1;
        self.skipped += u32::from(skipped);
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(ImportProblem {
                line,
                doubt,
                skipped,
                text: cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_QUOTED),
                other,
            });
        }
    }
}
