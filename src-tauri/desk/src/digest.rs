//! The summary of what was learnt late: because the desk was away, or because the relay was (it had no connection to the
//! PBX, or gets no events from it and polls its lists). One toast; while it is open, later calls are added to it.

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::notifications::{Ops, Pen, close, open_rows, raise};
use crate::subject::Subject;
use crate::table::mirror;
use crate::toast::{ToastKey, ToastOp};
use rusqlite::{Connection, OptionalExtension};

/// So many missed callers of quiet hours have toasts of their own.
const FEW_MISSED: usize = 3;

/// What a batch of snapshots means for the callers whom the open summary tells as waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fewer {
    /// Nothing.
    No,
    /// Somebody was talked with.
    Reached,
    /// A call was not missed after all, or is another one.
    Withdrawn,
}

impl Desk {
    /// The end of the backlog is reached: the summary of what happened while the desk was away, if somebody waits.
    /// Not for the first backlog of a mirror, nor later for what began before that: this is history.
    pub fn digest(&self) -> Result<Option<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            tx.execute("UPDATE mirror SET synced = max(1, ?1) WHERE synced = 0", [pen.now.ms()])?;
            summarise(tx, pen, false)
        })
    }

    /// The user's quiet hours are over: many missed callers are told by one summary, as after an absence; few by
    /// themselves, which is left to [`Desk::pending_toasts`].
    pub fn quiet_digest(&self) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            let mut missed = Vec::new();
            for row in open_rows(tx)? {
                if let (Subject::Missed { call, times }, "prepared") = (row.subject, row.state.as_str()) {
                    missed.push((row.key, call, times));
                }
            }
            let mut ops = Ops::default();
            if missed.len() <= FEW_MISSED {
                return Ok(ops.into_vec());
            }
            for (key, call, times) in &missed {
                tx.execute(
                    "UPDATE call SET away = 1 WHERE away = 0 AND id IN (
                         SELECT id FROM call WHERE missed = 1 AND whose = 0 AND caller =
                             (SELECT caller FROM call WHERE ulid = ?1 AND whose = 0)
                         ORDER BY started_ms DESC LIMIT ?2)",
                    (call, times),
                )?;
                ops.push(close(tx, pen, key)?);
            }
            ops.push(summarise(tx, pen, false)?);
            Ok(ops.into_vec())
        })
    }

    /// The same for what the relay learnt late while the desk was connected: only missed calls are news to the user.
    pub fn late_digest(&self) -> Result<Option<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| summarise(tx, pen, true))
    }
}

// `away > 0` is the condition of the index.
fn summarise(tx: &Tx<'_>, pen: Pen, late: bool) -> Result<Option<ToastOp>, DeskError> {
    let shown = open(tx)?;
    if shown.is_none() {
        // What the user has dealt with is not told again.
        tx.execute("UPDATE call SET away = 0 WHERE away > 0 AND away = 2", [])?;
    }
    if tx.execute("UPDATE call SET away = 2 WHERE away > 0 AND away = 1", [])? == 0 {
        return Ok(None);
    }
    let late = late && !matches!(shown, Some(Subject::Digest { late: false, .. }));
    let subject = subject(tx, late)?;
    if matches!(subject, Subject::Digest { waiting: 0, .. }) {
        return Ok(None);
    }
    raise(tx, pen, &ToastKey::Digest, &subject)
}

/// What the summary tells that may be on the screen.
fn open(connection: &Connection) -> Result<Option<Subject>, DeskError> {
    let subject: Option<String> = connection
        .prepare_cached("SELECT subject FROM notification WHERE toast_key = ?1 AND open = 1")?
        .query_row([ToastKey::Digest.text()], |row| row.get(0))
        .optional()?;
    Ok(subject.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn subject(connection: &Connection, late: bool) -> Result<Subject, DeskError> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let missed = if late { " AND missed = 1" } else { "" };
    Ok(Subject::Digest {
        calls: count(&format!("SELECT count(*) FROM call WHERE away > 0{missed}"))?,
        // A number of several persons counts as itself.
        waiting: connection.query_row(
            "SELECT count(DISTINCT coalesce('person ' || b.person, b.key))
             FROM call c JOIN caller k ON k.id = c.caller JOIN callback b ON b.owner = ?1 AND b.key = k.key
             WHERE c.away > 0 AND c.missed = 1 AND c.started_ms >= b.cutoff_ms",
            [mirror::owner(connection)?],
            |row| row.get(0),
        )?,
        late,
    })
}

/// Brings the open summary in line after a batch of snapshots: closed when nobody waits any more, rewritten when it
/// told somebody as missed who was not.
pub(crate) fn correct(tx: &Tx<'_>, pen: Pen, fewer: Fewer, ops: &mut Ops) -> Result<(), DeskError> {
    if fewer == Fewer::No {
        return Ok(());
    }
    let Some(Subject::Digest { late, .. }) = open(tx)? else {
        return Ok(());
    };
    let subject = subject(tx, late)?;
    if matches!(subject, Subject::Digest { waiting: 0, .. }) {
        ops.push(close(tx, pen, &ToastKey::Digest)?);
    } else if fewer == Fewer::Withdrawn {
        ops.push(raise(tx, pen, &ToastKey::Digest, &subject)?);
    }
    Ok(())
}
