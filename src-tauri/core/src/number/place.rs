//! What a number tells of itself: its country, and of what kind it is.

use super::{Number, russian};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType, enums::Region};
use serde::Serialize;

/// What is called by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "window", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NumberKind {
    /// A line of a place.
    Fixed,
    /// A mobile phone.
    Mobile,
    /// Free for the caller.
    Free,
    /// Dearer than others.
    Paid,
    /// A full number of which no more is known.
    Full,
    /// A colleague.
    Colleague,
    /// A short number outside the company.
    Short,
    /// A code, which does something and calls nobody.
    Code,
}

/// See [`Number::kind`].
pub(super) fn kind(number: &Number) -> Option<NumberKind> {
    match number {
        Number::E164 { number, .. } => Some(full(number)),
        Number::Extension(_) => Some(NumberKind::Colleague),
        Number::Short(_) => Some(NumberKind::Short),
        Number::Service(_) => Some(NumberKind::Code),
        Number::Hidden | Number::Other(_) => None,
    }
}

/// Of the Russian plan the first digit tells it, whatever the metadata know of the rest.
fn full(e164: &str) -> NumberKind {
    if let Some(national) = russian(e164) {
        return match &national[..3] {
            "800" | "804" => NumberKind::Free,
            "803" | "809" => NumberKind::Paid,
            code if code.starts_with('9') => NumberKind::Mobile,
            _ => NumberKind::Fixed,
        };
    }
    let Ok(number) = PHONE_NUMBER_UTIL.parse(e164, Some(Region::RU)) else {
        return NumberKind::Full;
    };
    match number.get_type() {
        PhoneNumberType::FixedLine => NumberKind::Fixed,
        PhoneNumberType::Mobile => NumberKind::Mobile,
        PhoneNumberType::TollFree => NumberKind::Free,
        PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost => NumberKind::Paid,
        _ => NumberKind::Full,
    }
}

/// See [`Number::country`].
pub(super) fn country(number: &Number) -> Option<String> {
    let Number::E164 { number, .. } = number else {
        return None;
    };
    if russian(number).is_some() {
        return Some("RU".to_owned());
    }
    if number.starts_with("+76") || number.starts_with("+77") {
        return Some("KZ".to_owned());
    }
    let number = PHONE_NUMBER_UTIL.parse(number, Some(Region::RU)).ok()?;
    // Of a number that the metadata do not know yet the calling code tells the country.
    let region = number
        .get_region_code()
        .or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code));
    // 001 stands for no country: satellites, freephone of the world.
    region
        .map(|region| region.as_region_str().as_str().to_owned())
        .filter(|code| code.bytes().all(|b| b.is_ascii_uppercase()))
}
