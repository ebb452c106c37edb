//! Links of messengers that hold a number: `https://wa.me/79000000001`, `viber://chat?number=%2B79000000001`.

use super::clean::{clean, percent_decode};
use super::run::Run;

const HOSTS: &[&str] = &[
    "wa.me",
    "api.whatsapp.com",
    "web.whatsapp.com",
    "t.me",
    "telegram.me",
    "telegram.dog",
    "viber.click",
    "signal.me",
];

const SCHEMES: &[&str] = &[
    "whatsapp",
    "viber",
    "tg",
    "skype",
    "sms",
    "smsto",
    "mms",
    "facetime",
    "facetime-audio",
];

/// Names of what holds the number in a link's query.
const QUERY_NAMES: &[&str] = &["phone", "number", "tel", "to"];

/// The number in E.164 of the first such link in the text.
pub(super) fn number(text: &str) -> Option<String> {
    text.split(' ').find_map(of_word)
}

fn of_word(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+');
    let (place, rest) = match word.split_once(':') {
        Some((scheme, rest)) if SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) => ("", rest),
        Some((scheme, rest)) if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") => ("host", rest),
        _ => ("host", word),
    };
    let mut rest = rest.trim_start_matches('/');
    if place == "host" {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest[..end].to_ascii_lowercase();
        if !HOSTS.contains(&host.strip_prefix("www.").unwrap_or(&host)) {
            return None;
        }
        rest = rest[end..].trim_start_matches(['/', '#']);
        // signal.me/#p/+79000000001
        rest = rest.strip_prefix("p/").unwrap_or(rest);
    }
    let mut parts = rest.split(['/', '?', '&', '#', ';']);
    let bare = parts.next().and_then(phone);
    bare.or_else(|| {
        parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            QUERY_NAMES
                .contains(&name.to_ascii_lowercase().as_str())
                .then(|| phone(value))
                .flatten()
        })
    })
}

/// The number that the text is as a whole. Messengers write it with its country's code, with or without the `+`.
fn phone(text: &str) -> Option<String> {
    let text = clean(&percent_decode(text));
    let written = text.chars().all(|c| c.is_ascii_digit() || " +-().".contains(c));
    written.then(|| Run::new(&text).whole_number()).flatten()
}
