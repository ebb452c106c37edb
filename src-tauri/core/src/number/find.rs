//! Full numbers in a text.

use super::run::Run;
use super::tail::{extension, is_glued, is_masked};
use super::{Number, digits};

/// Words that may stand right before a number without making it an identifier.
pub(super) const LABELS: &[&str] = &[
    "tel",
    "telephone",
    "phone",
    "mobile",
    "mob",
    "cell",
    "fax",
    "work",
    "home",
    "t",
    "m",
    "ph",
    "call",
    "callto",
    "тел",
    "телефон",
    "моб",
    "номер",
    "no",
    "№",
    "whatsapp",
    "wa",
    "viber",
    "telegram",
    "tg",
    "signal",
    "skype",
    "max",
    "sms",
];

/// The first full number in the text, with its extension.
pub(super) fn full_number(text: &str) -> Option<Number> {
    let text = without_dates_and_times(text);
    first(&text).or_else(|| with_letters_for_zeros(&text))
}

fn first(text: &str) -> Option<Number> {
    // «8/495/123-45-67»: slashes in place of brackets; with more digits they separate two numbers.
    let slashes = matches!(digits(text).len(), 10 | 11);
    runs(text, slashes).into_iter().find_map(|(start, end)| {
        let run = &text[start..end];
        if is_identifier(text, start, run) {
            return None;
        }
        let found = Run::new(run).number()?;
        let tail = &text[end..];
        let ext = extension(&text[start + found.end..]);
        let to_the_end = found.end == run.len();
        if ext.is_none() && to_the_end && is_glued(tail) {
            return None;
        }
        let after = &run[found.end..];
        if !found.home && after.bytes().all(|b| !b.is_ascii_digit()) && is_masked(run, tail) {
            return None;
        }
        Some(Number::E164 {
            number: found.number,
            ext,
        })
    })
}

/// Byte ranges of text that consist of digits and what may stand between the digits of one number.
fn runs(text: &str, slashes: bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut has_digit = false;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        // Two underscores are a blank to be filled in.
        let blank = c == '_' && (bytes.get(at + 1) == Some(&b'_') || at > 0 && bytes[at - 1] == b'_');
        let inside = c.is_ascii_digit()
            || matches!(c, ' ' | '(' | ')' | '-' | '.' | '~' | '+')
            || (c == '_' && !blank)
            || (slashes && c == '/');
        if !inside || (c == '+' && has_digit) {
            found.extend(open.take().filter(|_| has_digit).map(|start| (start, at)));
            has_digit = false;
        }
        if inside {
            open.get_or_insert(at);
            has_digit |= c.is_ascii_digit();
        }
    }
    found.extend(open.filter(|_| has_digit).map(|start| (start, text.len())));
    found
}

/// `callhalf-9161234567:0` and `SIP9161234567U1` hold ten digits and are no numbers (reference 1.2): Latin letters in
/// the same word before the digits, other than a label.
fn is_identifier(text: &str, start: usize, run: &str) -> bool {
    let lead = run.len() - run.trim_start_matches([' ', '(', '-', '.', '_']).len();
    if run[lead..].starts_with('+') || run[..lead].contains(' ') {
        return false;
    }
    let word = text[..start].rsplit(' ').next().unwrap_or_default().to_lowercase();
    let label = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.bytes().any(|b| b.is_ascii_alphabetic()) && !LABELS.contains(&label)
}

/// The text with a `|` for each character of dates (`31.12.2025`, `2025-12-31`, `31/12/25`) and times (`10:30`): «916
/// 123-45 10:30» is no number of ten digits, and neither is «30.12.2025 10».
fn without_dates_and_times(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|b| is_date_or_time_byte(**b)).count();
        // The second one of a range follows a dash.
        let second = at > 1 && bytes[at - 1] == b'-' && out[at - 2] == b'|';
        let begins = second || at == 0 || !b".:-/+_)".contains(&bytes[at - 1]);
        // With a year of two digits it could be the end of a city number: «4832 12.10.24».
        let before = out[..at].iter().rev().find(|b| **b != b' ');
        let alone = second || before.is_none_or(|b| !b"0123456789()".contains(b));
        let token = text[at..end].trim_end_matches(['.', ':', '-', '/']);
        let of_range = token.split('-').next().filter(|first| first.contains(['.', ':']));
        let moment = [Some(token), of_range]
            .into_iter()
            .flatten()
            .find(|token| is_date_or_time(token, alone));
        match moment.filter(|_| begins) {
            Some(moment) => {
                out[at..at + moment.len()].fill(b'|');
                at += moment.len();
            }
            None => at = end,
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

fn is_date_or_time_byte(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'.' | b':' | b'-' | b'/')
}

fn is_date_or_time(token: &str, alone: bool) -> bool {
    let parts = |separator: char| -> Option<Vec<(usize, u32)>> {
        token
            .split(separator)
            .map(|part| Some((part.len(), part.parse().ok()?)))
            .collect()
    };
    if let Some(time) = parts(':').filter(|time| time.len() > 1) {
        let inside = time.iter().skip(1).all(|(length, n)| *length == 2 && *n < 60);
        return time.len() <= 3 && time[0].0 <= 2 && time[0].1 < 25 && inside;
    }
    let day = |(length, n): (usize, u32)| length <= 2 && (1..=31).contains(&n);
    let month = |(length, n): (usize, u32)| length <= 2 && (1..=12).contains(&n);
    let year = |(length, n): (usize, u32)| (length == 4 && (1900..2100).contains(&n)) || (alone && length == 2);
    ['.', '-', '/']
        .into_iter()
        .filter_map(parts)
        .any(|date| match date[..] {
            [first, second, third] => {
                (day(first) && month(second) && year(third))
                    || (month(first) && day(second) && third.0 == 4 && year(third))
                    || (first.0 == 4 && year(first) && month(second) && day(third))
            }
            _ => false,
        })
}

/// «8 (9ОО) ООО-ОО-О1»: letters in place of zeros, in words of nothing but digits and such letters, where all digits of
/// the text then are one number of +7 and its extension.
fn with_letters_for_zeros(text: &str) -> Option<Number> {
    if !text.contains(['О', 'о', 'O', 'o']) {
        return None;
    }
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let zeros = word.chars().all(|c| c.is_ascii_digit() || "ОоOo".contains(c));
        replaced.extend(word.chars().map(|c| if zeros && c.is_alphabetic() { '0' } else { c }));
        let gap = after.find(char::is_alphanumeric).unwrap_or(after.len());
        replaced.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    let found = first(&replaced)?;
    let Number::E164 { number, ext } = &found else {
        return None;
    };
    let of_ext = ext.as_ref().map_or(0, String::len);
    let whole = matches!(digits(&replaced).len() - of_ext, 10..=12);
    let original = digits(text).len();
    (whole && super::russian(number).is_some() && original >= 3).then_some(found)
}
