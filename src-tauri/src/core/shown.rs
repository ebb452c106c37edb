//! What comes up on the screen: not in quiet hours, and in the window that the user prefers.

use super::Core;
use crate::ipc::{PopupWhen, Settings};
use crate::settings;
use crate::toast::OwnWindow;
use perezvon_desk::toast::{ToastKey, ToastKind, ToastOp, ToastView};
use std::sync::atomic::Ordering;
use tokio::sync::watch;

impl Core {
    /// Raises, rewrites or closes toasts.
    pub(crate) async fn show(&self, ops: Vec<ToastOp>) {
        let ops = self.not_held_back(ops);
        if !ops.is_empty() {
            self.toasts.run(ops).await;
        }
    }

    /// The same for what must not wait.
    pub(crate) fn offer(&self, ops: Vec<ToastOp>) {
        self.toasts.offer(self.not_held_back(ops));
    }

    /// Without what quiet hours keep from the screen. How the user's own call goes is the answer to a click.
    fn not_held_back(&self, mut ops: Vec<ToastOp>) -> Vec<ToastOp> {
        if self.is_quiet() {
            ops.retain_mut(|op| match op {
                ToastOp::Show(toast) if toast.kind != ToastKind::Progress => {
                    self.held_back.store(true, Ordering::SeqCst);
                    // A ring from before the quiet hours rings no longer: what it has become is held back.
                    let rang = matches!(toast.key, ToastKey::Call(_)).then(|| toast.key.clone());
                    rang.map(|key| *op = ToastOp::Close(key)).is_some()
                }
                _ => true,
            });
        }
        ops
    }

    /// The user does not want to be disturbed now.
    pub(crate) fn is_quiet(&self) -> bool {
        let settings = self.settings();
        let Ok(desk) = self.desk() else { return false };
        settings.quiet && settings::is_quiet_at(&settings, desk.words().minute_of_day(desk.now()))
    }

    /// Quiet hours are over, and something was held back in them; told once.
    pub(crate) fn quiet_is_over(&self) -> bool {
        !self.is_quiet() && self.held_back.swap(false, Ordering::SeqCst)
    }

    /// The toasts that the app draws itself, as they change.
    pub fn own_toasts(&self) -> watch::Receiver<Vec<ToastView>> {
        self.toasts.own()
    }
}

/// When the app's own window shows toasts.
pub(super) fn own_window(settings: &Settings) -> OwnWindow {
    match settings.popup {
        PopupWhen::Needed => OwnWindow::Needed,
        PopupWhen::Always => OwnWindow::Always,
        PopupWhen::Never => OwnWindow::Never,
    }
}
