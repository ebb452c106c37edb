//! Forwarding of one's own telephone.

use super::Scene;
use perezvon_sim::{FaultKind, PathFault};
use serde_json::{Value, json};

fn to(all: &str) -> Value {
    json!({"to": {"all": all}})
}

/// Set, refused, and ended: what is shown is always what the PBX says.
pub(super) async fn one_number(scene: &Scene) {
    let state = scene
        .until("frame.state", json!({}), |state| state["forwarding"].is_object())
        .await;
    assert_eq!(state["forwarding"]["on"], false, "asked for without a question");
    let before = scene.ask("forwarding.read", json!({})).await;
    assert_eq!((&before["now"], &before["last"]), (&state["forwarding"], &Value::Null));

    for (number, why) in [
        ("*21*89000000077#", "bad_number"),
        ("Иванов", "bad_number"),
        ("+7 900 000-00-77 доб. 12", "bad_number"),
        (state["me"]["phone"].as_str().unwrap(), "own_number"),
    ] {
        assert_eq!(scene.refused("forwarding.set", to(number)).await, why, "{number}");
    }

    let mut window = scene.core.changes();
    let on = scene.ask("forwarding.set", to("8 900 000-00-77")).await;
    assert_eq!(
        (&on["on"], &on["all"], &on["busy"]),
        (&json!(true), &json!("+7 (900) 000-00-77"), &Value::Null)
    );
    let told = async { while !window.next().await.is_some_and(|changed| changed.service) {} };
    tokio::time::timeout(super::DEADLINE, told)
        .await
        .expect("the window is told");
    let shown = async || scene.ask("frame.state", json!({})).await["forwarding"].clone();
    assert_eq!(shown().await, on, "the frame has it");

    for method in ["PUT", "DELETE"] {
        let fault = PathFault {
            prefix: "abonents".to_owned(),
            method: Some(method.to_owned()),
            kind: FaultKind::Html503,
            times: Some(1),
        };
        scene.sim.faults().change(|faults| faults.paths.push(fault));
        let failed = match method {
            "PUT" => scene.refused("forwarding.set", to("102")).await,
            _ => scene.refused("forwarding.off", json!({})).await,
        };
        assert_eq!(failed, "pbx_unavailable", "{method}");
        assert_eq!(shown().await, on, "{method} has changed nothing");
    }

    let off = scene.ask("forwarding.off", json!({})).await;
    assert_eq!((&off["on"], &shown().await), (&json!(false), &off));
    let some = json!({"to": {"busy": "102", "notAnswered": "+79000000078", "rings": 6}});
    let on = scene.ask("forwarding.set", some).await;
    assert_eq!(
        (&on["busy"], &on["notAnswered"], &on["rings"]),
        (&json!("102"), &json!("+7 (900) 000-00-78"), &json!(6))
    );
    scene.ask("forwarding.off", json!({})).await;
    let after = scene.ask("forwarding.read", json!({})).await;
    assert_eq!(
        (&after["now"]["on"], &after["last"]["busy"], &after["last"]["rings"]),
        (&json!(false), &json!("102"), &json!(6)),
        "what was in force last can be switched on again"
    );
}
