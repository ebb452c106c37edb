//! A simulated PBX, a relay that is subscribed to it, and a desk that follows.

use perezvon_core::effect::Preferences;
use perezvon_desk::follow::{FeedState, Followed, News, follow};
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::toast::{Toast, ToastOp};
use perezvon_desk::{Desk, Secret};
use perezvon_relay::{Options, Relay, Token};
use perezvon_sim::Sim;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub(crate) const ME: &str = "9000000001@mpbx.sip.beeline.ru";
/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) relay: Relay,
    dir: TempDir,
    http: reqwest::Client,
}

impl Scene {
    pub(crate) async fn start() -> Self {
        let options = perezvon_sim::Options {
            seed: Some(7),
            speed: 20.0,
            ..perezvon_sim::Options::default()
        };
        let sim = Sim::start(options).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        Self::around(sim, dir, "127.0.0.1:0".parse().unwrap()).await
    }

    async fn around(sim: Sim, dir: TempDir, addr: SocketAddr) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let mut options = Options::new(dir.path());
        options.pbx_url = sim.rest_url().parse().unwrap();
        options.token = Some(Token::parse(sim.token()).unwrap());
        options.public_url = Some(format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap());
        let relay = Relay::start(options, listener).await.unwrap();
        let scene = Self {
            sim,
            relay,
            dir,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        let deadline = Instant::now() + DEADLINE;
        while scene.send(reqwest::Method::GET, "/v1/subscriptions", None).await["keeper"]["state"] != "active" {
            assert!(Instant::now() < deadline, "the relay subscribes in time");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        scene
    }

    /// A PBX whose time runs from `hours` ago on, and a relay that it cannot reach: all that is learnt comes from lists.
    pub(crate) async fn of_lists(hours: i64) -> Self {
        let options = perezvon_sim::Options {
            seed: Some(7),
            speed: 2_000_000.0,
            base_time: Some(chrono::Utc::now().timestamp_millis() - hours * 3_600_000),
            ..perezvon_sim::Options::default()
        };
        let sim = Sim::start(options).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut options = Options::new(dir.path());
        options.pbx_url = sim.rest_url().parse().unwrap();
        options.token = Some(Token::parse(sim.token()).unwrap());
        options.timing.import_second = Duration::from_millis(10);
        options.timing.import_pause = Duration::from_millis(1);
        let relay = Relay::start(options, listener).await.unwrap();
        Self {
            sim,
            relay,
            dir,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Ends the relay, waits for `gone`, and starts it again over the same ledger at the same address.
    pub(crate) async fn restart_relay(self, gone: impl AsyncFnOnce()) -> Self {
        let (addr, Self { sim, relay, dir, .. }) = (self.relay.addr(), self);
        relay.shutdown().await;
        gone().await;
        Self::around(sim, dir, addr).await
    }

    /// The same with `between` run on the data directory while no relay is there.
    pub(crate) async fn restart_after(self, between: impl AsyncFnOnce(&Path)) -> Self {
        let (addr, Self { sim, relay, dir, .. }) = (self.relay.addr(), self);
        relay.shutdown().await;
        between(dir.path()).await;
        Self::around(sim, dir, addr).await
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The same with an empty ledger.
    pub(crate) async fn new_relay(self, gone: impl AsyncFnOnce()) -> Self {
        let (addr, Self { sim, relay, .. }) = (self.relay.addr(), self);
        relay.shutdown().await;
        gone().await;
        Self::around(sim, tempfile::tempdir().unwrap(), addr).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.relay.addr())
    }

    pub(crate) fn client(&self, key: &str) -> RelayClient {
        let key = Secret::new(key);
        RelayClient::new(&self.url(), Arc::new(move || Some(key.clone()))).unwrap()
    }

    pub(crate) async fn send(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let request = self
            .http
            .request(method, self.url() + path)
            .bearer_auth(self.relay.local_key().reveal());
        let request = if let Some(body) = body {
            request.json(&body)
        } else {
            request
        };
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap_or_default()
    }

    /// The key of a new user.
    pub(crate) async fn add_user(&self, abonent: &str) -> String {
        let new = json!({ "name": "Стол", "role": "user", "abonent": abonent });
        let user = self.send(reqwest::Method::POST, "/v1/users", Some(new)).await;
        user["key"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn revoke(&self, user: &str) {
        self.send(reqwest::Method::DELETE, &format!("/v1/users/{user}"), None)
            .await;
    }

    pub(crate) async fn stop(self) {
        self.relay.shutdown().await;
        self.sim.shutdown().await;
    }
}

/// A desk that follows a relay.
pub(crate) struct Follower {
    pub(crate) desk: Arc<Desk>,
    /// Every toast shown so far.
    pub(crate) seen: Vec<Toast>,
    key: Arc<Mutex<Secret>>,
    news: mpsc::Receiver<News>,
    state: watch::Receiver<FeedState>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    dir: TempDir,
}

impl Follower {
    pub(crate) fn start(url: &str, key: &str) -> Self {
        Self::of(url, key, None)
    }

    pub(crate) fn of_admin(url: &str, key: &str) -> Self {
        Self::of(url, key, Some(ME.to_owned()))
    }

    fn of(url: &str, key: &str, abonent: Option<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let desk = Arc::new(Desk::open(dir.path()).unwrap());
        Self::with(url, key, abonent, (desk, dir))
    }

    /// A desk that was asleep follows again.
    pub(crate) fn awake(url: &str, key: &str, desk: (Arc<Desk>, TempDir)) -> Self {
        Self::with(url, key, None, desk)
    }

    fn with(url: &str, key: &str, abonent: Option<String>, (desk, dir): (Arc<Desk>, TempDir)) -> Self {
        let key = Arc::new(Mutex::new(Secret::new(key)));
        let source = Arc::clone(&key);
        let followed = Followed {
            relay: RelayClient::new(url, Arc::new(move || Some(source.lock().unwrap().clone()))).unwrap(),
            abonent,
            // The same relay, whichever way leads to it.
            identity: format!("relay {ME}"),
            preferences: Arc::new(Preferences::default),
        };
        let (tell, news) = mpsc::channel(64);
        let (state, seen_state) = watch::channel(FeedState::default());
        let stop = CancellationToken::new();
        let task = tokio::spawn(follow(followed, Arc::clone(&desk), tell, state, stop.clone()));
        Self {
            desk,
            seen: Vec::new(),
            key,
            news,
            state: seen_state,
            stop,
            task,
            dir,
        }
    }

    pub(crate) fn set_key(&self, key: &str) {
        *self.key.lock().unwrap() = Secret::new(key);
    }

    /// Waits for a state.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&FeedState) -> bool) {
        let came = timeout(DEADLINE, self.state.wait_for(|state| wanted(state)))
            .await
            .is_ok();
        assert!(came, "{what} in time, but it is {:?}", *self.state.borrow());
    }

    /// Waits for a toast.
    pub(crate) async fn toast(&mut self, what: &str, wanted: impl Fn(&Toast) -> bool) -> Toast {
        let deadline = Instant::now() + DEADLINE;
        let mut from = 0;
        loop {
            if let Some(found) = self.seen[from..].iter().find(|toast| wanted(toast)) {
                return found.clone();
            }
            from = self.seen.len();
            let news = tokio::time::timeout_at(deadline, self.news.recv()).await;
            let Ok(Some(news)) = news else {
                panic!("{what} in time; seen: {:?}", self.seen)
            };
            self.seen.extend(news.toasts.into_iter().filter_map(|op| match op {
                ToastOp::Show(toast) => Some(toast),
                ToastOp::Close(_) => None,
            }));
        }
    }

    pub(crate) async fn stop(self) {
        self.asleep().await;
    }

    /// Ends following; gives what the next one goes on with.
    pub(crate) async fn asleep(self) -> (Arc<Desk>, TempDir) {
        self.stop.cancel();
        timeout(DEADLINE, self.task).await.expect("it stops in time").unwrap();
        (self.desk, self.dir)
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A way to the relay that takes the wish for a WebSocket out of every request, as some proxies do.
pub(crate) async fn one_way_street(relay: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((from, _)) = listener.accept().await {
            tokio::spawn(pass(from, relay));
        }
    });
    addr
}

async fn pass(mut from: TcpStream, relay: SocketAddr) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let plain: Vec<&str> = head
        .split("\r\n")
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("upgrade:") && !line.starts_with("connection:") && !line.starts_with("sec-websocket")
        })
        .collect();
    // One request per connection, so that every head is seen.
    let plain = plain.join("\r\n").replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let mut to = TcpStream::connect(relay).await?;
    to.write_all(plain.as_bytes()).await?;
    tokio::io::copy_bidirectional(&mut from, &mut to).await?;
    Ok(())
}

/// A way to the relay that loses the answer to the first request after the relay has given it.
pub(crate) async fn forgetful_way(relay: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut from, _) = listener.accept().await?;
        let (answer, mut to) = TcpStream::connect(relay).await?.into_split();
        tokio::select! {
            _ = tokio::io::copy(&mut from, &mut to) => {}
            answered = answer.readable() => answered?,
        }
        drop((from, answer, to));
        while let Ok((mut from, _)) = listener.accept().await {
            let mut to = TcpStream::connect(relay).await?;
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
        }
        Ok::<_, std::io::Error>(())
    });
    addr
}
