//! Every command over a real core: the relay inside the app, a simulated PBX, storage in a folder; no Tauri, no window.

#![allow(clippy::unwrap_used)]

mod administration;
mod calls;
mod company;
mod connection;
mod contacts;
mod dial;
mod document;
mod forwarding;
mod import;
mod policy;
mod queue;
mod recordings;
mod report;
mod settings;
mod written;

pub(super) use written::Declared;

use super::{Reply, ask, declared};
use crate::args::{Args, Given};
use crate::core::{Core, Shell};
use crate::ipc::Settings;
use crate::toast;
use perezvon_desk::Desk;
use perezvon_sim::{Options, Sim};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(1);

/// A desktop that notes what it is asked.
#[derive(Default)]
struct Desktop {
    shown: Mutex<Vec<String>>,
    autostart: Mutex<bool>,
    downloads: PathBuf,
    revealed: Mutex<Vec<PathBuf>>,
    again: Mutex<Vec<bool>>,
}

impl Shell for Desktop {
    fn show(&self, route: &str, _token: Option<String>) {
        self.shown.lock().unwrap().push(route.to_owned());
    }

    fn panel(&self, _token: Option<String>) {
        self.shown.lock().unwrap().push("panel".to_owned());
    }

    fn autostart(&self, on: bool) -> std::io::Result<()> {
        *self.autostart.lock().unwrap() = on;
        Ok(())
    }

    fn starts_with_system(&self) -> std::io::Result<bool> {
        Ok(*self.autostart.lock().unwrap())
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        Ok(*self.autostart.lock().unwrap())
    }

    fn downloads(&self) -> Option<PathBuf> {
        Some(self.downloads.clone())
    }

    fn reveal(&self, file: &Path) -> std::io::Result<()> {
        self.revealed.lock().unwrap().push(file.to_owned());
        Ok(())
    }

    fn open_file(&self, file: &Path) -> std::io::Result<()> {
        self.revealed.lock().unwrap().push(file.to_owned());
        Ok(())
    }

    fn start_again(&self, example: bool) {
        self.again.lock().unwrap().push(example);
    }
}

/// A running core without a window.
struct Office {
    core: Arc<Core>,
    desktop: Arc<Desktop>,
    asked: Mutex<BTreeSet<String>>,
    _dir: TempDir,
}

/// An office whose relay runs inside, and the PBX.
struct Scene {
    sim: Sim,
    office: Office,
}

impl Deref for Scene {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

impl Scene {
    async fn start() -> Self {
        let sim = Sim::start(Options {
            seed: Some(7),
            speed: 50.0,
            ..Options::default()
        });
        let sim = sim.await.unwrap();
        let office = Office::open(Given {
            pbx_url: Some(sim.rest_url()),
            demo: true,
            ..Given::default()
        });
        Self { sim, office }
    }
}

impl Office {
    fn open(given: Given) -> Self {
        Self::open_after(given, |_| {})
    }

    /// The same, with what is in the data folder before.
    fn open_after(given: Given, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Not at the address of an app that runs here.
        let listen = Settings {
            listen: "127.0.0.1:0".to_owned(),
            ..Settings::default()
        };
        crate::settings::save(&Desk::open(dir.path()).unwrap(), &listen).unwrap();
        prepare(dir.path());
        let desktop = Arc::new(Desktop {
            downloads: dir.path().join("downloads"),
            ..Desktop::default()
        });
        let toasts = toast::Options {
            app_name: "Перезвон".to_owned(),
            desktop_entry: "Perezvon".to_owned(),
            app_id: "ru.perezvon.test".to_owned(),
            icon_dir: dir.path().join("icons"),
            icons: &[],
            bus: Some("unix:path=/nowhere".to_owned()),
        };
        let shell = Arc::clone(&desktop);
        let core = crate::open(shell, dir.path().to_owned(), &Args::default(), given, toasts);
        Self {
            core,
            desktop,
            asked: Mutex::default(),
            _dir: dir,
        }
    }

    async fn reply(&self, name: &str, body: Value) -> Result<Reply, String> {
        self.asked.lock().unwrap().insert(name.to_owned());
        let answer = tokio::time::timeout(DEADLINE, ask(&self.core, name, body)).await;
        answer
            .expect("no command waits without a limit")
            .map_err(|failure| failure.code.to_string())
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

const PAGE: fn(&str) -> Value =
    |mark| json!({"filter": {"marks": [mark]}, "span": {}, "cursor": null, "back": false, "limit": 50});

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_every_room_answers_without_a_window() {
    let scene = Scene::start().await;
    connection::nothing_given(&scene).await;
    connection::begin(&scene).await;
    settings::examples_and_file(&scene).await;
    forwarding::one_number(&scene).await;
    calls_and_contacts(&scene).await;
    recordings::all(&scene).await;
    administration::administration(&scene).await;
    report::report(&scene).await;
    company::calls(&scene).await;
    dial::links(&scene).await;
    dial::a_link_handed_over_twice(&scene).await;
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
}

async fn calls_and_contacts(scene: &Scene) {
    let row = calls::missed(scene).await;
    let id = contacts::named_late(scene, &row).await;
    calls::the_log(scene, &row).await;
    contacts::contacts(scene, &id).await;
    // Before anybody talks with them.
    queue::queue(scene).await;
    contacts::watched(scene).await;
    document::documents_and_notices(scene, &row).await;
}

/// Another office, which joins the relay of the scene by a code.
async fn invited(scene: &Scene, invitation: Value) -> Office {
    let relay = scene.ask("frame.state", json!({})).await["service"]["relayUrl"].clone();
    let code = scene.ask("people.invite", json!({"invitation": invitation})).await;
    let office = Office::open(Given::default());
    let typed = json!({"relay": relay, "code": code["code"]});
    let offer = office.ask("join.offer", typed).await;
    let accept = json!({"relay": offer["relay"], "inTheClear": true, "insecure": true});
    office.ask("join.accept", accept).await;
    office
}

/// An employee's rooms refuse another's calls.
async fn nothing_of_colleagues(employee: &Office) {
    let another = json!({"filter": {"abonent": "9000000002@mpbx.sip.beeline.ru"}, "span": {},
                         "cursor": null, "back": false, "limit": 50});
    for (command, body) in [
        ("calls.list", another),
        ("calls.abonents", json!({})),
        ("calls.want_company", json!({"wanted": true})),
    ] {
        assert_eq!(employee.refused(command, body).await, "refused", "{command}");
    }
}

/// Longest from the desk's commit to the change that the window hears, the tenth of a second included in which changes
/// are joined.
const TOLD_WITHIN: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn an_employees_badges_follow_without_a_question() {
    let scene = Scene::start().await;
    connection::begin(&scene).await;
    let state = scene.ask("frame.state", json!({})).await;
    let invitation = json!({"name": "Смирнова Анна", "role": "user", "abonent": state["me"]["id"]});
    let employee = invited(&scene, invitation).await;
    let joined = employee
        .until("frame.state", json!({}), |state| state["service"]["connected"] == true)
        .await;
    assert_eq!(
        (&joined["service"]["admin"], &joined["toCallBack"]),
        (&json!(false), &json!(0))
    );
    nothing_of_colleagues(&employee).await;
    let mut best = Duration::MAX;
    for round in 0..5 {
        let (mut desk, mut window) = (employee.core.desk().unwrap().changes(), employee.core.changes());
        let missed = perezvon_sim::Args::default();
        scene.sim.play("incoming-missed", missed).unwrap();
        let stored = tokio::spawn(async move {
            while let Some(change) = desk.next().await {
                if !change.touched.callbacks.is_empty() {
                    return (Instant::now(), change.counts);
                }
            }
            panic!("the desk is gone");
        });
        let told = async {
            loop {
                let changed = window.next().await.expect("the app runs");
                if changed.callbacks {
                    return (Instant::now(), changed);
                }
            }
        };
        let (at, changed) = tokio::time::timeout(DEADLINE, told).await.expect("the window is told");
        let (since, counts) = stored.await.unwrap();
        best = best.min(at.duration_since(since));
        let told = changed.counts.expect("the figures come with the change");
        assert!(told.to_call_back >= 1 && told.unseen >= 1, "{told:?}");
        assert!(
            told.to_call_back >= counts.to_call_back,
            "not those of an earlier moment"
        );
        assert!(!changed.service, "the state is not asked for because a call was missed");
        // Beside other tests a machine may be late once.
        if best <= TOLD_WITHIN {
            return;
        }
        eprintln!("round {round}: told after {best:?}");
    }
    panic!("the window was told after {best:?} at best");
}
