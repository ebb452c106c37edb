//! Kill -9 of the real relay under load: everything that was answered 200 is in the ledger afterwards (invariant 1),
//! and the calls say what their events say (invariant 3).

use crate::common::{binary, xml};
use binary::{Serving, admin, callback_path, relay, text};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use xml::Xml;

const ROUNDS: u64 = 25;
const POSTERS: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_a_kill_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let data = binary::data_dir(&dir);
    let path = callback_path(&data);
    let next = Arc::new(AtomicU64::new(1));
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let mut version = 0;
    for round in 0..ROUNDS {
        let serving = Serving::start(&data);
        let url = serving.url(&path);
        // The moment varies: this many answers after the start, with other requests in flight.
        let taken = Arc::new(AtomicU64::new(0));
        let posters: Vec<_> = (0..POSTERS)
            .map(|_| tokio::spawn(post(url.clone(), next.clone(), taken.clone())))
            .collect();
        let deadline = Instant::now() + Duration::from_secs(20);
        while taken.load(Ordering::Relaxed) < 3 + round * 7 {
            assert!(Instant::now() < deadline, "round {round}: the relay takes events");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        serving.kill();
        for poster in posters {
            answered.extend(poster.await.unwrap());
        }
        let stored = stored(&data);
        let lost: Vec<_> = answered.difference(&stored).collect();
        assert!(
            lost.is_empty(),
            "round {round}: answered 200 and not in the ledger: {lost:?}"
        );
        version = calls_agree(&data, version, round).await;
    }
    assert!(answered.len() > 100, "the load was real: {} events", answered.len());
}

/// Posts calls, each ringing and then answered, until the relay is killed; returns the ids that were answered 200.
async fn post(url: String, next: Arc<AtomicU64>, all: Arc<AtomicU64>) -> Vec<String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let mut taken = Vec::new();
    loop {
        let rings = Xml::received(next.fetch_add(1, Ordering::Relaxed), "9000000001@mpbx.sip.beeline.ru");
        for event in [rings.answered(), rings] {
            match client.post(&url).body(event.text()).send().await {
                Ok(answer) if answer.status() == 200 => {
                    taken.push(event.event_id);
                    all.fetch_add(1, Ordering::Relaxed);
                }
                _ => return taken,
            }
        }
    }
}

fn stored(data: &Path) -> BTreeSet<String> {
    let journal = relay(&["events", "--data-dir", data.to_str().unwrap()]);
    assert!(
        journal.status.success(),
        "the journal can be read: {}",
        text(&journal.stderr)
    );
    let mut ids = BTreeSet::new();
    for line in text(&journal.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = row["eventId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id), "an event has one row: {row}");
    }
    ids
}

/// After a restart each call agrees with its stored events, and versions continue.
async fn calls_agree(data: &Path, before: i64, round: u64) -> i64 {
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let journal = relay(&["events", "--data-dir", data.to_str().unwrap()]);
    for line in text(&journal.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let call = row["callKey"].as_str().unwrap().to_owned();
        if row["kind"] == "CallAnsweredEvent" {
            answered.insert(call.clone());
        }
        known.insert(call);
    }
    let key = admin(data);
    let serving = Serving::start(data);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let (mut after, mut told) = (0, BTreeSet::new());
    loop {
        let url = serving.url(&format!("/v1/changes?after={after}"));
        let page: serde_json::Value = client
            .get(url)
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        for call in page["calls"].as_array().unwrap() {
            let id = call["trackingId"].as_str().unwrap();
            let wanted = if answered.contains(id) { "talking" } else { "ringing" };
            assert_eq!(
                call["outcome"], wanted,
                "round {round}: the call says what its events say: {call}"
            );
            assert!(told.insert(id.to_owned()), "one call, one row: {id}");
        }
        after = page["after"].as_i64().unwrap();
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(told, known, "round {round}: a call for each stored event and no other");
    assert!(
        after >= before,
        "round {round}: versions never go back: {after} after {before}"
    );
    after
}
