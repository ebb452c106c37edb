//! The keeper's reactions to requests and to changes of its environment.

use crate::common::{beside, support};
use beside::{beside, dir, own_abonent, sim};
use perezvon_sim::{Args, Sim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use support::{Served, until};

fn ids(sim: &Sim) -> Vec<String> {
    sim.subscriptions().into_iter().map(|s| s.subscription_id).collect()
}

fn asked(sim: &Sim, method: &str) -> usize {
    let requests = sim.requests();
    requests
        .iter()
        .filter(|r| r.method == method && r.path.starts_with("subscription"))
        .count()
}

async fn put(served: &Served, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = served.send(Method::PUT, path, Some(&served.admin()), Some(body)).await;
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_renewal_by_hand_makes_the_new_one_first_and_is_audited() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let first = ids(&sim);
    let renew = |key: String| {
        let served = &served;
        async move {
            served
                .send(Method::POST, "/v1/subscriptions/renew", Some(&key), None)
                .await
        }
    };
    let answer = renew(served.admin()).await;
    assert_eq!(answer.status(), StatusCode::OK, "it is renewed");
    let told: Value = answer.json().await.unwrap();
    let second = ids(&sim);
    assert_eq!(second.len(), 1, "one is left at the PBX");
    assert_ne!(first, second, "and it is another");
    let rows = told["subscriptions"].as_array().unwrap();
    assert_eq!(rows[0]["id"], second[0], "the answer tells it: {told}");
    assert_eq!(
        (&rows[1]["endReason"], &rows[1]["renewedBy"]),
        (&json!("renewed"), &json!(second[0])),
        "the history too"
    );
    for key in ["until", "nextRenewalAt"] {
        assert!(told["keeper"][key].is_string(), "{key} is told: {told}");
    }
    let audit = served.get("/v1/audit?what=subscription_renewed").await;
    assert_eq!(audit["entries"].as_array().unwrap().len(), 1, "and the audit: {audit}");

    sim.faults().change(|faults| faults.reject_token = true);
    let answer = renew(served.admin()).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY, "the PBX says no");
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["code"], "pbx_unauthorized", "and why: {told}");
    assert_eq!(ids(&sim), second, "the old one stays");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn single_abonents_are_switched_where_each_has_his_own() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let who = own_abonent(&sim);
    let path = format!("/v1/abonents/{who}/subscription");
    let (status, told) = put(&served, &path, json!({ "on": false })).await;
    assert_eq!(
        (status, &told["code"]),
        (StatusCode::CONFLICT, &json!("group_scope")),
        "the company has one for all"
    );
    let (status, _) = put(&served, "/v1/settings", json!({ "subscriptionScope": "abonents" })).await;
    assert_eq!(status, StatusCode::OK, "the scope is a setting");
    let all = sim.options().company.abonents.len();
    let until_there_are = |count: usize| {
        let (sim, who) = (&sim, &who);
        until("the right subscriptions", move || async move {
            let now = sim.subscriptions();
            let own = now.iter().filter(|s| s.target_id == *who).count();
            (now.len() == count && own == usize::from(count == all)).then_some(())
        })
    };
    until_there_are(all).await;
    let (status, told) = put(&served, &path, json!({ "on": false })).await;
    assert_eq!((status, told), (StatusCode::OK, json!({ "on": false })), "switched off");
    until_there_are(all - 1).await;
    let told = served.get("/v1/subscriptions").await;
    assert_eq!(told["off"], json!([who]), "who is off is told");
    put(&served, &path, json!({ "on": true })).await;
    until_there_are(all).await;
    let (status, _) = put(&served, "/v1/abonents/nobody/subscription", json!({ "on": true })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nobody has none");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn how_soon_to_renew_is_a_setting_within_bounds() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    for wrong in [json!(4), json!(1441), json!("soon")] {
        let (status, _) = put(&served, "/v1/settings", json!({ "renewMinutes": wrong })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "refused: {wrong}");
    }
    let renewal = || async {
        let told = served.get("/v1/subscriptions").await;
        let at = |value: &Value| {
            value
                .as_str()
                .unwrap()
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
        };
        let next = told["keeper"]["nextRenewalAt"]
            .as_str()?
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap();
        Some((next - at(&told["subscriptions"][0]["madeAt"])).num_seconds())
    };
    let granted = i64::try_from(sim.subscriptions()[0].expires).unwrap();
    let own = renewal().await.unwrap();
    assert!(
        own > 5 * 60 && own < granted / 2,
        "before half of {granted} s, got {own}"
    );
    put(&served, "/v1/settings", json!({ "renewMinutes": 5 })).await;
    until("the renewal after five minutes", || async {
        (290..=310).contains(&renewal().await?).then_some(())
    })
    .await;
    put(&served, "/v1/settings", json!({ "renewMinutes": 1440 })).await;
    until("the renewal that the grant allows", || async {
        (renewal().await? >= own - 5 && renewal().await? < granted / 2).then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_pbx_that_ends_every_subscription_is_not_stormed() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.keeper_backoff = Duration::from_secs(30);
    })
    .await;
    let before = asked(&sim, "PUT");
    let mut ended = 0;
    until("the keeper holds back", || async {
        sim.terminate(|_| true);
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["error"] == "subscription_ended").then_some(())
    })
    .await;
    for _ in 0..20 {
        ended += sim.terminate(|_| true);
        served.get("/v1/subscriptions").await;
    }
    assert_eq!(ended, 0, "there is nothing to end while it waits");
    assert!(asked(&sim, "PUT") - before <= 2, "it tried at most twice more");
    let renewed = served
        .send(Method::POST, "/v1/subscriptions/renew", Some(&served.admin()), None)
        .await;
    assert_eq!(renewed.status(), StatusCode::OK, "by hand it is tried at once");
    assert_eq!(ids(&sim).len(), 1, "and made");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn silence_while_the_statistics_list_calls_is_told_and_mended() {
    let sim = sim(|options| options.record_delay = Duration::ZERO).await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.keeper_silence = Duration::from_millis(400);
        options.timing.keeper_verify = Duration::from_millis(100);
    })
    .await;
    let first = ids(&sim);
    until("it has asked while nobody called", || async {
        let requests = sim.requests();
        requests.iter().any(|r| r.path.contains("statistics")).then_some(())
    })
    .await;
    assert_eq!(ids(&sim), first, "silence without calls is no reason");
    sim.faults().change(|faults| faults.events_off = true);
    let told = until("the silence is noticed", || async {
        sim.play_through("incoming-answered", Args::default()).await.unwrap();
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["error"] == "events_silent").then_some(told)
    })
    .await;
    assert_eq!(
        told["keeper"]["state"], "active",
        "the subscription is in force: {told}"
    );
    assert_ne!(ids(&sim), first, "and was made anew");
    sim.faults().clear();
    until("all is well again", || async {
        sim.play_through("incoming-answered", Args::default()).await.unwrap();
        let told = served.get("/v1/subscriptions").await;
        told["keeper"]["error"].is_null().then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

/// The last byte of this machine's address.
static NETWORK: AtomicU8 = AtomicU8::new(1);

fn network() -> [Option<IpAddr>; 2] {
    let last = NETWORK.load(Ordering::SeqCst);
    [Some(IpAddr::from([192, 0, 2, last])), None]
}

#[tokio::test]
async fn another_network_has_the_subscription_looked_at() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.routes = network;
        options.timing.keeper_watch = Duration::from_millis(50);
    })
    .await;
    let first = ids(&sim);
    let looks = asked(&sim, "GET");
    NETWORK.store(2, Ordering::SeqCst);
    until("it is asked for", || async {
        (asked(&sim, "GET") > looks).then_some(())
    })
    .await;
    assert_eq!(ids(&sim), first, "one that is in force is left");
    // The PBX lost it while this machine was asleep, and its last event too.
    sim.faults().change(|faults| faults.events_off = true);
    sim.terminate(|_| true);
    sim.faults().clear();
    NETWORK.store(3, Ordering::SeqCst);
    until("a lost one is made anew", || async {
        (!ids(&sim).is_empty()).then_some(())
    })
    .await;
    // The PBX has the new one a moment before the relay has stored it.
    until("the history says so", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["subscriptions"][1]["endReason"] == "lost").then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}
