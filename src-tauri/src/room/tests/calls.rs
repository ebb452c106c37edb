//! The journal of calls.

use super::{PAGE, Scene};
use serde_json::{Value, json};

/// A missed call is listed and read again: its row.
pub(super) async fn missed(scene: &Scene) -> Value {
    scene
        .sim
        .play("incoming-missed", perezvon_sim::Args::default())
        .unwrap();
    let page = scene
        .until("calls.list", PAGE("missed"), |page| {
            page["rows"][0]["outcome"] == "missed"
        })
        .await;
    let row = &page["rows"][0];
    let filter = json!({"marks": ["missed"]});
    let place = json!({"filter": filter, "span": {}, "at": {"row": 0}});
    assert_eq!(scene.ask("calls.place", place).await["total"], 1);
    let again = json!({"filter": filter, "ids": [row["id"], "no such"]});
    assert_eq!(scene.ask("calls.rows", again).await, json!([row]));
    let call = scene.ask("calls.one", json!({"id": row["id"]})).await;
    let latest = scene.ask("calls.latest", json!({"limit": 1})).await;
    assert_eq!(latest.as_array().map(Vec::len), Some(1), "{latest}");
    assert_eq!(call["row"]["id"], row["id"]);
    let state = scene.ask("frame.state", json!({})).await;
    assert_eq!(state["toCallBack"], 1, "one waits");
    row.clone()
}

/// What is kept of the journal, and its file.
pub(super) async fn the_log(scene: &Scene, call: &Value) {
    let mut kept = scene.ask("calls.kept", json!({})).await;
    assert_eq!(kept["columns"].as_array().map(Vec::len), Some(7), "the manual's");
    kept["saved"] = json!([{"name": "Мои пропущенные", "filter": {"marks": ["missed", "unregistered"]}}]);
    scene.ask("calls.keep", json!({"kept": kept})).await;
    let again = scene.ask("calls.kept", json!({})).await;
    assert_eq!(again["saved"][0]["filter"]["marks"], json!(["missed", "unregistered"]));
    let mut file = json!({"filter": {"marks": ["missed"]}, "span": {}, "ids": null, "columns": kept["columns"],
                          "name": "Журнал", "cyrillic": false});
    let paper = json!({"filter": {"marks": ["missed"]}, "span": {}, "cursor": null, "limit": 10});
    assert_eq!(
        scene.ask("calls.paper", paper).await["rows"].as_array().map(Vec::len),
        Some(1)
    );
    for ids in [json!(null), json!([call["id"], "no such"])] {
        file["ids"] = ids;
        let written = scene.ask("calls.save", file.clone()).await;
        assert_eq!(written["rows"], 1);
        let text = std::fs::read_to_string(written["path"].as_str().unwrap()).unwrap();
        assert!(text.contains("Орлова Марина") && text.lines().count() == 2, "{text}");
    }
    file["ids"] = json!(["no such"]);
    assert_eq!(scene.refused("calls.save", file.clone()).await, "not_found");
    file["ids"] = json!(vec!["no such"; 1_001]);
    assert_eq!(scene.refused("calls.save", file).await, "too_long");
}
