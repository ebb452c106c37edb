//! Documents, what is written, notifications.

use super::Scene;
use serde_json::{Value, json};

pub(super) async fn documents_and_notices(scene: &Scene, row: &Value) {
    let document = row["documentId"].clone();
    assert!(document.is_i64(), "the missed call is registered: {row}");
    let written = json!({"outcome": "Договорились", "note": "до обеда", "tags": ["счёт"], "next": ""});
    let about = json!({"call": row["id"], "written": written});
    scene.ask("notes.save", about).await;
    assert_eq!(scene.ask("notes.of_call", json!({"call": row["id"]})).await, written);
    let missed = scene.ask("notes.just_ended", json!({"ids": [row["id"]]})).await;
    assert_eq!(missed, json!([]), "nobody has spoken");
    let list = json!({"filter": {"kind": "noted", "query": "счёт"}, "cursor": null, "limit": 10});
    assert_eq!(scene.ask("document.list", list).await["rows"][0]["id"], document);
    let again = scene.ask("document.rows", json!({"ids": [document]})).await;
    assert_eq!(again[0]["written"], written);
    let document = scene.ask("document.one", json!({"id": document})).await;
    assert_eq!(document["written"], written);
    let notices = scene.ask("notices.list", json!({"before": null, "limit": 50})).await;
    assert!(!notices[0].is_null(), "the call was told");
    let again = json!({"ids": [notices[0]["id"]]});
    assert_eq!(scene.ask("notices.rows", again).await, json!([notices[0]]));
    scene.ask("notices.seen", json!({"id": null})).await;
    assert_eq!(scene.ask("frame.state", json!({})).await["unseen"], 0);
    scene.ask("calls.call_back", json!({"number": row["numberKey"]})).await;
    assert_eq!(scene.sim.calls_placed().len(), 1);
    assert_eq!(scene.ask("frame.take_route", json!({})).await, Value::Null);
    scene.ask("frame.example", json!({})).await;
    scene.ask("frame.leave_example", json!({})).await;
    assert_eq!(*scene.desktop.again.lock().unwrap(), [true, false]);
    for command in ["updates.look", "updates.install"] {
        assert_eq!(
            scene.refused(command, json!({})).await,
            "not_supported",
            "nobody has new versions here"
        );
    }
}
