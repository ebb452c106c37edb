//! Toast → action: what becomes of toasts is noted, and a click is carried out.

use crate::action;
use crate::core::Core;
use crate::settings::words;
use crate::toast::{CloseReason, ToastEvent};
use perezvon_desk::Desk;
use perezvon_desk::notifications::ToastState;
use perezvon_desk::toast::{Toast, ToastOp};
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
            ToastEvent::Written {
                key,
                call,
                note,
                notification_id,
            } => {
                core.runtime.spawn(keep_note(Arc::clone(&core), call, note));
                core.show(vec![ToastOp::Close(key)]).await;
                (notification_id, ToastState::Clicked)
            }
            ToastEvent::Closed {
                notification_id,
                reason: CloseReason::Dismissed,
                ..
            } => (notification_id, ToastState::Dismissed),
            // The desk knows what it has closed; and what is shown at the other place has not ended.
            ToastEvent::Closed {
                reason: CloseReason::Withdrawn,
                ..
            } => continue,
            ToastEvent::Closed { notification_id, .. } => (notification_id, ToastState::Expired),
            ToastEvent::GivenBack { notification_ids } => {
                core.runtime.spawn(show_again(Arc::clone(&core), notification_ids));
                continue;
            }
            // It is in the list «Уведомления», and shown once the service is there.
            ToastEvent::Failed { reason, .. } => {
                tracing::warn!(reason, "A toast could not be shown");
                continue;
            }
            ToastEvent::AbilityChanged => {
                core.toasts.give_back();
                core.runtime.spawn(show_pending(Arc::clone(&core)));
                continue;
            }
        };
        // The app may be ending.
        let _ = notes.send(noted).await;
    }
}

/// Stores a note that was written in a toast. Where that fails it is shown again, with the reason: its field is gone.
async fn keep_note(core: Arc<Core>, call: String, note: String) {
    let text = note.clone();
    if let Err(failure) = core.with_desk(move |desk| desk.add_call_note(&call, &text)).await {
        tracing::warn!(code = %failure.code, "A note could not be stored");
        let mut toast = Toast::trouble(words(&core.settings()), failure.code.as_str());
        toast.lines.push(note);
        core.show(vec![ToastOp::Show(toast)]).await;
    }
}

/// Stores what became of the toasts, in order.
async fn note(core: Arc<Core>, mut notes: mpsc::Receiver<(i64, ToastState)>) {
    while let Some((notification, state)) = notes.recv().await {
        // An example, or what could not be stored: it is in no list.
        if notification == 0 {
            continue;
        }
        // What could not be stored is told in the log.
        let _ = core.with_desk(move |desk| desk.note_toast(notification, state)).await;
    }
}

/// The own window has shown these, and the system shows them from now on, if they still apply.
async fn show_again(core: Arc<Core>, notifications: Vec<i64>) {
    if let Ok(ops) = core.with_desk(move |desk| desk.toasts_again(&notifications)).await {
        core.show(ops).await;
    }
}

/// A notification server came (back): what it has not shown and still applies is raised again.
async fn show_pending(core: Arc<Core>) {
    if let Ok(ops) = core.with_desk(Desk::pending_toasts).await {
        core.show(ops).await;
    }
}
