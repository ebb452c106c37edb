//! Abonents and inbound numbers as the PBX last told them.

use super::LedgerError;
use perezvon_core::Time;
use rusqlite::{Connection, Row};
use serde::Serialize;

/// An abonent (reference 1.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// Since when the PBX no longer lists him.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gone_at: Option<Time>,
}

impl Abonent {
    /// Family name, then first name; none where the PBX knows neither.
    pub(crate) fn name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.last_name, &self.first_name]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The part of an id before `@`: the same abonent may come with two domains (reference 1.2).
    pub(crate) fn login(id: &str) -> &str {
        id.split('@').next().unwrap_or(id)
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
    })
}

/// All abonents, those that are gone included: their calls remain.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Abonent>, LedgerError> {
    let sql = "SELECT id, phone, first_name, last_name, email, department, extension, gone_at FROM abonents
               ORDER BY gone_at IS NOT NULL, last_name, first_name, id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes over the PBX's list. Who is not in it any more is marked, not deleted.
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
            Abonent::login(&a.id),
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

/// Inbound numbers: id and phone.
pub(crate) fn numbers(connection: &Connection) -> Result<Vec<(String, String)>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT id, phone FROM numbers ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes over the PBX's inbound numbers; old ones stay, old events name them.
pub(crate) fn add_numbers(connection: &Connection, numbers: &[(String, String)]) -> Result<(), LedgerError> {
    let sql = "INSERT INTO numbers (id, phone) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET phone = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for (id, phone) in numbers {
        statement.execute([id, phone])?;
    }
    Ok(())
}
