//! Subscriptions, active and ended: an event may refer to one that ended long ago (manual F8).

use super::LedgerError;
use perezvon_core::Time;
use rusqlite::{Connection, Row};
use serde::Serialize;
use utoipa::ToSchema;

/// A subscription that the relay made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    /// `subscriptionId`.
    pub(crate) id: String,
    /// Whose events; absent for the whole company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abonent: Option<String>,
    /// `BASIC_CALL` or `ADVANCED_CALL`.
    pub(crate) kind: String,
    /// The callback including its secret; never shown.
    #[serde(skip)]
    pub(crate) url: String,
    /// The granted life, seconds.
    pub(crate) granted_s: i64,
    pub(crate) made_at: Time,
    /// When it expires unless it is ended earlier.
    pub(crate) expires_at: Time,
    /// The subscription that replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) renewed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_event_at: Option<Time>,
    #[serde(skip)]
    pub(crate) last_sequence: Option<i64>,
}

const COLUMNS: &str = "id, abonent, kind, url, granted_s, made_at, renewed_by, ended_at, end_reason, last_event_at,
    last_sequence";

fn read(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    let granted_s: i64 = row.get(4)?;
    let made_at = Time::from_ms(row.get(5)?);
    Ok(Subscription {
        id: row.get(0)?,
        abonent: row.get(1)?,
        kind: row.get(2)?,
        url: row.get(3)?,
        granted_s,
        made_at,
        expires_at: made_at.plus(granted_s.saturating_mul(1000)),
        renewed_by: row.get(6)?,
        ended_at: row.get::<_, Option<i64>>(7)?.map(Time::from_ms),
        end_reason: row.get(8)?,
        last_event_at: row.get::<_, Option<i64>>(9)?.map(Time::from_ms),
        last_sequence: row.get(10)?,
    })
}

/// Those without a known end.
pub(crate) fn active(connection: &Connection) -> Result<Vec<Subscription>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM subscriptions WHERE ended_at IS NULL ORDER BY seq");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All, newest first.
pub(crate) fn list(connection: &Connection, limit: usize) -> Result<Vec<Subscription>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM subscriptions ORDER BY seq DESC LIMIT ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([limit as i64], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the PBX last posted an event to one of them: to any address, and to this one.
pub(crate) fn last_events(
    connection: &Connection,
    url: Option<&str>,
) -> Result<(Option<Time>, Option<Time>), LedgerError> {
    let sql = "SELECT max(last_event_at), max(last_event_at) FILTER (WHERE url = ?1) FROM subscriptions";
    let newest: (Option<i64>, Option<i64>) = connection.query_row(sql, [url], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((newest.0.map(Time::from_ms), newest.1.map(Time::from_ms)))
}

/// The abonent of each subscription, including ended ones; the newest 10,000.
pub(crate) fn owners(connection: &Connection) -> Result<Vec<(String, String)>, LedgerError> {
    let sql = "SELECT id, abonent FROM subscriptions WHERE abonent IS NOT NULL ORDER BY seq DESC LIMIT 10000";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Subscriptions that are kept; the oldest ended ones beyond that are deleted. 300 abonents with a renewal every
/// eleven hours make some 650 a day.
const MAX_KEPT: i64 = 20_000;

/// Stores a new one.
pub(crate) fn add(connection: &Connection, subscription: &Subscription) -> Result<(), LedgerError> {
    let sql = "INSERT INTO subscriptions (id, target_type, abonent, kind, url, granted_s, made_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET url = ?5, granted_s = ?6, made_at = ?7, ended_at = NULL, end_reason = NULL";
    connection.prepare_cached(sql)?.execute((
        &subscription.id,
        if subscription.abonent.is_some() {
            "ABONENT"
        } else {
            "GROUP"
        },
        &subscription.abonent,
        &subscription.kind,
        &subscription.url,
        subscription.granted_s,
        subscription.made_at.ms(),
    ))?;
    let sql = "DELETE FROM subscriptions WHERE ended_at IS NOT NULL
               AND seq <= (SELECT max(seq) FROM subscriptions) - ?1";
    connection.prepare_cached(sql)?.execute([MAX_KEPT])?;
    Ok(())
}

/// Marks one as ended. False if it had ended before or is not known.
pub(crate) fn end(
    connection: &Connection,
    id: &str,
    reason: &str,
    renewed_by: Option<&str>,
    at: Time,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE subscriptions SET ended_at = ?2, end_reason = ?3, renewed_by = ?4
               WHERE id = ?1 AND ended_at IS NULL";
    Ok(connection
        .prepare_cached(sql)?
        .execute((id, at.ms(), reason, renewed_by))?
        == 1)
}

/// Stores the time of its last event.
pub(crate) fn heard(connection: &Connection, id: &str, sequence: Option<i64>, at: Time) -> rusqlite::Result<()> {
    let sql = "UPDATE subscriptions SET last_event_at = ?2, last_sequence = coalesce(?3, last_sequence) WHERE id = ?1";
    connection.prepare_cached(sql)?.execute((id, at.ms(), sequence))?;
    Ok(())
}

/// Abonents whose events are switched off.
pub(crate) fn off(connection: &Connection) -> Result<Vec<String>, LedgerError> {
    let mut statement = connection.prepare_cached("SELECT abonent FROM subscriptions_off ORDER BY abonent")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Switches the subscription of one abonent; false if nothing changed.
pub(crate) fn switch(connection: &Connection, abonent: &str, on: bool, at: Time) -> rusqlite::Result<bool> {
    let changed = if on {
        connection.execute("DELETE FROM subscriptions_off WHERE abonent = ?1", [abonent])?
    } else {
        let sql = "INSERT INTO subscriptions_off (abonent, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        connection.execute(sql, (abonent, at.ms()))?
    };
    Ok(changed == 1)
}
