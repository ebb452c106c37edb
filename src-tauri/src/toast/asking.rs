//! While the system asks the user whether the app may show toasts, which may last for days.

use super::Reporter;
use perezvon_desk::toast::ToastOp;
use std::pin::pin;
use tokio::sync::mpsc;

/// Waits for the answer, and serves the operations meanwhile as where no toast can be shown: nobody must wait with it.
/// None once the operations have ended.
pub(super) async fn answered<T>(
    question: impl Future<Output = T>,
    ops: &mut mpsc::Receiver<Vec<ToastOp>>,
    report: &Reporter,
) -> Option<T> {
    let mut question = pin!(question);
    loop {
        tokio::select! {
            answer = &mut question => return Some(answer),
            batch = ops.recv() => for op in batch? {
                if let ToastOp::Show(toast) = op {
                    // It stays prepared, and is raised once the answer is there.
                    report.failed(&toast, "the system asks for the permission".to_owned()).await;
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::toast::{Ability, ToastEvent};
    use perezvon_desk::Words;
    use perezvon_desk::toast::{Toast, ToastKey};
    use tokio::sync::{oneshot, watch};

    #[tokio::test]
    async fn an_unanswered_question_holds_nobody() {
        let (ops, mut ops_in) = mpsc::channel(1);
        let (events, mut told) = mpsc::channel(1);
        let report = Reporter {
            ability: watch::channel(Ability::None(String::new())).0,
            events,
        };
        let (answer, question) = oneshot::channel::<bool>();
        let serving = tokio::spawn(async move { answered(question, &mut ops_in, &report).await });
        for _ in 0..200 {
            let toast = Toast::trouble(Words::default(), "no_token");
            let batch = vec![ToastOp::Show(toast), ToastOp::Close(ToastKey::Trouble)];
            ops.send(batch).await.unwrap();
            assert!(matches!(told.recv().await.unwrap(), ToastEvent::Failed { .. }));
        }
        answer.send(true).unwrap();
        assert_eq!(serving.await.unwrap().unwrap(), Ok(true));
    }
}
