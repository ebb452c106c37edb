//! Keys that the command line revokes while the relay serves.

use crate::accounts::scene::{NAMES, Scene, cli};
use crate::common::binary::text;
use crate::common::support::{client, close_code, until};
use reqwest::{Method, StatusCode};
use reqwest_websocket::Upgrade as _;
use serde_json::Value;

/// Revokes a new key of an account while a feed and a long poll use it. By itself the relay checks a feed's key only
/// twice a minute, which is later than this test waits.
pub(crate) async fn is_ended_by_the_command_line(scene: &Scene, n: usize) {
    let account = NAMES[n];
    let add = ["user", "add", "--role", "admin", "--name", "Уходящий"];
    let added = cli(&scene.dir, account, &add);
    let key = text(&added.stdout).trim().to_owned();
    let listed = text(&cli(&scene.dir, account, &["user", "list"]).stdout);
    let mut users = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let user = users
        .find(|user| user["name"] == "Уходящий" && user["revokedAt"].is_null())
        .unwrap();
    let health = || scene.get("/v1/health", n);
    let readers = health().await["readers"].as_u64().unwrap();
    let newest = scene.get("/v1/changes?after=0", n).await["after"].as_i64().unwrap();
    let url = |path: &str| scene.serving.url(&format!("{path}?after={newest}&wait=60"));
    let feed = client()
        .get(scene.serving.url(&format!("/v1/feed?after={newest}")))
        .bearer_auth(&key);
    let feed = feed.upgrade().send().await.unwrap();
    let mut feed = feed.into_websocket().await.unwrap();
    let poll = client().get(url("/v1/changes")).bearer_auth(&key);
    let poll = tokio::spawn(async move { poll.send().await.unwrap() });
    until("both listen", || async {
        (health().await["readers"].as_u64() == Some(readers + 2)).then_some(())
    })
    .await;
    let revoke = ["user", "revoke", user["id"].as_str().unwrap()];
    let revoked = cli(&scene.dir, account, &revoke);
    assert!(revoked.status.success(), "{account}: {}", text(&revoked.stderr));
    assert_eq!(
        close_code(&mut feed).await,
        1008,
        "{account}: the open feed ends with the key"
    );
    assert_eq!(
        poll.await.unwrap().status(),
        StatusCode::UNAUTHORIZED,
        "{account}: so does the long poll"
    );
    let again = scene.send(Method::GET, "/v1/me", &key, None).await;
    assert_eq!(
        again.status(),
        StatusCode::UNAUTHORIZED,
        "{account}: and the key opens nothing"
    );
    let audit = scene.get("/v1/audit?what=user_revoked", n).await;
    assert_eq!(
        audit["entries"][0]["who"]["name"], "console",
        "{account}: the audit says who it was"
    );
    let twice = cli(&scene.dir, account, &revoke);
    assert!(
        !twice.status.success() && text(&twice.stderr).contains("whose key works"),
        "{account}: a second time there is nothing to take back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_command_line_takes_back_ends_at_once() {
    let scene = Scene::start().await;
    for n in [0, 1] {
        is_ended_by_the_command_line(&scene, n).await;
    }
    // Without a running relay there is none to notify.
    let Scene { dir, serving, .. } = scene;
    serving.kill();
    let listed = text(&cli(&dir, "main", &["user", "list"]).stdout);
    let mut users = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let user = users.find(|user| user["revokedAt"].is_null()).unwrap();
    let revoked = cli(&dir, "main", &["user", "revoke", user["id"].as_str().unwrap()]);
    assert!(revoked.status.success(), "it is stored: {}", text(&revoked.stderr));
}
