//! What the columns of a table are.

use super::ImportColumn;
use super::numbers::{Cell, Row};
use crate::text;
use crate::words::Language;
use perezvon_core::Number;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Rows among which the header is looked for: titles stand above it.
const HEADER_WITHIN: usize = 20;
/// Rows by which a column without a known title is judged.
const JUDGED: usize = 50;

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ColumnRole {
    /// Not read.
    Ignore,
    /// Name or title.
    Name,
    /// Surname.
    FamilyName,
    /// First name, beside a surname.
    GivenName,
    /// Patronymic.
    MiddleName,
    /// Company.
    Company,
    /// One number or several.
    Phone,
    /// What is dialled behind the number of the row; without one a number of its own.
    Extension,
    /// E-mail.
    Email,
    /// Note.
    Note,
    /// The other program's id of the contact.
    Id,
}

/// Titles by their beginnings, folded; the first that fits counts.
const TITLES: &[(&str, ColumnRole)] = &[
    ("фамилия", ColumnRole::FamilyName),
    ("last name", ColumnRole::FamilyName),
    ("surname", ColumnRole::FamilyName),
    ("family name", ColumnRole::FamilyName),
    ("first name", ColumnRole::GivenName),
    ("given name", ColumnRole::GivenName),
    ("отчество", ColumnRole::MiddleName),
    ("middle name", ColumnRole::MiddleName),
    ("additional name", ColumnRole::MiddleName),
    ("тел", ColumnRole::Phone),
    ("моб", ColumnRole::Phone),
    ("сотов", ColumnRole::Phone),
    ("номер тел", ColumnRole::Phone),
    ("номер моб", ColumnRole::Phone),
    ("номер факс", ColumnRole::Phone),
    ("факс", ColumnRole::Phone),
    ("добавочн", ColumnRole::Extension),
    ("доб.", ColumnRole::Extension),
    ("внутренний ном", ColumnRole::Phone),
    ("внутренний тел", ColumnRole::Phone),
    ("контактный тел", ColumnRole::Phone),
    ("phone", ColumnRole::Phone),
    ("mobile", ColumnRole::Phone),
    ("cell", ColumnRole::Phone),
    ("tel", ColumnRole::Phone),
    ("fax", ColumnRole::Phone),
    ("extension", ColumnRole::Extension),
    ("имя", ColumnRole::Name),
    ("фио", ColumnRole::Name),
    ("ф.и.о", ColumnRole::Name),
    ("ф. и. о", ColumnRole::Name),
    ("наименование", ColumnRole::Name),
    ("название", ColumnRole::Name),
    ("контактное лицо", ColumnRole::Name),
    ("контакт", ColumnRole::Name),
    ("сотрудник", ColumnRole::Name),
    ("абонент", ColumnRole::Name),
    ("клиент", ColumnRole::Name),
    ("name", ColumnRole::Name),
    ("full name", ColumnRole::Name),
    ("display name", ColumnRole::Name),
    ("компания", ColumnRole::Company),
    ("организация", ColumnRole::Company),
    ("контрагент", ColumnRole::Company),
    ("партнер", ColumnRole::Company),
    ("фирма", ColumnRole::Company),
    ("место работы", ColumnRole::Company),
    ("company", ColumnRole::Company),
    ("organization", ColumnRole::Company),
    ("organisation", ColumnRole::Company),
    ("комментар", ColumnRole::Note),
    ("примечан", ColumnRole::Note),
    ("заметк", ColumnRole::Note),
    ("описание", ColumnRole::Note),
    ("note", ColumnRole::Note),
    ("comment", ColumnRole::Note),
    ("эл. почта", ColumnRole::Email),
    ("электронная почта", ColumnRole::Email),
    ("почта", ColumnRole::Email),
    ("guid", ColumnRole::Id),
    ("uid", ColumnRole::Id),
    ("uuid", ColumnRole::Id),
];

/// What a title says; none where it says nothing that is known.
fn by_title(title: &str) -> Option<ColumnRole> {
    let title = text::fold(title.trim());
    if title.chars().count() > 40 || title.ends_with("label") || title.ends_with("type") {
        return None;
    }
    if title.contains("mail") {
        return Some(ColumnRole::Email);
    }
    match title.as_str() {
        "код" | "id" => return Some(ColumnRole::Id),
        // «Номер договора», «Внутренний код», "Number of employees" are no telephone numbers.
        "номер" | "номера" | "внутренний" | "number" | "numbers" => {
            return Some(ColumnRole::Phone);
        }
        _ if title.starts_with("phonetic") => return None,
        _ => {}
    }
    let begins = TITLES.iter().find(|(word, _)| title.starts_with(word));
    let has_phone = || (title.contains("телефон") || title.contains("phone")).then_some(ColumnRole::Phone);
    begins.map(|(_, role)| *role).or_else(has_phone)
}

/// The columns, and how many rows stand above the first contact.
pub(super) fn guess(rows: &[Row]) -> (Vec<ImportColumn>, usize) {
    let width = rows
        .iter()
        .take(1000)
        .map(|row| row.cells.len())
        .max()
        .unwrap_or_default();
    let header = header(rows);
    let body = header.map_or(0, |at| at + 1);
    let mut columns: Vec<ImportColumn> = (0..width)
        .map(|column| {
            let cell = header.and_then(|at| rows.get(at)?.cells.get(column));
            let title = cell.map(|cell| cell.text().trim().to_owned()).unwrap_or_default();
            let role = by_title(&title).unwrap_or(ColumnRole::Ignore);
            ImportColumn { title, role }
        })
        .collect();
    by_content(&mut columns, rows.get(body..).unwrap_or_default(), header.is_some());
    // A first name beside a surname is no whole name.
    if columns.iter().any(|column| column.role == ColumnRole::FamilyName) {
        for column in &mut columns {
            if column.role == ColumnRole::Name && text::fold(&column.title).starts_with("имя") {
                column.role = ColumnRole::GivenName;
            }
        }
    }
    (columns, body)
}

/// The row of titles: the first with the most known ones. Of a table with several columns it has at least two.
fn header(rows: &[Row]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (at, row) in rows.iter().take(HEADER_WITHIN).enumerate() {
        let filled = row.cells.iter().filter(|cell| !cell.text().trim().is_empty()).count();
        let mut roles: Vec<ColumnRole> = row.cells.iter().filter_map(|cell| by_title(&cell.text())).collect();
        let known = roles.len();
        roles.dedup();
        let is_one = (known >= 2 && roles.len() >= 2) || (known == 1 && filled <= 2 && row.cells.len() <= 2);
        let holds_number = row.cells.iter().any(is_number);
        if is_one && !holds_number && best.is_none_or(|(_, most)| known > most) {
            best = Some((at, known));
        }
    }
    best.map(|(at, _)| at)
}

fn is_number(cell: &Cell) -> bool {
    matches!(Number::parse(&cell.text()), Number::E164 { .. })
}

/// Columns of which the title says nothing: numbers and addresses are known by their look; without a header the first
/// text is the name and the second the company.
fn by_content(columns: &mut [ImportColumn], rows: &[Row], titled: bool) {
    for (at, column) in columns.iter_mut().enumerate() {
        if column.role != ColumnRole::Ignore {
            continue;
        }
        let cells = rows.iter().take(JUDGED).filter_map(|row| row.cells.get(at));
        let filled: Vec<&Cell> = cells.filter(|cell| !cell.text().trim().is_empty()).collect();
        let most = |count: usize| count > 0 && count * 10 >= filled.len() * 6;
        // A tax number of ten digits looks like a number: an unknown title is believed only where it has none.
        let numbers = filled.iter().filter(|cell| is_number(cell)).count();
        if !titled && most(numbers) {
            column.role = ColumnRole::Phone;
        } else if most(filled.iter().filter(|cell| cell.text().contains('@')).count()) {
            column.role = ColumnRole::Email;
        } else if !titled
            && most(
                filled
                    .iter()
                    .filter(|cell| cell.text().chars().any(char::is_alphabetic))
                    .count(),
            )
        {
            column.role = ColumnRole::Note;
        }
    }
    if titled {
        return;
    }
    let mut texts = columns.iter_mut().filter(|column| column.role == ColumnRole::Note);
    for role in [ColumnRole::Name, ColumnRole::Company] {
        if let Some(column) = texts.next() {
            column.role = role;
        }
    }
}

/// What a number is called by its title or its type.
pub(super) fn label_of(title: &str, language: Language) -> &'static str {
    let title = text::fold(title);
    let kinds: [(&[&str], [&'static str; 2]); 7] = [
        (&["факс", "fax"], ["факс", "fax"]),
        (&["моб", "сотов", "cell", "mobile", "iphone"], ["мобильный", "mobile"]),
        (&["раб", "служеб", "work", "office", "business"], ["рабочий", "work"]),
        (&["дом", "home"], ["домашний", "home"]),
        (&["добав", "внутр", "extension"], ["добавочный", "extension"]),
        (&["main", "основн"], ["основной", "main"]),
        (&["pager", "пейдж"], ["пейджер", "pager"]),
    ];
    let found = kinds
        .iter()
        .find(|(words, _)| words.iter().any(|word| title.contains(word)));
    found.map_or("", |(_, words)| words[usize::from(language == Language::En)])
}
