//! The list «Уведомления», and the figures of tray and window.

use crate::db::Durability;
use crate::desk::Desk;
use crate::digest;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::toast::{Action, ButtonKey, Toast, ToastKey};
use crate::view::NotificationRow;
use perezvon_core::Time;
use rusqlite::params;

/// Figures for the tray and the window's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Missed callers with whom nobody has talked since.
    pub to_call_back: u32,
    /// Notifications not yet looked at.
    pub unseen: u32,
}

impl Desk {
    /// The list «Уведомления», newest first; `before` is the last row's id for the next page.
    pub fn notifications(&self, before: Option<i64>, limit: u32) -> Result<Vec<NotificationRow>, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, kind, state, toast, changed_ms, seen FROM notification
                 WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![before.unwrap_or(i64::MAX), limit.clamp(1, MAX_PAGE_ROWS)])?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                let toast: Toast = serde_json::from_str(&row.get::<_, String>(3)?)?;
                out.push(NotificationRow {
                    id: row.get(0)?,
                    kind: row.get(1)?,
                    state: row.get(2)?,
                    seen: row.get(5)?,
                    route: route(&toast),
                    call_back: call_back(&toast),
                    title: toast.title,
                    body: toast.lines.join("\n"),
                    at: Time::from_ms(row.get(4)?).to_string(),
                });
            }
            Ok(out)
        })
    }

    /// The user has looked at the notification, or at all of them.
    pub fn notification_seen(&self, id: Option<i64>) -> Result<(), DeskError> {
        self.db.write(Durability::Rebuildable, |tx| {
            tx.execute(
                "UPDATE notification SET seen = 1 WHERE seen = 0 AND (?1 IS NULL OR id = ?1)",
                [id],
            )?;
            Ok(())
        })
    }

    /// Figures for the tray and the window's frame.
    pub fn counts(&self) -> Result<Counts, DeskError> {
        self.db.read(|c| {
            let to_call_back = c
                .prepare_cached(&digest::callers("c.waiting = 1"))?
                .query_row([], |row| row.get(0))?;
            let unseen = c
                .prepare_cached("SELECT count(*) FROM notification WHERE seen = 0")?
                .query_row([], |row| row.get(0))?;
            Ok(Counts { to_call_back, unseen })
        })
    }
}

/// Where a click leads in the window. An empty card is no place to come back to: there the call is shown.
fn route(toast: &Toast) -> Option<String> {
    match (&toast.body_action, &toast.key) {
        (Some(Action::NewContact { .. }), ToastKey::Call(id)) => Some(format!("call/{id}")),
        (Some(action), _) => action.route(),
        (None, _) => None,
    }
}

fn call_back(toast: &Toast) -> Option<String> {
    toast.buttons.iter().find_map(|button| match &button.action {
        Action::CallBack { number } if button.key == ButtonKey::CallBack => Some(number.clone()),
        _ => None,
    })
}
