//! What waits for a notification service that hangs. Calls must go on arriving meanwhile: the feed does not wait for toasts.

use perezvon_desk::toast::{ToastKey, ToastOp};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Toasts that wait; of more the oldest are left out. They stay in the list «Уведомления».
const MAX_WAITING: usize = 256;

/// Of each toast the last operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Late(Arc<Mutex<Vec<ToastOp>>>);

impl Late {
    /// Hands the operations over, at once or, without waiting, when there is room again.
    pub(super) fn offer(&self, queue: &mpsc::Sender<Vec<ToastOp>>, ops: Vec<ToastOp>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_empty() {
            return add(&mut waiting, ops);
        }
        match queue.try_send(ops) {
            Ok(()) => {}
            Err(TrySendError::Closed(_)) => tracing::error!("the toasts' worker has ended"),
            Err(TrySendError::Full(ops)) => {
                tracing::warn!("the notification service hangs");
                add(&mut waiting, ops);
                let (late, queue) = (self.clone(), queue.clone());
                tokio::spawn(async move {
                    if let Ok(room) = queue.reserve().await {
                        let mut waiting = late.0.lock().unwrap_or_else(PoisonError::into_inner);
                        room.send(std::mem::take(&mut *waiting));
                    }
                });
            }
        }
    }
}

fn add(waiting: &mut Vec<ToastOp>, ops: Vec<ToastOp>) {
    for op in ops {
        waiting.retain(|older| key_of(older) != key_of(&op));
        if waiting.len() == MAX_WAITING {
            waiting.remove(0);
        }
        waiting.push(op);
    }
}

fn key_of(op: &ToastOp) -> &ToastKey {
    match op {
        ToastOp::Show(toast) => &toast.key,
        ToastOp::Close(key) => key,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_a_queue_that_is_full_and_of_each_toast_the_last_word_comes() {
        let (queue, mut taken) = mpsc::channel(1);
        let late = Late::default();
        let close = |id: &str| ToastOp::Close(ToastKey::Call(id.to_owned()));
        late.offer(&queue, vec![close("a")]);
        for n in 0..1_000 {
            late.offer(&queue, vec![close("b"), close(&format!("c{n}"))]);
        }
        assert_eq!(taken.recv().await.unwrap(), [close("a")]);
        let waited = taken.recv().await.unwrap();
        assert_eq!(waited.len(), MAX_WAITING);
        assert_eq!(waited.iter().filter(|op| **op == close("b")).count(), 1);
        assert_eq!(waited.last(), Some(&close("c999")));
        late.offer(&queue, vec![close("d")]);
        assert_eq!(taken.recv().await.unwrap(), [close("d")], "at once again");
    }
}
