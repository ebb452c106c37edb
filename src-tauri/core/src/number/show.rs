//! How a [`Number`] is shown to people and to logs.

use super::{Number, city_code, russian};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, enums::Region};

/// See [`Number::display`].
pub(super) fn display(number: &Number) -> String {
    match number {
        Number::E164 { number, ext } => {
            let shown = match russian(number) {
                Some(national) => home(national),
                None => foreign(number),
            };
            match ext {
                Some(ext) => format!("{shown}, доб. {ext}"),
                None => shown,
            }
        }
        Number::Extension(text) | Number::Short(text) | Number::Service(text) | Number::Other(text) => text.clone(),
        Number::Hidden => "Номер скрыт".to_owned(),
    }
}

/// `(916) 123-45-67`, `(4832) 12-34-56`, `(39422) 1-23-45`. A number free for the caller is known by its 8, not by +7.
fn home(national: &str) -> String {
    let (code, local) = national.split_at(city_code::length(national));
    let (head, tail) = local.split_at(local.len() - 4);
    let (middle, end) = tail.split_at(2);
    if code.starts_with("80") {
        format!("8-{code}-{head}-{middle}-{end}")
    } else {
        format!("+7 ({code}) {head}-{middle}-{end}")
    }
}

/// In the groups of its country, unless their first ones alone would be read as a shorter number.
fn foreign(e164: &str) -> String {
    let Ok(number) = PHONE_NUMBER_UTIL.parse(e164, Some(Region::RU)) else {
        return e164.to_owned();
    };
    let shown = number.format_as(PhoneNumberFormat::International).into_owned();
    let is_read_alike = matches!(super::parse::number(&shown), Number::E164 { number, ext: None } if number == e164);
    if is_read_alike { shown } else { e164.to_owned() }
}

/// See [`Number::masked`].
pub(super) fn masked(number: &Number) -> String {
    match number {
        Number::E164 { number, ext } => {
            let shown = between(number, if number.len() >= 11 { 5 } else { 3 }, 2);
            if ext.is_some() {
                format!("{shown} ext •")
            } else {
                shown
            }
        }
        Number::Extension(text) | Number::Short(text) => between(text, 1, 0),
        // A code of four keys is a function; a longer one may hold a number (`*21*916…#`).
        Number::Service(text) if text.chars().count() <= 4 => text.clone(),
        Number::Service(text) => between(text, 3, 0),
        Number::Hidden => "hidden".to_owned(),
        Number::Other(_) => "•••".to_owned(),
    }
}

/// Keeps some characters at both ends.
fn between(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(at, c)| if at < first || at + last >= count { c } else { '•' })
        .collect()
}
