//! «Проверить сервис»: the finding of each check, by the API and by the command line.

use crate::common::{beside, binary, support};
use beside::{beside, dir, sim};
use binary::{EXE, Serving, command, data_dir, relay, text};
use perezvon_sim::{Args, FaultKind};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use support::{Served, client, start, until};

const ALL: &[&str] = &[
    "abonents",
    "callback",
    "certificate",
    "clock",
    "disk",
    "dns",
    "events",
    "feed",
    "import",
    "ledger",
    "ownEvent",
    "publicUrl",
    "recording",
    "relay",
    "rights",
    "subscription",
    "tls",
    "token",
];

async fn check(served: &Served) -> BTreeMap<String, Value> {
    let told = served.get("/v1/check").await;
    let checks = told["checks"].as_array().unwrap();
    let failed = checks.iter().any(|check| check["state"] == "failed");
    assert_eq!(told["ok"], !failed, "the whole is what its parts are: {told}");
    for check in checks {
        let text = |key: &str| check[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(
            text("detail") && text("detailEn"),
            "a sentence in both languages: {check}"
        );
        let well = check["state"] == "ok";
        assert_eq!(check["cause"].is_null(), well, "a cause where it is not well: {check}");
        assert_eq!(text("fix") && text("fixEn"), !well, "and a way out: {check}");
        assert_eq!(check["ok"], check["state"] != "failed", "{check}");
    }
    checks
        .iter()
        .map(|check| (check["id"].as_str().unwrap().to_owned(), check.clone()))
        .collect()
}

async fn calls(served: &Served) -> usize {
    served.get("/v1/calls").await["calls"].as_array().unwrap().len()
}

#[track_caller]
fn is(found: &BTreeMap<String, Value>, id: &str, state: &str, cause: Option<&str>) {
    let check = &found[id];
    assert_eq!(
        (&check["state"], &check["cause"]),
        (&json!(state), &json!(cause)),
        "{id}: {check}"
    );
}

#[tokio::test]
async fn where_all_is_well_every_check_says_so_and_changes_nothing() {
    let sim = sim(|options| options.record_delay = Duration::ZERO).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let found = check(&served).await;
    is(&found, "events", "warning", Some("no_events"));
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    let found = until("everything well", || async {
        // The recording appears a moment after the call.
        let found = check(&served).await;
        found["recording"]["detailEn"]
            .as_str()
            .unwrap()
            .contains("downloaded")
            .then_some(found)
    })
    .await;
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        ALL,
        "every subject"
    );
    for id in ALL.iter().filter(|id| !["disk", "certificate"].contains(id)) {
        is(&found, id, "ok", None);
    }
    is(&found, "certificate", "skipped", Some("tls_off"));
    // The importer meanwhile joins the call's statistics and recording; after that nothing changes any more.
    until("a check that changes no call", || async {
        let before = (served.get("/v1/calls").await, served.newest().await);
        check(&served).await;
        (before == (served.get("/v1/calls").await, served.newest().await)).then_some(())
    })
    .await;
    assert_eq!(calls(&served).await, 1, "the probe event is no call's");
    let journal = served.get("/v1/events").await;
    let probes = journal["events"].as_array().unwrap().iter();
    let probes = probes.filter(|event| event["kind"] == "PerezvonProbeEvent").count();
    assert!(probes >= 2, "each check left its event in the journal: {journal}");
    let of_pbx = |event: &&Value| event["kind"] != "PerezvonProbeEvent";
    let last = journal["events"].as_array().unwrap().iter().find(of_pbx).unwrap();
    let health = served.get("/v1/health").await;
    assert_eq!(
        health["events"]["lastAt"], last["receivedAt"],
        "no probe is the PBX's last event"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn without_a_token_and_an_address_the_first_thing_to_mend_is_named() {
    let served = start().await;
    let found = check(&served).await;
    is(&found, "token", "failed", Some("no_token"));
    is(&found, "publicUrl", "failed", Some("no_public_url"));
    for id in ["abonents", "rights", "recording", "subscription", "import"] {
        is(&found, id, "skipped", Some("no_token"));
    }
    for id in ["callback", "ownEvent"] {
        is(&found, id, "skipped", Some("no_public_url"));
    }
    for id in ["relay", "ledger", "feed"] {
        is(&found, id, "ok", None);
    }
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_stranger_at_the_public_address_is_found_out() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    // Answers 200 to everything, as a parked domain does.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stranger = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(|| async { "welcome" });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let put = |url: Value| {
        let served = &served;
        async move {
            let body = json!({ "publicUrl": url });
            let answer = served
                .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(body))
                .await;
            assert!(answer.status().is_success(), "the address is set");
        }
    };
    put(json!(stranger)).await;
    let found = check(&served).await;
    is(&found, "callback", "failed", Some("callback_wrong"));
    is(&found, "ownEvent", "failed", Some("event_not_stored"));
    put(json!("http://no-such-host.invalid/")).await;
    let found = check(&served).await;
    is(&found, "dns", "ok", None);
    is(&found, "callback", "failed", Some("name_not_found"));
    put(json!(served.url("/"))).await;
    until("well again", || async {
        let found = check(&served).await;
        (found["callback"]["state"] == "ok" && found["subscription"]["state"] == "ok").then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn what_the_pbx_does_not_let_be_read_is_named() {
    let sim = sim(|options| options.record_delay = Duration::ZERO).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    sim.faults().path("v2/statistics", FaultKind::TooMany, None);
    let found = check(&served).await;
    is(&found, "rights", "warning", Some("rights_missing"));
    assert!(
        found["rights"]["detailEn"].as_str().unwrap().ends_with(": statistics"),
        "which: {}",
        found["rights"]
    );
    sim.faults().clear();
    sim.terminate(|_| true);
    until("the lost subscription is made anew", || async {
        (check(&served).await["subscription"]["state"] == "ok").then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

// The command line blocks its thread while the simulator must answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_asks_the_running_relay() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let sim = sim(|_| {}).await;
    let serving = Serving::start_as(
        command(EXE)
            .env("PEREZVON_PBX_URL", sim.rest_url())
            .env("PEREZVON_PBX_TOKEN", sim.token())
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&data),
    );
    // Without the environment of the test: only the relay's own findings are shown.
    let ask = || relay(&["check", "--data-dir", data.to_str().unwrap()]);
    let told = text(&ask().stdout);
    assert_eq!(told.lines().count(), ALL.len(), "one line each: {told}");
    for line in [
        "ok   relay",
        "ok   token",
        "ok   abonents",
        "ok   feed",
        "FAIL publicUrl",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(
        told.contains("[polling]"),
        "without an address calls appear late: {told}"
    );
    let local = data.join("relay.local");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&local).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "the way in is the owner's");
    }
    let key: Value = serde_json::from_slice(&std::fs::read(&local).unwrap()).unwrap();
    let settings = json!({ "publicUrl": serving.url("/") });
    let put = client()
        .put(serving.url("/v1/settings"))
        .bearer_auth(key["key"].as_str().unwrap())
        .json(&settings);
    assert!(put.send().await.unwrap().status().is_success(), "the address is set");
    until("nothing fails", || async { ask().status.success().then_some(()) }).await;

    serving.kill();
    let alone = ask();
    assert_eq!(alone.status.code(), Some(1), "no relay, no service");
    let told = text(&alone.stdout);
    assert!(told.contains("[relay_off]"), "it says so: {told}");
    assert!(told.contains("ok   ledger"), "and checks what it can: {told}");
    sim.shutdown().await;
}
