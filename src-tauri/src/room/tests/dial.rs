//! What links, keys and the small windows ask to dial, and a relay that one is asked to join.

use super::{DEADLINE, Scene};
use crate::action::ask_to_dial;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(super) async fn links(scene: &Scene) {
    assert_eq!(scene.ask("dial.offer", json!({})).await, Value::Null);
    crate::action::grant(&scene.core, crate::args::wish_of_link("tel:+79000000077"));
    assert_eq!(
        scene.desktop.shown.lock().unwrap().last().map(String::as_str),
        Some("dial")
    );
    let offer = scene.ask("dial.offer", json!({})).await;
    scene.ask("dial.accept", json!({"number": offer["number"]})).await;
    assert_eq!(scene.sim.calls_placed().len(), 2, "nothing was dialled before");
    scene.ask("dial.decline", json!({"question": offer["question"]})).await;
    let found = scene.ask("dial.find", json!({"text": "8 900 000-00-77"})).await;
    assert_eq!(found["number"]["country"], "RU");
    // There may be one: where no service shows toasts, the own window does.
    assert!(scene.ask("small.toasts", json!({})).await.is_array());
    for name in ["small.press", "small.dismiss"] {
        let mut none = json!({"key": "document:1"});
        if name == "small.press" {
            none["button"] = json!("default");
        }
        scene.ask(name, none).await;
    }
    scene.ask("small.open", json!({"route": "queue"})).await;
    assert_eq!(
        scene.desktop.shown.lock().unwrap().last().map(String::as_str),
        Some("queue")
    );
    crate::action::dial_selected(&scene.core, "тел. 8 900 000-00-76", None);
    assert_eq!(
        scene.desktop.shown.lock().unwrap().last().map(String::as_str),
        Some("panel")
    );
    assert_eq!(scene.ask("dial.offer", json!({})).await["number"], "+79000000076");
    crate::action::dial_selected(&scene.core, " ", None);
    assert_eq!(
        scene.ask("dial.offer", json!({})).await,
        Value::Null,
        "nothing selected: where one dials"
    );
    // Nobody listens there: the discard port of this machine.
    let relay = "http://127.0.0.1:9";
    let typed = json!({"relay": relay, "code": "K7M2-4QXP-9DRT"});
    assert_eq!(scene.ask("join.offer", typed).await["relay"], relay);
    let accept = json!({"relay": relay, "inTheClear": true, "insecure": true});
    assert_eq!(scene.refused("join.accept", accept).await, "relay_unreachable");
    scene.ask("join.decline", json!({})).await;
    let other = json!({"url": "http://relay.example.ru", "key": "k", "inTheClear": false, "insecure": true});
    assert_eq!(scene.refused("connection.join", other).await, "in_the_clear");
}

/// Where the user lets plain numbers through, a link that the system hands over twice at one moment is one call.
pub(super) async fn a_link_handed_over_twice(scene: &Scene) {
    let mut settings = scene.ask("frame.state", json!({})).await["settings"].clone();
    settings["linksDial"] = json!(true);
    scene.ask("settings.save", json!({"settings": settings})).await;
    let before = scene.sim.calls_placed().len();
    let now = Instant::now();
    for link in ["tel:+79000000074", "tel:8-900-000-00-74", "tel:+79000000075"] {
        ask_to_dial(&scene.core, crate::link::read(link), now);
    }
    let placed = || -> Vec<String> {
        let placed = scene.sim.calls_placed().into_iter().skip(before);
        placed.map(|call| call.number).collect()
    };
    while !["74", "75"]
        .iter()
        .all(|end| placed().iter().any(|number| number.ends_with(end)))
    {
        assert!(now.elapsed() < DEADLINE, "both are called: {:?}", placed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(placed().len(), 2, "each once: {:?}", placed());
    settings["linksDial"] = json!(false);
    scene.ask("settings.save", json!({"settings": settings})).await;
}
