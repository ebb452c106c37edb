//! The journal of requests to the PBX: causes and search.

use crate::common::{beside, support};
use beside::{beside, dir, sim, to};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::until;

fn rows<'a>(page: &'a Value, what: &str) -> &'a Vec<Value> {
    page[what].as_array().unwrap()
}

#[tokio::test]
async fn every_request_to_the_pbx_says_what_it_was_for() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |_| {}).await;
    let placed = served.call_back(&served.admin(), "click-42", to("+79000000099")).await;
    assert_eq!(placed.status(), StatusCode::ACCEPTED, "a call is placed");
    let refused = served
        .call_back(
            &served.admin(),
            "click-43",
            json!({ "number": "+79000000099", "abonent": "nobody@mpbx.sip.beeline.ru" }),
        )
        .await;
    assert!(!refused.status().is_success(), "the PBX does not know that abonent");
    served.get("/v1/check").await;
    let all = until("the exchanges are stored", || async {
        let all = served.get("/v1/exchanges?limit=200").await;
        let has = |cause: &str| rows(&all, "exchanges").iter().any(|e| e["correlation"] == cause);
        [
            "keeper",
            "abonents",
            "import",
            "call:click-42",
            "call:click-43",
            "check",
        ]
        .iter()
        .all(|cause| has(cause))
        .then_some(all)
    })
    .await;
    for exchange in rows(&all, "exchanges") {
        assert!(exchange["correlation"].is_string(), "without a cause: {exchange}");
        assert!(exchange["ms"].is_i64() && exchange["seq"].is_i64(), "{exchange}");
    }
    let click = served.found("/v1/exchanges", &[("q", "click-42")]).await;
    assert_eq!(rows(&click, "exchanges").len(), 1, "the request of one click");
    assert_eq!(click["exchanges"][0]["status"], 200, "and how it ended");
    let failed = served.found("/v1/exchanges", &[("failed", "1")]).await;
    let of_click: Vec<_> = rows(&failed, "exchanges")
        .iter()
        .filter(|e| e["correlation"] == "call:click-43")
        .collect();
    assert_eq!(of_click.len(), 1, "the failed one is among the failed: {failed}");
    assert!(
        rows(&failed, "exchanges").iter().all(|e| e["error"].is_string()),
        "and no other: {failed}"
    );
    let paths = served
        .found("/v1/exchanges", &[("q", "Subscription"), ("limit", "2")])
        .await;
    assert_eq!(rows(&paths, "exchanges").len(), 2, "by the path, in a page of two");
    assert!(
        rows(&paths, "exchanges")
            .iter()
            .all(|e| e["path"].as_str().unwrap().contains("subscription")),
        "{paths}"
    );
    let next = paths["cursor"].to_string();
    let rest = served
        .found("/v1/exchanges", &[("q", "Subscription"), ("cursor", &next)])
        .await;
    assert!(
        rest["exchanges"][0]["seq"].as_i64() < paths["exchanges"][1]["seq"].as_i64(),
        "and the rest: {rest}"
    );
    assert_eq!(
        served.found("/v1/exchanges", &[("to", "2020-01-01T00:00:00Z")]).await["exchanges"],
        json!([]),
        "by the time"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}
