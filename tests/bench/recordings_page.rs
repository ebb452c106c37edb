//! «Записи» with 100,000 recordings in the real window: from the click to the first picture with rows.
//! `cargo bench --bench recordings_page`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../harness/mod.rs"]
mod harness;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() {
    linux::run().await;
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("measured on Linux only");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::harness::app::{data_dir, environment, simulator, subscribed};
    use super::harness::display::Desktop;
    use super::harness::notifications::Notifications;
    use super::harness::window::Window;
    use perezvon_desk::Desk;
    use rusqlite::{Connection, params};

    const ALL: i64 = 100_000;
    const CLICKS: usize = 20;

    /// Presses the room's place in the rail, and answers the milliseconds until a row of it was painted: the task that follows
    /// the next frame.
    const CLICK: &str = "
        const done = arguments[0];
        const begun = performance.now();
        const look = () => {
            if (!document.querySelector('[data-testid=recording-row]')) return requestAnimationFrame(look);
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
        };
        document.querySelector('[data-testid=nav-recordings]').click();
        look();";

    pub(super) async fn run() {
        let desktop = Desktop::start();
        let _toasts = Notifications::start(&desktop.bus).await;
        let sim = simulator().await;
        fill(&desktop, &sim.options().company.abonents[0].user_id);
        let window = Window::open_with(&desktop, |command| {
            environment(&desktop, &sim, command);
            // Drawn by the processor: there is no graphics card here.
            command.env("PEREZVON_LOG", "warn");
        })
        .await;
        subscribed(&sim).await;
        window.text_of("nav-recordings", |_| true).await;
        let mut times = Vec::new();
        // The first one reads the room's part of the window too; it is the warm-up.
        for _ in 0..=CLICKS {
            window.click("nav-contacts").await;
            window.text_of("contacts-search", |_| true).await;
            let time = window.client.execute_async(CLICK, Vec::new()).await.unwrap();
            times.push(time.as_f64().unwrap());
        }
        println!("first_page_cold_ms {:.1}", times.remove(0));
        times.sort_by(f64::total_cmp);
        println!("first_page_p50_ms {:.1}", times[times.len() / 2]);
        println!("first_page_p95_ms {:.1}", times[times.len() * 95 / 100]);
        window.close().await;
    }

    /// A desk whose mirror lists so many recordings of the abonent whom the demonstration picks, one a quarter of an hour.
    fn fill(desktop: &Desktop, abonent: &str) {
        let dir = data_dir(desktop);
        let desk = Desk::open(&dir).unwrap();
        desk.reset_mirror(&format!("embedded {abonent}")).unwrap();
        drop(desk);
        let connection = Connection::open(dir.join("desk.db")).unwrap();
        let now = chrono::Utc::now().timestamp_millis();
        connection
            .execute(
                "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
                 INSERT INTO recording (owner, pbx, abonent, incoming, key, line, hidden, digits, search, started_ms, told_ms,
                                        told_bytes, gone, wanted)
                 SELECT ?2, 'r' || n, '', n % 2, key, key, 0, substr(key, 2), '', ?3 - n * 900000, 60000 + n % 600000, 240000, 0, 0
                 FROM (SELECT n, '+7900' || printf('%07d', n % 20000) AS key FROM n)",
                params![ALL, abonent, now],
            )
            .unwrap();
    }
}
