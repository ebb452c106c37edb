//! `GET /metrics` of the real program after real traffic.
// Counts are integers, which floats hold exactly.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use crate::common::{beside, binary, support, xml};
use beside::sim;
use binary::{ADMIN, EXE, Serving, admin, callback_path, command, data_dir};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use support::{IVANOV, client, until};
use xml::Xml;

/// A relay with a listener for metrics, and its address.
fn serve(data: &Path, config: &Path, more: &str, change: impl FnOnce(&mut std::process::Command)) -> (Serving, String) {
    std::fs::write(config, format!("metricsListen = \"127.0.0.1:0\"\n{more}")).unwrap();
    let mut start = command(EXE);
    start
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .arg("--config")
        .arg(config);
    change(&mut start);
    let serving = Serving::start_as(&mut start);
    loop {
        let line = serving
            .said
            .recv_timeout(Duration::from_secs(20))
            .expect("it says where the metrics are");
        if let Some((_, url)) = line.split_once("metrics at ") {
            return (serving, url.trim().to_owned());
        }
    }
}

async fn scrape(url: &str) -> String {
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the metrics are there");
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    answer.text().await.unwrap()
}

/// The samples of a text by their names and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample has a value");
            (name.to_owned(), value.parse().expect("the value is a number"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traffic_is_counted_and_nothing_personal_is_told() {
    let sim = sim(|_| {}).await;
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let path = callback_path(&data);
    let key = admin(&data);
    let (serving, url) = serve(&data, &dir.path().join("relay.toml"), "", |start| {
        start
            .env("PEREZVON_PBX_URL", sim.rest_url())
            .env("PEREZVON_PBX_TOKEN", sim.token());
    });
    let post = |path: String, body: String| {
        let request = client().post(serving.url(&path)).body(body);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    for n in 1..=5 {
        assert_eq!(post(path.clone(), Xml::received(n, IVANOV).text()).await, 200);
    }
    assert_eq!(
        post(path.clone(), Xml::received(1, IVANOV).text()).await,
        200,
        "once more"
    );
    assert_eq!(post(path.clone(), "+79000000099 is no event".to_owned()).await, 200);
    let large = client().post(serving.url(&path)).body("x".repeat(2 << 20)).send().await;
    // The relay does not read the rest of a body that it refuses: the client may still be writing when the answer
    // comes.
    assert!(large.is_err() || large.is_ok_and(|answer| answer.status() == 413));
    assert_eq!(
        post("/xsi/wrong/null".to_owned(), Xml::received(9, IVANOV).text()).await,
        404
    );
    let call = json!({ "number": "+79000000099", "abonent": sim.options().company.abonents[0].user_id });
    let placed = client()
        .post(serving.url("/v1/calls"))
        .bearer_auth(&key)
        .json(&call)
        .send()
        .await
        .unwrap();
    assert!(placed.status().is_success(), "{}", placed.status());
    let account = r#"account="main""#;
    let placing =
        format!(r#"perezvon_pbx_request_seconds_count{{{account},method="POST",group="abonents/call",status="2xx"}}"#);
    let read = format!(r#"perezvon_pbx_request_seconds_count{{{account},method="GET",group="abonents",status="2xx"}}"#);
    let lags =
        ["records", "statistics"].map(|list| format!(r#"perezvon_import_lag_seconds{{{account},list="{list}"}}"#));
    let told = until("the requests to the PBX are counted", || async {
        let told = scrape(&url).await;
        let now = samples(&told);
        // The importer writes too: the queue is empty only at some moments.
        let waits = now.get(r#"perezvon_ledger_queue_jobs{account="main"}"#);
        let imported = lags.iter().all(|lag| now.contains_key(lag));
        (now.contains_key(&placing) && now.contains_key(&read) && imported && waits == Some(&0.0)).then_some(told)
    })
    .await;
    let now = samples(&told);
    let value = |name: &str, more: &str| {
        let name = format!("{name}{{{account}{more}}}");
        *now.get(&name).unwrap_or_else(|| panic!("{name} is told: {told}"))
    };
    // The simulator's own events come as well where the relay has subscribed; it has no public address here.
    assert_eq!(value("perezvon_events_total", r#",result="stored""#), 5.0);
    assert_eq!(value("perezvon_events_total", r#",result="duplicate""#), 1.0);
    assert_eq!(value("perezvon_events_total", r#",result="unreadable""#), 1.0);
    assert_eq!(value("perezvon_events_refused_total", r#",reason="too_large""#), 1.0);
    assert!(value("perezvon_calls_open", "") >= 5.0, "five phones ring");
    assert!(
        value("perezvon_ledger_commit_seconds_count", "") >= 6.0,
        "each post waited for its commit"
    );
    for lag in &lags {
        assert!(now[lag] >= 0.0, "how far an import lags: {told}");
    }
    assert_eq!(value("perezvon_ledger_queue_jobs", ""), 0.0, "nothing waits");
    assert_eq!(value("perezvon_ledger_healthy", ""), 1.0);
    assert_eq!(value("perezvon_keeper_state", r#",state="no_public_url""#), 1.0);
    assert_eq!(value("perezvon_subscription_left_seconds", ""), 0.0);
    for name in [
        "perezvon_ledger_bytes",
        "perezvon_up_seconds",
        "perezvon_last_event_timestamp_seconds",
    ] {
        assert!(value(name, "") > 0.0, "{name}");
    }
    #[cfg(target_os = "linux")]
    {
        assert!(value("perezvon_disk_free_bytes", "") > 0.0);
        assert!(now["process_resident_memory_bytes"] > 1e6, "{told}");
        assert!(now["process_open_fds"] > 3.0, "{told}");
    }
    let secret = path.split('/').nth(2).unwrap();
    // Without the values: a duration may contain any digits.
    let of_line = |line: &str| match line.rsplit_once(' ') {
        Some((words, _)) if !line.starts_with('#') => words.to_owned(),
        _ => line.to_owned(),
    };
    let words: String = told.lines().map(of_line).collect();
    let own = sim.options().company.abonents[0].user_id.clone();
    for personal in [
        "9000000",
        "mpbx.sip",
        &own,
        secret,
        &key,
        sim.token(),
        ADMIN,
        "Иванов",
        IVANOV,
    ] {
        assert!(!words.contains(personal), "{personal} is in the metrics: {told}");
    }
    let main = client().get(serving.url("/metrics")).send().await.unwrap();
    assert_eq!(main.status(), 404, "not at the desks' address");
    let other = client()
        .get(url.replace("/metrics", "/v1/health"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 404, "and nothing else there");
    serving.terminate();
    sim.shutdown().await;
}

#[tokio::test]
async fn several_accounts_are_one_text() {
    let dir = tempfile::tempdir().unwrap();
    let more = "[[accounts]]\nname = \"second\"\n";
    let (serving, url) = serve(&data_dir(&dir), &dir.path().join("relay.toml"), more, |_| {});
    let told = scrape(&url).await;
    assert!(told.ends_with("# EOF\n"), "it is whole");
    let kinds: Vec<&str> = told.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let once: BTreeSet<&str> = kinds.iter().copied().collect();
    assert_eq!(kinds.len(), once.len(), "each family stands once: {told}");
    let now = samples(&told);
    for account in ["main", "second"] {
        assert_eq!(now[&format!("perezvon_ledger_healthy{{account=\"{account}\"}}")], 1.0);
    }
    assert!(
        !now.keys().any(|name| name.starts_with("perezvon_import_lag")),
        "without a token nothing was imported: {told}"
    );
    serving.terminate();
}
