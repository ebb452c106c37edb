//! What becomes of toasts where there is no service, or no bus.

use super::{Entry, Screen};
use crate::toast::{ToastEvent, gives_way};
use perezvon_desk::toast::{Stay, ToastOp};

impl Screen {
    /// No service is there: what stays until it is closed is shown in the own window, unless the user does not want that.
    pub(super) async fn hand_over(&self) {
        let waits = |entry: &&Entry| entry.place.is_none() && entry.toast.notification_id != 0;
        let waiting = self.entries.iter().filter(waits);
        let notification_ids: Vec<_> = waiting.map(|entry| entry.toast.notification_id).collect();
        if !notification_ids.is_empty() {
            self.report.event(ToastEvent::GivenBack { notification_ids }).await;
        }
    }

    /// No bus: what stays until closed waits, the rest has failed.
    pub(super) async fn refuse(&mut self, batch: Vec<ToastOp>) {
        for op in batch {
            match op {
                ToastOp::Close(key) => self.entries.retain(|entry| entry.toast.key != key),
                ToastOp::Show(toast) => {
                    self.report.failed(&toast, "no session bus".to_owned()).await;
                    self.entries.retain(|entry| entry.toast.key != toast.key);
                    if toast.stay == Stay::UntilClosed {
                        if let Ok(Some(index)) = gives_way(self.entries.iter().map(|e| e.toast.urgency), toast.urgency)
                        {
                            self.entries.remove(index);
                        }
                        if self.entries.len() < crate::toast::VISIBLE_MAX {
                            self.entries.push(Entry {
                                toast,
                                earlier: None,
                                place: None,
                                copy: 1,
                            });
                        }
                    }
                }
            }
        }
    }

    pub(super) fn forget_all(&mut self) {
        self.past.clear();
        self.entries.retain(|entry| entry.toast.stay == Stay::UntilClosed);
        for entry in &mut self.entries {
            entry.place = None;
        }
    }
}
