//! The notifications (manual D6): one row per toast, rewritten in place while the toast may be on the screen. A row is
//! written in the same transaction as its cause, so that what was prepared is shown after a kill.

use crate::db::Durability;
use crate::render::{self, Step, Subject};
use crate::settings;
use crate::toast::{Stay, Toast, ToastKey, ToastKind, ToastOp};
use crate::words::Words;
use crate::{Desk, DeskError, missed, who};
use perezvon_core::{Number, Time};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// A ring, a result or another passing thing older than this is not shown after a restart.
const PASSING_MS: i64 = 60_000;
/// Most rows of one number that a new name rewrites.
const MAX_REWRITTEN: u32 = 200;
/// The trouble whose toast the user closed: not raised again until it was mended.
const HIDDEN_TROUBLE: &str = "trouble.hidden";

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

    /// What became of a toast. A click and a closing by the user end it; it is not shown again for the same thing.
    pub fn note_toast(&self, notification_id: i64, state: ToastState) -> Result<(), DeskError> {
        let now = self.now();
        self.db.write(Durability::Rebuildable, |tx| {
            let row: Option<(String, String)> = tx
                .prepare_cached("SELECT toast_key, subject FROM notification WHERE id = ?1")?
                .query_row([notification_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((key, subject)) = row else {
                return Err(DeskError::NotFound);
            };
            if state == ToastState::Shown {
                tx.execute(
                    "UPDATE notification SET state = 'shown' WHERE id = ?1 AND state = 'prepared'",
                    [notification_id],
                )?;
                return Ok(());
            }
            let by_user = state != ToastState::Expired;
            let changed = tx.execute(
                "UPDATE notification SET state = ?2, open = 0, seen = max(seen, ?3), changed_ms = ?4
                 WHERE id = ?1 AND state IN ('prepared', 'shown')",
                params![notification_id, state.as_str(), by_user, now.ms()],
            )?;
            if by_user && changed > 0 {
                match (ToastKey::from_text(&key), serde_json::from_str(&subject)) {
                    (Some(ToastKey::Missed(caller)), _) => missed::forget(tx, &caller)?,
                    (Some(ToastKey::Trouble), Ok(Subject::Trouble { code })) => {
                        settings::put(tx, HIDDEN_TROUBLE, &code)?;
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }

    /// After a start, or when a notification server came back: what was prepared, was never shown and still applies.
    /// A ring older than 60 s does not; a missed call does.
    pub fn pending_toasts(&self) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            let mut ops = Ops::default();
            for row in open_rows(tx)? {
                let kind = row.subject.kind();
                let waits = matches!(kind, ToastKind::Missed | ToastKind::Digest | ToastKind::Trouble);
                if !waits && pen.now.since(row.changed) > PASSING_MS {
                    close(tx, pen, &row.key)?;
                } else if row.state == "prepared" {
                    // The words may have changed since; where the call is gone the stored text is all there is.
                    let toast = match render::render(tx, pen.words, pen.now, &row.key, &row.subject)? {
                        Some(drawn) => Toast {
                            notification_id: row.id,
                            ..drawn.toast
                        },
                        None => row.toast,
                    };
                    ops.push(Some(ToastOp::Show(toast)));
                }
            }
            Ok(ops.into_vec())
        })
    }

    /// Rewrites what names these numbers: visible toasts (the operations to carry out) and the list «Уведомления».
    pub fn reidentify(&self, keys: &[String]) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| rewrite(tx, pen, keys))
    }

    /// One toast for the worst trouble; none mends it. The same trouble again changes nothing.
    pub fn trouble(&self, code: Option<&str>) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            let mut ops = Ops::default();
            let hidden: Option<String> = settings::get(tx, HIDDEN_TROUBLE)?;
            match code {
                Some(code) if hidden.as_deref() == Some(code) => {}
                Some(code) => {
                    ops.push(raise(
                        tx,
                        pen,
                        &ToastKey::Trouble,
                        &Subject::Trouble { code: code.to_owned() },
                    )?);
                }
                None => {
                    tx.execute("DELETE FROM setting WHERE key = ?1", [HIDDEN_TROUBLE])?;
                    ops.push(close(tx, pen, &ToastKey::Trouble)?);
                }
            }
            Ok(ops.into_vec())
        })
    }

    /// A call was ordered: «Снимите трубку», unless its first snapshot was quicker.
    pub fn progress_started(&self, request: &str, number: &Number) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        let key = ToastKey::Request(request.to_owned());
        let subject = Subject::Progress {
            call: None,
            number: who::key_of_number(number).unwrap_or_default(),
            step: Step::OwnPhone,
        };
        self.db.write(Durability::Rebuildable, |tx| {
            let known: bool = tx
                .prepare_cached("SELECT 1 FROM notification WHERE toast_key = ?1")?
                .exists([key.text()])?;
            Ok(if known {
                Vec::new()
            } else {
                raise(tx, pen, &key, &subject)?.into_iter().collect()
            })
        })
    }

    /// The order failed, with a code of the window's contract. Does not contradict a call that is on its way after all.
    pub fn progress_failed(&self, request: &str, number: &Number, code: &str) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        let key = ToastKey::Request(request.to_owned());
        let subject = Subject::Failed {
            number: who::key_of_number(number).unwrap_or_default(),
            code: code.to_owned(),
        };
        self.db.write(Durability::Rebuildable, |tx| {
            let under_way = open_rows(tx)?
                .iter()
                .any(|row| row.key == key && matches!(row.subject, Subject::Progress { call: Some(_), .. }));
            Ok(if under_way {
                Vec::new()
            } else {
                raise(tx, pen, &key, &subject)?.into_iter().collect()
            })
        })
    }

    /// The relay has been out of reach too long to know whether the phone still rings: takes rings and
    /// unfinished progress off the screen.
    pub fn lost_touch(&self) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            let mut ops = Ops::default();
            for row in open_rows(tx)? {
                let passing = match row.subject {
                    Subject::Incoming { .. } => true,
                    Subject::Progress { step, .. } => !matches!(step, Step::Over { .. }),
                    _ => false,
                };
                if passing {
                    ops.push(close(tx, pen, &row.key)?);
                }
            }
            Ok(ops.into_vec())
        })
    }
}

/// At the start of the program: forgets the trouble of the last run. Where it lasts, it is found and shown again.
pub(crate) fn forget_trouble(tx: &Transaction<'_>, pen: Pen) -> Result<(), DeskError> {
    tx.execute("DELETE FROM setting WHERE key = ?1", [HIDDEN_TROUBLE])?;
    close(tx, pen, &ToastKey::Trouble).map(drop)
}

/// Shows the subject under the key, or rewrites what is there. Nothing where it would show the same again, or where
/// the user has closed the toast of this very call or request.
pub(crate) fn raise(
    tx: &Transaction<'_>,
    pen: Pen,
    key: &ToastKey,
    subject: &Subject,
) -> Result<Option<ToastOp>, DeskError> {
    let Some(drawn) = render::render(tx, pen.words, pen.now, key, subject)? else {
        return Ok(None);
    };
    let one_of_a_kind = matches!(key, ToastKey::Call(_) | ToastKey::Request(_) | ToastKey::Document(_));
    let row: Option<(i64, bool, String, String)> = tx
        .prepare_cached(
            "SELECT id, open, state, toast FROM notification WHERE toast_key = ?1 ORDER BY open DESC, id DESC LIMIT 1",
        )?
        .query_row([key.text()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let row = row.filter(|(_, open, _, _)| *open || one_of_a_kind);
    let (kind, seen) = (subject.kind().as_str(), !subject.kind().wants_a_look());
    let subject = serde_json::to_string(subject)?;
    let mut toast = drawn.toast;
    let id = match row {
        Some((_, false, state, _)) if state == "clicked" || state == "dismissed" => return Ok(None),
        Some((id, open, _, before)) => {
            toast.notification_id = id;
            let after = serde_json::to_string(&toast)?;
            if open && before == after {
                // It looks the same; what it is about may still be known better.
                tx.prepare_cached("UPDATE notification SET subject = ?2 WHERE id = ?1")?
                    .execute(params![id, subject])?;
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
    toast.notification_id = id;
    Ok(Some(ToastOp::Show(toast)))
}

/// Takes the toast off the screen, if one may be there: what it told no longer applies, and its row counts as seen.
pub(crate) fn close(tx: &Transaction<'_>, pen: Pen, key: &ToastKey) -> Result<Option<ToastOp>, DeskError> {
    let closed = tx
        .prepare_cached(
            "UPDATE notification SET open = 0, seen = 1, state = 'expired', changed_ms = ?2
             WHERE toast_key = ?1 AND open = 1",
        )?
        .execute(params![key.text(), pen.now.ms()])?;
    Ok((closed > 0).then(|| ToastOp::Close(key.clone())))
}

/// A toast with this key may be on the screen.
pub(crate) fn is_open(connection: &Connection, key: &ToastKey) -> Result<bool, DeskError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM notification WHERE toast_key = ?1 AND open = 1")?
        .exists([key.text()])?)
}

/// See [`Desk::reidentify`].
pub(crate) fn rewrite(tx: &Transaction<'_>, pen: Pen, keys: &[String]) -> Result<Vec<ToastOp>, DeskError> {
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
            if row.open && !gone {
                ops.push(Some(ToastOp::Show(toast)));
            }
        }
    }
    Ok(ops.into_vec())
}

struct Row {
    id: i64,
    key: ToastKey,
    state: String,
    open: bool,
    subject: Subject,
    toast: Toast,
    changed: Time,
}

const ROW: &str = "SELECT id, toast_key, state, open, subject, toast, changed_ms FROM notification";

fn open_rows(connection: &Connection) -> Result<Vec<Row>, DeskError> {
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
