//! Cells of a table, and the numbers of one.

use super::report::{Doubt, Report};
use crate::key::key_of_number;
use crate::table::contact::ContactNumber;
use perezvon_core::Number;

/// A cell as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    /// A binary number of a workbook.
    Value(f64),
    /// A date, as text.
    Date(String),
    /// A spreadsheet's error.
    Error(String),
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// From 1.
    pub(super) line: u32,
    pub(super) cells: Vec<Cell>,
}

impl Cell {
    /// As it is shown and as names and notes take it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Date(text) | Self::Error(text) => text.clone(),
            Self::Value(value) => whole(*value),
        }
    }
}

/// Noise in the 17th digit is no digit of the number.
fn whole(value: f64) -> String {
    let rounded = value.round();
    if (value - rounded).abs() < 0.001 && rounded.abs() < 1e15 {
        format!("{rounded:.0}")
    } else {
        value.to_string()
    }
}

/// Numbers of one contact as they come; what is no number is reported and kept for the note.
pub(super) struct Numbers<'a> {
    pub(super) line: u32,
    pub(super) report: &'a mut Report,
    pub(super) found: Vec<ContactNumber>,
    /// What was not read.
    pub(super) unread: Vec<String>,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(line: u32, report: &'a mut Report) -> Self {
        Self {
            line,
            report,
            found: Vec::new(),
            unread: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, cell: &Cell, label: &str) {
        match cell {
            Cell::Text(text) => self.take_text(text, label),
            // What a formula gives where there is nothing.
            Cell::Value(value) if *value == 0.0 => {}
            Cell::Value(value) => {
                let text = whole(*value);
                if text.len() >= 10 && text.ends_with("0000000") && key_of(&text).is_some() {
                    self.report.say(self.line, Doubt::Round, &text);
                }
                self.take_one(&text, label);
            }
            Cell::Date(text) => self.not_read(Doubt::Date, text),
            Cell::Error(text) => self.not_read(Doubt::CellError, text),
        }
    }

    /// An extension of the first number that has none; false where there is no such number, or it is none.
    pub(super) fn extend(&mut self, text: &str) -> bool {
        let digits = text.trim();
        if digits.is_empty() || digits.len() > 7 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let bare = |number: &&mut ContactNumber| matches!(Number::parse(&number.key), Number::E164 { ext: None, .. });
        let Some(first) = self.found.iter_mut().find(bare) else {
            return false;
        };
        let number = Number::parse(&format!("{};ext={digits}", first.key));
        first.display = number.display();
        first.key = number.canonical();
        true
    }

    /// A text with one number or several.
    pub(super) fn take_text(&mut self, text: &str, label: &str) {
        // Google's CSV parts numbers by three colons.
        for line in text.replace(":::", "\n").split(['\n', '\r', '\t', '|']) {
            for one in apart(line) {
                self.take_one(&one, label);
            }
        }
    }

    fn take_one(&mut self, text: &str, label: &str) {
        let text = text.trim();
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let number = Number::parse(text);
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        // One digit is a figure of something else; behind a whole number another one may stand that was not read.
        let used = number.search_digits().len() + number.ext().map_or(0, digits);
        let key = key_of_number(&number).filter(|_| digits(text) > 1 && digits(text) < used + 7);
        let Some(key) = key else {
            let doubt = if text.starts_with('#') && text.chars().any(char::is_alphabetic) {
                Doubt::CellError
            } else if scientific(text) {
                Doubt::Spoilt
            } else {
                Doubt::NoNumber
            };
            return self.not_read(doubt, text);
        };
        if self.found.len() >= super::MAX_NUMBERS {
            return self.report.say(self.line, Doubt::Cut, text);
        }
        if !self.found.iter().any(|known| known.key == key) {
            self.found.push(ContactNumber {
                display: number.display(),
                key,
                label: super::line(label),
            });
        }
    }

    fn not_read(&mut self, doubt: Doubt, text: &str) {
        self.report.say(self.line, doubt, text);
        if doubt == Doubt::NoNumber {
            self.unread.push(super::line(text));
        }
    }
}

fn key_of(text: &str) -> Option<String> {
    key_of_number(&Number::parse(text))
}

/// `7,9E+10`: a number that a spreadsheet has written short. The letter may be the Cyrillic one.
fn scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E', 'е', 'Е']) else {
        return false;
    };
    let digits = |text: &str, also: &[char]| {
        text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || also.contains(&c))
    };
    digits(mantissa.trim(), &['.', ',', ' ']) && digits(exponent.trim(), &['+', '-'])
}

/// The numbers of a line that has several: a part that is a full number begins a new one, anything else (an extension, a
/// pause) belongs to the number before.
fn apart(line: &str) -> Vec<String> {
    let lone = scientific(line) || decimal(line);
    if lone || !line.contains([';', ',', '/']) {
        return vec![line.to_owned()];
    }
    let mut all: Vec<String> = Vec::new();
    let mut short = true;
    let mut from = 0;
    let ends = line.char_indices().filter(|(_, c)| matches!(c, ';' | ',' | '/'));
    for end in ends.map(|(at, _)| at).chain([line.len()]) {
        let part = line.get(from..end).unwrap_or_default();
        let before = from
            .checked_sub(1)
            .and_then(|at| line.get(at..from))
            .unwrap_or_default();
        from = end + 1;
        let number = Number::parse(part);
        short &= matches!(number, Number::Extension(_)) || part.trim().is_empty();
        match all.last_mut() {
            Some(last) if !matches!(number, Number::E164 { .. }) => {
                last.push_str(before);
                last.push_str(part);
            }
            _ => all.push(part.to_owned()),
        }
    }
    if short {
        return line.split([';', ',', '/']).map(str::to_owned).collect();
    }
    all
}

/// `79000000001,00`.
fn decimal(line: &str) -> bool {
    line.trim().split_once([',', '.']).is_some_and(|(whole, fraction)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(fraction) && fraction.len() <= 4
    })
}
