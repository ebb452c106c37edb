//! HTTPS by the relay itself: certificates and an authority made by the test, the real binary, the desk's own client.

use crate::common::{binary, support, xml};

mod acme;
mod authority;
mod files;
mod hostile;

use authority::Authority;
use binary::{ADMIN, EXE, Serving, admin, callback_path, command, data_dir, text};
use perezvon_core::effect::Preferences;
use perezvon_desk::Desk;
use perezvon_desk::follow::{FeedState, Followed, follow};
use perezvon_desk::relay_client::RelayClient;
use rcgen::KeyPair;
use reqwest::{Client, StatusCode};
use reqwest_websocket::{Upgrade as _, WebSocket};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;
use support::{DEADLINE, IVANOV, next, until};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use xml::Xml;

struct Scene {
    dir: TempDir,
    serving: Serving,
    key: String,
    callback: String,
}

impl Scene {
    fn start(authority: &Authority) -> Self {
        Self::limited(authority, &json!({}))
    }

    fn limited(authority: &Authority, limits: &Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        authority.issue(dir.path());
        let data = data_dir(&dir);
        let callback = callback_path(&data);
        let tls = json!({ "mode": "files", "cert": dir.path().join("cert.pem"), "key": dir.path().join("key.pem") });
        let serving = serve(&dir, &json!({ "tls": tls, "limits": limits }), |_| {});
        let key = admin(&data);
        Self {
            dir,
            serving,
            key,
            callback,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.serving.addr)
    }

    fn hang_up(&self) {
        let sent = command("kill")
            .args(["-HUP", &self.serving.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success(), "the signal is sent");
    }

    async fn feed(&self, client: &Client) -> WebSocket {
        let request = client.get(self.url("/v1/feed?after=0")).bearer_auth(&self.key);
        request.upgrade().send().await.unwrap().into_websocket().await.unwrap()
    }

    async fn post_event(&self, client: &Client, n: u64) -> StatusCode {
        let event = client
            .post(self.url(&self.callback))
            .body(Xml::received(n, IVANOV).text());
        event.send().await.unwrap().status()
    }

    async fn tls(&self, client: &Client) -> Value {
        health(client, &self.url(""), &self.key).await
    }

    /// The check's finding about the certificate.
    async fn certificate(&self, client: &Client) -> Value {
        finding(client, &self.url(""), &self.key).await
    }
}

/// The certificate in health.
async fn health(client: &Client, url: &str, key: &str) -> Value {
    let asked = client.get(format!("{url}/v1/health")).bearer_auth(key);
    asked.send().await.unwrap().json::<Value>().await.unwrap()["tls"].clone()
}

/// The check's finding about the certificate.
async fn finding(client: &Client, url: &str, key: &str) -> Value {
    let asked = client.get(format!("{url}/v1/check")).bearer_auth(key);
    let told: Value = asked.send().await.unwrap().json().await.unwrap();
    let mut checks = told["checks"].as_array().unwrap().iter();
    checks.find(|check| check["id"] == "certificate").unwrap().clone()
}

/// Writes the configuration; returns the arguments that serve with it at a free port.
fn arguments(dir: &TempDir, config: &Value) -> Vec<OsString> {
    let file = dir.path().join("relay.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let (data, file) = (data_dir(dir).into(), file.into());
    let fixed = ["serve", "--listen", "127.0.0.1:0", "--data-dir"].map(OsString::from);
    fixed.into_iter().chain([data, "--config".into(), file]).collect()
}

fn serve(dir: &TempDir, config: &Value, change: impl FnOnce(&mut Command)) -> Serving {
    let mut serve = command(EXE);
    serve.args(arguments(dir, config));
    change(&mut serve);
    Serving::start_as(&mut serve)
}

#[cfg_attr(windows, ignore = "the relay is told by a signal that Windows does not have")]
#[tokio::test]
async fn a_new_certificate_is_taken_without_dropping_anybody_and_a_broken_one_is_not() {
    let (first, second) = (Authority::new(), Authority::new());
    let scene = Scene::start(&first);
    let (of_first, of_second) = (first.client(), second.client());
    let mut feed = scene.feed(&of_first).await;
    assert_eq!(
        scene.post_event(&of_first, 1).await,
        StatusCode::OK,
        "an event by HTTPS"
    );
    assert_eq!(next(&mut feed).await["trackingId"], "1:1", "the feed by WSS");
    assert_eq!(scene.tls(&of_first).await["mode"], "files", "health says so");
    assert!(
        of_second.get(scene.url("/v1/health")).send().await.is_err(),
        "the certificate is checked at all"
    );
    let plain = Client::builder().no_proxy().build().unwrap();
    let plain = plain
        .get(format!("http://{}/v1/health", scene.serving.addr))
        .send()
        .await;
    assert!(plain.is_err(), "nothing is served without TLS");

    let finding = scene.certificate(&of_first).await;
    assert_eq!(finding["state"], "ok", "good for long: {finding}");

    // A certificate of another authority is written to the files.
    second.issue(scene.dir.path());
    scene.hang_up();
    until("the new certificate", || async {
        of_second.get(scene.url("/v1/health")).send().await.ok().map(drop)
    })
    .await;
    assert_eq!(
        scene.post_event(&of_second, 2).await,
        StatusCode::OK,
        "new connections have the new one"
    );
    assert_eq!(
        next(&mut feed).await["trackingId"],
        "2:1",
        "the feed that was open goes on"
    );

    // A truncated file, and then a key of another certificate.
    let cert = std::fs::read(scene.dir.path().join("cert.pem")).unwrap();
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (name, bytes) in [
        ("cert.pem", cert[..cert.len() / 2].to_vec()),
        ("key.pem", key.into_bytes()),
    ] {
        let file = scene.dir.path().join(name);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, bytes).unwrap();
        scene.hang_up();
        until("it is told", || async {
            let told = scene.tls(&of_second).await["failure"].as_str().map(str::to_owned);
            told.filter(|failure| failure.contains(name))
        })
        .await;
        let finding = scene.certificate(&of_second).await;
        assert_eq!(
            finding["cause"], "certificate_failing",
            "{name}: the check tells too: {finding}"
        );
        assert_eq!(
            scene.post_event(&of_second, 3).await,
            StatusCode::OK,
            "{name}: the old one is served"
        );
        std::fs::write(&file, whole).unwrap();
        scene.hang_up();
        until("it is overcome", || async {
            scene.tls(&of_second).await["failure"].is_null().then_some(())
        })
        .await;
    }
    assert_eq!(
        next(&mut feed).await["trackingId"],
        "3:1",
        "the feed has lived through it all"
    );
}

#[tokio::test]
async fn the_desk_speaks_https() {
    let authority = Authority::new();
    let scene = Scene::start(&authority);
    let key = scene.key.clone();
    let source: perezvon_desk::relay_client::KeySource =
        Arc::new(move || Some(perezvon_desk::Secret::new(key.clone())));
    let desk = RelayClient::trusting(&scene.url(""), source.clone(), vec![authority.root()]).unwrap();
    assert_eq!(desk.me().await.unwrap().name, ADMIN, "who it is");
    assert!(desk.health().await.is_ok(), "how the relay does");
    let stop = CancellationToken::new();
    let (news, mut heard) = mpsc::channel(16);
    let (state, mut seen) = watch::channel(FeedState::default());
    let followed = Followed {
        relay: desk,
        abonent: Some(IVANOV.to_owned()),
        identity: "tls".to_owned(),
        preferences: Arc::new(Preferences::default),
    };
    let mirror = Arc::new(Desk::open(&scene.dir.path().join("desk")).unwrap());
    let following = tokio::spawn(follow(followed, mirror, news, state, stop.clone()));
    let live = FeedState::Connected {
        polling: false,
        caught_up: true,
    };
    let connected = tokio::time::timeout(DEADLINE, seen.wait_for(|state| *state == live)).await;
    assert!(
        connected.is_ok_and(|state| state.is_ok()),
        "the feed by WSS, not by long polls"
    );
    assert_eq!(
        scene.post_event(&authority.client(), 1).await,
        StatusCode::OK,
        "a call comes"
    );
    let told = tokio::time::timeout(DEADLINE, heard.recv()).await.unwrap().unwrap();
    assert_eq!(told.calls, 1, "and reaches the desk: {told:?}");
    stop.cancel();
    following.await.unwrap();
    let stranger = RelayClient::new(&scene.url(""), source).unwrap();
    assert!(
        stranger.me().await.is_err(),
        "a certificate that nobody vouches for is refused"
    );
}

#[tokio::test]
async fn certificates_that_cannot_be_used_at_the_start_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing.pem");
    let tls = json!({ "mode": "files", "cert": missing, "key": missing });
    let ended = command(EXE)
        .args(arguments(&dir, &json!({ "tls": tls })))
        .output()
        .unwrap();
    assert!(!ended.status.success(), "it does not start");
    assert!(text(&ended.stderr).contains("missing.pem"), "{}", text(&ended.stderr));
}

#[cfg(unix)]
#[tokio::test]
async fn an_authority_that_cannot_be_reached_is_told_and_asked_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("acme");
    // An address without a listener.
    let tls = json!({ "mode": "acme", "domains": ["relay.example.ru"], "email": "admin@example.ru", "cacheDir": cache,
        "directory": "https://127.0.0.1:9/directory" });
    let serving = serve(&dir, &json!({ "tls": tls }), |_| {});
    for time in ["once", "again"] {
        loop {
            let line = serving
                .said
                .recv_timeout(DEADLINE)
                .unwrap_or_else(|_| panic!("the trouble is told {time}"));
            if line.contains("the authority gives no certificate") {
                break;
            }
        }
    }
    let mode = std::fs::metadata(&cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "keys are for the relay only");
    // Without a certificate there is no TLS, and never a plain connection instead.
    let client = Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
    for scheme in ["https", "http"] {
        let asked = client
            .get(format!("{scheme}://{}/v1/health", serving.addr))
            .send()
            .await;
        assert!(asked.is_err(), "{scheme} answers nothing yet");
    }
    // The command line still works, and the shutdown is orderly.
    let data = data_dir(&dir);
    assert!(
        binary::relay(&["user", "list", "--data-dir", data.to_str().unwrap()])
            .status
            .success()
    );
    serving.terminate();
    let mut serving = serving;
    assert!(serving.child.wait().unwrap().success(), "it ends when it is told to");
}
