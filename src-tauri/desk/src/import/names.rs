//! What a contact is called and is, and which contacts of one file are the same.

use super::report::{Doubt, Report};
use super::{Found, ImportFile, MAX_CELL_CHARS, cut};
use crate::key::line_of;
use crate::table::contact::ContactKind;
use crate::text;
use std::collections::HashMap;

/// Words of a name by which it is a company's.
const LEGAL: &[&str] = &[
    "ооо", "оао", "зао", "пао", "ао", "нко", "гуп", "муп", "фгуп", "тоо", "llc", "ltd", "gmbh", "inc",
];

/// What a contact of this name and company is.
pub(super) fn kind_of(name: &str, company: &str) -> ContactKind {
    if text::words(name).iter().any(|word| LEGAL.contains(&word.as_str())) {
        ContactKind::Counterparty
    } else if company.is_empty() {
        ContactKind::NaturalPerson
    } else {
        ContactKind::ContactPerson
    }
}

/// Finishes a contact: a name where it has none, unread numbers into the note. None, and told, where nothing is left.
pub(super) fn finish(mut found: Found, unread: &[String], report: &mut Report, quoted: &str) -> Option<Found> {
    let shown = found.numbers.first().map(|number| number.display.clone());
    let nothing = found.numbers.is_empty() && found.email.is_empty() && unread.is_empty();
    if nothing && found.name.is_empty() && found.company.is_empty() && quoted.trim().is_empty() {
        return None;
    }
    if nothing {
        report.say(found.line, Doubt::Nothing, quoted);
        return None;
    }
    if found.name.is_empty() {
        if found.company.is_empty() {
            report.say(found.line, Doubt::NoName, quoted);
            found.name = shown
                .or_else(|| unread.first().cloned())
                .unwrap_or_else(|| found.email.clone());
        } else {
            found.name = std::mem::take(&mut found.company);
            found.kind = ContactKind::Counterparty;
        }
    }
    if found.company == found.name {
        found.company.clear();
    }
    for text in unread {
        if !found.note.is_empty() {
            found.note.push('\n');
        }
        found.note.push_str(text);
    }
    found.note = cut(&found.note, MAX_CELL_CHARS);
    Some(found)
}

/// Gives each contact an id that the same file gives again, leaves out those that stood before, and tells of numbers
/// that several have.
pub(super) fn tell_apart(file: &mut ImportFile) {
    let mut names: HashMap<String, u32> = HashMap::new();
    for found in &file.contacts {
        *names.entry(text::name_key(&found.name)).or_default() += 1;
    }
    let mut ids: HashMap<String, u32> = HashMap::new();
    for id in file.contacts.iter().filter_map(|found| found.id.clone()) {
        *ids.entry(id).or_default() += 1;
    }
    // By what stands in them, the lines; by their ids, how many different ones have it.
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut rounds: HashMap<String, u32> = HashMap::new();
    let mut lines: HashMap<String, u32> = HashMap::new();
    let contacts = std::mem::take(&mut file.contacts);
    for mut found in contacts {
        // A city's code in a column «Код» says nothing of who it is.
        found.id.take_if(|id| ids.get(id).is_some_and(|count| *count > 1));
        let mut id = own_id(&found, &names);
        let all = format!(
            "{id}\u{1f}{:?}",
            (&found.name, &found.company, &found.email, &found.note, &found.numbers)
        );
        if let Some(other) = seen.get(&all) {
            let other = Some(*other);
            file.report.say_of(found.line, Doubt::Repeated, &found.name, other);
            continue;
        }
        seen.insert(all, found.line);
        let round = rounds.entry(id.clone()).or_default();
        *round += 1;
        if *round > 1 {
            id = format!("{id}\u{1f}{round}");
        }
        for number in &found.numbers {
            match lines.get(&number.key) {
                Some(other) => {
                    let text = format!("{} · {}", found.name, number.display);
                    file.report.say_of(found.line, Doubt::SharedNumber, &text, Some(*other));
                }
                None => drop(lines.insert(number.key.clone(), found.line)),
            }
        }
        found.id = Some(id);
        file.contacts.push(found);
    }
    file.report.problems.sort_by_key(|problem| problem.line);
}

/// The file's id, else the name; of namesakes company and line too.
fn own_id(found: &Found, names: &HashMap<String, u32>) -> String {
    if let Some(id) = &found.id {
        return format!("id:{id}");
    }
    let name = text::name_key(&found.name);
    if names.get(&name).is_some_and(|count| *count == 1) && !name.is_empty() {
        return format!("name:{name}");
    }
    let line = found.numbers.first().map_or("", |number| line_of(&number.key));
    format!("name:{name}\u{1f}{}\u{1f}{line}", text::name_key(&found.company))
}
