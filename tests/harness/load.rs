//! An app that is killed under load, again and again: what it acknowledged is stored, on any system.

use super::xml::{Incoming, post};
use super::{eventually, eventually_async};
use perezvon_core::Time;
use perezvon_sim::Sim;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const POSTERS: usize = 4;
/// A connection on which nothing comes for so long is as good as broken.
const UNANSWERED: Duration = Duration::from_secs(10);

/// Starts the app and kills it under load as often as this, at random points; then the invariants 1 to 5 of the design
/// (part 8) hold. `start` starts the app, whose end is the drop of what it gives; the last one runs on.
pub async fn acknowledged_survives<App>(sim: &Sim, dir: &Path, rounds: usize, start: impl Fn() -> App) -> App {
    let abonent = sim.options().company.abonents[0].user_id.clone();
    let mut all = Sent::default();
    let mut known = HashSet::new();
    for round in 0..rounds {
        let app = start();
        let url = new_address(sim, &mut known).await;
        let sent = load_and_kill(app, &url, &abonent, round).await;
        all.calls += sent.calls;
        all.acknowledged.extend(sent.acknowledged);
    }
    assert!(
        all.acknowledged.len() > rounds * POSTERS,
        "the load was real: {}",
        all.acknowledged.len()
    );

    let app = start();
    new_address(sim, &mut known).await;
    eventually("mirror equal to the ledger", || {
        (mirror(dir) == ledger(dir, &abonent)).then_some(())
    });
    every_acknowledged_event_is_stored_once(dir, &all.acknowledged);
    one_document_a_call(dir);
    app
}

/// Ids of the events that were answered with 200, and of all that were sent.
#[derive(Default)]
struct Sent {
    acknowledged: Vec<uuid::Uuid>,
    calls: usize,
}

/// Where the restarted app has the PBX post to. An app that is killed leaves subscriptions behind, older ones too.
async fn new_address(sim: &Sim, known: &mut HashSet<String>) -> String {
    let url = eventually_async("subscription of the restarted app", || async {
        sim.subscriptions()
            .into_iter()
            .map(|s| s.url)
            .find(|url| !known.contains(url))
    })
    .await;
    known.insert(url.clone());
    url
}

/// Posts calls from several connections and kills the app under them after a random time. In every second round that
/// time begins once some events were acknowledged: on a busy machine there would be none otherwise.
async fn load_and_kill<App>(app: App, url: &str, abonent: &str, round: usize) -> Sent {
    let taken = Arc::new(AtomicUsize::new(0));
    let posters: Vec<_> = (0..POSTERS)
        .map(|poster| {
            let (url, abonent, taken) = (url.to_owned(), abonent.to_owned(), Arc::clone(&taken));
            tokio::spawn(async move { post_calls(&url, &abonent, round * 10 + poster, &taken).await })
        })
        .collect();
    if round.is_multiple_of(2) {
        eventually_async("acknowledged events", || async {
            (taken.load(Ordering::Relaxed) >= 3 * POSTERS).then_some(())
        })
        .await;
    }
    let random = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    tokio::time::sleep(Duration::from_millis(20 + 2 * random)).await;
    drop(app); // Killed, while the posters post
    let mut sent = Sent::default();
    for poster in posters {
        let part = poster.await.unwrap();
        sent.calls += part.calls;
        sent.acknowledged.extend(part.acknowledged);
    }
    sent
}

/// Posts until the connection breaks, or nobody answers any more.
async fn post_calls(url: &str, abonent: &str, poster: usize, taken: &AtomicUsize) -> Sent {
    // Wine keeps the connections of a program that was killed, and nobody answers there.
    let http = reqwest::Client::builder().timeout(UNANSWERED).build().unwrap();
    let mut sent = Sent::default();
    for n in 0.. {
        let (call, number) = (format!("kill{poster}x{n}"), format!("+7900{:07}", 2_000_000 + n % 50));
        let call = Incoming {
            call: &call,
            abonent,
            number: &number,
            start: Time::from(chrono::Utc::now()),
        };
        sent.calls += 1;
        let answered = n % 2 == 0;
        let ids = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        let texts = ids.map(|id| id.to_string());
        let mut events = vec![(ids[0], call.received(&texts[0]))];
        if answered {
            events.push((ids[1], call.answered(&texts[1])));
        }
        events.push((ids[2], call.released(&texts[2], answered)));
        // A repeat of the first: the PBX may send an event twice.
        events.push((ids[0], call.received(&texts[0])));
        for (id, body) in events {
            match post(&http, url, body).await {
                Some(200) => {
                    sent.acknowledged.push(id);
                    taken.fetch_add(1, Ordering::Relaxed);
                }
                Some(503) => {}
                Some(other) => panic!("the relay answered {other}"),
                None => return sent,
            }
        }
    }
    sent
}

pub fn open(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn versions(connection: &Connection, sql: &str, parameters: &[&dyn rusqlite::ToSql]) -> BTreeMap<String, i64> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn mirror(dir: &Path) -> BTreeMap<String, i64> {
    versions(&open(&dir.join("desk.db")), "SELECT ulid, version FROM call", &[])
}

fn ledger(dir: &Path, abonent: &str) -> BTreeMap<String, i64> {
    let sql = "SELECT c.id, a.version FROM call_abonents a JOIN calls c ON c.seq = a.call WHERE a.abonent = ?1";
    versions(&open(&dir.join("relay.db")), sql, &[&abonent])
}

fn every_acknowledged_event_is_stored_once(dir: &Path, acknowledged: &[uuid::Uuid]) {
    let ledger = open(&dir.join("relay.db"));
    let mut statement = ledger
        .prepare("SELECT count(*) FROM events WHERE event_id = ?1")
        .unwrap();
    for id in acknowledged {
        let rows: i64 = statement
            .query_row([id.as_bytes().as_slice()], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 1, "event {id} was answered with 200");
    }
}

fn one_document_a_call(dir: &Path) {
    let desk = open(&dir.join("desk.db"));
    let count = |sql: &str| desk.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let documents = count("SELECT count(*) FROM document");
    assert_eq!(documents, count("SELECT count(DISTINCT call_id) FROM document"));
    assert_eq!(documents, count("SELECT max(id) FROM document"), "numbers have no gaps");
}
