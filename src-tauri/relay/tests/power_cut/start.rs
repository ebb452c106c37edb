//! The log at a start: the previous process may have been killed between a commit and its sync.

use crate::disk::Disk;
use crate::{Scene, stored};
use perezvon_relay::WalSync;
use rusqlite::Connection;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_after_a_start_is_on_the_disk() {
    let disk = Disk::insert();
    let scene = Scene::new(|data| disk.wal_sync(data)).await;
    assert_eq!(scene.post(8).await, 8);
    let Scene { relay, dir, .. } = scene;
    relay.shutdown().await;
    // A process that was killed after a commit: the commit is in the log, which only the system's cache has.
    let id = uuid::Uuid::from_u128(0xe0);
    let killed = Connection::open(dir.path().join("data/relay.db")).unwrap();
    killed.pragma_update(None, "synchronous", "OFF").unwrap();
    let sql = "INSERT INTO events (received_at, event_id, kind, raw) VALUES (1, ?1, 'CallReceivedEvent', x'3c')";
    killed.execute(sql, [id.as_bytes().as_slice()]).unwrap();
    // Nothing that the start itself stores syncs the log.
    let scene = Scene::in_dir(dir, |_| WalSync::new(|_| Ok(()))).await;
    let told = scene.get("/v1/events?limit=100").await;
    assert_eq!(told["events"].as_array().unwrap().len(), 9, "it is told: {told}");
    let image = scene.dir.path().join("cut");
    disk.after_power_cut(&scene.dir.path().join("data"), &image, || false);
    assert!(
        stored(&image.join("relay.db")).contains(&id.to_string()),
        "and a power cut takes nothing of it"
    );
    drop(killed);
}
