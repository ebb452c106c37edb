//! From one version to the next: the real program replaces itself, and comes back as it was. Its makers' key is made here.

use crate::harness::app::{BINARY, CLIENT, data_dir, environment, from_client, simulator};
use crate::harness::display::{Desktop, Running};
use crate::harness::notifications::Notifications;
use crate::harness::processes::running;
use crate::harness::tray::Tray;
use crate::harness::update::{Makers, installed, next_number, next_version, number, number_after};
use crate::harness::window::Window;
use crate::harness::xml::{Incoming, post};
use crate::harness::{eventually, eventually_async};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use clap::Parser as _;
use perezvon_desk::Desk;
use perezvon_relay::{Options, Relay, Token, cli};
use perezvon_sim::{Args, Sim};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The company's relay, and the key of one desk.
struct Company {
    relay: Relay,
    dir: TempDir,
    key: String,
}

impl Company {
    async fn start(sim: &Sim) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut options = Options::new(dir.path());
        options.pbx_url = sim.rest_url().parse().unwrap();
        options.token = Some(Token::parse(sim.token()).unwrap());
        options.public_url = Some(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap());
        let relay = Relay::start(options, listener).await.unwrap();
        let user = json!({ "role": "user", "name": "Стол", "abonent": sim.options().company.abonents[0].user_id });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let made = client.post(format!("http://{}/v1/users", relay.addr())).json(&user);
        let made = made.bearer_auth(relay.local_key().reveal()).send().await.unwrap();
        let made: Value = made.json().await.unwrap();
        let key = made["key"].as_str().unwrap().to_owned();
        Self { relay, dir, key }
    }

    /// As the administrator does at the server.
    async fn release(&self, version: &str, bytes: &[u8], signature: &str) {
        let file = self.dir.path().join("perezvon.AppImage");
        std::fs::write(&file, bytes).unwrap();
        std::fs::write(self.dir.path().join("perezvon.AppImage.sig"), signature).unwrap();
        let target = format!("linux-{}", std::env::consts::ARCH);
        let words = [
            "perezvon-relay",
            "release",
            "add",
            "--version",
            version,
            "--target",
            &target,
        ];
        let words = words.map(std::ffi::OsString::from).into_iter();
        let words = words.chain([file.into(), "--data-dir".into(), self.dir.path().into()]);
        cli::run(cli::Cli::parse_from(words), std::future::pending)
            .await
            .unwrap();
    }
}

/// A desk of the company, with a contact and settings of its own.
fn joined(desktop: &Desktop, sim: &Sim, relay: SocketAddr, key: &str) {
    let dir = data_dir(desktop);
    std::fs::create_dir_all(&dir).unwrap();
    let desk = Desk::open(&dir).unwrap();
    let connection = json!({ "relay": format!("http://{relay}"), "role": "user", "settled": true,
                             "me": sim.options().company.abonents[0].user_id });
    desk.set_setting("connection", &connection).unwrap();
    let settings = perezvon_app::ipc::Settings {
        updates: perezvon_app::ipc::Updates::Install,
        grace_s: 45,
        ..Default::default()
    };
    desk.set_setting("settings", &settings).unwrap();
    let contact = json!({ "id": null, "kind": "partner", "name": "Орлова Марина", "company": "", "email": "", "note": "",
                          "numbers": [{ "display": CLIENT }] });
    desk.save_contact(&serde_json::from_value(contact).unwrap()).unwrap();
    std::fs::write(dir.join("secrets.json"), json!({ "desk-key": key }).to_string()).unwrap();
}

/// Ends whatever process of the program is left.
struct Ends<'a>(&'a Path, &'a Desktop);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        for id in running(self.0.to_str().unwrap(), &self.1.path("home").display().to_string()) {
            let id = rustix::process::Pid::from_raw(id as i32).unwrap();
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

/// Lines of the app's log that hold the text.
fn logged(desktop: &Desktop, text: &str) -> usize {
    let logs = std::fs::read_dir(data_dir(desktop).join("logs"))
        .into_iter()
        .flatten()
        .flatten();
    let texts = logs.map(|log| std::fs::read_to_string(log.path()).unwrap_or_default());
    texts
        .map(|log| log.lines().filter(|line| line.contains(text)).count())
        .sum()
}

#[expect(clippy::too_many_lines, reason = "one story from one version to the next")]
#[tokio::test(flavor = "multi_thread")]
async fn the_next_version_from_the_companys_relay_waits_for_the_call_and_keeps_everything() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    let tray = Tray::start(&desktop.bus).await;
    let company = Company::start(&sim).await;
    joined(&desktop, &sim, company.relay.addr(), &company.key);
    let own_copy = installed(&desktop);
    let _ends = Ends(&own_copy, &desktop);
    let (makers, next) = (Makers::new(), next_version(&desktop));
    company
        .release(&next_number(), &next, &makers.sign(&next, &next_number()))
        .await;
    eventually_async("the relay's subscription", || async {
        (!sim.subscriptions().is_empty()).then_some(())
    })
    .await;

    // A conversation goes on when the app starts.
    let me = &sim.options().company.abonents[0].user_id;
    let call = Incoming {
        call: "c-update",
        abonent: me,
        number: "+79000000088",
        start: chrono::Utc::now().into(),
    };
    let (http, callback) = (
        reqwest::Client::new(),
        company.relay.callback_url().unwrap().to_string(),
    );
    assert_eq!(post(&http, &callback, call.received("u1")).await, Some(200));
    assert_eq!(post(&http, &callback, call.answered("u2")).await, Some(200));
    let mut command = desktop.command(&own_copy);
    environment(&desktop, &sim, &mut command);
    let log = std::fs::File::create(desktop.path("app.out")).unwrap();
    let command = command.env("PEREZVON_UPDATE_KEY", makers.key()).arg("--minimized");
    let mut first = Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    eventually("the new version to wait for the end of the call", || {
        (logged(&desktop, "The new version waits for the end of a call") > 0).then_some(())
    });
    assert!(
        std::fs::read(&own_copy).unwrap() != next,
        "nothing is replaced during a call"
    );
    assert!(first.0.try_wait().unwrap().is_none(), "and nothing ended");
    assert_eq!(post(&http, &callback, call.released("u3", true)).await, Some(200));

    eventually("the end of the old version", || first.0.try_wait().unwrap());
    assert!(std::fs::read(&own_copy).unwrap() == next, "the program is the new one");
    let started = format!("Starting version=\"{} ", next_number());
    eventually("the start of the new version", || {
        (logged(&desktop, &started) > 0).then_some(())
    });
    let home = desktop.path("home").display().to_string();
    assert_eq!(running(own_copy.to_str().unwrap(), &home).len(), 1, "one process");

    // The feed goes on, and the caller has the name that the old version stored.
    eventually_async("the desk at the relay", || async {
        let health = format!("http://{}/v1/health", company.relay.addr());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let asked = client
            .get(health)
            .bearer_auth(company.relay.local_key().reveal())
            .send()
            .await
            .unwrap();
        (asked.json::<Value>().await.unwrap()["readers"] == 1).then_some(())
    })
    .await;
    let before = toasts.all().len();
    let missed = Args {
        abonent: Some(me.clone()),
        ..from_client()
    };
    sim.play("incoming-missed", missed).unwrap();
    toasts
        .toast(before, "the missed call, by name", |t| {
            t.summary.starts_with("Пропущенный") && format!("{} {}", t.summary, t.body).contains("Орлова Марина")
        })
        .await;
    let settings: Value = Desk::open(&data_dir(&desktop))
        .unwrap()
        .setting("settings")
        .unwrap()
        .unwrap();
    assert_eq!(
        (&settings["graceS"], &settings["updates"]),
        (&json!(45), &json!("install"))
    );
    assert!(
        !desktop.window_titles().iter().any(|title| title.contains("Перезвон")),
        "minimized, as it was"
    );
    tray.click("Выход").await;
    eventually("the end of the new version", || {
        running(own_copy.to_str().unwrap(), &home).is_empty().then_some(())
    });
    company.relay.shutdown().await;
}

/// Who has the new versions: what is offered, and the file's bytes with the length that is told of them.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(Value, Vec<u8>, usize)>>);

impl Shelf {
    /// At a free port; the address of the offer.
    async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (offer, file, url) = (self.clone(), self.clone(), format!("{base}/file"));
        let offered = move || async move {
            let mut offered = offer.0.lock().unwrap().0.clone();
            offered["url"] = json!(url);
            offered.to_string().into_response()
        };
        let bytes = move || async move {
            let (_, bytes, length) = file.0.lock().unwrap().clone();
            let body = Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(bytes)]));
            let mut answer = Response::new(body);
            answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            answer
        };
        let router = Router::new().route("/offer", get(offered)).route("/file", get(bytes));
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("{base}/offer")
    }

    fn put(&self, version: &str, signature: &str, bytes: &[u8], length: usize) {
        let offer = json!({ "version": version, "signature": signature, "notes": "Очередь быстрее" });
        *self.0.lock().unwrap() = (offer, bytes.to_vec(), length);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_makers_next_version_is_refused_and_told() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let toasts = Notifications::start(&desktop.bus).await;
    let (makers, others, shelf, bytes) = (Makers::new(), Makers::new(), Shelf::default(), b"\x7fELF next".to_vec());
    let (next, whole) = (next_number(), bytes.len());
    let good = makers.sign(&bytes, &next);
    shelf.put(&next, &good, &bytes, whole);
    let offer = shelf.open().await;
    let program = installed(&desktop);
    let _ends = Ends(&program, &desktop);
    let old = std::fs::read(&program).unwrap();
    let start = |command: &mut Command| {
        environment(&desktop, &sim, command);
        command
            .env("PEREZVON_UPDATES", &offer)
            .env("PEREZVON_UPDATE_KEY", makers.key());
    };
    let window = Window::open_program(&desktop, program.to_str().unwrap(), &[], start).await;
    window.text_where("shell", "data-level", "ready").await;
    // Nobody has asked: a toast tells it, and its click shows where.
    let told = toasts
        .toast(0, "the newer version", |t| t.summary.contains(&next))
        .await;
    toasts.click(told.id, "default").await;
    window.text_of("update-newer", |text| text.contains(&next)).await;
    assert!(window.text_of("update-version", |_| true).await.contains(number()));
    shelf.put(number(), &makers.sign(&bytes, number()), &bytes, whole);
    window.click("update-ask").await;
    window.text_of("update-newest", |text| !text.is_empty()).await;

    // An older one is no update.
    shelf.put("0.0.1", &makers.sign(&bytes, "0.0.1"), &bytes, whole);
    window.click("update-ask").await;
    let told = window.text_where("update-trouble", "data-code", "older").await;
    assert!(told.contains("Сообщите администратору"), "with what to do: {told}");

    let refusals = [
        ("bad_signature", others.sign(&bytes, &next), bytes.clone(), whole),
        ("bad_signature", good.clone(), b"\x7fELF nexT".to_vec(), whole),
        ("bad_signature", good.clone(), bytes[..5].to_vec(), 5),
        ("other_version", makers.sign(&bytes, "0.0.1"), bytes.clone(), whole),
        ("incomplete", good.clone(), bytes[..5].to_vec(), whole),
    ];
    shelf.put(&next, &good, &bytes, whole);
    window.click("update-ask").await;
    window.text_of("update-newer", |text| text.contains(&next)).await;
    for (n, (code, signature, bytes, length)) in refusals.into_iter().enumerate() {
        shelf.put(&next, &signature, &bytes, length);
        // Who installs asks again: a click between would find the button busy.
        window.text_where("settings-updates", "data-step", "idle").await;
        window.click("update-install").await;
        eventually("the refusal", || {
            (logged(&desktop, "The new version is not installed") == n + 1).then_some(())
        });
        let told = window.text_where("update-trouble", "data-code", code).await;
        assert!(told.len() > 40, "with its cause and what to do: {told}");
    }
    window.text_of("update-version", |text| text.contains(number())).await;
    assert!(std::fs::read(&program).unwrap() == old, "nothing was replaced");
    window.close().await;
}

/// A server that remembers what it was asked for, and with which key. It has nothing but what it was told to answer.
#[derive(Clone, Default)]
struct Stranger(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    /// By path.
    answers: Vec<(String, Answer)>,
    asked: Vec<(String, Option<String>)>,
}

#[derive(Clone)]
enum Answer {
    Manifest(Value),
    GoTo(String),
}

impl Stranger {
    async fn open(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let this = self.clone();
        let router = Router::new().fallback(move |request: Request| std::future::ready(this.answer(&request)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        addr
    }

    fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path().to_owned();
        let key = request.headers().get(header::AUTHORIZATION);
        let key = key.map(|key| key.to_str().unwrap().to_owned());
        let mut told = self.0.lock().unwrap();
        let answer = told.answers.iter().find(|(of, _)| *of == path);
        let answer = match answer.map(|(_, answer)| answer.clone()) {
            Some(Answer::Manifest(manifest)) => manifest.to_string().into_response(),
            Some(Answer::GoTo(url)) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
        told.asked.push((path, key));
        answer
    }

    fn answers(&self, answers: &[(&str, Answer)]) {
        let answers = answers
            .iter()
            .map(|(path, answer)| ((*path).to_owned(), answer.clone()));
        self.0.lock().unwrap().answers = answers.collect();
    }

    /// How often it was asked for this with the key.
    fn asked(&self, path: &str, key: &str) -> usize {
        let with = (path.to_owned(), Some(format!("Bearer {key}")));
        self.0
            .lock()
            .unwrap()
            .asked
            .iter()
            .filter(|asked| **asked == with)
            .count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_to_the_companys_relay_goes_nowhere_else_and_an_old_relay_is_told() {
    let (desktop, sim) = (Desktop::start(), simulator().await);
    let (relay, foreign, makers, key) = (Stranger::default(), Stranger::default(), Makers::new(), "of-the-relay");
    let (own, other) = (relay.open().await, foreign.open().await);
    joined(&desktop, &sim, own, key);
    let environment = |command: &mut Command| {
        environment(&desktop, &sim, command);
        command.env("PEREZVON_UPDATE_KEY", makers.key());
    };
    let start = || {
        let mut command = desktop.command(BINARY);
        environment(&mut command);
        let command = command.arg("--minimized").stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    };

    // The relay names another server for the file, and sends on to it who asks for the file here.
    let (offer, file) = ("/v1/releases", "/v1/releases/linux/file");
    let url = format!("http://{other}{file}");
    let manifest = json!({ "version": next_number(), "signature": makers.sign(b"next", &next_number()), "url": url });
    relay.answers(&[(offer, Answer::Manifest(manifest)), (file, Answer::GoTo(url.clone()))]);
    let app = start();
    eventually("the end of the fetching", || {
        (logged(&desktop, "The new version is not installed") == 1).then_some(())
    });
    assert!(
        relay.asked(offer, key) == 1 && relay.asked(file, key) == 1,
        "the relay itself gets it"
    );
    drop(app);

    // It sends on who asks for new versions.
    relay.answers(&[(offer, Answer::GoTo(format!("http://{other}{offer}")))]);
    let app = start();
    eventually("the end of the asking", || {
        (logged(&desktop, "Nobody says whether there is a newer version") == 1).then_some(())
    });
    drop(app);

    // It has never heard of them.
    relay.answers(&[]);
    let window = Window::open_program(&desktop, BINARY, &["perezvon://settings/updates"], environment).await;
    let told = window.text_where("update-trouble", "data-code", "old_relay").await;
    assert!(told.contains("администратору"), "with what to do: {told}");
    window.close().await;
    let asked = foreign.0.lock().unwrap();
    assert!(asked.asked.is_empty(), "nobody else is asked: {:?}", asked.asked);
}

#[test]
fn the_next_number_has_as_many_letters() {
    for (number, next) in [
        ("0.1.0", "0.1.1"),
        ("0.1.9", "0.2.9"),
        ("1.9.99", "2.9.99"),
        ("1.10.9", "1.11.9"),
    ] {
        assert_eq!(number_after(number), next);
    }
}
