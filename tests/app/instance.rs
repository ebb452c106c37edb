//! One app, whoever starts it again, and the way out of it: the second start's arguments, the tray's menu, quitting.

use crate::focus::has_keyboard;
use crate::harness::app::{BINARY, data_dir, environment, from_client, simulator, start, subscribed};
use crate::harness::display::{Desktop, Running};
use crate::harness::notifications::Notifications;
use crate::harness::tray::Tray;
use crate::harness::typist::{Typist, keys};
use crate::harness::window::Window;
use crate::harness::{eventually, eventually_async};
use fantoccini::Locator;
use fantoccini::key::Key;
use perezvon_app::ipc::Settings;
use perezvon_desk::Desk;
use perezvon_sim::Sim;
use std::path::Path;

/// Starts the app a second time and waits for its end.
pub(crate) fn start_again(desktop: &Desktop, sim: &Sim, args: &[&str]) -> Option<i32> {
    let mut command = desktop.command(BINARY);
    environment(desktop, sim, &mut command);
    let mut second = Running(command.args(args).spawn().unwrap());
    eventually("the end of the second start", || second.0.try_wait().unwrap()).code()
}

/// The desk's settings as the user has left them.
pub(crate) fn settings(desktop: &Desktop, change: impl FnOnce(&mut Settings)) {
    let mut settings = Settings::default();
    change(&mut settings);
    let desk = Desk::open(&data_dir(desktop)).unwrap();
    desk.set_setting("settings", &settings).unwrap();
}

/// Presses a key where the focus is.
async fn press(window: &Window, key: Key) {
    let focused = window.client.active_element().await.unwrap();
    focused.send_keys(&key).await.unwrap();
}

async fn gone(window: &Window, testid: &str) {
    let selector = format!("[data-testid='{testid}']");
    eventually_async("the end of the dialog", || async {
        let found = window.client.find_all(Locator::Css(&selector)).await.unwrap();
        found.is_empty().then_some(())
    })
    .await;
}

async fn codes_are_refused(window: &Window, desktop: &Desktop, sim: &Sim) {
    for (link, code) in [
        ("tel:*21*89000000099%23", "*21*89000000099#"),
        ("tel:%2321%23", "#21#"),
        ("tel:**62*+79000000099%23", "**62*+79000000099#"),
        ("callto:*97101", "*97101"),
    ] {
        assert_eq!(start_again(desktop, sim, &[link]), Some(0));
        window.text_of("dial-number", |text| text == code).await;
        window.text_of("dial-code", |text| text.contains("переадресацию")).await;
    }
    press(window, Key::Enter).await;
    gone(window, "dial").await;
}

/// Neither Enter nor Escape does anything before the question could be read.
async fn can_be_answered(window: &Window) {
    eventually_async("the button that calls", || async {
        let button = window
            .client
            .find(Locator::Css("[data-testid='dial-accept']"))
            .await
            .ok()?;
        button.is_enabled().await.ok()?.then_some(())
    })
    .await;
}

/// A link may come from a hidden frame of any page: the person is asked, and codes are not dialled at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_asks_before_it_dials() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let window = Window::open(&desktop, &sim).await;
    subscribed(&sim).await;
    codes_are_refused(&window, &desktop, &sim).await;

    // Options behind a link change nothing, not even which relay the app speaks to.
    let evil = ["tel:112", "--relay", "http://127.0.0.1:9", "--data-dir", "/proc/evil"];
    assert_eq!(start_again(&desktop, &sim, &evil), Some(0));
    window.text_of("dial-number", |text| text == "112").await;
    can_be_answered(&window).await;
    press(&window, Key::Escape).await;
    gone(&window, "dial").await;
    assert_eq!(start_again(&desktop, &sim, &["tel:+7%2049520000002001"]), Some(0));
    window.text_of("dial-unread", |text| text.contains("нет номера")).await;
    window.click("dial-decline").await;
    gone(&window, "dial").await;
    assert!(
        sim.calls_placed().is_empty(),
        "nothing dials by itself: {:?}",
        sim.calls_placed()
    );

    for link in ["tel:+79000000099", "tel:8%20900%20000-00-99"] {
        assert_eq!(start_again(&desktop, &sim, &[link]), Some(0), "handed over twice");
    }
    window.text_of("dial-number", |text| text == "+7 (900) 000-00-99").await;
    can_be_answered(&window).await;
    press(&window, Key::Enter).await;
    toasts
        .toast(0, "the conversation", |t| {
            format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    let placed = sim.calls_placed();
    assert_eq!(placed.len(), 1, "one Enter places one call: {placed:?}");
    assert!(placed[0].number.ends_with("9000000099"), "called {}", placed[0].number);

    // By hand a code is dialled.
    window.click("nav-calls").await;
    window.click("dial-open").await;
    window.fill("dial-field", "*21*89000000099#").await;
    press(&window, Key::Enter).await;
    eventually_async("the code at the PBX", || async {
        sim.calls_placed()
            .into_iter()
            .find(|placed| placed.number == "*21*89000000099#")
    })
    .await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_lets_plain_numbers_through() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let _tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    settings(&desktop, |settings| settings.links_dial = true);
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
    assert_eq!(placed.len(), 1, "one link is one call: {placed:?}");
    assert!(app.0.try_wait().unwrap().is_none(), "the first start runs on");
    let titles = desktop.window_titles();
    assert!(
        titles.iter().all(|t| !t.contains("Перезвон")),
        "no window was asked for: {titles:?}"
    );
    drop(app);

    // At a first start too, as soon as the relay runs.
    let _app = start(&desktop, &sim, &["callto:89000000088"]);
    // Not the first conversation's toast, which the second start may show again.
    let second = eventually("the call of the first start", || sim.calls_placed().get(1).cloned());
    assert!(second.number.ends_with("9000000088"), "called {}", second.number);
    toasts
        .toast(0, "the conversation", |t| {
            let text = format!("{} {}", t.summary, t.body);
            text.contains("Разговор") && text.contains("000-00-88")
        })
        .await;
    assert_eq!(sim.calls_placed().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_by_a_link_asks_and_obeys_nothing_behind_it() {
    let desktop = Desktop::start();
    let _toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    // What an older version wrote so that the system starts it.
    let entry = desktop.path("config").join("autostart/Perezvon.desktop");
    std::fs::create_dir_all(entry.parent().unwrap()).unwrap();
    std::fs::write(
        &entry,
        "[Desktop Entry]\nType=Application\nExec=/opt/older version/perezvon --minimized\n",
    )
    .unwrap();
    settings(&desktop, |settings| settings.autostart = true);

    let evil = ["--", "tel:+79000000099", "--relay", "http://127.0.0.1:9", "--minimized"];
    let _app = start(&desktop, &sim, &evil);
    eventually("the window", || {
        let titles = desktop.window_titles();
        titles.iter().any(|title| title.contains("Журнал")).then_some(())
    });
    // The relay inside the app serves, not the one of the link.
    subscribed(&sim).await;
    assert!(sim.calls_placed().is_empty(), "the person is asked first");
    eventually("the entry put right", || {
        let text = std::fs::read_to_string(&entry).unwrap();
        text.contains(&format!("Exec={BINARY} --minimized\n")).then_some(())
    });
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
        titles.iter().any(|title| title.contains("Журнал")).then_some(())
    });
    assert!(app.0.try_wait().unwrap().is_none(), "the first start runs on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_start_shows_its_window_where_there_is_no_place_for_the_icon() {
    let desktop = Desktop::start();
    let _manager = desktop.window_manager();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    let typist = Typist::open(&desktop);
    // The desktop's panel may come late: it is waited for.
    let said = toasts
        .toast(0, "that there is no icon", |t| t.summary.contains("без значка"))
        .await;
    assert!(said.body.contains("второй запуск"), "how it comes back: {}", said.body);
    eventually("the window", || {
        let titles = desktop.window_titles();
        titles.iter().any(|title| title.contains("Журнал")).then_some(())
    });
    assert_eq!(typist.lost_keyboard(), 0, "nobody has asked for it");

    // Toasts come, and the window comes back by a second start, wherever it was.
    let before = toasts.all().len();
    sim.play("incoming-missed", from_client()).unwrap();
    toasts
        .toast(before, "the missed call", |t| t.summary.contains("Пропущенный"))
        .await;
    let is_open = || desktop.window_titles().iter().any(|title| title.contains("— Перезвон"));
    desktop.close_window("Перезвон");
    eventually("the end of the window", || (!is_open()).then_some(()));
    assert_eq!(start_again(&desktop, &sim, &[]), Some(0));
    eventually("the window again", || is_open().then_some(()));
    let in_front = || has_keyboard(&desktop, "Перезвон");
    eventually("the window in front", || in_front().then_some(()));
    keys(&desktop, &["getactivewindow", "windowminimize"]);
    eventually("the window put away", || (!in_front()).then_some(()));
    assert_eq!(start_again(&desktop, &sim, &[]), Some(0));
    eventually("the window in front again", || in_front().then_some(()));

    // It dials as usual: asks, and Enter calls.
    assert_eq!(start_again(&desktop, &sim, &["tel:+79000000351"]), Some(0));
    eventually("the call", || {
        keys(&desktop, &["key", "Return"]);
        sim.calls_placed().pop()
    });
    assert!(sim.calls_placed()[0].number.ends_with("9000000351"));

    let tray = Tray::start(&desktop.bus).await;
    tray.entry("the icon, once there is a place for it", |text| text == "Выход")
        .await;
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
        "Переадресация…",
        "Журнал",
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
    // The caller was reached: nobody waits any more.
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
