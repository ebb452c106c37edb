//! The list «Уведомления».

use crate::db::Durability;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::room::MAX_PAGE_ROWS;
use crate::toast::{Action, ButtonKey, Toast, ToastKey, ToastKind};
use perezvon_core::Time;
use rusqlite::{Row, params};
use serde::Serialize;
use ts_rs::TS;

/// What became of the toast of a line (manual D6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NoticeState {
    /// It is to be shown.
    Prepared,
    /// It is on the screen.
    Shown,
    /// The user clicked it.
    Clicked,
    /// The user closed it.
    Dismissed,
    /// It went away by itself.
    Expired,
}

impl NoticeState {
    fn of(word: &str) -> Self {
        match word {
            "prepared" => Self::Prepared,
            "shown" => Self::Shown,
            "clicked" => Self::Clicked,
            "dismissed" => Self::Dismissed,
            _ => Self::Expired,
        }
    }
}

/// One line of the list «Уведомления».
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct NotificationRow {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// What it tells.
    pub kind: ToastKind,
    /// What became of its toast.
    pub state: NoticeState,
    /// The user has looked at it.
    pub seen: bool,
    /// First line.
    pub title: String,
    /// Further lines.
    pub body: String,
    /// RFC 3339 UTC of the last change.
    pub at: String,
    /// Where a click leads in the window: a route such as `contact/12`, `document/3`, `call/01J…`, `settings`.
    pub route: Option<String>,
    /// Number that «Перезвонить» calls.
    pub call_back: Option<String>,
}

impl Desk {
    /// The list «Уведомления», newest first; `before` is the last row's id for the next page.
    pub fn notifications(&self, before: Option<i64>, limit: u32) -> Result<Vec<NotificationRow>, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(&format!("{ROW} WHERE id < ?1 ORDER BY id DESC LIMIT ?2"))?;
            let mut rows = statement.query(params![before.unwrap_or(i64::MAX), limit.clamp(1, MAX_PAGE_ROWS)])?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                out.push(read(row)?);
            }
            Ok(out)
        })
    }

    /// These lines, to take the place of those that are shown; those that are gone are left out, and at most 500 are
    /// looked at.
    pub fn notification_rows(&self, ids: &[i64]) -> Result<Vec<NotificationRow>, DeskError> {
        self.db.read(|c| {
            let mut statement = c.prepare_cached(&format!("{ROW} WHERE id = ?1"))?;
            let mut out = Vec::new();
            for id in ids.iter().take(MAX_PAGE_ROWS as usize) {
                if let Some(row) = statement.query([id])?.next()? {
                    out.push(read(row)?);
                }
            }
            Ok(out)
        })
    }

    /// The user has looked at the notification, or at all of them.
    pub fn notification_seen(&self, id: Option<i64>) -> Result<(), DeskError> {
        self.db.write(Durability::Rebuildable, |tx| {
            let mut statement = tx.prepare_cached(
                "UPDATE notification SET seen = 1 WHERE seen = 0 AND (?1 IS NULL OR id = ?1) RETURNING id",
            )?;
            for seen in statement.query_map([id], |row| row.get(0))? {
                tx.touched().notices.add(seen?);
            }
            Ok(())
        })
    }
}

const ROW: &str = "SELECT id, state, toast, changed_ms, seen FROM notification";

fn read(row: &Row<'_>) -> Result<NotificationRow, DeskError> {
    let toast: Toast = serde_json::from_str(&row.get::<_, String>(2)?)?;
    Ok(NotificationRow {
        id: row.get(0)?,
        kind: toast.kind,
        state: NoticeState::of(&row.get::<_, String>(1)?),
        seen: row.get(4)?,
        route: route(&toast),
        call_back: call_back(&toast),
        title: toast.title,
        body: toast.lines.join("\n"),
        at: Time::from_ms(row.get(3)?).to_string(),
    })
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
