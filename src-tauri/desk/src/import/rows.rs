//! Rows of a table become contacts.

use super::columns::{ColumnRole, guess, label_of};
use super::names::{finish, kind_of};
use super::numbers::{Cell, Numbers, Row};
use super::report::Report;
use super::{Found, ImportColumn, ImportHow, SAMPLE_CHARS, SAMPLE_ROWS, cut, line};
use crate::table::contact::ContactKind;
use crate::words::Language;

/// A table that was read.
pub(super) struct Table {
    pub(super) columns: Vec<ImportColumn>,
    pub(super) sample: Vec<Vec<String>>,
    pub(super) contacts: Vec<Found>,
}

pub(super) fn read(rows: &[Row], how: &ImportHow, language: Language, report: &mut Report) -> Table {
    let (mut columns, body) = guess(rows);
    if let Some(chosen) = &how.columns {
        for (column, role) in columns.iter_mut().zip(chosen) {
            column.role = *role;
        }
    }
    let rows = rows.get(body..).unwrap_or_default();
    let shown = |row: &Row| {
        let cells = row.cells.iter().map(|cell| cut(&cell.text(), SAMPLE_CHARS));
        let mut cells: Vec<String> = cells.collect();
        cells.resize(columns.len(), String::new());
        cells
    };
    let sample = rows.iter().take(SAMPLE_ROWS).map(shown).collect();
    let contacts = rows
        .iter()
        .filter_map(|row| contact(row, &columns, language, report))
        .collect();
    Table {
        columns,
        sample,
        contacts,
    }
}

/// What one row says.
#[derive(Default)]
struct Parts {
    name: [String; 4],
    company: String,
    email: String,
    note: String,
    id: Option<String>,
}

impl Parts {
    fn take(&mut self, role: ColumnRole, text: &str) {
        let one = line(without_formula(text));
        let add = |into: &mut String, text: &str, between: &str| {
            if !into.is_empty() && !text.is_empty() {
                into.push_str(between);
            }
            into.push_str(text);
        };
        match role {
            ColumnRole::FamilyName => add(&mut self.name[0], &one, " "),
            ColumnRole::Name => add(&mut self.name[1], &one, " "),
            ColumnRole::GivenName => add(&mut self.name[2], &one, " "),
            ColumnRole::MiddleName => add(&mut self.name[3], &one, " "),
            ColumnRole::Company if self.company.is_empty() => self.company = one,
            ColumnRole::Email if self.email.is_empty() => self.email = one,
            ColumnRole::Note => add(
                &mut self.note,
                without_formula(text).replace("\r\n", "\n").as_str(),
                "\n",
            ),
            ColumnRole::Id if !one.is_empty() => self.id = Some(one),
            _ => {}
        }
    }
}

/// `="0077"` is a text that a program has kept from becoming a number, `'=1` one that was kept from becoming a formula.
fn without_formula(text: &str) -> &str {
    let text = text.trim();
    if let Some(rest) = text
        .strip_prefix('\'')
        .filter(|rest| rest.starts_with(['=', '+', '-', '@']))
    {
        return rest;
    }
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).unwrap_or(text)
}

fn contact(row: &Row, columns: &[ImportColumn], language: Language, report: &mut Report) -> Option<Found> {
    let mut parts = Parts::default();
    let mut extensions = Vec::new();
    let mut numbers = Numbers::new(row.line, report);
    for (cell, column) in row.cells.iter().zip(columns) {
        match column.role {
            ColumnRole::Ignore => {}
            ColumnRole::Phone => numbers.take(cell, label_of(&column.title, language)),
            ColumnRole::Extension => extensions.push((cell, label_of(&column.title, language))),
            role => parts.take(role, &cell.text()),
        }
    }
    // The number may stand in a later column.
    for (cell, label) in extensions {
        if !numbers.extend(&cell.text()) {
            numbers.take(cell, label);
        }
    }
    let (found, unread) = (numbers.found, numbers.unread);
    let name = line(&parts.name.join(" "));
    let quoted: Vec<String> = row
        .cells
        .iter()
        .map(Cell::text)
        .filter(|text| !text.trim().is_empty())
        .collect();
    if quoted.is_empty() {
        return None;
    }
    let kind = if name.is_empty() {
        ContactKind::NaturalPerson
    } else {
        kind_of(&name, &parts.company)
    };
    let found = Found {
        line: row.line,
        id: parts.id,
        kind,
        name,
        company: parts.company,
        email: parts.email,
        note: parts.note,
        numbers: found,
    };
    finish(found, &unread, report, &quoted.join(" · "))
}
