//! Problems with the ledger's directory, and the command line.

use crate::common::{binary, support, xml};
use binary::{Serving, callback_path, data_dir, relay, text};
use perezvon_relay::{LedgerError, Relay, StartError};
use std::time::Duration;
use support::{IVANOV, client, options, post};
use tempfile::TempDir;
use tokio::net::TcpListener;
use xml::Xml;

async fn start_error(dir: &TempDir) -> StartError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Relay::start(options(dir), listener)
        .await
        .expect_err("it must not start")
}

async fn used_dir() -> TempDir {
    let served = support::start().await;
    for n in 0..50 {
        assert_eq!(
            served.post_event(Xml::received(n, IVANOV).text()).await,
            200,
            "an event is stored"
        );
    }
    served.stop().await
}

#[tokio::test]
async fn a_damaged_database_is_named_and_not_touched() {
    let dir = used_dir().await;
    let file = dir.path().join("relay.db");
    let whole = std::fs::read(&file).unwrap();
    let mut header = whole.clone();
    header[..100].fill(0x5a);
    let mut middle = whole.clone();
    middle[4096..].fill(0x5a);
    let halved = whole[..whole.len() / 2].to_vec();
    let text_file = b"this is no database, it only has its name".repeat(500);
    for (what, bytes) in [
        ("header", header),
        ("pages", middle),
        ("half", halved),
        ("no database", text_file),
    ] {
        std::fs::write(&file, &bytes).unwrap();
        let error = start_error(&dir).await;
        assert!(
            matches!(error, StartError::Ledger(LedgerError::Damaged { .. })),
            "{what}: {error}"
        );
        let said = error.to_string();
        assert!(
            said.contains("relay.db") && said.contains("backup"),
            "{what}: it says which file and what to do: {said}"
        );
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{what}: the file is as it was");
    }
    std::fs::write(&file, &whole).unwrap();
    let served = support::start_in(dir, |_| {}).await;
    assert_eq!(served.newest().await, 50, "with the whole file everything is there");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_newer_database_and_a_second_relay_are_refused() {
    let dir = used_dir().await;
    let set = |version: i64| {
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    };
    let known: i64 = {
        let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
        connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap()
    };
    set(known + 1);
    let error = start_error(&dir).await;
    assert!(
        matches!(error, StartError::Ledger(LedgerError::Newer { .. })),
        "a newer schema: {error}"
    );
    set(known);
    let served = support::start_in(dir, |_| {}).await;
    let error = start_error(&served.dir).await;
    assert!(
        matches!(error, StartError::Ledger(LedgerError::InUse(_))),
        "one relay to one ledger: {error}"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn the_command_line_says_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let data = data.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let busy = relay(&["serve", "--data-dir", data, "--listen", &addr]);
    assert!(!busy.status.success(), "a port in use is an error");
    assert!(
        text(&busy.stderr).contains("in use") && text(&busy.stderr).contains(&addr),
        "{}",
        text(&busy.stderr)
    );
    let nats = relay(&["serve", "--data-dir", data, "--ledger", "nats://127.0.0.1:4222"]);
    assert!(
        text(&nats.stderr).contains("not built in yet"),
        "{}",
        text(&nats.stderr)
    );
    let no_abonent = relay(&["user", "add", "--data-dir", data, "--role", "user", "--name", "Стол"]);
    assert!(
        !no_abonent.status.success() && no_abonent.stdout.is_empty(),
        "a user needs an abonent, no key is printed"
    );
    let no_url = relay(&["callback-url", "--data-dir", data]);
    assert!(
        text(&no_url.stderr).contains("PEREZVON_PUBLIC_URL"),
        "it says what is missing: {}",
        text(&no_url.stderr)
    );
    let check = relay(&["check", "--data-dir", data]);
    assert_eq!(check.status.code(), Some(1), "a failed check is exit code 1");
    let lines = text(&check.stdout);
    assert!(
        lines.contains("FAIL token") && lines.contains("[no_token]"),
        "each check has its line: {lines}"
    );
    assert!(
        lines.contains("ok   ledger") && lines.contains("ok   disk"),
        "what is well is told too: {lines}"
    );
}

#[tokio::test]
async fn users_are_made_and_stopped_beside_a_serving_relay() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let serving = Serving::start(&data);
    let said: Vec<String> = serving.said.try_iter().collect();
    let data = data.to_str().unwrap();
    let added = relay(&[
        "user",
        "add",
        "--data-dir",
        data,
        "--role",
        "user",
        "--abonent",
        IVANOV,
        "--name",
        "Стол 1",
    ]);
    assert!(
        added.status.success(),
        "beside a serving relay: {}",
        text(&added.stderr)
    );
    let printed = text(&added.stdout);
    let key = printed.trim();
    assert_eq!(
        (key.len(), printed.lines().count()),
        (64, 1),
        "the key, alone: {printed:?}"
    );
    let me = || async {
        let answer = client()
            .get(serving.url("/v1/me"))
            .bearer_auth(key)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, body) = me().await;
    assert_eq!(status, 200, "it works at once");
    assert!(
        body.contains("Стол 1") && body.contains(IVANOV),
        "for the right user: {body}"
    );
    let listed = text(&relay(&["user", "list", "--data-dir", data]).stdout);
    assert!(!listed.contains(key), "the list has no keys");
    let row: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    let gone = relay(&["user", "revoke", "--data-dir", data, row["id"].as_str().unwrap()]);
    assert!(gone.status.success(), "revoked: {}", text(&gone.stderr));
    assert_eq!(me().await.0, 401, "and stops at once");
    assert!(!said.iter().any(|line| line.contains(key)), "no key in the log");
}

#[cfg_attr(windows, ignore = "Windows has no signal for it; a service is told in another way")]
#[tokio::test]
async fn a_terminated_relay_ends_in_order_and_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let path = callback_path(&data);
    let mut serving = Serving::start(&data);
    let url = serving.url(&path);
    assert_eq!(post(&url, &Xml::received(1, IVANOV)).await, 200, "an event is stored");
    serving.terminate();
    let status = tokio::task::spawn_blocking(move || {
        let status = serving.child.wait().unwrap();
        (status, serving.said.iter().collect::<Vec<_>>())
    });
    let (status, said) = tokio::time::timeout(Duration::from_secs(20), status)
        .await
        .expect("it ends")
        .unwrap();
    assert!(status.success(), "SIGTERM is a normal end: {status}");
    let said = said.join("\n");
    assert!(
        said.contains("no account token") && said.contains("no public address"),
        "what is missing: {said}"
    );
    let wal = std::fs::metadata(data.join("relay.db-wal")).map_or(0, |meta| meta.len());
    assert_eq!(wal, 0, "the WAL is in the database");
    assert!(
        !said.contains("+7900") && !said.contains(path.split('/').nth(2).unwrap()),
        "no number, no secret: {said}"
    );
}
