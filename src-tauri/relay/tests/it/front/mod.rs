//! Limits of clients: too many requests, slowness, held connections. Real sockets, the real binary.

use crate::common::{binary, support, xml};

mod addresses;
mod connections;
mod hostile;

use binary::{EXE, Serving, admin, callback_path, command, data_dir, text};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::StatusCode;
use reqwest_websocket::{Message, Upgrade as _, WebSocket};
use serde_json::{Value, json};
use std::time::Duration;
use support::{DEADLINE, IVANOV, client};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use xml::Xml;

struct Scene {
    serving: Serving,
    dir: TempDir,
    key: String,
    callback: String,
}

impl Scene {
    /// A reader of the feed.
    async fn feed(&self) -> WebSocket {
        let feed = client()
            .get(self.serving.url("/v1/feed?after=0"))
            .bearer_auth(&self.key);
        feed.upgrade().send().await.unwrap().into_websocket().await.unwrap()
    }

    fn start(limits: Value) -> Self {
        Self::start_as(&json!({ "limits": limits }))
    }

    fn start_as(wanted: &Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = data_dir(&dir);
        let callback = callback_path(&data);
        let config = dir.path().join("relay.json");
        std::fs::write(&config, wanted.to_string()).unwrap();
        let mut serve = command(EXE);
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&data);
        let serving = Serving::start_as(serve.arg("--config").arg(config));
        let mut scene = Self {
            serving,
            dir,
            key: String::new(),
            callback,
        };
        scene.key = scene.admin();
        scene
    }

    fn admin(&self) -> String {
        admin(&data_dir(&self.dir))
    }

    /// The request as a proxy on this machine forwards it.
    async fn ask(&self, from: &str, path: &str, key: &str) -> StatusCode {
        let request = client().get(self.serving.url(path)).header("x-forwarded-for", from);
        request.bearer_auth(key).send().await.unwrap().status()
    }

    async fn post_event(&self, from: &str, n: u64) -> StatusCode {
        let request = client()
            .post(self.serving.url(&self.callback))
            .header("x-forwarded-for", from);
        request
            .body(Xml::received(n, IVANOV).text())
            .send()
            .await
            .unwrap()
            .status()
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.serving.addr).await.unwrap()
    }
}

/// Everything received until the relay closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is closed with unread data ends with a reset.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut all))
        .await
        .expect("the relay closes");
    text(&all)
}

#[tokio::test]
async fn one_address_or_key_that_asks_too_much_is_held_back_alone() {
    let scene = Scene::start(json!({ "requestsPerAddress": 1, "requestsPerKey": 1 }));
    let mut refused = None;
    for n in 0..60 {
        let url = scene.serving.url("/v1/health");
        let answer = client()
            .get(url)
            .header("x-forwarded-for", "198.51.100.1")
            .send()
            .await
            .unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((n, answer));
            break;
        }
        assert_eq!(answer.status(), StatusCode::OK, "request {n}");
    }
    let (n, answer) = refused.expect("the bucket has an end");
    assert!(n >= 10, "ten seconds' worth were granted, not {n}");
    assert!(
        answer.headers().contains_key("retry-after"),
        "it says when to come back"
    );
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "too_many");
    assert_eq!(
        scene.ask("198.51.100.2", "/v1/me", &scene.key).await,
        StatusCode::OK,
        "another address"
    );
    assert_eq!(
        scene.post_event("198.51.100.1", 1).await,
        StatusCode::OK,
        "events have a bound of their own"
    );
    // The same key from different addresses.
    let mut held_back = false;
    for n in 0..60 {
        held_back |= scene.ask(&format!("203.0.113.{n}"), "/v1/me", &scene.key).await == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(held_back, "a key has its bound wherever it is used");
    let other = scene.admin();
    assert_eq!(
        scene.ask("203.0.113.77", "/v1/me", &other).await,
        StatusCode::OK,
        "another key has not"
    );
}

#[tokio::test]
async fn wrong_keys_are_slowed_down_and_good_ones_of_the_same_address_go_on() {
    let scene = Scene::start(json!({ "wrongKeysPerMinute": 1 }));
    let (here, wrong) = ("198.51.100.1", "0".repeat(64));
    let mut seen = Vec::new();
    for _ in 0..12 {
        seen.push(scene.ask(here, "/v1/calls", &wrong).await.as_u16());
    }
    assert_eq!(
        seen[..5],
        [401; 5],
        "five minutes' worth are told that the key is wrong"
    );
    assert!(seen.contains(&429), "then they are told to wait: {seen:?}");
    assert_eq!(
        scene.ask(here, "/v1/me", &scene.key).await,
        StatusCode::OK,
        "a colleague behind the same address"
    );
    assert_eq!(
        scene.ask("198.51.100.2", "/v1/me", &wrong).await,
        StatusCode::UNAUTHORIZED,
        "another address"
    );
    let guess = client()
        .post(scene.serving.url("/xsi/0000/null"))
        .header("x-forwarded-for", here);
    assert_eq!(
        guess.send().await.unwrap().status(),
        StatusCode::TOO_MANY_REQUESTS,
        "nor can secrets be tried"
    );
    assert_eq!(
        scene.post_event(here, 1).await,
        StatusCode::OK,
        "the right secret works"
    );
}

#[tokio::test]
async fn slow_heads_and_bodies_give_up_their_place() {
    let scene = Scene::start(json!({ "headSeconds": 1, "bodySeconds": 1 }));
    // A byte now and then, without end.
    let mut slow = scene.connect().await;
    slow.write_all(b"GET /v1/health HTTP/1.1\r\nhost: relay\r\nx-slow: ")
        .await
        .unwrap();
    let dripping = async {
        while slow.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(DEADLINE, dripping).await.expect("the slow head ends");
    // An idle connection.
    let mut idle = scene.connect().await;
    rest(&mut idle).await;
    let bodies = [
        format!(
            "POST {} HTTP/1.1\r\nhost: relay\r\ncontent-length: 5000\r\n\r\n",
            scene.callback
        ),
        format!(
            "POST /v1/users HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: 5000\r\n\r\n",
            scene.key
        ),
    ];
    for head in bodies {
        let (mut reader, mut writer) = scene.connect().await.into_split();
        writer.write_all(head.as_bytes()).await.unwrap();
        let dripping = tokio::spawn(async move {
            while writer.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let mut answer = vec![0; 12];
        timeout(DEADLINE, reader.read_exact(&mut answer))
            .await
            .expect("an answer")
            .unwrap();
        assert_eq!(text(&answer), "HTTP/1.1 408", "{}", head.lines().next().unwrap());
        dripping.abort();
    }
    let journal = client().get(scene.serving.url("/v1/events")).bearer_auth(&scene.key);
    let journal: Value = journal.send().await.unwrap().json().await.unwrap();
    assert_eq!(journal["events"], json!([]), "half an event is none");
    assert_eq!(
        scene.post_event("198.51.100.1", 1).await,
        StatusCode::OK,
        "the others are served"
    );
}

#[tokio::test]
async fn a_reader_who_takes_nothing_is_let_go() {
    let scene = Scene::start(json!({ "stallSeconds": 1, "requestsPerAddress": 0 }));
    let mut stuck = scene.connect().await;
    let ask = b"GET /v1/openapi.json HTTP/1.1\r\nhost: relay\r\n\r\n".repeat(100);
    // Answers are never read: they fill the socket buffers, then the relay stops reading, then it closes.
    let asking = async { while stuck.write_all(&ask).await.is_ok() {} };
    timeout(DEADLINE, asking).await.expect("the stuck connection ends");
    assert_eq!(
        scene.ask("198.51.100.1", "/v1/me", &scene.key).await,
        StatusCode::OK,
        "the others are served"
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_once() {
    let scene = Scene::start(json!({}));
    let mut endless = scene.connect().await;
    endless
        .write_all(b"GET /v1/health HTTP/1.1\r\nhost: relay\r\nx-large: ")
        .await
        .unwrap();
    let filling = async { while endless.write_all(&[b'a'; 4096]).await.is_ok() {} };
    timeout(DEADLINE, filling).await.expect("an endless head ends");
    let event = client()
        .post(scene.serving.url(&scene.callback))
        .body(vec![b' '; 4 << 20]);
    let refused = event.send().await;
    assert!(
        refused.is_err() || refused.is_ok_and(|answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE),
        "an event of 4 MiB"
    );
    let mut feed = scene.feed().await;
    feed.send(Message::Text("x".repeat(64 * 1024))).await.unwrap();
    let ended = async { while let Some(Ok(Message::Ping(_) | Message::Text(_))) = feed.next().await {} };
    timeout(DEADLINE, ended).await.expect("a reader who talks is let go");
    assert_eq!(
        scene.post_event("198.51.100.1", 1).await,
        StatusCode::OK,
        "the others are served"
    );
}
