//! What a toast says and how it is drawn; one for each key, at most eight.

use super::{Desk, call_back, card, opened, toast};
use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, Notifications};
use perezvon_app::toast::{Ability, CloseReason, ToastEvent};
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastOp, Urgency};
use std::collections::BTreeSet;

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
