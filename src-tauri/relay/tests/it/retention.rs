//! Retention: old rows are deleted, needed ones stay.

use crate::common::{support, xml};
use serde_json::json;
use std::path::Path;
use support::{IVANOV, start, start_in, until};
use xml::Xml;

/// Makes everything this many days older, directly in the file.
fn age(dir: &Path, days: i64) {
    let connection = rusqlite::Connection::open(dir.join("relay.db")).unwrap();
    let ms = days * 86_400_000;
    for sql in [
        "UPDATE events SET received_at = received_at - ?1",
        "UPDATE exchanges SET at = at - ?1",
        "UPDATE calls SET started_at = unixepoch() * 1000 - ?1",
    ] {
        connection.execute(sql, [ms]).unwrap();
    }
}

fn seqs(page: &serde_json::Value) -> Vec<i64> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn old_events_and_requests_go_and_those_of_open_calls_stay() {
    let served = start().await;
    let (over, open) = (Xml::received(1, IVANOV), Xml::received(2, IVANOV));
    for xml in [&over, &over.released(), &open] {
        served.post_event(xml.text()).await;
    }
    served.post_event("nonsense").await;
    let calls = served.get("/v1/calls").await;
    let dir = served.stop().await;
    {
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        let insert = "INSERT INTO exchanges (at, method, path, ms) VALUES (unixepoch() * 1000, 'GET', 'abonents', 1)";
        for _ in 0..1200 {
            connection.execute(insert, []).unwrap();
        }
    }
    age(dir.path(), 89);
    let served = start_in(dir, |_| {}).await;
    until("the first run, which forgets requests only", || async {
        let audit = served.get("/v1/audit?what=retention_ran").await;
        let ran = audit["entries"][0]["detail"].clone();
        (ran == json!({ "events": 0, "requests": 1200, "calls": 0 })).then_some(())
    })
    .await;
    assert_eq!(
        served.get("/v1/exchanges").await["exchanges"],
        json!([]),
        "more than one step's worth"
    );
    assert_eq!(
        seqs(&served.get("/v1/events").await),
        [4, 3, 2, 1],
        "events are kept longer"
    );
    let dir = served.stop().await;
    age(dir.path(), 2);
    let served = start_in(dir, |_| {}).await;
    until("the run of the next start", || async {
        let audit = served.get("/v1/audit?what=retention_ran").await;
        (audit["entries"][0]["detail"]["events"] == 2).then_some(())
    })
    .await;
    assert_eq!(
        seqs(&served.get("/v1/events").await),
        [4, 3],
        "the open call keeps its event, and the last number is not given out again"
    );
    assert_eq!(
        served.get("/v1/calls").await["calls"].as_array().unwrap().len(),
        2,
        "calls are kept for ever"
    );
    // The PBX sends a deleted event once more: it becomes a row again, and changes nothing in its call.
    let version = served.newest().await;
    served.post_event(over.released().text()).await;
    assert_eq!(served.newest().await, version, "the call knows it");
    assert_eq!(served.get("/v1/calls").await, calls, "and is as it was");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_oldest_events_go_when_all_take_too_much_and_old_calls_where_that_is_set() {
    let served = start().await;
    for n in 1..=3 {
        served.post_event(Xml::received(n, IVANOV).text()).await;
        served.post_event(Xml::received(n, IVANOV).released().text()).await;
    }
    served.post_event(Xml::received(4, IVANOV).text()).await;
    let set = json!({ "keepEventsMb": 16, "keepCallsDays": 10 });
    let answer = served
        .send(reqwest::Method::PUT, "/v1/settings", Some(&served.admin()), Some(set))
        .await;
    assert_eq!(answer.status(), 200, "the settings are taken");
    for wrong in [
        json!({ "keepEventsMb": 15 }),
        json!({ "keepEventsDays": 0 }),
        json!({ "keepCallsDays": -1 }),
    ] {
        let answer = served
            .send(
                reqwest::Method::PUT,
                "/v1/settings",
                Some(&served.admin()),
                Some(wrong.clone()),
            )
            .await;
        assert_eq!(answer.status(), 400, "out of bounds: {wrong}");
    }
    let dir = served.stop().await;
    {
        let mut connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        let transaction = connection.transaction().unwrap();
        for _ in 0..20_000 {
            let insert = "INSERT INTO events (received_at, kind, raw) VALUES (unixepoch() * 1000, '', zeroblob(1024))";
            transaction.execute(insert, []).unwrap();
        }
        // Two of the calls began long ago; one of them has not ended.
        transaction
            .execute(
                "UPDATE calls SET started_at = unixepoch() * 1000 - (11 * 86400000) WHERE key IN ('1:1', '4:1')",
                [],
            )
            .unwrap();
        transaction
            .execute(
                "UPDATE calls SET started_at = unixepoch() * 1000 WHERE key IN ('2:1', '3:1')",
                [],
            )
            .unwrap();
        transaction.commit().unwrap();
    }
    let served = start_in(dir, |_| {}).await;
    let ran = until("the run after the start", || async {
        let audit = served.get("/v1/audit?what=retention_ran").await;
        let ran = audit["entries"][0]["detail"].clone();
        ran.is_object().then_some(ran)
    })
    .await;
    // 16 MiB hold 16,384 of the 20,000; the open call's event is older and stays.
    assert_eq!(ran, json!({ "events": 20_000 - 16_384 + 6, "requests": 0, "calls": 1 }));
    let keys: Vec<_> = served.get("/v1/calls").await["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["trackingId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys, ["3:1", "2:1", "4:1"], "the old call that is over is forgotten");
    assert_eq!(
        seqs(&served.get("/v1/events?call=4:1").await).len(),
        1,
        "with the open one's event"
    );
    served.relay.shutdown().await;
}
