//! Hostile input disturbs no other client: noise, nonsense and deep nesting, on every listener of the relay.

use crate::common::binary::text;
use crate::common::support::{DEADLINE, client, until};
use crate::front::Scene;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Not HTTP, or hardly.
fn nonsense() -> Vec<(&'static str, Vec<u8>)> {
    let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8;
    let request = |head: &str, body: &[u8]| [format!("{head}\r\nhost: relay\r\n").as_bytes(), body].concat();
    vec![
        ("noise", (1..64 * 1024).map(noise).collect()),
        ("zeros", vec![0; 64 * 1024]),
        ("lines", b"\r\n".repeat(40_000)),
        (
            "a greeting of TLS",
            [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 600]].concat(),
        ),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        ("another version", b"GET / HTTP/9.9\r\n\r\n".to_vec()),
        (
            "a header without a name",
            request("GET /v1/health HTTP/1.1", b": x\r\n\r\n"),
        ),
        (
            "a length below nothing",
            request("POST /v1/join HTTP/1.1", b"content-length: -1\r\n\r\n"),
        ),
        (
            "two lengths",
            request(
                "POST /v1/join HTTP/1.1",
                b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
            ),
        ),
        (
            "a huge piece",
            request(
                "POST /v1/join HTTP/1.1",
                b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            ),
        ),
        (
            "a piece without a size",
            request("POST /v1/join HTTP/1.1", b"transfer-encoding: chunked\r\n\r\nxyz\r\n"),
        ),
        (
            "many headers",
            request("GET /v1/health HTTP/1.1", &b"a: b\r\n".repeat(9_000)),
        ),
        (
            "a long way",
            format!("GET /{} HTTP/1.1\r\nhost: relay\r\n\r\n", "a/".repeat(40_000)).into_bytes(),
        ),
    ]
}

/// Sends the bytes and nothing more; returns the answer until the relay closes.
async fn tell(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // The relay may close before everything was sent.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut said = Vec::new();
    let closed = timeout(DEADLINE, stream.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "the relay closes");
    text(&said)
}

#[tokio::test]
async fn noise_is_let_go_and_nobody_else_feels_it() {
    let scene = Scene::start_as(&json!({ "metricsListen": "127.0.0.1:0", "limits": { "headSeconds": 5 } }));
    let metrics = loop {
        let line = scene
            .serving
            .said
            .recv_timeout(DEADLINE)
            .expect("where the metrics are");
        if let Some((_, url)) = line.split_once("metrics at http://") {
            break url.trim().trim_end_matches("/metrics").parse::<SocketAddr>().unwrap();
        }
    };
    for (what, bytes) in nonsense() {
        for (listener, addr) in [("the API's", scene.serving.addr), ("the metrics'", metrics)] {
            let said = tell(addr, &bytes).await;
            let status = said
                .strip_prefix("HTTP/1.1 ")
                .map_or(0, |rest| rest[..3].parse().unwrap());
            assert!(matches!(status, 0 | 400..=499), "{what} at {listener} listener: {said}");
        }
    }
    assert_eq!(
        scene.ask("198.51.100.1", "/v1/me", &scene.key).await,
        StatusCode::OK,
        "the API goes on"
    );
    // Silent and slow connections, more of them than the limit.
    let mut idle = Vec::new();
    for n in 0..20 {
        let mut one = TcpStream::connect(metrics).await.unwrap();
        if n % 2 == 0 {
            one.write_all(b"GET /metrics HTTP/1.1\r\nx-slow: ").await.unwrap();
        }
        idle.push(one);
    }
    let scraped = until("the metrics go on", || async {
        let scraped = client().get(format!("http://{metrics}/metrics")).send().await.ok()?;
        scraped.text().await.ok()
    })
    .await;
    assert!(scraped.contains("perezvon_up_seconds"), "{scraped}");
}

#[tokio::test]
async fn events_and_requests_that_make_no_sense_are_kept_or_refused() {
    let scene = Scene::start(json!({}));
    let event = |body: Vec<u8>| {
        let request = client().post(scene.serving.url(&scene.callback)).body(body);
        async move { request.send().await.unwrap().status() }
    };
    let entities = r#"<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xsi:Event>&c;&c;&c;&c;</xsi:Event>"#;
    let kept = [
        ("nothing", Vec::new()),
        (
            "noise",
            (1..4096_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
        ),
        ("another's words", b"{\"event\": true}".to_vec()),
        ("depth", b"<a>".repeat(20_000)),
        (
            "many attributes",
            format!("<Event {}/>", "a=\"1\" ".repeat(10_000)).into_bytes(),
        ),
        ("entities", entities.as_bytes().to_vec()),
        (
            "half an event",
            crate::common::xml::Xml::received(1, crate::common::support::IVANOV)
                .text()
                .into_bytes()[..300]
                .to_vec(),
        ),
    ];
    let count = kept.len();
    for (what, body) in kept {
        assert_eq!(
            event(body).await,
            StatusCode::OK,
            "{what}: the PBX must not send it for ever"
        );
    }
    let listed = client()
        .get(scene.serving.url("/v1/events?unreadable=true"))
        .bearer_auth(&scene.key);
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    let listed = listed["events"].as_array().unwrap().clone();
    assert_eq!(listed.len(), count, "all are kept with the reason: {listed:?}");
    assert!(
        listed
            .iter()
            .all(|one| one["error"].as_str().is_some_and(|reason| !reason.is_empty()))
    );

    for (what, body) in [
        ("depth", "[".repeat(60_000)),
        ("a deep object", "{\"a\":".repeat(10_000)),
        ("no JSON", "a=b".to_owned()),
        ("another kind", "\"text\"".to_owned()),
        ("numbers", format!("{{\"graceMs\": {}}}", "9".repeat(400))),
    ] {
        for (method, path) in [("PUT", "/v1/settings"), ("POST", "/v1/users"), ("POST", "/v1/join")] {
            let request = client().request(method.parse().unwrap(), scene.serving.url(path));
            let request = request
                .bearer_auth(&scene.key)
                .header("content-type", "application/json");
            let answer = request.body(body.clone()).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(
                matches!(status, 400 | 404 | 413 | 422),
                "{what} to {method} {path}: {status}"
            );
            let told: Value = answer.json().await.unwrap();
            assert!(
                told["code"].is_string() && told["message"].is_string(),
                "{what} to {path}: {told}"
            );
        }
    }
    for path in [
        "/v1/calls?cursor=%00",
        "/v1/calls?number=%ff%fe",
        "/v1/events?q=%27%22%25_%00&limit=0",
        "/v1/calls/%2e%2e%2f",
    ] {
        let status = scene.ask("198.51.100.1", path, &scene.key).await.as_u16();
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
    assert_eq!(
        scene.post_event("198.51.100.1", 1).await,
        StatusCode::OK,
        "a good event is taken"
    );
}
