//! Every command over a real core: the relay inside the app, a simulated PBX, storage in a folder; no Tauri, no window.

#![allow(clippy::unwrap_used)]

mod report;

use super::{Reply, ask, declared};
use crate::args::{Args, Given};
use crate::core::{Core, Shell};
use crate::{clicks, service, toast};
use perezvon_sim::{Options, Sim};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use ts_rs::{Config, TS};

/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(1);

/// A command as TypeScript.
pub(super) struct Declared {
    name: &'static str,
    doc: &'static str,
    ask: String,
    answer: String,
}

impl Declared {
    pub(super) fn of<Ask: TS, Reply: TS>(name: &'static str, doc: &'static str, fields: &[&str]) -> Self {
        let config = Config::from_env().with_large_int("number");
        Self {
            name,
            doc,
            ask: if fields.is_empty() {
                "null".to_owned()
            } else {
                // Any JSON.
                Ask::inline(&config).replace("JsonValue", "unknown")
            },
            answer: Reply::name(&config),
        }
    }
}

/// `ui/src/contract.ts`: what the window may ask, with which arguments, and what it gets.
fn contract() -> String {
    let rooms = declared();
    let all = || rooms.iter().flat_map(|(_, commands)| commands);
    let mut types = BTreeSet::new();
    for text in all().flat_map(|one| [&one.ask, &one.answer]) {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let own =
            |word: &&str| word.starts_with(char::is_uppercase) && !matches!(*word, "Array" | "ArrayBuffer" | "Record");
        types.extend(words.filter(own));
    }
    let mut text = String::from("// Written by `cargo test` from src-tauri/src/room: do not edit.\n");
    for name in types {
        writeln!(text, "import type {{ {name} }} from \"./lib/bindings/{name}\";").unwrap();
    }
    text.push_str("\n/** Each command with its arguments and its answer. */\nexport interface Contract {\n");
    for (room, commands) in &rooms {
        for Declared { name, doc, ask, answer } in commands {
            if !doc.is_empty() {
                writeln!(text, "  /** {doc} */").unwrap();
            }
            writeln!(text, "  \"{room}.{name}\": [{ask}, {answer}];").unwrap();
        }
    }
    text + "}\n"
}

#[test]
fn the_windows_contract_is_written() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/contract.ts");
    let (known, new) = (std::fs::read_to_string(&file).unwrap_or_default(), contract());
    if known != new {
        std::fs::write(&file, new).unwrap();
        // Whoever builds the window beside these tests builds it with the old one.
        assert!(std::env::var_os("CI").is_none(), "commit the new {}", file.display());
    }
}

/// A desktop that notes what it is asked.
#[derive(Default)]
struct Desktop {
    shown: Mutex<Vec<String>>,
    autostart: Mutex<bool>,
    downloads: PathBuf,
}

impl Shell for Desktop {
    fn show(&self, route: &str, _token: Option<String>) {
        self.shown.lock().unwrap().push(route.to_owned());
    }

    fn autostart(&self, on: bool) -> std::io::Result<()> {
        *self.autostart.lock().unwrap() = on;
        Ok(())
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        Ok(*self.autostart.lock().unwrap())
    }

    fn downloads(&self) -> Option<PathBuf> {
        Some(self.downloads.clone())
    }
}

struct Scene {
    sim: Sim,
    core: Arc<Core>,
    desktop: Arc<Desktop>,
    asked: Mutex<BTreeSet<String>>,
    dir: TempDir,
}

impl Scene {
    async fn start() -> Self {
        let sim = Sim::start(Options {
            seed: Some(7),
            speed: 50.0,
            ..Options::default()
        });
        let (sim, dir) = (sim.await.unwrap(), tempfile::tempdir().unwrap());
        let desktop = Arc::new(Desktop {
            downloads: dir.path().join("downloads"),
            ..Desktop::default()
        });
        let given = Given {
            pbx_url: Some(sim.rest_url()),
            demo: true,
            ..Given::default()
        };
        let toasts = toast::Options {
            app_name: "Перезвон".to_owned(),
            desktop_entry: "Perezvon".to_owned(),
            app_id: "ru.perezvon.test".to_owned(),
            icon_dir: dir.path().join("icons"),
            icons: &[],
            bus: Some("unix:path=/nowhere".to_owned()),
        };
        let shell = Arc::clone(&desktop);
        let (core, told) = Core::open(shell, dir.path().to_owned(), &Args::default(), given, toasts);
        tokio::spawn(clicks::hear(Arc::clone(&core), told));
        tokio::spawn(service::run(Arc::clone(&core)));
        Self {
            sim,
            core,
            desktop,
            asked: Mutex::default(),
            dir,
        }
    }

    async fn reply(&self, name: &str, body: Value) -> Result<Reply, String> {
        self.asked.lock().unwrap().insert(name.to_owned());
        let answer = tokio::time::timeout(DEADLINE, ask(&self.core, name, body)).await;
        answer
            .expect("no command waits without a limit")
            .map_err(|failure| failure.code)
    }

    async fn ask(&self, name: &str, body: Value) -> Value {
        match self.reply(name, body).await {
            Ok(Reply::Json(json)) => serde_json::from_str(&json).unwrap(),
            Ok(Reply::Bytes(_)) => panic!("{name} answers bytes"),
            Err(code) => panic!("{name}: {code}"),
        }
    }

    async fn refused(&self, name: &str, body: Value) -> String {
        self.reply(name, body).await.expect_err("is refused")
    }

    /// Asks again until the answer is as wished.
    async fn until(&self, name: &str, body: Value, wish: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let answer = self.ask(name, body.clone()).await;
            if wish(&answer) {
                return answer;
            }
            assert!(start.elapsed() < DEADLINE, "{name} at last: {answer}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

const PAGE: fn(&str) -> Value = |kind| json!({"filter": {"kind": kind, "query": ""}, "cursor": null, "limit": 50});

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_every_room_answers_without_a_window() {
    let scene = Scene::start().await;
    begin(&scene).await;
    calls_and_contacts(&scene).await;
    administration(&scene).await;
    report::report(&scene).await;
    links(&scene).await;
    let asked = scene.asked.lock().unwrap().clone();
    let all = declared().into_iter();
    let all: BTreeSet<String> = all
        .flat_map(|(room, commands)| commands.into_iter().map(move |one| format!("{room}.{}", one.name)))
        .collect();
    assert_eq!(
        all.difference(&asked).collect::<Vec<_>>(),
        [""; 0],
        "every command was asked"
    );
    assert_eq!(scene.refused("calls.lits", json!({})).await, "not_supported");
    assert_eq!(
        scene.refused("calls.one", json!({"id": "1", "more": 1})).await,
        "unexpected"
    );
    scene.core.quit.cancel();
    drop(scene.dir);
}

async fn begin(scene: &Scene) {
    scene
        .ask(
            "connection.save_token",
            json!({"token": scene.sim.token(), "insecure": true}),
        )
        .await;
    let state = scene
        .until("frame.state", json!({}), |state| {
            state["me"]["name"].as_str().is_some_and(|name| !name.is_empty())
        })
        .await;
    assert_eq!(state["wizard"], false, "the demonstration has an abonent");
    let token = json!({"token": scene.sim.token()});
    let abonents = scene.ask("connection.check_token", token).await;
    let count = |all: &Value| all.as_array().map(Vec::len);
    assert_eq!(
        count(&abonents),
        count(&scene.ask("connection.abonents", json!({})).await),
        "the relay has all that the token opens"
    );
    let me = state["me"]["id"].clone();
    scene.ask("connection.choose_me", json!({"abonent": me})).await;
    scene.ask("connection.finish_wizard", json!({})).await;
    let mut settings = state["settings"].clone();
    settings["autostart"] = json!(true);
    scene.ask("settings.save", json!({"settings": settings})).await;
    assert!(*scene.desktop.autostart.lock().unwrap(), "the system was asked");
    let checks = scene.ask("connection.check", json!({})).await;
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["id"] == "token" && line["ok"] == true),
        "{checks}"
    );
    scene
        .until("frame.state", json!({}), |state| {
            state["service"]["subscriptionUntil"].is_string()
        })
        .await;
}

async fn calls_and_contacts(scene: &Scene) {
    scene
        .sim
        .play("incoming-missed", perezvon_sim::Args::default())
        .unwrap();
    let page = scene
        .until("calls.list", PAGE("missed"), |page| {
            page["rows"][0]["outcome"] == "missed"
        })
        .await;
    let row = &page["rows"][0];
    let call = scene.ask("calls.one", json!({"id": row["id"]})).await;
    assert_eq!(call["row"]["id"], row["id"]);
    let state = scene.ask("frame.state", json!({})).await;
    assert_eq!(state["toCallBack"], 1, "one waits");
    let draft = json!({"draft": {
        "id": null, "kind": "partner", "name": "Орлова Марина", "company": "", "email": "", "note": "",
        "numbers": [{"display": row["number"]}],
    }});
    let id = scene.ask("contacts.save", draft).await;
    let named = scene.ask("calls.one", json!({"id": row["id"]})).await;
    assert_eq!(
        named["row"]["name"], "Орлова Марина",
        "an earlier call has the name too"
    );
    scene
        .ask(
            "contacts.attach_number",
            json!({"id": id, "number": "+79000000055", "label": ""}),
        )
        .await;
    let card = scene.ask("contacts.one", json!({"id": id})).await;
    assert_eq!(card["numbers"].as_array().unwrap().len(), 2);
    let found = scene
        .ask("contacts.list", json!({"query": "орлова", "offset": 0, "limit": 10}))
        .await;
    assert_eq!(found[0]["id"], id);
    scene.ask("contacts.delete", json!({"id": id})).await;
    assert_eq!(scene.refused("contacts.one", json!({"id": id})).await, "not_found");
    let document = row["documentId"].clone();
    assert!(document.is_i64(), "the missed call is registered: {row}");
    scene
        .ask("document.save_note", json!({"id": document, "note": "до обеда"}))
        .await;
    let document = scene.ask("document.one", json!({"id": document})).await;
    assert_eq!(document["note"], "до обеда");
    let notices = scene.ask("notices.list", json!({"before": null, "limit": 50})).await;
    assert!(!notices[0].is_null(), "the call was told");
    scene.ask("notices.seen", json!({"id": null})).await;
    assert_eq!(scene.ask("frame.state", json!({})).await["unseen"], 0);
    scene.ask("calls.call_back", json!({"number": row["numberKey"]})).await;
    assert_eq!(scene.sim.calls_placed().len(), 1);
    assert_eq!(
        scene.refused("calls.recording", json!({"id": "no such"})).await,
        "not_found"
    );
    assert_eq!(scene.ask("frame.take_route", json!({})).await, Value::Null);
}

async fn administration(scene: &Scene) {
    scene.ask("company.preview", json!({})).await;
    scene.ask("company.fill", json!({})).await;
    let company = scene.ask("company.list", json!({})).await;
    let abonent = company[0]["id"].clone();
    let on = json!({"abonent": abonent, "on": true});
    assert_eq!(scene.ask("company.switch_recording", on.clone()).await, "on");
    scene.ask("subscriptions.renew", json!({})).await;
    assert_eq!(
        scene.refused("subscriptions.switch", on).await,
        "refused",
        "one subscription is for all"
    );
    let subscriptions = scene.ask("subscriptions.list", json!({})).await;
    assert!(!subscriptions["subscriptions"][0].is_null());
    let journal = json!({"filter": {"query": "", "bad": false}, "cursor": null, "limit": 10});
    let events = scene.ask("journal.events", journal.clone()).await;
    let seq = json!({"seq": events["events"][0]["seq"]});
    assert!(scene.ask("journal.event", seq.clone()).await["raw"].is_string());
    scene.ask("journal.replay", seq).await;
    let exchanges = scene.ask("journal.exchanges", journal).await;
    assert!(!exchanges["exchanges"][0].is_null());
    let file = scene
        .ask("journal.export", json!({"filter": {"query": "", "bad": false}}))
        .await;
    let file = PathBuf::from(file.as_str().unwrap());
    assert!(file.starts_with(&scene.desktop.downloads) && file.metadata().unwrap().len() > 0);
    let invitation = json!({"invitation": {"name": "Смирнова Анна", "role": "user", "abonent": abonent}});
    let code = scene.ask("people.invite", invitation).await;
    let codes = scene.ask("people.codes", json!({})).await;
    assert_eq!(codes[0]["id"], code["id"]);
    scene.ask("people.withdraw", json!({"id": code["id"]})).await;
    assert!(scene.ask("people.users", json!({})).await.is_array());
    assert_eq!(
        scene.refused("people.revoke", json!({"id": "no such"})).await,
        "not_found"
    );
    let audit = scene
        .ask("audit.list", json!({"what": "", "cursor": null, "limit": 10}))
        .await;
    assert!(!audit["entries"][0].is_null(), "who did what is written down");
    scene.ask("pbx.save", json!({"change": {"graceMs": 20_000}})).await;
    assert_eq!(scene.ask("pbx.read", json!({})).await["values"]["graceMs"], 20_000);
}

async fn links(scene: &Scene) {
    assert_eq!(scene.ask("dial.offer", json!({})).await, Value::Null);
    crate::action::grant(&scene.core, crate::args::wish_of_link("tel:+79000000077"));
    assert_eq!(
        scene.desktop.shown.lock().unwrap().last().map(String::as_str),
        Some("dial")
    );
    let offer = scene.ask("dial.offer", json!({})).await;
    scene.ask("dial.accept", json!({"number": offer["number"]})).await;
    assert_eq!(scene.sim.calls_placed().len(), 2, "nothing was dialled before");
    scene.ask("dial.decline", json!({})).await;
    // Nobody listens there: the discard port of this machine.
    let relay = "http://127.0.0.1:9";
    let typed = json!({"relay": relay, "code": "K7M2-4QXP-9DRT"});
    assert_eq!(scene.ask("join.offer", typed).await["relay"], relay);
    let accept = json!({"relay": relay, "inTheClear": true, "insecure": true});
    assert_eq!(scene.refused("join.accept", accept).await, "relay_unreachable");
    scene.ask("join.decline", json!({})).await;
    let other = json!({"url": "http://relay.example.ru", "key": "k", "inTheClear": false, "insecure": true});
    assert_eq!(scene.refused("connection.join", other).await, "in_the_clear");
}
