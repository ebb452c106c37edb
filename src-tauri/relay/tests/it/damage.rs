//! Rows of calls that cannot be read: everything else goes on, and the call is rebuilt from its events.

use crate::common::{beside, support, truth, xml};
use serde_json::{Value, json};
use std::path::Path;
use support::{IVANOV, PETROV, Served, until};
use xml::Xml;

/// A text that is not a call's state, with a number that must not be shown.
const BAD: &str = r#"{"key":"+79000000099""#;

fn damage(dir: &Path, key: &str) {
    let connection = rusqlite::Connection::open(dir.join("relay.db")).unwrap();
    let sql = "UPDATE calls SET state = ?2 WHERE key = ?1";
    assert_eq!(connection.execute(sql, [key, BAD]).unwrap(), 1, "the call of {key}");
}

async fn ids(served: &Served, path: &str) -> Vec<Value> {
    let told = served.get(path).await;
    let calls = told["calls"].as_array().unwrap().iter();
    calls.map(|call| call["id"].clone()).collect()
}

async fn aside(served: &Served) -> Value {
    served.get("/v1/health").await["callsAside"].clone()
}

#[tokio::test]
async fn a_damaged_call_fails_nothing_and_comes_back_with_its_next_event() {
    let served = support::start().await;
    for n in 1..=5 {
        let call = Xml::received(n, IVANOV);
        for step in [call.text(), call.answered().text(), call.released().text()] {
            assert_eq!(served.post_event(step).await, 200);
        }
    }
    let before = served.get("/v1/calls").await["calls"].clone();
    assert_eq!(before.as_array().unwrap().len(), 5);
    let dir = served.stop().await;
    damage(dir.path(), "3:1");
    let served = support::start_in(dir, |_| {}).await;
    let all: Vec<Value> = before.as_array().unwrap().iter().map(|c| c["id"].clone()).collect();
    let damaged = all[2].clone();
    let others: Vec<Value> = all.iter().filter(|id| **id != damaged).cloned().collect();
    assert_eq!(ids(&served, "/v1/calls").await, others, "the journal has the others");
    let user = served.add_user(IVANOV).await;
    let own = served
        .send(reqwest::Method::GET, "/v1/calls", Some(&user), None)
        .await
        .json::<Value>()
        .await
        .unwrap();
    assert_eq!(own["calls"].as_array().unwrap().len(), 4, "the user's too: {own}");
    // Pages of two continue after the row: none of them is short before the end.
    let mut paged = Vec::new();
    let mut after = 0;
    loop {
        let page = served.get(&format!("/v1/changes?after={after}&limit=2")).await;
        paged.extend(page["calls"].as_array().unwrap().iter().map(|c| c["id"].clone()));
        after = page["after"].as_i64().unwrap();
        if page["more"] == json!(false) {
            break;
        }
    }
    assert_eq!(paged.len(), 4, "the log of changes has the others");
    let call = format!("/v1/calls/{}", damaged.as_str().unwrap());
    let answer = served
        .send(reqwest::Method::GET, &call, Some(&served.admin()), None)
        .await;
    assert_eq!(answer.status(), 404, "it is not there for the moment");

    // One batch with an event of the damaged call and one of another: both are stored.
    let next = Xml {
        event_id: "e0000000-0000-4000-8000-00000000fff0".to_owned(),
        leg: "callhalf-4799999:0".to_owned(),
        target: Some(PETROV.to_owned()),
        ..Xml::received(3, PETROV)
    };
    let (one, other) = tokio::join!(
        served.post_event(next.text()),
        served.post_event(Xml::received(6, IVANOV).text())
    );
    assert_eq!((one.as_u16(), other.as_u16()), (200, 200), "both events are stored");
    let told = served.get(&call).await;
    assert_eq!(told["id"], damaged, "the same call, under its id");
    let text = told.to_string();
    assert!(
        text.contains(IVANOV) && text.contains(PETROV),
        "with what was known before and what is new: {told}"
    );
    assert_eq!(aside(&served).await, 1, "the row is kept aside");
    assert_eq!(ids(&served, "/v1/calls").await.len(), 6, "the journal is whole again");
    let dir = served.stop().await;
    let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    let (state, reason): (String, String) = connection
        .query_row("SELECT state, reason FROM calls_aside", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(state, BAD, "what was in the row can be looked at");
    assert!(!reason.contains("9000000"), "the reason quotes nothing: {reason}");
}

#[tokio::test]
async fn open_calls_that_are_damaged_are_built_anew_at_the_start() {
    let served = support::start().await;
    for n in 1..=3 {
        assert_eq!(served.post_event(Xml::received(n, IVANOV).text()).await, 200);
    }
    let before = served.get("/v1/calls").await;
    let ringing = |told: &Value| -> Vec<(Value, Value)> {
        let calls = told["calls"].as_array().unwrap().iter();
        calls.map(|c| (c["id"].clone(), c["outcome"].clone())).collect()
    };
    let known = ringing(&before);
    let dir = served.stop().await;
    damage(dir.path(), "1:1");
    damage(dir.path(), "2:1");
    {
        // Nothing is left of the third.
        damage(dir.path(), "3:1");
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        let sql = "DELETE FROM events WHERE call_key = '3:1'";
        assert_eq!(connection.execute(sql, []).unwrap(), 1);
    }
    let served = support::start_in(dir, |_| {}).await;
    until("the rows are aside", || async {
        (aside(&served).await == 3).then_some(())
    })
    .await;
    let now = ringing(&served.get("/v1/calls").await);
    assert_eq!(
        now,
        known[1..],
        "two are as they were, in their places; the third is lost"
    );
    assert_eq!(served.post_event(Xml::received(1, IVANOV).released().text()).await, 200);
    let ended = served.get("/v1/calls").await["calls"][1]["outcome"].clone();
    assert_ne!(ended, known[2].1, "and go on");
    served.relay.shutdown().await;
}

/// A call without the fields that every change of it changes.
fn content(mut call: Value) -> Value {
    let map = call.as_object_mut().unwrap();
    map.remove("version");
    map.remove("updatedAt");
    call
}

async fn told(served: &Served) -> Vec<Value> {
    let calls = served.get("/v1/calls?limit=100").await["calls"].clone();
    calls.as_array().unwrap().iter().cloned().map(content).collect()
}

/// Plays the scripts, then damages one call after the other; the shown calls stay the same.
async fn come_back_whole(scripts: &[&str], lists: bool) -> Vec<Value> {
    let sim = beside::sim(|options| options.record_delay = std::time::Duration::ZERO).await;
    if !lists {
        for path in ["records", "statistics", "v2/statistics"] {
            sim.faults().path(path, perezvon_sim::FaultKind::Error500, None);
        }
    }
    let quick = |options: &mut perezvon_relay::Options| {
        options.timing.import_second = std::time::Duration::from_millis(10);
        options.timing.import_pause = std::time::Duration::from_millis(1);
    };
    let mut served = beside::beside(&sim, beside::dir(), true, quick).await;
    for script in scripts {
        sim.play_through(script, perezvon_sim::Args::default()).await.unwrap();
    }
    if lists {
        truth::agrees(&served, &sim).await;
        truth::imported(&served).await;
    }
    let before = told(&served).await;
    for (n, call) in before.iter().enumerate() {
        let dir = served.stop().await;
        damage(dir.path(), call["trackingId"].as_str().unwrap());
        served = beside::beside(&sim, dir, false, quick).await;
        let id = call["id"].as_str().unwrap();
        // One of the call's events makes the writer read the row, if the lists have not.
        let events = served.get(&format!("/v1/events?call={id}")).await["events"].clone();
        let replay = format!("/v1/events/{}/replay", events[0]["seq"]);
        let answer = served
            .send(reqwest::Method::POST, &replay, Some(&served.admin()), None)
            .await;
        assert_eq!(answer.status(), 200, "it can be replayed");
        assert_eq!(aside(&served).await, n + 1, "the row was put aside");
        assert_eq!(told(&served).await, before, "all is as it was: {id}");
        let legs = call["legs"].as_array().unwrap();
        for abonent in legs.iter().filter_map(|leg| leg["abonent"].as_str()) {
            let own = served.get(&format!("/v1/calls?limit=100&abonent={abonent}")).await;
            let own = own["calls"].as_array().unwrap().iter();
            let system = legs
                .iter()
                .any(|leg| leg["abonent"] == *abonent && leg["system"] == true);
            let wanted = usize::from(!system);
            assert_eq!(
                own.filter(|other| other["id"] == *id).count(),
                wanted,
                "{abonent} has it"
            );
        }
    }
    served.relay.shutdown().await;
    sim.shutdown().await;
    before
}

#[tokio::test]
async fn damaged_calls_that_belong_together_come_back_whole() {
    let scripts = ["consultative-transfer", "blind-transfer", "forward-no-answer"];
    let calls = come_back_whole(&scripts, false).await;
    let linked = calls.iter().filter(|call| call["linked"][0].is_string()).count();
    assert!(linked >= 2, "some belong together: {calls:?}");
}

#[tokio::test]
async fn damaged_calls_come_back_with_their_lines_and_recordings() {
    let scripts = [
        "incoming-answered",
        "group-answered",
        "callcentre",
        "internal",
        "click-to-call",
    ];
    let calls = come_back_whole(&scripts, true).await;
    let recorded = calls
        .iter()
        .filter(|call| call["recording"]["state"] == "ready")
        .count();
    assert!(recorded >= 2, "some are recorded: {calls:?}");
}

#[tokio::test]
async fn damaged_lines_of_the_statistics_fail_nothing_and_are_listed_anew() {
    let sim = beside::sim(|options| options.record_delay = std::time::Duration::ZERO).await;
    let quick = |options: &mut perezvon_relay::Options| {
        options.timing.import_second = std::time::Duration::from_millis(10);
        options.timing.import_pause = std::time::Duration::from_millis(1);
    };
    let served = beside::beside(&sim, beside::dir(), true, quick).await;
    for script in ["group-missed", "incoming-answered", "internal"] {
        sim.play_through(script, perezvon_sim::Args::default()).await.unwrap();
    }
    truth::agrees(&served, &sim).await;
    // Nothing more is to come that would change a call.
    truth::imported(&served).await;
    let before = told(&served).await;
    let dir = served.stop().await;
    let lines = {
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        connection
            .execute("UPDATE statistics_lines SET line = ?1", [BAD])
            .unwrap()
    };
    assert!(lines > 3, "there are some: {lines}");
    let served = beside::beside(&sim, dir, true, quick).await;
    sim.play_through("group-missed", perezvon_sim::Args::default())
        .await
        .unwrap();
    truth::agrees(&served, &sim).await;
    until("all are aside", || async {
        (served.get("/v1/health").await["linesAside"] == lines).then_some(())
    })
    .await;
    let now = told(&served).await;
    assert_eq!(now[now.len() - before.len()..], before, "the calls are as they were");
    served.relay.shutdown().await;
    sim.shutdown().await;
}
