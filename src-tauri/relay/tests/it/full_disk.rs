//! A disk without room: files may not grow, by a limit that only Linux has for a process.
#![cfg(target_os = "linux")]

use crate::backup::saved_and_lost;
use crate::common::{binary, support, xml};
use binary::{EXE, Serving, callback_path, command, data_dir, relay, text};
use std::path::Path;
use support::{IVANOV, client, until};
use xml::Xml;

#[tokio::test]
async fn a_full_disk_is_503_and_heals_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let path = callback_path(&data);
    // Files of this process may not grow beyond 3 MiB: the system's own "file too large", with its signal ignored, as
    // a service manager would set it.
    let script = r#"trap '' XFSZ; ulimit -S -f 6144; exec "$0" serve --listen 127.0.0.1:0 --data-dir "$1""#;
    let serving = Serving::start_as(command("sh").args(["-c", script, EXE]).arg(&data));
    let url = serving.url(&path);
    let post = |n: u64| {
        let url = url.clone();
        let event = Xml {
            extra: format!("<xsi:unknown>{}</xsi:unknown>", "<a/>".repeat(3000)),
            ..Xml::received(n, IVANOV)
        };
        async move { support::post(&url, &event).await }
    };
    let mut taken = Vec::new();
    let mut refused = None;
    for n in 1..=2000 {
        match post(n).await {
            200 => taken.push(n),
            status => {
                refused = Some((n, status));
                break;
            }
        }
    }
    let (first, status) = refused.expect("the disk gets full");
    assert_eq!(status, 503, "what cannot be stored is not acknowledged");
    assert_eq!(post(first).await, 503, "nor a moment later");
    let health = client().get(serving.url("/v1/health")).send().await.unwrap();
    assert_eq!(health.status(), 503, "health tells it");
    let told = relay(&["check", "--data-dir", data.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1), "the check fails");
    let lines = text(&told.stdout);
    assert!(
        lines.contains("ok   relay") && lines.contains("[ledger_failing]"),
        "asked by the command line, the running relay says why: {lines}"
    );
    let count = || stored(&data).len();
    assert_eq!(count(), taken.len(), "exactly what was answered 200 is stored");

    let raised = command("prlimit")
        .args(["--fsize=unlimited:", "--pid", &serving.child.id().to_string()])
        .status()
        .unwrap();
    assert!(raised.success(), "there is room again");
    until("it takes events again", || async {
        (post(first).await == 200).then_some(())
    })
    .await;
    assert_eq!(count(), taken.len() + 1, "one row for it, however often it was refused");
    let health = client().get(serving.url("/v1/health")).send().await.unwrap();
    assert_eq!(health.status(), 200, "and health is good");
    let lines = text(&relay(&["check", "--data-dir", data.to_str().unwrap()]).stdout);
    assert!(lines.contains("ok   ledger"), "so does the check: {lines}");
}

#[tokio::test]
async fn a_backup_without_room_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (data, ..) = saved_and_lost(dir.path()).await;
    let file = dir.path().join("second.backup");
    // No file may grow beyond 40 KiB: more than SQLite's shared memory, less than the ledger.
    let script = r#"trap '' XFSZ; ulimit -S -f 80; exec "$0" backup --data-dir "$1" --to "$2""#;
    let output = command("sh")
        .args(["-c", script, EXE])
        .args([&data, &file])
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(
        !output.status.success() && said.contains("no room for a copy"),
        "{said}"
    );
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().starts_with("second")),
        "{left:?}"
    );
}

fn stored(data: &Path) -> Vec<String> {
    let output = relay(&["events", "--data-dir", data.to_str().unwrap()]);
    assert!(
        output.status.success(),
        "the journal can be read: {}",
        text(&output.stderr)
    );
    text(&output.stdout).lines().map(str::to_owned).collect()
}
