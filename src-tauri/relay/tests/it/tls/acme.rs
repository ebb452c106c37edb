//! A certificate by ACME, from a test authority that really validates.

use super::authority::acme::{Mood, Office};
use super::{admin, finding, health, serve};
use crate::common::binary::{EXE, Serving, callback_path, command, data_dir, text};
use crate::common::support::{DEADLINE, IVANOV, next, until};
use crate::common::xml::Xml;
use reqwest::tls::TlsInfo;
use reqwest::{Client, StatusCode};
use reqwest_websocket::Upgrade as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const NAME: &str = "relay.example.ru";
const HOUR: Duration = Duration::from_hours(1);
/// Age of a certificate that is to be renewed after two seconds: two of its three hours are over then.
const OLD: Duration = Duration::from_secs(2 * 3600 - 2);

struct Scene {
    office: Office,
    dir: TempDir,
    key: String,
    callback: String,
}

impl Scene {
    async fn open() -> Self {
        let (office, dir) = (Office::open().await, tempfile::tempdir().unwrap());
        std::fs::write(dir.path().join("root.pem"), &office.authority().pem).unwrap();
        let (callback, key) = (callback_path(&data_dir(&dir)), admin(&data_dir(&dir)));
        Self {
            office,
            dir,
            key,
            callback,
        }
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// A relay whose name does not lead anywhere yet.
    fn serve(&self) -> Serving {
        let tls = json!({ "mode": "acme", "domains": [NAME], "email": "admin@example.ru", "cacheDir": self.cache(),
            "directory": self.office.directory });
        // This machine trusts the authority.
        serve(&self.dir, &json!({ "tls": tls }), |relay| {
            relay.env("SSL_CERT_FILE", self.dir.path().join("root.pem"));
        })
    }

    /// A relay to which the name leads, with its certificate.
    async fn served(&self) -> (Serving, Visitor<'_>) {
        let serving = self.serve();
        self.office.leads(NAME, serving.addr);
        let visitor = self.visitor(serving.addr);
        until("a certificate", || async { visitor.serial().await }).await;
        (serving, visitor)
    }

    /// A client that knows the relay by its name and trusts the authority.
    fn visitor(&self, addr: SocketAddr) -> Visitor<'_> {
        Visitor {
            scene: self,
            client: self.client(addr),
            addr,
            url: format!("https://{NAME}:{}", addr.port()),
        }
    }

    fn client(&self, addr: SocketAddr) -> Client {
        self.office.authority().builder().resolve(NAME, addr).build().unwrap()
    }

    /// The check's finding about the certificate.
    fn checked(&self) -> String {
        let check = command(EXE)
            .args(["check", "--data-dir"])
            .arg(data_dir(&self.dir))
            .output()
            .unwrap();
        let (lines, trouble) = (text(&check.stdout), text(&check.stderr));
        let line = lines.lines().find(|line| line.contains(" certificate "));
        line.unwrap_or_else(|| panic!("no line in {lines}, {trouble}"))
            .to_owned()
    }
}

struct Visitor<'a> {
    scene: &'a Scene,
    client: Client,
    addr: SocketAddr,
    url: String,
}

impl Visitor<'_> {
    /// The serial number of the served certificate, if it is valid.
    async fn serial(&self) -> Option<u64> {
        // A new client: a resumed session shows no certificate.
        let newcomer = self.scene.client(self.addr);
        let answer = newcomer.get(format!("{}/v1/health", self.url)).send().await.ok()?;
        let info: &TlsInfo = answer.extensions().get().unwrap();
        let der = info.peer_certificate().unwrap();
        let (_, cert) = x509_parser::parse_x509_certificate(der).unwrap();
        cert.raw_serial()
            .iter()
            .map(|byte| u64::from(*byte))
            .reduce(|all, byte| all << 8 | byte)
    }

    async fn tls(&self) -> Value {
        health(&self.client, &self.url, &self.scene.key).await
    }

    async fn finding(&self) -> Value {
        finding(&self.client, &self.url, &self.scene.key).await
    }

    async fn post_event(&self, n: u64) -> StatusCode {
        let event = self.client.post(format!("{}{}", self.url, self.scene.callback));
        event
            .body(Xml::received(n, IVANOV).text())
            .send()
            .await
            .unwrap()
            .status()
    }

    /// The reason why there is no new certificate, once it contains these words.
    async fn failure(&self, words: &str) {
        patiently(words, || async {
            let failure = self.tls().await["failure"].as_str().map(str::to_owned)?;
            failure.contains(words).then_some(())
        })
        .await;
    }
}

/// Waits longer than other tests: after each failure the relay doubles its pause.
async fn patiently<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let found = tokio::time::timeout(6 * DEADLINE, async {
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

async fn end(serving: Serving) {
    serving.terminate();
    let mut serving = serving;
    let ended = tokio::task::spawn_blocking(move || serving.child.wait().unwrap().success());
    assert!(ended.await.unwrap() || cfg!(windows), "it ends in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_proved_served_and_kept_over_restarts() {
    let scene = Scene::open().await;
    let (serving, visitor) = scene.served().await;
    assert_eq!(visitor.serial().await, Some(1), "the first");
    assert_eq!(visitor.post_event(1).await, StatusCode::OK, "an event comes in by it");
    let tls = until("the certificate's end", || async {
        let tls = visitor.tls().await;
        (!tls["until"].is_null()).then_some(tls)
    })
    .await;
    assert_eq!((&tls["mode"], &tls["failure"]), (&json!("acme"), &Value::Null), "{tls}");
    let found = visitor.finding().await;
    assert_eq!(found["state"], "ok", "{found}");
    assert!(
        scene.checked().starts_with("ok "),
        "so does the command line: {}",
        scene.checked()
    );
    assert_eq!(scene.office.given(), (1, 1), "one account, one certificate");

    // The authority is down: the certificate is read from the disk.
    end(serving).await;
    scene.office.mood(Mood::Down);
    let (serving, visitor) = scene.served().await;
    assert_eq!(visitor.serial().await, Some(1), "the same");
    let again = visitor.tls().await;
    assert_eq!(again, tls, "good as long as before, and nothing is missing");

    // A truncated file is no certificate.
    end(serving).await;
    scene.office.mood(Mood::Well);
    let mut kept = std::fs::read_dir(scene.cache())
        .unwrap()
        .map(|file| file.unwrap().path());
    let kept = kept
        .find(|file| file.to_str().unwrap().contains("cached_cert"))
        .unwrap();
    let whole = std::fs::read(&kept).unwrap();
    std::fs::write(&kept, &whole[..whole.len() / 2]).unwrap();
    let (_serving, visitor) = scene.served().await;
    assert_eq!(visitor.serial().await, Some(2), "a new one");
    assert_eq!(scene.office.given(), (1, 2), "for the same account");
    until("nothing is missing", || async {
        let tls = visitor.tls().await;
        (tls["failure"].is_null() && !tls["until"].is_null()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_in_time_and_nobody_is_dropped() {
    let scene = Scene::open().await;
    scene.office.next(OLD, HOUR, Mood::Well);
    let (serving, visitor) = scene.served().await;
    let url = format!("{}/v1/feed?after=0", visitor.url);
    let feed = visitor.client.get(url).bearer_auth(&scene.key).upgrade();
    let mut feed = feed.send().await.unwrap().into_websocket().await.unwrap();
    until("the next certificate", || async {
        visitor.serial().await.filter(|serial| *serial == 2).map(drop)
    })
    .await;
    until("its end is told", || async {
        let found = visitor.finding().await;
        (found["state"] == "ok").then_some(())
    })
    .await;
    assert_eq!(visitor.post_event(1).await, StatusCode::OK, "an event comes in by it");
    assert_eq!(
        next(&mut feed).await["trackingId"],
        "1:1",
        "the feed that was open goes on"
    );
    assert_eq!(scene.office.given(), (1, 2), "one account, two certificates");
    // The new one is stored.
    end(serving).await;
    scene.office.mood(Mood::Down);
    let (_serving, visitor) = scene.served().await;
    assert_eq!(visitor.serial().await, Some(2), "the new one is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_in_trouble_is_told_while_the_old_certificate_goes_on() {
    let scene = Scene::open().await;
    scene.office.next(OLD, HOUR, Mood::Refusing);
    let (_serving, visitor) = scene.served().await;
    visitor.failure("The policy forbids this name").await;
    let found = visitor.finding().await;
    assert_eq!(found["cause"], "certificate_failing", "{found}");
    for words in ["detail", "detailEn"] {
        let told = found[words].as_str().unwrap();
        assert!(
            told.contains("The policy forbids this name"),
            "the authority's words: {told}"
        );
    }
    assert_eq!(visitor.post_event(1).await, StatusCode::OK, "the old one goes on");
    let line = scene.checked();
    assert!(line.starts_with("FAIL") && line.contains("forbids this name"), "{line}");

    scene.office.mood(Mood::Down);
    visitor.failure("the authority cannot be asked").await;
    assert_eq!(visitor.serial().await, Some(1), "the old one goes on");
    scene.office.mood(Mood::Well);
    patiently("the next certificate", || async {
        visitor.serial().await.filter(|serial| *serial > 1).map(drop)
    })
    .await;
    until("it is overcome", || async {
        let found = visitor.finding().await;
        (found["state"] == "ok").then_some(())
    })
    .await;
    assert_eq!(visitor.tls().await["failure"], Value::Null, "and no longer told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_leads_elsewhere_is_told_until_it_leads_here() {
    let scene = Scene::open().await;
    // A port of another program.
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    scene.office.leads(NAME, other.local_addr().unwrap());
    drop(other);
    let serving = scene.serve();
    let line = patiently("the trouble is told", || async {
        let line = scene.checked();
        line.contains("relay.example.ru: The name leads to nobody")
            .then_some(line)
    })
    .await;
    assert!(
        line.starts_with("FAIL") && line.contains("certificate_missing"),
        "{line}"
    );
    let visitor = scene.visitor(serving.addr);
    assert_eq!(visitor.serial().await, None, "nobody outside takes what there is");
    let plain = Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
    let plain = plain.get(format!("http://{}/v1/health", serving.addr)).send().await;
    assert!(plain.is_err(), "and nothing is served without TLS");
    scene.office.leads(NAME, serving.addr);
    patiently("the certificate", || async { visitor.serial().await }).await;
    until("it is overcome", || async {
        let found = visitor.finding().await;
        (found["state"] == "ok").then_some(())
    })
    .await;
}
