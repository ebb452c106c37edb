//! Phone numbers as the product compares, shows, logs and dials them.
//!
//! The metadata library (rlibphonenumber) is hidden behind [`Number`], so that it can be swapped. What it cannot know
//! is decided here: what a bare `102` is in a PBX, how Russians write extensions and trunk prefixes, what a withheld
//! number looks like. Nothing is guessed: a city number without its code stays text ([`Number::Other`]).

mod city_code;
mod clean;
mod find;
mod hidden;
mod link;
mod parse;
mod place;
mod plan;
mod run;
mod sheet;
mod show;
mod tail;

pub use place::NumberKind;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A phone number as the product compares and shows it. `Debug` is masked; as JSON it is the canonical string.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Number {
    /// A full number.
    E164 {
        /// `+` and digits: `+79000000099`.
        number: String,
        /// What to dial after the answer, 1–7 digits («доб. 12»).
        ext: Option<String>,
    },
    /// A colleague's short number, 2–6 digits. What a person types is one, 101…104 included; the one exception is 112,
    /// the emergency number of every network. Of what the PBX tells, `callType` and `userId` decide ([`Self::Short`]).
    Extension(String),
    /// A short number outside the company, 2–6 digits: the bank's 900 is not the colleague with the extension 900.
    Short(String),
    /// Dialled codes: `*21`, `#31#`, a single digit, `112`.
    Service(String),
    /// Withheld, or nothing given.
    Hidden,
    /// A SIP address or text that is no number, kept as it came (cleaned of invisible characters, at most 256 of them).
    Other(String),
}

impl Number {
    /// Reads what people, address books and the PBX write. Never fails and never panics; of several numbers in one
    /// text the first full one is taken.
    ///
    /// A full number is accepted by the length that subscribers' numbers have in its country where `+`, `8`/`7` or `8~10`
    /// says that it is one (numbering plans grow faster than metadata), and by the whole numbering plan where nothing
    /// says so. A Russian one has ten digits after its +7. What follows a number is its extension or ignored.
    pub fn parse(text: &str) -> Self {
        parse::number(text)
    }

    /// From the PBX's `address` element and the presence of `privacy` (reference 2.5, "How numbers are written").
    /// A caller who withheld the number stays hidden even where the PBX wrote an address.
    pub fn from_address(address: Option<&str>, privacy: bool) -> Self {
        match address {
            Some(address) if !privacy => Self::parse(address),
            _ => Self::Hidden,
        }
    }

    /// The one spelling that is stored: `+79161234567`, `+74951234567;ext=12`, `101`, `short:900`, `*21`; empty for a
    /// hidden one.
    /// `parse(canonical())` gives the same value.
    pub fn canonical(&self) -> String {
        match self {
            Self::E164 { number, ext: Some(ext) } => format!("{number};ext={ext}"),
            Self::E164 { number, ext: None } => number.clone(),
            Self::Extension(digits) => digits.clone(),
            Self::Short(digits) => format!("{SHORT}{digits}"),
            Self::Service(code) => code.clone(),
            Self::Hidden => String::new(),
            Self::Other(text) => text.clone(),
        }
    }

    /// As the number of the other side where the PBX says that it is not of the company.
    pub fn outside(self) -> Self {
        match self {
            Self::Extension(digits) => Self::Short(digits),
            other => other,
        }
    }

    /// What a snapshot tells as `party.number`, and what the PBX's lists are compared by: E.164 without the extension,
    /// the digits of a short number (`party.internal` says whether it is a colleague's), or a code.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Short(digits) => Some(digits.clone()),
            other => other.key(),
        }
    }

    /// The extension that is dialled after the full number is answered.
    pub fn ext(&self) -> Option<&str> {
        match self {
            Self::E164 { ext, .. } => ext.as_deref(),
            _ => None,
        }
    }

    /// The key of the line: E.164 without the extension, a colleague's extension, `short:` and a short number outside
    /// the company, or a code.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::E164 { number, .. } => Some(number.clone()),
            Self::Short(_) => Some(self.canonical()),
            Self::Extension(text) | Self::Service(text) => Some(text.clone()),
            Self::Hidden | Self::Other(_) => None,
        }
    }

    /// For people: `+7 (916) 123-45-67`, `+7 (4832) 12-34-56`, `8-800-555-35-35`, `+375 29 123-45-67`,
    /// `+7 (495) 123-45-67, доб. 12`, `102`; «Номер скрыт» for a hidden one. All but a short number outside the company
    /// are read back as themselves.
    pub fn display(&self) -> String {
        show::display(self)
    }

    /// For logs: `+7916•••••67`, `1••`. Does not identify a person.
    pub fn masked(&self) -> String {
        show::masked(self)
    }

    /// What is sent to the PBX: 10 digits for a Russian number (reference 1.2), `+…` for a foreign one, extensions and
    /// codes as they are. `None` where there is nothing to dial. The extension of a full number is not sent: the PBX's call
    /// method has no parameter for it.
    pub fn dial(&self) -> Option<String> {
        match self {
            Self::E164 { number, .. } => Some(match russian(number) {
                Some(national) => national.to_owned(),
                None => number.clone(),
            }),
            Self::Extension(text) | Self::Short(text) | Self::Service(text) => Some(text.clone()),
            Self::Hidden | Self::Other(_) => None,
        }
    }

    /// What is called by it; none where there is nothing to dial.
    pub fn kind(&self) -> Option<NumberKind> {
        place::kind(self)
    }

    /// The country of a full number, by ISO 3166-1: `RU`.
    pub fn country(&self) -> Option<String> {
        place::country(self)
    }

    /// A colleague's short number.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Extension(_))
    }

    /// The digits that are stored for search, without `+` and extension: `79161234567`.
    pub fn search_digits(&self) -> String {
        match self {
            Self::Hidden => String::new(),
            Self::E164 { number, .. } => digits(number),
            Self::Extension(text) | Self::Short(text) | Self::Service(text) | Self::Other(text) => digits(text),
        }
    }

    /// The digits to look for as a substring of [`Self::search_digits`]. A leading 8, 7 or +7 may be the trunk prefix
    /// and is dropped, so that `8953…`, `+7 953…` and `(953) 777-66-55` find one number; the shorter text still occurs
    /// wherever the longer one did. `None` where the query has letters or no digits.
    pub fn digits_of_query(query: &str) -> Option<String> {
        let text = clean::clean(query);
        if text.chars().any(char::is_alphabetic) {
            return None;
        }
        let all = digits(&text);
        let plus = text.trim_start_matches([' ', '(']).starts_with('+');
        let rest = match all.as_str() {
            d if !plus && d.len() > 6 && d.starts_with("810") => &d[3..],
            d if plus && d.len() > 1 && d.starts_with('7') => &d[1..],
            d if !plus && d.len() >= 4 && d.starts_with(['7', '8']) => &d[1..],
            d => d,
        };
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

/// Before the digits of [`Number::Short`].
const SHORT: &str = "short:";

/// The ten digits of a number of the Russian plan; Kazakhstan (+7 6…, +7 7…) is abroad.
fn russian(e164: &str) -> Option<&str> {
    let national = e164.strip_prefix("+7")?;
    let digits = national.len() == 10 && national.bytes().all(|b| b.is_ascii_digit());
    (digits && national.starts_with(['3', '4', '8', '9'])).then_some(national)
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.canonical())
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(d)?))
    }
}
