//! Equal lines of the PBX's statistics, and a list that moves on while its pages are read.

use crate::common::{support, truth};
use chrono::DateTime;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::{IVANOV, start_with};
use truth::imported;

const MINUTE: i64 = 60_000;
/// Lines per page, as the relay asks for them.
const PAGE: usize = 100;

/// A conversation of Ivanov's, as the PBX lists it.
fn line(start: i64) -> Value {
    json!({
        "startDate": start, "abonent": { "userId": IVANOV }, "direction": "INBOUND", "status": "RECIEVED",
        "duration": 20_000, "phone_from": "+79000000099", "phone_to": "+79000000050",
    })
}

/// A PBX that lists these, the newest first; `late` comes before them as soon as the second page is asked for.
async fn listing(lines: Vec<Value>, late: Option<Value>) -> SocketAddr {
    use axum::extract::Query;
    use axum::routing::get;
    use axum::{Json, Router};
    let (lines, late, has_come) = (Arc::new(lines), Arc::new(late), Arc::new(AtomicBool::new(false)));
    let list = move |Query(query): Query<HashMap<String, String>>| async move {
        let time = |name: &str| DateTime::parse_from_rfc3339(&query[name]).unwrap().timestamp_millis();
        let (from, to) = (time("dateFrom"), time("dateTo"));
        let page: usize = query["page"].parse().unwrap();
        if page == 1 {
            has_come.store(true, Ordering::SeqCst);
        }
        let late = late.iter().filter(|_| has_come.load(Ordering::SeqCst));
        let all = late.chain(lines.iter());
        let fit = all.filter(|line| (from..=to).contains(&line["startDate"].as_i64().unwrap()));
        Json(fit.skip(page * PAGE).take(PAGE).cloned().collect::<Vec<_>>())
    };
    let app = Router::new()
        .route("/abonents", get(|| async { Json(json!([{ "userId": IVANOV }])) }))
        .route("/numbers", get(|| async { Json(json!([])) }))
        .route("/records", get(|| async { Json(json!([])) }))
        .route("/v2/statistics", get(list));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    addr
}

/// How many lines the relay has at last, and how many of them began at this moment.
async fn stored(pbx: SocketAddr, at: i64) -> (i64, i64) {
    let served = start_with(|options| {
        options.pbx_url = format!("http://{pbx}/").parse().unwrap();
        options.token = Some(perezvon_relay::Token::parse("t").unwrap());
        options.timing.import_second = Duration::from_millis(1);
        options.timing.import_pause = Duration::from_millis(1);
    })
    .await;
    // What the first pass has missed, another one reads.
    for _ in 0..3 {
        imported(&served).await;
    }
    let dir = served.stop().await;
    let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    let sql = "SELECT count(*), count(*) FILTER (WHERE started_at = ?1) FROM statistics_lines";
    let count = connection.query_row(sql, [at], |row| Ok((row.get(0)?, row.get(1)?)));
    count.unwrap()
}

#[tokio::test]
async fn equal_lines_on_two_pages_are_two() {
    let now = chrono::Utc::now().timestamp_millis();
    let mut lines: Vec<Value> = (1..PAGE as i64 + 10).map(|n| line(now - n * MINUTE)).collect();
    lines.insert(PAGE, lines[PAGE - 1].clone());
    let all = lines.len() as i64;
    let twins = lines[PAGE]["startDate"].as_i64().unwrap();
    let pbx = listing(lines, None).await;
    assert_eq!(
        stored(pbx, twins).await,
        (all, 2),
        "the last of a page and the first of the next"
    );
}

#[tokio::test]
async fn a_line_that_moves_to_the_next_page_is_one() {
    let now = chrono::Utc::now().timestamp_millis();
    let lines: Vec<Value> = (1..PAGE as i64 + 10).map(|n| line(now - n * MINUTE)).collect();
    let all = lines.len() as i64 + 1;
    let moved = lines[PAGE - 1]["startDate"].as_i64().unwrap();
    let pbx = listing(lines, Some(line(now - MINUTE / 2))).await;
    assert_eq!(stored(pbx, moved).await, (all, 1), "others came before it meanwhile");
}
