//! From the end of a call to its recording on this disk, with the real relay and the simulated PBX.

use crate::scene::{Follower, ME, Scene};
use perezvon_desk::recordings::Recordings;
use perezvon_desk::toast::{Action, ToastOp};
use perezvon_desk::view::{RecordingsFilter, RecordingsKept, SoundPlace};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_calls_recording_is_on_this_disk_soon_after_the_call_and_told() {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let follower = Follower::start(&scene.url(), &key);
    let desk = Arc::clone(&follower.desk);
    let dir = tempfile::tempdir().unwrap();
    let (toasts, mut told) = mpsc::channel(8);
    let all = Recordings::open(
        Arc::clone(&desk),
        dir.path().to_owned(),
        Duration::from_millis(5),
        toasts,
    )
    .unwrap();
    let kept = watch::Sender::new(RecordingsKept {
        toast: true,
        ..RecordingsKept::default()
    });
    let stop = CancellationToken::new();
    let (running, relay, wants, stopped) = (Arc::clone(&all), scene.client(&key), kept.subscribe(), stop.clone());
    let fetching = tokio::spawn(async move { running.run(&relay, false, wants, &stopped).await });
    let (waker, mut changes) = (Arc::clone(&all), desk.changes());
    tokio::spawn(async move {
        while let Some(change) = changes.next().await {
            if !change.touched.recordings.is_empty() {
                waker.wake();
            }
        }
    });
    scene
        .sim
        .play("incoming-answered", perezvon_sim::Args::default())
        .unwrap();
    let told = timeout(DEADLINE, told.recv())
        .await
        .expect("the toast is told")
        .unwrap();
    let ToastOp::Show(toast) = told else { panic!("{told:?}") };
    assert_eq!(toast.title, "Запись готова");
    let page = desk.recordings("test", &RecordingsFilter::default(), None, 10).unwrap();
    let row = &page.rows[0];
    assert_eq!((row.place, row.heard, row.problem), (SoundPlace::Here, false, None));
    assert_eq!(toast.body_action, Some(Action::PlayRecording { id: row.id }));
    let file = all.file_of(row.id).unwrap().unwrap();
    assert_eq!(Some(std::fs::metadata(&file).unwrap().len() as i64), row.bytes);
    let call = desk.call(row.call.as_deref().unwrap(), None).unwrap();
    assert_eq!((call.row.sound, call.row.sound_id), (SoundPlace::Here, Some(row.id)));
    assert_eq!(desk.recording_of_call(&call.row.id, None).unwrap(), row.id);
    let asked = Instant::now();
    stop.cancel();
    fetching.await.unwrap();
    assert!(asked.elapsed() < DEADLINE);
    let audit = scene
        .send(reqwest::Method::GET, "/v1/audit?what=recording_played", None)
        .await;
    assert_eq!(
        audit["entries"].as_array().map(Vec::len),
        Some(0),
        "one's own is nobody's business"
    );
    scene.stop().await;
}
