//! What goes wrong is told in the window in plain words, with what to do, and nothing is lost (issue 2, "Done when").
//! The full disk and the garbage of the relay have more tests in its own package.

use crate::harness::app::{BINARY, CLIENT, data_dir, environment, from_client, simulator, start, subscribed};
use crate::harness::display::{Desktop, Running};
use crate::harness::eventually_async;
use crate::harness::notifications::{Notifications, Shown};
use crate::harness::window::Window;
use crate::harness::xml::{Incoming, post};
use perezvon_desk::Desk;
use perezvon_sim::Sim;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
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
    let mut settings = defaults();
    // Not in a window of their own either.
    settings["popup"] = json!("never");
    settled(&desktop, &sim, settings);
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

/// As on a network drive: SQLite cannot make its file of shared memory there.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_hold_a_database_is_named() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    settled(&desktop, &sim, defaults());
    let dir = data_dir(&desktop);
    let desk = std::fs::read(dir.join("desk.db")).unwrap();
    for file in ["desk.db-shm", "relay.db-shm"] {
        let _ = std::fs::remove_file(dir.join(file));
        std::fs::create_dir(dir.join(file)).unwrap();
    }
    let text = banner(&desktop, "data_folder", |command| environment(&desktop, &sim, command)).await;
    assert!(
        text.contains(&dir.display().to_string()) && text.contains("локальном диске"),
        "{text}"
    );
    toasts
        .toast(0, "the trouble", |t| {
            t.summary.contains("не открывается") && t.body.contains(&dir.display().to_string())
        })
        .await;
    assert_eq!(
        std::fs::read(dir.join("desk.db")).unwrap(),
        desk,
        "nothing was replaced"
    );
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

/// Posts missed calls of one caller to one abonent: one toast, however many.
#[derive(Clone)]
struct Caller {
    http: reqwest::Client,
    url: String,
    abonent: String,
}

impl Caller {
    /// The event's id and the answer to it.
    async fn misses(&self, call: &str) -> (uuid::Uuid, Option<u16>) {
        let id = uuid::Uuid::new_v4();
        let call = Incoming {
            call,
            abonent: &self.abonent,
            number: CLIENT,
            start: chrono::Utc::now().into(),
        };
        let event = call.released(&id.to_string(), false);
        (id, post(&self.http, &self.url, event).await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_nothing_is_acknowledged_and_all_goes_on_by_itself() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    settled(&desktop, &sim, defaults());
    // The system refuses to let files grow beyond this (512 B blocks): as on a full disk, a write fails in the middle.
    let mut command = desktop.command("sh");
    let limited = "trap '' XFSZ; ulimit -S -f 1200; exec \"$0\" --minimized";
    command.args(["-c", limited, BINARY]);
    environment(&desktop, &sim, &mut command);
    let app = Running(command.spawn().unwrap());
    let caller = Caller {
        url: subscribed(&sim).await,
        abonent: sim.options().company.abonents[0].user_id.clone(),
        http: reqwest::Client::new(),
    };
    let mut acknowledged = Vec::new();
    let refused = loop {
        match caller.misses(&format!("full{}", acknowledged.len())).await {
            (id, Some(200)) => acknowledged.push(id),
            (_, other) => break other,
        }
        assert!(acknowledged.len() < 20_000, "the disk never filled");
    };
    assert_eq!(refused, Some(503), "the PBX is told at once");
    // Calls go on while the disk is full; it is told once it has lasted.
    let more = caller.clone();
    let going_on = tokio::spawn(async move {
        for n in 0.. {
            more.misses(&format!("more{n}")).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let is_trouble = |t: &Shown| t.summary.contains("Нет места на диске");
    let trouble = toasts.toast(0, "the trouble", is_trouble).await;
    going_on.abort();
    // There is room again.
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    prlimit(Pid::from_raw(app.0.id() as i32), Resource::Fsize, unlimited).unwrap();
    let taken = eventually_async("an event that is taken", || async {
        let (id, answer) = caller.misses("after").await;
        (answer == Some(200)).then_some(id)
    });
    acknowledged.push(taken.await);
    toasts.closing(trouble.id).await;
    let told = toasts.all().iter().filter(|t| is_trouble(t)).count();
    assert_eq!(told, 1, "the trouble is told once");
    each_is_stored(&desktop, &acknowledged);
}

/// An acknowledged event is never lost.
fn each_is_stored(desktop: &Desktop, acknowledged: &[uuid::Uuid]) {
    let ledger = rusqlite::Connection::open(data_dir(desktop).join("relay.db")).unwrap();
    for id in acknowledged {
        let sql = "SELECT count(*) FROM events WHERE event_id = ?1";
        let rows: i64 = ledger
            .query_row(sql, [id.as_bytes().as_slice()], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1, "an acknowledged event is never lost");
    }
}
