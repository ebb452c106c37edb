//! Long recordings passed on by the relay: how much of them is in memory, and how many at a time.

mod memory;

use crate::common::{binary, support};
use binary::{EXE, Serving, command, data_dir, text};
use perezvon_sim::{Args, Options as SimOptions, Sim};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use support::until;
use tempfile::TempDir;

/// The longest talk of the simulator's day: 8 hours at 8000 bytes a second.
const TALK_MS: i64 = 8 * 3_600_000;
const SIZE: u64 = 44 + TALK_MS as u64 * 8;
const AUDIO: &str = "/v1/recordings/900000001/audio";

struct Scene {
    sim: Sim,
    dir: TempDir,
    serving: Serving,
    key: String,
}

impl Scene {
    /// A relay that has listed one very long recording.
    async fn start() -> Self {
        let options = SimOptions {
            // Eight hours of talk without waiting for them.
            speed: 1e9,
            seed: Some(7),
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await.unwrap();
        let talk = Args {
            talk_ms: Some(TALK_MS),
            ..Args::default()
        };
        sim.play_through("incoming-answered", talk).await.unwrap();
        until("the recording is ready at the PBX", || async {
            let list = client().get(format!("{}records", sim.rest_url()));
            let list = list.header("X-MPBX-API-AUTH-TOKEN", sim.token()).send().await.unwrap();
            (list.json::<Value>().await.unwrap()[0]["fileSize"] == SIZE).then_some(())
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let key = add_user(&dir);
        let config = dir.path().join("relay.json");
        std::fs::write(&config, json!({ "limits": { "stallSeconds": 600 } }).to_string()).unwrap();
        let mut serve = command(EXE);
        serve
            .env("PEREZVON_PBX_URL", sim.rest_url())
            .env("PEREZVON_PBX_TOKEN", sim.token());
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir(&dir));
        let serving = Serving::start_as(serve.arg("--config").arg(config));
        let scene = Self { sim, dir, serving, key };
        until("the relay knows of it", || async {
            let listed = client()
                .get(scene.serving.url("/v1/recordings"))
                .bearer_auth(&scene.key);
            let listed: Value = listed.send().await.unwrap().json().await.unwrap();
            (listed["recordings"][0]["size"] == SIZE).then_some(())
        })
        .await;
        scene
    }

    async fn ask(&self, method: Method, key: &str, range: Option<&str>) -> Response {
        let request = client().request(method, self.serving.url(AUDIO)).bearer_auth(key);
        let request = match range {
            Some(range) => request.header("range", range),
            None => request,
        };
        request.send().await.unwrap()
    }
}

fn add_user(dir: &TempDir) -> String {
    let add = ["user", "add", "--role", "admin", "--name", "Слушатель", "--data-dir"];
    let added = command(EXE).args(add).arg(data_dir(dir)).output().unwrap();
    assert!(added.status.success(), "{}", text(&added.stderr));
    text(&added.stdout).trim().to_owned()
}

/// A slow client without connection reuse.
fn client() -> Client {
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0);
    client.read_timeout(support::DEADLINE).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_at_a_time_and_who_leaves_makes_room() {
    let scene = Scene::start().await;
    let get = |key: &str| {
        let (scene, key) = (&scene, key.to_owned());
        async move { scene.ask(Method::GET, &key, None).await }
    };
    // Four for one key: none of the clients receives, so none of the downloads ends.
    let keys: Vec<String> = (0..8).map(|_| add_user(&scene.dir)).collect();
    let mut under_way = Vec::new();
    for key in &keys {
        for n in 0..4 {
            let answer = get(key).await;
            assert_eq!(answer.status(), StatusCode::OK, "download {n}");
            under_way.push(answer);
        }
        for method in [Method::GET, Method::HEAD] {
            let refused = scene.ask(method.clone(), key, None).await;
            assert_eq!(
                refused.status(),
                StatusCode::TOO_MANY_REQUESTS,
                "one more by the same key: {method}"
            );
            assert_eq!(refused.headers()["retry-after"], "1", "and when to come again");
            if method == Method::GET {
                assert_eq!(refused.json::<Value>().await.unwrap()["code"], "too_many");
            }
        }
    }
    let refused = get(&scene.key).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "32 are all there are");
    let me = client().get(scene.serving.url("/v1/me")).bearer_auth(&scene.key);
    assert_eq!(
        me.send().await.unwrap().status(),
        StatusCode::OK,
        "everything else goes on"
    );
    drop(under_way.pop());
    let again = until("the place of who has left", || async {
        let answer = get(&scene.key).await;
        (answer.status() == StatusCode::OK).then_some(answer)
    })
    .await;
    assert_eq!(
        get(&keys[7]).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "there was one place"
    );
    drop((under_way, again));
    until("all places", || async {
        let mut all = Vec::new();
        for key in &keys {
            for _ in 0..4 {
                let answer = get(key).await;
                if answer.status() != StatusCode::OK {
                    return None;
                }
                all.push(answer);
            }
        }
        Some(())
    })
    .await;
    scene.sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_taken_back_hears_no_more() {
    let scene = Scene::start().await;
    let key = add_user(&scene.dir);
    let mut going = scene.ask(Method::GET, &key, None).await;
    let mut staying = scene.ask(Method::GET, &scene.key, None).await;
    assert!(going.chunk().await.unwrap().is_some(), "it has begun");
    let listed = command(EXE)
        .args(["user", "list", "--data-dir"])
        .arg(data_dir(&scene.dir))
        .output()
        .unwrap();
    let last: Value = serde_json::from_str(text(&listed.stdout).lines().last().unwrap()).unwrap();
    let revoke = ["user", "revoke", last["id"].as_str().unwrap(), "--data-dir"];
    let revoked = command(EXE).args(revoke).arg(data_dir(&scene.dir)).output().unwrap();
    assert!(revoked.status.success(), "{}", text(&revoked.stderr));
    let ended = loop {
        match going.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(ended, "what was under way is cut off, and does not look whole");
    let mut size = 0;
    while let Some(piece) = staying.chunk().await.unwrap() {
        size += piece.len() as u64;
    }
    assert_eq!(size, SIZE, "another key hears all of it");
    scene.sim.shutdown().await;
}

#[tokio::test]
async fn without_a_token_it_is_told_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let key = add_user(&dir);
    let serving = Serving::start(&data_dir(&dir));
    let connection = rusqlite::Connection::open(data_dir(&dir).join("relay.db")).unwrap();
    connection.busy_timeout(support::DEADLINE).unwrap();
    let insert = "INSERT INTO recordings
        (id, tracking_id, abonent, call_key, number, direction, started_at, duration_ms, size, state, seen_at)
        VALUES ('900000001', '1:1', '9000000001@mpbx.sip.beeline.ru', NULL, NULL, 'incoming', 1760000000000, 1000, 8044,
                'ready', 0)";
    connection.execute(insert, []).unwrap();
    let path = "/v1/recordings/900000001";
    for (method, path) in [
        (Method::GET, format!("{path}/audio")),
        (Method::HEAD, format!("{path}/audio")),
        (Method::DELETE, path.to_owned()),
    ] {
        let asked = client().request(method.clone(), serving.url(&path)).bearer_auth(&key);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{method} {path}");
        if method != Method::HEAD {
            let told: Value = answer.json().await.unwrap();
            assert_eq!(told["code"], "no_token", "{method} {path}");
            assert!(
                told["message"]
                    .as_str()
                    .unwrap()
                    .contains("an administrator must set it"),
                "{told}"
            );
        }
    }
    let listed = client().get(serving.url(path)).bearer_auth(&key).send().await.unwrap();
    assert_eq!(
        listed.status(),
        StatusCode::OK,
        "that there is one is known all the same"
    );
}
