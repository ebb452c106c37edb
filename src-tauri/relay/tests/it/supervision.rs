//! A part of the relay that ends without being stopped: the account is restarted, and a process that cannot recover
//! ends, so that the service manager can act.

use crate::common::{beside, binary, support, xml};
use binary::data_dir;
use clap::Parser as _;
use perezvon_relay::cli::{Cli, run};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use support::{DEADLINE, IVANOV, start_with, until};
use xml::Xml;

/// How many more times reading the routes panics.
static PANICS: AtomicU32 = AtomicU32::new(1);

fn panics_once() -> [Option<IpAddr>; 2] {
    let left = PANICS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    assert!(left.is_err(), "a fault of the test");
    [None, None]
}

/// Whether the next reading panics.
static PANIC: AtomicBool = AtomicBool::new(false);

fn panics_when_told() -> [Option<IpAddr>; 2] {
    assert!(!PANIC.swap(false, Ordering::SeqCst), "a fault of the test");
    [None, None]
}

fn panics() -> [Option<IpAddr>; 2] {
    panic!("a fault of the test")
}

#[tokio::test]
async fn an_account_of_which_a_part_ends_is_started_anew() {
    let served = start_with(|options| {
        options.timing.routes = panics_once;
        options.timing.restart_pause = Duration::from_millis(20);
    })
    .await;
    let event = Xml::received(1, IVANOV);
    until("events are taken again after the panic", || async {
        let is_gone = PANICS.load(Ordering::SeqCst) == 0;
        (is_gone && served.post_event(event.text()).await == StatusCode::OK).then_some(())
    })
    .await;
    until("and health says so", || async {
        let health = served.client.get(served.url("/v1/health")).send().await.unwrap();
        (health.status() == StatusCode::OK).then_some(())
    })
    .await;
    let calls = served.get("/v1/calls").await;
    assert_eq!(
        calls["calls"].as_array().unwrap().len(),
        1,
        "the embedding program's key is still good"
    );
    served.relay.shutdown().await;
}

#[tokio::test]
async fn an_account_that_is_started_anew_goes_on_with_the_token_and_address_of_then() {
    let sim = beside::sim(|_| {}).await;
    let at_start = "http://127.0.0.1:9/";
    let served = start_with(|options| {
        options.pbx_url = sim.rest_url().parse().unwrap();
        options.public_url = Some(at_start.parse().unwrap());
        options.timing.routes = panics_when_told;
        options.timing.keeper_watch = Duration::from_millis(10);
        options.timing.restart_pause = Duration::from_millis(20);
    })
    .await;
    let admin = served.admin();
    let put = |path: &'static str, body| served.send(Method::PUT, path, Some(&admin), Some(body));
    let own = served.url("/");
    assert_eq!(
        put("/v1/settings", json!({ "publicUrl": own })).await.status(),
        StatusCode::OK
    );
    let token = json!({ "token": sim.token() });
    assert_eq!(put("/v1/settings/token", token).await.status(), StatusCode::OK);
    // When the account started: after the first time and before the second.
    let since = || async {
        let before = Instant::now();
        let health = served.send(Method::GET, "/v1/health", Some(&admin), None).await;
        let told: serde_json::Value = health.json().await.ok()?;
        let up = Duration::from_millis(told["upMs"].as_u64()?);
        Some((before.checked_sub(up)?, Instant::now().checked_sub(up)?, told))
    };
    let (_, first, _) = since().await.unwrap();
    PANIC.store(true, Ordering::SeqCst);
    let told = until("the account is started anew", || async {
        let (again, _, told) = since().await?;
        (again > first + Duration::from_millis(1)).then_some(told)
    })
    .await;
    assert_eq!(told["hasToken"], true, "the token that was given since");
    let settings = served.get("/v1/settings").await;
    assert_eq!(
        settings["settings"]["publicUrl"],
        json!(own),
        "the address that was set since"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_go_on_ends_with_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let data = data_dir(&dir);
    let mut cli = Cli::parse_from([
        "perezvon-relay",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        data.to_str().unwrap(),
    ]);
    cli.timing.routes = panics;
    cli.timing.restart_pause = Duration::from_millis(10);
    let ended = tokio::time::timeout(DEADLINE, run(cli, std::future::pending)).await;
    let error = ended.expect("it ends by itself").unwrap_err().to_string();
    assert!(
        error.contains("main") && error.contains("keeper"),
        "the error names what ended: {error}"
    );
}
