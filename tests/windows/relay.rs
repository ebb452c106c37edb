//! The company's relay: joined by what an administrator gives along, its key in the Credential Manager.

use crate::app::{App, Place};
use crate::harness::pbx::{CLIENT, simulator};
use crate::harness::{eventually, eventually_async};
use perezvon_app::secrets::{Kept, SecretKind, Secrets, parse};
use perezvon_relay::{Options, Relay, Token};
use perezvon_sim::{Args, Sim};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The company's relay, and its administrator.
struct Company {
    relay: Relay,
    _dir: TempDir,
}

impl Company {
    async fn start(sim: &Sim) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut options = Options::new(dir.path());
        options.pbx_url = sim.rest_url().parse().unwrap();
        options.token = Some(Token::parse(sim.token()).unwrap());
        options.public_url = Some(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap());
        Self {
            relay: Relay::start(options, listener).await.unwrap(),
            _dir: dir,
        }
    }

    async fn ask(&self, path: &str, body: Option<Value>) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}{path}", self.relay.addr());
        let request = match body {
            Some(body) => client.post(url).json(&body),
            None => client.get(url),
        };
        let request = request.bearer_auth(self.relay.local_key().reveal());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Link and code for a new desk of the simulator's first abonent.
    async fn code(&self, sim: &Sim) -> (String, String) {
        let me = &sim.options().company.abonents[0].user_id;
        let new = json!({ "role": "user", "abonent": me, "name": "Новый стол" });
        let made = self.ask("/v1/join-codes", Some(new)).await;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("link"), text("code"))
    }

    async fn users(&self) -> usize {
        self.ask("/v1/users", None).await["users"].as_array().unwrap().len()
    }

    /// Until a desk follows.
    async fn is_followed(&self) {
        eventually_async("the desk at the relay", || async {
            (self.ask("/v1/health", None).await["readers"] == 1).then_some(())
        })
        .await;
    }
}

/// A new employee's computer: no token and no settings.
fn employee(place: &Place, sim: &Sim) -> App {
    let mut command = place.bare(&["--minimized"]);
    at(sim, &mut command);
    App(command.spawn().unwrap())
}

fn at(sim: &Sim, command: &mut Command) {
    command
        .env("PEREZVON_PBX_URL", sim.rest_url())
        .env_remove("PEREZVON_PBX_TOKEN_FILE")
        .env_remove("PEREZVON_DEMO");
}

/// All files of the folder, as one text.
fn everything(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            text += &everything(&entry.path());
        } else {
            text += &String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_joins_nothing_by_itself_and_what_the_installer_left_once() {
    let (place, sim) = (Place::new(), simulator().await);
    let company = Company::start(&sim).await;
    let (link, _) = company.code(&sim).await;
    let app = employee(&place, &sim);
    eventually("the app", || (place.logged("Starting") > 0).then_some(()));
    place.hand_over(&sim, &["--", &link]);
    place.quit(&sim, app);
    assert_eq!(company.users().await, 0, "nobody has agreed");

    let (_, code) = company.code(&sim).await;
    let given = place.data().join("join.txt");
    std::fs::write(&given, format!("http://{}\r\n{code}\r\n", company.relay.addr())).unwrap();
    let app = employee(&place, &sim);
    company.is_followed().await;
    eventually("the end of the code", || (!given.exists()).then_some(()));
    assert_eq!(company.users().await, 1);

    // The key is in the Credential Manager, and in no file; so is no code.
    let secrets = Secrets::new(&place.data());
    let (key, kept) = secrets.load(SecretKind::DeskKey).await.unwrap().expect("the key");
    assert_eq!(kept, Kept::Keyring);
    place.quit(&sim, app);
    let files = everything(&place.data());
    assert!(files.contains("Joined a relay"), "the log is among them");
    assert!(!files.contains(key.expose()) && !files.contains(&code));

    // The next start finds it there, and calls come by it.
    let app = employee(&place, &sim);
    company.is_followed().await;
    let call = Args {
        abonent: Some(sim.options().company.abonents[0].user_id.clone()),
        number: Some(CLIENT.to_owned()),
        ..Args::default()
    };
    eventually("the relay's subscription", || sim.subscriptions().pop());
    sim.play_through("incoming-missed", call).await.unwrap();
    eventually("the missed call in the journal", || {
        (place.calls("9000000099", true) == 1).then_some(())
    });
    place.quit(&sim, app);
    assert_eq!(company.users().await, 1, "the code was used once");
    secrets.remove(SecretKind::DeskKey).await.unwrap();
    assert_eq!(secrets.load(SecretKind::DeskKey).await, Ok(None));
    company.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_the_credential_manager_opens_the_pbx() {
    let (place, sim) = (Place::within("Данные Анны"), simulator().await);
    let secrets = Secrets::new(&place.data());
    let token = parse(sim.token()).unwrap();
    let kept = secrets.store(SecretKind::Token, token, false).await;
    assert_eq!(kept, Ok(Kept::Keyring));
    assert!(!place.data().join("secrets.json").exists());
    let mut command = place.bare(&["--minimized"]);
    at(&sim, &mut command);
    let app = App(command.env("PEREZVON_DEMO", "1").spawn().unwrap());
    eventually("the subscription by that token", || sim.subscriptions().pop());
    place.quit(&sim, app);
    assert!(!everything(&place.data()).contains(sim.token()), "it is in no file");
    secrets.remove(SecretKind::Token).await.unwrap();
}
