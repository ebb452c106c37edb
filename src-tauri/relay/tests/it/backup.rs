//! Backup and restore of a ledger, with the real program.

use crate::common::{binary, support, xml};
use binary::{Serving, admin, callback_path, data_dir, relay, text};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use support::{IVANOV, client, post, until};
use xml::Xml;

fn backup(data: &Path, to: &Path) -> Output {
    relay(&[
        "backup",
        "--data-dir",
        data.to_str().unwrap(),
        "--to",
        to.to_str().unwrap(),
    ])
}

fn restore(data: &Path, from: &Path) -> Output {
    relay(&[
        "restore",
        "--data-dir",
        data.to_str().unwrap(),
        "--from",
        from.to_str().unwrap(),
    ])
}

/// The events in the order in which they were stored, by the hexadecimal digits of their ids.
fn events(file: &Path) -> Vec<(i64, String)> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection
        .prepare("SELECT seq, lower(hex(event_id)) FROM events ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Whether each call was answered, by its stored state.
fn calls(file: &Path) -> BTreeMap<String, bool> {
    let connection = Connection::open(file).unwrap();
    let mut statement = connection.prepare("SELECT key, outcome FROM calls").unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)? == "talking")))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn version(file: &Path) -> i64 {
    let connection = Connection::open(file).unwrap();
    connection
        .query_row("SELECT version FROM counter", [], |row| row.get(0))
        .unwrap()
}

async fn traffic(url: String, next: Arc<AtomicU64>, taken: Arc<AtomicU64>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let rings = Xml::received(next.fetch_add(1, Ordering::Relaxed), IVANOV);
        for event in [rings.answered(), rings] {
            assert_eq!(post(&url, &event).await, 200, "a backup delays nobody");
            taken.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_traffic_is_the_ledger_of_one_moment_and_goes_on_after_the_restore() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let path = callback_path(&data);
    let key = admin(&data);
    let serving = Serving::start(&data);
    let (next, taken, stop) = (
        Arc::new(AtomicU64::new(1)),
        Arc::<AtomicU64>::default(),
        Arc::<AtomicBool>::default(),
    );
    let posters: Vec<_> = (0..6)
        .map(|_| tokio::spawn(traffic(serving.url(&path), next.clone(), taken.clone(), stop.clone())))
        .collect();
    let reached = |n: u64| {
        let taken = taken.clone();
        move || {
            let now = taken.load(Ordering::Relaxed);
            async move { (now >= n).then_some(now) }
        }
    };
    let before = until("traffic", reached(150)).await;
    let file = dir.path().join("relay.backup");
    let (made, data_of_backup) = (file.clone(), data.clone());
    let output = tokio::task::spawn_blocking(move || backup(&data_of_backup, &made))
        .await
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let after = taken.load(Ordering::Relaxed);
    until("traffic goes on", reached(after + 50)).await;
    stop.store(true, Ordering::Relaxed);
    for poster in posters {
        poster.await.unwrap();
    }
    let whole = events(&data.join("relay.db"));
    let saved = events(&file);
    assert!(saved.len() as u64 >= before, "all that was answered before it began");
    assert!(saved.len() < whole.len(), "and not what came after it");
    assert_eq!(saved, whole[..saved.len()], "the journal up to one moment");
    let answered: BTreeSet<String> = saved.iter().map(|(_, id)| id.clone()).collect();
    let mut expected = BTreeMap::new();
    for n in 1..next.load(Ordering::Relaxed) {
        let rings = Xml::received(n, IVANOV);
        let is_in = |event: &Xml| answered.contains(&event.event_id.replace('-', ""));
        if is_in(&rings) || is_in(&rings.answered()) {
            expected.insert(rings.session.clone(), is_in(&rings.answered()));
        }
    }
    assert_eq!(calls(&file), expected, "the calls are those of the same moment");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "for the owner only");
    }
    let again = backup(&data, &file);
    assert!(!again.status.success(), "a backup replaces nothing");
    assert!(
        text(&again.stderr).contains("is there already"),
        "{}",
        text(&again.stderr)
    );
    let refused = restore(&data, &file);
    assert!(!refused.status.success(), "not under a serving relay");
    assert!(
        text(&refused.stderr).contains("in use by another relay"),
        "{}",
        text(&refused.stderr)
    );
    serving.kill();

    let other = dir.path().join("other");
    let output = restore(&other, &file);
    assert!(
        output.status.success(),
        "into an empty directory: {}",
        text(&output.stderr)
    );
    assert_eq!(events(&other.join("relay.db")), saved, "the journal of the backup");
    assert_eq!(callback_path(&other), path, "the PBX's address is the same");
    let serving = Serving::start(&other);
    assert_eq!(
        post(&serving.url(&path), &Xml::received(900_000, IVANOV)).await,
        200,
        "it goes on"
    );
    let me = client()
        .get(serving.url("/v1/me"))
        .bearer_auth(&key)
        .send()
        .await
        .unwrap();
    assert_eq!(me.status(), 200, "users are those of the backup");
}

/// A directory with one call, a backup of it, and a second call after the backup.
pub(crate) async fn saved_and_lost(dir: &Path) -> (PathBuf, PathBuf, String, String) {
    let (data, file) = (dir.join("data"), dir.join("relay.backup"));
    let path = callback_path(&data);
    let key = admin(&data);
    let mut serving = Serving::start(&data);
    assert_eq!(post(&serving.url(&path), &Xml::received(1, IVANOV)).await, 200);
    let output = backup(&data, &file);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(post(&serving.url(&path), &Xml::received(2, IVANOV)).await, 200);
    serving.terminate();
    serving.child.wait().unwrap();
    (data, file, path, key)
}

#[tokio::test]
async fn a_cursor_of_the_lost_ledger_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, path, key) = saved_and_lost(dir.path()).await;
    let (lost, kept) = (version(&data.join("relay.db")), version(&file));
    assert!(lost > kept, "a desk may be further than the backup");
    let mut newest_before = lost;
    // The same backup twice: the second must also continue above the versions that were sent after the first.
    for round in 0..2_u64 {
        let output = restore(&data, &file);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let serving = Serving::start(&data);
        let newest = |after: i64| {
            let request = client()
                .get(serving.url(&format!("/v1/changes?after={after}")))
                .bearer_auth(&key);
            async move {
                let answer = request.send().await.unwrap();
                answer.headers()["x-perezvon-version"]
                    .to_str()
                    .unwrap()
                    .parse::<i64>()
                    .unwrap()
            }
        };
        // Changes before the desks come back must not hide the loss.
        for n in 0..20 {
            assert_eq!(
                post(&serving.url(&path), &Xml::received(100 + round * 100 + n, IVANOV)).await,
                200
            );
        }
        for cursor in [kept + 1, lost, newest_before] {
            let told = newest(cursor).await;
            assert!(
                told < cursor,
                "round {round}: cursor {cursor} begins anew, but {told} was told"
            );
        }
        let now = newest(kept).await;
        assert!(now > newest_before, "versions go on beyond all that was told: {now}");
        assert_eq!(newest(now).await, now, "who has taken them is up to date");
        newest_before = now;
        serving.kill();
    }
}

#[tokio::test]
async fn the_ledger_that_was_there_is_kept_and_only_a_sound_backup_replaces_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file, ..) = saved_and_lost(dir.path()).await;
    let place = data.join("relay.db");
    let present = std::fs::read(&place).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let bad = dir.path().join("bad");
    let newer = |version: i64| {
        std::fs::write(&bad, &whole).unwrap();
        let connection = Connection::open(&bad).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    };
    let other = || {
        std::fs::remove_file(&bad).unwrap();
        let connection = Connection::open(&bad).unwrap();
        connection
            .execute_batch("CREATE TABLE note (text TEXT); PRAGMA user_version = 1")
            .unwrap();
    };
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..].fill(0x5a);
    for (what, make, word) in [
        (
            "text",
            &(|| std::fs::write(&bad, "no database".repeat(900)).unwrap()) as &dyn Fn(),
            "damaged",
        ),
        ("torn", &|| std::fs::write(&bad, &torn).unwrap(), "damaged"),
        ("newer", &|| newer(9999), "newer program"),
        ("something else", &other, "no backup of a relay"),
        ("missing", &|| std::fs::remove_file(&bad).unwrap(), "bad"),
    ] {
        make();
        let output = restore(&data, &bad);
        assert!(!output.status.success(), "{what}: refused");
        let said = text(&output.stderr);
        assert!(
            said.contains(word) && said.contains("bad"),
            "{what}: it says why: {said}"
        );
        assert_eq!(
            std::fs::read(&place).unwrap(),
            present,
            "{what}: the ledger is as it was"
        );
        assert!(!data.join("relay.db.restoring").exists(), "{what}: nothing is left");
    }
    let output = restore(&data, &file);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(events(&place).len(), 1, "the backup's event");
    let said = text(&output.stdout);
    let aside = said
        .lines()
        .find_map(|line| line.strip_prefix("the ledger that was there: "));
    let aside = Path::new(aside.expect("it is told"));
    assert_eq!(events(aside).len(), 2, "nothing of the old ledger is lost");
}
