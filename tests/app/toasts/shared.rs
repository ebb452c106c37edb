//! Numbers that the service gives to several toasts, or to other programs.

use super::{Desk, call_back, opened, toast};
use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, Notifications, Shown};
use perezvon_app::toast::{Ability, CloseReason, ToastEvent};
use perezvon_desk::toast::{Action, Toast, ToastKey, ToastKind, ToastOp, Urgency};
use std::collections::BTreeSet;

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
