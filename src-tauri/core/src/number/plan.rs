//! What the numbering plans of the metadata say.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, enums::Region};

/// Digits after +7, in Russia and Kazakhstan alike. The metadata's possible lengths also list 14.
pub(super) const NATIONAL_DIGITS: usize = 10;

/// `+` and 15 digits; the metadata allows two digits more for some countries.
const MAX_E164_CHARS: usize = 16;

/// The number in E.164 where it belongs to its country's plan.
pub(super) fn valid(international: &str) -> Option<String> {
    settled(international, &|number| number.is_valid())
}

/// As [`valid`], or of a length that subscribers' numbers have in that country: plans grow faster than metadata.
pub(super) fn long_enough(international: &str) -> Option<String> {
    let subscriber = |number: &PhoneNumber| {
        [PhoneNumberType::FixedLine, PhoneNumberType::Mobile]
            .into_iter()
            .any(|kind| PHONE_NUMBER_UTIL.is_possible_number_for_type(number, kind))
    };
    settled(international, &|number| number.is_valid() || subscriber(number))
}

/// Repeated until the library leaves the number unchanged, because it takes off one national prefix at a time. No digit of
/// a number of +7 may be taken off: eleven digits that begin with an 8 are not ten and a trunk prefix.
fn settled(international: &str, accepted: &dyn Fn(&PhoneNumber) -> bool) -> Option<String> {
    let mut text = international.to_owned();
    for _ in 0..4 {
        if text.starts_with("+7") && text.len() != NATIONAL_DIGITS + 2 {
            return None;
        }
        let number = PHONE_NUMBER_UTIL.parse(&text, Some(Region::RU)).ok()?;
        if !accepted(&number) {
            return None;
        }
        let written = number.format_as(PhoneNumberFormat::E164).into_owned();
        // With its prefixes taken off, too little may be left.
        if !(super::run::MIN_DIGITS + 1..=MAX_E164_CHARS).contains(&written.len()) {
            return None;
        }
        if written == text {
            return Some(written);
        }
        text = written;
    }
    None
}
