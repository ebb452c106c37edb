//! A stretch of the past, laid out at once.

use std::collections::{BTreeMap, BTreeSet};

use perezvon_sim::{Company, Deliver, History, Options, Outcome, Sim, Truth};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Rest, options,
    subscriber::{Received, Subscriber},
};

const TO: i64 = 1_760_000_000_000;
const HOURS: i64 = 3_600_000;

fn past(calls: u32, deliver: Deliver) -> History {
    History {
        calls,
        from: Some(TO - 72 * HOURS),
        to: Some(TO),
        deliver,
        ..History::default()
    }
}

async fn company() -> Sim {
    let options = Options {
        company: Company::of(300),
        ..options()
    };
    Sim::start(options).await.unwrap()
}

/// All pages of the statistics.
async fn statistics(rest: &Rest) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 0.. {
        let told = rest.get(&format!("v2/statistics?page={page}&pageSize=100")).await;
        let told = told.as_array().unwrap().clone();
        all.extend(told.iter().cloned());
        if told.len() < 100 {
            break;
        }
    }
    all
}

/// All records, by the cursor.
async fn records(rest: &Rest, mut after: u64) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = rest.get(&format!("records?id={after}")).await;
        let page = page.as_array().unwrap().clone();
        let Some(last) = page.last() else { return all };
        after = last["id"].as_str().unwrap().parse().unwrap();
        all.extend(page);
    }
}

fn in_statistics(truth: &[Truth]) -> usize {
    let told = |outcome| outcome != Outcome::AnsweredByColleague;
    truth.iter().flat_map(|t| &t.parts).filter(|p| told(p.outcome)).count()
}

fn recorded(truth: &[Truth]) -> BTreeSet<(String, String)> {
    let parts = truth.iter().flat_map(|t| &t.parts).filter(|p| p.recorded);
    parts.map(|p| (p.tracking_id.clone(), p.abonent.clone())).collect()
}

#[tokio::test]
async fn the_past_is_there_at_once_and_the_same_by_seed() {
    let (sim, again) = (company().await, company().await);
    sim.history(&past(1500, Deliver::Nothing)).await.unwrap();
    again.history(&past(1500, Deliver::Nothing)).await.unwrap();
    let truth = sim.truth();
    assert_eq!(truth, again.truth(), "the same seed lays out the same calls");
    assert!(truth.len() > 1400, "only feature codes are no calls: {}", truth.len());
    let scripts: BTreeSet<&str> = truth.iter().map(|t| t.script.as_str()).collect();
    assert!(
        scripts.len() > 20,
        "every script that makes a call comes up: {scripts:?}"
    );
    assert!(
        truth
            .iter()
            .all(|t| (TO - 72 * HOURS..TO).contains(&t.start) && t.release <= TO)
    );
    let overlap = truth.windows(2).filter(|w| w[1].start < w[0].release).count();
    assert!(overlap > 300, "calls overlap: {overlap}");
    let mut by_number: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for call in truth.iter().filter(|t| t.parts.len() == 1) {
        let part = &call.parts[0];
        let other = if part.outgoing { &part.to } else { &part.from };
        let key = (part.abonent.as_str(), other.as_deref().unwrap_or(""));
        by_number.entry(key).or_default().push(call.start);
    }
    for starts in by_number.values_mut() {
        starts.sort_unstable();
    }
    let quick = by_number
        .values()
        .flat_map(|s| s.windows(2))
        .filter(|w| w[1] - w[0] < 30_000);
    assert!(quick.count() > 10, "the same two sides talk again within seconds");
    let rest = Rest::of(&sim);
    assert_eq!(statistics(&rest).await.len(), in_statistics(&truth));
    let told = records(&rest, 0).await.len();
    assert_eq!(told, recorded(&truth).len(), "every recorded talk has its record");
    assert!(sim.deliveries().is_empty(), "nobody was told");
}

#[tokio::test]
async fn its_events_leave_as_fast_as_they_are_taken_and_in_order_for_each_target() {
    let options = Options {
        company: Company::of(60),
        lanes: 8,
        ..options()
    };
    let (sim, subscriber) = (Sim::start(options).await.unwrap(), Subscriber::start().await);
    let rest = Rest::of(&sim);
    rest.subscribe(None, "ADVANCED_CALL", &subscriber.url("all")).await;
    sim.history(&past(200, Deliver::Events)).await.unwrap();
    let received = subscriber.of("all");
    let sequences: BTreeSet<i64> = received.iter().map(Received::sequence).collect();
    let all: BTreeSet<i64> = (1..=received.len() as i64).collect();
    assert_eq!(sequences, all, "every event came, once");
    assert!(sim.unheard().is_empty());
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    for event in &received {
        let (target, number) = (event.text("targetId").unwrap(), event.sequence());
        let before = newest.insert(target.clone(), number).unwrap_or(0);
        assert!(before < number, "{target} is told in order");
    }
    let lossy = History {
        lost_per_mille: 100,
        seed: Some(8),
        faults: History::harmless_faults(),
        ..past(60, Deliver::Events)
    };
    subscriber.clear();
    let before = sim.truth().len();
    sim.history(&lossy).await.unwrap();
    let scripts: Vec<String> = sim.truth().drain(before..).map(|t| t.script).collect();
    assert!(
        scripts.iter().any(|s| s.contains('+')),
        "some calls are spoilt: {scripts:?}"
    );
    let lost = sim.unheard();
    assert!(
        (10..60).contains(&lost.len()),
        "some sessions lost an event: {}",
        lost.len()
    );
}

#[tokio::test]
async fn what_is_late_can_be_seen_when_it_is_released() {
    let sim = company().await;
    let rest = Rest::of(&sim);
    sim.history(&past(100, Deliver::Nothing)).await.unwrap();
    let before = (statistics(&rest).await.len(), records(&rest, 0).await.len());
    sim.faults().change(|faults| {
        faults.statistics_late = true;
        faults.records_late = true;
    });
    let late = History {
        faults: vec!["late-record".into()],
        faults_per_mille: 500,
        seed: Some(9),
        ..past(200, Deliver::Nothing)
    };
    sim.history(&late).await.unwrap();
    let meanwhile = (statistics(&rest).await.len(), records(&rest, 0).await.len());
    assert_eq!(meanwhile, before, "only what was there before");
    sim.release_late();
    let truth = sim.truth();
    assert_eq!(statistics(&rest).await.len(), in_statistics(&truth));
    let told = records(&rest, 0).await;
    let ids: Vec<u64> = told
        .iter()
        .map(|r| r["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(
        ids.is_sorted() && ids.windows(2).all(|w| w[0] != w[1]),
        "each has an id of its own"
    );
    let told: BTreeSet<(String, String)> = told
        .iter()
        .map(|r| (text(&r["externalId"]), text(&r["abonent"]["userId"])))
        .collect();
    assert_eq!(told, recorded(&truth));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_control_address_lays_out_a_history_and_says_what_is_wrong() {
    let sim = company().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |body: Value| {
        let url = format!("{}history", sim.control_url());
        let answer = client.request(Method::POST, url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ask(json!({"calls": 20, "deliver": "nothing"})).await.0, 204);
    assert!(sim.truth().len() >= 18, "laid out");
    for (wrong, why) in [
        (json!({"scripts": ["nonsense"]}), "no script"),
        (json!({"faults": ["nonsense"]}), "no modifier"),
        (json!({"calls": 2_000_000}), "at most"),
        (json!({"from": TO - HOURS / 4, "to": TO}), "minutes"),
        (json!({"from": TO, "to": TO - HOURS}), "minutes"),
        (json!({"nonsense": 1}), "unknown field"),
    ] {
        let (status, told) = ask(wrong).await;
        assert!(status == 400 && told.contains(why), "{status} {told}");
    }
}
