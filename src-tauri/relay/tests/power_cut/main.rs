//! Invariant 1 against a power cut, which SIGKILL does not test: on a disk that loses what was not synced, every
//! event that was answered 200 is stored afterwards, checkpoints included; and the test detects a relay that does not
//! sync.
#![allow(clippy::unwrap_used)]

#[path = "../it/common/xml.rs"]
mod xml;

mod disk;
mod failed_sync;
mod start;

use disk::Disk;
use perezvon_relay::{Options, Relay, WalSync};
use reqwest::{Method, RequestBuilder};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use xml::Xml;

const ABONENT: &str = "9000000001@mpbx.sip.beeline.ru";

/// A relay on such a disk, and what it has acknowledged.
struct Scene {
    relay: Relay,
    dir: tempfile::TempDir,
    answered: Arc<Mutex<BTreeSet<String>>>,
    next: AtomicU64,
}

impl Scene {
    async fn new(sync: impl FnOnce(&Path) -> WalSync) -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), sync).await
    }

    async fn in_dir(dir: tempfile::TempDir, sync: impl FnOnce(&Path) -> WalSync) -> Self {
        let data = dir.path().join("data");
        let mut options = Options::new(&data);
        options.public_url = Some("https://relay.example.ru".parse().unwrap());
        options.timing.restart_pause = Duration::from_millis(20);
        options.wal_sync = sync(&data);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Relay::start(options, listener).await.unwrap();
        Self {
            relay,
            dir,
            answered: Arc::default(),
            next: AtomicU64::new(1),
        }
    }

    fn url(&self) -> String {
        format!(
            "http://{}/xsi/{}/null",
            self.relay.addr(),
            self.relay.callback_secret().reveal()
        )
    }

    /// Posts `count` events, eight at a time; returns how many were acknowledged.
    async fn post(&self, count: usize) -> usize {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let posters: Vec<_> = (0..8)
            .map(|_| {
                let events: Vec<Xml> = (0..count / 8)
                    .map(|_| Xml::received(self.next.fetch_add(1, Ordering::Relaxed), ABONENT))
                    .collect();
                let (client, url, answered) = (client.clone(), self.url(), self.answered.clone());
                let acknowledged = acknowledged.clone();
                tokio::spawn(async move {
                    for event in events {
                        let answer = client.post(&url).body(event.text()).send().await.unwrap();
                        if answer.status() == 200 {
                            answered.lock().unwrap().insert(event.event_id);
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        for poster in posters {
            poster.await.unwrap();
        }
        acknowledged.load(Ordering::Relaxed)
    }

    /// The database file.
    fn file(&self) -> PathBuf {
        self.dir.path().join("data/relay.db")
    }

    fn api(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.relay.addr());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.request(method, url).bearer_auth(self.relay.local_key().reveal())
    }

    async fn status(&self, path: &str) -> u16 {
        self.api(Method::GET, path).send().await.unwrap().status().as_u16()
    }

    async fn get(&self, path: &str) -> Value {
        self.api(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    /// The acknowledged events that are missing after a power cut now.
    fn lost(&self, disk: &Disk, cut: u64) -> Vec<String> {
        // What was acknowledged before the cut; the disk goes on meanwhile.
        let answered = self.answered.lock().unwrap().clone();
        let image = self.dir.path().join(format!("cut-{cut}"));
        let mut random = cut.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        disk.after_power_cut(&self.dir.path().join("data"), &image, || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random.is_multiple_of(2)
        });
        let stored = stored(&image.join("relay.db"));
        answered.difference(&stored).cloned().collect()
    }
}

/// Waits until the condition holds.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let all = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), all).await;
    assert!(ended.is_ok(), "not in time: {what}");
}

/// Ids of the events in a database, which must be undamaged.
fn stored(file: &Path) -> BTreeSet<String> {
    let connection = Connection::open(file).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok", "the database is whole after a power cut");
    // Before the first answer even the tables may be missing.
    let Ok(mut statement) = connection.prepare("SELECT event_id FROM events") else {
        return BTreeSet::new();
    };
    let ids = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    ids.map(|id| uuid::Uuid::from_slice(&id.unwrap()).unwrap().to_string())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_power_cut_at_any_moment() {
    let disk = Disk::insert();
    let scene = Arc::new(Scene::new(|data| disk.wal_sync(data)).await);
    let done = Arc::new(AtomicBool::new(false));
    let posting = {
        let (scene, done) = (scene.clone(), done.clone());
        tokio::spawn(async move {
            // Enough pages for checkpoints to run meanwhile.
            let acknowledged = scene.post(6_000).await;
            done.store(true, Ordering::Relaxed);
            acknowledged
        })
    };
    let mut cuts = 0;
    while !done.load(Ordering::Relaxed) {
        cuts += 1;
        let lost = tokio::task::block_in_place(|| scene.lost(disk, cuts));
        assert!(
            lost.is_empty(),
            "cut {cuts}: answered 200 and not on the disk: {lost:?}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(posting.await.unwrap(), 6_000, "all were acknowledged");
    assert!(cuts > 5, "the power was cut {cuts} times");
    let lost = scene.lost(disk, cuts + 1);
    assert!(lost.is_empty(), "and at the end: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_does_not_sync_is_found_out() {
    let disk = Disk::insert();
    let scene = Scene::new(|_| WalSync::new(|_| Ok(()))).await;
    assert_eq!(scene.post(80).await, 80);
    assert!(
        !scene.lost(disk, 1).is_empty(),
        "without syncs events are lost: the disk does forget"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sync_at_least_stands_before_each_answer() {
    let (syncs, dir) = (Arc::new(AtomicUsize::new(0)), tempfile::tempdir().unwrap());
    let counted = syncs.clone();
    let scene = Scene::new(|_| {
        WalSync::new(move |file| {
            counted.fetch_add(1, Ordering::SeqCst);
            file.sync_data()
        })
    })
    .await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for n in 0..10 {
        let before = syncs.load(Ordering::SeqCst);
        let event = Xml::received(1_000 + n, ABONENT);
        let answer = client.post(scene.url()).body(event.text()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(
            syncs.load(Ordering::SeqCst) > before,
            "event {n} was answered without a sync"
        );
    }
    drop(dir);
}
