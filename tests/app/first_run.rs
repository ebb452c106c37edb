//! The first run as a new user: the wizard in the real window, from the token to the first toast, without a keyring and
//! with one.

use crate::harness::app::{BINARY, data_dir, from_client, simulator, subscribed};
use crate::harness::display::Desktop;
use crate::harness::keyring::Keyring;
use crate::harness::notifications::Notifications;
use crate::harness::processes::running;
use crate::harness::tray::Tray;
use crate::harness::window::Window;
use crate::harness::{eventually, eventually_async};
use fantoccini::Locator;
use perezvon_sim::{DEFAULT_TOKEN, Sim};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const WRONG_TOKEN: &str = "00000000-0000-4000-8000-00000000bad0";

/// As a user starts it: nothing but where the data lies and which PBX it is.
pub(crate) fn plain(desktop: &Desktop, sim: &Sim, command: &mut Command) {
    command
        .env("PEREZVON_DATA_DIR", data_dir(desktop))
        .env("PEREZVON_PBX_URL", sim.rest_url())
        .env("PEREZVON_LOG", "debug");
}

pub(crate) async fn open(desktop: &Desktop, sim: &Sim) -> Window {
    Window::open_with(desktop, |command| plain(desktop, sim, command)).await
}

/// As the user does, from the tray.
pub(crate) async fn quit(desktop: &Desktop, tray: &Tray) {
    tray.click("Выход").await;
    let home = desktop.path("app").display().to_string();
    eventually("the end of the app", || running(BINARY, &home).is_empty().then_some(()));
}

pub(crate) async fn step(window: &Window, name: &str) {
    window.text_where("wizard", "data-step", name).await;
}

pub(crate) async fn next(window: &Window, name: &str) {
    window.click("wizard-next").await;
    step(window, name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_leads_to_the_first_toast() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    // A port that nobody listens at: the kernel does not give it out again at once.
    let listen = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let window = open(&desktop, &sim).await;
    step(&window, "connection").await;

    enter_token(&window, &desktop).await;
    window.fill("settings-listen", &listen.to_string()).await;
    window.fill("settings-public-url", &format!("http://{listen}")).await;
    next(&window, "me").await;
    let me = &sim.options().company.abonents[0];
    window.fill("me-search", me.user_id.split('@').next().unwrap()).await;
    window.text_where("me-abonent", "data-abonent", &me.user_id).await;
    window.click("me-abonent").await;
    window.text_of("me-chosen", |text| !text.is_empty()).await;
    next(&window, "notifications").await;
    next(&window, "general").await;
    next(&window, "check").await;
    // The check goes the whole way and answers for every part.
    window.text_of("check-result", |text| !text.is_empty()).await;
    every_check_has_words(&window).await;
    next(&window, "done").await;
    window.click("wizard-next").await;
    window.text_where("shell", "data-screen", "calls").await;

    let url = subscribed(&sim).await;
    assert!(url.starts_with(&format!("http://{listen}/")), "events go to {url}");
    call_is_shown(&sim, &toasts).await;
    let stored = "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])";
    let stored = window.client.execute(stored, Vec::new()).await.unwrap();
    assert!(
        !stored.to_string().contains(DEFAULT_TOKEN),
        "the window stores no token"
    );
    // Not `close` first: the driver may kill the app.
    quit(&desktop, &tray).await;
    window.close().await;
    the_token_is_in_one_file(&desktop);

    // Again: no wizard, and the window begins with who waits.
    let window = open(&desktop, &sim).await;
    window.text_where("shell", "data-screen", "queue").await;
    let health = format!("http://{listen}/v1/health");
    eventually_async("the relay at its address", || async {
        reqwest::get(&health).await.ok()
    })
    .await;
    call_is_shown(&sim, &toasts).await;
    window.close().await;
}

/// A wrong token, then the right one, then the consent to a file: the private bus has no keyring.
async fn enter_token(window: &Window, desktop: &Desktop) {
    window.fill("settings-token", WRONG_TOKEN).await;
    let refused = window.text_of("failure", |text| text.contains("токен")).await;
    assert!(!refused.contains(WRONG_TOKEN), "the token is never shown: {refused}");
    window.click("wizard-next").await;
    step(window, "connection").await;

    window.fill("settings-token", DEFAULT_TOKEN).await;
    let found = window
        .text_of("token-found", |text| text.contains("Найдено абонентов"))
        .await;
    assert!(found.chars().any(|c| c.is_ascii_digit()), "{found}");
    assert_eq!(failures(window).await, 0, "the old message went");
    window.text_where("secrets", "data-secrets", "none").await;
    window.click("wizard-next").await;
    // Nothing is written without the consent.
    let consent = window.client.find(Locator::Css("form")).await.unwrap();
    assert!(
        consent.text().await.unwrap().contains("Подтвердите"),
        "the consent is asked for"
    );
    assert!(!secrets_file(desktop).exists(), "without consent there is no file");
    window.click("settings-consent").await;
    next(window, "address").await;
    let mode = std::fs::metadata(secrets_file(desktop)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the file is its owner's alone");
}

/// The relay names its checks; the window has a title for each.
async fn every_check_has_words(window: &Window) {
    let selector = Locator::Css("[data-testid='check-line']");
    let lines = window.client.find_all(selector).await.unwrap();
    assert!(
        lines.len() > 8,
        "the relay's checks and the desk's own: {}",
        lines.len()
    );
    for line in lines {
        let id = line.attr("data-check").await.unwrap().unwrap();
        let text = line.text().await.unwrap();
        assert!(id != "other" && !text.starts_with(&id), "no words for {id}: {text}");
    }
}

async fn failures(window: &Window) -> usize {
    let found = window.client.find_all(Locator::Css("[data-testid='failure']")).await;
    found.unwrap().len()
}

fn secrets_file(desktop: &Desktop) -> PathBuf {
    data_dir(desktop).join("secrets.json")
}

async fn call_is_shown(sim: &Sim, toasts: &Notifications) {
    let before = toasts.all().len();
    sim.play("incoming-missed", from_client()).unwrap();
    let ring = toasts
        .toast(before, "the incoming call", |t| t.body.contains("+7 (900) 000-00-99"))
        .await;
    assert_eq!(ring.summary, "Неизвестный номер");
    toasts
        .toast(before, "the missed call", |t| t.summary.starts_with("Пропущенный"))
        .await;
}

/// Neither the log (at `debug`) nor what the web view keeps on disk holds it.
fn the_token_is_in_one_file(desktop: &Desktop) {
    let holders = files_with(desktop.dir.path(), DEFAULT_TOKEN);
    assert_eq!(holders, [secrets_file(desktop)]);
}

/// The files of a desktop with this text in them.
pub(crate) fn files_with(dir: &Path, text: &str) -> Vec<PathBuf> {
    let mut holders = Vec::new();
    find(dir, text.as_bytes(), &mut holders);
    holders
}

/// All files below `dir` that contain `wanted`.
fn find(dir: &Path, wanted: &[u8], holders: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            find(&path, wanted, holders);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            if bytes.windows(wanted.len()).any(|window| window == wanted) {
                holders.push(path);
            }
        }
    }
}

/// A keyring that holds nothing yet is said, and takes the token without a consent to a file.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_into_the_keyring() {
    let desktop = Desktop::start();
    let _toasts = Notifications::start(&desktop.bus).await;
    let home = desktop.path("keyring");
    std::fs::create_dir(&home).unwrap();
    let _keyring = Keyring::start(&desktop.bus, &home, true);
    let bus = zbus::connection::Builder::address(desktop.bus.as_str()).unwrap();
    let bus = zbus::fdo::DBusProxy::new(&bus.build().await.unwrap()).await.unwrap();
    eventually_async("the keyring on the bus", || async {
        let name = "org.freedesktop.secrets".try_into().unwrap();
        bus.name_has_owner(name).await.unwrap().then_some(())
    })
    .await;
    let sim = simulator().await;
    let window = open(&desktop, &sim).await;
    step(&window, "connection").await;
    window.text_where("secrets", "data-secrets", "keyring").await;
    window.fill("settings-token", DEFAULT_TOKEN).await;
    next(&window, "address").await;
    assert!(!secrets_file(&desktop).exists(), "the keyring has it");
    window.close().await;
}
