//! Two simulators and one relay for both.

use crate::common::beside::sim;
use crate::common::binary::{EXE, Serving, command, data_dir, text};
use crate::common::support::{client, until};
use perezvon_sim::{Args, Company, Sim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const NAMES: [&str; 2] = ["main", "second"];

pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    pub(crate) sims: [Sim; 2],
    pub(crate) serving: Serving,
    pub(crate) keys: [String; 2],
}

impl Scene {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sims = [
            sim(|options| {
                options.seed = Some(1);
                // The ninth abonent belongs to main alone.
                options.company = Company::of(9);
            })
            .await,
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

    /// Gives each account its public address, and waits for its subscription.
    pub(crate) async fn subscribe(&self) {
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

    pub(crate) async fn send(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> reqwest::Response {
        let request = client().request(method, self.serving.url(path)).bearer_auth(key);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    pub(crate) async fn get(&self, path: &str, n: usize) -> Value {
        let answer = self.send(Method::GET, path, &self.keys[n], None).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path} of {}", NAMES[n]);
        answer.json().await.unwrap()
    }

    pub(crate) async fn calls(&self, n: usize) -> Vec<Value> {
        self.get("/v1/calls", n).await["calls"].as_array().unwrap().clone()
    }

    /// One more call at this PBX; waits until the relay shows it.
    pub(crate) async fn play(&self, n: usize) {
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

pub(crate) fn serve(dir: &TempDir, sims: &[Sim; 2]) -> Serving {
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

pub(crate) fn cli(dir: &TempDir, account: &str, args: &[&str]) -> std::process::Output {
    let mut command = command(EXE);
    command.args(args).arg("--data-dir").arg(data_dir(dir));
    command.args(["--account", account]).output().unwrap()
}

pub(crate) fn add_user(dir: &TempDir, account: &str) -> String {
    let added = cli(dir, account, &["user", "add", "--role", "admin", "--name", account]);
    assert!(added.status.success(), "a key of {account}: {}", text(&added.stderr));
    text(&added.stdout).trim().to_owned()
}
