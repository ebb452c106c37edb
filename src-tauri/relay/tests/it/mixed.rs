//! Events and the import at the same time: whichever reports a call first, it is one call (issue 3, item 8).

use crate::common::{beside, support, truth, xml};
use beside::{HOUR, abonents, beside, dir, plays, sim};
use perezvon_sim::Cue;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{IVANOV, PETROV, Served, start_with, until};
use tokio::task::JoinHandle;
use truth::{agrees, journal};
use xml::Xml;

/// Calls of many parts, whose lines move from one call to another as more becomes known.
const SCRIPTS: &[&str] = &[
    "group-answered",
    "callcentre",
    "incoming-missed",
    "group-missed",
    "internal",
    "callcentre-missed",
    "multichannel",
    "blind-transfer",
    "outgoing-answered",
    "forward-no-answer",
    "hidden-number",
    "internal-missed",
];

fn calls(count: usize) -> Vec<Cue> {
    plays(SCRIPTS.iter().cycle().take(count), 50_000)
}

/// What a reader of the feed knows: the ids of the calls.
struct Mirror {
    abonent: Option<String>,
    ids: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

async fn follow(served: &Served, abonent: Option<&str>) -> Mirror {
    let key = match abonent {
        Some(abonent) => served.add_user(abonent).await,
        None => served.admin(),
    };
    let (mut feed, _) = served.feed(&key, "after=0").await;
    let ids: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let known = ids.clone();
    let task = tokio::spawn(async move {
        use futures_util::StreamExt as _;
        while let Some(Ok(message)) = feed.next().await {
            let reqwest_websocket::Message::Text(text) = message else {
                continue;
            };
            let snapshot: Value = serde_json::from_str(&text).unwrap();
            let id = snapshot["id"].as_str().unwrap().to_owned();
            if snapshot["supersededBy"].is_string() {
                known.lock().unwrap().remove(&id);
            } else {
                known.lock().unwrap().insert(id);
            }
        }
    });
    Mirror {
        abonent: abonent.map(str::to_owned),
        ids,
        task,
    }
}

async fn ids(served: &Served, abonent: Option<&str>) -> BTreeSet<String> {
    let calls = journal(served, abonent).await;
    calls
        .iter()
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Every reader of the feed has exactly the calls of the journal, and no reference to a superseded call.
async fn nothing_is_left(served: &Served, mirrors: &[Mirror]) {
    for mirror in mirrors {
        let wanted = ids(served, mirror.abonent.as_deref()).await;
        until("the mirror is the journal", || async {
            (*mirror.ids.lock().unwrap() == wanted).then_some(())
        })
        .await;
    }
    let all = ids(served, None).await;
    for mirror in mirrors {
        assert!(
            ids(served, mirror.abonent.as_deref()).await.is_subset(&all),
            "{:?} sees a call that is none",
            mirror.abonent
        );
    }
    let mut cursor = String::new();
    loop {
        let page = served.get(&format!("/v1/recordings?limit=200{cursor}")).await;
        for recording in page["recordings"].as_array().unwrap() {
            let call = recording["callId"].as_str().unwrap();
            assert!(all.contains(call), "of a call that is none: {recording}");
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_amid_events_makes_each_call_once() {
    let now = chrono::Utc::now().timestamp_millis();
    let sim = sim(|options| {
        options.base_time = Some(now - 2 * HOUR);
        options.speed = 2_000_000.0;
        options.record_delay = Duration::ZERO;
        options.lanes = 4;
    })
    .await;
    let served = beside(&sim, dir(), true, |options| {
        // The importer runs as often as it can.
        options.timing.import_second = Duration::from_micros(100);
        options.timing.import_pause = Duration::from_millis(1);
        options.policy = Some(perezvon_relay::Policy {
            grace_ms: 200,
            ring_lost_ms: 500,
            talk_lost_ms: 500,
        });
    })
    .await;
    let mut mirrors = vec![follow(&served, None).await];
    for abonent in abonents(&sim) {
        mirrors.push(follow(&served, Some(&abonent)).await);
    }
    for _ in 0..2 {
        let played = sim.play_all(&calls(60)).unwrap();
        sim.finished(played.id).await;
        agrees(&served, &sim).await;
        nothing_is_left(&served, &mirrors).await;
    }
    for mirror in mirrors {
        mirror.task.abort();
    }
    served.relay.shutdown().await;
    sim.shutdown().await;
}

/// A PBX that lists one line: Petrov's phone passed a call of +79000000099 on.
async fn with_one_line() -> std::net::SocketAddr {
    use axum::extract::Query;
    use axum::routing::get;
    use axum::{Json, Router};
    let line = json!({
        "startDate": 1_759_999_990_000_i64, "abonent": { "userId": PETROV }, "direction": "INBOUND",
        "status": "REDIRECTED", "duration": 0, "phone_from": "79000000099", "phone_to": "79000000050",
    });
    let lines = |Query(query): Query<std::collections::HashMap<String, String>>| async move {
        let lines = if query["page"] == "0" { json!([line]) } else { json!([]) };
        Json(lines)
    };
    let app = Router::new()
        .route(
            "/abonents",
            get(|| async { Json(json!([{ "userId": IVANOV }, { "userId": PETROV }])) }),
        )
        .route("/numbers", get(|| async { Json(json!([])) }))
        .route("/records", get(|| async { Json(json!([])) }))
        .route("/v2/statistics", get(lines));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    addr
}

#[tokio::test]
async fn a_call_that_is_no_more_an_abonents_leaves_his_journal_and_his_desk() {
    let pbx = with_one_line().await;
    let served = start_with(|options| {
        options.pbx_url = format!("http://{pbx}/").parse().unwrap();
        options.token = Some(perezvon_relay::Token::parse("t").unwrap());
        options.timing.import_second = Duration::from_millis(1);
        options.timing.import_pause = Duration::from_millis(1);
    })
    .await;
    let mirror = follow(&served, Some(PETROV)).await;
    // Ivanov talks with the caller whom Petrov's phone forwarded ten seconds before, as far as is known.
    let talk = Xml::received(1, IVANOV);
    for step in [talk.text(), talk.answered().text(), talk.released().text()] {
        assert_eq!(served.post_event(step).await, 200);
    }
    let first = until("the line joins the call", || async {
        let calls = served.get("/v1/calls").await["calls"].clone();
        let own = ids(&served, Some(PETROV)).await;
        (calls.as_array().unwrap().len() == 1 && own.len() == 1).then_some(own)
    })
    .await;
    until("Petrov's desk has it", || async {
        (*mirror.ids.lock().unwrap() == first).then_some(())
    })
    .await;
    // The line's real call is reported late.
    let early = |text: String| text.replace("startTime>1760000000000", "startTime>1759999990000");
    let own = Xml::received(2, PETROV);
    for step in [own.text(), own.released().text()] {
        assert_eq!(served.post_event(early(step)).await, 200);
    }
    let second = until("the line goes over", || async {
        let own = ids(&served, Some(PETROV)).await;
        (own.len() == 1 && own != first).then_some(own)
    })
    .await;
    until("Petrov's desk drops the other", || async {
        (*mirror.ids.lock().unwrap() == second).then_some(())
    })
    .await;
    assert_eq!(ids(&served, Some(IVANOV)).await, first, "Ivanov keeps his");
    assert_eq!(ids(&served, None).await.len(), 2, "there are two calls");
    let key = served.add_user(PETROV).await;
    let path = format!("/v1/calls/{}", first.first().unwrap());
    let answer = served.send(reqwest::Method::GET, &path, Some(&key), None).await;
    assert_eq!(answer.status(), 404, "he cannot ask for it either");
    // A reader that was away during the change gets it as well.
    let newly = follow(&served, Some(PETROV)).await;
    until("a later desk has the same", || async {
        (*newly.ids.lock().unwrap() == second).then_some(())
    })
    .await;
    served.relay.shutdown().await;
}
