//! Contacts as a file: vCard 3.0, which every address book reads, or a table that the import reads back.

use super::list::in_order;
use super::{ContactDraft, draft_of};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::{FileWritten, MAX_CHOSEN};
use crate::table::contact::ContactKind;
use crate::words::Language;
use rusqlite::Connection;
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::Path;
use ts_rs::TS;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ContactsFormat {
    /// vCard 3.0.
    Vcard,
    /// Semicolons, UTF-8 with a byte order mark.
    Csv,
}

/// Longest line of a vCard, bytes.
const FOLD: usize = 75;

impl Desk {
    /// Writes all contacts into a file in the folder, or the `chosen` ones alone, in the order in which this query lists them.
    /// Of a person with several contacts each is written. A chosen contact that is gone is left out; where all are, there is
    /// no file.
    pub fn export_contacts(
        &self,
        format: ContactsFormat,
        chosen: Option<(&str, &[i64])>,
        folder: &Path,
    ) -> Result<FileWritten, DeskError> {
        let contacts = match chosen {
            Some((_, ids)) if ids.len() > MAX_CHOSEN => return Err(DeskError::TooLong),
            Some((query, ids)) => self.db.read(|c| drafts(c, &in_order(c, query, ids)?))?,
            None => self.db.read(all)?,
        };
        if chosen.is_some() && contacts.is_empty() {
            return Err(DeskError::NotFound);
        }
        let language = self.words().language;
        let name = if language == Language::Ru {
            "Контакты"
        } else {
            "Contacts"
        };
        let path = match format {
            ContactsFormat::Vcard => self.write_text(&vcards(&contacts), folder, name, "vcf"),
            ContactsFormat::Csv => self.write_text(&table(&contacts, language), folder, name, "csv"),
        };
        Ok(FileWritten::of(&path?, contacts.len()))
    }
}

fn all(connection: &Connection) -> Result<Vec<ContactDraft>, DeskError> {
    let mut statement = connection.prepare("SELECT id FROM contact ORDER BY name_sort, id")?;
    let ids = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    drafts(connection, &ids)
}

fn drafts(connection: &Connection, ids: &[i64]) -> Result<Vec<ContactDraft>, DeskError> {
    let mut contacts = Vec::with_capacity(ids.len());
    for id in ids {
        contacts.extend(draft_of(connection, *id)?);
    }
    Ok(contacts)
}

fn vcards(contacts: &[ContactDraft]) -> String {
    let mut out = String::new();
    for one in contacts {
        put(&mut out, "BEGIN:VCARD\r\nVERSION:3.0");
        put(&mut out, &format!("FN:{}", escaped(&one.name)));
        let legal = matches!(one.kind, ContactKind::Counterparty | ContactKind::Partner);
        let (family, given) = match one.name.split_once(' ') {
            Some((family, given)) if !legal => (family, given),
            _ => (one.name.as_str(), ""),
        };
        put(&mut out, &format!("N:{};{};;;", escaped(family), escaped(given)));
        if legal {
            put(&mut out, &format!("ORG:{}", escaped(&one.name)));
            put(&mut out, "X-ABSHOWAS:COMPANY");
        } else if !one.company.is_empty() {
            put(&mut out, &format!("ORG:{}", escaped(&one.company)));
        }
        for (at, number) in one.numbers.iter().enumerate() {
            let text = escaped(&number.display);
            match kind_of(&number.label) {
                Some(kind) => put(&mut out, &format!("TEL;TYPE={kind}:{text}")),
                None if number.label.is_empty() => put(&mut out, &format!("TEL:{text}")),
                None => {
                    put(&mut out, &format!("item{at}.TEL:{text}"));
                    put(&mut out, &format!("item{at}.X-ABLABEL:{}", escaped(&number.label)));
                }
            }
        }
        if !one.email.is_empty() {
            put(&mut out, &format!("EMAIL:{}", escaped(&one.email)));
        }
        if !one.note.is_empty() {
            put(&mut out, &format!("NOTE:{}", escaped(&one.note)));
        }
        put(&mut out, "END:VCARD");
    }
    out
}

/// A line, folded between letters.
fn put(out: &mut String, line: &str) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > FOLD && letter != '\n' {
            out.push_str("\r\n ");
            length = 1;
        }
        length = if letter == '\n' { 0 } else { length + letter.len_utf8() };
        out.push(letter);
    }
    out.push_str("\r\n");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace(';', "\\;")
        .replace(',', "\\,")
        .replace("\r\n", "\n")
        .replace(['\r', '\n'], "\\n")
}

fn kind_of(label: &str) -> Option<&'static str> {
    Some(match label {
        "мобильный" | "mobile" => "CELL",
        "рабочий" | "work" => "WORK",
        "домашний" | "home" => "HOME",
        "факс" | "fax" => "FAX",
        "основной" | "main" => "MAIN",
        _ => return None,
    })
}

fn table(contacts: &[ContactDraft], language: Language) -> String {
    let russian = language == Language::Ru;
    let phones = contacts
        .iter()
        .map(|one| one.numbers.len())
        .max()
        .unwrap_or_default()
        .max(1);
    let mut head: Vec<String> = if russian {
        ["Имя", "Компания", "Эл. почта", "Заметка"].map(str::to_owned).into()
    } else {
        ["Name", "Company", "E-mail", "Note"].map(str::to_owned).into()
    };
    head.extend((1..=phones).map(|n| format!("{} {n}", if russian { "Телефон" } else { "Phone" })));
    let mut out = "\u{feff}".to_owned();
    row(&mut out, &head);
    for one in contacts {
        let mut cells = vec![
            harmless(&one.name),
            harmless(&one.company),
            harmless(&one.email),
            harmless(&one.note),
        ];
        cells.extend(one.numbers.iter().map(|number| number.display.clone()));
        cells.resize(head.len(), String::new());
        row(&mut out, &cells);
    }
    out
}

fn row(out: &mut String, cells: &[String]) {
    for (at, cell) in cells.iter().enumerate() {
        let end = if at + 1 == cells.len() { "\r\n" } else { ";" };
        if cell.contains([';', '"', '\n', '\r']) {
            let _ = write!(out, "\"{}\"{end}", cell.replace('"', "\"\""));
        } else {
            let _ = write!(out, "{cell}{end}");
        }
    }
}

/// A text that a spreadsheet would take for a formula is marked as text; the import takes the mark off again.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
