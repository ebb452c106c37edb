//! Join codes: short enough to type, and long enough that [`crate::rate::Tries`] prevents guessing.

use super::Secret;
use sha2::{Digest as _, Sha256};

/// Crockford's base 32: without `I`, `L`, `O`, `U`, which look like other characters or form words.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 60 random bits.
const CODE_LETTERS: usize = 12;
/// Characters between two dashes.
const GROUP_LETTERS: usize = 4;

/// A new code as it is shown: `K7M2-4QXP-9DRT`.
pub(crate) fn random() -> Secret {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    let mut bits = u64::from_le_bytes(bytes);
    let mut text = String::with_capacity(CODE_LETTERS + CODE_LETTERS / GROUP_LETTERS);
    for n in 0..CODE_LETTERS {
        if n > 0 && n % GROUP_LETTERS == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[(bits & 31) as usize]));
        bits >>= 5;
    }
    Secret::new(text)
}

/// The stored hash of a typed code: case, blanks and dashes are ignored, and characters that look alike are read as
/// one. None for a text that cannot be a code.
pub(crate) fn hash(typed: &str) -> Option<[u8; 32]> {
    // Longer than any typed code.
    if typed.len() > 64 {
        return None;
    }
    let mut plain = String::with_capacity(CODE_LETTERS);
    for letter in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let letter = match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let known = u8::try_from(letter).is_ok_and(|byte| LETTERS.contains(&byte));
        if !known || plain.len() == CODE_LETTERS {
            return None;
        }
        plain.push(letter);
    }
    (plain.len() == CODE_LETTERS).then(|| Sha256::digest(format!("join {plain}").as_bytes()).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = hash("K7M2-4QX0-1DRT").unwrap();
        for typed in ["k7m24qx01drt", " K7M2 4QXO LDRT ", "k7m2-4qxo-idrt", "K7M24QX0-1DRT"] {
            assert_eq!(hash(typed), Some(code), "{typed}");
        }
        assert_ne!(hash("K7M2-4QX0-1DRV"), Some(code), "another letter is another code");
        for wrong in [
            "",
            "K7M2-4QX0-1DR",
            "K7M2-4QX0-1DRT7",
            "K7M2-4QX0-1DRU",
            "К7М2-4QX0-1DRT",
            &"0".repeat(65),
        ] {
            assert_eq!(hash(wrong), None, "{wrong} is no code");
        }
    }

    #[test]
    fn codes_have_their_form_and_all_their_letters() {
        let mut seen = std::collections::BTreeSet::new();
        let mut letters = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let code = random();
            let text = code.reveal();
            assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4], "{text}");
            assert!(hash(text).is_some(), "{text} is readable");
            letters.extend(text.bytes().filter(|b| *b != b'-'));
            seen.insert(text.to_owned());
        }
        assert_eq!(seen.len(), 200, "no code comes twice");
        assert_eq!(letters.len(), 32, "every letter is used");
    }
}
