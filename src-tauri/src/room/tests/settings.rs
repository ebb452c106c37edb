//! Examples of toasts, and settings that travel as a file.

use super::{Office, Scene};
use crate::args::Given;
use serde_json::{Value, json};

pub(super) async fn examples_and_file(scene: &Scene) {
    let samples = scene.ask("settings.samples", json!({})).await;
    let samples = samples.as_array().unwrap();
    assert_eq!(samples.len(), 8);
    let of: Vec<_> = samples.iter().map(|one| one["of"].as_str().unwrap()).collect();
    let state = scene.ask("frame.state", json!({})).await;
    let is_setting = |name: &&&str| state["settings"][**name].is_boolean() || **name == "recording";
    assert_eq!(
        of.iter().filter(is_setting).count(),
        of.len(),
        "each has its switch: {of:?}"
    );
    scene.ask("settings.show_sample", json!({"of": "missed"})).await;

    let path = scene.ask("settings.export", json!({})).await;
    let text = std::fs::read_to_string(path.as_str().unwrap()).unwrap();
    assert!(!text.contains(scene.sim.token()), "a file of settings opens nothing");
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file["settings"]["missed"] = json!(false);
    file["settings"]["theme"] = json!("plaid");
    file["settings"]["brandNew"] = json!(1);
    file["settings"]["linksDial"] = json!(true);
    let taken = scene.ask("settings.import", json!({"text": file.to_string()})).await;
    assert_eq!(
        taken["left"],
        json!(["brandNew", "linksDial", "theme"]),
        "the rest is taken: {taken}"
    );
    let after = scene.ask("frame.state", json!({})).await["settings"].clone();
    assert_eq!(
        (&after["missed"], &after["theme"]),
        (&json!(false), &state["settings"]["theme"])
    );
    assert_eq!(
        scene.refused("settings.import", json!({"text": "{}"})).await,
        "not_settings"
    );
    let text = "x".repeat(300_000);
    assert_eq!(
        scene.refused("settings.import", json!({"text": text})).await,
        "not_settings"
    );
    // As it was.
    scene.ask("settings.save", json!({"settings": state["settings"]})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_settings_changes_nothing_that_an_administrator_has_fixed() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "digest = true\n").unwrap();
    let office = Office::open(Given {
        policy: Some(policy),
        ..Given::default()
    });
    let file = json!({"perezvon": "settings", "version": 1, "settings": {"digest": false, "missed": false}});
    let taken = office.ask("settings.import", json!({"text": file.to_string()})).await;
    assert_eq!(
        (&taken["taken"], &taken["left"]),
        (&json!(["missed"]), &json!(["digest"]))
    );
    let settings = office.ask("frame.state", json!({})).await["settings"].clone();
    assert_eq!(
        (&settings["digest"], &settings["missed"]),
        (&json!(true), &json!(false))
    );
}
