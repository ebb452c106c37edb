//! Failures around the relay: reported clearly, and overcome without a restart when the cause is gone.

use crate::common::{beside, support};
use beside::{beside, dir, sim};
use perezvon_core::Time;
use perezvon_relay::Clock;
use perezvon_sim::{Args, FaultKind, Faults, Sim};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use support::{Served, client, start_in, until};

/// The finding of the check about one subject.
async fn finding(served: &Served, id: &str) -> Value {
    let told = served.get("/v1/check").await;
    let found = told["checks"].as_array().unwrap().iter().find(|c| c["id"] == id);
    found.unwrap_or_else(|| panic!("no check {id}: {told}")).clone()
}

async fn calls(served: &Served) -> usize {
    served.get("/v1/calls?limit=200").await["calls"]
        .as_array()
        .unwrap()
        .len()
}

/// The PBX fails in this way, and recovers.
async fn fails(set: impl Fn(&Faults), code: &str, check: &str) {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.keeper_verify = Duration::from_millis(50);
        options.timing.keeper_backoff_cap = Duration::from_millis(200);
        options.timing.portal.exchange = Duration::from_millis(1500);
        options.timing.portal.overall = Duration::from_secs(3);
        options.timing.portal.backoff = Duration::from_millis(5);
    })
    .await;
    set(sim.faults());
    let told = until("the keeper says why", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["error"] == code).then_some(told)
    })
    .await;
    let keeper = &told["keeper"];
    assert_eq!(keeper["state"], "failing", "{told}");
    for key in ["message", "messageEn", "fix", "fixEn"] {
        assert!(
            keeper["failure"][key].as_str().is_some_and(|text| !text.is_empty()),
            "{key} for a person: {told}"
        );
    }
    let health = served.get("/v1/health").await;
    assert_eq!(health["keeper"]["error"], code, "health says so too: {health}");
    assert_eq!(health["status"], "ok", "the relay itself is well");
    let found = finding(&served, check).await;
    assert_eq!(
        (&found["state"], &found["cause"]),
        (&"failed".into(), &code.into()),
        "and so does the check: {found}"
    );
    let refresh = served
        .send(Method::POST, "/v1/abonents/refresh", Some(&served.admin()), None)
        .await;
    assert_eq!(refresh.status(), StatusCode::BAD_GATEWAY, "what needs the PBX fails");
    assert_eq!(refresh.json::<Value>().await.unwrap()["code"], code, "with the cause");
    let before = calls(&served).await;
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    assert_eq!(calls(&served).await, before + 1, "events are taken all the same");
    let alive = sim.subscriptions();
    assert_eq!(alive.len(), 1, "the subscription was not given up");

    sim.faults().clear();
    until("all is well again without a restart", || async {
        let told = served.get("/v1/subscriptions").await;
        (told["keeper"]["state"] == "active" && told["keeper"]["failure"].is_null()).then_some(())
    })
    .await;
    assert_eq!(finding(&served, check).await["state"], "ok", "the check too");
    assert_eq!(sim.subscriptions(), {
        let mut same = alive;
        same[0].expires = sim.subscriptions()[0].expires;
        same
    });
    served.relay.shutdown().await;
    sim.shutdown().await;
}

fn broken(kind: FaultKind) -> impl Fn(&Faults) {
    move |faults| {
        for path in ["subscription", "abonents"] {
            faults.path(path, kind, None);
        }
    }
}

#[tokio::test]
async fn a_wrong_token() {
    fails(
        |faults| faults.change(|faults| faults.reject_token = true),
        "pbx_unauthorized",
        "token",
    )
    .await;
}

#[tokio::test]
async fn http_503() {
    fails(broken(FaultKind::Html503), "pbx_unavailable", "abonents").await;
}

#[tokio::test]
async fn a_page_instead_of_data() {
    fails(broken(FaultKind::Html200), "pbx_not_json", "abonents").await;
}

#[tokio::test]
async fn a_pbx_that_does_not_answer() {
    fails(broken(FaultKind::Hang), "pbx_timeout", "abonents").await;
}

#[tokio::test]
async fn half_a_body() {
    fails(broken(FaultKind::HalfBody), "pbx_connection_broken", "abonents").await;
}

#[tokio::test]
async fn a_subscription_that_ran_out_while_the_pbx_was_away() {
    let sim = sim(|options| {
        options.expires_min = 1;
        options.expires_cap = 2;
    })
    .await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.keeper_backoff_cap = Duration::from_millis(100);
    })
    .await;
    sim.faults().change(|faults| faults.events_off = true);
    sim.faults().path("subscription", FaultKind::Html503, None);
    until("it runs out", || async { sim.subscriptions().is_empty().then_some(()) }).await;
    until("the keeper says why", || async {
        (served.get("/v1/subscriptions").await["keeper"]["error"] == "pbx_unavailable").then_some(())
    })
    .await;
    assert_eq!(
        finding(&served, "subscription").await["state"],
        "failed",
        "the check too"
    );
    let known: Vec<Value> = served.get("/v1/subscriptions").await["subscriptions"]
        .as_array()
        .unwrap()
        .clone();
    let last = known[0]["id"].clone();
    sim.faults().clear();
    until("another one", || async {
        (!sim.subscriptions().is_empty()).then_some(())
    })
    .await;
    until("the history says what became of it", || async {
        let told = served.get("/v1/subscriptions").await;
        let rows = told["subscriptions"].as_array().unwrap();
        let old = rows.iter().find(|row| row["id"] == last).unwrap();
        (old["endReason"] == "expired").then_some(())
    })
    .await;
    let before = calls(&served).await;
    sim.play_through("incoming-answered", Args::default()).await.unwrap();
    assert_eq!(calls(&served).await, before + 1, "calls arrive again");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

/// How far the wall clock is set wrong, milliseconds.
static WRONG: AtomicI64 = AtomicI64::new(0);

fn wrong_clock() -> Time {
    Time::from_ms(chrono::Utc::now().timestamp_millis() + WRONG.load(Ordering::SeqCst))
}

fn made(sim: &Sim) -> usize {
    sim.requests().iter().filter(|r| r.method == "PUT").count()
}

#[tokio::test]
async fn a_clock_that_jumps() {
    const TWO_DAYS: i64 = 2 * 86_400_000;
    // Renewed after 1.8 s, and not renewed in the first 180 ms.
    let sim = sim(|options| {
        options.expires_min = 4;
        options.expires_cap = 4;
    })
    .await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.clock = Clock::new(wrong_clock);
        options.timing.keeper_watch = Duration::from_millis(20);
    })
    .await;
    for jump in [TWO_DAYS, -TWO_DAYS] {
        WRONG.store(jump, Ordering::SeqCst);
        let found = finding(&served, "clock").await;
        assert_eq!(
            (&found["state"], &found["cause"]),
            (&"failed".into(), &"clock_off".into()),
            "the check names the cause: {found}"
        );
        let before = made(&sim);
        until("three renewals", || async {
            assert!(!sim.subscriptions().is_empty(), "no lapse");
            (made(&sim) >= before + 3).then_some(())
        })
        .await;
    }
    let (start, before) = (Instant::now(), made(&sim));
    for turn in 0..60 {
        WRONG.store(if turn % 2 == 0 { TWO_DAYS } else { -TWO_DAYS }, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let most = (start.elapsed().as_millis() / 180) as usize + 2;
    let storm = made(&sim) - before;
    assert!(
        storm <= most,
        "a clock that jumps to and fro makes {storm} subscriptions, at most {most}"
    );
    WRONG.store(0, Ordering::SeqCst);
    assert_eq!(
        finding(&served, "clock").await["state"],
        "ok",
        "the right time is right"
    );
    until("one subscription, in force", || async {
        let told = served.get("/v1/subscriptions").await;
        (sim.subscriptions().len() == 1 && told["keeper"]["state"] == "active").then_some(())
    })
    .await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_at_the_end_does_not_keep_the_ledger() {
    let sim = sim(|_| {}).await;
    let served = beside(&sim, dir(), true, |options| {
        options.timing.drain = Duration::from_millis(200);
    })
    .await;
    sim.faults().path("", FaultKind::Hang, None);
    let refresh = client()
        .post(served.url("/v1/abonents/refresh"))
        .bearer_auth(served.admin());
    let hanging = tokio::spawn(async move { refresh.send().await.is_ok() });
    until("the PBX was asked and says nothing", || async {
        let mut asked = sim.requests().into_iter();
        asked
            .any(|one| one.path.contains("abonents") && one.status.is_none())
            .then_some(())
    })
    .await;
    let dir = served.stop().await;
    assert!(!hanging.await.unwrap(), "who waited for the PBX is let go");
    sim.faults().clear();
    let again = start_in(dir, |_| {}).await;
    assert_eq!(
        again.get("/v1/health").await["status"],
        "ok",
        "the next relay has the ledger at once"
    );
    again.relay.shutdown().await;
    sim.shutdown().await;
}
