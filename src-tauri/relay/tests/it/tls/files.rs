//! Certificate files that change without a signal.

use super::authority::Authority;
use super::{admin, arguments, finding, health};
use crate::common::binary::data_dir;
use crate::common::support::until;
use clap::Parser as _;
use perezvon_relay::cli::{Cli, run};
use reqwest::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::sync::oneshot;

/// The answers of `perezvon-relay serve`, within this process.
struct Inside {
    url: String,
    key: String,
}

impl Inside {
    async fn is_trusted_by(&self, client: &Client) -> bool {
        client.get(format!("{}/v1/health", self.url)).send().await.is_ok()
    }

    async fn failure(&self, client: &Client) -> Value {
        health(client, &self.url, &self.key).await["failure"].clone()
    }
}

/// The address in the file that the running relay keeps next to its ledger.
async fn address(data: &Path) -> String {
    until("the relay serves", || async {
        let local = std::fs::read(data.join("relay.local")).ok()?;
        let local: Value = serde_json::from_slice(&local).ok()?;
        Some(local["url"].as_str()?.to_owned())
    })
    .await
}

#[tokio::test]
async fn new_files_are_seen_without_a_word_and_broken_ones_keep_the_old() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (Authority::new(), Authority::new());
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    first.issue(dir.path());
    let tls = json!({ "mode": "files", "cert": cert, "key": key });
    // What the environment could set is given here, because the test cannot unset it.
    let config = json!({ "tls": tls, "pbxUrl": "http://127.0.0.1:9/apis/portal/" });
    let own = admin(&data_dir(&dir));
    let name = std::iter::once("perezvon-relay".into());
    let mut cli = Cli::parse_from(name.chain(arguments(&dir, &config)));
    cli.timing.certificate_look = Duration::from_millis(50);
    let (end, ended) = oneshot::channel::<()>();
    let serving = tokio::spawn(run(cli, || async move { drop(ended.await) }));
    let relay = Inside {
        url: address(&data_dir(&dir)).await,
        key: own,
    };
    let (of_first, of_second) = (first.client(), second.client());
    assert!(relay.is_trusted_by(&of_first).await, "the first certificate");
    assert!(!relay.is_trusted_by(&of_second).await, "and not the second");

    second.issue(dir.path());
    until("the new files are seen", || async {
        relay.is_trusted_by(&of_second).await.then_some(())
    })
    .await;
    until("both belong together", || async {
        relay.failure(&of_second).await.is_null().then_some(())
    })
    .await;

    // As a program leaves the files in the middle of writing or of replacing both; then nonsense, then empty files.
    let whole = [std::fs::read(&cert).unwrap(), std::fs::read(&key).unwrap()];
    let (foreign, _) = first.signed();
    for (what, file, bytes) in [
        (
            "half of the certificate",
            &cert,
            Some(whole[0][..whole[0].len() / 2].to_vec()),
        ),
        ("half of the key", &key, Some(whole[1][..whole[1].len() / 2].to_vec())),
        ("another key's certificate", &cert, Some(foreign.into_bytes())),
        ("nonsense", &cert, Some(vec![0xff; 4096])),
        ("an empty file", &key, Some(Vec::new())),
        ("no file", &cert, None),
    ] {
        match bytes {
            Some(bytes) => std::fs::write(file, bytes).unwrap(),
            None => std::fs::remove_file(file).unwrap(),
        }
        until(what, || async {
            let failure = relay.failure(&of_second).await;
            failure
                .as_str()
                .is_some_and(|failure| failure.contains(".pem"))
                .then_some(())
        })
        .await;
        let found = finding(&of_second, &relay.url, &relay.key).await;
        assert_eq!(
            found["cause"], "certificate_failing",
            "{what}: the old one goes on: {found}"
        );
        let told = found["detailEn"].as_str().unwrap();
        assert!(told.contains(".pem"), "{what}: the file is named: {told}");
        std::fs::write(&cert, &whole[0]).unwrap();
        std::fs::write(&key, &whole[1]).unwrap();
        until("it is overcome", || async {
            relay.failure(&of_second).await.is_null().then_some(())
        })
        .await;
    }

    // As renewing programs do it: a new file is renamed.
    let (fresh, fresh_key) = first.signed();
    for (file, text) in [(&key, fresh_key), (&cert, fresh)] {
        std::fs::write(dir.path().join("fresh"), text).unwrap();
        std::fs::rename(dir.path().join("fresh"), file).unwrap();
    }
    until("what was moved there is seen", || async {
        relay.is_trusted_by(&of_first).await.then_some(())
    })
    .await;
    end.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(!data_dir(&dir).join("relay.local").exists(), "it ends in order");
}
