//! Every path of the document with an id of main and a key of second: nothing is shown, nothing is changed.

use crate::accounts::scene::{Scene, cli};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Every text in an answer that can identify something of an account.
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

/// The data of main, as its administrator sees it; without what changes by itself.
async fn everything(scene: &Scene) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for path in [
        "/v1/settings",
        "/v1/users",
        "/v1/join-codes",
        "/v1/calls",
        "/v1/recordings",
        "/v1/audit",
        "/v1/abonents",
    ] {
        let mut told = scene.get(path, 0).await;
        for abonent in told["abonents"].as_array_mut().into_iter().flatten() {
            // Read from the PBX in the background.
            abonent.as_object_mut().unwrap().remove("recording");
        }
        all.push((path, told));
    }
    all
}

/// A recording of main, which second must not see.
fn add_recording(scene: &Scene) {
    let file = crate::common::binary::data_dir(&scene.dir).join("relay.db");
    let insert = "INSERT INTO recordings
        (id, tracking_id, abonent, call_key, number, direction, started_at, duration_ms, size, state, seen_at)
        VALUES ('800000001', '1:1', '9000000001@mpbx.sip.beeline.ru', NULL, '+79000000099', 'incoming', 1760000000000,
                1000, 8044, 'ready', 0)";
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.busy_timeout(crate::common::support::DEADLINE).unwrap();
    connection.execute(insert, []).unwrap();
}

/// What a request must contain to be carried out.
fn body_of(method: &str, path: &str, scene: &Scene, abonent: &str) -> Option<Value> {
    Some(match (method, path) {
        ("put", "/v1/settings") => json!({ "graceMs": 12_345 }),
        ("put", "/v1/settings/token") => json!({ "token": scene.sims[0].token() }),
        ("put", "/v1/calls/{id}/claim") => json!({ "minutes": 5, "abonent": abonent }),
        ("put", _) => json!({ "on": false }),
        ("post", "/v1/users" | "/v1/join-codes") => json!({ "name": "Стол", "role": "user", "abonent": abonent }),
        ("post", "/v1/calls") => json!({ "number": "+79000000099", "abonent": abonent }),
        ("post", "/v1/recordings/{id}/played") => json!({ "at": "2026-01-31T10:22:37.000Z" }),
        ("post", "/v1/join") => json!({ "code": "0000-0000-0000" }),
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_another_account_reads_and_changes_nothing() {
    let scene = Scene::start().await;
    scene.play(0).await;
    scene.play(0).await;
    scene.play(1).await;
    add_recording(&scene);
    let new = json!({ "role": "admin", "name": "Новый стол" });
    let made = scene
        .send(Method::POST, "/v1/join-codes", &scene.keys[0], Some(new))
        .await;
    let code = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let call = scene.calls(0).await[0]["id"].as_str().unwrap().to_owned();
    let users = scene.get("/v1/users", 0).await;
    let user = users["users"][0]["id"].as_str().unwrap().to_owned();
    let [own, foreign] = [1, 0].map(|n| &scene.sims[n].options().company.abonents);
    let abonent = foreign
        .iter()
        .find(|one| !own.contains(one))
        .expect("main has one more");
    let abonent = abonent.user_id.clone();

    // The ids of main, as main's administrator sees them.
    let mut of_main = BTreeSet::new();
    for path in [
        "/v1/calls",
        "/v1/events",
        "/v1/users",
        "/v1/settings",
        "/v1/subscriptions",
        "/v1/recordings",
        "/v1/audit",
    ] {
        names(&scene.get(path, 0).await, &mut of_main);
    }
    let mut of_second = BTreeSet::new();
    names(&scene.get("/v1/abonents", 1).await, &mut of_second);
    of_main.retain(|name| !of_second.contains(name));
    assert!(of_main.len() > 8, "there is something to find: {of_main:?}");

    let users = [("admin", None), ("user", Some(own[0].user_id.clone())), ("gone", None)];
    let mut keys = Vec::new();
    for (name, abonent) in users {
        let role = if abonent.is_some() { "user" } else { "admin" };
        let new = json!({ "name": name, "role": role, "abonent": abonent });
        let added = scene.send(Method::POST, "/v1/users", &scene.keys[1], Some(new)).await;
        let added: Value = added.json().await.unwrap();
        keys.push((name, added["key"].as_str().unwrap().to_owned()));
        if name == "gone" {
            let id = added["user"]["id"].as_str().unwrap();
            assert!(
                cli(&scene.dir, "second", &["user", "revoke", id]).status.success(),
                "its key is revoked"
            );
        }
    }
    let before = everything(&scene).await;
    let document = scene.get("/v1/openapi.json", 0).await;
    let mut tried = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/v1/") {
            continue;
        }
        let id = match path.split('/').nth(2).unwrap() {
            "users" => &user,
            "join-codes" => &code,
            "abonents" => &abonent,
            "recordings" => "800000001",
            _ => &call,
        };
        let filled = path.replace("{id}", id).replace("{seq}", "1");
        for method in methods.as_object().unwrap().keys().filter(|key| *key != "parameters") {
            let verb: Method = method.to_uppercase().parse().unwrap();
            for (whose, key) in &keys {
                let body = body_of(method, path, &scene, &abonent);
                let answer = scene.send(verb.clone(), &filled, key, body).await;
                let status = answer.status();
                let said = answer.text().await.unwrap();
                let what = format!("{method} {path} with a key of second ({whose}): {status} {said}");
                let told: Vec<_> = of_main.iter().filter(|name| said.contains(name.as_str())).collect();
                assert!(told.is_empty(), "{what} tells {told:?}");
                let is_open = matches!(path.as_str(), "/v1/health" | "/v1/openapi.json" | "/v1/join");
                match (*whose, path.contains("{id}")) {
                    ("gone", _) if !is_open => assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}"),
                    ("user", true) => assert!(matches!(status.as_u16(), 403 | 404), "{what}"),
                    ("admin", true) => assert_eq!(status, StatusCode::NOT_FOUND, "what second does not have: {what}"),
                    _ => {}
                }
                if path == "/v1/settings/token" {
                    assert!(
                        !status.is_success(),
                        "main's token opens nothing at second's PBX: {what}"
                    );
                }
            }
            tried.insert(format!("{method} {path}"));
        }
    }
    assert!(tried.len() > 35, "the matrix was gone through: {tried:?}");
    for ((path, before), (_, after)) in before.iter().zip(everything(&scene).await) {
        assert_eq!(*before, after, "{path} of main is what it was");
    }
    assert!(scene.sims[0].calls_placed().is_empty(), "and nobody's phone rang");
    let own = scene.get("/v1/settings", 1).await;
    assert_eq!(own["settings"]["graceMs"], 12_345, "second's own settings were changed");
}
