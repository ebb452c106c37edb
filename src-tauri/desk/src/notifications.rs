//! The notifications (manual D6): one row per toast, rewritten in place while the toast may be on the screen. A row is
//! written in the same transaction as its cause, so that what was prepared is shown after a kill.

use crate::db::Tx;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::render;
use crate::subject::Subject;
use crate::table::notification;
use crate::toast::{Stay, Toast, ToastKey, ToastOp};
use crate::words::Words;
use perezvon_core::Time;
use rusqlite::{Connection, OptionalExtension, params};

/// Most rows of one number that a new name rewrites.
const MAX_REWRITTEN: u32 = 200;

/// What became of a toast (manual D6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastState {
    /// It is on the screen.
    Shown,
    /// The user clicked it.
    Clicked,
    /// The user closed it.
    Dismissed,
    /// It went away by itself.
    Expired,
}

impl ToastState {
    /// The word of `NotificationRow::state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Clicked => "clicked",
            Self::Dismissed => "dismissed",
            Self::Expired => "expired",
        }
    }
}

/// The toasts of one transaction: of several operations for one key only the last is kept.
#[derive(Default)]
pub(crate) struct Ops(Vec<ToastOp>);

impl Ops {
    pub(crate) fn push(&mut self, op: Option<ToastOp>) {
        let Some(op) = op else { return };
        self.0.retain(|earlier| key_of(earlier) != key_of(&op));
        self.0.push(op);
    }

    pub(crate) fn into_vec(self) -> Vec<ToastOp> {
        self.0
    }
}

fn key_of(op: &ToastOp) -> &ToastKey {
    match op {
        ToastOp::Show(toast) => &toast.key,
        ToastOp::Close(key) => key,
    }
}

/// How the toasts of one transaction are made.
#[derive(Clone, Copy)]
pub(crate) struct Pen {
    pub(crate) words: Words,
    pub(crate) now: Time,
}

impl Desk {
    pub(crate) fn pen(&self) -> Pen {
        Pen {
            words: self.words(),
            now: self.now(),
        }
    }
}

/// Shows the subject under the key, or rewrites what is there. Nothing where it would show the same again, or where
/// the user has closed the toast of this very call or request.
pub(crate) fn raise(tx: &Tx<'_>, pen: Pen, key: &ToastKey, subject: &Subject) -> Result<Option<ToastOp>, DeskError> {
    let Some(drawn) = render::render(tx, pen.words, pen.now, key, subject)? else {
        return Ok(None);
    };
    let one_of_a_kind = matches!(
        key,
        ToastKey::Call(_) | ToastKey::Request(_) | ToastKey::Document(_) | ToastKey::Recording(_)
    );
    let row: Option<(i64, bool, String, String, String)> = tx
        .prepare_cached(
            "SELECT id, open, state, toast, subject FROM notification WHERE toast_key = ?1 ORDER BY open DESC, id DESC LIMIT 1",
        )?
        .query_row([key.text()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    let row = row.filter(|(_, open, ..)| *open || one_of_a_kind);
    let (kind, seen) = (subject.kind().as_str(), !subject.kind().wants_a_look());
    let subject = serde_json::to_string(subject)?;
    let mut toast = drawn.toast;
    let id = match row {
        Some((_, false, state, ..)) if state == "clicked" || state == "dismissed" => return Ok(None),
        Some((id, open, _, before, about)) => {
            toast.notification_id = id;
            let after = serde_json::to_string(&toast)?;
            if open && before == after {
                // It looks the same; what it is about may still be known better.
                if about != subject {
                    tx.prepare_cached("UPDATE notification SET subject = ?2 WHERE id = ?1")?
                        .execute(params![id, subject])?;
                }
                return Ok(None);
            }
            tx.prepare_cached(
                "UPDATE notification SET kind = ?2, state = 'prepared', open = 1, seen = ?3, number_key = ?4,
                                         subject = ?5, toast = ?6, changed_ms = ?7
                 WHERE id = ?1",
            )?
            .execute(params![id, kind, seen, drawn.number_key, subject, after, pen.now.ms()])?;
            id
        }
        None => {
            tx.prepare_cached(
                "INSERT INTO notification (toast_key, kind, state, open, seen, number_key, subject, toast, changed_ms)
                 VALUES (?1, ?2, 'prepared', 1, ?3, ?4, ?5, '', ?6)",
            )?
            .execute(params![key.text(), kind, seen, drawn.number_key, subject, pen.now.ms()])?;
            let id = tx.last_insert_rowid();
            toast.notification_id = id;
            tx.prepare_cached("UPDATE notification SET toast = ?2 WHERE id = ?1")?
                .execute(params![id, serde_json::to_string(&toast)?])?;
            id
        }
    };
    tx.touched().notices.add(id);
    toast.notification_id = id;
    Ok(Some(ToastOp::Show(toast)))
}

/// Takes the toast off the screen, if one may be there: what it told no longer applies, and its row counts as seen.
pub(crate) fn close(tx: &Tx<'_>, pen: Pen, key: &ToastKey) -> Result<Option<ToastOp>, DeskError> {
    let closed = notification::expire(tx, key, pen.now)?;
    Ok(closed.map(|id| {
        tx.touched().notices.add(id);
        ToastOp::Close(key.clone())
    }))
}

/// See [`Desk::reidentify`].
pub(crate) fn rewrite(tx: &Tx<'_>, pen: Pen, keys: &[String]) -> Result<Vec<ToastOp>, DeskError> {
    let mut ops = Ops::default();
    for key in keys {
        for row in rows_of_number(tx, key)? {
            let Some(drawn) = render::render(tx, pen.words, pen.now, &row.key, &row.subject)? else {
                continue;
            };
            let toast = Toast {
                notification_id: row.id,
                ..drawn.toast
            };
            if toast == row.toast {
                continue;
            }
            let gone = match toast.stay {
                Stay::UntilClosed => false,
                Stay::Seconds(seconds) => pen.now.since(row.changed) > i64::from(seconds) * 1000,
            };
            let state = if row.open && !gone {
                "prepared"
            } else {
                row.state.as_str()
            };
            tx.prepare_cached("UPDATE notification SET toast = ?2, state = ?3 WHERE id = ?1")?
                .execute(params![row.id, serde_json::to_string(&toast)?, state])?;
            tx.touched().notices.add(row.id);
            if row.open && !gone {
                ops.push(Some(ToastOp::Show(toast)));
            }
        }
    }
    Ok(ops.into_vec())
}

pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) key: ToastKey,
    pub(crate) state: String,
    pub(crate) open: bool,
    pub(crate) subject: Subject,
    pub(crate) toast: Toast,
    pub(crate) changed: Time,
}

const ROW: &str = "SELECT id, toast_key, state, open, subject, toast, changed_ms FROM notification";

pub(crate) fn open_rows(connection: &Connection) -> Result<Vec<Row>, DeskError> {
    let mut statement = connection.prepare_cached(&format!("{ROW} WHERE open = 1 ORDER BY id"))?;
    read_rows(statement.query([])?)
}

fn rows_of_number(connection: &Connection, key: &str) -> Result<Vec<Row>, DeskError> {
    let mut statement = connection.prepare_cached(&format!("{ROW} WHERE number_key = ?1 ORDER BY id DESC LIMIT ?2"))?;
    read_rows(statement.query(params![key, MAX_REWRITTEN])?)
}

fn read_rows(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Row>, DeskError> {
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(1)?;
        let Some(key) = ToastKey::from_text(&key) else { continue };
        let (subject, toast): (String, String) = (row.get(4)?, row.get(5)?);
        out.push(Row {
            id: row.get(0)?,
            key,
            state: row.get(2)?,
            open: row.get(3)?,
            subject: serde_json::from_str(&subject)?,
            toast: serde_json::from_str(&toast)?,
            changed: Time::from_ms(row.get(6)?),
        });
    }
    Ok(out)
}
