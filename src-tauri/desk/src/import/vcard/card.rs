//! One card becomes a contact.

use super::property::Property;
use crate::import::columns::label_of;
use crate::import::names::{finish, kind_of};
use crate::import::numbers::Numbers;
use crate::import::report::Report;
use crate::import::{Found, MAX_CELL_CHARS, cut, line};
use crate::table::contact::ContactKind;
use crate::words::Language;

/// Most numbers and labels that are kept of one card.
const MAX_LISTED: usize = 500;

/// A card as it is read.
pub(super) struct Card {
    line: u32,
    full_name: String,
    name: String,
    company: String,
    email: String,
    note: String,
    uid: Option<String>,
    /// Group, types and text.
    numbers: Vec<(String, String, String)>,
    /// Group and what it is called.
    labels: Vec<(String, String)>,
    legal: bool,
}

impl Card {
    pub(super) fn new(line: u32) -> Self {
        Self {
            line,
            full_name: String::new(),
            name: String::new(),
            company: String::new(),
            email: String::new(),
            note: String::new(),
            uid: None,
            numbers: Vec::new(),
            labels: Vec::new(),
            legal: false,
        }
    }

    pub(super) fn take(&mut self, property: Property) {
        let Property {
            group,
            name,
            params,
            value,
        } = property;
        let first = |into: &mut String, text: String| {
            if into.is_empty() {
                *into = text;
            }
        };
        match name.as_str() {
            "FN" => first(&mut self.full_name, on_one_line(&plain(&value))),
            "N" => first(&mut self.name, spoken(&value)),
            "ORG" => {
                let parts: Vec<String> = fields(&value).iter().map(|part| on_one_line(part)).collect();
                let parts: Vec<&str> = parts
                    .iter()
                    .map(String::as_str)
                    .filter(|part| !part.is_empty())
                    .collect();
                first(&mut self.company, line(&parts.join(", ")));
            }
            "EMAIL" => first(&mut self.email, line(&plain(&value))),
            "NOTE" => first(&mut self.note, cut(plain(&value).trim(), MAX_CELL_CHARS)),
            "UID" => self.uid = Some(line(&value)).filter(|uid| !uid.is_empty()),
            "TEL" if self.numbers.len() < MAX_LISTED => self.numbers.push((group, params, plain(&value))),
            "X-ABLABEL" if self.labels.len() < MAX_LISTED => {
                let label = line(&plain(&value));
                let known = label.strip_prefix("_$!<").and_then(|label| label.strip_suffix(">!$_"));
                let label = known.unwrap_or(&label).to_owned();
                self.labels.push((group, label));
            }
            "KIND" | "X-ABSHOWAS" => self.legal |= matches!(value.trim().to_lowercase().as_str(), "org" | "company"),
            _ => {}
        }
    }

    pub(super) fn finish(self, language: Language, report: &mut Report) -> Option<Found> {
        let mut numbers = Numbers::new(self.line, report);
        for (group, types, text) in &self.numbers {
            let own = self.labels.iter().find(|(of, _)| !group.is_empty() && of == group);
            let label = own.map_or_else(|| label_of(types, language), |(_, label)| label.as_str());
            numbers.take_text(text, label);
        }
        let (numbers, unread) = (numbers.found, numbers.unread);
        let name = if self.full_name.is_empty() {
            self.name
        } else {
            self.full_name
        };
        let kind = if self.legal {
            ContactKind::Counterparty
        } else {
            kind_of(&name, &self.company)
        };
        let quoted = [name.as_str(), &self.company, &self.email].join(" ");
        let found = Found {
            line: self.line,
            id: self.uid,
            kind,
            name,
            company: self.company,
            email: self.email,
            note: self.note,
            numbers,
        };
        finish(found, &unread, report, &quoted)
    }
}

/// A line break inside a name parts it as a slash does.
fn on_one_line(text: &str) -> String {
    let parts: Vec<&str> = text.lines().map(str::trim).filter(|part| !part.is_empty()).collect();
    line(&parts.join(" / "))
}

/// `family;given;middle;prefix;suffix` as it is spoken.
fn spoken(value: &str) -> String {
    let parts = fields(value);
    let order = [3, 1, 2, 0, 4];
    let words: Vec<&str> = order
        .iter()
        .filter_map(|at| parts.get(*at))
        .map(String::as_str)
        .collect();
    on_one_line(&words.join(" "))
}

/// The text without its escapes.
fn plain(value: &str) -> String {
    fields_of(value, None).concat()
}

/// The fields between semicolons, without escapes.
fn fields(value: &str) -> Vec<String> {
    fields_of(value, Some(';'))
}

fn fields_of(value: &str, separator: Option<char>) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if Some(letter) == separator {
            fields.push(String::new());
            continue;
        }
        let Some(last) = fields.last_mut() else { continue };
        if letter != '\\' {
            last.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => last.push('\n'),
            Some(escaped @ ('\\' | ';' | ',' | ':')) => last.push(escaped),
            Some(other) => last.extend(['\\', other]),
            None => last.push('\\'),
        }
    }
    fields
}
