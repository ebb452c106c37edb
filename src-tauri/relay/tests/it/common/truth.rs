//! Compares the journal with what really happened.
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used)]

use crate::common::support::{DEADLINE, Served, until};
use chrono::DateTime;
use perezvon_sim::Sim;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// All calls of the journal, the company's view or an abonent's.
pub async fn journal(served: &Served, abonent: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let who = abonent.map(|id| format!("&abonent={id}")).unwrap_or_default();
        let page = served.get(&format!("/v1/calls?limit=200{who}{cursor}")).await;
        all.extend(page["calls"].as_array().unwrap().iter().cloned());
        match page["cursor"].as_i64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// One abonent's part in a call, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub start: i64,
    pub outgoing: bool,
    /// Milliseconds of conversation; none if there was none.
    pub talk: Option<i64>,
    pub number: Option<String>,
    pub recording: bool,
}

fn ms(value: &Value) -> Option<i64> {
    Some(
        DateTime::parse_from_rfc3339(value.as_str()?)
            .unwrap()
            .timestamp_millis(),
    )
}

/// An abonent's parts in the journal in the order of time, and for each what is uncertain or in progress.
pub async fn told(served: &Served, abonent: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = journal(served, Some(abonent))
        .await
        .iter()
        .filter(|call| call["outcome"] != "answered_by")
        .map(|call| {
            let talked = matches!(call["outcome"].as_str(), Some("ended" | "transferred"));
            assert_ne!(call["uncertain"], true, "{call}");
            Part {
                start: ms(&call["startedAt"]).unwrap_or_default(),
                outgoing: call["direction"] == "outgoing",
                talk: call["talkMs"].as_i64().filter(|_| talked),
                number: call["party"]["number"].as_str().map(str::to_owned),
                recording: call["recording"]["state"] == "ready",
            }
        })
        .collect();
    parts.sort();
    parts
}

/// The truth of each abonent in the same form.
pub fn truth(sim: &Sim) -> BTreeMap<String, Vec<Part>> {
    let mut all: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for (call, part) in sim
        .truth()
        .iter()
        .flat_map(|call| call.parts.iter().map(move |part| (call, part)))
    {
        // An abonent whose phone rang while a colleague answered is shown as answered by the colleague; not all of
        // these have a line.
        let incoming = |part: &perezvon_sim::Part| !part.outgoing;
        let talked = |part: &perezvon_sim::Part| part.answer.is_some();
        if incoming(part) && !talked(part) && call.parts.iter().any(|part| incoming(part) && talked(part)) {
            continue;
        }
        let other = if part.outgoing { &part.to } else { &part.from };
        all.entry(part.abonent.clone()).or_default().push(Part {
            start: part.start,
            outgoing: part.outgoing,
            talk: part.answer.map(|answer| part.release - answer),
            number: other.clone(),
            recording: part.recorded,
        });
    }
    for parts in all.values_mut() {
        parts.sort();
    }
    all
}

/// Waits until every abonent's journal agrees with the truth, without further calls.
pub async fn agrees(served: &Served, sim: &Sim) {
    let deadline = Instant::now() + 2 * DEADLINE;
    loop {
        let calls = journal(served, None).await.len();
        let whole = calls == sim.truth().len();
        let wrong = if whole {
            disagreement(served, sim).await
        } else {
            Vec::new()
        };
        if whole && wrong.is_empty() {
            return;
        }
        if Instant::now() > deadline {
            let mut wrong = disagreement(served, sim).await;
            wrong.extend(split(served, sim).await);
            panic!("{calls} calls for {}; {}", sim.truth().len(), wrong.join("\n"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

async fn disagreement(served: &Served, sim: &Sim) -> Vec<String> {
    let expected = truth(sim);
    let mut wrong = Vec::new();
    for abonent in sim.options().company.abonents.iter().map(|abonent| &abonent.user_id) {
        let expected = expected.get(abonent).cloned().unwrap_or_default();
        let found = told_leniently(served, abonent).await;
        let scripts = |part: &Part| {
            let parts = sim.truth().into_iter();
            let of = parts.filter(|call| {
                call.parts
                    .iter()
                    .any(|p| p.start == part.start && p.abonent == *abonent)
            });
            of.map(|call| call.script).collect::<Vec<_>>()
        };
        for part in expected.iter().filter(|part| !found.contains(part)) {
            wrong.push(format!("{abonent} misses {part:?} {:?}", scripts(part)));
        }
        for part in found.iter().filter(|part| !expected.contains(part)) {
            wrong.push(format!("{abonent} has {part:?} {:?}", scripts(part)));
        }
        if wrong.is_empty() && found.len() != expected.len() {
            wrong.push(format!("{abonent} has {} parts for {}", found.len(), expected.len()));
        }
    }
    wrong
}

/// Waits until the journal agrees about who spoke how long and who missed.
pub async fn talk_alike(served: &Served, sim: &Sim) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let wrong = talks(served, sim).await;
        if wrong.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{}", wrong.join("\n"));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// The disagreements of the journal about who spoke how long and who missed, whoever the other parties were.
pub async fn talks(served: &Served, sim: &Sim) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = truth(sim);
    for abonent in sim.options().company.abonents.iter().map(|abonent| &abonent.user_id) {
        let plain =
            |parts: Vec<Part>| -> Vec<Part> { parts.into_iter().map(|part| Part { number: None, ..part }).collect() };
        let expected = plain(expected.get(abonent).cloned().unwrap_or_default());
        let found = plain(told_leniently(served, abonent).await);
        let of = |talk: bool, parts: &[Part]| -> Vec<Part> {
            parts
                .iter()
                .filter(|part| part.talk.is_some() == talk)
                .cloned()
                .collect()
        };
        if of(true, &found) != of(true, &expected) || of(false, &found).len() != of(false, &expected).len() {
            let scripts = |part: &Part| {
                let of = |call: &perezvon_sim::Truth| {
                    call.parts
                        .iter()
                        .any(|p| p.start == part.start && p.abonent == *abonent)
                };
                sim.truth()
                    .into_iter()
                    .filter(of)
                    .map(|call| call.script)
                    .collect::<Vec<_>>()
            };
            let less = expected
                .iter()
                .filter(|part| !found.contains(part))
                .map(|part| (part, scripts(part)));
            let more = found
                .iter()
                .filter(|part| !expected.contains(part))
                .map(|part| (part, scripts(part)));
            wrong.push(format!(
                "{abonent} misses {:?}, has {:?}",
                less.collect::<Vec<_>>(),
                more.collect::<Vec<_>>()
            ));
        }
    }
    wrong
}

/// Calls of the truth that are not exactly one call in the journal.
async fn split(served: &Served, sim: &Sim) -> Vec<String> {
    let calls = journal(served, None).await;
    let mut wrong = Vec::new();
    for truth in sim.truth() {
        let of = |part: &perezvon_sim::Part, call: &Value| {
            let legs = call["legs"].as_array().unwrap();
            legs.iter()
                .any(|leg| leg["abonent"] == *part.abonent && ms(&leg["startedAt"]) == Some(part.start))
        };
        let parts: Vec<usize> = calls
            .iter()
            .map(|call| truth.parts.iter().filter(|part| of(part, call)).count())
            .filter(|parts| *parts > 0)
            .collect();
        if parts.len() != 1 {
            wrong.push(format!(
                "{} is {} calls with {parts:?} of {} parts",
                truth.script,
                parts.len(),
                truth.parts.len()
            ));
        }
    }
    wrong
}

async fn told_leniently(served: &Served, abonent: &str) -> Vec<Part> {
    // An unsettled call is neither an agreement nor, before the deadline, a failure.
    let calls = journal(served, Some(abonent)).await;
    if calls
        .iter()
        .any(|call| call["uncertain"] == true || matches!(call["outcome"].as_str(), Some("ringing" | "talking")))
    {
        return vec![Part {
            start: -1,
            outgoing: false,
            talk: None,
            number: None,
            recording: false,
        }];
    }
    told(served, abonent).await
}

/// Waits until both lists were read to their end after this moment.
pub async fn imported(served: &Served) {
    let read = |health: &Value, list: &str| health["import"][list]["lastAt"].as_str().map(str::to_owned);
    let before = served.get("/v1/health").await;
    until("a whole round of the import", || async {
        let health = served.get("/v1/health").await;
        let newer = |list| read(&health, list).is_some() && read(&health, list) > read(&before, list);
        (newer("records") && newer("statistics")).then_some(())
    })
    .await;
}
