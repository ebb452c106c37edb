//! Contacts of all sources, their numbers, and the persons they are of: one man in two sources is one man.

use crate::error::DeskError;
use crate::key::line_of;
use crate::text;
use perezvon_core::Number;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use ts_rs::TS;

/// `search` is ` word word … `: a word begins behind a blank. Two blanks follow each text, so that every letter and pair
/// of letters begins a trigram.
pub(super) const STEP_1: &str = "
    CREATE TABLE person (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT
    ) STRICT;

    CREATE TABLE contact (
        id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        source      TEXT    NOT NULL,       -- '' for those that the user made here
        external_id TEXT,                   -- in the source
        priority    INTEGER NOT NULL,       -- of a person's contacts the highest is shown
        person      INTEGER NOT NULL REFERENCES person (id),
        kind        TEXT    NOT NULL,
        name        TEXT    NOT NULL,
        company     TEXT    NOT NULL,
        email       TEXT    NOT NULL,
        note        TEXT    NOT NULL,
        about       TEXT    NOT NULL,       -- JSON: tags, who is responsible, own fields
        name_sort   TEXT    NOT NULL,
        company_sort TEXT   NOT NULL,
        name_key    TEXT    NOT NULL,       -- the same for all spellings of one name
        search      TEXT    NOT NULL,
        digits      TEXT    NOT NULL,       -- of all numbers
        UNIQUE (source, external_id)
    ) STRICT;
    CREATE INDEX contact_by_name ON contact (name_sort, id);
    CREATE INDEX contact_by_company ON contact (company_sort, name_sort) WHERE company_sort <> '';
    CREATE INDEX contact_by_person ON contact (person, priority DESC, id);

    CREATE TABLE contact_number (
        contact_id INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
        position   INTEGER NOT NULL,
        key        TEXT    NOT NULL,
        line       TEXT    NOT NULL,        -- the key without its extension
        display    TEXT    NOT NULL,
        label      TEXT    NOT NULL,
        PRIMARY KEY (contact_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX contact_number_by_line ON contact_number (line, key, contact_id);

    -- A view and no table: whose a number is cannot be at odds with the contacts.
    CREATE VIEW person_number (key, line, person) AS
        SELECT DISTINCT n.key, n.line, c.person FROM contact_number n JOIN contact c ON c.id = n.contact_id;

    -- Words by their beginnings, and digits anywhere.
    CREATE VIRTUAL TABLE contact_fts USING fts5 (
        search, content = 'contact', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3'
    );
    CREATE VIRTUAL TABLE contact_digits USING fts5 (
        digits, content = 'contact', content_rowid = 'id', tokenize = 'trigram'
    );
    CREATE VIRTUAL TABLE contact_digits_terms USING fts5vocab (contact_digits, 'row');
    CREATE TRIGGER contact_put AFTER INSERT ON contact BEGIN
        INSERT INTO contact_fts (rowid, search) VALUES (new.id, new.search);
        INSERT INTO contact_digits (rowid, digits) VALUES (new.id, new.digits);
    END;
    CREATE TRIGGER contact_changed AFTER UPDATE OF search, digits ON contact
        WHEN old.search <> new.search OR old.digits <> new.digits BEGIN
        INSERT INTO contact_fts (contact_fts, rowid, search) VALUES ('delete', old.id, old.search);
        INSERT INTO contact_digits (contact_digits, rowid, digits) VALUES ('delete', old.id, old.digits);
        INSERT INTO contact_fts (rowid, search) VALUES (new.id, new.search);
        INSERT INTO contact_digits (rowid, digits) VALUES (new.id, new.digits);
    END;
    CREATE TRIGGER contact_gone AFTER DELETE ON contact BEGIN
        INSERT INTO contact_fts (contact_fts, rowid, search) VALUES ('delete', old.id, old.search);
        INSERT INTO contact_digits (contact_digits, rowid, digits) VALUES ('delete', old.id, old.digits);
    END;
";

/// The indexes are told by [`Unindexed`]: with triggers each row would have been written into them by itself.
pub(super) const STEP_6: &str = "
    DROP TRIGGER contact_put;
    DROP TRIGGER contact_changed;
    DROP TRIGGER contact_gone;
";

/// Contacts of which the indexes of words and digits are still to be told, with what these have of them. All together at
/// the end of a transaction: an FTS5 table gathers rows in memory, and writes them out at each statement that may be
/// undone alone, as most that write a contact are.
#[derive(Debug, Default)]
pub(crate) struct Unindexed(BTreeMap<i64, Option<Texts>>);

/// What a contact is found by: words, digits.
type Texts = (String, String);

impl Unindexed {
    /// To be called before the contact is written or deleted.
    fn keep(&mut self, connection: &Connection, id: i64) -> Result<(), DeskError> {
        if let Entry::Vacant(place) = self.0.entry(id) {
            place.insert(texts(connection, id)?);
        }
        Ok(())
    }

    /// Tells the indexes.
    pub(crate) fn write(self, connection: &Connection) -> Result<(), DeskError> {
        let mut words = connection.prepare_cached("INSERT INTO contact_fts (rowid, search) VALUES (?1, ?2)")?;
        let mut digits = connection.prepare_cached("INSERT INTO contact_digits (rowid, digits) VALUES (?1, ?2)")?;
        let mut no_words = connection
            .prepare_cached("INSERT INTO contact_fts (contact_fts, rowid, search) VALUES ('delete', ?1, ?2)")?;
        let mut no_digits = connection
            .prepare_cached("INSERT INTO contact_digits (contact_digits, rowid, digits) VALUES ('delete', ?1, ?2)")?;
        for (id, was) in self.0 {
            let is = texts(connection, id)?;
            if was == is {
                continue;
            }
            if let Some((search, numbers)) = was {
                no_words.execute(params![id, search])?;
                no_digits.execute(params![id, numbers])?;
            }
            if let Some((search, numbers)) = is {
                words.execute(params![id, search])?;
                digits.execute(params![id, numbers])?;
            }
        }
        Ok(())
    }
}

fn texts(connection: &Connection, id: i64) -> Result<Option<Texts>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT search, digits FROM contact WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Kinds of contacts (product C3; manual F2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ContactKind {
    /// Контрагент: a legal entity.
    Counterparty,
    /// Партнёр.
    Partner,
    /// Контактное лицо.
    ContactPerson,
    /// Физическое лицо.
    NaturalPerson,
}

impl ContactKind {
    /// The stored word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counterparty => "counterparty",
            Self::Partner => "partner",
            Self::ContactPerson => "contact_person",
            Self::NaturalPerson => "natural_person",
        }
    }

    /// The kind of a stored word.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "counterparty" => Self::Counterparty,
            "partner" => Self::Partner,
            "contact_person" => Self::ContactPerson,
            _ => Self::NaturalPerson,
        }
    }
}

/// What a user keeps of a contact beyond name and numbers; a program's contacts come without.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct ContactAbout {
    /// Tags.
    pub tags: Vec<String>,
    /// «Ответственный»: who looks after them; may be empty.
    pub responsible: String,
    /// Fields of the user's own, in their order.
    pub fields: Vec<ContactField>,
}

/// A field of the user's own: «Договор», «№ 12 от 31.01.2026».
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ContactField {
    /// Its name.
    pub name: String,
    /// What it has.
    pub value: String,
}

/// A number of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct ContactNumber {
    /// As the user typed it or as it is shown.
    pub display: String,
    /// Canonical number; empty in a draft where the number is new or was written anew.
    #[serde(default)]
    pub key: String,
    /// «рабочий», «мобильный»…; may be empty.
    #[serde(default)]
    pub label: String,
}

/// What is written of a contact.
pub(crate) struct Fields<'a> {
    pub(crate) source: &'a str,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) priority: i64,
    pub(crate) kind: ContactKind,
    pub(crate) name: &'a str,
    pub(crate) company: &'a str,
    pub(crate) email: &'a str,
    pub(crate) note: &'a str,
    pub(crate) about: &'a ContactAbout,
    pub(crate) numbers: &'a [ContactNumber],
}

/// The contact of this id in the source.
pub(crate) fn of_source(connection: &Connection, source: &str, external_id: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT id FROM contact WHERE source = ?1 AND external_id = ?2")?
        .query_row([source, external_id], |row| row.get(0))
        .optional()?)
}

/// Where a contact is from: its source, and the person it is of.
pub(crate) fn origin(connection: &Connection, id: i64) -> Result<Option<(String, i64)>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT source, person FROM contact WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Writes a contact with its numbers, a new one where `id` is none; its id, and the person it was and is of.
pub(crate) fn put(
    connection: &Connection,
    id: Option<i64>,
    fields: &Fields<'_>,
    unindexed: &mut Unindexed,
) -> Result<(i64, Option<i64>, i64), DeskError> {
    let was = match id {
        Some(id) => Some(origin(connection, id)?.ok_or(DeskError::NotFound)?.1),
        None => None,
    };
    write(connection, id, was, fields, unindexed)
}

/// Writes a contact that was there, under the id that it had.
pub(crate) fn put_back(
    connection: &Connection,
    id: i64,
    fields: &Fields<'_>,
    unindexed: &mut Unindexed,
) -> Result<(i64, Option<i64>, i64), DeskError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM sqlite_sequence WHERE name = 'contact' AND seq >= ?1")?
        .exists([id])?;
    if id < 1 || !known {
        return Err(DeskError::NotFound);
    }
    let was = origin(connection, id)?.map(|(_, person)| person);
    write(connection, Some(id), was, fields, unindexed)
}

fn write(
    connection: &Connection,
    id: Option<i64>,
    was: Option<i64>,
    fields: &Fields<'_>,
    unindexed: &mut Unindexed,
) -> Result<(i64, Option<i64>, i64), DeskError> {
    if let Some(id) = id {
        unindexed.keep(connection, id)?;
    }
    let person = person_for(connection, id, fields, was)?;
    let digits: Vec<String> = fields
        .numbers
        .iter()
        .map(|number| Number::parse(&number.key).search_digits())
        .collect();
    let about = fields.about;
    let told = [fields.name, fields.company, fields.email, &about.responsible];
    let own = about.tags.iter().chain(about.fields.iter().map(|field| &field.value));
    let told: Vec<&str> = told.into_iter().chain(own.map(String::as_str)).collect();
    let words = text::words(&told.join(" ")).join(" ");
    // Also without the first digit: a number is looked for as 8900… and 900… too.
    let tails: Vec<&str> = digits.iter().filter_map(|digits| digits.get(1..)).collect();
    let search = format!(" {words} {} {}  ", digits.join(" "), tails.join(" "));
    let digits = format!("{}  ", digits.join(" "));
    let id = connection
        .prepare_cached(
            "INSERT INTO contact (id, source, external_id, priority, person, kind, name, company, email, note, name_sort,
                                  name_key, search, digits, about, company_sort)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
             ON CONFLICT (id) DO UPDATE SET
                 priority = excluded.priority, person = excluded.person, kind = excluded.kind, name = excluded.name,
                 company = excluded.company, email = excluded.email, note = excluded.note,
                 name_sort = excluded.name_sort, name_key = excluded.name_key, search = excluded.search,
                 digits = excluded.digits, about = excluded.about, company_sort = excluded.company_sort
             RETURNING id",
        )?
        .query_row(
            params![
                id,
                fields.source,
                fields.external_id,
                fields.priority,
                person,
                fields.kind.as_str(),
                fields.name,
                fields.company,
                fields.email,
                fields.note,
                text::fold(fields.name),
                text::name_key(fields.name),
                search,
                digits,
                serde_json::to_string(about)?,
                text::fold(fields.company)
            ],
            |row| row.get(0),
        )?;
    // A new one: the indexes have nothing of it.
    unindexed.0.entry(id).or_default();
    put_numbers(connection, id, fields.numbers)?;
    if let Some(was) = was {
        forget_person(connection, was)?;
    }
    Ok((id, was, person))
}

fn put_numbers(connection: &Connection, id: i64, numbers: &[ContactNumber]) -> Result<(), DeskError> {
    connection
        .prepare_cached("DELETE FROM contact_number WHERE contact_id = ?1")?
        .execute([id])?;
    for (position, number) in numbers.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO contact_number (contact_id, position, key, line, display, label)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                id,
                position as i64,
                number.key,
                line_of(&number.key),
                number.display,
                number.label
            ])?;
    }
    Ok(())
}

/// The person that the contact is of: one of another source with the same name and a number of theirs, if there is
/// exactly one and the contact's own source has nobody else for them. A source knows whom it tells apart.
fn person_for(
    connection: &Connection,
    id: Option<i64>,
    fields: &Fields<'_>,
    was: Option<i64>,
) -> Result<i64, DeskError> {
    let id = id.unwrap_or_default();
    let name_key = text::name_key(fields.name);
    let mut same: Vec<i64> = Vec::new();
    for number in fields.numbers {
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT c.person FROM contact_number n JOIN contact c ON c.id = n.contact_id
             WHERE n.line = ?1 AND n.key = ?2 AND c.source <> ?3 AND c.name_key = ?4 AND NOT EXISTS (
                 SELECT 1 FROM contact o WHERE o.person = c.person AND o.source = ?3 AND o.id <> ?5)
             LIMIT 2",
        )?;
        let given = params![line_of(&number.key), number.key, fields.source, name_key, id];
        for person in statement.query_map(given, |row| row.get(0))? {
            let person = person?;
            if !same.contains(&person) {
                same.push(person);
            }
        }
    }
    if let [person] = same[..] {
        return Ok(person);
    }
    let alone = "SELECT NOT EXISTS (SELECT 1 FROM contact WHERE person = ?1 AND id <> ?2)";
    if let Some(was) = was
        && connection
            .prepare_cached(alone)?
            .query_row([was, id], |row| row.get::<_, bool>(0))?
    {
        return Ok(was);
    }
    connection
        .prepare_cached("INSERT INTO person DEFAULT VALUES")?
        .execute([])?;
    Ok(connection.last_insert_rowid())
}

fn forget_person(connection: &Connection, person: i64) -> Result<(), DeskError> {
    connection
        .prepare_cached("DELETE FROM person WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM contact WHERE person = ?1)")?
        .execute([person])?;
    Ok(())
}

/// The contact of a company's own name, where there is one: the one that is shown first.
pub(crate) fn of_company(connection: &Connection, company: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT id FROM contact WHERE name_sort = ?1 AND kind IN ('counterparty', 'partner')
             ORDER BY priority DESC, id LIMIT 1",
        )?
        .query_row([text::fold(company)], |row| row.get(0))
        .optional()?)
}

/// Contacts of whom this is the company, by name, at most so many: their ids and names.
pub(crate) fn people_of(connection: &Connection, company: &str, most: usize) -> Result<Vec<(i64, String)>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name FROM contact WHERE company_sort = ?1 AND company_sort <> '' ORDER BY name_sort LIMIT ?2",
    )?;
    let people = statement.query_map(params![text::fold(company), most as i64], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// Deletes a contact; its person, who is gone with the last of their contacts.
pub(crate) fn remove(connection: &Connection, id: i64, unindexed: &mut Unindexed) -> Result<i64, DeskError> {
    let (_, person) = origin(connection, id)?.ok_or(DeskError::NotFound)?;
    unindexed.keep(connection, id)?;
    connection
        .prepare_cached("DELETE FROM contact WHERE id = ?1")?
        .execute([id])?;
    forget_person(connection, person)?;
    Ok(person)
}

/// The numbers of a contact, in their order.
pub(crate) fn numbers(connection: &Connection, id: i64) -> Result<Vec<ContactNumber>, DeskError> {
    let mut statement = connection
        .prepare_cached("SELECT key, display, label FROM contact_number WHERE contact_id = ?1 ORDER BY position")?;
    let numbers = statement.query_map([id], |row| {
        Ok(ContactNumber {
            key: row.get(0)?,
            display: row.get(1)?,
            label: row.get(2)?,
        })
    })?;
    Ok(numbers.collect::<Result<_, _>>()?)
}

/// The keys of all numbers of a person.
pub(crate) fn keys_of_person(connection: &Connection, person: i64) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT n.key FROM contact c JOIN contact_number n ON n.contact_id = c.id WHERE c.person = ?1",
    )?;
    let keys = statement.query_map([person], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The persons who have a line, at most 50.
pub(crate) fn persons_of_line(connection: &Connection, line: &str) -> Result<Vec<i64>, DeskError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT person FROM person_number WHERE line = ?1 LIMIT 50")?;
    let persons = statement.query_map([line], |row| row.get(0))?;
    Ok(persons.collect::<Result<_, _>>()?)
}

/// The search texts of the contacts that have a line, at most 50.
pub(crate) fn texts_of_line(connection: &Connection, line: &str) -> Result<Vec<String>, DeskError> {
    let mut statement = connection.prepare_cached(
        "SELECT c.search FROM contact_number n JOIN contact c ON c.id = n.contact_id WHERE n.line = ?1
         GROUP BY c.id LIMIT 50",
    )?;
    let texts = statement.query_map([line], |row| row.get(0))?;
    Ok(texts.collect::<Result<_, _>>()?)
}
