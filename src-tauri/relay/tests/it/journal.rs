//! The event journal: search, one event, replay, export.

use crate::common::{beside, binary, support, xml};
use beside::{beside, dir, sim};
use perezvon_core::Time;
use perezvon_sim::{Args, FaultKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use support::{IVANOV, PETROV, Served, start, start_in, until};
use xml::Xml;

fn rows<'a>(page: &'a Value, what: &str) -> &'a Vec<Value> {
    page[what].as_array().unwrap()
}

async fn replay(served: &Served, seq: &Value) -> Value {
    let path = format!("/v1/events/{seq}/replay");
    let answer = served.send(Method::POST, &path, Some(&served.admin()), None).await;
    assert_eq!(answer.status(), StatusCode::OK, "POST {path}");
    answer.json().await.unwrap()
}

type Query<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn an_event_is_found_by_whatever_one_knows_of_it() {
    let served = start().await;
    let ivanov = Xml::received(1, IVANOV);
    let petrov = Xml {
        address: Some("tel:+79000000077".to_owned()),
        subscription: "5d3b1f60-0000-4a00-8000-0000000000aa".to_owned(),
        ..Xml::received(2, PETROV)
    };
    for xml in [&ivanov, &ivanov.answered(), &ivanov.released(), &petrov] {
        served.post_event(xml.text()).await;
    }
    served.post_event("<a>50%_of</a>").await;
    let call = served.get("/v1/calls?abonent=9000000001@mpbx.sip.beeline.ru").await["calls"][0].clone();
    let id = call["id"].as_str().unwrap();
    let searches: &[(Query<'_>, &[i64])] = &[
        (&[], &[5, 4, 3, 2, 1]),
        (&[("q", "+79000000077")], &[4]),
        (&[("q", "8 (900) 000-00-77")], &[4]),
        (&[("q", "9000000002")], &[4]),
        (&[("q", "2:1")], &[4]),
        (&[("q", "callhalf-4700000002:0")], &[4]),
        (&[("q", "CALLHALF-4700000002")], &[4]),
        (&[("q", petrov.event_id.as_str())], &[4]),
        (&[("q", petrov.subscription.as_str())], &[4]),
        (&[("q", "CallAnsweredEvent")], &[2]),
        (&[("q", "50%_of")], &[5]),
        (&[("q", "50%of")], &[]),
        (&[("q", "%")], &[5]),
        (&[("kind", "CallReceivedEvent")], &[4, 1]),
        (&[("kind", "CallReceivedEvent"), ("q", "79000000099")], &[1]),
        (&[("unreadable", "1")], &[5]),
        (&[("unreadable", "1"), ("q", "of")], &[5]),
        (&[("unreadable", "1"), ("call", id)], &[]),
        (&[("call", id)], &[3, 2, 1]),
        (&[("call", "1:1")], &[3, 2, 1]),
        (&[("call", "9:1")], &[]),
        (&[("from", "2020-01-01T00:00:00Z")], &[5, 4, 3, 2, 1]),
        (&[("to", "2020-01-01T00:00:00Z")], &[]),
        (&[("from", "2100-01-01T00:00:00Z")], &[]),
    ];
    for (query, wanted) in searches {
        let page = served.found("/v1/events", query).await;
        let seqs: Vec<i64> = rows(&page, "events")
            .iter()
            .map(|e| e["seq"].as_i64().unwrap())
            .collect();
        assert_eq!(&seqs, wanted, "{query:?}");
        assert_eq!(page.get("cursor"), None, "{query:?}: and there is no more");
    }
    let reason = served.get("/v1/events?unreadable=1").await["events"][0]["error"].clone();
    let page = served.found("/v1/events", &[("q", reason.as_str().unwrap())]).await;
    assert_eq!(page["events"][0]["seq"], 5, "by the reason why it cannot be read");
    let first = &served.get("/v1/events").await["events"][4];
    assert_eq!(
        (&first["callId"], &first["callKey"]),
        (&call["id"], &json!("1:1")),
        "it names its call"
    );
    let middle = first["receivedAt"].as_str().unwrap();
    assert_eq!(
        rows(&served.found("/v1/events", &[("to", middle)]).await, "events").len(),
        0,
        "nothing was received before the first"
    );
    let one = served.get("/v1/events/1").await;
    assert_eq!(one["raw"], ivanov.text(), "one event with the text as posted");
    for none in ["/v1/events/99", "/v1/events/x"] {
        let answer = served.send(Method::GET, none, Some(&served.admin()), None).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{none}");
    }
    let long = "x".repeat(201);
    for wrong in [format!("q={long}"), "after=1".to_owned(), "from=yesterday".to_owned()] {
        let path = format!("/v1/events?{wrong}");
        let answer = served.send(Method::GET, &path, Some(&served.admin()), None).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    served.relay.shutdown().await;
}

/// Many rows of the last hours, one second apart, written directly into the file. Returns the time of number 0.
fn fill(dir: &Path, events: i64) -> Time {
    let start = Time::from_ms(chrono::Utc::now().timestamp_millis() - (events + 3600) * 1000);
    let mut connection = rusqlite::Connection::open(dir.join("relay.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    for n in 1..=events {
        transaction
            .execute(
                "INSERT INTO events (received_at, kind, raw) VALUES (?1, 'HookStatusEvent', ?2)",
                (start.plus(n * 1000).ms(), format!("<a n=\"{n};\"/>").into_bytes()),
            )
            .unwrap();
    }
    transaction.commit().unwrap();
    start
}

#[tokio::test]
async fn a_search_looks_at_a_bounded_part_at_a_time_and_says_where_to_go_on() {
    let dir = start().await.stop().await;
    let start = fill(dir.path(), 25_000);
    let served = start_in(dir, |_| {}).await;
    let page = served.found("/v1/events", &[("q", "n=\"3;")]).await;
    assert_eq!(page["events"], json!([]), "the newest 10,000 do not have it");
    let (mut seen, mut pages, mut cursor) = (Vec::new(), 1, page["cursor"].clone());
    while let Some(from) = cursor.as_i64() {
        let page = served
            .found("/v1/events", &[("q", "n=\"3;"), ("cursor", &from.to_string())])
            .await;
        seen.extend(rows(&page, "events").iter().map(|e| e["seq"].clone()));
        cursor = page["cursor"].clone();
        pages += 1;
    }
    assert_eq!((seen, pages), (vec![json!(3)], 3), "found where it is, in three steps");
    // Full pages follow each other without gaps and repeats.
    let mut numbers = Vec::new();
    let mut cursor = String::from("150");
    loop {
        let page = served
            .found("/v1/events", &[("limit", "40"), ("cursor", &cursor)])
            .await;
        numbers.extend(rows(&page, "events").iter().map(|e| e["seq"].as_i64().unwrap()));
        match page["cursor"].as_i64() {
            Some(next) => cursor = next.to_string(),
            None => break,
        }
    }
    assert_eq!(numbers, (1..150).rev().collect::<Vec<_>>(), "every event once");
    let [from, to] = [10_000, 10_003].map(|n| start.plus(n * 1000).to_string());
    let page = served.found("/v1/events", &[("from", &from), ("to", &to)]).await;
    let of_time: Vec<_> = rows(&page, "events").iter().map(|e| e["seq"].clone()).collect();
    assert_eq!(
        of_time,
        [10_002, 10_001, 10_000],
        "a time is found at once, however long ago"
    );
    served.relay.shutdown().await;
}

async fn export(served: &Served, query: &str) -> Vec<Value> {
    let path = format!("/v1/events/export?{query}");
    let answer = served.send(Method::GET, &path, Some(&served.admin()), None).await;
    assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson", "JSON lines");
    let text = answer.text().await.unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_export_is_the_whole_journal_and_the_command_line_prints_the_same() {
    let dir = start().await.stop().await;
    let start = fill(dir.path(), 10_200);
    let to = start.plus(5000).to_string();
    let of_kind = format!("kind=HookStatusEvent&to={to}");
    let served = start_in(dir, |_| {}).await;
    served.post_event(Xml::received(1, IVANOV).text()).await;
    served.post_event("nonsense").await;
    let all = export(&served, "").await;
    let seqs: Vec<i64> = all.iter().map(|e| e["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=10_202).collect::<Vec<_>>(), "every event, oldest first");
    assert_eq!(all[10_200]["raw"], Xml::received(1, IVANOV).text(), "with its text");
    for (query, flags) in [
        ("", &[][..]),
        ("unreadable=1", &["--unreadable"]),
        ("call=1:1", &["--call", "1:1"]),
        ("q=n=%2210%3B", &["--q", "n=\"10;"]),
        (of_kind.as_str(), &["--kind", "HookStatusEvent", "--to", &to]),
    ] {
        let exported = export(&served, query).await;
        let mut args = vec!["events", "--data-dir", served.dir.path().to_str().unwrap()];
        args.extend(flags);
        let printed = binary::relay(&args);
        assert!(printed.status.success(), "{flags:?}: {}", binary::text(&printed.stderr));
        let printed: Vec<Value> = binary::text(&printed.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(!printed.is_empty(), "{query}: something was found");
        assert_eq!(exported, printed, "{query} and {flags:?}");
    }
    let audit = served.get("/v1/audit?what=export_taken").await;
    assert_eq!(rows(&audit, "entries").len(), 6, "every export is in the audit");
    served.relay.shutdown().await;
}

/// The calls, without what differs between two relays: ids and times of receipt.
fn findings(calls: &Value) -> Vec<Value> {
    let mut all: Vec<Value> = rows(calls, "calls").clone();
    for call in &mut all {
        let call = call.as_object_mut().unwrap();
        for own in ["id", "version", "updatedAt"] {
            call.remove(own);
        }
        if let Some(linked) = call.get_mut("linked") {
            *linked = json!(linked.as_array().unwrap().len());
        }
    }
    all.sort_by_key(|call| call["trackingId"].to_string());
    all
}

#[tokio::test]
async fn replay_changes_nothing_and_the_journal_alone_gives_the_same_calls() {
    let sim = sim(|_| {}).await;
    // The PBX's lists are a further source.
    for list in ["v2/statistics", "statistics", "v2/records", "records"] {
        sim.faults().path(list, FaultKind::Error500, None);
    }
    let served = beside(&sim, dir(), true, |_| {}).await;
    for script in [
        "incoming-answered",
        "incoming-missed",
        "incoming-rejected",
        "held",
        "hidden-number",
        "group-answered",
        "callcentre",
        "outgoing-busy",
        "click-to-call",
        "internal",
        "consultative-transfer",
        "blind-transfer",
    ] {
        sim.play_through(script, Args::default()).await.unwrap();
    }
    let (calls, version) = (served.get("/v1/calls").await, served.newest().await);
    let journal = export(&served, "").await;
    assert!(journal.len() > 20, "something was played: {}", journal.len());
    for call in rows(&calls, "calls") {
        let names = format!(">{}</xsi:extTrackingId>", call["trackingId"].as_str().unwrap());
        let naming = |event: &&Value| event["raw"].as_str().unwrap().contains(&names);
        let found = served
            .get(&format!("/v1/events?limit=200&call={}", call["id"].as_str().unwrap()))
            .await;
        assert_eq!(
            rows(&found, "events").len(),
            journal.iter().filter(naming).count(),
            "every event that names it, also a transfer's second call: {call}"
        );
    }
    for event in &journal {
        let replayed = replay(&served, &event["seq"]).await;
        assert_eq!(replayed["changed"], false, "{event}");
        assert_eq!(replayed["before"], replayed["after"], "{event}");
    }
    assert_eq!(served.newest().await, version, "no version was raised");
    assert_eq!(served.get("/v1/calls").await, calls, "no call was changed");
    let audit = served.get("/v1/audit?what=event_replayed&limit=200").await;
    assert_eq!(
        rows(&audit, "entries").len(),
        journal.len().min(200),
        "all are in the audit"
    );

    let other = beside(&sim, dir(), false, |_| {}).await;
    until("the abonents of the second relay", || async {
        let known = other.get("/v1/abonents").await;
        (!rows(&known, "abonents").is_empty()).then_some(())
    })
    .await;
    for event in &journal {
        let status = other.post_event(event["raw"].as_str().unwrap().to_owned()).await;
        assert_eq!(status, StatusCode::OK, "the raw event is taken");
    }
    assert_eq!(
        findings(&other.get("/v1/calls").await),
        findings(&calls),
        "the raw events give the same findings"
    );
    other.relay.shutdown().await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn what_an_older_program_could_not_read_becomes_part_of_its_call() {
    let served = start().await;
    let rings = Xml::received(1, IVANOV);
    served.post_event(rings.text()).await;
    let dir = served.stop().await;
    {
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        let insert = "INSERT INTO events (received_at, kind, error, raw)
                      VALUES ((SELECT max(received_at) FROM events), '', 'unknown state', ?1)";
        for raw in [
            rings.answered().text(),
            Xml::received(2, PETROV).text(),
            "<still>no event</still>".to_owned(),
        ] {
            connection.execute(insert, [raw.into_bytes()]).unwrap();
        }
    }
    let served = start_in(dir, |_| {}).await;
    assert_eq!(
        rows(&served.get("/v1/events?unreadable=1").await, "events").len(),
        3,
        "as the older program left it"
    );
    let replayed = replay(&served, &json!(2)).await;
    assert_eq!(
        (
            &replayed["changed"],
            &replayed["before"]["outcome"],
            &replayed["after"]["outcome"]
        ),
        (&json!(true), &json!("ringing"), &json!("talking")),
        "the call was answered: {replayed}"
    );
    assert!(
        replayed["after"]["version"].as_i64() > replayed["before"]["version"].as_i64(),
        "the desks are told"
    );
    assert_eq!(
        replay(&served, &json!(2)).await["changed"],
        false,
        "a second time there is nothing new"
    );
    let event = served.get("/v1/events/2").await;
    assert_eq!(
        (event.get("error"), &event["kind"], &event["callKey"]),
        (None, &json!("CallAnsweredEvent"), &json!("1:1")),
        "it is an event like the others"
    );
    assert_eq!(
        served.post_event(rings.answered().text()).await,
        StatusCode::OK,
        "the PBX sends it once more"
    );
    assert_eq!(
        rows(&served.get("/v1/events?call=1:1").await, "events").len(),
        2,
        "which is recognised"
    );
    let replayed = replay(&served, &json!(3)).await;
    assert_eq!(
        (replayed.get("before"), &replayed["after"]["trackingId"]),
        (None, &json!("2:1")),
        "a call that nobody knew begins"
    );
    let replayed = replay(&served, &json!(4)).await;
    assert_eq!(replayed["changed"], false, "what is no event stays none");
    let event = served.get("/v1/events/4").await;
    assert_eq!(event["error"], replayed["error"], "with today's reason");
    assert_ne!(event["error"], "unknown state", "which is not the older program's");
    let none = served
        .send(Method::POST, "/v1/events/99/replay", Some(&served.admin()), None)
        .await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND, "there is no such event");
    served.relay.shutdown().await;
}
