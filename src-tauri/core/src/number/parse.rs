//! From text to [`Number`].

use super::clean::{clean, percent_decode};
use super::find::{LABELS, full_number};
use super::hidden::is_hidden;
use super::run::Run;
use super::sheet::{Cell, cell};
use super::tail::{after_ext_words, extension};
use super::{Number, SHORT, link};

/// Most schemes in a row that are taken off (`callto:tel:…`).
const MAX_SCHEMES: usize = 3;

/// See [`Number::parse`].
pub(super) fn number(text: &str) -> Number {
    if let Some(number) = from_pbx(text) {
        return number;
    }
    let text = clean(text);
    if let Some(number) = outside(&text) {
        return number;
    }
    let found = match address(&text) {
        Some(Address::Sip(user)) => sip_user(user),
        Some(Address::Tel(body)) => tel_body(body),
        None => plain(&text),
    };
    found.unwrap_or(Number::Other(text))
}

/// The PBX's own form, `tel:+7` and ten digits, and the canonical one, without a regular expression or metadata: this
/// is what every event carries.
fn from_pbx(text: &str) -> Option<Number> {
    let number = text.strip_prefix("tel:").unwrap_or(text);
    super::russian(number)?;
    Some(Number::E164 {
        number: number.to_owned(),
        ext: None,
    })
}

/// The canonical form of a short number outside the company.
fn outside(text: &str) -> Option<Number> {
    match all_digits(text.strip_prefix(SHORT)?) {
        Some(Number::Extension(digits)) => Some(Number::Short(digits)),
        _ => None,
    }
}

enum Address {
    /// The user part of a SIP address.
    Sip(String),
    /// What follows `tel:` or `callto:`.
    Tel(String),
}

/// Recognises `tel:`, `callto:`, `sip:`, `sips:`, `user@host`, and any of them as `"Name" <…>`.
fn address(text: &str) -> Option<Address> {
    let inner = match (text.find('<'), text.rfind('>')) {
        (Some(open), Some(close)) if open < close => text[open + 1..close].trim(),
        _ => text,
    };
    if let Some((scheme, rest)) = inner.split_once(':') {
        let rest = rest.trim_start_matches('/');
        match scheme.trim().to_ascii_lowercase().as_str() {
            "sip" | "sips" => return Some(Address::Sip(user_part(rest))),
            "tel" | "callto" => return Some(Address::Tel(link_body(rest))),
            _ => {}
        }
    }
    (inner.contains('@') && !inner.contains(' ')).then(|| Address::Sip(user_part(inner)))
}

/// What a `tel:` link holds, decoded as often as it was encoded: sites write `%2B` for `+`, `+` for a space, the scheme
/// twice, and encode it all once more.
fn link_body(rest: &str) -> String {
    let mut body = clean(&percent_decode(rest.split('?').next().unwrap_or_default()));
    for _ in 0..MAX_SCHEMES {
        let again = body.split_once(':').filter(|(scheme, _)| {
            let scheme = scheme.trim();
            scheme.eq_ignore_ascii_case("tel") || scheme.eq_ignore_ascii_case("callto")
        });
        match again {
            Some((_, inner)) => body = clean(inner.trim_start_matches('/')),
            None => break,
        }
    }
    let mut chars = body.chars();
    let first = chars.next().map(String::from).unwrap_or_default();
    first + &chars.as_str().replace('+', " ")
}

/// `user[:password][;parameters]@host…` without password and host; without `@` the address is taken for the user.
fn user_part(text: &str) -> String {
    let user = match text.rsplit_once('@') {
        Some((_, host)) if host.starts_with("anonymous.invalid") => "anonymous",
        Some((user, _)) => user.split(':').next().unwrap_or_default(),
        None => text.split(['?', ':']).next().unwrap_or_default(),
    };
    clean(&percent_decode(user))
}

/// A SIP user is a number only as a whole: `SIP00012U00034` and `ivanov1985` are names.
fn sip_user(user: String) -> Option<Number> {
    let name = user.split(';').next().unwrap_or_default();
    if is_hidden(name) {
        return Some(Number::Hidden);
    }
    let is_phone = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')' | ' ' | '*' | '#');
    if name.chars().all(is_phone) {
        tel_body(user)
    } else {
        None
    }
}

/// `;phone-context=+7` completes a local number (RFC 3966), `;ext=` is read with the number.
fn tel_body(body: String) -> Option<Number> {
    const MARK: &str = ";phone-context=";
    let Some(at) = body.to_ascii_lowercase().find(MARK) else {
        return plain(&body);
    };
    let (local, context) = (&body[..at], &body[at + MARK.len()..]);
    let (context, rest) = context.find(';').map_or((context, ""), |end| context.split_at(end));
    if context.starts_with(['+', ' ']) && !local.contains('+') {
        let (number_part, ext_part) = local.split_at(local.find(';').unwrap_or(local.len()));
        let whole = format!("+{}{number_part}", &context[1..]);
        if let Some(number) = Run::new(&whole).whole_number() {
            return Some(Number::E164 {
                number,
                ext: extension(ext_part).or_else(|| extension(rest)),
            });
        }
    }
    plain(&format!("{local}{rest}"))
}

/// Text without scheme and host. `None`: no number.
fn plain(text: &str) -> Option<Number> {
    if is_hidden(text) {
        return Some(Number::Hidden);
    }
    let text = match cell(text) {
        Cell::Whole(digits) => return all_digits(&digits),
        Cell::Damaged => return None,
        Cell::Text(text) => text.trim(),
    };
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return all_digits(text);
    }
    if let Some(code) = code(text) {
        return Some(Number::Service(code));
    }
    full_number(text)
        .or_else(|| link::number(text).map(|number| Number::E164 { number, ext: None }))
        .or_else(|| labelled_extension(text))
}

fn all_digits(text: &str) -> Option<Number> {
    match text.len() {
        1 => Some(Number::Service(text.to_owned())),
        3 if text == "112" => Some(Number::Service(text.to_owned())),
        2..=6 if text.bytes().all(|b| b.is_ascii_digit()) => Some(Number::Extension(text.to_owned())),
        _ => Run::new(text)
            .whole_number()
            .map(|number| Number::E164 { number, ext: None }),
    }
}

/// `*21`, `* 21 * 916… #`: begins with a star or hash and has nothing but what a telephone's keys write.
fn code(text: &str) -> Option<String> {
    let keys: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let written = keys
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#' | b'+'));
    (keys.starts_with(['*', '#']) && written && keys.len() <= 40 && keys.bytes().any(|b| b.is_ascii_digit()))
        .then_some(keys)
}

/// «доб. 12», «внутр. тел. 102», `№102` with nothing else. With separators inside (`22-33-44`) it would be a city number
/// without its code, and that is not guessed.
fn labelled_extension(text: &str) -> Option<Number> {
    let lower = text.to_lowercase();
    let at = lower.find(|c: char| c.is_ascii_digit())?;
    let (label, rest) = lower.split_at(at);
    let is_label = LABELS.contains(&label.trim_matches(|c: char| !c.is_alphanumeric() && c != '№'));
    let named = is_label || after_ext_words(&lower) == Some(rest);
    let is_short = (2..=6).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit());
    (named && is_short).then(|| all_digits(rest)).flatten()
}
