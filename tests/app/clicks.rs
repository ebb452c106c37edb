//! Links of toasts (`perezvon://act/…`), as Windows opens them: through the hand-over of a second start, and as a first
//! one. Anybody can open such a link, a hidden frame of a web page too.

use crate::harness::app::{data_dir, simulator, start, subscribed};
use crate::harness::display::Desktop;
use crate::harness::notifications::Notifications;
use crate::harness::tray::Tray;
use crate::harness::{eventually, links};
use crate::instance::start_again;

#[tokio::test(flavor = "multi_thread")]
async fn a_toasts_link_acts_once_and_a_forged_one_never() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let _tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let made = links::make(&data_dir(&desktop));
    let placed = || -> Vec<String> {
        let placed = sim.calls_placed().into_iter();
        placed
            .map(|call| call.number[call.number.len() - 2..].to_owned())
            .collect()
    };
    let app = start(&desktop, &sim, &["--minimized"]);
    let killed = subscribed(&sim).await;
    for link in made.hopeless.iter().chain(&made.good) {
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
    let _app = start(&desktop, &sim, &["--", &made.good[0]]);
    eventually("the subscription of the app that was started anew", || {
        let newest = sim.subscriptions().pop();
        newest.filter(|newest| newest.url != killed)
    });
    assert_eq!(start_again(&desktop, &sim, &["--", &made.last]), Some(0));
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
    let _tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let link = links::make(&data_dir(&desktop)).last;
    let _app = start(&desktop, &sim, &["--", &link]);
    eventually("the call", || sim.calls_placed().pop());
    assert!(desktop.window_titles().iter().all(|title| !title.contains("Перезвон")));
}
