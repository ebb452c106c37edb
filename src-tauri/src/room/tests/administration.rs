//! The pages of an administrator.

use super::Scene;
use serde_json::json;
use std::path::PathBuf;

pub(super) async fn administration(scene: &Scene) {
    scene.ask("company.preview", json!({})).await;
    scene.ask("company.fill", json!({})).await;
    let company = scene.ask("company.list", json!({})).await;
    let abonent = company[0]["id"].clone();
    let spelt = company[0]["phone"].as_str().unwrap().replacen("+7", "8", 1);
    assert_eq!(
        scene.ask("company.find", json!({"query": spelt})).await,
        json!([abonent])
    );
    let on = json!({"abonent": abonent, "on": true});
    assert_eq!(scene.ask("company.switch_recording", on.clone()).await, "on");
    scene.ask("subscriptions.renew", json!({})).await;
    assert_eq!(
        scene.refused("subscriptions.switch", on).await,
        "refused",
        "one subscription is for all"
    );
    let subscriptions = scene.ask("subscriptions.list", json!({})).await;
    assert!(!subscriptions["subscriptions"][0].is_null());
    let journal = json!({"filter": {"query": "", "bad": false}, "cursor": null, "limit": 10});
    let events = scene.ask("journal.events", journal.clone()).await;
    let seq = json!({"seq": events["events"][0]["seq"]});
    assert!(scene.ask("journal.event", seq.clone()).await["raw"].is_string());
    scene.ask("journal.replay", seq).await;
    let exchanges = scene.ask("journal.exchanges", journal).await;
    assert!(!exchanges["exchanges"][0].is_null());
    let file = scene
        .ask("journal.export", json!({"filter": {"query": "", "bad": false}}))
        .await;
    let file = PathBuf::from(file.as_str().unwrap());
    assert!(file.starts_with(&scene.desktop.downloads) && file.metadata().unwrap().len() > 0);
    let invitation = json!({"invitation": {"name": "Смирнова Анна", "role": "user", "abonent": abonent}});
    let code = scene.ask("people.invite", invitation).await;
    let codes = scene.ask("people.codes", json!({})).await;
    assert_eq!(codes[0]["id"], code["id"]);
    scene.ask("people.withdraw", json!({"id": code["id"]})).await;
    assert!(scene.ask("people.users", json!({})).await.is_array());
    assert_eq!(
        scene.refused("people.revoke", json!({"id": "no such"})).await,
        "not_found"
    );
    let audit = scene
        .ask("audit.list", json!({"what": "", "cursor": null, "limit": 10}))
        .await;
    assert!(!audit["entries"][0].is_null(), "who did what is written down");
    scene.ask("pbx.save", json!({"change": {"graceMs": 20_000}})).await;
    assert_eq!(scene.ask("pbx.read", json!({})).await["values"]["graceMs"], 20_000);
}
