//! Missed calls that the relay learns of late, while the desk is there: from the lists alone.

use crate::scene::{Follower, ME, Scene, one_way_street};
use perezvon_core::Time;
use perezvon_desk::Desk;
use perezvon_desk::follow::FeedState;
use perezvon_desk::toast::{ToastKey, ToastKind};
use perezvon_desk::view::CallsFilter;
use perezvon_sim::{Args, Cue};
use std::sync::Arc;
use tempfile::TempDir;

const HOUR: i64 = 3_600_000;

fn missed(at_ms: i64, number: &str) -> Cue {
    Cue {
        at_ms,
        play: "incoming-missed".to_owned(),
        args: Args {
            abonent: Some(ME.to_owned()),
            number: Some(number.to_owned()),
            ..Args::default()
        },
    }
}

/// A desk that has followed this relay since yesterday.
fn of_yesterday() -> (Arc<Desk>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::open(dir.path()).unwrap();
    desk.set_clock(Time::from(chrono::Utc::now()).plus(-24 * HOUR));
    desk.reset_mirror(&format!("relay {ME}")).unwrap();
    assert_eq!(desk.digest().unwrap(), None, "nothing yet");
    (Arc::new(desk), dir)
}

async fn learnt_late(polling: bool) {
    let scene = Scene::of_lists(3).await;
    let key = scene.add_user(ME).await;
    let url = if polling {
        format!("http://{}", one_way_street(scene.relay.addr()).await)
    } else {
        scene.url()
    };
    let mut follower = Follower::awake(&url, &key, of_yesterday());
    let live = |state: &FeedState| matches!(state, FeedState::Connected { caught_up: true, .. });
    follower.until("the feed is connected", live).await;
    let night = [
        missed(0, "+79000000099"),
        missed(600_000, "+79000000098"),
        missed(1_200_000, "+79000000099"),
    ];
    let played = scene.sim.play_all(&night).unwrap();
    scene.sim.finished(played.id).await;
    follower
        .toast("the summary", |toast| {
            toast.title == "Пока не было связи: пропущено 3" && toast.lines == ["ждут ответа: 2"]
        })
        .await;
    let (mut ids, kinds): (Vec<_>, Vec<_>) = (follower.seen.iter())
        .filter(|toast| toast.kind != ToastKind::Document)
        .map(|toast| (toast.notification_id, toast.kind))
        .unzip();
    ids.dedup();
    assert!(
        ids.len() == 1 && kinds.iter().all(|kind| *kind == ToastKind::Digest),
        "one summary and nothing else: {:?}",
        follower.seen
    );
    assert_eq!(follower.desk.counts().unwrap().to_call_back, 2, "the tray counts them");
    let rows = follower.desk.calls(&CallsFilter::default(), None, 10).unwrap().rows;
    assert_eq!(rows.len(), 3, "the journal has them");

    // Some minutes ago: late, but still worth a toast of its own.
    let begun = chrono::Utc::now().timestamp_millis() - 5 * 60_000;
    let newest = scene
        .sim
        .truth()
        .iter()
        .flat_map(|call| call.parts.iter().map(|part| part.release))
        .max();
    let wait = begun - newest.unwrap();
    let played = scene.sim.play_all(&[missed(wait, "+79000000097")]).unwrap();
    scene.sim.finished(played.id).await;
    let fresh = follower
        .toast("a toast of its own", |toast| toast.kind == ToastKind::Missed)
        .await;
    assert_eq!(
        fresh.key,
        ToastKey::Missed("+79000000097".to_owned()),
        "of the new call only"
    );
    assert_eq!(follower.desk.counts().unwrap().to_call_back, 3);
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_misses_are_one_summary_and_fresh_ones_a_toast() {
    learnt_late(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_misses_come_over_long_polls_too() {
    learnt_late(true).await;
}
