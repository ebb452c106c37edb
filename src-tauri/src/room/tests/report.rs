//! The report's commands, after the calls of the other rooms.

use super::Scene;
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) async fn report(scene: &Scene) {
    let words = scene.ask("report.words", json!({})).await;
    assert!(
        words["groupings"].as_array().is_some_and(|all| all.len() == 12),
        "{words}"
    );
    let variants = scene.ask("report.variants", json!({})).await;
    assert_eq!(
        variants["first"], "abonents",
        "the demonstration's user is an administrator"
    );
    let analysis = &variants["variants"][0];
    let mut settings = analysis["settings"].clone();
    settings["period"] = json!({"kind": "all"});
    let make = json!({"settings": settings});
    let report = scene.ask("report.make", make.clone()).await;
    assert_eq!(
        report["calls"], report["journal"],
        "reconciles with the call list: {report}"
    );
    let me = scene.ask("frame.state", json!({})).await["me"].clone();
    assert_eq!(report["lines"][0]["label"], me["name"], "the abonent has a name");
    let pictures = scene.ask("report.pictures", make).await;
    assert_eq!(pictures["load"]["calls"], report["calls"]);
    let place = json!({"settings": settings, "path": report["lines"][0]["path"], "measure": null});
    let calls = scene
        .ask("report.calls", json!({"place": place, "cursor": null, "limit": 10}))
        .await;
    assert_eq!(calls["calls"], report["lines"][0]["calls"]);
    variants_are_kept(scene, &settings).await;
    files(scene, &settings).await;
}

async fn variants_are_kept(scene: &Scene, settings: &Value) {
    let draft = json!({"id": null, "name": "Мой", "settings": settings});
    let id = scene.ask("report.save_variant", draft).await;
    scene.ask("report.begin_with", json!({"id": id})).await;
    assert_eq!(scene.ask("report.variants", json!({})).await["first"], id);
    let file = scene.ask("report.share_variant", json!({"id": id})).await;
    let file = PathBuf::from(file.as_str().unwrap());
    assert!(file.starts_with(&scene.desktop.downloads), "{}", file.display());
    let text = std::fs::read_to_string(file).unwrap();
    let taken = scene.ask("report.take_variant", json!({"text": text})).await;
    assert_ne!(taken, id, "another variant");
    scene.ask("report.delete_variant", json!({"id": id})).await;
    assert_eq!(
        scene.refused("report.delete_variant", json!({"id": id})).await,
        "not_found"
    );
}

async fn files(scene: &Scene, settings: &Value) {
    for (format, ending) in [("xlsx", "xlsx"), ("csv", "csv"), ("csv_1251", "csv")] {
        let save = json!({"settings": settings, "name": "Отчёт", "format": format});
        let path = scene.ask("report.save", save).await;
        let path = PathBuf::from(path.as_str().unwrap());
        assert_eq!(path.extension().and_then(|one| one.to_str()), Some(ending));
        assert!(path.metadata().unwrap().len() > 0, "{} is written", path.display());
    }
    assert_eq!(scene.ask("report.saved_lines", json!({})).await, Value::Null);
    scene.ask("report.cancel_save", json!({})).await;
}
