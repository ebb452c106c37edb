//! One app, whoever starts it again, and the way out of it: the second start's arguments, the tray's menu, quitting.

use crate::harness::app::{BINARY, data_dir, environment, from_client, simulator, start, subscribed};
use crate::harness::display::{Desktop, Running};
use crate::harness::eventually;
use crate::harness::notifications::Notifications;
use crate::harness::tray::Tray;
use perezvon_sim::Sim;
use std::path::Path;

/// Starts the app a second time and waits for its end.
fn start_again(desktop: &Desktop, sim: &Sim, args: &[&str]) -> Option<i32> {
    let mut command = desktop.command(BINARY);
    environment(desktop, sim, &mut command);
    let mut second = Running(command.args(args).spawn().unwrap());
    eventually("the end of the second start", || second.0.try_wait().unwrap()).code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_hands_its_number_over() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let mut app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    assert_eq!(start_again(&desktop, &sim, &["tel:+79000000099"]), Some(0));
    let progress = toasts
        .toast(0, "progress", |t| {
            format!("{} {}", t.summary, t.body).contains("Снимите трубку")
        })
        .await;
    toasts
        .toast(0, "the conversation", |t| {
            t.id == progress.id && format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    let placed = sim.calls_placed();
    assert_eq!(placed.len(), 1, "one start places one call: {placed:?}");
    assert!(placed[0].number.ends_with("9000000099"), "called {}", placed[0].number);
    assert!(app.0.try_wait().unwrap().is_none(), "the first start runs on");
    assert_eq!(
        desktop
            .window_titles()
            .iter()
            .filter(|t| t.contains("Перезвон"))
            .count(),
        0,
        "no window was asked for"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_with_a_number_calls_it() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    // The desk knows who its user is from an earlier run.
    let earlier = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    drop(earlier);
    let _app = start(&desktop, &sim, &["callto:89000000099"]);
    toasts
        .toast(0, "the conversation", |t| {
            format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    assert_eq!(sim.calls_placed().len(), 1, "called once, as soon as the relay ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_shows_the_window_of_the_first() {
    let desktop = Desktop::start();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let mut app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    // Another start into the tray asks for nothing.
    assert_eq!(start_again(&desktop, &sim, &["--minimized"]), Some(0));
    assert_eq!(start_again(&desktop, &sim, &[]), Some(0));
    eventually("the window", || {
        let titles = desktop.window_titles();
        titles.iter().any(|title| title.contains("Звонки")).then_some(())
    });
    assert!(app.0.try_wait().unwrap().is_none(), "the first start runs on");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_tells_who_waits_and_calls_back() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let status = tray.entry("the status", |text| text == "готов").await;
    assert!(!status.enabled, "the status line is no command");
    let labels: Vec<String> = tray.entries().await.into_iter().map(|entry| entry.label).collect();
    for wanted in [
        "Звонки",
        "Контакты",
        "Уведомления",
        "Настройки",
        "Проверить сервис",
        "Выход",
    ] {
        assert!(labels.iter().any(|label| label == wanted), "no {wanted} in {labels:?}");
    }

    sim.play("incoming-missed", from_client()).unwrap();
    tray.entry("a caller who waits", |text| text == "готов · 1 ждёт звонка")
        .await;
    let caller = tray
        .entry("the caller", |text| text == "Перезвонить: +7 (900) 000-00-99")
        .await;
    let before = toasts.all().len();
    tray.click(&caller.label).await;
    toasts
        .toast(before, "the conversation", |t| {
            format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    assert_eq!(sim.calls_placed().len(), 1, "one click places one call");
    // He was reached: nobody waits any more.
    tray.entry("nobody waits", |text| text == "готов").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_from_the_tray_drains_what_runs() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let mut app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    sim.play_through("incoming-answered", from_client()).await.unwrap();
    toasts
        .toast(0, "the document", |t| t.summary.contains("Телефонный звонок"))
        .await;

    tray.click("Выход").await;
    let ended = eventually("the end of the app", || app.0.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
    let failed: Vec<_> = sim.deliveries().into_iter().filter(|d| d.status != Some(200)).collect();
    assert!(failed.is_empty(), "the PBX saw no failure: {failed:?}");
    let dir = data_dir(&desktop);
    let open: Vec<_> = ["desk.db-wal", "relay.db-wal"]
        .into_iter()
        .filter(|name| size(&dir.join(name)) > 0)
        .collect();
    assert!(open.is_empty(), "the databases were closed, nothing waits in {open:?}");
}

/// Zero when there is no such file.
fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}
