//! A notification service that is missing, hangs, refuses or starts anew.

use super::{Desk, card, opened, toast};
use crate::harness::bus::Bus;
use crate::harness::notifications::{Clicks, FULL, Notifications, pretend_click};
use perezvon_app::toast::{Ability, CloseReason, ToastEvent};
use perezvon_desk::toast::{Stay, Toast, ToastOp, Urgency};

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
