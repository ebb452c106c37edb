//! Text as it is searched.

use icu_normalizer::ComposingNormalizerBorrowed;

/// Text as it is searched: NFC, lower case, `ё` as `е`.
pub(crate) fn fold(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(text)
        .to_lowercase()
        .replace('ё', "е")
}

/// An FTS5 query for the folded words of the text as prefixes; none where it has no word.
pub(crate) fn fts_query(text: &str) -> Option<String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("\"{word}\" *"))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}
