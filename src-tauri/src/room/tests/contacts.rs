//! Contacts, and the calls that have their names.

use super::{DEADLINE, Scene, import};
use crate::changes::{Changed, Ids};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest from a saved contact to its name in an open list.
const NAMED_WITHIN: Duration = Duration::from_secs(1);

/// Whose number it was becomes known: an open list has the name of earlier calls too, at once. The contact's id.
pub(super) async fn named_late(scene: &Scene, row: &Value) -> Value {
    let draft = json!({"draft": {
        "id": null, "kind": "partner", "name": "Орлова Марина", "company": "", "email": "", "note": "",
        "numbers": [{"display": row["number"]}],
    }});
    let mut window = scene.core.changes();
    let since = Instant::now();
    let id = scene.ask("contacts.save", draft).await;
    let told = async {
        // An open list reads again the rows whose number is named here.
        let key = row["numberKey"].as_str().unwrap();
        let names = |changed: Changed| matches!(&changed.numbers, Ids::These(keys) if keys.contains(key));
        while !window.next().await.is_some_and(names) {}
    };
    tokio::time::timeout(DEADLINE, told).await.expect("the window is told");
    let named = scene.ask("calls.rows", json!({"filter": {}, "ids": [row["id"]]})).await;
    assert_eq!(named[0]["name"], "Орлова Марина", "an earlier call has the name too");
    let late = since.elapsed();
    assert!(late < NAMED_WITHIN, "an open list has the name after {late:?}");
    id
}

/// A contact is found, merged, saved to a file, deleted and brought back.
pub(super) async fn contacts(scene: &Scene, id: &Value) {
    scene
        .ask(
            "contacts.attach_number",
            json!({"id": id, "number": "+79000000055", "label": ""}),
        )
        .await;
    let card = scene.ask("contacts.one", json!({"id": id})).await;
    assert_eq!(card["numbers"].as_array().unwrap().len(), 2);
    let found = scene
        .ask(
            "contacts.list",
            json!({"query": "орлова", "cursor": null, "back": false, "limit": 10}),
        )
        .await;
    assert_eq!(&found["rows"][0]["id"], id);
    let place = json!({"query": "", "at": {"name": "орл"}});
    let place = scene.ask("contacts.place", place).await;
    let from = json!({"query": "", "cursor": place["cursor"], "back": false, "limit": 1});
    assert_eq!(&scene.ask("contacts.list", from).await["rows"][0]["id"], id);
    import::import(scene).await;
    let other = json!({"draft": {"id": null, "kind": "natural_person", "name": "Другой", "company": "", "email": "", "note": "", "numbers": []}});
    let other = scene.ask("contacts.save", other).await;
    let merge = scene.ask("contacts.merge", json!({"ids": [id, other]})).await;
    scene.ask("contacts.unmerge", json!({"merge": merge})).await;
    let all = json!({"format": "vcard", "query": "", "ids": null});
    let file = scene.ask("contacts.export", all).await;
    assert!(Path::new(file["path"].as_str().unwrap()).starts_with(&scene.desktop.downloads));
    let chosen = json!({"format": "csv", "query": "орлова", "ids": [id, 1_000_000]});
    assert_eq!(scene.ask("contacts.export", chosen).await["rows"], 1);
    let before = scene.ask("contacts.delete", json!({"id": id})).await;
    assert_eq!(scene.refused("contacts.one", json!({"id": id})).await, "not_found");
    scene.ask("contacts.undelete", json!({"before": before})).await;
    assert_eq!(
        scene.ask("contacts.one", json!({"id": id})).await["name"],
        "Орлова Марина"
    );
    scene.ask("contacts.delete", json!({"id": id})).await;
}

/// A file that another program writes is read by itself, and again when it has changed.
pub(super) async fn watched(scene: &Scene) {
    let path = scene.desktop.downloads.with_file_name("выгрузка.csv");
    std::fs::write(&path, "Имя;Телефон\nВыгрузкина Вера;+79000000061\n").unwrap();
    let mut settings = scene.ask("frame.state", json!({})).await["settings"].clone();
    settings["contactFiles"] = json!([path]);
    scene.ask("settings.save", json!({"settings": settings})).await;
    let query = |query: &str| json!({"query": query, "cursor": null, "back": false, "limit": 10});
    let one = |page: &Value| page["rows"].as_array().is_some_and(|rows| rows.len() == 1);
    scene.until("contacts.list", query("выгрузкина вера"), one).await;
    std::fs::write(&path, "Имя;Телефон\nВыгрузкина Вера Сергеевна;+79000000061\n").unwrap();
    scene.until("contacts.list", query("выгрузкина сергеевна"), one).await;
    let stands = |files: &Value| files[0]["state"] == "read" && files[0]["changed"] == 1;
    scene.until("contacts.watched", json!({}), stands).await;
    std::fs::write(&path, b"\0\x01\x02").unwrap();
    scene
        .until("contacts.watched", json!({}), |files| files[0]["state"] == "unreadable")
        .await;
    // As after a start: what was told is forgotten.
    scene.core.watched.tell(Vec::new());
    let files = scene
        .until("contacts.watched", json!({}), |files| files[0].is_object())
        .await;
    assert_eq!(files[0]["state"], "unreadable", "it is not read by itself");
    std::fs::remove_file(&path).unwrap();
    scene
        .until("contacts.watched", json!({}), |files| files[0]["state"] == "missing")
        .await;
    settings["contactFiles"] = json!([]);
    scene.ask("settings.save", json!({"settings": settings})).await;
    scene
        .until("contacts.watched", json!({}), |files| files == &json!([]))
        .await;
    let tried: Option<Value> = scene.core.desk().unwrap().setting("watched files").unwrap();
    assert_eq!(tried, Some(json!({})), "what is watched no longer is forgotten");
    let found = scene.ask("contacts.list", query("выгрузкина")).await;
    scene
        .ask("contacts.delete", json!({"id": found["rows"][0]["id"]}))
        .await;
}
