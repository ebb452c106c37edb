//! What the groups are called, how they stand, and how a cell of the report names them: by what they are and not by a
//! place in a table, which is another one when the mirror begins anew.

use super::calendar;
use super::plan::{NONE, Plan};
use super::settings::Grouping;
use crate::error::DeskError;
use crate::table::call::outcome_at;
use crate::text::fold;
use crate::words::Words;
use chrono::NaiveDate;
use perezvon_core::{Direction, Number};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Names of abonents by their ids.
pub(super) type Abonents = HashMap<String, String>;

/// See the module.
pub(super) struct Names<'a> {
    pub(super) words: Words,
    plan: &'a Plan<'a>,
    abonents: &'a Abonents,
    /// Texts of lines and abonents, and keys of numbers, by their ids.
    texts: HashMap<i64, String>,
    numbers: HashMap<i64, String>,
    people: HashMap<i64, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn read(
        connection: &Connection,
        words: Words,
        plan: &'a Plan<'a>,
        abonents: &'a Abonents,
    ) -> Result<Self, DeskError> {
        let table = |wanted: bool, sql: &str| -> Result<HashMap<i64, String>, DeskError> {
            if !wanted {
                return Ok(HashMap::new());
            }
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        let by = |grouping| plan.settings.groups_by(grouping);
        Ok(Self {
            words,
            plan,
            abonents,
            texts: table(by(Grouping::Abonent) || by(Grouping::Line), "SELECT id, text FROM word")?,
            numbers: table(by(Grouping::Number), "SELECT id, key FROM caller")?,
            people: {
                let contacts = plan.everyone.contacts.iter();
                contacts
                    .map(|contact| (contact.person, contact.name.as_str()))
                    .collect()
            },
        })
    }

    fn text(&self, key: i64) -> &str {
        self.texts.get(&key).map_or("", String::as_str)
    }

    fn number(&self, key: i64) -> &str {
        self.numbers.get(&key).map_or("", String::as_str)
    }

    /// The name of a group, for reading.
    pub(super) fn label(&self, grouping: Grouping, key: i64) -> String {
        if key == NONE {
            return self.words.without(grouping);
        }
        match grouping {
            Grouping::Abonent => {
                let id = self.text(key);
                let name = self.abonents.get(id).filter(|name| !name.is_empty());
                name.cloned()
                    .unwrap_or_else(|| id.split('@').next().unwrap_or(id).to_owned())
            }
            Grouping::Day => self.words.day(key),
            Grouping::Week => self.words.week(key),
            Grouping::Month => self.words.month(key),
            Grouping::Hour => format!("{key:02}:00–{key:02}:59"),
            Grouping::Weekday => self.words.weekday(key),
            Grouping::Contact => self.person(key).to_owned(),
            Grouping::Company => self.company(key).to_owned(),
            Grouping::Number => Number::parse(self.number(key)).display(),
            Grouping::Direction => self.words.way(direction(key)),
            Grouping::Line => self.text(key).to_owned(),
            Grouping::Outcome => self.words.outcome(outcome_at(u8::try_from(key).unwrap_or(u8::MAX))),
        }
    }

    fn company(&self, key: i64) -> &str {
        let at = usize::try_from(key).ok();
        at.and_then(|at| self.plan.everyone.companies.get(at))
            .map_or("", String::as_str)
    }

    fn person(&self, key: i64) -> &str {
        self.people.get(&key).copied().unwrap_or_default()
    }

    /// Every key of a level with its place among the others; what is missing stands last.
    pub(super) fn places(&self, grouping: Grouping, keys: Vec<i64>) -> HashMap<i64, u32> {
        let text = |key: i64| match grouping {
            _ if key == NONE => String::new(),
            Grouping::Abonent => fold(&self.label(grouping, key)),
            Grouping::Contact => fold(self.person(key)),
            Grouping::Company => fold(self.company(key)),
            Grouping::Line => fold(self.text(key)),
            Grouping::Number => self.number(key).to_owned(),
            _ => String::new(),
        };
        let mut sorted: Vec<(bool, String, i64)> = keys.into_iter().map(|key| (key == NONE, text(key), key)).collect();
        sorted.sort_unstable();
        let places = sorted.into_iter().zip(0..);
        places.map(|((_, _, key), place)| (key, place)).collect()
    }

    /// What a cell names the group; none for the group of those that have no such thing.
    pub(super) fn token(&self, grouping: Grouping, key: i64) -> Option<String> {
        (key != NONE).then(|| match grouping {
            Grouping::Abonent | Grouping::Line => self.text(key).to_owned(),
            Grouping::Number => self.number(key).to_owned(),
            Grouping::Company => self.company(key).to_owned(),
            Grouping::Day | Grouping::Week => calendar::date(key).to_string(),
            Grouping::Month => format!("{}-{:02}", key.div_euclid(12), key.rem_euclid(12) + 1),
            Grouping::Direction => direction(key).as_str().to_owned(),
            Grouping::Outcome => outcome_at(u8::try_from(key).unwrap_or(u8::MAX)).as_str().to_owned(),
            Grouping::Contact | Grouping::Hour | Grouping::Weekday => key.to_string(),
        })
    }

    /// The key of a token; an error where nothing is called so.
    pub(super) fn key(
        connection: &Connection,
        plan: &Plan<'_>,
        grouping: Grouping,
        token: Option<&str>,
    ) -> Result<i64, DeskError> {
        let Some(token) = token else { return Ok(NONE) };
        let row = |sql: &str| -> Result<Option<i64>, DeskError> {
            Ok(connection
                .prepare_cached(sql)?
                .query_row([token], |row| row.get(0))
                .optional()?)
        };
        let key = match grouping {
            Grouping::Abonent | Grouping::Line => row("SELECT id FROM word WHERE text = ?1")?,
            Grouping::Number => row("SELECT id FROM caller WHERE key = ?1")?,
            Grouping::Company => {
                let place = plan.everyone.companies.iter().position(|company| company == token);
                place.map(|place| place as i64)
            }
            Grouping::Day | Grouping::Week => token.parse::<NaiveDate>().ok().map(calendar::day_of),
            Grouping::Month => token
                .split_once('-')
                .and_then(|(year, month)| Some(year.parse::<i64>().ok()? * 12 + month.parse::<i64>().ok()? - 1)),
            Grouping::Direction => match token {
                "incoming" => Some(0),
                "outgoing" => Some(1),
                _ => None,
            },
            Grouping::Outcome => (0_u8..10)
                .find(|place| outcome_at(*place).as_str() == token)
                .map(i64::from),
            Grouping::Contact | Grouping::Hour | Grouping::Weekday => token.parse().ok(),
        };
        key.ok_or(DeskError::NotFound)
    }
}

pub(super) fn direction(key: i64) -> Direction {
    if key == 0 {
        Direction::Incoming
    } else {
        Direction::Outgoing
    }
}
