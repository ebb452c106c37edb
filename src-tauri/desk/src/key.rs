//! The key of a number: its canonical text: `+74950000016`, `+74950000016;ext=12` where an extension was told, `102`,
//! `short:900`. Its line is the key without the extension.

use perezvon_core::Number;
use perezvon_core::snapshot::PartySnapshot;

/// The number key of a party; none where the number is withheld or cannot be read.
pub(crate) fn key_of(party: &PartySnapshot) -> Option<String> {
    key_of_number(&party.number())
}

/// The key of a number that can be called.
pub(crate) fn key_of_number(number: &Number) -> Option<String> {
    number.key().map(|_| number.canonical())
}

/// The key without its extension.
pub(crate) fn line_of(key: &str) -> &str {
    key.split_once(';').map_or(key, |(line, _)| line)
}

/// Where the PBX knows no name it writes the number in its place.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !text.contains('@')
}
