//! A desk that has seen more than the backup from which its relay was restored.

use crate::scene::{Follower, ME, Scene, one_way_street, until};
use crate::{caught_up, from_client};
use clap::Parser as _;
use perezvon_desk::Desk;
use perezvon_desk::follow::FeedState;
use perezvon_desk::view::CallsFilter;
use perezvon_relay::cli::{Cli, run};
use std::collections::BTreeSet;
use std::path::Path;

async fn command(name: &str, dir: &Path, flag: &str, file: &Path) {
    let args = [
        "perezvon-relay",
        name,
        "--data-dir",
        dir.to_str().unwrap(),
        flag,
        file.to_str().unwrap(),
    ];
    run(Cli::parse_from(args), std::future::pending::<()>).await.unwrap();
}

fn mirrored(desk: &Desk) -> BTreeSet<String> {
    let page = desk.calls(&CallsFilter::default(), None, 100).unwrap();
    page.rows.iter().map(|row| row.id.clone()).collect()
}

async fn ledger(scene: &Scene) -> BTreeSet<String> {
    let path = format!("/v1/calls?abonent={ME}&limit=100");
    let calls = scene.send(reqwest::Method::GET, &path, None).await;
    let calls = calls["calls"].as_array().unwrap();
    calls
        .iter()
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn ring(scene: &Scene) {
    scene.sim.play_through("incoming-missed", from_client()).await.unwrap();
}

/// The mirror equals the ledger again, though the relay has told more by then than the desk's cursor.
async fn mirror_follows_the_restored_ledger(polling: bool) {
    let scene = Scene::start().await;
    let key = scene.add_user(ME).await;
    let mut follower = Follower::start(&scene.url(), &key);
    follower.until("the feed is connected", caught_up).await;
    ring(&scene).await;
    let kept = ledger(&scene).await;
    let backups = tempfile::tempdir().unwrap();
    let file = backups.path().join("relay.backup");
    command("backup", scene.data_dir(), "--to", &file).await;
    ring(&scene).await;
    let before = ledger(&scene).await;
    assert_eq!((kept.len(), before.len()), (1, 2), "one call is not in the backup");
    let desk = follower.desk.clone();
    until("both calls are mirrored", || mirrored(&desk) == before).await;
    let asleep = follower.asleep().await;
    let scene = scene
        .restart_after(async |dir| command("restore", dir, "--from", &file).await)
        .await;
    ring(&scene).await;
    ring(&scene).await;
    let now = ledger(&scene).await;
    assert!(
        now.is_superset(&kept) && now.len() == 3,
        "the backup's call and two new ones"
    );
    let url = if polling {
        format!("http://{}", one_way_street(scene.relay.addr()).await)
    } else {
        scene.url()
    };
    let mut follower = Follower::awake(&url, &key, asleep);
    let connected = |state: &FeedState| matches!(state, FeedState::Connected { caught_up: true, .. });
    follower.until("the feed is back", connected).await;
    until("the mirror equals the restored ledger", || mirrored(&desk) == now).await;
    follower.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_the_mirror_equals_the_ledger() {
    mirror_follows_the_restored_ledger(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_the_mirror_equals_the_ledger_over_long_polls() {
    mirror_follows_the_restored_ledger(true).await;
}
