//! Text as it is searched and compared.

use icu_normalizer::ComposingNormalizerBorrowed;
use perezvon_core::Number;

/// Most words of a query that count.
const MAX_WORDS: usize = 8;

/// Text as it is searched: NFC, lower case, `ё` as `е`.
pub fn fold(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .to_lowercase()
        .replace('ё', "е")
}

/// The folded words of a text.
pub(crate) fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a name in an order of their own: «Иванов Пётр» is «Пётр Иванов».
pub(crate) fn name_key(name: &str) -> String {
    let mut words = words(name);
    words.sort();
    words.join(" ")
}

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Query {
    /// Everything.
    All,
    /// A part of a number.
    Digits(String),
    /// All of these words.
    Words(Vec<String>),
}

impl Query {
    pub(crate) fn of(text: &str) -> Self {
        if let Some(digits) = Number::digits_of_query(text) {
            return Self::Digits(digits);
        }
        let mut words = words(text);
        words.truncate(MAX_WORDS);
        if words.is_empty() {
            Self::All
        } else {
            Self::Words(words)
        }
    }
}
