//! Joining the company's relay by a link, in the real window: nothing is sent before the person has agreed, and then the
//! desk follows.

use crate::harness::app::{BINARY, CLIENT, data_dir, simulator};
use crate::harness::display::{Desktop, Running};
use crate::harness::notifications::Notifications;
use crate::harness::window::Window;
use crate::harness::{eventually, eventually_async};
use perezvon_relay::{Options, Relay, Token};
use perezvon_sim::{Args, Sim};
use serde_json::{Value, json};
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
            Some(body) => client
                .post(url)
                .header("content-type", "application/json")
                .body(body.to_string()),
            None => client.get(url),
        };
        let request = request.bearer_auth(self.relay.local_key().reveal());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn users(&self) -> usize {
        self.ask("/v1/users", None).await["users"].as_array().unwrap().len()
    }
}

/// A new employee's computer: no token, no settings, and no keyring on its bus.
fn environment(desktop: &Desktop, sim: &Sim, command: &mut Command) {
    command
        .env("PEREZVON_DATA_DIR", data_dir(desktop))
        .env("PEREZVON_PBX_URL", sim.rest_url())
        .env("PEREZVON_LOG", "debug");
}

/// As the system does when a link is clicked.
fn click_link(desktop: &Desktop, sim: &Sim, link: &str) {
    let mut command = desktop.command(BINARY);
    environment(desktop, sim, &mut command);
    let mut second = Running(command.arg(link).spawn().unwrap());
    let end = eventually("the end of the second start", || second.0.try_wait().unwrap());
    assert!(end.success(), "it hands the link over");
}

/// The name at the foot of the rail. WebKit's driver does not give the text of an element that may be cut off.
async fn who(window: &Window) -> String {
    let script = "return document.querySelector('[data-testid=strip-me]').textContent";
    let text = window.client.execute(script, Vec::new()).await.unwrap();
    text.as_str().unwrap().trim().to_owned()
}

#[expect(clippy::too_many_lines, reason = "one scenario in its order")]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_joins_after_the_person_has_agreed() {
    let desktop = Desktop::start();
    let toasts = Notifications::start(&desktop.bus).await;
    let sim = simulator().await;
    let company = Company::start(&sim).await;
    let me = &sim.options().company.abonents[0].user_id;
    let new = json!({ "role": "user", "abonent": me, "name": "Новый стол" });
    let made = company.ask("/v1/join-codes", Some(new)).await;
    let (link, code) = (made["link"].as_str().unwrap(), made["code"].as_str().unwrap());

    let window = Window::open_with(&desktop, |command| environment(&desktop, &sim, command)).await;
    window.text_where("wizard", "data-step", "connection").await;
    click_link(&desktop, &sim, link);
    let address = format!("http://{}", company.relay.addr());
    window.text_of("join-relay", |text| text == address).await;
    window.click("join-decline").await;
    window.text_where("wizard", "data-step", "connection").await;
    assert_eq!(company.users().await, 0, "who declines has joined nothing");

    click_link(&desktop, &sim, link);
    window.text_of("join-relay", |text| text == address).await;
    window.click("join-accept").await;
    window.text_of("join-dialog", |text| text.contains("Подтвердите")).await;
    assert_eq!(
        company.users().await,
        0,
        "a code is not used up before its key can be kept"
    );
    window.click("join-consent").await;
    window.click("join-accept").await;
    eventually_async("the new user", || async { (company.users().await == 1).then_some(()) }).await;
    let waiting = company.ask("/v1/join-codes", None).await;
    assert_eq!(waiting["codes"], json!([]), "the code is used up");

    // The relay's readers: this desk follows it now, and not the relay inside the app.
    eventually_async("the desk at the relay", || async {
        (company.ask("/v1/health", None).await["readers"] == 1).then_some(())
    })
    .await;
    eventually_async("the relay's subscription", || async {
        (!sim.subscriptions().is_empty()).then_some(())
    })
    .await;
    let before = toasts.all().len();
    let call = Args {
        abonent: Some(me.clone()),
        number: Some(CLIENT.to_owned()),
        ..Args::default()
    };
    sim.play("incoming-missed", call).unwrap();
    toasts
        .toast(before, "the missed call", |t| t.summary.starts_with("Пропущенный"))
        .await;

    // Without the relay the desk still knows whose it is.
    window.click("wizard-later").await;
    window.text_where("shell", "data-level", "ready").await;
    let named = || async { Some(who(&window).await).filter(|name| !name.contains('@')) };
    let name = eventually_async("the abonent's name", named).await;
    company.relay.shutdown().await;
    window.text_where("banner", "data-code", "relay_unreachable").await;
    assert_eq!(who(&window).await, name);
    window.close().await;

    let mut kept = Vec::new();
    for dir in [data_dir(&desktop), data_dir(&desktop).join("logs")] {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            kept.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    let kept = String::from_utf8_lossy(&kept);
    assert!(kept.contains("Joined a relay"), "the log is among it");
    assert!(!kept.contains(code), "the code is kept nowhere");
}
