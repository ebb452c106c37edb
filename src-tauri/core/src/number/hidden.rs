//! What stands in place of a number that the caller withheld.

/// Words, lower case.
const WORDS: &[&str] = &[
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
    "asserted",
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

/// Words that telephone switches write with the digits of a keypad. None is a number of any country (a test below
/// proves it), and none is as short as an extension, so that no real number is taken for one.
const KEYPAD: &[(&str, &str)] = &[
    ("266696687", "ANONYMOUS"),
    ("266696687225537", "ANONYMOUSCALLER"),
    ("27737833", "ASSERTED"),
    ("2562533", "BLOCKED"),
    ("2562533225537", "BLOCKEDCALLER"),
    ("66686237", "NONUMBER"),
    ("668282452253", "NOTAVAILABLE"),
    ("7748283", "PRIVATE"),
    ("7748283225537", "PRIVATECALLER"),
    ("7748283686237", "PRIVATENUMBER"),
    ("7378742833", "RESTRICTED"),
    ("7378742833686237", "RESTRICTEDNUMBER"),
    ("8628245", "UNAVAIL"),
    ("86282452253", "UNAVAILABLE"),
    ("8656696", "UNKNOWN"),
    ("8656696225537", "UNKNOWNCALLER"),
    ("8656696686237", "UNKNOWNNUMBER"),
    ("94844353", "WITHHELD"),
];

/// The caller's number is withheld, or nothing is given.
pub(super) fn is_hidden(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let holds_code = text.contains(['*', '#', '+', '_']);
    (word.is_empty() && text.is_ascii() && !holds_code) || WORDS.contains(&word.as_str()) || is_keypad_word(text)
}

/// With and without `+`, and with nothing between the digits: `865-66-96` is a city number that somebody typed.
fn is_keypad_word(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    KEYPAD.iter().any(|(word, _)| *word == digits)
}

#[cfg(test)]
mod tests {
    use super::KEYPAD;
    use crate::number::plan;

    fn keys(word: &str) -> String {
        let key = |letter: char| match letter {
            'A'..='C' => '2',
            'D'..='F' => '3',
            'G'..='I' => '4',
            'J'..='L' => '5',
            'M'..='O' => '6',
            'P'..='S' => '7',
            'T'..='V' => '8',
            _ => '9',
        };
        word.chars().map(key).collect()
    }

    #[test]
    fn a_keypad_word_is_spelt_right_and_is_nobodys_number() {
        for (digits, word) in KEYPAD {
            assert_eq!(*digits, keys(word), "{word}");
            assert!(digits.len() > 6, "{word} could be an extension");
            for international in [format!("+{digits}"), format!("+7{digits}")] {
                assert_eq!(plan::valid(&international), None, "{word}");
            }
        }
    }
}
