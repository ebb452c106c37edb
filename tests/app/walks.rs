//! The first minutes of a person, from an empty data folder, in the real window; and how they go where something is wrong:
//! no network, a dead server of the company, a file full of errors. A wrong token is in `first_run.rs`.

use crate::first_run::{next, open, plain, quit, step};
use crate::harness::app::{BINARY, CLIENT, data_dir, from_client, simulator, subscribed};
use crate::harness::display::Desktop;
use crate::harness::notifications::Notifications;
use crate::harness::tray::Tray;
use crate::harness::window::Window;
use fantoccini::Locator;
use perezvon_desk::Desk;
use perezvon_relay::{Options as RelayOptions, Relay, Token};
use perezvon_sim::{DEFAULT_TOKEN, Options as SimOptions, Sim};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket};

/// The most that a person clicks before the first toast, and the longest it takes; a field that is filled is a click.
const CLICKS: usize = 12;
const TIME: Duration = Duration::from_mins(5);

/// A port that nobody listens at and that nobody else is given while the socket is there: who is told of it may listen.
fn reserved_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, addr)
}

/// Hands a file to the page, as the system's dialog does when one is chosen.
async fn choose_file(window: &Window, name: &str, text: &str) {
    let script = "const [name, text] = arguments, data = new DataTransfer();
        data.items.add(new File([text], name));
        const field = document.querySelector('[data-testid=import-file]');
        field.files = data.files;
        // The page hears it at its root.
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    window
        .client
        .execute(script, vec![json!(name), json!(text)])
        .await
        .unwrap();
}

/// From «Кто я» to the end of the wizard, and the toast of the first call.
async fn on_to_the_first_toast(window: &Window, sim: &Sim, toasts: &Notifications) {
    let me = &sim.options().company.abonents[0].user_id;
    window
        .click_on(&format!("[data-testid='me-abonent'][data-abonent='{me}']"))
        .await;
    window.text_of("me-chosen", |text| !text.is_empty()).await;
    for name in ["notifications", "general", "check", "done"] {
        next(window, name).await;
    }
    window.click("wizard-next").await;
    window.text_where("shell", "data-screen", "calls").await;
    subscribed(sim).await;
    sim.play("incoming-missed", from_client()).unwrap();
    toasts
        .toast(0, "the first toast", |t| t.body.contains("+7 (900) 000-00-99"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_toast_takes_twelve_clicks_and_an_imported_name_is_on_the_next() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let (sim, begun) = (simulator().await, Instant::now());
    let (_reserved, listen) = reserved_port();
    let window = open(&desktop, &sim).await;
    step(&window, "connection").await;
    window.fill("settings-token", DEFAULT_TOKEN).await;
    window.text_of("token-found", |text| text.contains("Найдено")).await;
    // No keyring is on the private bus, so this is the longer way: with one the consent is not asked for.
    window.click("settings-consent").await;
    next(&window, "address").await;
    window.fill("settings-listen", &listen.to_string()).await;
    window.fill("settings-public-url", &format!("http://{listen}")).await;
    next(&window, "me").await;
    on_to_the_first_toast(&window, &sim, &toasts).await;
    let (clicks, took) = (window.clicks(), begun.elapsed());
    eprintln!("the first toast: {clicks} clicks, {took:.1?}");
    assert!(clicks <= CLICKS && took < TIME, "{clicks} clicks in {took:?}");

    // His contacts come in, and the next caller has his name.
    window.click("nav-contacts").await;
    window.text_of("import-open", |_| true).await;
    choose_file(
        &window,
        "клиенты.csv",
        "Имя;Компания;Телефон\nОрлова Марина;ООО «Северный ветер»;8 (900) 000-00-99\n",
    )
    .await;
    window.text_of("import-start", |text| text.contains('1')).await;
    window.click("import-start").await;
    window.text_of("import-result", |text| text.contains('1')).await;
    window.click("import-close").await;
    let before = toasts.all().len();
    sim.play("incoming-missed", from_client()).unwrap();
    let named = toasts
        .toast(before, "the missed call, by name", |t| {
            t.summary.starts_with("Пропущенный") && format!("{} {}", t.summary, t.body).contains("Орлова Марина")
        })
        .await;
    let card = named.key_of("Карточка").expect("the card's button");
    toasts.click(named.id, card).await;
    window
        .text_of("contact-name", |text| text.contains("Орлова Марина"))
        .await;
    quit(&desktop, &tray).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_it_is_said_and_the_walk_goes_on_once_the_pbx_answers() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let ((_pbx, pbx), (_relay, listen)) = (reserved_port(), reserved_port());
    let window = Window::open_with(&desktop, |command| {
        command
            .env("PEREZVON_DATA_DIR", data_dir(&desktop))
            .env("PEREZVON_PBX_URL", format!("http://{pbx}/apis/portal/"))
            .env("PEREZVON_LOG", "debug");
    })
    .await;
    step(&window, "connection").await;
    window.fill("settings-token", DEFAULT_TOKEN).await;
    let told = window.text_where("failure", "data-code", "pbx_unreachable").await;
    assert!(told.contains("АТС"), "in plain words: {told}");
    // The token may be good for all that: it is kept, and the walk goes on.
    window.click("settings-consent").await;
    next(&window, "address").await;
    assert!(
        data_dir(&desktop).join("secrets.json").exists(),
        "what was typed is not lost"
    );
    window.fill("settings-listen", &listen.to_string()).await;
    window.fill("settings-public-url", &format!("http://{listen}")).await;
    next(&window, "me").await;
    window.text_where("failure", "data-code", "pbx_unreachable").await;

    let sim = Sim::start(SimOptions {
        listen: pbx,
        speed: 50.0,
        seed: Some(7),
        ..SimOptions::default()
    })
    .await
    .unwrap();
    // Nobody has to press anything for the abonents.
    on_to_the_first_toast(&window, &sim, &toasts).await;
    window.close().await;
}

/// The company's relay at an address, and a key of its first abonent.
async fn company_at(sim: &Sim, addr: SocketAddr, dir: &TempDir) -> Relay {
    let mut options = RelayOptions::new(dir.path());
    options.pbx_url = sim.rest_url().parse().unwrap();
    options.token = Some(Token::parse(sim.token()).unwrap());
    options.public_url = Some(format!("http://{addr}").parse().unwrap());
    Relay::start(options, TcpListener::bind(addr).await.unwrap())
        .await
        .unwrap()
}

async fn key_of(relay: &Relay, sim: &Sim) -> String {
    let user = json!({ "role": "user", "name": "Стол", "abonent": sim.options().company.abonents[0].user_id });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client.post(format!("http://{}/v1/users", relay.addr())).json(&user);
    let made: Value = asked
        .bearer_auth(relay.local_key().reveal())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_of_the_company_is_told_and_nothing_is_kept_until_it_answers() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let (sim, dir) = (simulator().await, TempDir::new().unwrap());
    let (_reserved, addr) = reserved_port();
    // It was there when the administrator made the key.
    let relay = company_at(&sim, addr, &dir).await;
    let key = key_of(&relay, &sim).await;
    relay.shutdown().await;

    let window = open(&desktop, &sim).await;
    step(&window, "connection").await;
    window.click("mode-remote").await;
    window.fill("settings-relay-url", &format!("http://{addr}")).await;
    window.fill("settings-relay-key", &key).await;
    window.click("settings-consent").await;
    window.click("wizard-next").await;
    let told = window.text_where("failure", "data-code", "relay_unreachable").await;
    assert!(told.contains("адрес"), "what to look at: {told}");
    step(&window, "connection").await;
    assert!(
        !data_dir(&desktop).join("secrets.json").exists(),
        "a key that nobody has taken is not kept"
    );

    let relay = company_at(&sim, addr, &dir).await;
    next(&window, "address").await;
    window.click("wizard-later").await;
    window.text_where("shell", "data-level", "ready").await;
    subscribed(&sim).await;
    sim.play("incoming-missed", from_client()).unwrap();
    toasts
        .toast(0, "the first toast", |t| t.summary.starts_with("Пропущенный"))
        .await;
    window.close().await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_full_of_errors_gives_what_is_good_and_says_what_is_not() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let window = Window::open(&desktop, &sim).await;
    subscribed(&sim).await;
    window.click("nav-contacts").await;
    window.text_of("import-open", |_| true).await;

    // One good row among forty that are not.
    let bad = (0..40).map(|n| match n % 3 {
        0 => format!("Без номера {n};\n"),
        1 => format!(";8 (900) 000-01-{n:02}\n"),
        _ => format!("Буквы {n};спросить у Петра\n"),
    });
    let good = format!("Орлова Марина;{CLIENT}\n");
    let text = format!("Имя;Телефон\n{good}{}", bad.collect::<String>());
    choose_file(&window, "клиенты.csv", &text).await;
    window.text_of("import-problems", |text| !text.is_empty()).await;
    let problems = window
        .client
        .find_all(Locator::Css("[data-testid='import-problem']"))
        .await
        .unwrap();
    assert!(
        problems.len() >= 10,
        "what is wrong is said by its line: {}",
        problems.len()
    );
    window.click("import-start").await;
    window.text_of("import-result", |text| !text.is_empty()).await;
    window.click("import-close").await;
    sim.play("incoming-missed", from_client()).unwrap();
    toasts
        .toast(0, "the missed call, by the good row's name", |t| {
            format!("{} {}", t.summary, t.body).contains("Орлова Марина")
        })
        .await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_token_looks_at_an_example_that_touches_nothing() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let (sim, begun) = (simulator().await, Instant::now());
    let window = open(&desktop, &sim).await;
    step(&window, "connection").await;
    window.click_away("wizard-example").await;
    let ring = toasts
        .toast(0, "the example's first call", |t| {
            format!("{} {}", t.summary, t.body).contains("Орлова Марина")
        })
        .await;
    let (clicks, took) = (window.clicks(), begun.elapsed());
    eprintln!("the example's first toast: {clicks} click, {took:.1?}");
    assert!(clicks <= CLICKS && took < TIME, "{clicks} clicks in {took:?}");
    assert!(
        ring.app.contains("пример"),
        "the toast says what it is of: {}",
        ring.app
    );
    assert_eq!(
        sim.requests().len(),
        0,
        "the PBX of the person's own company hears nothing of it"
    );
    quit(&desktop, &tray).await;
    window.close().await;

    let window = Window::open_program(&desktop, BINARY, &["--example"], |command| {
        plain(&desktop, &sim, command);
    })
    .await;
    window.text_of("example", |text| text.contains("Это пример")).await;
    window.click("nav-calls").await;
    window.text_of("call-row", |text| !text.is_empty()).await;
    window.click("nav-settings").await;
    window.fill("settings-token", DEFAULT_TOKEN).await;
    window.text_where("failure", "data-code", "example").await;
    window.close().await;
    let desk = Desk::open(&data_dir(&desktop)).unwrap();
    assert!(
        desk.contacts("", None, 1).unwrap().rows.is_empty(),
        "nobody of the example is among the person's contacts"
    );
    assert!(!data_dir(&desktop).join("secrets.json").exists());
}
