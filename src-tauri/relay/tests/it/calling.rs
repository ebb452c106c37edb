//! Call back, against the simulator.

use crate::common::{beside, support};
use beside::{beside, dir, own_abonent, sim, to};
use perezvon_sim::{CallAnswer, FaultKind, PathFault};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{IVANOV, next, start_with, until};

#[tokio::test]
async fn a_call_is_placed_once_however_often_it_is_asked_for() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let me = own_abonent(&sim);
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
async fn a_request_needs_a_good_key_a_number_and_a_token() {
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
    served.relay.shutdown().await;
}

#[tokio::test]
async fn without_a_key_each_request_is_a_call_of_its_own() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let body = json!({ "number": "+79000000099", "abonent": own_abonent(&sim) });
    let mut names = Vec::new();
    for _ in 0..2 {
        let answer = served
            .send(Method::POST, "/v1/calls", Some(&served.admin()), Some(body.clone()))
            .await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "the call is placed");
        names.push(answer.json::<Value>().await.unwrap()["request"].clone());
    }
    assert_ne!(names[0], names[1], "each has a name of its own");
    assert_eq!(sim.calls_placed().len(), 2, "and is placed");
    served.relay.shutdown().await;
}

#[tokio::test]
async fn two_repeats_at_once_place_one_call() {
    let sim = sim(|_| {}).await;
    sim.faults().change(|faults| faults.call_answer_delay_ms = 300);
    let served = beside(&sim, dir(), false, |_| {}).await;
    let admin = served.admin();
    let body = json!({ "number": "+79000000099", "abonent": own_abonent(&sim) });
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
    let me = own_abonent(&sim);
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
    // Its events identify the call, and the desk that asks again gets that answer.
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
    let me = own_abonent(&sim);
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
