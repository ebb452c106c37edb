//! What an administrator has fixed, and a relay that the installation has named.

use super::connection::begin;
use super::{Office, Scene};
use crate::args::Given;
use serde_json::json;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fixed_stays_and_the_installed_code_is_used_once() {
    let scene = Scene::start().await;
    begin(&scene).await;
    let state = scene.ask("frame.state", json!({})).await;
    let relay = state["service"]["relayUrl"].as_str().unwrap();
    let invitation = json!({"name": "Смирнова Анна", "role": "user", "abonent": state["me"]["id"]});
    let code = scene.ask("people.invite", json!({"invitation": invitation})).await;

    let dir = tempfile::tempdir().unwrap();
    let (policy, install) = (dir.path().join("policy.toml"), dir.path().join("install"));
    std::fs::write(
        &policy,
        format!("relay = \"{relay}\"\nautostart = true\nlinksDial = false\n"),
    )
    .unwrap();
    std::fs::write(&install, format!("{relay}\r\n{}\r\n", code["code"].as_str().unwrap())).unwrap();
    let given = Given {
        policy: Some(policy),
        ..Given::default()
    };
    let employee = Office::open_after(given, |data| {
        std::fs::copy(&install, data.join("join.txt")).unwrap();
    });
    let file = employee.core.data_dir.join("join.txt");

    let state = employee.ask("frame.state", json!({})).await;
    assert_eq!(state["fixed"], json!(["autostart", "linksDial", "relay"]));
    let mut settings = state["settings"].clone();
    settings["linksDial"] = json!(true);
    settings["missed"] = json!(false);
    employee.ask("settings.save", json!({ "settings": settings })).await;
    let saved = &employee.ask("frame.state", json!({})).await["settings"];
    assert_eq!((&saved["linksDial"], &saved["missed"]), (&json!(false), &json!(false)));
    let other = json!({"url": "https://other.example.ru", "key": "k", "inTheClear": false, "insecure": true});
    assert_eq!(employee.refused("connection.join", other).await, "fixed");
    let back = json!({"url": "", "key": "", "inTheClear": false, "insecure": true});
    assert_eq!(
        employee.refused("connection.join", back).await,
        "fixed",
        "nor the relay inside the app"
    );

    // Without a keyring the person is asked; with one the app has joined by itself.
    let joined = |state: &serde_json::Value| state["service"]["connected"] == true;
    let ready = async {
        loop {
            let offer = employee.ask("join.offer", json!({"relay": "", "code": ""})).await;
            if !offer.is_null() || joined(&employee.ask("frame.state", json!({})).await) {
                return offer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let offer = tokio::time::timeout(super::DEADLINE, ready)
        .await
        .expect("a question, or no need of one");
    if !offer.is_null() {
        assert_eq!(offer["relay"], json!(relay));
        agree(&employee, relay, &file).await;
    }
    employee.until("frame.state", json!({}), joined).await;
    assert!(!file.exists(), "a code is used once");
}

/// The person agrees to join. With a keyring the app may have joined by itself meanwhile.
async fn agree(employee: &Office, relay: &str, file: &Path) {
    let waits = file.exists();
    let accept = json!({"relay": relay, "inTheClear": false, "insecure": true});
    match employee.reply("join.accept", accept).await {
        Ok(_) => assert!(waits, "until somebody has agreed"),
        Err(code) => assert!(["code_used", "not_found"].contains(&&*code), "join.accept: {code}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_takes_no_token_no_key_and_no_fixed_relay() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "relay = \"https://relay.example.ru\"\n").unwrap();
    let fixed = Given {
        policy: Some(policy),
        ..Given::default()
    };
    let desk = Office::open(fixed.clone());
    assert_eq!(
        desk.refused("frame.example", json!({})).await,
        "fixed",
        "the company has its relay"
    );
    assert!(desk.desktop.again.lock().unwrap().is_empty());

    let example = Office::open(Given { example: true, ..fixed });
    let state = example.ask("frame.state", json!({})).await;
    assert_eq!((&state["example"], &state["fixed"]), (&json!(true), &json!([])));
    assert_eq!(state["service"]["embedded"], true, "never the company's own relay");
    let token = json!({"token": "00000000-0000-4000-8000-00000000cafe", "insecure": true});
    assert_eq!(example.refused("connection.save_token", token).await, "example");
    let relay = json!({"url": "https://relay.example.ru", "key": "k", "inTheClear": false, "insecure": true});
    assert_eq!(example.refused("connection.join", relay).await, "example");
    let typed = json!({"relay": "https://relay.example.ru", "code": "K7M2-4QXP-9DRT"});
    example.ask("join.offer", typed).await;
    let accept = json!({"relay": "https://relay.example.ru", "inTheClear": false, "insecure": true});
    assert_eq!(example.refused("join.accept", accept).await, "example");
    assert!(!example.core.data_dir.join("secrets.json").exists());
}
