//! Links of toasts (`perezvon://act/…`), as Windows opens them: through the hand-over of a second start, and as a first
//! one. Anybody can open such a link, a hidden frame of a web page too.

use crate::harness::app::{data_dir, simulator, start, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::instance::start_again;
use perezvon_app::toast::links::Links;
use perezvon_desk::toast::{Action, Button, ButtonKey, Stay, Toast, ToastKey, ToastKind, Urgency};
use perezvon_desk::{Desk, Words};
use std::sync::Arc;
use std::time::Duration;

/// A toast whose buttons call these numbers.
fn toast(id: i64, numbers: &[&str]) -> Toast {
    let call = |number: &&str| Button {
        key: ButtonKey::CallBack,
        label: "Перезвонить".to_owned(),
        action: Action::CallBack {
            number: (*number).to_owned(),
        },
    };
    Toast {
        key: ToastKey::Document(id),
        kind: ToastKind::Document,
        buttons: numbers.iter().map(call).collect(),
        body_action: None,
        stay: Stay::Seconds(6),
        urgency: Urgency::Low,
        notification_id: id,
        ..Toast::trouble(Words::default(), "no_token")
    }
}

/// The links of the toast's buttons, made by a run of the app that is over.
fn issued(links: &Links, toast: &Toast, keep: Duration) -> Vec<String> {
    let issued = links.issue(toast, keep);
    issued.buttons.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_toasts_link_acts_once_and_a_forged_one_never() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let (good, last, expired) = {
        let links = Links::open(Some(Arc::new(Desk::open(&data_dir(&desktop)).unwrap())));
        let hour = Duration::from_hours(1);
        (
            issued(&links, &toast(901, &["+79000000099", "+79000000081"]), hour),
            issued(&links, &toast(902, &["+79000000082"]), hour),
            issued(&links, &toast(903, &["+79000000083"]), Duration::from_millis(1)),
        )
    };
    let placed = || -> Vec<String> {
        let placed = sim.calls_placed().into_iter();
        placed
            .map(|call| call.number[call.number.len() - 2..].to_owned())
            .collect()
    };
    let app = start(&desktop, &sim, &["--minimized"]);
    let killed = subscribed(&sim).await;
    let forged = "perezvon://act/0123456789abcdef0123456789abcdef";
    for link in [
        &expired[0],
        forged,
        "perezvon://act/",
        "perezvon://act/../settings/general",
        &good[0],
        &good[1],
    ] {
        assert_eq!(start_again(&desktop, &sim, &["--", link]), Some(0), "{link}");
    }
    toasts
        .toast(0, "the conversation", |t| {
            format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    // The other button belongs to a toast that was clicked.
    assert_eq!(placed(), ["99"], "one click is one call");

    // A killed app forgets which number it has just called, but not which links are used up.
    drop(app);
    let _app = start(&desktop, &sim, &["--", &good[0]]);
    eventually("the subscription of the app that was started anew", || {
        let newest = sim.subscriptions().pop();
        newest.filter(|newest| newest.url != killed)
    });
    assert_eq!(start_again(&desktop, &sim, &["--", &last[0]]), Some(0));
    eventually("the call of the other toast", || {
        placed().contains(&"82".to_owned()).then_some(())
    });
    assert_eq!(placed(), ["99", "82"], "a link works once, over a restart too");
    let titles = desktop.window_titles();
    assert!(
        titles.iter().all(|title| !title.contains("Перезвон")),
        "no window: {titles:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_a_toast_starts_the_app_and_acts() {
    let desktop = Desktop::start();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let link = {
        let links = Links::open(Some(Arc::new(Desk::open(&data_dir(&desktop)).unwrap())));
        issued(&links, &toast(901, &["+79000000088"]), Duration::from_hours(1)).remove(0)
    };
    let _app = start(&desktop, &sim, &["--", &link]);
    eventually("the call", || sim.calls_placed().pop());
    assert!(desktop.window_titles().iter().all(|title| !title.contains("Перезвон")));
}
