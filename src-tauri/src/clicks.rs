//! Toast → action: what becomes of toasts is noted, and a click is carried out.

use crate::action;
use crate::core::Core;
use crate::toast::{CloseReason, ToastEvent};
use perezvon_desk::Desk;
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::ToastOp;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Notes that wait for a slow disk; more toasts than a busy hour has.
const MAX_NOTES: usize = 1024;

/// Hears until the toasts' worker ends. A note that waits for the disk does not keep the next click waiting.
pub(crate) async fn hear(core: Arc<Core>, mut events: mpsc::Receiver<ToastEvent>) {
    let (notes, waiting) = mpsc::channel(MAX_NOTES);
    core.runtime.spawn(note(Arc::clone(&core), waiting));
    while let Some(event) = events.recv().await {
        let noted = match event {
            ToastEvent::Shown { notification_id } => (notification_id, ToastState::Shown),
            ToastEvent::Clicked {
                key,
                notification_id,
                action,
                activation_token,
            } => {
                action::carry_out(&core, action, activation_token);
                // Most services take a clicked toast away themselves, some leave it.
                core.show(vec![ToastOp::Close(key)]).await;
                (notification_id, ToastState::Clicked)
            }
            ToastEvent::Closed {
                notification_id,
                reason: CloseReason::Dismissed,
                ..
            } => (notification_id, ToastState::Dismissed),
            ToastEvent::Closed { notification_id, .. } => (notification_id, ToastState::Expired),
            // It is in the list «Уведомления», and shown once the service is there.
            ToastEvent::Failed { reason, .. } => {
                tracing::warn!(reason, "A toast could not be shown");
                continue;
            }
            ToastEvent::AbilityChanged => {
                core.runtime.spawn(show_pending(Arc::clone(&core)));
                continue;
            }
        };
        // The app may be ending.
        let _ = notes.send(noted).await;
    }
}

/// Stores what became of the toasts, in order.
async fn note(core: Arc<Core>, mut notes: mpsc::Receiver<(i64, ToastState)>) {
    while let Some((notification, state)) = notes.recv().await {
        // What could not be stored is told in the log.
        let _ = core.with_desk(move |desk| desk.note_toast(notification, state)).await;
    }
}

/// A notification server came (back): what it has not shown and still applies is raised again.
async fn show_pending(core: Arc<Core>) {
    if let Ok(ops) = core.with_desk(Desk::pending_toasts).await {
        core.show(ops).await;
    }
}
