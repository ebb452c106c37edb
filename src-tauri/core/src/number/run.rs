//! One run of digits and of what may stand between the digits of a number: which of its digits are the number.
//!
//! A number ends where a group of digits ends. So what follows a whole number is never taken for a part of it, and a
//! number is never cut out of the middle of a longer one.

use super::plan;

/// Fewest digits of a number with its country's code.
pub(super) const MIN_DIGITS: usize = 7;

/// How many of the ten digits end with each group, as Russians write them.
const RUSSIAN_GROUPS: &[&[usize]] = &[
    &[10],
    &[3, 10],
    &[3, 6, 10],
    &[3, 6, 8, 10],
    &[4, 10],
    &[4, 6, 10],
    &[4, 6, 8, 10],
    &[5, 10],
    &[5, 6, 8, 10],
    &[5, 7, 10],
];

/// A number in E.164, and where in the run it ends (bytes).
pub(super) struct Found {
    pub(super) number: String,
    pub(super) end: usize,
    /// Of the Russian plan or Kazakhstan's: it cannot have more digits.
    pub(super) home: bool,
}

pub(super) struct Run<'a> {
    text: &'a str,
    /// All digits.
    digits: String,
    /// For each group: how many digits end with it, and where (bytes).
    ends: Vec<(usize, usize)>,
    plus: bool,
    /// How many digits stand before the first bracket that opens after at least [`MIN_DIGITS`] of them.
    before_bracket: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut run = Self {
            text,
            digits: String::new(),
            ends: Vec::new(),
            before_bracket: usize::MAX,
            plus: text.trim_start_matches([' ', '(', '-', '.', '_']).starts_with('+'),
        };
        let mut before = false;
        for (at, c) in text.char_indices() {
            let digit = c.is_ascii_digit();
            if digit {
                run.digits.push(c);
            }
            if c == '(' && run.digits.len() >= MIN_DIGITS {
                run.before_bracket = run.before_bracket.min(run.digits.len());
            }
            if before && !digit {
                run.ends.push((run.digits.len(), at));
            }
            before = digit;
        }
        if before {
            run.ends.push((run.digits.len(), text.len()));
        }
        run
    }

    /// The number at the beginning of the run.
    pub(super) fn number(&self) -> Option<Found> {
        let home = self.home();
        if self.plus {
            return if self.digits.starts_with('7') {
                home
            } else {
                self.abroad()
            };
        }
        match home {
            Some(found) if found.end < self.whole_end() => self.or_whole_abroad(found),
            Some(found) => Some(found),
            None => self.abroad(),
        }
    }

    /// The number that is the whole run.
    pub(super) fn whole_number(&self) -> Option<String> {
        let found = self.number()?;
        (found.end == self.whole_end()).then_some(found.number)
    }

    /// A number of +7 (Russia, Kazakhstan) with `+7`, `8`, `7`, `8~10 7`, `00 7` or nothing before its ten digits.
    fn home(&self) -> Option<Found> {
        let d = self.digits.as_str();
        if self.plus {
            let plain = self
                .national(1)
                .filter(|_| !self.has_trunk_apart() && !d[1..].starts_with('0'));
            return plain.or_else(|| self.with_both_prefixes());
        }
        let ten = || {
            let found = self.national(0).filter(|_| !matches!(self.group(0), "7" | "8"))?;
            (d.starts_with('9') || plan::valid(&found.number).is_some()).then_some(found)
        };
        let eleven = || {
            let found = self.national(1).filter(|_| !self.has_trunk_apart())?;
            (d[1..].starts_with(['3', '4', '8', '9']) || plan::valid(&found.number).is_some()).then_some(found)
        };
        if d.starts_with("8107") {
            return self.national(4).filter(|_| !d[4..].starts_with('0'));
        }
        match d.bytes().next()? {
            b'0' if d.starts_with("007") => self.national(3).filter(|_| !d[3..].starts_with('0')),
            b'7' | b'8' => match (eleven(), ten()) {
                // «8432345678 0»: ten digits and something after them, or eleven in odd groups.
                (Some(_), Some(_)) if self.group(0).len() == plan::NATIONAL_DIGITS => None,
                (Some(found), _) => Some(found),
                (None, ten) => self.with_both_prefixes().or(ten),
            },
            b'3' | b'4' | b'9' => ten(),
            _ => None,
        }
    }

    /// «+7 8 916…», «7 8 916…»: both the country code and the trunk prefix, apart from the number or before a code that
    /// with it would be none.
    fn with_both_prefixes(&self) -> Option<Found> {
        let d = self.digits.as_str();
        let with_number = self.group(0) == "7" && self.group(1).len() == plan::NATIONAL_DIGITS + 1;
        let apart = with_number || self.has_trunk_apart();
        let certain = ["788", "789", "7849"].iter().any(|code| d.starts_with(code));
        let follows = d.get(2..)?.starts_with(['3', '4', '8', '9']);
        let found = self.national(2)?;
        (d.starts_with("78") && follows && (apart || certain)).then_some(found)
    }

    /// «7 8 …», «+7 (8) …».
    fn has_trunk_apart(&self) -> bool {
        self.group(0) == "7" && self.group(1) == "8"
    }

    /// The ten digits after the first `from` ones, where a group ends with them.
    fn national(&self, from: usize) -> Option<Found> {
        let end = self.end_of(from + plan::NATIONAL_DIGITS)?;
        Some(Found {
            number: format!("+7{}", &self.digits[from..from + plan::NATIONAL_DIGITS]),
            end,
            home: true,
        })
    }

    /// A number of another country: with `+`, `8~10` or `00` before it, or without a prefix but valid in its country's plan.
    fn abroad(&self) -> Option<Found> {
        let d = self.digits.as_str();
        let skipped = match d {
            // No country code is an 8 that stands apart.
            _ if self.plus && self.group(0) == "8" => return self.trunk_for_country(0),
            _ if self.plus => 0,
            _ if d.starts_with("810") && d.len() >= 12 => 3,
            _ if d.starts_with("00") && d.len() >= 11 => 2,
            _ if d.len() >= 11 && self.may_lack_plus() => return self.longest(0, 11),
            _ => return None,
        };
        if d[skipped..].starts_with('7') {
            return None;
        }
        let meant = || self.trunk_for_country(skipped);
        let whole = || {
            let (count, end) = *self.ends.iter().rfind(|(count, _)| *count <= self.before_bracket)?;
            Some(Found {
                number: plan::long_enough(&long(d.get(skipped..count)?)?)?,
                end,
                home: false,
            })
        };
        self.longest(skipped, MIN_DIGITS).or_else(meant).or_else(whole)
    }

    /// Whether the run may be a foreign number without its plus. Not +800, the international freephone, which without a plus
    /// looks like a form filled with zeros; not an 8 that stands apart or before a Russian code, which is the trunk prefix
    /// of a Russian number.
    fn may_lack_plus(&self) -> bool {
        let after_trunk = self.digits.strip_prefix('8');
        let russian = after_trunk.is_some_and(|rest| rest.starts_with(['3', '4', '8', '9']));
        !self.digits.starts_with("800") && !russian && self.group(0) != "8"
    }

    /// The longest beginning that belongs to its country's plan.
    fn longest(&self, skipped: usize, fewest: usize) -> Option<Found> {
        let before = self.ends.iter().filter(|(count, _)| *count <= self.before_bracket);
        before.rev().find_map(|(count, end)| {
            let digits = self
                .digits
                .get(skipped..*count)
                .filter(|digits| digits.len() >= fewest)?;
            Some(Found {
                number: plan::valid(&long(digits)?)?,
                end: *end,
                home: false,
            })
        })
    }

    /// «+8 916…» is the trunk prefix with a plus by mistake, unless it is somebody else's country code.
    fn trunk_for_country(&self, skipped: usize) -> Option<Found> {
        let found = self
            .national(skipped + 1)
            .filter(|_| self.digits[skipped..].starts_with('8'))?;
        plan::valid(&found.number).map(|_| found)
    }

    /// Ten digits and something after them, or a foreign number without its plus («998 90 123 45 67»)? It is the former
    /// where the ten digits are one group, or groups as Russians write them with another separator before the rest; else
    /// nothing is guessed.
    fn or_whole_abroad(&self, home: Found) -> Option<Found> {
        let Some(whole) = self.abroad().filter(|found| found.end == self.whole_end()) else {
            return Some(home);
        };
        let counts: Vec<usize> = self.ends.iter().map(|(count, _)| *count).collect();
        let last = self.ends.iter().position(|(_, end)| *end == home.end)?;
        let prefix = counts[last] - plan::NATIONAL_DIGITS;
        if counts[0] == 1 || last == usize::from(prefix > 0 && counts[0] == prefix) {
            return Some(home);
        }
        let inside: Vec<usize> = counts[..=last]
            .iter()
            .filter_map(|count| count.checked_sub(prefix).filter(|count| *count > 0))
            .collect();
        let russian = RUSSIAN_GROUPS.contains(&inside.as_slice());
        match russian {
            false => Some(whole).filter(|_| prefix == 0),
            true if self.separator(last) != self.separator(last - 1) => Some(home),
            true => None,
        }
    }

    /// What follows the group.
    fn separator(&self, group: usize) -> &str {
        let rest = &self.text[self.ends[group].1..];
        &rest[..rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len())]
    }

    /// The digits of the group.
    fn group(&self, n: usize) -> &str {
        let from = n
            .checked_sub(1)
            .and_then(|n| self.ends.get(n))
            .map_or(0, |(count, _)| *count);
        self.ends.get(n).map_or("", |(count, _)| &self.digits[from..*count])
    }

    fn end_of(&self, count: usize) -> Option<usize> {
        self.ends.iter().find(|(at, _)| *at == count).map(|(_, end)| *end)
    }

    fn whole_end(&self) -> usize {
        self.ends.last().map_or(0, |(_, end)| *end)
    }
}

/// In international form, where the length is one that the metadata may know.
fn long(digits: &str) -> Option<String> {
    (MIN_DIGITS..=20).contains(&digits.len()).then(|| format!("+{digits}"))
}
