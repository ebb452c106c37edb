//! What the desk forgets in time.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::notification;
use perezvon_core::Time;
use rusqlite::params;

/// How long the list «Уведомления» remembers, days, and how many rows it keeps at most.
const NOTICES: (i64, u32) = (90, 10_000);
/// How long the mirror and what was dealt with in the queue are kept, days.
const CALLS_DAYS: i64 = 3 * 365;
/// Most rows of one transaction: a ring does not wait for more.
const STEP_ROWS: u32 = 500;

impl Desk {
    /// Deletes what is older than anybody asks for, at most 500 rows of each kind; true while there may be more. Missed
    /// calls that wait are never deleted, nor what only the desk has: documents, notes, contacts. To be called about
    /// once a minute.
    pub fn forget_old(&self) -> Result<bool, DeskError> {
        let now = self.now();
        let before = |days: i64| now.plus(-days * 24 * 3_600_000);
        let old = self.db.read(|c| {
            let calls = "SELECT EXISTS (SELECT 1 FROM call WHERE started_ms < ?1)";
            let calls: bool = c.query_row(calls, [before(CALLS_DAYS).ms()], |row| row.get(0))?;
            let notices = "SELECT max(id) - min(id) >= ?1 OR min(changed_ms) < ?2 FROM notification";
            let notices: Option<bool> =
                c.query_row(notices, params![NOTICES.1, before(NOTICES.0).ms()], |row| row.get(0))?;
            Ok(calls || notices.unwrap_or(false))
        })?;
        if !old {
            return Ok(false);
        }
        self.db.write(Durability::Rebuildable, |tx| {
            let notices = notification::forget(tx, before(NOTICES.0), NOTICES.1, STEP_ROWS)?;
            let more = notices.len() == STEP_ROWS as usize;
            for id in notices {
                tx.touched().notices.add(id);
            }
            let calls = forget_calls(tx, before(CALLS_DAYS))?;
            for id in &calls {
                tx.touched().calls.add(id.clone());
            }
            Ok(more || calls.len() == STEP_ROWS as usize)
        })
    }
}

/// The relay's ids of the calls that were deleted.
fn forget_calls(tx: &rusqlite::Connection, before: Time) -> Result<Vec<String>, DeskError> {
    tx.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS old_call (id INTEGER PRIMARY KEY, caller INTEGER, whose INTEGER)",
    )?;
    tx.execute("DELETE FROM old_call", [])?;
    tx.execute(
        "INSERT INTO old_call SELECT c.id, c.caller, c.whose FROM call c
         WHERE c.started_ms < ?1 AND NOT EXISTS (
             SELECT 1 FROM caller k JOIN callback b ON b.key = k.key
             WHERE k.id = c.caller AND c.whose = 0 AND c.missed = 1 AND c.started_ms >= b.cutoff_ms)
         ORDER BY c.started_ms LIMIT ?2",
        params![before.ms(), STEP_ROWS],
    )?;
    // What their conversations settled stays settled.
    tx.execute(
        "UPDATE callback SET kept_ms = max(kept_ms, cutoff_ms) WHERE key IN (
             SELECT k.key FROM old_call o JOIN caller k ON k.id = o.caller WHERE o.whose = 0)",
        [],
    )?;
    let mut deleted = tx.prepare_cached("DELETE FROM call WHERE id IN (SELECT id FROM old_call) RETURNING ulid")?;
    let ids = deleted
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    tx.execute(
        "DELETE FROM caller WHERE id IN (SELECT caller FROM old_call)
             AND NOT EXISTS (SELECT 1 FROM call WHERE call.caller = caller.id)",
        [],
    )?;
    if ids.len() < STEP_ROWS as usize {
        // The mirror has none of their calls any more that could bring them back.
        tx.execute(
            "DELETE FROM callback_miss WHERE started_ms < ?1 AND EXISTS (
                 SELECT 1 FROM callback b
                 WHERE b.owner = callback_miss.owner AND b.key = callback_miss.key
                       AND callback_miss.started_ms < b.cutoff_ms)",
            [before.ms()],
        )?;
        tx.execute(
            "DELETE FROM callback WHERE state <> 'waiting' AND newest_ms < ?1",
            [before.ms()],
        )?;
    }
    Ok(ids)
}
