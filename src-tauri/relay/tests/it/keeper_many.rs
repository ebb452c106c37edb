//! A subscription for each of 300 abonents: the PBX is asked at a bounded rate, whatever happens.

use crate::common::{beside, support};
use beside::{beside, dir};
use perezvon_sim::{Company, FaultKind, Options as SimOptions, Sim};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use support::Served;
use tokio::time::Instant;

const ABONENTS: usize = 300;
const PACE: Duration = Duration::from_millis(5);
/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(3);

fn ids(sim: &Sim) -> BTreeSet<String> {
    sim.subscriptions().into_iter().map(|s| s.subscription_id).collect()
}

fn whose(sim: &Sim) -> BTreeSet<String> {
    sim.subscriptions().into_iter().map(|s| s.target_id).collect()
}

/// How many subscriptions were made and deleted, from the `from`th request on.
fn made_and_deleted(sim: &Sim, from: usize) -> (usize, usize) {
    let count = |method: &str| {
        let requests = sim.requests();
        let of = |r: &&perezvon_sim::Request| r.method == method && r.path.starts_with("subscription");
        requests.iter().skip(from).filter(of).count()
    };
    (count("PUT"), count("DELETE"))
}

async fn until(what: &str, sim: &Sim, condition: impl Fn(&Sim) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition(sim) {
        assert!(
            Instant::now() < deadline,
            "not in time: {what}; {} there",
            ids(sim).len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The time between two requests of the keeper is never shorter than the pace.
fn is_paced(sim: &Sim) {
    let requests = sim.requests();
    let times: Vec<i64> = requests
        .iter()
        .filter(|r| r.path.starts_with("subscription"))
        .map(|r| r.at)
        .collect();
    assert!(times.len() > ABONENTS);
    let shortest = times.windows(2).map(|two| two[1] - two[0]).min().unwrap();
    // The log has whole milliseconds.
    assert!(
        shortest >= PACE.as_millis() as i64 - 1,
        "{shortest} ms between two requests"
    );
}

async fn scope(served: &Served, scope: &str) {
    let put = json!({ "subscriptionScope": scope });
    let answer = served
        .send(Method::PUT, "/v1/settings", Some(&served.admin()), Some(put))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn three_hundred_subscriptions_are_made_renewed_and_made_anew_one_by_one() {
    let sim = Sim::start(SimOptions {
        company: Company::of(ABONENTS),
        ..SimOptions::default()
    })
    .await
    .unwrap();
    let served = beside(&sim, dir(), false, |options| {
        options.timing.keeper_pace = PACE;
        options.timing.keeper_backoff = Duration::from_millis(100);
        options.timing.keeper_backoff_cap = Duration::from_millis(400);
    })
    .await;
    scope(&served, "abonents").await;
    // The PBX fails in between: what was made stays, and the rest follows.
    let own = served.url("/").parse().unwrap();
    served.relay.set_public_url(Some(own)).await.unwrap();
    until("some are made", &sim, |sim| ids(sim).len() > 20).await;
    sim.faults().path("subscription", FaultKind::Html503, Some(2));
    until("one for each abonent", &sim, |sim| whose(sim).len() == ABONENTS).await;
    let (made, deleted) = made_and_deleted(&sim, 0);
    assert!(
        made <= ABONENTS + 2 && deleted == 0,
        "each was asked for once: {made} made, {deleted} deleted"
    );
    is_paced(&sim);

    let (before, asked) = (ids(&sim), sim.requests().len());
    let renewal = served.client.post(served.url("/v1/subscriptions/renew"));
    // The answer comes when all are made, which may take longer than the client waits.
    let renewal = tokio::spawn(renewal.bearer_auth(served.admin()).send());
    // A request is in the log a moment after it was carried out.
    until("all are renewed", &sim, |sim| {
        made_and_deleted(sim, asked).1 >= ABONENTS
    })
    .await;
    renewal.abort();
    assert_eq!(made_and_deleted(&sim, asked), (ABONENTS, ABONENTS), "each once");
    assert!(
        whose(&sim).len() == ABONENTS && ids(&sim).is_disjoint(&before),
        "all are others"
    );

    let before = ids(&sim);
    let ended: BTreeSet<String> = before.iter().take(100).cloned().collect();
    let asked = sim.requests().len();
    let count = sim.terminate(|one| ended.contains(&one.subscription_id));
    assert_eq!(count, 100, "the PBX ends a hundred at once");
    until("all are there again", &sim, |sim| {
        made_and_deleted(sim, asked).0 >= 100 && whose(sim).len() == ABONENTS
    })
    .await;
    assert_eq!(
        made_and_deleted(&sim, asked).0,
        100,
        "each once, and the others were left alone"
    );
    assert!(ids(&sim).is_disjoint(&ended));
    is_paced(&sim);
    served.relay.shutdown().await;
    sim.shutdown().await;
}
