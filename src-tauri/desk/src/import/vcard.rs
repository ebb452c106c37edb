//! vCard 2.1, 3.0 and 4.0 as phones, mail programs and address books really write them.
//!
//! Read by bytes: a line may be folded inside a letter, a soft break may stand between the two bytes of one, and each
//! property of version 2.1 may have a code page of its own.

mod card;
mod property;

use super::report::{Doubt, Report};
use super::{ImportFile, ImportFormat, ImportHow, MAX_ROWS, SAMPLE_ROWS, encoding};
use crate::words::Language;
use card::Card;
use property::{Property, unfold};

pub(super) fn is_one(bytes: &[u8], name: &str) -> bool {
    let head = encoding::narrow(bytes.get(..1024).unwrap_or(bytes), None).into_owned();
    let begins = head.trim_ascii_start().to_ascii_uppercase().starts_with(b"BEGIN:VCARD");
    let named = name
        .rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case("vcf"));
    begins || named
}

pub(super) fn read(bytes: &[u8], how: &ImportHow, language: Language) -> ImportFile {
    let bytes = encoding::narrow(bytes, how.encoding.as_deref());
    let wide = matches!(bytes, std::borrow::Cow::Owned(_));
    let lines = unfold(&bytes);
    // A letter that a fold had cut in two is whole here.
    let text: Vec<u8> = lines
        .iter()
        .flat_map(|(_, line)| line.iter().chain(b"\n"))
        .copied()
        .collect();
    let chosen = how.encoding.as_deref().filter(|_| !wide);
    let page = encoding::of(&text, chosen);
    let mut report = Report::default();
    let mut contacts = Vec::new();
    let mut card: Option<Card> = None;
    let mut cards = 0_usize;
    for (line, bytes) in &lines {
        let Some(property) = Property::of(bytes, page) else {
            continue;
        };
        let is_card = property.value.trim().eq_ignore_ascii_case("VCARD");
        match (property.name.as_str(), is_card) {
            ("BEGIN", true) => {
                contacts.extend(card.take().and_then(|card| card.finish(language, &mut report)));
                cards += 1;
                if cards > MAX_ROWS {
                    report.say(*line, Doubt::TooMany, "");
                    break;
                }
                card = Some(Card::new(*line));
            }
            ("END", true) => contacts.extend(card.take().and_then(|card| card.finish(language, &mut report))),
            _ => {
                if let Some(card) = &mut card {
                    card.take(property);
                }
            }
        }
    }
    // The last card of a file that was cut off.
    contacts.extend(card.and_then(|card| card.finish(language, &mut report)));
    let shown = contacts.iter().take(SAMPLE_ROWS);
    let sample = shown.map(|found| {
        let number = found.numbers.first().map(|number| number.display.clone());
        vec![found.name.clone(), found.company.clone(), number.unwrap_or_default()]
    });
    ImportFile {
        format: ImportFormat::Vcard,
        encoding: Some(if wide { "UTF-16" } else { page.name() }),
        separator: None,
        sheets: Vec::new(),
        sheet: None,
        columns: Vec::new(),
        sample: sample.collect(),
        contacts,
        report,
    }
}
