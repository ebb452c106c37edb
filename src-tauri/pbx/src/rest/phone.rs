//! The API's ways to write a phone number (reference 1.2: inconsistent; "normalise to E.164, send 10 digits").

use super::PortalError;

/// Longest number that is sent, characters.
const MAX_LEN: usize = 32;

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

/// How a number is sent: 10 digits for a Russian one in E.164, anything else as it is (an extension `102`, `+49…`).
pub(super) fn wire(number: &str) -> Result<&str, PortalError> {
    let number = number.trim();
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_dialable = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'));
    if !is_dialable || number.len() > MAX_LEN {
        return Err(PortalError::Invalid { what: "phone number" });
    }
    match number.strip_prefix("+7") {
        Some(national) if national.len() == 10 => Ok(national),
        _ => Ok(number),
    }
}
