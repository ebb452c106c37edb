//! Toasts in a window of the app's own, where the user prefers that, the system's toasts have no buttons, or it has no
//! service that shows any. Never both: what is shown here is taken from the system, and the other way round (`toast.rs`).
//! When the system can do it again, what stays until closed goes back to it. Who draws the window follows the views.

use super::{Ability, CloseReason, Reporter, ToastEvent, Toasts, action_of, clean, gives_way};
use perezvon_desk::toast::{Action, Stay, Toast, ToastKey, ToastKind, ToastOp, ToastView};
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// When the app shows toasts in a window of its own instead of the system's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnWindow {
    /// Where the system's have no buttons, or it shows none.
    #[default]
    Needed,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Toasts {
    /// When the app's own window shows them, from the next one on.
    pub fn set_own(&self, when: OwnWindow) {
        *self.own_when.lock().unwrap_or_else(PoisonError::into_inner) = when;
    }

    /// What the app's own window is to show, oldest first.
    pub fn own(&self) -> watch::Receiver<Vec<ToastView>> {
        self.own_views.clone()
    }

    /// Shows it in the own window, whatever the preference: what must be kept nowhere, or is no call's.
    pub fn show_own(&self, toast: Toast) {
        self.ask_own(vec![Ask::Show(toast)]);
    }

    /// A button of a toast in the own window was pressed, or `default` for its body.
    pub fn press(&self, key: String, button: String) {
        self.ask_own(vec![Ask::Press { key, button }]);
    }

    /// The user puts a toast of the own window out of the way.
    pub fn dismiss(&self, key: String) {
        self.ask_own(vec![Ask::Dismiss { key }]);
    }

    /// Brings rings back that were put out of the way.
    pub fn recall(&self) {
        self.ask_own(vec![Ask::Recall]);
    }

    /// The service can do more or less than before: what the own window shows in its stead goes back to it.
    pub fn give_back(&self) {
        if !self.is_own() {
            self.ask_own(vec![Ask::GiveBack]);
        }
    }

    /// Whether nobody sees a toast, the service being able to do that. Before that is known somebody does.
    pub fn are_unseen(&self, ability: &Ability) -> bool {
        let when = *self.own_when.lock().unwrap_or_else(PoisonError::into_inner);
        match ability {
            Ability::Off(_) => when != OwnWindow::Always,
            Ability::None(_) => when == OwnWindow::Never,
            Ability::Starting | Ability::Actions | Ability::Plain | Ability::Quiet => false,
        }
    }

    /// Whether the next toast is shown in the own window. Where the user wants no toasts of the app in the system, they
    /// do not come by this way either.
    fn is_own(&self) -> bool {
        match *self.own_when.lock().unwrap_or_else(PoisonError::into_inner) {
            OwnWindow::Always => true,
            OwnWindow::Never => false,
            OwnWindow::Needed => matches!(*self.ability.borrow(), Ability::Plain | Ability::None(_)),
        }
    }

    fn ask_own(&self, asks: Vec<Ask>) {
        if !asks.is_empty() && self.own.try_send(asks).is_err() {
            tracing::error!("the toasts of the own window are too busy");
        }
    }

    /// Hands to the own window what is shown there; what remains is the system's. A toast is at one of the two places
    /// only: where it is shown it is taken off at the other.
    pub(super) fn without_own(&self, ops: Vec<ToastOp>) -> Vec<ToastOp> {
        let own = self.is_own();
        let (mut rest, mut asks) = (Vec::with_capacity(ops.len()), Vec::with_capacity(ops.len()));
        for op in ops {
            match op {
                ToastOp::Show(toast) if own => {
                    rest.push(ToastOp::Close(toast.key.clone()));
                    asks.push(Ask::Show(toast));
                }
                ToastOp::Show(toast) => {
                    asks.push(Ask::Close(toast.key.clone()));
                    rest.push(ToastOp::Show(toast));
                }
                ToastOp::Close(key) => {
                    asks.push(Ask::Close(key.clone()));
                    rest.push(ToastOp::Close(key));
                }
            }
        }
        self.ask_own(asks);
        rest
    }
}

/// What the user does with them, and the desk.
#[derive(Debug)]
pub(super) enum Ask {
    Show(Toast),
    Close(ToastKey),
    /// A button by its key, or `default` for the body.
    Press {
        key: String,
        button: String,
    },
    /// Out of the way.
    Dismiss {
        key: String,
    },
    /// Rings that were put out of the way come back.
    Recall,
    /// What stays until closed is the system's again.
    GiveBack,
}

struct Entry {
    toast: Toast,
    /// It goes by itself then.
    until: Option<Instant>,
}

/// The toasts of the window, oldest first.
struct Screen {
    report: Reporter,
    shown: Vec<Entry>,
    /// Rings that the user has put out of the way.
    away: Vec<Entry>,
}

/// Runs until the asks end.
pub(super) async fn run(mut asks: mpsc::Receiver<Vec<Ask>>, views: watch::Sender<Vec<ToastView>>, report: Reporter) {
    let mut screen = Screen {
        report,
        shown: Vec::new(),
        away: Vec::new(),
    };
    loop {
        let next = screen.shown.iter().filter_map(|entry| entry.until).min();
        let over = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ask = asks.recv() => match ask {
                None => return,
                Some(batch) => for ask in batch {
                    screen.carry_out(ask).await;
                },
            },
            () = over => screen.expire().await,
        }
        let now: Vec<_> = screen.shown.iter().map(|entry| view(&entry.toast)).collect();
        views.send_if_modified(|told| {
            let changed = *told != now;
            *told = now;
            changed
        });
    }
}

/// As it is drawn; callers choose their names.
fn view(toast: &Toast) -> ToastView {
    let mut view = toast.view();
    view.title = clean(&view.title);
    for line in &mut view.lines {
        *line = clean(line);
    }
    view
}

impl Screen {
    async fn carry_out(&mut self, ask: Ask) {
        match ask {
            Ask::Show(toast) => self.show(toast).await,
            Ask::Close(key) => {
                self.away.retain(|entry| entry.toast.key != key);
                if let Some(index) = self.shown.iter().position(|entry| entry.toast.key == key) {
                    let entry = self.shown.remove(index);
                    self.report.closed(&entry.toast, CloseReason::Withdrawn).await;
                }
            }
            Ask::Press { key, button } => {
                let Some(entry) = self.shown.iter().find(|entry| entry.toast.key.text() == key) else {
                    return;
                };
                match action_of(&entry.toast, &button) {
                    // Out of the way, not out of the world: a phone may ring on.
                    Some(Action::Hide) => self.dismiss(&key).await,
                    Some(action) => {
                        let event = ToastEvent::Clicked {
                            key: entry.toast.key.clone(),
                            action,
                            notification_id: entry.toast.notification_id,
                            activation_token: None,
                        };
                        self.report.event(event).await;
                    }
                    None => {}
                }
            }
            Ask::Dismiss { key } => self.dismiss(&key).await,
            Ask::GiveBack => self.give_back().await,
            Ask::Recall => {
                let back: Vec<_> = self.away.drain(..).map(|entry| entry.toast).collect();
                for toast in back {
                    self.show(toast).await;
                }
            }
        }
    }

    async fn show(&mut self, toast: Toast) {
        let until = match toast.stay {
            Stay::UntilClosed => None,
            Stay::Seconds(seconds) => Some(Instant::now() + Duration::from_secs(seconds.into())),
        };
        // It tells something new, so it comes back.
        self.away.retain(|entry| entry.toast.key != toast.key);
        self.report.shown(&toast).await;
        if let Some(entry) = self.shown.iter_mut().find(|entry| entry.toast.key == toast.key) {
            *entry = Entry { toast, until };
            return;
        }
        match gives_way(self.shown.iter().map(|entry| entry.toast.urgency), toast.urgency) {
            Ok(None) => {}
            Ok(Some(index)) => {
                let gone = self.shown.remove(index);
                self.report.closed(&gone.toast, CloseReason::GaveWay).await;
            }
            Err(()) => return self.report.closed(&toast, CloseReason::GaveWay).await,
        }
        self.shown.push(Entry { toast, until });
    }

    async fn dismiss(&mut self, key: &str) {
        let Some(index) = self.shown.iter().position(|entry| entry.toast.key.text() == key) else {
            return;
        };
        let entry = self.shown.remove(index);
        // The phone rings on: the desk closes the toast when it ends, and until then it can be brought back.
        if entry.toast.kind == ToastKind::Incoming {
            self.away.push(entry);
            if self.away.len() > super::VISIBLE_MAX {
                self.away.remove(0);
            }
        } else {
            self.report.closed(&entry.toast, CloseReason::Dismissed).await;
        }
    }

    /// What passes by itself, and what the desk has no row of, ends here. The rest stays until the service shows it: then it
    /// is taken off here.
    async fn give_back(&mut self) {
        let goes = |entry: &&Entry| entry.until.is_none() && entry.toast.notification_id != 0;
        let back = self.shown.iter().filter(goes);
        let notification_ids: Vec<_> = back.map(|entry| entry.toast.notification_id).collect();
        if !notification_ids.is_empty() {
            self.report.event(ToastEvent::GivenBack { notification_ids }).await;
        }
    }

    async fn expire(&mut self) {
        let now = Instant::now();
        while let Some(index) = self
            .shown
            .iter()
            .position(|entry| entry.until.is_some_and(|at| at <= now))
        {
            let entry = self.shown.remove(index);
            self.report.closed(&entry.toast, CloseReason::Expired).await;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::toast::Ability;
    use perezvon_desk::toast::{Button, ButtonKey, Urgency};

    struct Bench {
        asks: mpsc::Sender<Vec<Ask>>,
        views: watch::Receiver<Vec<ToastView>>,
        events: mpsc::Receiver<ToastEvent>,
    }

    impl Bench {
        fn start() -> Self {
            let (asks, asked) = mpsc::channel(8);
            let (views_in, views) = watch::channel(Vec::new());
            let (events_in, events) = mpsc::channel(64);
            let report = Reporter {
                ability: watch::channel(Ability::Plain).0,
                events: events_in,
            };
            tokio::spawn(run(asked, views_in, report));
            Self { asks, views, events }
        }

        async fn ask(&self, ask: Ask) {
            self.asks.send(vec![ask]).await.unwrap();
        }

        /// Waits until the window shows these titles.
        async fn shows(&mut self, titles: &[&str]) {
            let wanted =
                |views: &Vec<ToastView>| views.iter().map(|view| view.title.as_str()).eq(titles.iter().copied());
            let wait = tokio::time::timeout(Duration::from_secs(20), self.views.wait_for(wanted));
            assert!(wait.await.is_ok(), "{titles:?}");
        }

        /// The next event that is no `Shown`.
        async fn next(&mut self) -> ToastEvent {
            loop {
                match self.events.recv().await.unwrap() {
                    ToastEvent::Shown { .. } => {}
                    event => return event,
                }
            }
        }
    }

    fn toast(id: i64, kind: ToastKind, stay: Stay) -> Toast {
        let number = "+79000000099".to_owned();
        Toast {
            buttons: vec![Button {
                key: ButtonKey::CallBack,
                label: "Перезвонить".to_owned(),
                action: Action::CallBack { number },
            }],
            body_action: Some(Action::OpenQueue),
            stay,
            urgency: if kind == ToastKind::Incoming {
                Urgency::Critical
            } else {
                Urgency::Normal
            },
            notification_id: id,
            ..Toast::plain(
                ToastKey::Document(id),
                kind,
                format!("t{id}"),
                vec!["+7 (900) 000-00-99".to_owned()],
            )
        }
    }

    #[tokio::test]
    async fn a_ring_that_was_put_away_comes_back_while_it_rings() {
        let mut bench = Bench::start();
        let ring = toast(1, ToastKind::Incoming, Stay::UntilClosed);
        let key = ring.key.clone();
        bench.ask(Ask::Show(ring)).await;
        bench.shows(&["t1"]).await;
        bench.ask(Ask::Dismiss { key: key.text() }).await;
        bench.shows(&[]).await;
        bench.ask(Ask::Recall).await;
        bench.shows(&["t1"]).await;
        bench.ask(Ask::Dismiss { key: key.text() }).await;
        bench.ask(Ask::Close(key)).await;
        bench.ask(Ask::Recall).await;
        // What comes next shows that nothing came back.
        bench
            .ask(Ask::Show(toast(2, ToastKind::Missed, Stay::UntilClosed)))
            .await;
        bench.shows(&["t2"]).await;
        assert_eq!(bench.views.borrow().len(), 1, "it rings no longer");
    }

    #[tokio::test]
    async fn a_press_is_told_with_its_action_and_what_passes_goes_by_itself() {
        let mut bench = Bench::start();
        bench
            .ask(Ask::Show(toast(3, ToastKind::Missed, Stay::UntilClosed)))
            .await;
        bench
            .ask(Ask::Show(toast(4, ToastKind::Document, Stay::Seconds(1))))
            .await;
        let press = |button: &str| Ask::Press {
            key: "document:3".to_owned(),
            button: button.to_owned(),
        };
        for (button, wanted) in [("call-back", "CallBack"), ("default", "OpenQueue")] {
            bench.ask(press(button)).await;
            let ToastEvent::Clicked {
                action,
                notification_id,
                ..
            } = bench.next().await
            else {
                panic!("a click on {button}");
            };
            assert!(format!("{action:?}").starts_with(wanted), "{action:?}");
            assert_eq!(notification_id, 3);
        }
        bench.ask(press("no-such-button")).await;
        bench.shows(&["t3"]).await;
        assert!(matches!(
            bench.next().await,
            ToastEvent::Closed {
                reason: CloseReason::Expired,
                notification_id: 4,
                ..
            }
        ));
        bench
            .ask(Ask::Dismiss {
                key: "document:3".to_owned(),
            })
            .await;
        assert!(matches!(
            bench.next().await,
            ToastEvent::Closed {
                reason: CloseReason::Dismissed,
                notification_id: 3,
                ..
            }
        ));
        bench.shows(&[]).await;
    }
}
