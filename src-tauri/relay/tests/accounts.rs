//! Two accounts (PBX contracts) on one relay: two simulators, one listener, and nothing of the one for the other.
#![allow(clippy::unwrap_used)]

#[path = "support/sim.rs"]
mod beside;
#[path = "support/binary.rs"]
mod binary;
#[path = "support/relay.rs"]
mod support;
#[path = "support/xml.rs"]
mod xml;

use beside::sim;
use binary::{EXE, Serving, command, data_dir, text};
use perezvon_sim::{Args, Sim};
use reqwest::{Method, StatusCode};
use reqwest_websocket::Upgrade as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{client, next, until};
use tempfile::TempDir;

const NAMES: [&str; 2] = ["main", "second"];

struct Scene {
    dir: TempDir,
    sims: [Sim; 2],
    serving: Serving,
    keys: [String; 2],
}

impl Scene {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sims = [
            sim(|options| options.seed = Some(1)).await,
            sim(|options| {
                options.seed = Some(2);
                "00000000-0000-4000-8000-0000000beeee".clone_into(&mut options.token);
            })
            .await,
        ];
        let serving = serve(&dir, &sims);
        let keys = NAMES.map(|name| add_user(&dir, name));
        let scene = Self {
            dir,
            sims,
            serving,
            keys,
        };
        scene.subscribe().await;
        scene
    }

    /// Tells each account where it is reached, and waits for its subscription.
    async fn subscribe(&self) {
        for n in [0, 1] {
            let own = json!({ "publicUrl": self.serving.url("/") });
            let put = self.send(Method::PUT, "/v1/settings", &self.keys[n], Some(own)).await;
            assert_eq!(put.status(), StatusCode::OK, "settings of {}", NAMES[n]);
            until("a subscription for the present address", || async {
                let told = self.get("/v1/subscriptions", n).await;
                let (state, at) = (&told["keeper"]["state"], self.serving.addr.to_string());
                let here = self.sims[n].subscriptions().iter().any(|one| one.url.contains(&at));
                (state == "active" && here).then_some(())
            })
            .await;
        }
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> reqwest::Response {
        let request = client().request(method, self.serving.url(path)).bearer_auth(key);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    async fn get(&self, path: &str, n: usize) -> Value {
        let answer = self.send(Method::GET, path, &self.keys[n], None).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path} of {}", NAMES[n]);
        answer.json().await.unwrap()
    }

    async fn calls(&self, n: usize) -> Vec<Value> {
        self.get("/v1/calls", n).await["calls"].as_array().unwrap().clone()
    }

    /// One more call at this PBX; waits until the relay tells it.
    async fn play(&self, n: usize) {
        let before = self.calls(n).await.len();
        self.sims[n]
            .play_through("incoming-missed", Args::default())
            .await
            .unwrap();
        until("the call", || async {
            (self.calls(n).await.len() > before).then_some(())
        })
        .await;
    }
}

fn serve(dir: &TempDir, sims: &[Sim; 2]) -> Serving {
    let tokens = [dir.path().join("token-1"), dir.path().join("token-2")];
    for (file, sim) in tokens.iter().zip(sims) {
        std::fs::write(file, sim.token()).unwrap();
    }
    let config = json!({
        "pbxUrl": sims[0].rest_url(),
        "tokenFile": tokens[0],
        "accounts": [{ "name": "second", "pbxUrl": sims[1].rest_url(), "tokenFile": tokens[1] }],
    });
    let file = dir.path().join("relay.json");
    std::fs::write(&file, config.to_string()).unwrap();
    let mut serve = command(EXE);
    serve
        .env_remove("PEREZVON_PBX_URL")
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    Serving::start_as(serve.arg(data_dir(dir)).arg("--config").arg(file))
}

fn cli(dir: &TempDir, account: &str, args: &[&str]) -> std::process::Output {
    let mut command = command(EXE);
    command.args(args).arg("--data-dir").arg(data_dir(dir));
    command.args(["--account", account]).output().unwrap()
}

fn add_user(dir: &TempDir, account: &str) -> String {
    let added = cli(dir, account, &["user", "add", "--role", "admin", "--name", account]);
    assert!(added.status.success(), "a key of {account}: {}", text(&added.stderr));
    text(&added.stdout).trim().to_owned()
}

/// Every text in an answer that can name something of an account.
fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| names(one, into)),
        Value::Object(all) => {
            for (key, one) in all {
                match one {
                    Value::String(id) if matches!(key.as_str(), "id" | "callbackUrl" | "eventId" | "url") => {
                        into.insert(id.clone());
                    }
                    _ => names(one, into),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_account_sees_its_own_calls_and_nothing_of_the_other() {
    let scene = Scene::start().await;
    let url = scene.serving.url("/v1/feed?after=0");
    let feed = client()
        .get(url)
        .bearer_auth(&scene.keys[1])
        .upgrade()
        .send()
        .await
        .unwrap();
    let mut feed = feed.into_websocket().await.unwrap();
    scene.play(0).await;
    scene.play(0).await;
    scene.play(1).await;
    assert_eq!(
        next(&mut feed).await["account"],
        "second",
        "the feed tells its own account's call first"
    );
    for (n, count) in [(0, 2), (1, 1)] {
        let calls = scene.calls(n).await;
        assert_eq!(calls.len(), count, "{}: {calls:?}", NAMES[n]);
        assert!(
            calls.iter().all(|call| call["account"] == NAMES[n]),
            "with its own name: {calls:?}"
        );
    }

    // What names something of main, as main's admin sees it.
    let mut of_main = BTreeSet::new();
    for path in [
        "/v1/calls",
        "/v1/events",
        "/v1/users",
        "/v1/settings",
        "/v1/subscriptions",
        "/v1/audit",
    ] {
        names(&scene.get(path, 0).await, &mut of_main);
    }
    let mut of_second = BTreeSet::new();
    names(&scene.get("/v1/abonents", 1).await, &mut of_second);
    of_main.retain(|name| !of_second.contains(name));
    assert!(of_main.len() > 8, "there is something to find: {of_main:?}");
    let call = scene.calls(0).await[0]["id"].as_str().unwrap().to_owned();
    let user = scene.get("/v1/users", 0).await["users"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();

    // Every path of the document, with the ids of main and the key of second.
    let document = scene.get("/v1/openapi.json", 0).await;
    let mut tried = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/v1/") {
            continue;
        }
        let id = if path.starts_with("/v1/users") { &user } else { &call };
        let filled = path.replace("{id}", id).replace("{seq}", "1");
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let verb: Method = method.to_uppercase().parse().unwrap();
            if verb == Method::PUT {
                // It would change what second itself has.
                continue;
            }
            let answer = scene.send(verb, &filled, &scene.keys[1], None).await;
            let status = answer.status();
            let said = answer.text().await.unwrap();
            let told: Vec<_> = of_main.iter().filter(|name| said.contains(name.as_str())).collect();
            assert!(
                told.is_empty(),
                "{method} {path} with second's key: {status}, tells {told:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "the matrix was gone through: {tried}");
    assert_eq!(
        scene.get("/v1/users", 0).await["users"][0].get("revokedAt"),
        None,
        "main's key still works"
    );

    // What opens nothing, opens nothing anywhere; which accounts there are is not told.
    let wrong = scene.send(Method::GET, "/v1/calls", &"0".repeat(64), None).await;
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED, "a wrong key");
    assert!(
        !wrong.text().await.unwrap().contains("second"),
        "says nothing of the accounts"
    );
    let health = client().get(scene.serving.url("/v1/health")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK, "the health of all");
    assert!(!health.text().await.unwrap().contains("second"), "without names");
    let guess = client().post(scene.serving.url("/xsi/0000/null")).send().await.unwrap();
    assert_eq!(guess.status(), StatusCode::NOT_FOUND, "a wrong secret");

    // A code joins the account that made it.
    for (n, name) in NAMES.iter().enumerate() {
        let new = json!({ "role": "admin", "name": "Новый стол" });
        let made = scene
            .send(Method::POST, "/v1/join-codes", &scene.keys[n], Some(new))
            .await;
        let code = made.json::<Value>().await.unwrap()["code"].clone();
        let joining = client()
            .post(scene.serving.url("/v1/join"))
            .json(&json!({ "code": code }));
        let joined: Value = joining.send().await.unwrap().json().await.unwrap();
        assert_eq!(joined["account"], *name, "{joined}");
        let key = joined["key"].as_str().unwrap();
        let own: Value = scene
            .send(Method::GET, "/v1/calls", key, None)
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(
            own["calls"].as_array().unwrap().len(),
            2 - n,
            "and its key reads the calls of {name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_one_account_leaves_the_other_alone() {
    let mut scene = Scene::start().await;
    scene.play(0).await;
    scene.play(1).await;
    // Its PBX goes.
    scene.sims[1].faults().change(|faults| faults.reject_token = true);
    let refused = scene
        .send(Method::POST, "/v1/abonents/refresh", &scene.keys[1], None)
        .await;
    assert_eq!(
        refused.status(),
        StatusCode::BAD_GATEWAY,
        "second's PBX does not answer"
    );
    scene.play(0).await;
    let asked = scene
        .send(Method::POST, "/v1/abonents/refresh", &scene.keys[0], None)
        .await;
    assert_eq!(asked.status(), StatusCode::OK, "main's does");
    scene.sims[1].faults().clear();

    // A power cut; and second's database does not survive it.
    let Scene {
        dir,
        sims,
        serving,
        keys,
    } = scene;
    serving.kill();
    let [present, aside, junk] = ["second", "aside", "junk"].map(|name| data_dir(&dir).join("accounts").join(name));
    std::fs::rename(&present, &aside).unwrap();
    std::fs::create_dir(&present).unwrap();
    std::fs::write(present.join("relay.db"), vec![0x5a; 64 * 1024]).unwrap();
    let serving = serve(&dir, &sims);
    scene = Scene {
        dir,
        sims,
        serving,
        keys,
    };
    assert_eq!(scene.calls(0).await.len(), 2, "main has what it had");
    let closed = scene.send(Method::GET, "/v1/calls", &scene.keys[1], None).await;
    assert_eq!(
        closed.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "nobody can say that the key is wrong"
    );
    let health = client().get(scene.serving.url("/v1/health")).send().await.unwrap();
    assert_eq!(
        health.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "the whole is not well"
    );
    assert_eq!(scene.get("/v1/health", 0).await["status"], "ok", "main is");

    // What it was, put back: it comes without a restart.
    std::fs::rename(&present, &junk).unwrap();
    std::fs::rename(&aside, &present).unwrap();
    until("second starts again", || async {
        let answer = scene.send(Method::GET, "/v1/calls", &scene.keys[1], None).await;
        (answer.status() == StatusCode::OK).then_some(())
    })
    .await;
    scene.subscribe().await;
    scene.play(1).await;
    scene.play(0).await;
    assert_eq!(scene.calls(0).await.len(), 3, "and main went on");
}

#[tokio::test]
async fn a_directory_belongs_to_one_account_and_names_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let unknown = cli(&dir, "second", &["callback-url"]);
    assert!(!unknown.status.success(), "there is no such account");
    assert!(
        text(&unknown.stderr).contains("there is no account second"),
        "{}",
        text(&unknown.stderr)
    );
    // Main's ledger in the place of another account's.
    let served = support::start_in(tempfile::tempdir().unwrap(), |options| {
        "first".clone_into(&mut options.account);
    })
    .await;
    let dir = served.stop().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = perezvon_relay::Relay::start(support::options(&dir), listener)
        .await
        .expect_err("not main's");
    assert!(
        error.to_string().contains("belongs to the account first, not to main"),
        "{error}"
    );
}
