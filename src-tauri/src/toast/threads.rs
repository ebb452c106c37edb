//! Toasts on macOS, and on Windows where its own way is refused, through notify-rust: one thread per toast waits for its
//! answer. `system` is the part that differs. Neither system tells of a restart of its service; and on Windows notify-rust
//! cannot replace or withdraw a toast that is shown, so the answers of an older one still count as clicks, but not as the
//! end of the newer.
//!
//! Type-checked for both systems, not run on them (ARCHITECTURE).

use super::{Ability, CloseReason, Options, Reporter, ToastEvent, action_of, asking, gives_way, system};
use notify_rust::NotificationResponse;
use perezvon_desk::toast::{Toast, ToastKey, ToastOp};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Threads that wait. A toast above that number is refused: the system has left so many unanswered that something is
/// wrong, and each costs a stack.
const THREADS_MAX: usize = 64;

/// Runs until the operations end.
pub(super) async fn run(options: Options, mut ops: mpsc::Receiver<Vec<ToastOp>>, report: Reporter) {
    let options = Arc::new(options);
    let preparing = {
        let options = Arc::clone(&options);
        // macOS asks the user for the permission here, and waits.
        tokio::task::spawn_blocking(move || system::prepare(&options))
    };
    let Some(prepared) = asking::answered(preparing, &mut ops, &report).await else {
        return;
    };
    report
        .ability(match prepared {
            Ok(Ok(())) => Ability::Actions,
            Ok(Err(unable)) => unable,
            Err(error) => Ability::None(error.to_string()),
        })
        .await;
    let (answers_in, mut answers) = mpsc::channel(THREADS_MAX);
    let waiting = Arc::new(Semaphore::new(THREADS_MAX));
    let mut screen = Screen {
        options,
        report,
        entries: Vec::new(),
        generation: 0,
        answers: answers_in,
        waiting,
    };
    loop {
        tokio::select! {
            biased;
            answer = answers.recv() => if let Some(answer) = answer { screen.heard(answer).await },
            batch = ops.recv() => match batch {
                None => return,
                Some(batch) => for op in batch {
                    match op {
                        ToastOp::Show(toast) => screen.show(toast).await,
                        ToastOp::Close(key) => screen.close(&key).await,
                    }
                },
            },
        }
    }
}

/// What a thread has to say.
struct Answer {
    toast: Toast,
    /// Which showing of the toast.
    generation: u64,
    what: What,
}

enum What {
    Shown,
    Failed(String),
    Response(NotificationResponse),
    /// The wait ended without an answer: another took the toast's place.
    Lost,
}

struct Entry {
    toast: Toast,
    generation: u64,
}

struct Screen {
    options: Arc<Options>,
    report: Reporter,
    /// Oldest first, at most [`super::VISIBLE_MAX`].
    entries: Vec<Entry>,
    generation: u64,
    answers: mpsc::Sender<Answer>,
    waiting: Arc<Semaphore>,
}

impl Screen {
    async fn show(&mut self, toast: Toast) {
        self.generation += 1;
        let generation = self.generation;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.toast.key == toast.key) {
            *entry = Entry {
                toast: toast.clone(),
                generation,
            };
        } else {
            match gives_way(self.entries.iter().map(|entry| entry.toast.urgency), toast.urgency) {
                Ok(None) => {}
                Ok(Some(index)) => {
                    let entry = self.entries.remove(index);
                    self.withdraw(&entry.toast, CloseReason::GaveWay).await;
                }
                Err(()) => return self.report.closed(&toast, CloseReason::GaveWay).await,
            }
            self.entries.push(Entry {
                toast: toast.clone(),
                generation,
            });
        }
        if let Err(reason) = self.start_thread(toast.clone(), generation) {
            self.entries.retain(|entry| entry.generation != generation);
            self.report.failed(&toast, reason).await;
        }
    }

    fn start_thread(&self, toast: Toast, generation: u64) -> Result<(), String> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned();
        let permit = permit.map_err(|_| format!("{THREADS_MAX} toasts are without an answer"))?;
        let (options, answers) = (Arc::clone(&self.options), self.answers.clone());
        let thread = std::thread::Builder::new()
            .name("toast".to_owned())
            .stack_size(256 * 1024);
        let started = thread.spawn(move || wait(&options, &toast, generation, &answers, permit));
        started.map(drop).map_err(|error| error.to_string())
    }

    async fn close(&mut self, key: &ToastKey) {
        if let Some(index) = self.entries.iter().position(|entry| entry.toast.key == *key) {
            let entry = self.entries.remove(index);
            self.withdraw(&entry.toast, CloseReason::Withdrawn).await;
        }
    }

    async fn withdraw(&self, toast: &Toast, reason: CloseReason) {
        system::withdraw(toast).await;
        self.report.closed(toast, reason).await;
    }

    async fn heard(&mut self, answer: Answer) {
        let Answer {
            toast,
            generation,
            what,
        } = answer;
        match what {
            What::Shown => self.report.shown(&toast).await,
            What::Failed(reason) => {
                self.forget(generation);
                self.report.failed(&toast, reason).await;
            }
            What::Lost => {
                if self.forget(generation) {
                    self.report.closed(&toast, CloseReason::Other).await;
                }
            }
            What::Response(NotificationResponse::Closed(reason)) => {
                if self.forget(generation) {
                    self.report.closed(&toast, close_reason(reason)).await;
                }
            }
            What::Response(NotificationResponse::Default) => self.clicked(&toast, generation, "default").await,
            What::Response(NotificationResponse::Action(key)) => self.clicked(&toast, generation, &key).await,
            // notify-rust makes no field to write in.
            What::Response(NotificationResponse::Reply(_)) => {}
        }
    }

    /// Both systems take a toast off the screen when it is clicked.
    async fn clicked(&mut self, toast: &Toast, generation: u64, button: &str) {
        let (key, notification_id) = (toast.key.clone(), toast.notification_id);
        if let Some(action) = action_of(toast, button) {
            let event = ToastEvent::Clicked {
                key,
                action,
                notification_id,
                activation_token: None,
            };
            self.report.event(event).await;
        }
        if self.forget(generation) {
            self.report.closed(toast, CloseReason::Dismissed).await;
        }
    }

    /// Whether that showing was the current one of its key.
    fn forget(&mut self, generation: u64) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.generation != generation);
        self.entries.len() < before
    }
}

/// The body of a toast's thread.
fn wait(
    options: &Options,
    toast: &Toast,
    generation: u64,
    answers: &mpsc::Sender<Answer>,
    permit: OwnedSemaphorePermit,
) {
    // The worker may have ended.
    let send = |what| {
        drop(answers.blocking_send(Answer {
            toast: toast.clone(),
            generation,
            what,
        }));
    };
    match system::notification(options, toast).show() {
        Ok(handle) => {
            send(What::Shown);
            let waited = handle.wait_for_response(|response: &NotificationResponse| {
                send(What::Response(response.clone()));
            });
            if waited.is_err() {
                send(What::Lost);
            }
        }
        Err(error) => send(What::Failed(error.to_string())),
    }
    drop(permit);
}

fn close_reason(reason: notify_rust::CloseReason) -> CloseReason {
    match reason {
        notify_rust::CloseReason::Expired => CloseReason::Expired,
        notify_rust::CloseReason::Dismissed => CloseReason::Dismissed,
        notify_rust::CloseReason::CloseAction | notify_rust::CloseReason::Other(_) => CloseReason::Other,
    }
}
