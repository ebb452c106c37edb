//! The missed calls behind the rows of the queue: each by its number and start, with who reached the caller later, and who
//! undertakes to call back.

use super::Callback;
use crate::error::DeskError;
use perezvon_core::snapshot::{ClaimSnapshot, TalkedLater};
use rusqlite::{Connection, OptionalExtension, params};

/// A missed call of a number, as the relay tells it.
pub(crate) struct Miss<'a> {
    pub(crate) started_ms: i64,
    pub(crate) call: &'a str,
    /// It belongs to the missed toast.
    pub(crate) counted: bool,
    pub(crate) reached: Option<&'a TalkedLater>,
    pub(crate) claim: Option<&'a ClaimSnapshot>,
}

/// A missed call of the number.
pub(crate) fn note_miss(connection: &Connection, owner: &str, key: &str, miss: &Miss<'_>) -> Result<(), DeskError> {
    connection
        .prepare_cached(
            "INSERT INTO callback_miss (owner, key, started_ms, call, counted, reached_ms, reached_by, claim_until_ms,
                                        claim_by, claim_own)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET call = excluded.call, counted = max(counted, excluded.counted),
                 reached_ms = excluded.reached_ms, reached_by = excluded.reached_by,
                 claim_until_ms = excluded.claim_until_ms, claim_by = excluded.claim_by, claim_own = excluded.claim_own",
        )?
        .execute(params![
            owner,
            key,
            miss.started_ms,
            miss.call,
            miss.counted,
            miss.reached.map(|talk| talk.at.ms()),
            miss.reached.and_then(|talk| talk.name.as_deref()),
            miss.claim.map(|claim| claim.until.ms()),
            miss.claim.and_then(|claim| claim.name.as_deref()),
            miss.claim.is_some_and(|claim| claim.own)
        ])?;
    Ok(())
}

/// When a colleague last talked with one who called from this number, as far as the relay tells.
pub(crate) fn last_reached_ms(connection: &Connection, owner: &str, key: &str) -> Result<Option<i64>, DeskError> {
    Ok(connection
        .prepare_cached("SELECT max(reached_ms) FROM callback_miss WHERE owner = ?1 AND key = ?2")?
        .query_row([owner, key], |row| row.get(0))?)
}

/// The first such conversation after this time, and the colleague; empty where the relay does not know the name.
pub(crate) fn first_reached(
    connection: &Connection,
    owner: &str,
    key: &str,
    after_ms: i64,
) -> Result<Option<(i64, String)>, DeskError> {
    Ok(connection
        .prepare_cached(
            "SELECT reached_ms, coalesce(reached_by, '') FROM callback_miss
             WHERE owner = ?1 AND key = ?2 AND reached_ms > ?3 ORDER BY reached_ms LIMIT 1",
        )?
        .query_row(params![owner, key, after_ms], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// Somebody undertakes to call back.
pub(crate) struct Claim {
    pub(crate) own: bool,
    pub(crate) name: Option<String>,
    pub(crate) until_ms: i64,
}

/// Who undertakes now to call those numbers back that wait in this row: its own, or all of its person.
pub(crate) fn claim(
    connection: &Connection,
    owner: &str,
    row: &Callback,
    now_ms: i64,
) -> Result<Option<Claim>, DeskError> {
    // CROSS JOIN: the person's numbers first; SQLite would rather look through all missed calls.
    let whose = match row.person {
        Some(_) => "b.person = ?2",
        None => "b.key = ?3",
    };
    Ok(connection
        .prepare_cached(&format!(
            "SELECT m.claim_own, m.claim_by, m.claim_until_ms
             FROM callback b CROSS JOIN callback_miss m
                  ON m.owner = b.owner AND m.key = b.key AND m.started_ms >= b.cutoff_ms
             WHERE b.owner = ?1 AND {whose} AND m.claim_until_ms > ?4
             ORDER BY m.started_ms DESC LIMIT 1"
        ))?
        .query_row(params![owner, row.person, row.key, now_ms], |row| {
            Ok(Claim {
                own: row.get(0)?,
                name: row.get(1)?,
                until_ms: row.get(2)?,
            })
        })
        .optional()?)
}

/// A missed call that the queue no longer has.
pub(crate) struct Forgotten {
    pub(crate) key: String,
    pub(crate) started_ms: i64,
    /// It belonged to the missed toast.
    pub(crate) counted: bool,
}

/// The call was not missed after all, or not of this number.
pub(crate) fn forget_miss(connection: &Connection, owner: &str, call: &str) -> Result<Option<Forgotten>, DeskError> {
    Ok(connection
        .prepare_cached("DELETE FROM callback_miss WHERE call = ?2 AND owner = ?1 RETURNING key, started_ms, counted")?
        .query_row([owner, call], |row| {
            Ok(Forgotten {
                key: row.get(0)?,
                started_ms: row.get(1)?,
                counted: row.get(2)?,
            })
        })
        .optional()?)
}

/// Missed calls of one number.
pub(crate) struct Misses {
    pub(crate) times: i64,
    pub(crate) since_ms: i64,
    pub(crate) newest_ms: i64,
    pub(crate) newest_call: String,
}

/// Missed calls of the number since this time, or only those of the missed toast; none where there are none.
pub(crate) fn misses(
    connection: &Connection,
    owner: &str,
    key: &str,
    since_ms: i64,
    counted: bool,
) -> Result<Option<Misses>, DeskError> {
    let given = params![owner, key, since_ms, counted];
    let (times, first): (i64, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), min(started_ms) FROM callback_miss
             WHERE owner = ?1 AND key = ?2 AND started_ms >= ?3 AND counted >= ?4",
        )?
        .query_row(given, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(first) = first else { return Ok(None) };
    let newest = connection
        .prepare_cached(
            "SELECT started_ms, call FROM callback_miss
             WHERE owner = ?1 AND key = ?2 AND started_ms >= ?3 AND counted >= ?4
             ORDER BY started_ms DESC LIMIT 1",
        )?
        .query_row(given, |row| {
            Ok(Misses {
                times,
                since_ms: first,
                newest_ms: row.get(0)?,
                newest_call: row.get(1)?,
            })
        })?;
    Ok(Some(newest))
}

/// The user has dealt with the caller's missed toast: the next missed call counts from one.
pub(crate) fn forget_counted(connection: &Connection, owner: &str, key: &str) -> Result<(), DeskError> {
    connection
        .prepare_cached("UPDATE callback_miss SET counted = 0 WHERE owner = ?1 AND key = ?2 AND counted = 1")?
        .execute([owner, key])?;
    Ok(())
}
