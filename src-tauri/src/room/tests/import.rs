//! Contacts of a file.

use super::Scene;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) async fn import(scene: &Scene) {
    let file = "Имя;Телефон\nСмирнов Олег;+79000000056\nСбой;8 (9ОО) дом\n";
    let begin = json!({"name": "a.csv", "size": file.len()});
    scene.ask("import.begin", begin).await;
    assert_eq!(
        scene.refused("import.read", json!({"how": {}})).await,
        "not_found",
        "it is not all here"
    );
    for piece in file.as_bytes().chunks(20) {
        scene.ask("import.piece", json!({"data": STANDARD.encode(piece)})).await;
    }
    let preview = scene.ask("import.read", json!({"how": {}})).await;
    assert_eq!(
        (&preview["fresh"], &preview["problemsTotal"]),
        (&json!(2), &json!(1)),
        "{preview}"
    );
    assert_eq!(scene.ask("import.progress", json!({})).await, Value::Null);
    scene.ask("import.start", json!({"leaveSame": true})).await;
    let over = |progress: &Value| !progress["finished"].is_null();
    let progress = scene.until("import.progress", json!({}), over).await;
    assert_eq!(
        (&progress["done"], &progress["finished"]["added"]),
        (&json!(2), &json!(2))
    );
    let query = json!({"query": "смирнов олег", "cursor": null, "back": false, "limit": 10});
    assert_eq!(
        scene.ask("contacts.list", query.clone()).await["rows"][0]["name"],
        "Смирнов Олег"
    );
    let undone = scene
        .ask("import.undo", json!({"id": progress["finished"]["id"]}))
        .await;
    assert_eq!(undone["removed"], 2);
    assert_eq!(scene.ask("contacts.list", query).await["rows"], json!([]));
    scene.ask("import.cancel", json!({})).await;
    scene.ask("import.close", json!({})).await;
    assert_eq!(
        scene.refused("import.start", json!({"leaveSame": true})).await,
        "not_found"
    );
    let large = json!({"name": "a.csv", "size": 65 * 1024 * 1024});
    assert_eq!(scene.refused("import.begin", large).await, "too_long");
}
