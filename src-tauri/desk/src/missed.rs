//! Missed calls: who still waits for an answer, and the one toast per caller.

use crate::error::DeskError;
use crate::notifications::{Ops, Pen, close, raise};
use crate::subject::Subject;
use crate::table::notification::is_open;
use crate::toast::ToastKey;
use crate::who;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// Computes anew which missed calls of the person with this number still wait: those after which nobody has talked with
/// them, over any of their numbers, either direction, any colleague that the snapshots tell of.
pub(crate) fn settle(tx: &Connection, key: &str) -> Result<Vec<String>, DeskError> {
    let person = who::person(tx, key)?;
    let keys = who::keys_of_person(tx, key, person)?;
    let mut talked = i64::MIN;
    for key in &keys {
        let last: Option<i64> = tx
            .prepare_cached("SELECT max(talked_ms) FROM call WHERE number_key = ?1 AND talked_ms IS NOT NULL")?
            .query_row([key], |row| row.get(0))?;
        talked = talked.max(last.unwrap_or(i64::MIN));
    }
    for key in &keys {
        tx.prepare_cached(
            "UPDATE call SET waiting = (started_ms >= ?2), person = ?3
             WHERE number_key = ?1 AND missed = 1 AND (waiting <> (started_ms >= ?2) OR person IS NOT ?3)",
        )?
        .execute(params![key, talked, person])?;
        tx.prepare_cached("UPDATE call SET waiting = 0 WHERE number_key = ?1 AND waiting = 1 AND missed = 0")?
            .execute([key])?;
    }
    Ok(keys)
}

/// Brings the caller's missed toast in line with their calls: shown when `raised`, rewritten or closed when it is there.
pub(crate) fn refresh(
    tx: &Transaction<'_>,
    pen: Pen,
    caller: &str,
    raised: bool,
    ops: &mut Ops,
) -> Result<(), DeskError> {
    let key = ToastKey::Missed(caller.to_owned());
    let times: i64 = tx
        .prepare_cached("SELECT count(*) FROM call WHERE number_key = ?1 AND waiting = 1 AND counted = 1")?
        .query_row([caller], |row| row.get(0))?;
    let newest: Option<String> = tx
        .prepare_cached(
            "SELECT id FROM call WHERE number_key = ?1 AND waiting = 1 AND counted = 1
             ORDER BY started_ms DESC, id DESC LIMIT 1",
        )?
        .query_row([caller], |row| row.get(0))
        .optional()?;
    match newest {
        None => ops.push(close(tx, pen, &key)?),
        Some(call) if raised || is_open(tx, &key)? => {
            ops.push(raise(tx, pen, &key, &Subject::Missed { call, times })?);
        }
        Some(_) => {}
    }
    Ok(())
}

/// The user has dealt with the caller's missed toast: the next missed call counts from one.
pub(crate) fn forget(tx: &Transaction<'_>, caller: &str) -> Result<(), DeskError> {
    tx.prepare_cached("UPDATE call SET counted = 0 WHERE number_key = ?1 AND counted = 1")?
        .execute([caller])?;
    Ok(())
}
