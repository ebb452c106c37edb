//! Call back, the keeper and the sweeper, against the simulator.
#![allow(clippy::unwrap_used)]

#[path = "support/relay.rs"]
mod support;
#[path = "support/xml.rs"]
mod xml;

use perezvon_relay::{Policy, Token};
use perezvon_sim::{Args, CallAnswer, FaultKind, Options as SimOptions, PathFault, Sim};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{IVANOV, Served, next, start_in, start_with, until};
use tempfile::TempDir;
use xml::Xml;

async fn sim(change: impl FnOnce(&mut SimOptions)) -> Sim {
    let mut options = SimOptions {
        speed: 200.0,
        seed: Some(7),
        ..SimOptions::default()
    };
    change(&mut options);
    Sim::start(options).await.unwrap()
}

/// A relay that the simulator can reach, with or without a subscription.
async fn beside(
    sim: &Sim,
    dir: TempDir,
    subscribed: bool,
    change: impl FnOnce(&mut perezvon_relay::Options),
) -> Served {
    let rest = sim.rest_url();
    let token = Token::parse(sim.token()).unwrap();
    let served = start_in(dir, |options| {
        options.pbx_url = rest.parse().unwrap();
        options.token = Some(token);
        change(options);
    })
    .await;
    if subscribed {
        let own = served.url("/").parse().unwrap();
        served.relay.set_public_url(Some(own)).await.unwrap();
        until("a subscription at the PBX", || async {
            (!sim.subscriptions().is_empty()).then_some(())
        })
        .await;
        until("the keeper is content", || async {
            (served.get("/v1/subscriptions").await["keeper"]["state"] == "active").then_some(())
        })
        .await;
    }
    served
}

fn dir() -> TempDir {
    TempDir::new().unwrap()
}

fn to(number: &str) -> Value {
    json!({ "number": number, "abonent": IVANOV })
}

async fn own_abonent(sim: &Sim) -> String {
    sim.options().company.abonents[0].user_id.clone()
}

#[tokio::test]
async fn a_call_is_placed_once_however_often_it_is_asked_for() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let me = own_abonent(&sim).await;
    until("the abonents are known", || async {
        (!served.get("/v1/abonents").await["abonents"]
            .as_array()
            .unwrap()
            .is_empty())
        .then_some(())
    })
    .await;
    let key = served.add_user(&me).await;
    let (mut feed, _) = served.feed(&key, "after=0").await;
    let body = json!({ "number": "8 (900) 000-00-99" });
    let answer = served.call_back(&key, "k-1", body.clone()).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED, "the call is placed");
    let placed: Value = answer.json().await.unwrap();
    assert_eq!(placed["request"], "k-1", "the answer carries the key: {placed}");
    assert!(
        placed["trackingId"].is_string() && placed["id"].is_string(),
        "and names the session: {placed}"
    );
    for _ in 0..3 {
        let again = served.call_back(&key, "k-1", body.clone()).await;
        assert_eq!(
            again.status(),
            StatusCode::ACCEPTED,
            "a repeat is answered as the first"
        );
        assert_eq!(again.json::<Value>().await.unwrap(), placed, "in every field");
    }
    let other = served.call_back(&key, "k-1", json!({ "number": "+79000000098" })).await;
    assert_eq!(other.status(), StatusCode::CONFLICT, "the key belongs to one number");
    assert_eq!(sim.calls_placed().len(), 1, "the PBX was asked exactly once");

    let seen = loop {
        let call = next(&mut feed).await;
        assert_eq!(call["id"], placed["id"], "all snapshots are of the placed call");
        assert_eq!(call["request"], "k-1", "each carries the desk's key");
        if call["outcome"] == "ended" {
            break call;
        }
    };
    assert_eq!(seen["direction"], "outgoing", "it is the abonent's outgoing call");
    assert_eq!(seen["party"]["number"], "+79000000099", "to the wanted number: {seen}");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_request_needs_a_key_a_number_and_a_token() {
    let served = start_with(|_| {}).await;
    let admin = served.admin();
    for (key, body, code) in [
        ("", to("+79000000099"), "bad_request"),
        (&*"k".repeat(65), to("+79000000099"), "bad_request"),
        ("a b", to("+79000000099"), "bad_request"),
        ("k", json!({ "number": "+79000000099" }), "bad_request"),
        ("k", to("nobody"), "bad_request"),
        ("k", to(""), "bad_request"),
        ("k", json!({ "number": 5, "abonent": IVANOV }), "bad_request"),
        ("k", to("+79000000099"), "no_token"),
    ] {
        let answer = served.call_back(&admin, key, body.clone()).await;
        assert!(answer.status().is_client_error(), "refused: {key:?} {body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{key:?} {body}");
    }
    let answer = served
        .send(Method::POST, "/v1/calls", Some(&admin), Some(to("+79000000099")))
        .await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "without the header");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn two_repeats_at_once_place_one_call() {
    let sim = sim(|_| {}).await;
    sim.faults().change(|faults| faults.call_answer_delay_ms = 300);
    let served = beside(&sim, dir(), false, |_| {}).await;
    let admin = served.admin();
    let body = json!({ "number": "+79000000099", "abonent": own_abonent(&sim).await });
    let (first, second) = tokio::join!(
        served.call_back(&admin, "k", body.clone()),
        served.call_back(&admin, "k", body.clone())
    );
    let mut codes = [first.status(), second.status()];
    codes.sort();
    assert_eq!(
        codes,
        [StatusCode::ACCEPTED, StatusCode::CONFLICT],
        "one is placed, the other told to wait"
    );
    assert_eq!(sim.calls_placed().len(), 1, "the PBX was asked once");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn an_unknown_outcome_is_never_repeated() {
    let sim = sim(|_| {}).await;
    let fault = |kind| PathFault {
        prefix: String::new(),
        method: Some("POST".to_owned()),
        kind,
        times: None,
    };
    let served = beside(&sim, dir(), true, |_| {}).await;
    sim.faults()
        .change(|faults| faults.paths.push(fault(FaultKind::LostAnswer)));
    let me = own_abonent(&sim).await;
    let admin = served.admin();
    let body = json!({ "number": "+79000000099", "abonent": me });
    let answer = served.call_back(&admin, "lost", body.clone()).await;
    assert_eq!(
        answer.status(),
        StatusCode::CONFLICT,
        "the connection broke after the request"
    );
    assert_eq!(
        answer.json::<Value>().await.unwrap()["code"],
        "outcome_unknown",
        "nobody knows what became of it"
    );
    sim.faults().clear();
    assert_eq!(sim.calls_placed().len(), 1, "in truth it was placed");
    // Its events tell which call it was, and the desk that asked again gets that answer.
    let found = until("the request finds its call", || async {
        let answer = served.call_back(&admin, "lost", body.clone()).await;
        (answer.status() == StatusCode::ACCEPTED).then_some(answer)
    })
    .await;
    assert!(
        found.json::<Value>().await.unwrap()["id"].is_string(),
        "with the call's id"
    );
    assert_eq!(sim.calls_placed().len(), 1, "and no second call was placed");

    sim.faults().change(|faults| faults.reject_token = true);
    let answer = served.call_back(&admin, "refused", body.clone()).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY, "a wrong token is told");
    assert_eq!(
        answer.json::<Value>().await.unwrap()["code"],
        "pbx_unauthorized",
        "as such"
    );
    sim.faults().clear();
    let again = served.call_back(&admin, "refused", body).await;
    assert_eq!(again.status(), StatusCode::BAD_GATEWAY, "the first answer stands");
    assert_eq!(sim.calls_placed().len(), 1, "a repeat of it places nothing");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn an_answer_without_a_session_is_matched_by_its_events() {
    let sim = sim(|_| {}).await;
    sim.faults().change(|faults| faults.call_answer = CallAnswer::Empty);
    let served = beside(&sim, dir(), true, |_| {}).await;
    let me = own_abonent(&sim).await;
    let admin = served.admin();
    let answer = served
        .call_back(&admin, "empty", json!({ "number": "+79000000099", "abonent": me }))
        .await;
    assert_eq!(
        answer.status(),
        StatusCode::ACCEPTED,
        "the empty answer is a success (reference 1.4)"
    );
    let call = until("the call with its request", || async {
        let calls = served.get("/v1/calls").await;
        calls["calls"]
            .as_array()
            .unwrap()
            .iter()
            .find(|call| call["request"] == "empty")
            .cloned()
    })
    .await;
    assert_eq!(call["direction"], "outgoing", "it is the placed call: {call}");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

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
        options.timing.keeper_backoff_cap = Duration::from_millis(100)
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

/// A PBX that has no subscriptions for the company, which the simulator always has.
async fn without_groups() -> (std::net::SocketAddr, Arc<Mutex<Vec<Value>>>) {
    use axum::routing::{get, put};
    use axum::{Json, Router};
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let seen = asked.clone();
    let subscribe = move |Json(body): Json<Value>| async move {
        seen.lock().unwrap().push(body.clone());
        match body["pattern"].as_str() {
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
            get(|| async { Json(json!([{ "userId": "a@x" }, { "userId": "b@x" }])) }),
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
    let told = until("the keeper is content", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["state"] == "active").then_some(told)
    })
    .await;
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
    assert_eq!(asked.len(), 3, "the company was tried once: {asked:?}");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn every_script_of_the_simulator_arrives_whole() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.policy = Some(Policy {
            grace_ms: 200,
            ..Policy::default()
        })
    })
    .await;
    for script in ["incoming-answered", "incoming-missed", "incoming-rejected", "held"] {
        sim.play_through(script, Args::default()).await.unwrap();
    }
    let wrong: Vec<_> = sim.deliveries().into_iter().filter(|d| d.status != Some(200)).collect();
    assert!(wrong.is_empty(), "every event was answered 200: {wrong:?}");
    let unreadable = served.get("/v1/events?unreadable=1").await;
    assert_eq!(unreadable["events"], json!([]), "and every one was read");
    let outcomes: Vec<String> = served.get("/v1/calls").await["calls"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|call| call["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        outcomes,
        ["ended", "missed", "rejected", "ended"],
        "with the right findings, oldest first"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_silent_call_is_swept_and_never_missed() {
    let policy = Policy {
        grace_ms: 100,
        ring_lost_ms: 150,
        talk_lost_ms: 150,
    };
    let served = start_with(|options| options.policy = Some(policy)).await;
    served.post_event(Xml::received(1, IVANOV).text()).await;
    let swept = until("the sweeper", || async {
        let call = served.get("/v1/calls").await["calls"][0].clone();
        (call["outcome"] != "ringing").then_some(call)
    })
    .await;
    assert_eq!(
        (&swept["outcome"], &swept["uncertain"]),
        (&json!("ended"), &json!(true)),
        "closed, and not as missed"
    );
    // One that becomes due while nobody serves is closed after the start.
    let served = start_in(served.stop().await, |options| options.policy = Some(Policy::default())).await;
    served.post_event(Xml::received(2, IVANOV).text()).await;
    let served = start_in(served.stop().await, |options| options.policy = Some(policy)).await;
    until("the sweeper of the next start", || async {
        (served.get("/v1/calls").await["calls"][0]["outcome"] == "ended").then_some(())
    })
    .await;
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_group_call_is_missed_only_after_the_grace_time() {
    let served = start_with(|options| {
        options.policy = Some(Policy {
            grace_ms: 400,
            ..Policy::default()
        })
    })
    .await;
    let extra = "<xsi:redirections><xsi:redirection><xsi:party><xsi:address>tel:+79000000050</xsi:address></xsi:party>\
                 <xsi:reason>hunt-group</xsi:reason></xsi:redirection></xsi:redirections>";
    let rings = Xml {
        extra: extra.to_owned(),
        ..Xml::received(1, IVANOV)
    };
    served.post_event(rings.text()).await;
    served.post_event(rings.released().text()).await;
    assert_eq!(
        served.get("/v1/calls").await["calls"][0]["outcome"],
        "ringing",
        "another agent may still be rung"
    );
    until("the verdict", || async {
        (served.get("/v1/calls").await["calls"][0]["outcome"] == "missed").then_some(())
    })
    .await;
    served.relay.shutdown().await;
}

#[tokio::test]
async fn a_lost_event_makes_missed_uncertain_until_it_comes_after_all() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let subscription = sim.subscriptions()[0].subscription_id.clone();
    let event = |n: u64, sequence: i64, xml: Xml| Xml {
        sequence,
        subscription: subscription.clone(),
        event_id: format!("e0000000-0000-4000-8000-00000000{n:04x}"),
        ..xml
    };
    let rings = Xml::received(1, IVANOV);
    served.post_event(event(1, 1, rings.clone()).text()).await;
    served.post_event(event(3, 3, rings.released()).text()).await;
    let call = served.get("/v1/calls").await["calls"][0].clone();
    assert_eq!(
        (&call["outcome"], &call["uncertain"]),
        (&json!("ended"), &json!(true)),
        "number 2 is missing: {call}"
    );
    served
        .post_event(
            event(
                2,
                2,
                Xml {
                    kind: "HookStatusEvent",
                    ..rings.clone()
                },
            )
            .text(),
        )
        .await;
    let call = served.get("/v1/calls").await["calls"][0].clone();
    assert_eq!(
        (&call["outcome"], &call["uncertain"]),
        (&json!("missed"), &json!(false)),
        "now nothing is missing: {call}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}
