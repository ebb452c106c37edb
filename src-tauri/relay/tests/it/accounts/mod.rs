//! Two accounts (PBX contracts) on one relay: two simulators, one listener, and no data of one account for the other.

use crate::common::{binary, support};

mod keys;
mod matrix;
mod scene;

use binary::{data_dir, text};
use reqwest::{Method, StatusCode};
use reqwest_websocket::Upgrade as _;
use scene::{NAMES, Scene, cli, serve};
use serde_json::{Value, json};
use support::{client, next, until};

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

    // An invalid key is refused in the same way everywhere; the answer does not show which accounts exist.
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
    // Its PBX stops.
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

    // A power cut, which damages second's database.
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

    // The undamaged file is put back: the account starts without a restart of the process.
    std::fs::rename(&present, &junk).unwrap();
    std::fs::rename(&aside, &present).unwrap();
    until("second starts again", || async {
        let answer = scene.send(Method::GET, "/v1/calls", &scene.keys[1], None).await;
        (answer.status() == StatusCode::OK).then_some(())
    })
    .await;
    // The command line finds it as if it had run from the beginning.
    let checked = text(&cli(&scene.dir, "second", &["check"]).stdout);
    assert!(checked.lines().any(|line| line.starts_with("ok   relay ")), "{checked}");
    keys::is_ended_by_the_command_line(&scene, 1).await;
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
    // Main's ledger in another account's directory.
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
