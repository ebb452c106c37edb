//! A failed sync and its consequences: nothing was acknowledged, and once the ledger was read anew every reader gets
//! what is stored.

use crate::disk::Disk;
use crate::xml::Xml;
use crate::{ABONENT, Scene, stored, until};
use perezvon_relay::WalSync;
use reqwest::Method;
use reqwest_websocket::{Message, Upgrade as _, WebSocket};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A relay whose syncs fail while the flag is set.
async fn breakable() -> (Scene, Arc<AtomicBool>) {
    let (disk, broken) = (Disk::insert(), Arc::new(AtomicBool::new(false)));
    let scene = Scene::new(|data| disk.wal_sync_that_fails(data, broken.clone())).await;
    (scene, broken)
}

/// Posts an event until it is acknowledged.
async fn post_until_taken(scene: &Scene, event: &Xml) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    until("the event is taken", async || {
        let answer = client.post(scene.url()).body(event.text()).send().await.unwrap();
        answer.status() == 200
    })
    .await;
    scene.answered.lock().unwrap().insert(event.event_id.clone());
}

async fn feed(scene: &Scene, after: i64) -> WebSocket {
    let request = scene.api(Method::GET, &format!("/v1/feed?after={after}"));
    request.upgrade().send().await.unwrap().into_websocket().await.unwrap()
}

/// The next snapshot, or the code with which the feed ends.
async fn next(socket: &mut WebSocket) -> Result<Value, u16> {
    use futures_util::StreamExt as _;
    loop {
        let message = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
        match message.expect("something comes in time") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close { code, .. })) => return Err(code.into()),
            Some(Ok(_)) => {}
            other => panic!("the feed ended without a word: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_it_fails_and_the_relay_goes_on_by_itself() {
    let (scene, broken) = breakable().await;
    assert_eq!(scene.post(8).await, 8, "all is well at first");
    broken.store(true, Ordering::SeqCst);
    assert_eq!(
        scene.post(16).await,
        0,
        "nothing is acknowledged that is not on the disk"
    );
    assert_eq!(scene.status("/v1/health").await, 503, "and health says so");
    broken.store(false, Ordering::SeqCst);
    let event = Xml::received(2_000, ABONENT);
    post_until_taken(&scene, &event).await;
    assert!(stored(&scene.file()).contains(&event.event_id));
    let lost = scene.lost(Disk::insert(), 1);
    assert!(lost.is_empty(), "also behind what the disk dropped: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_after_it_is_told_to_everybody() {
    let (scene, broken) = breakable().await;
    assert_eq!(scene.post(8).await, 8);
    let mut reader = feed(&scene, 0).await;
    let mut cursor = 0;
    for _ in 0..8 {
        cursor = next(&mut reader).await.unwrap()["version"].as_i64().unwrap();
    }
    broken.store(true, Ordering::SeqCst);
    let change = scene
        .api(Method::PUT, "/v1/settings")
        .json(&json!({ "graceMs": 12_000 }));
    assert_eq!(
        change.send().await.unwrap().status(),
        503,
        "the change is not acknowledged"
    );
    assert_eq!(scene.post(8).await, 0, "nor are events");
    broken.store(false, Ordering::SeqCst);
    // Nothing is sent to the writer from here on: it recovers by itself.
    until("health is well again", async || scene.status("/v1/health").await == 200).await;
    assert_eq!(
        scene.get("/v1/settings").await["settings"]["graceMs"],
        12_000,
        "the settings that stand are in force"
    );
    assert_eq!(
        next(&mut reader).await,
        Err(1013),
        "the reader must come back with its cursor"
    );
    let changes = scene.get(&format!("/v1/changes?after={cursor}")).await;
    let missed = changes["calls"].as_array().unwrap();
    assert!(!missed.is_empty(), "calls that stand are told: {changes}");
    let mut again = feed(&scene, cursor).await;
    assert_eq!(
        next(&mut again).await.unwrap()["version"],
        missed[0]["version"],
        "to the feed too, with nobody posting anything"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_an_older_state_keeps_the_relay_from_going_on() {
    let (scene, broken) = breakable().await;
    assert_eq!(scene.post(8).await, 8);
    let reader = Connection::open(scene.file()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let before: i64 = reader
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .unwrap();
    assert_eq!(before, 8);
    broken.store(true, Ordering::SeqCst);
    assert_eq!(scene.post(8).await, 0);
    broken.store(false, Ordering::SeqCst);
    assert_eq!(
        scene.post(8).await,
        0,
        "while the log cannot be moved, nothing can be stored behind what the disk dropped"
    );
    drop(reader);
    post_until_taken(&scene, &Xml::received(3_000, ABONENT)).await;
    let lost = scene.lost(Disk::insert(), 1);
    assert!(lost.is_empty(), "what was answered afterwards is on the disk: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_syncs_end_for_good_starts_anew() {
    let panics = Arc::new(AtomicBool::new(false));
    let once = panics.clone();
    let scene = Scene::new(|_| {
        WalSync::new(move |file| {
            assert!(!once.swap(false, Ordering::SeqCst), "a fault of the test");
            file.sync_data()
        })
    })
    .await;
    assert_eq!(scene.post(8).await, 8);
    panics.store(true, Ordering::SeqCst);
    post_until_taken(&scene, &Xml::received(4_000, ABONENT)).await;
    until("health is well", async || scene.status("/v1/health").await == 200).await;
    assert_eq!(scene.post(8).await, 8, "as before");
}
