//! What follows a number.

/// Words before an extension; `х` and `д` are Cyrillic.
const EXT_WORDS: &[&str] = &[
    "доб",
    "доп",
    "вн",
    "внут",
    "д",
    "х",
    "тон",
    "тональный",
    "тоновый",
    "ext",
    "extn",
    "exten",
    "ex",
    "int",
    "x",
];

/// What words for an extension begin with, in any grammatical form and shortening.
const EXT_STEMS: &[&str] = &["добав", "дополн", "внутр", "extens", "internal"];

/// Words that may stand beside such a word.
const WORDS_BESIDE: &[&str] = &[
    "тел",
    "телефон",
    "номер",
    "ном",
    "н",
    "набор",
    "код",
    "линия",
    "number",
    "num",
    "no",
    "tel",
    "phone",
    "code",
    "line",
];

/// Most words before the digits of an extension.
const MAX_WORDS: usize = 4;

fn is_ext_word(word: &str) -> bool {
    EXT_WORDS.contains(&word) || EXT_STEMS.iter().any(|stem| word.starts_with(stem))
}

/// The extension at the beginning of what follows a number: «, доб. 12», «внутр. тел. 12», `;ext=12`, `x12`, `#12`,
/// `,12`, `,,12#`, `(1234)`, `-1234`.
pub(super) fn extension(tail: &str) -> Option<String> {
    let lower = tail.to_lowercase();
    let rest = lower.trim_start();
    marked(rest)
        .or_else(|| worded(rest))
        .or_else(|| bracketed(rest))
        .or_else(|| paused(rest))
}

fn marked(rest: &str) -> Option<String> {
    let opened = rest.trim_start_matches([' ', ',', ';', '(', '-', '.']);
    let digits = opened.strip_prefix(['#', '*'])?;
    leading_ext(digits).map(|(ext, _)| ext)
}

/// Words for an extension, and words beside them, up to the digits.
fn worded(rest: &str) -> Option<String> {
    let after_words = after_ext_words(rest)?;
    leading_ext(after_words).map(|(ext, _)| ext)
}

/// What follows the words for an extension (lower case); none where the text does not begin with such words.
pub(super) fn after_ext_words(text: &str) -> Option<&str> {
    let mut rest = text;
    let mut named = false;
    for _ in 0..MAX_WORDS {
        rest = rest.trim_start_matches(|c: char| " ,;([-.:=№#/|\"".contains(c));
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let is_ext = is_ext_word(word);
        if !is_ext && !WORDS_BESIDE.contains(&word) {
            break;
        }
        named |= is_ext;
        rest = after;
    }
    rest = rest.trim_start_matches(|c: char| " ([-.:=№#\"".contains(c));
    named.then_some(rest)
}

/// `(1234)`, and three to five digits after a dash; a year is no extension.
fn bracketed(rest: &str) -> Option<String> {
    let (digits, closed, lengths) = match rest.strip_prefix('(') {
        Some(inside) => (inside, true, 1..=6),
        None => (rest.strip_prefix('-')?, false, 3..=5),
    };
    let (ext, after) = leading_ext(digits)?;
    let ends = if closed {
        after.starts_with(')')
    } else {
        !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | ':' | '/'))
    };
    let year = ext.len() == 4 && (ext.starts_with("19") || ext.starts_with("20"));
    (ends && lengths.contains(&ext.len()) && !year).then_some(ext)
}

/// A bare comma is a pause of the dialler only where nothing else follows; else it separates two numbers.
fn paused(rest: &str) -> Option<String> {
    let digits = rest
        .strip_prefix([',', ';', 'p', 'w'])?
        .trim_start_matches([',', ' ', 'p', 'w']);
    leading_ext(digits)
        .filter(|(ext, after)| ext.len() <= 6 && matches!(*after, "" | "#"))
        .map(|(ext, _)| ext)
}

/// One to seven digits and what follows them.
fn leading_ext(text: &str) -> Option<(String, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (1..=7).contains(&end).then(|| (text[..end].to_owned(), &text[end..]))
}

/// The digits are a part of something else: `0305e82c`, `9161234567U1`, `7.9E+10`, `1234О6` with a letter for a digit.
/// Not so where a whole word follows a number («89000000001факс»).
pub(super) fn is_glued(tail: &str) -> bool {
    let end = tail.find(|c: char| !c.is_alphanumeric()).unwrap_or(tail.len());
    let word = &tail[..end];
    let Some(first) = word.chars().next() else { return false };
    if !first.is_alphabetic() {
        return true;
    }
    let like_digit = |c: char| c.is_ascii_digit() || "оОoOеЕeE".contains(c);
    if word.chars().all(like_digit) {
        return true;
    }
    let latin = word.bytes().any(|b| b.is_ascii_alphabetic());
    latin && (word.chars().nth(1).is_none() || word.bytes().any(|b| b.is_ascii_digit()))
}

/// The number is written with some of its digits hidden or still to be filled in: `+49 30 12__`, `12**`, `12xx`, `12…`.
pub(super) fn is_masked(run: &str, tail: &str) -> bool {
    let joined = run.ends_with(|c: char| c.is_ascii_digit() || c == '-') || run.ends_with("..");
    let lower = tail.to_lowercase();
    joined
        && (run.ends_with("..")
            || ["_", "**", "•", "…", "xx", "хх", "??"]
                .iter()
                .any(|mark| lower.starts_with(mark)))
}
