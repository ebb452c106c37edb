//! The keeper of subscriptions, and what it reports when the PBX fails.

use crate::common::{beside, support};
use beside::{beside, dir, sim};
use perezvon_relay::Token;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{start_with, until};

#[tokio::test]
async fn the_keeper_renews_and_ends_the_old_one_after_the_new_one_is_made() {
    let sim = sim(|options| {
        options.expires_min = 1;
        options.expires_cap = 2;
    })
    .await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let first = sim.subscriptions()[0].subscription_id.clone();
    let rows = until("a renewal", || async {
        let told = served.get("/v1/subscriptions").await;
        let rows = told["subscriptions"].as_array().unwrap().clone();
        rows.iter()
            .any(|row| row["id"] == first && row["endReason"] == "renewed")
            .then_some(rows)
    })
    .await;
    let old = rows.iter().find(|row| row["id"] == first).unwrap();
    assert!(old["renewedBy"].is_string(), "the history tells by which: {old}");
    let granted = Duration::from_secs(old["grantedS"].as_u64().unwrap());
    assert_eq!(
        granted,
        Duration::from_secs(2),
        "what the PBX granted counts, not what was asked for"
    );
    let requests = sim.requests();
    let puts = requests.iter().position(|r| r.method == "PUT").unwrap();
    let delete = requests.iter().position(|r| r.method == "DELETE");
    let second = requests.iter().skip(puts + 1).position(|r| r.method == "PUT").unwrap() + puts + 1;
    assert!(delete.is_none_or(|delete| delete > second), "made before deleted");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_terminated_subscription_is_made_anew_at_once() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let first = sim.subscriptions()[0].subscription_id.clone();
    assert_eq!(sim.terminate(|_| true), 1, "the PBX ends it");
    let second = until("another one", || async {
        sim.subscriptions()
            .iter()
            .map(|s| s.subscription_id.clone())
            .find(|id| *id != first)
    })
    .await;
    let told = until("it is noted", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["subscriptions"][0]["id"] == second).then_some(told)
    })
    .await;
    assert_eq!(
        told["subscriptions"][1]["endReason"], "terminated",
        "the history says why: {told}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_restart_goes_on_with_the_subscription_and_another_address_takes_another() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let first = sim.subscriptions();
    let served = beside(&sim, served.stop().await, false, |_| {}).await;
    until("the keeper has looked", || async {
        (served.get("/v1/subscriptions").await["keeper"]["state"] == "active").then_some(())
    })
    .await;
    let ids = |subs: &[perezvon_sim::Subscription]| subs.iter().map(|s| s.subscription_id.clone()).collect::<Vec<_>>();
    assert_eq!(
        ids(&sim.subscriptions()),
        ids(&first),
        "the subscription is still the same"
    );
    served
        .relay
        .set_public_url(Some("http://127.0.0.1:9/other".parse().unwrap()))
        .await
        .unwrap();
    until("only the one for the new address", || async {
        let now = sim.subscriptions();
        (now.len() == 1 && now[0].url.starts_with("http://127.0.0.1:9/other/xsi/")).then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_wrong_token_and_an_unreachable_pbx_are_told_and_overcome() {
    let sim = sim(|_| {}).await;
    sim.faults().change(|faults| faults.reject_token = true);
    let served = beside(&sim, dir(), false, |options| {
        options.timing.keeper_backoff_cap = Duration::from_millis(100);
    })
    .await;
    served
        .relay
        .set_public_url(Some(served.url("/").parse().unwrap()))
        .await
        .unwrap();
    until("the keeper says why", || async {
        (served.get("/v1/subscriptions").await["keeper"]["error"] == "pbx_unauthorized").then_some(())
    })
    .await;
    let admin = served.admin();
    let wrong = served.send(
        Method::PUT,
        "/v1/settings/token",
        Some(&admin),
        Some(json!({ "token": "wrong" })),
    );
    assert_eq!(
        wrong.await.status(),
        StatusCode::BAD_GATEWAY,
        "a wrong token is tried live and not taken"
    );
    sim.faults().clear();
    until("a subscription without a restart", || async {
        (!sim.subscriptions().is_empty()).then_some(())
    })
    .await;
    let good = json!({ "token": sim.token() });
    let taken = served
        .send(Method::PUT, "/v1/settings/token", Some(&served.admin()), Some(good))
        .await;
    assert_eq!(taken.status(), StatusCode::OK, "the right one is taken");
    let told: Value = taken.json().await.unwrap();
    assert_eq!(
        told["abonents"],
        sim.options().company.abonents.len(),
        "and opens the abonents"
    );
    let everything = format!(
        "{} {}",
        served.get("/v1/settings").await,
        served.get("/v1/exchanges").await
    );
    assert!(!everything.contains(sim.token()), "it is never told again");
    served.relay.shutdown().await;

    let away = start_with(|options| options.token = Some(Token::parse("t").unwrap())).await;
    away.relay
        .set_public_url(Some("http://127.0.0.1:9/".parse().unwrap()))
        .await
        .unwrap();
    until("the keeper says that nobody is there", || async {
        (away.get("/v1/subscriptions").await["keeper"]["error"] == "pbx_unreachable_refused").then_some(())
    })
    .await;
    let check = away.get("/v1/check").await;
    let cause = |id: &str| {
        check["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["id"] == id)
            .map(|c| c["cause"].clone())
            .unwrap()
    };
    assert_eq!(
        cause("abonents"),
        "pbx_unreachable_refused",
        "the check names the cause: {check}"
    );
    assert_eq!(cause("callback"), "callback_unreachable", "and that of the address");
    assert_eq!(cause("ledger"), Value::Null, "and what is well");
    away.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_subscription_for_each_abonent_is_a_setting() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), false, |_| {}).await;
    let put = json!({ "subscriptionScope": "abonents", "publicUrl": served.url("/") });
    let answer = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(put))
        .await;
    assert_eq!(answer.status(), StatusCode::OK, "the scope is a setting");
    let all = sim.options().company.abonents.len();
    until("one for each abonent", || async {
        (sim.subscriptions().len() == all).then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

/// A PBX without subscriptions for the company, which the simulator always has.
async fn without_groups() -> (std::net::SocketAddr, Arc<Mutex<Vec<Value>>>) {
    use axum::routing::{get, put};
    use axum::{Json, Router};
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let seen = asked.clone();
    let subscribe = move |Json(body): Json<Value>| async move {
        seen.lock().unwrap().push(body.clone());
        match body["pattern"].as_str() {
            Some("c@x") => (400, json!({ "errorCode": "BadRequest", "description": "c" })),
            Some(who) => (
                StatusCode::OK.as_u16(),
                json!({ "subscriptionId": format!("s-{who}"), "expires": 3600 }),
            ),
            None => (400, json!({ "errorCode": "BadRequest", "description": "pattern" })),
        }
    };
    let subscribe = move |body| async move {
        let (status, answer) = subscribe(body).await;
        (axum::http::StatusCode::from_u16(status).unwrap(), Json(answer))
    };
    let app = Router::new()
        .route(
            "/abonents",
            get(|| async { Json(json!([{ "userId": "a@x" }, { "userId": "b@x" }, { "userId": "c@x" }])) }),
        )
        .route("/numbers", get(|| async { Json(json!([])) }))
        .route("/subscription", put(subscribe));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (addr, asked)
}

#[tokio::test]
async fn a_refused_group_subscription_falls_back_to_each_abonent() {
    let (pbx, asked) = without_groups().await;
    let served = start_with(|options| {
        options.pbx_url = format!("http://{pbx}/").parse().unwrap();
        options.token = Some(Token::parse("t").unwrap());
    })
    .await;
    served
        .relay
        .set_public_url(Some("http://127.0.0.1:9/".parse().unwrap()))
        .await
        .unwrap();
    let told = until("the keeper has done what it can", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["state"] == "partial").then_some(told)
    })
    .await;
    assert_eq!(
        (
            &told["keeper"]["failure"]["code"],
            &told["keeper"]["failure"]["abonents"]
        ),
        (&json!("pbx_refused"), &json!(1)),
        "whom the PBX refuses is counted, and keeps nobody else: {told}"
    );
    assert_eq!(
        told["keeper"]["groupRefused"], true,
        "it tells why there are several: {told}"
    );
    let mut whose: Vec<_> = told["subscriptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["abonent"].clone())
        .collect();
    whose.sort_by_key(Value::to_string);
    assert_eq!(whose, [json!("a@x"), json!("b@x")], "one for each abonent");
    let asked = asked.lock().unwrap().clone();
    let company = asked.iter().filter(|body| body["pattern"].is_null()).count();
    assert_eq!(company, 1, "the company was tried once: {asked:?}");
    served.relay.shutdown().await;
}
