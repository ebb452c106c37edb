//! What goes wrong is told in the window in plain words, with what to do, and nothing is lost (issue 2, "Done when").
//! The full disk and the garbage of the relay have more tests in its own package.

use crate::harness::app::{BINARY, CLIENT, data_dir, environment, from_client, simulator, start, subscribed};
use crate::harness::display::{Desktop, Running};
use crate::harness::notifications::Notifications;
use crate::harness::window::Window;
use crate::harness::xml::{Incoming, post};
use perezvon_desk::Desk;
use perezvon_sim::Sim;
use serde_json::json;
use std::process::Command;

/// A desk whose wizard was gone through before.
fn settled(desktop: &Desktop, sim: &Sim, settings: serde_json::Value) {
    let desk = Desk::open(&data_dir(desktop)).unwrap();
    let me = &sim.options().company.abonents[0].user_id;
    desk.set_setting("connection", &json!({ "me": me, "settled": true }))
        .unwrap();
    desk.set_setting("settings", &settings).unwrap();
}

fn defaults() -> serde_json::Value {
    serde_json::to_value(perezvon_app::ipc::Settings::default()).unwrap()
}

/// The banner of the window under this trouble.
async fn banner(desktop: &Desktop, code: &str, environment: impl FnOnce(&mut Command)) -> String {
    let window = Window::open_with(desktop, environment).await;
    let text = window.text_where("banner", "data-code", code).await;
    window.close().await;
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    settled(&desktop, &sim, defaults());
    let wrong = desktop.path("wrong-token");
    std::fs::write(&wrong, "00000000-0000-4000-8000-00000000bad0").unwrap();
    let text = banner(&desktop, "token_refused", |command| {
        environment(&desktop, &sim, command);
        command.env("PEREZVON_PBX_TOKEN_FILE", &wrong);
    })
    .await;
    assert!(text.contains("токен"), "{text}");
    assert!(!text.contains("bad0"), "the token is never shown: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_pbx_is_told() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    settled(&desktop, &sim, defaults());
    // A port that nobody listens at: it was free a moment ago and the kernel does not give it out again at once.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let text = banner(&desktop, "pbx_unreachable", |command| {
        environment(&desktop, &sim, command);
        command.env("PEREZVON_PBX_URL", format!("http://{closed}/apis/portal/"));
    })
    .await;
    assert!(text.contains("АТС"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_told() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let _toasts = Notifications::start(&desktop.bus).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = defaults();
    settings["listen"] = json!(taken.local_addr().unwrap().to_string());
    settled(&desktop, &sim, settings);
    let text = banner(&desktop, "port_in_use", |command| {
        environment(&desktop, &sim, command);
        // The demonstration listens at any free port.
        command.env_remove("PEREZVON_DEMO");
    })
    .await;
    assert!(text.contains("занят"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_notification_service_calls_are_in_the_window() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    settled(&desktop, &sim, defaults());
    let window = Window::open(&desktop, &sim).await;
    window.text_where("banner", "data-code", "no_notifications").await;
    subscribed(&sim).await;
    sim.play("incoming-missed", from_client()).unwrap();
    window.text_where("call-row", "data-outcome", "missed").await;
    window.click("nav-notifications").await;
    window
        .text_of("notification-title", |title| title.contains("Пропущенный"))
        .await;

    // The service comes: what still applies is shown.
    let toasts = Notifications::start(&desktop.bus).await;
    toasts
        .toast(0, "the missed call", |t| t.summary.starts_with("Пропущенный"))
        .await;
    window.close().await;
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let desktop = Desktop::start();
    // Not even the superuser can make a folder there.
    let out = desktop
        .command(BINARY)
        .args(["--minimized", "--data-dir", "/proc/perezvon"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(told.contains("the data folder /proc/perezvon"), "{told}");
    assert!(!told.contains("panicked"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_told_and_kept() {
    for file in ["desk.db", "relay.db"] {
        let (desktop, sim) = (Desktop::start(), simulator().await);
        let _toasts = Notifications::start(&desktop.bus).await;
        settled(&desktop, &sim, defaults());
        let damaged = data_dir(&desktop).join(file);
        let garbage = "no database, whatever it was ".repeat(400);
        std::fs::write(&damaged, &garbage).unwrap();
        let text = banner(&desktop, "database_damaged", |command| {
            environment(&desktop, &sim, command);
        })
        .await;
        assert!(text.contains("поврежд"), "{file}: {text}");
        assert_eq!(
            std::fs::read_to_string(&damaged).unwrap(),
            garbage,
            "{file} was not touched"
        );
        if file == "desk.db" {
            // Without the desk the relay still hears the PBX: what it stores can be read once the desk is mended.
            subscribed(&sim).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_events_are_kept_and_cost_nothing() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    let _app = start(&desktop, &sim, &["--minimized"]);
    let url = subscribed(&sim).await;
    let http = reqwest::Client::new();
    for garbage in [
        "",
        "not XML",
        "<a><b></a>",
        "<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>",
        "\u{0}\u{1}\u{2}",
    ] {
        assert_eq!(
            post(&http, &url, garbage.to_owned()).await,
            Some(200),
            "stored, so acknowledged: {garbage:?}"
        );
    }
    assert_eq!(
        post(&http, &url, "x".repeat(100_000)).await,
        Some(413),
        "too large to be an event"
    );
    sim.play("incoming-missed", from_client()).unwrap();
    toasts
        .toast(0, "the call after the garbage", |t| {
            t.summary.starts_with("Пропущенный")
        })
        .await;
    let ledger = rusqlite::Connection::open(data_dir(&desktop).join("relay.db")).unwrap();
    let unreadable: i64 = ledger
        .query_row("SELECT count(*) FROM events WHERE error IS NOT NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(unreadable, 5, "each with its reason, for the event journal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_nothing_is_acknowledged() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    settled(&desktop, &sim, defaults());
    // The system refuses to let files grow beyond this (512 B blocks): as on a full disk, a write fails in the middle.
    let mut command = desktop.command("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1200; exec \"$0\" --minimized", BINARY]);
    environment(&desktop, &sim, &mut command);
    let _app = Running(command.spawn().unwrap());
    let url = subscribed(&sim).await;
    let abonent = sim.options().company.abonents[0].user_id.clone();
    let http = reqwest::Client::new();
    let mut acknowledged = Vec::new();
    let refused = loop {
        let id = uuid::Uuid::new_v4();
        let call = format!("full{}", acknowledged.len());
        let start = chrono::Utc::now().into();
        let call = Incoming {
            call: &call,
            abonent: &abonent,
            number: CLIENT,
            start,
        };
        // Missed calls of one caller: one toast, however many.
        match post(&http, &url, call.released(&id.to_string(), false)).await {
            Some(200) => acknowledged.push(id),
            other => break other,
        }
        assert!(acknowledged.len() < 20_000, "the disk never filled");
    };
    assert_eq!(refused, Some(503), "the PBX is told at once");
    // Calls go on while the disk is full; it is told once it has lasted.
    let (more, more_url, abonent) = (http.clone(), url.clone(), abonent.clone());
    let going_on = tokio::spawn(async move {
        for n in 0.. {
            let (id, call) = (uuid::Uuid::new_v4().to_string(), format!("more{n}"));
            let start = chrono::Utc::now().into();
            let call = Incoming {
                call: &call,
                abonent: &abonent,
                number: CLIENT,
                start,
            };
            post(&more, &more_url, call.released(&id, false)).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    toasts
        .toast(0, "the trouble", |t| t.summary.contains("Нет места на диске"))
        .await;
    going_on.abort();
    let ledger = rusqlite::Connection::open(data_dir(&desktop).join("relay.db")).unwrap();
    for id in &acknowledged {
        let sql = "SELECT count(*) FROM events WHERE event_id = ?1";
        let rows: i64 = ledger
            .query_row(sql, [id.as_bytes().as_slice()], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1, "an acknowledged event is never lost");
    }
}
