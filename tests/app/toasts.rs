//! Toasts on Linux, against a real session bus and a notification service of the test.

use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, FULL, Notifications, Shown, pretend_click};
use perezvon_app::toast::{Ability, CloseReason, Options, ToastEvent, Toasts};
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastKey, ToastKind, ToastOp, Urgency};
use std::collections::BTreeSet;
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
        Self {
            toasts: Toasts::start(options, None, sender),
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
        notification_id: n,
    }
}

async fn every_click_arrives(clicks: Clicks) {
    let (_bus, _server, mut desk) = opened(clicks).await;
    for n in 1..=50 {
        desk.show(toast(n, Urgency::Normal)).await;
        let clicked = ToastEvent::Clicked {
            key: toast(n, Urgency::Normal).key,
            action: call_back(),
            notification_id: n,
            activation_token: None,
        };
        assert_eq!(desk.next().await, clicked, "click {n} of 50");
        assert!(
            matches!(desk.next().await, ToastEvent::Closed { notification_id, reason: CloseReason::Dismissed, .. } if notification_id == n),
            "the end of toast {n}"
        );
    }
}

#[tokio::test]
async fn every_click_arrives_that_comes_before_the_answer() {
    every_click_arrives(Clicks::BeforeAnswer).await;
}

#[tokio::test]
async fn every_click_arrives_that_comes_right_after_the_answer() {
    every_click_arrives(Clicks::AfterAnswer).await;
}

#[tokio::test]
async fn texts_buttons_and_hints_are_those_of_the_toast() {
    let (_bus, server, desk) = opened(Clicks::Never).await;
    let mut ring = toast(1, Urgency::Critical);
    ring.title = "Рога & <Копыта>".to_owned();
    ring.lines = vec![
        "<b>+7</b> & \u{202e}900\u{0}\n1".to_owned(),
        String::new(),
        "скрытый номер".to_owned(),
    ];
    desk.show(ring).await;
    let quick = Toast {
        stay: Stay::Seconds(4),
        ..toast(2, Urgency::Low)
    };
    desk.show(quick).await;
    server
        .wait("two toasts", |shown, _| {
            let [ring, quick] = shown else { return None };
            assert_eq!((ring.app.as_str(), ring.replaces), ("Перезвон", 0));
            assert_eq!(ring.summary, "Рога & <Копыта>", "the summary has no markup");
            assert_eq!(ring.body, "&lt;b&gt;+7&lt;/b&gt; &amp; 900 1\nскрытый номер");
            assert_eq!(
                ring.actions,
                [
                    ("default", "Карточка"),
                    ("call-back", "Перезвонить"),
                    ("card", "Карточка")
                ]
                .map(|(key, label)| (key.to_owned(), label.to_owned())),
                "the body's click is labelled as the button that does the same"
            );
            assert_eq!((ring.byte("urgency"), quick.byte("urgency")), (Some(2), Some(0)));
            assert_eq!(ring.text("category").as_deref(), Some("call.unanswered"));
            assert_eq!(ring.text("desktop-entry").as_deref(), Some("perezvon"));
            assert_eq!(ring.flag("suppress-sound"), Some(true), "the desk phone rings already");
            assert_eq!(
                (ring.flag("resident"), ring.flag("transient"), ring.timeout),
                (Some(true), None, 0)
            );
            assert_eq!(
                (quick.flag("resident"), quick.flag("transient"), quick.timeout),
                (None, Some(true), 4000)
            );
            let icon = ring.text("image-path").unwrap();
            assert_eq!(icon, ring.icon);
            let icon = std::fs::read(icon.strip_prefix("file://").unwrap()).unwrap();
            assert!(icon.starts_with(b"\x89PNG"), "the icon is written as a file");
            Some(())
        })
        .await;
}

#[expect(clippy::too_many_lines, reason = "one scenario in its order")]
#[tokio::test]
async fn one_toast_per_key_is_replaced_and_closed() {
    let (_bus, server, mut desk) = opened(Clicks::Never).await;
    let first = toast(1, Urgency::Normal);
    let second = Toast {
        title: "Пропущенный ×2".to_owned(),
        notification_id: 2,
        buttons: vec![Button {
            key: ButtonKey::Hide,
            label: "Скрыть".to_owned(),
            action: Action::Hide,
        }],
        ..first.clone()
    };
    desk.show(first.clone()).await;
    desk.show(second.clone()).await;
    let id = server
        .wait("the replacement", |shown, _| {
            let [first, second] = shown else { return None };
            assert_eq!((second.replaces, second.id), (first.id, first.id), "in place");
            assert_eq!(second.summary, "Пропущенный ×2");
            Some(second.id)
        })
        .await;
    desk.shown(2).await;
    server.token(id, "way-1").await;
    server.act(id, "hide").await;
    let clicked = |action, notification_id, token: Option<&str>| ToastEvent::Clicked {
        key: first.key.clone(),
        action,
        notification_id,
        activation_token: token.map(ToOwned::to_owned),
    };
    assert_eq!(desk.next().await, clicked(Action::Hide, 2, Some("way-1")));
    server.act(id, "default").await;
    assert_eq!(
        desk.next().await,
        clicked(card(), 2, None),
        "resident: it stays after a click"
    );
    server.act(id, "call-back").await;
    assert_eq!(
        desk.next().await,
        clicked(call_back(), 1, None),
        "a click on what it said before was on its way"
    );
    desk.toasts.run(vec![ToastOp::Close(first.key.clone())]).await;
    server
        .wait("the close", |_, closed| (closed == [id]).then_some(()))
        .await;
    let withdrawn = ToastEvent::Closed {
        key: first.key.clone(),
        reason: CloseReason::Withdrawn,
        notification_id: 2,
    };
    assert_eq!(desk.next().await, withdrawn);
    desk.show(first.clone()).await;
    let again = server
        .wait("a new toast", |shown, _| {
            shown.get(2).map(|toast| (toast.replaces, toast.id))
        })
        .await;
    assert_eq!(again, (0, id + 1), "what was closed is not replaced");
    desk.shown(1).await;
    server.tell_closed(id + 1, 2).await;
    let dismissed = ToastEvent::Closed {
        key: first.key.clone(),
        reason: CloseReason::Dismissed,
        notification_id: 1,
    };
    assert_eq!(desk.next().await, dismissed);
}

/// Two hidden callers on one line: the same words, two calls.
fn hidden(n: i64) -> Toast {
    Toast {
        key: ToastKey::Call(format!("call{n}")),
        kind: ToastKind::Incoming,
        title: "Номер скрыт".to_owned(),
        lines: vec!["на линию Отдел продаж".to_owned()],
        body_action: Some(Action::OpenCall { id: format!("call{n}") }),
        ..toast(n, Urgency::Critical)
    }
}

fn same_text(one: &Shown, other: &Shown) -> bool {
    (&one.app, &one.summary, &one.body) == (&other.app, &other.summary, &other.body)
}

#[tokio::test]
async fn two_toasts_of_one_text_live_their_own_lives() {
    let bus = Bus::start();
    let server = Notifications::stacking(&bus.address, same_text).await;
    let mut desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    let ops = (1..=3).map(|n| ToastOp::Show(hidden(n))).collect();
    desk.toasts.run(ops).await;
    desk.shown(3).await;
    let open = server.open();
    let titles: Vec<&str> = open.iter().map(|shown| shown.summary.as_str()).collect();
    assert_eq!(
        titles,
        ["Номер скрыт", "Номер скрыт (2)", "Номер скрыт (3)"],
        "told apart"
    );
    server.act(open[1].id, "default").await;
    assert!(
        matches!(desk.next().await, ToastEvent::Clicked { key: ToastKey::Call(id), .. } if id == "call2"),
        "each is its own call"
    );
    // The first hangs up; the second goes on ringing, and what is told of it anew stays told apart from the third.
    desk.toasts
        .run(vec![ToastOp::Close(hidden(1).key), ToastOp::Show(hidden(2))])
        .await;
    assert!(matches!(
        desk.next().await,
        ToastEvent::Closed { notification_id: 1, .. }
    ));
    desk.shown(2).await;
    let ids = |server: &Notifications| server.open().iter().map(|shown| shown.id).collect::<BTreeSet<_>>();
    assert_eq!(
        ids(&server),
        BTreeSet::from([open[1].id, open[2].id]),
        "only the first is gone"
    );
    desk.toasts
        .run(vec![ToastOp::Close(hidden(2).key), ToastOp::Close(hidden(3).key)])
        .await;
    for n in 2..=3 {
        let event = desk.next().await;
        assert!(
            matches!(event, ToastEvent::Closed { notification_id, reason: CloseReason::Withdrawn, .. } if notification_id == n),
            "{event:?}"
        );
    }
    assert!(server.open().is_empty(), "the end closes it");
}

#[tokio::test]
async fn where_a_number_is_shared_the_end_of_one_raises_the_other() {
    let bus = Bus::start();
    let server = Notifications::stacking(&bus.address, |_, _| true).await;
    let mut desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    for n in 1..=3 {
        desk.show(hidden(n)).await;
        desk.shown(n).await;
    }
    assert_eq!(server.open().len(), 1, "the service shows one for all");
    // Withdrawn by the app.
    desk.toasts.run(vec![ToastOp::Close(hidden(1).key)]).await;
    desk.shown(3).await;
    assert!(matches!(
        desk.next().await,
        ToastEvent::Closed { notification_id: 1, .. }
    ));
    let again = server.open();
    assert_eq!(again.len(), 1, "the others are on the screen again");
    // Dismissed by the person: they saw one toast.
    server.tell_closed(again[0].id, 2).await;
    desk.shown(3).await;
    let event = desk.next().await;
    assert!(
        matches!(
            event,
            ToastEvent::Closed {
                notification_id: 2,
                reason: CloseReason::Dismissed,
                ..
            }
        ),
        "{event:?}"
    );
    assert_eq!(server.open().len(), 1, "the last goes on ringing");
    desk.toasts.run(vec![ToastOp::Close(hidden(3).key)]).await;
    assert!(matches!(
        desk.next().await,
        ToastEvent::Closed { notification_id: 3, .. }
    ));
    assert!(server.open().is_empty());
}

#[tokio::test]
async fn a_number_that_is_not_ours_dials_nothing() {
    let (bus, server, mut desk) = opened(Clicks::Never).await;
    let ours = Toast {
        body_action: Some(call_back()),
        ..toast(1, Urgency::Normal)
    };
    desk.show(ours).await;
    desk.shown(1).await;
    // A number that was never given to us, and ours on another program's toast, whose body is clicked.
    server.act(77, "call-back").await;
    server.act(1, "default").await;
    server.act(1, "open").await;
    server.act(1, "card").await;
    let clicked = desk.next().await;
    assert!(
        matches!(
            clicked,
            ToastEvent::Clicked {
                action: Action::OpenContact { .. },
                ..
            }
        ),
        "{clicked:?}"
    );
    // The service starts anew: what its numbers meant before means nothing.
    server.stop().await;
    desk.ability(Ability::None("the notification service ended".to_owned()))
        .await;
    let server = Notifications::with(&bus.address, &["body"], Clicks::Never).await;
    desk.ability(Ability::Plain).await;
    desk.shown(1).await;
    for id in 2..5 {
        server.act(id, "call-back").await;
    }
    server.act(1, "card").await;
    let clicked = desk.next().await;
    assert!(
        matches!(
            clicked,
            ToastEvent::Clicked {
                action: Action::OpenContact { .. },
                ..
            }
        ),
        "{clicked:?}"
    );
}

#[tokio::test]
async fn without_actions_and_body_the_text_says_it_all() {
    let bus = Bus::start();
    let server = Notifications::with(&bus.address, &["icon-static"], Clicks::Never).await;
    let desk = Desk::start(&bus.address);
    desk.ability(Ability::Plain).await;
    desk.show(toast(1, Urgency::Normal)).await;
    server
        .wait("the toast", |shown, _| {
            let shown = shown.first()?;
            assert!(shown.actions.is_empty(), "no buttons: {:?}", shown.actions);
            assert_eq!(
                shown.summary,
                "Пропущенный: Иванов Пётр · +7 900 000-00-99 · 14:32 · на линию Отдел продаж"
            );
            assert_eq!(shown.body, "");
            Some(())
        })
        .await;
}

#[tokio::test]
async fn a_service_that_starts_anew_gets_what_is_still_to_be_seen() {
    let (bus, server, mut desk) = opened(Clicks::Never).await;
    let quick = Toast {
        stay: Stay::Seconds(4),
        ..toast(1, Urgency::Normal)
    };
    let missed = toast(2, Urgency::Normal);
    desk.toasts
        .run(vec![ToastOp::Show(quick.clone()), ToastOp::Show(missed.clone())])
        .await;
    desk.shown(2).await;
    server.stop().await;
    let gone = ToastEvent::Closed {
        key: quick.key,
        reason: CloseReason::Other,
        notification_id: 1,
    };
    assert_eq!(desk.next().await, gone);
    desk.ability(Ability::None("the notification service ended".to_owned()))
        .await;
    let server = Notifications::with(&bus.address, &["body"], Clicks::Never).await;
    desk.ability(Ability::Plain).await;
    desk.shown(2).await;
    let raised = server
        .wait("the missed toast", |shown, _| {
            Some((shown.len(), shown.first()?.replaces))
        })
        .await;
    assert_eq!(
        raised,
        (1, 0),
        "only what stays until closed, and with no number of the service before"
    );
    pretend_click(&bus.address, 1, "call-back").await;
    server.act(1, "card").await;
    let clicked = ToastEvent::Clicked {
        key: missed.key.clone(),
        action: card(),
        notification_id: 2,
        activation_token: None,
    };
    assert_eq!(desk.next().await, clicked, "only the service's own click counts");
    desk.toasts.run(vec![ToastOp::Close(missed.key)]).await;
    server
        .wait("the close", |_, closed| (closed == [1]).then_some(()))
        .await;
}

#[tokio::test]
async fn without_a_service_toasts_fail_at_once_and_come_later() {
    let bus = Bus::start();
    let mut desk = Desk::start(&bus.address);
    let quick = Toast {
        stay: Stay::Seconds(4),
        ..toast(1, Urgency::Normal)
    };
    let closed = toast(3, Urgency::Normal);
    let ops = vec![
        ToastOp::Show(quick),
        ToastOp::Show(toast(2, Urgency::Normal)),
        ToastOp::Show(closed.clone()),
        ToastOp::Close(closed.key),
    ];
    desk.toasts.run(ops).await;
    for n in 1..=3 {
        assert!(
            matches!(desk.next().await, ToastEvent::Failed { notification_id, .. } if notification_id == n),
            "toast {n} cannot be shown"
        );
    }
    assert!(matches!(
        desk.next().await,
        ToastEvent::Closed { notification_id: 3, .. }
    ));
    assert!(matches!(desk.toasts.ability(), Ability::None(reason) if reason.contains("no notification service")));
    let server = Notifications::with(&bus.address, FULL, Clicks::Never).await;
    desk.ability(Ability::Actions).await;
    desk.shown(2).await;
    let count = server
        .wait("the waiting toast", |shown, _| {
            (!shown.is_empty()).then_some(shown.len())
        })
        .await;
    assert_eq!(count, 1, "the short-lived one and the closed one are old news");
}

#[tokio::test]
async fn without_a_bus_toasts_fail_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut desk = Desk::start(&format!("unix:path={}/nothing", dir.path().display()));
    desk.show(toast(1, Urgency::Normal)).await;
    assert!(matches!(
        desk.next().await,
        ToastEvent::Failed { notification_id: 1, .. }
    ));
    assert!(matches!(desk.toasts.ability(), Ability::None(reason) if reason.contains("no session bus")));
}

#[tokio::test]
async fn a_service_that_hangs_delays_one_toast_only() {
    let bus = Bus::start();
    let server = Notifications::with(&bus.address, FULL, Clicks::Hang).await;
    let mut desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    desk.toasts
        .run((1..=3).map(|n| ToastOp::Show(toast(n, Urgency::Normal))).collect())
        .await;
    for n in 1..=3 {
        let failed = desk.next().await;
        let ToastEvent::Failed {
            notification_id,
            reason,
        } = failed
        else {
            panic!("{failed:?}")
        };
        assert_eq!(
            (notification_id, reason.as_str()),
            (n, "the notification service does not answer")
        );
    }
    let asked = server.wait("one call", |shown, _| Some(shown.len())).await;
    assert_eq!(asked, 1, "after the first time limit the service is left alone");
}

#[tokio::test]
async fn a_refused_toast_says_nothing_of_the_next() {
    let bus = Bus::start();
    let _server = Notifications::with(&bus.address, FULL, Clicks::Refuse).await;
    let mut desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    desk.show(toast(1, Urgency::Normal)).await;
    let failed = desk.next().await;
    assert!(
        matches!(&failed, ToastEvent::Failed { reason, .. } if reason.contains("too many")),
        "{failed:?}"
    );
    assert_eq!(desk.toasts.ability(), Ability::Actions);
}

#[tokio::test]
async fn at_most_eight_are_visible() {
    let (_bus, server, mut desk) = opened(Clicks::Never).await;
    let mut ops = vec![ToastOp::Show(toast(1, Urgency::Critical))];
    ops.extend((2..=8).map(|n| ToastOp::Show(toast(n, Urgency::Normal))));
    ops.push(ToastOp::Show(toast(9, Urgency::Critical)));
    ops.push(ToastOp::Show(toast(10, Urgency::Low)));
    desk.toasts.run(ops).await;
    for n in [2, 10] {
        let gone = desk.next().await;
        assert!(
            matches!(gone, ToastEvent::Closed { notification_id, reason: CloseReason::GaveWay, .. } if notification_id == n),
            "the oldest of the least urgent gives way: {gone:?}"
        );
    }
    let visible = server
        .wait("nine toasts", |shown, closed| {
            let all: BTreeSet<u32> = shown.iter().map(|toast| toast.id).collect();
            (shown.len() == 9).then(|| all.into_iter().filter(|id| !closed.contains(id)).collect::<Vec<_>>())
        })
        .await;
    assert_eq!(visible, [1, 3, 4, 5, 6, 7, 8, 9]);
}
