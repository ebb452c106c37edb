//! The ledger over the API: what could not be stored, and what cannot be read.

use crate::common::{beside, support, xml};
use perezvon_relay::WalSync;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{IVANOV, start, start_in, until};
use xml::Xml;

fn by_hand(dir: &Path, sql: &str) -> usize {
    let connection = rusqlite::Connection::open(dir.join("relay.db")).unwrap();
    connection.execute(sql, []).unwrap()
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_costs_itself_alone_and_is_kept() {
    let served = start().await;
    let put = json!({ "graceMs": 12_000, "keepEventsDays": 30 });
    let answer = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(put))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(served.get("/v1/health").await["settingsAside"], 0);
    let dir = served.stop().await;
    let damaged = "UPDATE settings SET value = json_set(value, '$.graceMs', 'soon', '$.ofANewerProgram', 7)
                   WHERE key = 'settings'";
    assert_eq!(by_hand(dir.path(), damaged), 1);
    let served = start_in(dir, |_| {}).await;
    let settings = served.get("/v1/settings").await["settings"].clone();
    assert_eq!(settings["graceMs"], 30_000, "its default holds");
    assert_eq!(settings["keepEventsDays"], 30, "the others are as they were");
    assert_eq!(served.get("/v1/health").await["settingsAside"], 2, "both are kept");
    let audit = served.get("/v1/audit?what=settings_changed").await;
    let of_relay = audit["entries"].as_array().unwrap().iter();
    let said: Vec<&Value> = of_relay.filter(|line| line["who"]["name"] == "relay").collect();
    assert!(
        said.iter().any(|line| line["detail"]["graceMs"]["to"] == 30_000),
        "the audit tells which: {audit}"
    );
    let put = json!({ "graceMs": 15_000 });
    let answer = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(put))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let dir = served.stop().await;
    // Now all of them; they are still there at the next start.
    assert_eq!(
        by_hand(dir.path(), "UPDATE settings SET value = '{' WHERE key = 'settings'"),
        1
    );
    let served = start_in(dir, |_| {}).await;
    assert_eq!(served.get("/v1/health").await["settingsAside"], 3);
    let dir = served.stop().await;
    let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    let sql = "SELECT key, CAST(value AS TEXT) FROM settings_aside ORDER BY key";
    let mut rows = connection.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let kept: Vec<(String, String)> = rows.map(Result::unwrap).collect();
    let wanted = [("", "{"), ("graceMs", "\"soon\""), ("ofANewerProgram", "7")];
    let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(kept, wanted, "what was there can be looked at");
}

#[tokio::test]
async fn a_reader_whose_newest_calls_were_deleted_need_not_begin_anew() {
    let served = start().await;
    let own = Xml::received(1, IVANOV);
    for text in [own.text(), own.answered().text(), own.released().text()] {
        assert_eq!(served.post_event(text).await, StatusCode::OK);
    }
    let key = served.add_user(IVANOV).await;
    let changes = async |served: &support::Served, after: i64| {
        let path = format!("/v1/changes?after={after}");
        let answer = served.send(Method::GET, &path, Some(&key), None).await;
        let newest = answer.headers()["x-perezvon-version"].to_str().unwrap().parse::<i64>();
        let told: Value = answer.json().await.unwrap();
        (newest.unwrap(), told["after"].as_i64().unwrap())
    };
    let (_, cursor) = changes(&served, 0).await;
    assert!(cursor > 0, "the reader has a cursor");
    let put = json!({ "keepCallsDays": 10 });
    let answer = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(put))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let dir = served.stop().await;
    let age = "UPDATE calls SET due_at = NULL, started_at = unixepoch() * 1000 - 11 * 86400000";
    assert_eq!(by_hand(dir.path(), age), 1);
    let served = start_in(dir, |_| {}).await;
    until("the call is deleted", async || {
        let calls = served.get("/v1/calls").await["calls"].clone();
        (calls == json!([])).then_some(())
    })
    .await;
    let (newest, after) = changes(&served, cursor).await;
    assert_eq!((newest, after), (cursor, cursor), "the mirror is up to date");
    let (_, version) = served.feed(&key, &format!("after={cursor}")).await;
    assert_eq!(version, cursor, "the feed says the same");
    let (newest, _) = changes(&served, cursor + 1_000).await;
    assert!(
        newest < cursor + 1_000,
        "a cursor that was never given out is of another ledger"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_damaged_event_of_a_damaged_call_keeps_nothing_from_being_stored() {
    let served = start().await;
    let call = Xml::received(1, IVANOV);
    assert_eq!(served.post_event(call.text()).await, StatusCode::OK);
    assert_eq!(served.post_event(call.answered().text()).await, StatusCode::OK);
    let dir = served.stop().await;
    assert_eq!(by_hand(dir.path(), "UPDATE calls SET state = '{'"), 1);
    let damage = "UPDATE events SET raw = x'ffff', dictionary = 1 WHERE kind = 'CallReceivedEvent'";
    assert_eq!(by_hand(dir.path(), damage), 1);
    let served = start_in(dir, |_| {}).await;
    assert_eq!(
        served.post_event(Xml::received(2, IVANOV).text()).await,
        StatusCode::OK,
        "other calls are stored"
    );
    until("the call is built from its other event", async || {
        let calls = served.get("/v1/calls").await["calls"].clone();
        (calls.as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    assert_eq!(served.get("/v1/health").await["callsAside"], 1);
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_request_that_was_not_stored_for_certain_can_be_repeated() {
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = broken.clone();
    let sim = beside::sim(|_| {}).await;
    let served = beside::beside(&sim, beside::dir(), true, |options| {
        options.wal_sync = WalSync::new(move |file| {
            if breaks.load(Ordering::SeqCst) {
                return Err(std::io::Error::other("no sync in this test"));
            }
            file.sync_data()
        });
    })
    .await;
    let me = beside::own_abonent(&sim);
    until("the abonents are known", async || {
        let known = served.get("/v1/abonents").await["abonents"].clone();
        (known != json!([])).then_some(())
    })
    .await;
    let body = json!({ "number": "+79000000099", "abonent": me });
    broken.store(true, Ordering::SeqCst);
    let answer = served.call_back(&served.admin(), "k-1", body.clone()).await;
    assert_eq!(
        answer.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "it is not acknowledged"
    );
    assert_eq!(sim.calls_placed().len(), 0, "and the PBX is not asked");
    broken.store(false, Ordering::SeqCst);
    until("the repeat is placed", async || {
        let answer = served.call_back(&served.admin(), "k-1", body.clone()).await;
        (answer.status() == StatusCode::ACCEPTED).then_some(())
    })
    .await;
    assert_eq!(sim.calls_placed().len(), 1, "once");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_relay_starts_beside_somebody_who_reads_its_database() {
    let served = start().await;
    assert_eq!(served.post_event(Xml::received(1, IVANOV).text()).await, StatusCode::OK);
    let support::Served { relay, dir, .. } = served;
    // As after a kill: the log is not moved into the database.
    let reader = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM events").unwrap();
    drop(relay);
    let served = until("the ledger is free", || async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = support::options(&dir);
        perezvon_relay::Relay::start(options, listener).await.ok()
    })
    .await;
    let calls = support::client()
        .get(format!("http://{}/v1/calls", served.addr()))
        .bearer_auth(served.local_key().reveal())
        .send()
        .await
        .unwrap();
    let calls: Value = calls.json().await.unwrap();
    assert_eq!(calls["calls"].as_array().unwrap().len(), 1, "with all that it had");
    drop(reader);
    served.shutdown().await;
}
