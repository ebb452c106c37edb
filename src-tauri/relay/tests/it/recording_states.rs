//! The states of a recording as calls and recordings show it, to its abonent and to an administrator: none, pending,
//! ready, gone (issue 3, item 3).

use crate::common::{beside, support};
use beside::{HOUR, beside, dir, sim};
use perezvon_sim::{Args, Sim};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Served, until};

/// A relay with events and short intervals between its readings of the lists; the PBX holds recordings back. The
/// calls were an hour ago, so that a gone recording differs from one that is not listed yet.
async fn scene() -> (Sim, Served) {
    let sim = sim(|options| {
        options.base_time = Some(chrono::Utc::now().timestamp_millis() - HOUR);
        options.speed = 2_000.0;
        options.record_delay = Duration::ZERO;
    })
    .await;
    sim.faults().change(|faults| faults.records_late = true);
    let served = beside(&sim, dir(), true, |options| {
        options.timing.import_second = Duration::from_micros(200);
        options.timing.import_pause = Duration::from_millis(1);
    })
    .await;
    (sim, served)
}

/// The first abonent whose calls are recorded, or are not.
fn abonent(sim: &Sim, recorded: bool) -> String {
    let abonents = &sim.options().company.abonents;
    let found = abonents.iter().find(|abonent| abonent.recording == recorded);
    found.unwrap().user_id.clone()
}

/// A reader of the calls: the states of the recording of the only call, as the feed showed them.
struct Reader {
    key: String,
    states: Arc<Mutex<Vec<String>>>,
}

impl Reader {
    async fn of(served: &Served, key: String) -> Self {
        let (mut feed, _) = served.feed(&key, "after=0").await;
        let states: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = states.clone();
        tokio::spawn(async move {
            use futures_util::StreamExt as _;
            while let Some(Ok(message)) = feed.next().await {
                let reqwest_websocket::Message::Text(text) = message else {
                    continue;
                };
                let snapshot: Value = serde_json::from_str(&text).unwrap();
                let state = snapshot["recording"]["state"].as_str().unwrap().to_owned();
                let mut seen = seen.lock().unwrap();
                if seen.last() != Some(&state) {
                    seen.push(state);
                }
            }
        });
        Self { key, states }
    }

    async fn ask(&self, served: &Served, path: &str) -> (StatusCode, Value) {
        let answer = served.send(Method::GET, path, Some(&self.key), None).await;
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Waits until the journal shows this state; returns the call.
    async fn sees(&self, served: &Served, state: &str) -> Value {
        until(state, || async {
            let (_, told) = self.ask(served, "/v1/calls").await;
            let call = told["calls"][0].clone();
            (call["recording"]["state"] == state && call["endedAt"].is_string()).then_some(call)
        })
        .await
    }
}

async fn readers(served: &Served, abonent: &str) -> [Reader; 2] {
    let user = served.add_user(abonent).await;
    [Reader::of(served, user).await, Reader::of(served, served.admin()).await]
}

async fn answered(sim: &Sim, who: &str) {
    let args = Args {
        abonent: Some(who.to_owned()),
        ..Args::default()
    };
    sim.play_through("incoming-answered", args).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_none_over_pending_and_ready_to_gone() {
    let (sim, served) = scene().await;
    let owner = abonent(&sim, true);
    let readers = readers(&served, &owner).await;
    let colleague = served.add_user(&abonent(&sim, false)).await;
    answered(&sim, &owner).await;
    for reader in &readers {
        let call = reader.sees(&served, "pending").await;
        assert!(call["recording"]["id"].is_null(), "nothing to fetch yet: {call}");
        let (_, list) = reader.ask(&served, "/v1/recordings").await;
        assert_eq!(list["recordings"].as_array().unwrap().len(), 0, "nor listed");
    }
    sim.release_late();
    let mut id = String::new();
    for reader in &readers {
        let call = reader.sees(&served, "ready").await;
        id = call["recording"]["id"].as_str().unwrap().to_owned();
        let (_, list) = reader.ask(&served, "/v1/recordings").await;
        let row = &list["recordings"][0];
        assert_eq!(
            (&row["id"], &row["state"], &row["callId"]),
            (&Value::from(id.clone()), &Value::from("ready"), &call["id"])
        );
        let audio = format!("/v1/recordings/{id}/audio");
        let answer = served.send(Method::GET, &audio, Some(&reader.key), None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.bytes().await.unwrap().is_empty(), "it can be heard");
    }
    let path = format!("/v1/recordings/{id}");
    let of_another = served.send(Method::GET, &path, Some(&colleague), None).await;
    assert_eq!(
        of_another.status(),
        StatusCode::NOT_FOUND,
        "a colleague knows nothing of it"
    );
    // It is deleted in the PBX's portal; it is noticed although no client asks for it.
    let at_the_pbx = format!("{}v2/records/{id}", sim.rest_url());
    let deleted = support::client()
        .delete(at_the_pbx)
        .header("X-MPBX-API-AUTH-TOKEN", sim.token());
    assert!(deleted.send().await.unwrap().status().is_success());
    for reader in &readers {
        let call = reader.sees(&served, "gone").await;
        assert_eq!(call["outcome"], "ended", "the call stays: {call}");
        let (status, row) = reader.ask(&served, &path).await;
        assert_eq!((status, &row["state"]), (StatusCode::OK, &Value::from("gone")));
        let audio = format!("{path}/audio");
        let (status, _) = reader.ask(&served, &audio).await;
        assert_eq!(status, StatusCode::GONE);
        until("the feed told each step", || async {
            (*reader.states.lock().unwrap() == ["none", "pending", "ready", "gone"]).then_some(())
        })
        .await;
    }
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_comes_is_none_and_what_comes_after_all_is_ready() {
    let (sim, served) = scene().await;
    // A line that comes in between would begin the wait anew.
    sim.faults().change(|faults| faults.statistics_late = true);
    let owner = abonent(&sim, true);
    let readers = readers(&served, &owner).await;
    answered(&sim, &owner).await;
    for reader in &readers {
        reader.sees(&served, "pending").await;
    }
    // As if the call had waited since yesterday.
    let connection = rusqlite::Connection::open(served.dir.path().join("relay.db")).unwrap();
    connection.busy_timeout(support::DEADLINE).unwrap();
    let day = "UPDATE calls SET awaits = awaits - 90000000 WHERE awaits IS NOT NULL";
    assert_eq!(connection.execute(day, []).unwrap(), 1);
    for reader in &readers {
        reader.sees(&served, "none").await;
    }
    sim.release_late();
    for reader in &readers {
        reader.sees(&served, "ready").await;
        until("the feed told each step", || async {
            (*reader.states.lock().unwrap() == ["none", "pending", "none", "ready"]).then_some(())
        })
        .await;
    }
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_service_or_a_conversation_there_is_none() {
    let (sim, served) = scene().await;
    sim.release_late();
    let (owner, other) = (abonent(&sim, true), abonent(&sim, false));
    let without = readers(&served, &other).await;
    answered(&sim, &other).await;
    for reader in &without {
        reader.sees(&served, "none").await;
    }
    let missed = Args {
        abonent: Some(owner.clone()),
        ..Args::default()
    };
    let owner = readers(&served, &owner).await;
    sim.play_through("incoming-missed", missed).await.unwrap();
    for reader in &owner {
        reader.sees(&served, "none").await;
    }
    for reader in without.iter().chain(&owner) {
        assert_eq!(*reader.states.lock().unwrap(), ["none"], "nothing was ever promised");
    }
    served.relay.shutdown().await;
    sim.shutdown().await;
}
