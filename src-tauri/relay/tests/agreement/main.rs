//! A company of 300 abonents and thousands of calls of every kind: whatever told the relay of them, its journal agrees
//! with what really happened, call by call: who spoke, who missed, since when and how long, what was recorded.
//!
//! `PEREZVON_CALLS` sets how many calls each variant has.
#![allow(clippy::unwrap_used)]

#[path = "../support/binary.rs"]
mod binary;
mod compare;
mod node;

use compare::{Line, Report, View};
use node::Node;
use perezvon_sim::{Company, FaultKind, History, Options, Sim, Truth};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Calls in each variant, unless the environment says otherwise.
fn calls() -> u32 {
    let told = std::env::var("PEREZVON_CALLS").ok();
    told.map_or(2000, |n| n.parse().expect("PEREZVON_CALLS is a number"))
}

async fn pbx(seed: u64) -> Sim {
    let options = Options {
        seed: Some(seed),
        company: Company::of(300),
        lanes: 16,
        speed: 10_000.0,
        delivery_timeout: Duration::from_secs(30),
        log_limit: 1000,
        ..Options::default()
    };
    Sim::start(options).await.unwrap()
}

/// Every call of the truth, as the company and as each of its abonents sees it.
async fn compare(sim: &Sim, node: &Node, recorded: &str) -> Report {
    let truth = sim.truth();
    let mut report = Report {
        calls: truth.len(),
        ..Report::default()
    };
    let linked = truth
        .iter()
        .flat_map(|t| t.linked.iter().map(move |id| (id.clone(), t)));
    let consultations: BTreeMap<String, &Truth> = linked.collect();
    let told = |calls: Vec<serde_json::Value>| calls.iter().map(Line::told).collect();
    let company = View {
        name: "company",
        wanted: truth.iter().map(|t| (t, Line::of_company(t, recorded))).collect(),
        journal: told(node.journal(None).await),
    };
    company.compare(&consultations, &mut report);
    let abonents: Vec<String> = sim
        .options()
        .company
        .abonents
        .iter()
        .map(|a| a.user_id.clone())
        .collect();
    for (abonent, journal) in abonents.iter().zip(node.journals(&abonents).await) {
        let own = View {
            name: "abonent",
            wanted: truth.iter().filter_map(|t| part(t, abonent, recorded)).collect(),
            journal: told(journal),
        };
        own.compare(&consultations, &mut report);
    }
    report
}

fn part<'a>(call: &'a Truth, abonent: &str, recorded: &str) -> Option<(&'a Truth, Line)> {
    let part = call.parts.iter().find(|p| p.abonent == abonent)?;
    Some((call, Line::of_part(call, part, recorded)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followed_live_by_events_alone() {
    let sim = pbx(31).await;
    for list in ["records", "statistics", "v2/statistics"] {
        sim.faults().path(list, FaultKind::Error500, None);
    }
    let node = Node::start(&sim, true).await;
    node.set(json!({ "graceMs": 2000 })).await;
    let history = History {
        calls: calls(),
        faults: History::harmless_faults(),
        ..History::default()
    };
    sim.history(&history).await.unwrap();
    assert!(sim.unheard().is_empty(), "every event was taken");
    node.until_settled().await;
    compare(&sim, &node, "pending").await.assert_whole("events alone");
    sim.shutdown().await;
}
