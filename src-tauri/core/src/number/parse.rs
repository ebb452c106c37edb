//! From text to [`Number`].

use super::clean::{clean, percent_decode};
use super::{Number, digits};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberFormat, enums::Region};

/// What stands in place of a withheld number, lower case.
const HIDDEN: &[&str] = &[
    "anonymous",
    "anonym",
    "unknown",
    "unknown number",
    "restricted",
    "withheld",
    "unavailable",
    "not available",
    "private",
    "private number",
    "hidden",
    "no number",
    "blocked",
    "скрыт",
    "скрытый",
    "скрытый номер",
    "номер скрыт",
    "номер не определен",
    "номер не определён",
    "не определен",
    "не определён",
    "аноним",
    "анонимный",
    "анонимный номер",
    "неизвестный номер",
    "неизвестно",
];

/// Words before an extension, longest first where one begins another; `х` and `д` are Cyrillic.
const EXT_WORDS: &[&str] = &[
    "добавочный",
    "добав",
    "доб",
    "внутренний",
    "внутр",
    "вн",
    "extension",
    "extn",
    "ext",
    "x",
    "х",
    "д",
];

/// Words that may stand right before a number without making it an identifier.
const LABELS: &[&str] = &[
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
];

/// `+` and 15 digits; the metadata allows two digits more for some countries.
const MAX_E164: usize = 16;

/// See [`Number::parse`].
pub(super) fn number(text: &str) -> Number {
    if let Some(number) = from_pbx(text) {
        return number;
    }
    let text = clean(text);
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
            "tel" | "callto" => {
                let body = rest.split('?').next().unwrap_or_default();
                return Some(Address::Tel(clean(&percent_decode(body))));
            }
            _ => {}
        }
    }
    (inner.contains('@') && !inner.contains(' ')).then(|| Address::Sip(user_part(inner)))
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
    if context.starts_with('+') && !local.contains('+') {
        let (number_part, ext_part) = local.split_at(local.find(';').unwrap_or(local.len()));
        let whole = format!("{context}{number_part}");
        if let Some(number) = e164(&whole) {
            return Some(Number::E164 {
                number,
                ext: extension(ext_part).or_else(|| extension(rest)),
            });
        }
    }
    plain(&format!("{local}{rest}"))
}

fn is_hidden(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let holds_code = text.contains(['*', '#', '+']);
    (word.is_empty() && text.is_ascii() && !holds_code) || HIDDEN.contains(&word.as_str())
}

/// Text without scheme and host. `None`: no number.
fn plain(text: &str) -> Option<Number> {
    if is_hidden(text) {
        return Some(Number::Hidden);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return all_digits(text);
    }
    if let Some(code) = code(text) {
        return Some(Number::Service(code));
    }
    full_number(text).or_else(|| labelled_extension(text))
}

fn all_digits(text: &str) -> Option<Number> {
    match text.len() {
        1 => Some(Number::Service(text.to_owned())),
        3 if text == "112" => Some(Number::Service(text.to_owned())),
        2..=6 => Some(Number::Extension(text.to_owned())),
        _ => e164(text).map(|number| Number::E164 { number, ext: None }),
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

/// «доб. 12», «вн. 102», `№102` with nothing else. With separators inside (`22-33-44`) it would be a city number
/// without its code, and that is not guessed.
fn labelled_extension(text: &str) -> Option<Number> {
    let lower = text.to_lowercase();
    let at = lower.find(|c: char| c.is_ascii_digit())?;
    let (label, rest) = lower.split_at(at);
    let label = label.trim_matches(|c: char| !c.is_alphanumeric() && c != '№');
    let known = EXT_WORDS.contains(&label) || LABELS.contains(&label);
    let is_short = (2..=6).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit());
    (known && is_short).then(|| all_digits(rest)).flatten()
}

/// The first full number in the text, with its extension.
fn full_number(text: &str) -> Option<Number> {
    // «8/495/123-45-67»: slashes in place of brackets; with more digits they part two numbers.
    let slashes = matches!(digits(text).len(), 10 | 11);
    runs(text, slashes).into_iter().find_map(|(start, end)| {
        let run = &text[start..end];
        let tail = &text[end..];
        let ext = extension(tail);
        if is_identifier(text, start, run) || (ext.is_none() && glued_to_latin(run, tail)) {
            return None;
        }
        if let Some(number) = e164(run) {
            return Some(Number::E164 { number, ext });
        }
        // Two numbers with only a space between them.
        let prefixes = run.match_indices(' ').map(|(at, _)| &run[..at]);
        let number = prefixes.filter(|p| digits(p).len() >= 10).find_map(e164)?;
        Some(Number::E164 { number, ext: None })
    })
}

/// Byte ranges of text that consist of digits and what may stand between the digits of one number.
fn runs(text: &str, slashes: bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut has_digit = false;
    for (at, c) in text.char_indices() {
        let inside =
            c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '~' | '+') || (slashes && c == '/');
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
    let lead = run.len() - run.trim_start_matches([' ', '(', '-', '.']).len();
    if run[lead..].starts_with('+') || run[..lead].contains(' ') {
        return false;
    }
    let word = text[..start].rsplit(' ').next().unwrap_or_default().to_lowercase();
    let label = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.bytes().any(|b| b.is_ascii_alphabetic()) && !LABELS.contains(&label)
}

/// `0305e82c` after the digits: part of an identifier, too.
fn glued_to_latin(run: &str, tail: &str) -> bool {
    run.ends_with(|c: char| c.is_ascii_digit()) && tail.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The extension at the beginning of what follows a number: «, доб. 12», `;ext=12`, `x12`, `#12`, `,12`, `,,12`.
fn extension(tail: &str) -> Option<String> {
    let lower = tail.to_lowercase();
    let opened = lower.trim_start_matches([' ', ',', ';', '(', '-', '.']);
    if let Some(rest) = opened.strip_prefix('#') {
        return leading_ext(rest).map(|(ext, _)| ext);
    }
    for word in EXT_WORDS {
        if let Some(rest) = opened.strip_prefix(word) {
            let rest = rest.trim_start_matches([' ', '.', ':', '=', '-', '№', '#']);
            if let Some((ext, _)) = leading_ext(rest) {
                return Some(ext);
            }
        }
    }
    // A bare comma is a pause of the dialler only where nothing else follows; else it parts two numbers.
    let rest = lower
        .trim_start()
        .strip_prefix([',', 'p', 'w'])?
        .trim_start_matches([',', ' ']);
    leading_ext(rest)
        .filter(|(ext, after)| ext.len() <= 6 && after.is_empty())
        .map(|(ext, _)| ext)
}

/// One to seven digits and what follows them.
fn leading_ext(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (1..=7).contains(&end).then(|| (text[..end].to_owned(), &text[end..]))
}

/// The E.164 form of a text that holds one full number and nothing else.
fn e164(text: &str) -> Option<String> {
    let all = digits(text);
    let d = all.as_str();
    let plus = text.trim_start_matches([' ', '(', '-', '.']).starts_with('+');
    let follows = |from: usize| d.as_bytes().get(from).is_some_and(|b| b"3489".contains(b));
    let home = |national: &str| format!("+7{national}");
    match (plus, d.len()) {
        (_, 0..=6 | 21..) => None,
        // «+7 8 916…», «7 8 916…»: both the country code and the trunk prefix.
        (_, 12) if d.starts_with("78") && follows(2) => Some(home(&d[2..])),
        (true, _) => international(d),
        (false, 10) if d.starts_with('9') => Some(home(d)),
        (false, 10) if d.starts_with(['3', '4', '7', '8']) => library(&home(d), true),
        (false, 11) if d.starts_with(['7', '8']) && follows(1) => Some(home(&d[1..])),
        (false, 11) if d.starts_with(['7', '8']) => library(&home(&d[1..]), true),
        (false, 12..) if d.starts_with("810") => international(&d[3..]),
        (false, 11..) if d.starts_with("00") => international(&d[2..]),
        (false, 11..) => library(&format!("+{d}"), true),
        (false, _) => None,
    }
}

/// Digits that begin with a country code, as `+`, `8~10` or `00` before them says.
fn international(d: &str) -> Option<String> {
    let whole = format!("+{d}");
    // «+8 916…» is the trunk prefix with a plus by mistake, unless it is somebody else's country code.
    if d.len() == 11 && d.starts_with('8') {
        let meant = || library(&format!("+7{}", &d[1..]), true);
        return library(&whole, true).or_else(meant).or_else(|| library(&whole, false));
    }
    library(&whole, false)
}

/// Asks the metadata. `valid`: the number must belong to the numbering plan, not only have a length of it. The answer
/// is one that the library itself leaves unchanged (a national prefix may hide behind another).
fn library(international: &str, valid: bool) -> Option<String> {
    let mut text = international.to_owned();
    for _ in 0..4 {
        let number = PHONE_NUMBER_UTIL.parse(&text, Some(Region::RU)).ok()?;
        if !matches!(number.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
            || (valid && !number.is_valid())
        {
            return None;
        }
        let written = number.format_as(PhoneNumberFormat::E164).into_owned();
        if written.len() > MAX_E164 {
            return None;
        }
        if written == text {
            return Some(written);
        }
        text = written;
    }
    None
}
