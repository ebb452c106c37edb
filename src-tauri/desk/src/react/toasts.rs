//! What became of a toast, and toasts that no snapshot causes: orders, troubles, lost touch.

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::key::key_of_number;
use crate::notifications::{Ops, Pen, Row, ToastState, close, open_rows, raise, rewrite};
use crate::queue;
use crate::render;
use crate::subject::{Step, Subject};
use crate::table::setting;
use crate::toast::{Toast, ToastKey, ToastKind, ToastOp};
use perezvon_core::Number;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::PoisonError;

/// A ring, a result or another passing thing older than this is not shown after a restart.
const PASSING_MS: i64 = 60_000;

impl Desk {
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
                let changed = tx.execute(
                    "UPDATE notification SET state = 'shown' WHERE id = ?1 AND state = 'prepared'",
                    [notification_id],
                )?;
                if changed > 0 {
                    tx.touched().notices.add(notification_id);
                }
                return Ok(());
            }
            let by_user = state != ToastState::Expired;
            let changed = tx.execute(
                "UPDATE notification SET state = ?2, open = 0, seen = max(seen, ?3), changed_ms = ?4
                 WHERE id = ?1 AND state IN ('prepared', 'shown')",
                params![notification_id, state.as_str(), by_user, now.ms()],
            )?;
            if changed > 0 {
                tx.touched().notices.add(notification_id);
            }
            if by_user && changed > 0 {
                match (ToastKey::from_text(&key), serde_json::from_str(&subject)) {
                    (Some(ToastKey::Missed(caller)), _) => queue::forget_counted(tx, &caller)?,
                    (Some(ToastKey::Trouble), Ok(Subject::Trouble { code })) => {
                        setting::put(tx, setting::HIDDEN_TROUBLE, &code)?;
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
                let waits = matches!(
                    kind,
                    ToastKind::Missed | ToastKind::Reminder | ToastKind::Digest | ToastKind::Trouble
                );
                if !waits && pen.now.since(row.changed) > PASSING_MS {
                    ops.push(close(tx, pen, &row.key)?);
                } else if row.state == "prepared" {
                    ops.push(Some(ToastOp::Show(drawn_anew(tx, pen, row)?)));
                }
            }
            Ok(ops.into_vec())
        })
    }

    /// Those of these toasts that are still on the screen, to be shown at another place.
    pub fn toasts_again(&self, notification_ids: &[i64]) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.read(|c| {
            let mut ops = Ops::default();
            for row in open_rows(c)?
                .into_iter()
                .filter(|row| notification_ids.contains(&row.id))
            {
                ops.push(Some(ToastOp::Show(drawn_anew(c, pen, row)?)));
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
        let told = Some((code.map(str::to_owned), pen.words));
        let mut last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == told {
            return Ok(Vec::new());
        }
        let ops = self.db.write(Durability::Rebuildable, |tx| {
            let mut ops = Ops::default();
            let hidden: Option<String> = setting::get(tx, setting::HIDDEN_TROUBLE)?;
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
                    setting::remove(tx, setting::HIDDEN_TROUBLE)?;
                    ops.push(close(tx, pen, &ToastKey::Trouble)?);
                }
            }
            Ok(ops.into_vec())
        })?;
        *last = told;
        Ok(ops)
    }

    /// A call was ordered: «Снимите трубку», unless its first snapshot was quicker.
    pub fn progress_started(&self, request: &str, number: &Number) -> Result<Vec<ToastOp>, DeskError> {
        let pen = self.pen();
        let key = ToastKey::Request(request.to_owned());
        let subject = Subject::Progress {
            call: None,
            number: key_of_number(number).unwrap_or_default(),
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
            number: key_of_number(number).unwrap_or_default(),
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

/// The words may have changed since; where the call is gone the stored text is all there is.
fn drawn_anew(connection: &Connection, pen: Pen, row: Row) -> Result<Toast, DeskError> {
    Ok(
        match render::render(connection, pen.words, pen.now, &row.key, &row.subject)? {
            Some(drawn) => Toast {
                notification_id: row.id,
                ..drawn.toast
            },
            None => row.toast,
        },
    )
}
