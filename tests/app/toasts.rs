//! Toasts on Linux, against a real session bus and a notification service of the test.

mod clicks;
mod looks;
mod notes;
mod own;
mod quiet;
mod service;
mod shared;

use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, FULL, Notifications};
use perezvon_app::toast::{Ability, Options, OwnWindow, ToastEvent, Toasts};
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastKey, ToastKind, ToastOp, Urgency};
use std::time::Duration;
use tokio::sync::mpsc;

struct Desk {
    toasts: Toasts,
    events: mpsc::Receiver<ToastEvent>,
    _icons: tempfile::TempDir,
}

impl Desk {
    fn start(address: &str) -> Self {
        let icons = tempfile::tempdir().unwrap();
        let options = Options {
            app_name: "Перезвон".to_owned(),
            desktop_entry: "perezvon".to_owned(),
            app_id: "ru.perezvon.desk".to_owned(),
            icon_dir: icons.path().to_owned(),
            icons: &[("perezvon", include_bytes!("../../icons/icon.png"))],
            bus: Some(address.to_owned()),
        };
        let (sender, events) = mpsc::channel(64);
        let toasts = Toasts::start(options, None, sender);
        // The service is what is tested; `own.rs` has the other window.
        toasts.set_own(OwnWindow::Never);
        Self {
            toasts,
            events,
            _icons: icons,
        }
    }

    async fn ability(&self, wanted: Ability) {
        let mut now = self.toasts.ability();
        let wait = async {
            while now != wanted {
                now = self.toasts.ability_after(&now).await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .unwrap_or_else(|_| panic!("{wanted:?} expected, is {:?}", self.toasts.ability()));
    }

    async fn show(&self, toast: Toast) {
        self.toasts.run(vec![ToastOp::Show(toast)]).await;
    }

    /// The next event that is none of `Shown` and `AbilityChanged`.
    async fn next(&mut self) -> ToastEvent {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(10), self.events.recv()).await;
            match event.expect("an event is expected").unwrap() {
                ToastEvent::Shown { .. } | ToastEvent::AbilityChanged => {}
                event => return event,
            }
        }
    }

    async fn shown(&mut self, id: i64) {
        loop {
            let event = tokio::time::timeout(Duration::from_secs(10), self.events.recv()).await;
            if event.expect("the toast is to be shown").unwrap() == (ToastEvent::Shown { notification_id: id }) {
                return;
            }
        }
    }
}

/// A desk on a bus of its own, beside a service that can do everything.
async fn opened(clicks: Clicks) -> (Bus, Notifications, Desk) {
    let bus = Bus::start();
    let server = Notifications::with(&bus.address, FULL, clicks).await;
    let desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    (bus, server, desk)
}

fn call_back() -> Action {
    Action::CallBack {
        number: "+79000000099".to_owned(),
    }
}

fn card() -> Action {
    Action::OpenContact { id: 7 }
}

fn toast(n: i64, urgency: Urgency) -> Toast {
    Toast {
        key: ToastKey::Missed(format!("+7900000{n:04}")),
        kind: ToastKind::Missed,
        title: "Пропущенный: Иванов Пётр".to_owned(),
        lines: vec![
            "+7 900 000-00-99 · 14:32".to_owned(),
            "на линию Отдел продаж".to_owned(),
        ],
        buttons: vec![
            Button {
                key: ButtonKey::CallBack,
                label: "Перезвонить".to_owned(),
                action: call_back(),
            },
            Button {
                key: ButtonKey::Card,
                label: "Карточка".to_owned(),
                action: card(),
            },
        ],
        body_action: Some(card()),
        stay: Stay::UntilClosed,
        urgency,
        category: "call.unanswered".to_owned(),
        icon: "call-missed".to_owned(),
        note: None,
        notification_id: n,
    }
}
