//! A PBX that fails for one of many, or ignores page numbers, stops nothing else of the relay.

use crate::common::{beside, support, truth};
use beside::{HOUR, beside, dir, plays, sim};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use support::until;
use truth::journal;

#[tokio::test]
async fn one_subscription_of_which_the_pbx_fails_keeps_no_other_from_being_renewed() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        // Asked in every round.
        options.timing.keeper_verify = Duration::ZERO;
        options.timing.keeper_pace = Duration::from_millis(1);
    })
    .await;
    let scope = json!({ "subscriptionScope": "abonents" });
    let put = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(scope))
        .await;
    assert_eq!(put.status(), StatusCode::OK);
    let all = sim.options().company.abonents.len();
    until("one for each abonent", || async {
        (sim.subscriptions().len() == all).then_some(())
    })
    .await;
    let of_all: BTreeSet<String> = sim.subscriptions().into_iter().map(|one| one.subscription_id).collect();
    // The first one that is asked for.
    let broken = sim.options().company.abonents[0].user_id.clone();
    sim.faults().change(|faults| faults.subscriptions_broken = vec![broken]);
    let renewed = served
        .send(Method::POST, "/v1/subscriptions/renew", Some(&served.admin()), None)
        .await;
    assert_eq!(
        renewed.status(),
        StatusCode::OK,
        "what fails for one is no failure of all"
    );
    until("all others are renewed", || async {
        let now = sim.subscriptions();
        let old = now.iter().filter(|one| of_all.contains(&one.subscription_id)).count();
        (old <= 1 && now.len() >= all).then_some(())
    })
    .await;
    let keeper = until("it is told", || async {
        let keeper = served.get("/v1/subscriptions").await["keeper"].clone();
        (keeper["state"] == "partial").then_some(keeper)
    })
    .await;
    let failure = &keeper["failure"];
    assert_eq!(
        (&failure["code"], &failure["abonents"]),
        (&json!("pbx_unavailable"), &json!(1)),
        "how many and why: {keeper}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_pbx_that_does_not_turn_pages_is_not_asked_for_ever() {
    const CALLS: usize = 260;
    let now = chrono::Utc::now().timestamp_millis();
    let sim = sim(|options| {
        options.base_time = Some(now - 12 * HOUR);
        options.speed = 2_000_000.0;
    })
    .await;
    sim.faults().change(|faults| faults.paging_off = true);
    let cues = plays(["incoming-missed"].iter().cycle().take(CALLS), 60_000);
    let played = sim.play_all(&cues).unwrap();
    sim.finished(played.id).await;
    let served = beside(&sim, dir(), false, |options| {
        options.timing.import_second = Duration::from_millis(10);
        options.timing.import_pause = Duration::from_millis(1);
    })
    .await;
    until("both lists are read to their end", || async {
        let import = served.get("/v1/health").await["import"].clone();
        (import["records"]["lastAt"].is_string() && import["statistics"]["lastAt"].is_string()).then_some(())
    })
    .await;
    let calls = journal(&served, None).await.len();
    assert_eq!(
        calls, CALLS,
        "shorter and shorter times were read, so no call is missing"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}
