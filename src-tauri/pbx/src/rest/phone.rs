//! The API's ways to write a phone number (reference 1.2: inconsistent; "normalise to E.164, send 10 digits").

use super::PortalError;

/// Longest number that is sent, characters.
const MAX_CHARS: usize = 32;

/// What the API wrote, as E.164 if it is a phone number: 10 digits, `7…`, `8…` or `+…`. A `SIP…` login or a short number
/// is none.
pub(super) fn e164(text: &str) -> Option<String> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '\u{a0}'))
        .collect();
    let (international, digits) = match digits.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, digits.as_str()),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match (international, digits.len(), digits.as_bytes().first()) {
        (true, 8..=15, _) => Some(format!("+{digits}")),
        (false, 10, _) => Some(format!("+7{digits}")),
        (false, 11, Some(b'7' | b'8')) => Some(format!("+7{}", &digits[1..])),
        _ => None,
    }
}

/// The number of a party to a call: E.164, or the digits as they are for a short one. Anything else (`anonymous`, a login)
/// is none.
pub(super) fn party(text: &str) -> Option<String> {
    let is_short = |t: &&str| !t.is_empty() && t.len() <= MAX_CHARS && t.bytes().all(is_key);
    e164(text).or_else(|| Some(text.trim()).filter(is_short).map(str::to_owned))
}

/// A number in a rule: E.164 if it is a phone number, else as it is, so that nothing of a rule is lost.
pub(super) fn in_rule(text: String) -> String {
    e164(&text).unwrap_or(text)
}

/// Numbers of a rule as they are sent.
pub(super) fn wire_all<'a>(numbers: impl IntoIterator<Item = &'a String>) -> Result<Vec<&'a str>, PortalError> {
    numbers.into_iter().map(|number| wire(number)).collect()
}

fn is_key(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'*' | b'#')
}

/// How a number is sent: 10 digits for a Russian one in E.164, anything else as it is (an extension `102`, `+49…`).
pub(super) fn wire(number: &str) -> Result<&str, PortalError> {
    let number = number.trim();
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_dialable = !digits.is_empty() && digits.bytes().all(is_key);
    if !is_dialable || number.len() > MAX_CHARS {
        return Err(PortalError::Invalid { what: "phone number" });
    }
    match number.strip_prefix("+7") {
        Some(national) if national.len() == 10 => Ok(national),
        _ => Ok(number),
    }
}
