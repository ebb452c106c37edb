//! Abonents and inbound numbers as the PBX last listed them.

use super::LedgerError;
use perezvon_core::Time;
use perezvon_core::call::login;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// An abonent (reference 1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Abonent {
    /// `userId`.
    pub(crate) id: String,
    /// Own number as the PBX writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_name: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    /// Department, a plain name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) department: Option<String>,
    /// Short number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extension: Option<String>,
    /// Since when the PBX no longer lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gone_at: Option<Time>,
    /// Whether their calls are recorded, as the PBX last said; none while it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recording: Option<Recording>,
    /// Who switched the recording through this relay, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recording_changed: Option<RecordingChanged>,
}

/// Whether an abonent's calls are recorded (reference 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AbonentRecording)]
pub(crate) enum Recording {
    /// They are.
    On,
    /// They are not.
    Off,
}

impl Recording {
    /// The word in the database.
    fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl From<bool> for Recording {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// Who switched an abonent's recording last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AbonentRecordingChanged)]
pub(crate) struct RecordingChanged {
    /// When.
    pub(crate) at: Time,
    /// The user's name at that time.
    pub(crate) by: String,
}

impl Abonent {
    /// Family name, then first name; none if the PBX has neither.
    pub(crate) fn name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.last_name, &self.first_name]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Whether the PBX's data of both are equal.
    fn is_as(&self, other: &Self) -> bool {
        let told = |a: &Self| Self {
            recording: None,
            recording_changed: None,
            ..a.clone()
        };
        told(self) == told(other)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Abonent> {
    Ok(Abonent {
        id: row.get(0)?,
        phone: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        email: row.get(4)?,
        department: row.get(5)?,
        extension: row.get(6)?,
        gone_at: row.get::<_, Option<i64>>(7)?.map(Time::from_ms),
        recording: row.get::<_, Option<String>>(8)?.map(|word| (word == "on").into()),
        recording_changed: match (row.get::<_, Option<i64>>(9)?, row.get(10)?) {
            (Some(at), Some(by)) => Some(RecordingChanged {
                at: Time::from_ms(at),
                by,
            }),
            _ => None,
        },
    })
}

/// All abonents, including those that are gone: their calls remain.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Abonent>, LedgerError> {
    let sql = "SELECT id, phone, first_name, last_name, email, department, extension, gone_at, recording,
                   recording_changed_at, recording_changed_by
               FROM abonents ORDER BY gone_at IS NOT NULL, last_name, first_name, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The differences between the stored abonents and a new list of the PBX.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AbonentsPreview)]
pub(crate) struct Diff {
    /// Abonents that are new.
    pub(crate) new: Vec<Abonent>,
    /// Abonents whose data changed, and those that come back.
    pub(crate) changed: Vec<ChangedAbonent>,
    /// Abonents that are not listed any more.
    pub(crate) gone: Vec<Abonent>,
}

/// One of [`Diff::changed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AbonentChanged)]
pub(crate) struct ChangedAbonent {
    /// As stored; with `goneAt` if they come back.
    pub(crate) before: Abonent,
    /// As the PBX lists them now.
    pub(crate) after: Abonent,
}

impl Diff {
    /// Whether nothing would change.
    pub(crate) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty() && self.gone.is_empty()
    }
}

/// The changes that [`replace`] would make.
pub(crate) fn diff(connection: &Connection, told: &[Abonent]) -> Result<Diff, LedgerError> {
    let known = list(connection)?;
    let by_id: HashMap<&str, &Abonent> = known.iter().map(|a| (a.id.as_str(), a)).collect();
    let listed: HashSet<&str> = told.iter().map(|a| a.id.as_str()).collect();
    let mut diff = Diff::default();
    for after in told {
        match by_id.get(after.id.as_str()) {
            None => diff.new.push(after.clone()),
            Some(before) if before.is_as(after) => {}
            Some(before) => diff.changed.push(ChangedAbonent {
                before: (*before).clone(),
                after: after.clone(),
            }),
        }
    }
    let gone = known
        .iter()
        .filter(|a| a.gone_at.is_none() && !listed.contains(a.id.as_str()));
    diff.gone.extend(gone.cloned());
    Ok(diff)
}

/// Stores the PBX's list. Abonents that are missing from it are marked, not deleted.
pub(crate) fn replace(connection: &Connection, abonents: &[Abonent], at: Time) -> Result<(), LedgerError> {
    connection.execute("UPDATE abonents SET gone_at = ?1 WHERE gone_at IS NULL", [at.ms()])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO abonents (id, login, phone, first_name, last_name, email, department, extension, gone_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)
         ON CONFLICT (id) DO UPDATE SET phone = ?3, first_name = ?4, last_name = ?5, email = ?6, department = ?7,
             extension = ?8, gone_at = NULL",
    )?;
    for a in abonents {
        statement.execute((
            &a.id,
            login(&a.id),
            &a.phone,
            &a.first_name,
            &a.last_name,
            &a.email,
            &a.department,
            &a.extension,
        ))?;
    }
    Ok(())
}

/// Present abonents whose recording mode was never read, or read more than `fresh` milliseconds ago, with the time of
/// that reading. A time in the future counts as never: the clock was set back.
pub(crate) fn recording_stale(
    connection: &Connection,
    now: Time,
    fresh: i64,
) -> Result<Vec<(String, Option<i64>)>, LedgerError> {
    let sql = "SELECT id, recording_read_at FROM abonents
               WHERE gone_at IS NULL
                   AND (recording_read_at IS NULL OR recording_read_at NOT BETWEEN ?1 AND ?2)
               ORDER BY recording_read_at, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map((now.plus(-fresh).ms(), now.ms()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores the PBX's answer, unless a newer one was stored since `read_at`.
pub(crate) fn recording_read(
    connection: &Connection,
    abonent: &str,
    found: Option<Recording>,
    read_at: Option<i64>,
    now: Time,
) -> Result<(), LedgerError> {
    let sql = "UPDATE abonents SET recording = ?2, recording_read_at = ?3
               WHERE id = ?1 AND recording_read_at IS ?4";
    let word = found.map(Recording::word);
    connection
        .prepare_cached(sql)?
        .execute((abonent, word, now.ms(), read_at))?;
    Ok(())
}

/// Marks all recording modes as outdated; they stay in use until they are read.
pub(crate) fn recording_outdated(connection: &Connection) -> Result<(), LedgerError> {
    let sql = "UPDATE abonents SET recording_read_at = NULL WHERE recording_read_at IS NOT NULL";
    connection.execute(sql, [])?;
    Ok(())
}

/// Stores that a user switched the recording, and the PBX's answer (none: it gave none). Returns the former mode.
pub(crate) fn switched(
    connection: &Connection,
    abonent: &str,
    found: Option<Recording>,
    at: Time,
    by: &str,
) -> Result<Option<Recording>, LedgerError> {
    let before: Option<String> = connection
        .prepare_cached("SELECT recording FROM abonents WHERE id = ?1")?
        .query_row([abonent], |row| row.get(0))
        .optional()?
        .flatten();
    // An unknown mode is read soon.
    let sql = "UPDATE abonents SET recording = ?2, recording_read_at = iif(?2 IS NULL, NULL, ?3),
                   recording_changed_at = ?3, recording_changed_by = ?4
               WHERE id = ?1";
    let word = found.map(Recording::word);
    connection.prepare_cached(sql)?.execute((abonent, word, at.ms(), by))?;
    Ok(before.map(|word| (word == "on").into()))
}

/// Inbound numbers: id and phone.
pub(crate) fn numbers(connection: &Connection) -> Result<Vec<(String, String)>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT id, phone FROM numbers ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores the PBX's inbound numbers; former ones stay, because old events refer to them.
pub(crate) fn add_numbers(connection: &Connection, numbers: &[(String, String)]) -> Result<(), LedgerError> {
    let sql = "INSERT INTO numbers (id, phone) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET phone = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for (id, phone) in numbers {
        statement.execute([id, phone])?;
    }
    Ok(())
}
