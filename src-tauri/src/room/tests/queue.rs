//! The queue's commands, and a reminder that comes by itself, also after a restart.

use super::{DEADLINE, Desktop, Scene};
use crate::args::{Args, Given};
use crate::toast;
use perezvon_core::Number;
use perezvon_desk::Desk;
use perezvon_desk::view::{CallbackKind, CallbacksFilter};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A reminder comes at most so long after its time.
const ON_TIME: Duration = Duration::from_secs(5);

fn list(kind: &str) -> Value {
    json!({"filter": {"kind": kind, "sinceMs": null}, "cursor": null, "limit": 50})
}

/// One waits, who was missed before.
pub(super) async fn queue(scene: &Scene) {
    let one = |page: &Value| page["rows"].as_array().is_some_and(|rows| rows.len() == 1);
    let page = scene.until("queue.list", list("waiting"), one).await;
    let id = page["rows"][0]["id"].clone();
    assert_eq!(
        scene.ask("queue.rows", json!({"ids": [id, 99_999]})).await,
        page["rows"]
    );
    let claimed = |page: &Value| page["rows"][0]["claim"]["own"] == true;
    scene.ask("queue.claim", json!({"id": id, "minutes": 30})).await;
    scene.until("queue.list", list("waiting"), claimed).await;
    scene.ask("queue.claim", json!({"id": id, "minutes": 0})).await;
    let free = |page: &Value| page["rows"][0]["claim"].is_null();
    scene.until("queue.list", list("waiting"), free).await;
    assert_eq!(
        scene.refused("queue.claim", json!({"id": 99_999, "minutes": 5})).await,
        "not_found"
    );

    scene.ask("queue.done", json!({"ids": [id]})).await;
    assert_eq!(
        scene.ask("frame.state", json!({})).await["toCallBack"],
        0,
        "the badge counts the rows"
    );
    scene.ask("queue.undo", json!({"ids": [id]})).await;
    assert_eq!(scene.ask("frame.state", json!({})).await["toCallBack"], 1);

    let at = scene.core.desk().unwrap().now().ms() + 300;
    let begun = Instant::now();
    scene
        .ask("queue.later", json!({"ids": [id], "atMs": at, "note": "счёт"}))
        .await;
    assert_eq!(scene.ask("frame.state", json!({})).await["toCallBack"], 0, "put off");
    let reminded = |page: &Value| page["rows"][0]["reminded"] == true;
    scene.until("queue.list", list("waiting"), reminded).await;
    assert!(begun.elapsed() < ON_TIME, "after {:?}", begun.elapsed());
    let notices = scene.ask("notices.list", json!({"before": null, "limit": 10})).await;
    assert!(notices.to_string().contains("\"reminder\""), "{notices}");
    let other = json!({"number": "+79000000077", "atMs": at + 3_600_000, "note": ""});
    scene.ask("queue.remind", other).await;
    assert!(one(&scene.ask("queue.list", list("later")).await));
    assert_eq!(
        scene
            .refused("queue.remind", json!({"number": "-", "atMs": at, "note": ""}))
            .await,
        "bad_number"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_whose_time_came_while_the_app_was_off_comes_at_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    let at = desk.now().plus(50);
    desk.remind_of(&Number::parse("+79000000099"), at, "перезвонить")
        .unwrap();
    drop(desk);
    while Desk::open(dir.path()).unwrap().now() < at {
        tokio::task::yield_now().await;
    }
    let options = toast::Options {
        app_name: "Перезвон".to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: "ru.perezvon.test".to_owned(),
        icon_dir: dir.path().join("icons"),
        icons: &[],
        bus: Some("unix:path=/nowhere".to_owned()),
    };
    let shell = Arc::new(Desktop::default());
    let begun = Instant::now();
    let core = crate::open(
        shell,
        dir.path().to_owned(),
        &Args::default(),
        Given::default(),
        options,
    );
    let waiting = CallbacksFilter {
        kind: CallbackKind::Waiting,
        since_ms: None,
    };
    loop {
        let rows = core.desk().unwrap().callbacks(&waiting, None, 5).unwrap().rows;
        if rows.first().is_some_and(|row| row.reminded) {
            break;
        }
        assert!(begun.elapsed() < DEADLINE, "it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(begun.elapsed() < ON_TIME, "after {:?}", begun.elapsed());
    core.quit.cancel();
}
