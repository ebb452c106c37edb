//! Event POST to D-Bus `Notify` with the real app and its embedded relay, beside one durable commit plus one D-Bus
//! call in the same run (design, part 9). `cargo bench --bench toast_latency [-- CALLS]`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../harness/mod.rs"]
mod harness;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    let calls = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .next_back()
        .unwrap_or(300);
    linux::run(calls).await;
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("measured on Linux only");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::harness::app::{simulator, start, subscribed};
    use super::harness::display::Desktop;
    use super::harness::notifications::Notifications;
    use super::harness::tray::Tray;
    use super::harness::xml::{Incoming, post};
    use perezvon_core::Time;
    use std::collections::HashMap;
    use std::time::{Duration, Instant};

    pub(super) async fn run(calls: usize) {
        let desktop = Desktop::start();
        let toasts = Notifications::start(&desktop.bus).await;
        let _tray = Tray::start(&desktop.bus).await;
        let sim = simulator().await;
        let _app = start(&desktop, &sim, &["--minimized"]);
        let url = subscribed(&sim).await;
        let http = reqwest::Client::new();
        let abonent = sim.options().company.abonents[0].user_id.clone();

        let mut latencies = Vec::new();
        for n in 0..calls {
            let number = format!("+7900{:07}", 1_000_000 + n);
            let before = toasts.all().len();
            let call = Incoming {
                call: &format!("bench{n}"),
                abonent: &abonent,
                number: &number,
                start: now(),
            };
            let started = Instant::now();
            assert_eq!(post(&http, &url, call.received(&id())).await, Some(200));
            let digits = shown(&number);
            toasts
                .toast(before, "the ring", |t| {
                    t.body.contains(&digits) || t.summary.contains(&digits)
                })
                .await;
            latencies.push(started.elapsed());
            // The call ends before the next begins, so that no toast waits for a place on the screen.
            assert_eq!(post(&http, &url, call.released(&id(), false)).await, Some(200));
            toasts
                .toast(before, "the missed call", |t| t.summary.starts_with("Пропущенный"))
                .await;
        }
        report("event POST -> D-Bus Notify", latencies);
        report("one durable commit + one D-Bus call", floor(&desktop, calls).await);
    }

    /// What the path cannot be faster than: the sync of a commit, and the call to the notification service.
    async fn floor(desktop: &Desktop, calls: usize) -> Vec<Duration> {
        let db = rusqlite::Connection::open(desktop.path("floor.db")).unwrap();
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, raw BLOB) STRICT;",
        )
        .unwrap();
        let connection = zbus::connection::Builder::address(desktop.bus.as_str())
            .unwrap()
            .build()
            .await
            .unwrap();
        let raw = vec![b'x'; 1_500];
        let mut out = Vec::new();
        for _ in 0..calls {
            let started = Instant::now();
            db.execute("INSERT INTO t (raw) VALUES (?1)", [&raw]).unwrap();
            let hints: HashMap<&str, zbus::zvariant::Value<'_>> = HashMap::new();
            connection
                .call_method(
                    Some("org.freedesktop.Notifications"),
                    "/org/freedesktop/Notifications",
                    Some("org.freedesktop.Notifications"),
                    "Notify",
                    &("floor", 0u32, "", "floor", "", Vec::<&str>::new(), hints, -1i32),
                )
                .await
                .unwrap();
            out.push(started.elapsed());
        }
        out
    }

    fn id() -> String {
        uuid::Uuid::now_v7().to_string()
    }

    fn now() -> Time {
        chrono::Utc::now().into()
    }

    /// As a toast shows it.
    fn shown(number: &str) -> String {
        perezvon_core::Number::parse(number).display()
    }

    fn report(what: &str, mut latencies: Vec<Duration>) {
        latencies.sort();
        let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{what}: p50 {:.2} ms, p99 {:.2} ms, n {}",
            at(0.5),
            at(0.99),
            latencies.len()
        );
    }
}
