//! The connection to the PBX, before and after a token is given.

use super::Scene;
use serde_json::{Value, json};

/// Before anybody has given a token.
pub(super) async fn nothing_given(scene: &Scene) {
    let first = scene
        .until("frame.state", json!({}), |state| {
            state["service"]["trouble"] != "starting"
        })
        .await;
    assert_eq!(first["service"]["trouble"], "no_token");
    assert_eq!(
        (&first["service"]["embedded"], &first["service"]["relayUrl"]),
        (&json!(true), &json!("")),
        "a relay inside that cannot start is no server"
    );
}

pub(super) async fn begin(scene: &Scene) {
    scene
        .ask(
            "connection.save_token",
            json!({"token": scene.sim.token(), "insecure": true}),
        )
        .await;
    let state = scene
        .until("frame.state", json!({}), |state| {
            state["me"]["name"].as_str().is_some_and(|name| !name.is_empty())
        })
        .await;
    assert_eq!(state["wizard"], false, "the demonstration has an abonent");
    let token = json!({"token": scene.sim.token()});
    let abonents = scene.ask("connection.check_token", token).await;
    let count = |all: &Value| all.as_array().map(Vec::len);
    assert_eq!(
        count(&abonents),
        count(&scene.ask("connection.abonents", json!({})).await),
        "the relay has all that the token opens"
    );
    let me = state["me"]["id"].clone();
    scene.ask("connection.choose_me", json!({"abonent": me})).await;
    scene.ask("connection.finish_wizard", json!({})).await;
    let mut settings = state["settings"].clone();
    settings["autostart"] = json!(true);
    scene.ask("settings.save", json!({"settings": settings})).await;
    assert!(*scene.desktop.autostart.lock().unwrap(), "the system was asked");
    *scene.desktop.autostart.lock().unwrap() = false;
    let state = scene.ask("frame.state", json!({})).await;
    assert_eq!(
        state["settings"]["autostart"], false,
        "the user has switched it off there"
    );
    scene.ask("settings.save", json!({"settings": settings})).await;
    assert!(*scene.desktop.autostart.lock().unwrap(), "on again");
    let checks = scene.ask("connection.check", json!({})).await;
    assert!(
        checks.as_array().unwrap().iter().all(|line| line["id"] != "other"),
        "the window has words for each: {checks}"
    );
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["id"] == "token" && line["state"] == "ok"),
        "{checks}"
    );
    scene
        .until("frame.state", json!({}), |state| {
            state["service"]["subscriptionUntil"].is_string()
        })
        .await;
}
