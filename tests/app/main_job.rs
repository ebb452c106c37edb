//! The main job from end to end: an event of the PBX becomes a toast that names the caller; a click calls back, opens
//! the card, opens the document. The simulator, the bus, the notification service and the window are real.

use crate::harness::app::{from_client, simulator, start, subscribed};
use crate::harness::display::Desktop;
use crate::harness::eventually_async;
use crate::harness::notifications::Notifications;
use crate::harness::tray::Tray;
use crate::harness::window::Window;
use perezvon_sim::Args;

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_call_is_called_back_from_its_toast() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let _tray = Tray::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;

    sim.play("incoming-missed", from_client()).unwrap();
    let ring = toasts
        .toast(0, "the incoming call", |t| t.body.contains("+7 (900) 000-00-99"))
        .await;
    assert_eq!(ring.summary, "Неизвестный номер");
    assert_eq!(ring.flag("suppress-sound"), Some(true), "the telephone rings already");
    let missed = toasts
        .toast(0, "the missed call", |t| t.summary.starts_with("Пропущенный"))
        .await;
    assert!(
        missed.body.contains("+7 (900) 000-00-99"),
        "the number is never left out: {}",
        missed.body
    );

    let call_back = missed
        .key_of("Перезвонить")
        .expect("a missed call can be called back")
        .to_owned();
    let before = toasts.all().len();
    toasts.click(missed.id, &call_back).await;
    let placed = eventually_async("the call at the simulator", || async { sim.calls_placed().pop() }).await;
    assert!(placed.number.ends_with("9000000099"), "called {}", placed.number);
    let progress = toasts
        .toast(before, "progress", |t| {
            t.summary.contains("Снимите трубку") || t.body.contains("Снимите трубку")
        })
        .await;
    toasts
        .toast(before, "the conversation", |t| {
            t.id == progress.id && format!("{} {}", t.summary, t.body).contains("Разговор")
        })
        .await;
    assert_eq!(sim.calls_placed().len(), 1, "one click places one call");
    assert!(
        desktop.window_titles().iter().all(|title| !title.contains("Перезвон")),
        "no window was asked for"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn toasts_are_rewritten_in_place() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;

    // A colleague answers: the same toast says so.
    let colleague = Args {
        abonent: Some("102".to_owned()),
        ..from_client()
    };
    sim.play("group-answered", colleague).unwrap();
    let ring = toasts
        .toast(0, "the group's call", |t| t.body.contains("+7 (900) 000-00-99"))
        .await;
    let by = toasts
        .toast(0, "who answered", |t| t.summary.starts_with("Ответил"))
        .await;
    assert_eq!(by.id, ring.id, "one toast, rewritten");
    assert_eq!(by.replaces, ring.id);
    assert!(
        toasts.all().iter().all(|t| !t.summary.starts_with("Пропущенный")),
        "nobody missed it"
    );

    // Two missed calls of one caller: one toast, counted.
    let other = Args {
        number: Some("+79000000088".to_owned()),
        ..Args::default()
    };
    sim.play("incoming-missed", other.clone()).unwrap();
    let once = toasts
        .toast(0, "the missed call", |t| t.summary.starts_with("Пропущенный"))
        .await;
    sim.play("incoming-missed", other).unwrap();
    let twice = toasts.toast(0, "the second", |t| t.summary.contains("×2")).await;
    assert_eq!(twice.id, once.id, "one toast for one caller");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_toasts_click_opens_a_window_when_there_is_none() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    subscribed(&sim).await;
    sim.play("incoming-answered", from_client()).unwrap();
    let document = toasts
        .toast(0, "the document", |t| t.summary.contains("Телефонный звонок"))
        .await;
    toasts.click(document.id, "default").await;
    eventually_async("the document's window", || async {
        desktop
            .window_titles()
            .into_iter()
            .find(|title| title.contains("Телефонный звонок"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_opens_on_the_card_and_on_the_document() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let window = Window::open(&desktop, &sim).await;
    subscribed(&sim).await;

    // Rings long enough to be seen on a busy machine too: where all of a call comes at once, only its end is shown.
    let long = Args {
        ring_ms: Some(150_000),
        ..from_client()
    };
    sim.play("incoming-answered", long).unwrap();
    let ring = toasts
        .toast(0, "the incoming call", |t| t.body.contains("+7 (900) 000-00-99"))
        .await;
    // An unknown number's card is a new contact with the number filled in.
    toasts
        .click(ring.id, ring.key_of("Карточка").expect("the card's button"))
        .await;
    window.fill("form-name", "Северный ветер").await;
    window.click("form-save").await;
    window
        .text_of("contact-name", |text| text.contains("Северный ветер"))
        .await;

    // Late identification: the toasts of the next call name the contact.
    let document = toasts
        .toast(0, "the document", |t| t.summary.contains("Телефонный звонок"))
        .await;
    toasts.click(document.id, "default").await;
    let number = window.text_of("document-number", |text| !text.is_empty()).await;
    assert!(
        number.contains("000000001"),
        "the first document of this desk: {number}"
    );
    window
        .text_of("document-contact", |text| text.contains("Северный ветер"))
        .await;

    let before = toasts.all().len();
    sim.play("incoming-missed", from_client()).unwrap();
    let ring = toasts
        .toast(before, "the named call", |t| t.summary == "Северный ветер")
        .await;
    assert!(ring.body.contains("+7 (900) 000-00-99"), "name and number always");

    // And a toast that is on the screen is rewritten when its caller gets a name: all is typed before it rings, and only
    // saving it must be quicker than the ring, which the PBX ends.
    window.click("nav-contacts").await;
    window.click("contact-create").await;
    window.fill("form-name", "Осипова Вера").await;
    window.fill("form-number", "8 900 000-00-77").await;
    let ringing = Args {
        number: Some("+79000000077".to_owned()),
        ring_ms: Some(100_000_000),
        ..Args::default()
    };
    sim.play("incoming-missed", ringing).unwrap();
    let ring = toasts
        .toast(before, "a stranger's call", |t| t.body.contains("+7 (900) 000-00-77"))
        .await;
    assert_eq!(ring.summary, "Неизвестный номер");
    window.click("form-save").await;
    let named = toasts
        .toast(before, "the same toast with the name", |t| t.summary == "Осипова Вера")
        .await;
    assert_eq!(named.id, ring.id, "rewritten in place");
    window.close().await;
}
