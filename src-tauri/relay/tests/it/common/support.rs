//! A relay on loopback with a data directory of its own, and a client for it.
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used)]

use crate::common::xml::Xml;
use perezvon_relay::{Options, Relay, Timing};
use reqwest::{Client, Method, Response, StatusCode};
use reqwest_websocket::{Message, Upgrade as _, WebSocket};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

/// How long a condition may take to come true. Never reached unless something is broken.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The abonents of the example events.
pub const IVANOV: &str = "9000000001@mpbx.sip.beeline.ru";
pub const PETROV: &str = "9000000002@mpbx.sip.beeline.ru";

pub struct Served {
    pub relay: Relay,
    pub dir: TempDir,
    pub client: Client,
}

pub fn options(dir: &TempDir) -> Options {
    let mut options = Options::new(dir.path());
    options.timing = Timing {
        keeper_backoff: Duration::from_millis(50),
        drain: Duration::from_secs(5),
        ..Timing::default()
    };
    // An address without a listener, so that nothing outside is asked by mistake.
    options.pbx_url = "http://127.0.0.1:9/apis/portal/".parse().unwrap();
    options
}

pub async fn start() -> Served {
    start_with(|_| {}).await
}

pub async fn start_with(change: impl FnOnce(&mut Options)) -> Served {
    start_in(TempDir::new().unwrap(), change).await
}

pub async fn start_in(dir: TempDir, change: impl FnOnce(&mut Options)) -> Served {
    let mut options = options(&dir);
    change(&mut options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = Relay::start(options, listener).await.unwrap();
    Served {
        relay,
        dir,
        client: client(),
    }
}

/// Posts an event; returns the status.
pub async fn post(url: &str, event: &Xml) -> u16 {
    client()
        .post(url)
        .body(event.text())
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

pub fn client() -> Client {
    Client::builder().no_proxy().timeout(DEADLINE).build().unwrap()
}

impl Served {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.relay.addr())
    }

    pub fn admin(&self) -> String {
        self.relay.local_key().reveal().to_owned()
    }

    pub async fn post_event(&self, xml: impl Into<reqwest::Body>) -> StatusCode {
        let path = format!("/xsi/{}/events/null", self.relay.callback_secret().reveal());
        let request = self
            .client
            .post(self.url(&path))
            .header("content-type", "application/xml; charset=UTF-8");
        request.body(xml).send().await.unwrap().status()
    }

    pub async fn send(&self, method: Method, path: &str, key: Option<&str>, body: Option<Value>) -> Response {
        let mut request = self.client.request(method, self.url(path));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, Some(&self.admin()), None).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
        answer.json().await.unwrap()
    }

    /// A search with characters that must be encoded.
    pub async fn found(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let request = self.client.get(self.url(path)).query(query);
        let answer = request.bearer_auth(self.admin()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{query:?}");
        answer.json().await.unwrap()
    }

    pub async fn add_user(&self, abonent: &str) -> String {
        let new = json!({ "name": "Стол", "role": "user", "abonent": abonent });
        let answer = self
            .send(Method::POST, "/v1/users", Some(&self.admin()), Some(new))
            .await;
        assert_eq!(answer.status(), StatusCode::CREATED, "a user is added");
        answer.json::<Value>().await.unwrap()["key"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn call_back(&self, key: &str, idempotency: &str, body: Value) -> Response {
        let request = self
            .client
            .post(self.url("/v1/calls"))
            .bearer_auth(key)
            .header("Idempotency-Key", idempotency);
        request.json(&body).send().await.unwrap()
    }

    /// Opens a feed; also returns the header with the newest version.
    pub async fn feed(&self, key: &str, query: &str) -> (WebSocket, i64) {
        let url = self.url(&format!("/v1/feed?{query}"));
        let response = self.client.get(url).bearer_auth(key).upgrade().send().await.unwrap();
        let version = response.headers()["x-perezvon-version"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            response.headers().contains_key("date"),
            "the upgrade tells the relay's time"
        );
        (response.into_websocket().await.unwrap(), version)
    }

    pub async fn newest(&self) -> i64 {
        self.get("/v1/changes?after=0").await["after"].as_i64().unwrap()
    }

    /// Shuts the relay down; returns the data directory for the next one.
    pub async fn stop(self) -> TempDir {
        self.relay.shutdown().await;
        self.dir
    }
}

/// The next snapshot of a feed.
pub async fn next(socket: &mut WebSocket) -> Value {
    use futures_util::StreamExt as _;
    loop {
        let message = timeout(DEADLINE, socket.next()).await.expect("a snapshot in time");
        match message.expect("the feed goes on").expect("a whole message") {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("no snapshot: {other:?}"),
        }
    }
}

/// How the feed ended: its close code.
pub async fn close_code(socket: &mut WebSocket) -> u16 {
    use futures_util::StreamExt as _;
    loop {
        match timeout(DEADLINE, socket.next()).await.expect("the feed ends in time") {
            Some(Ok(Message::Close { code, .. })) => return code.into(),
            Some(Ok(_)) => {}
            other => panic!("the feed ended without a word: {other:?}"),
        }
    }
}

/// Waits until the condition returns a value.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
