//! The field for a note, where the notification service has one.

use super::{Desk, opened, toast};
use crate::harness::app::{data_dir, from_client, simulator, start, subscribed};
use crate::harness::bus::Bus;
use crate::harness::display::Desktop;
use crate::harness::notifications::{Clicks, Notifications, WITH_FIELD, pretend_reply};
use crate::harness::{eventually, load};
use perezvon_app::toast::{Ability, CloseReason, ToastEvent};
use perezvon_desk::toast::{NoteField, Stay, Toast, Urgency};

fn with_field(n: i64) -> Toast {
    Toast {
        stay: Stay::Seconds(6),
        note: Some(Box::new(NoteField {
            call: format!("call-{n}"),
            placeholder: "Заметка о разговоре".to_owned(),
            button: "Сохранить заметку".to_owned(),
        })),
        ..toast(n, Urgency::Low)
    }
}

#[tokio::test]
async fn a_note_written_in_a_toast_arrives_and_no_other_does() {
    let bus = Bus::start();
    let server = Notifications::with(&bus.address, WITH_FIELD, Clicks::Never).await;
    let mut desk = Desk::start(&bus.address);
    desk.ability(Ability::Actions).await;
    desk.show(with_field(1)).await;
    let shown = server.toast(0, "the toast", |_| true).await;
    assert_eq!(shown.key_of("Заметка о разговоре"), Some("inline-reply"));
    let text = |hint: &str| shown.text(hint);
    assert_eq!(
        text("x-kde-reply-placeholder-text").as_deref(),
        Some("Заметка о разговоре")
    );
    assert_eq!(
        text("x-kde-reply-submit-button-text").as_deref(),
        Some("Сохранить заметку")
    );
    assert_eq!(shown.timeout, 20_000, "long enough to begin");

    // A better name, and more toasts than are shown at once: what is being written is not taken away.
    let better = Toast {
        title: "Иванов Пётр".to_owned(),
        ..with_field(1)
    };
    desk.show(better).await;
    for n in 2..=9 {
        desk.show(toast(n, Urgency::Normal)).await;
    }
    server
        .wait("the last", |shown, _| (shown.len() == 9).then_some(()))
        .await;
    assert_eq!(server.all().iter().filter(|other| other.id == shown.id).count(), 1);
    assert_eq!(server.closed().len(), 1, "another made room");
    assert!(!server.closed().contains(&shown.id));
    let is_first = |event: &ToastEvent| match event {
        ToastEvent::Written { notification_id, .. } | ToastEvent::Closed { notification_id, .. } => {
            *notification_id == 1
        }
        _ => false,
    };

    pretend_reply(&bus.address, shown.id, "подделка").await;
    server.reply(shown.id, "  ждёт счёт \n").await;
    let mut told = desk.next().await;
    while !is_first(&told) {
        told = desk.next().await;
    }
    let written = ToastEvent::Written {
        key: with_field(1).key,
        call: "call-1".to_owned(),
        note: "ждёт счёт".to_owned(),
        notification_id: 1,
    };
    assert_eq!(told, written);
    let closed = ToastEvent::Closed {
        key: with_field(1).key,
        reason: CloseReason::Dismissed,
        notification_id: 1,
    };
    assert_eq!(desk.next().await, closed);
}

#[tokio::test]
async fn where_the_service_has_no_field_there_is_none() {
    let (_bus, server, desk) = opened(Clicks::Never).await;
    desk.show(with_field(1)).await;
    let shown = server.toast(0, "the toast", |_| true).await;
    assert_eq!(shown.key_of("Заметка о разговоре"), None);
    assert_eq!(
        (shown.text("x-kde-reply-placeholder-text"), shown.timeout),
        (None, 6000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_written_in_the_toast_after_a_call_is_stored_with_the_call() {
    let desktop = Desktop::start();
    let toasts = Notifications::with(&desktop.bus, WITH_FIELD, Clicks::Never).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    sim.play_through("incoming-answered", from_client()).await.unwrap();
    let document = toasts
        .toast(0, "the document", |t| t.key_of("Заметка о разговоре").is_some())
        .await;
    toasts.reply(document.id, "просил счёт").await;
    eventually("the note", || {
        let desk = load::open(&data_dir(&desktop).join("desk.db"));
        let sql =
            "SELECT count(*) FROM call_note JOIN call ON call.ulid = call_note.call_id WHERE note = 'просил счёт'";
        let count: i64 = desk.query_row(sql, [], |row| row.get(0)).unwrap();
        (count == 1).then_some(())
    });
}
