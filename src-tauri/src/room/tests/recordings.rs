//! A call's recording comes, is heard, marked, found, saved and deleted.

use super::{PAGE, Reply, Scene};
use serde_json::{Value, json};

const ALL: fn(&str) -> Value = |query| json!({"filter": {"query": query}, "cursor": null, "limit": 50});

pub(super) async fn all(scene: &Scene) {
    scene
        .sim
        .play("incoming-answered", perezvon_sim::Args::default())
        .unwrap();
    let page = scene
        .until("recordings.list", ALL(""), |page| page["rows"][0]["place"] == "here")
        .await;
    let id = page["rows"][0]["id"].clone();
    let one = json!({ "id": id });
    let call = page["rows"][0]["call"].clone();
    let row = scene
        .until("calls.list", PAGE("incoming"), |page| {
            let rows = page["rows"].as_array().unwrap();
            rows.iter().any(|row| row["id"] == call && row["sound"] == "here")
        })
        .await;
    assert!(row["rows"].as_array().unwrap().iter().any(|row| row["soundId"] == id));
    heard(scene, &id, &call).await;
    marked(scene, &id).await;
    let totals = scene.ask("recordings.totals", json!({})).await;
    // Earlier calls of this scene may have theirs here too.
    assert!(
        totals["here"].as_i64() >= Some(1) && totals["bytes"].as_i64().unwrap() > 0,
        "{totals}"
    );
    assert_eq!(
        scene.ask("recordings.rows", json!({"ids": [id]})).await[0]["heard"],
        true
    );
    scene.ask("recordings.show", one.clone()).await;
    scene.ask("recordings.open_elsewhere", one.clone()).await;
    let shown = scene.desktop.revealed.lock().unwrap().clone();
    assert!(shown.len() == 2 && shown[0].is_file(), "{shown:?}");
    let saved = scene.ask("recordings.save", json!({"ids": [id]})).await;
    assert!(std::path::Path::new(saved.as_str().unwrap()).is_file());
    assert_eq!(scene.ask("recordings.erase", json!({"ids": [id]})).await, 1);
    assert!(!shown[0].exists());
    assert_eq!(scene.ask("recordings.one", one).await["row"]["place"], "missing");
    scene.ask("recordings.fetch", json!({"ids": [id]})).await;
    scene
        .until("recordings.list", ALL(""), |page| page["rows"][0]["place"] == "here")
        .await;
    assert!(scene.ask("recordings.loading", json!({})).await["now"].is_array());
    let mut kept = scene.ask("recordings.settings", json!({})).await;
    kept["days"] = json!(0);
    let stored = scene.ask("recordings.set_settings", json!({"kept": kept})).await;
    assert_eq!(stored["days"], 1, "within its bounds");
}

async fn heard(scene: &Scene, id: &Value, call: &Value) {
    // Nobody who runs the tests is to hear it.
    scene.ask("player.volume", json!({"value": 0.0})).await;
    scene.ask("player.open", json!({ "id": id })).await;
    let state = scene
        .until("player.state", json!({}), |state| {
            state["phase"] == "playing" && state["peaks"] == true && state["durationMs"].as_i64() > Some(0)
        })
        .await;
    assert_eq!(state["id"], *id);
    let levels = scene.reply("player.levels", json!({})).await;
    assert!(matches!(levels, Ok(Reply::Bytes(levels)) if !levels.is_empty()));
    scene.ask("player.pause", json!({})).await;
    scene.ask("player.seek", json!({"toMs": 1000})).await;
    scene
        .until("player.state", json!({}), |state| {
            state["phase"] == "paused" && state["positionMs"] == 1000
        })
        .await;
    scene.ask("player.play", json!({})).await;
    scene.ask("player.toggle", json!({})).await;
    scene.ask("player.speed", json!({"value": 1.5})).await;
    assert_eq!(scene.refused("player.speed", json!({"value": 3.0})).await, "unexpected");
    scene.ask("player.volume", json!({"value": 0.5})).await;
    scene.ask("player.skip_silence", json!({"skips": true})).await;
    assert!(scene.ask("player.devices", json!({})).await["all"].is_array());
    scene.ask("player.device", json!({"id": null})).await;
    scene
        .until("player.state", json!({}), |state| {
            state["speed"] == 1.5 && state["volume"] == 0.5 && state["skipsSilence"] == true
        })
        .await;
    scene.ask("player.close", json!({})).await;
    scene
        .until("player.state", json!({}), |state| state["phase"] == "empty")
        .await;
    scene.ask("player.open_call", json!({ "call": call })).await;
    scene
        .until("player.state", json!({}), |state| {
            state["id"] == *id && state["phase"] != "waiting"
        })
        .await;
    scene.ask("player.close", json!({})).await;
}

async fn marked(scene: &Scene, id: &Value) {
    let mark = scene
        .ask("player.mark", json!({"id": id, "atMs": 700, "note": " Цена за тонну "}))
        .await;
    assert_eq!(mark["note"], "Цена за тонну");
    let found = scene.ask("recordings.list", ALL("тонну цена")).await;
    assert_eq!(found["rows"][0]["found"]["atMs"], 700, "{found}");
    scene
        .ask("player.set_mark", json!({"mark": mark["id"], "note": "скидка"}))
        .await;
    let one = scene.ask("recordings.one", json!({ "id": id })).await;
    assert_eq!(one["marks"][0]["note"], "скидка");
    assert_eq!(scene.ask("recordings.list", ALL("тонну")).await["rows"], json!([]));
    scene.ask("player.remove_mark", json!({"mark": mark["id"]})).await;
    assert_eq!(scene.ask("recordings.list", ALL("скидка")).await["rows"], json!([]));
}
