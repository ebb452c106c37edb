//! Numbers as spreadsheets and the programs that export to them write them.

/// What a cell says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// A whole number: its digits, with a plus where it had one.
    Whole(String),
    /// A number whose last digits are gone, or that never was whole: `7.9E+10`, `89000000001.5`.
    Damaged,
    /// Anything else, without the marks that made a text of it (`="…"`, a leading apostrophe).
    Text(&'a str),
}

/// Longest whole number that is written out, in digits: more is no phone number.
const MAX_DIGITS: usize = 20;

pub(super) fn cell(text: &str) -> Cell<'_> {
    let text = without_marks(text);
    let (plus, number) = text.strip_prefix('+').map_or(("", text), |number| ("+", number));
    // Spaces and dots may stand between the digits of any number.
    let grouped = || {
        thousands(number)
            .filter(|_| !number.contains([' ', '.']))
            .map(Cell::Whole)
    };
    match scientific(number).or_else(|| decimal(number)).or_else(grouped) {
        Some(Cell::Whole(digits)) => Cell::Whole(format!("{plus}{digits}")),
        Some(damaged) => damaged,
        None => Cell::Text(text),
    }
}

/// `="79000000001"`, `=79000000001`, `'79000000001`.
fn without_marks(text: &str) -> &str {
    let formula = text.strip_prefix('=').map(str::trim);
    let inner = formula.unwrap_or(text);
    let quoted = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (formula, quoted) {
        (Some(_), Some(quoted)) => quoted,
        (Some(formula), None) => formula,
        (None, _) => text.strip_prefix('\'').unwrap_or(text),
    }
}

/// `7.9000000001E+10`; the letter may be the Cyrillic one. Damaged where fewer digits are written than the
/// value has.
fn scientific(text: &str) -> Option<Cell<'static>> {
    let (mantissa, exponent) = text.split_once(['e', 'E', 'е', 'Е'])?;
    let exponent = exponent.trim_start().trim_start_matches('+');
    let (whole, fraction) = match mantissa.trim_end().split_once(['.', ',']) {
        Some(parts) => parts,
        None => (mantissa.trim_end(), ""),
    };
    if !is_digits(whole) || !(fraction.is_empty() || is_digits(fraction)) || !is_digits(exponent) {
        return None;
    }
    let places: usize = exponent.parse().unwrap_or(usize::MAX);
    if places > fraction.len() || places > MAX_DIGITS {
        return Some(Cell::Damaged);
    }
    let (more, rest) = fraction.split_at(places);
    Some(if is_zeros(rest) {
        Cell::Whole(format!("{whole}{more}"))
    } else {
        Cell::Damaged
    })
}

/// `89000000001.0`, `79 000 000 001,00`: so many digits with an empty fraction are a number that went through a float. A
/// short one is only where `.0` follows: `12.00` is a time or a price. Damaged where the fraction is not empty.
fn decimal(text: &str) -> Option<Cell<'static>> {
    let (whole, fraction) = text.rsplit_once(['.', ','])?;
    let plain = is_digits(whole);
    let digits = if plain {
        Some(whole.to_owned())
    } else {
        thousands(whole)
    }?;
    let zeros = is_digits(fraction) && is_zeros(fraction);
    match digits.len() {
        10.. if zeros && plain => Some(Cell::Whole(digits)),
        7.. if zeros && fraction.len() <= 2 => Some(Cell::Whole(digits)),
        // A comma is also the dialler's pause: `84951234567,12` has an extension.
        7.. if plain && is_digits(fraction) && text.as_bytes().get(whole.len()) == Some(&b'.') => {
            // Dots may also separate the groups of a number: `8916.1234567`.
            (digits.len() >= 10 || fraction.len() == 1).then_some(Cell::Damaged)
        }
        2..=6 if plain && text.ends_with(".0") => Some(Cell::Whole(digits)),
        _ => None,
    }
}

/// Groups of three after the first: `79,000,000,001`, `79'000'000'001`.
fn thousands(text: &str) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, ' ' | ',' | '.' | '\'' | '\u{2019}') {
        return None;
    }
    let mut groups = text.split(separator);
    let first = groups.next().filter(|group| is_digits(group) && group.len() <= 3)?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || !is_digits(group) {
            return None;
        }
        digits.push_str(group);
    }
    (digits.len() >= 7).then_some(digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_zeros(text: &str) -> bool {
    text.bytes().all(|b| b == b'0')
}
