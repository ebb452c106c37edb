//! A company of 300 abonents and thousands of calls of every kind: whatever reported them, the relay's journal agrees
//! with what really happened, call by call: who spoke, who missed it, when, how long, and what was recorded.
//!
//! `PEREZVON_CALLS` sets the number of calls in each variant; `PEREZVON_SEED` is added to the seed of each.

mod compare;
mod lists;
mod node;
mod wanted;

use crate::common::beside::abonents;
use compare::{By, Report, View};
use lists::Crossed;
use node::Node;
use perezvon_sim::{Company, Deliver, FaultKind, History, Options, Sim, Truth};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;
use wanted::{Line, Recorded, Wanted};

/// A number of the environment.
fn told(name: &str) -> Option<u32> {
    let told = std::env::var(name).ok()?;
    Some(told.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Calls in each variant, unless the environment says otherwise.
fn calls(default: u32) -> u32 {
    told("PEREZVON_CALLS").unwrap_or(default)
}

async fn pbx(seed: u64) -> Sim {
    let options = Options {
        seed: Some(seed + 100 * u64::from(told("PEREZVON_SEED").unwrap_or(0))),
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
async fn compare(sim: &Sim, node: &Node, by: &dyn Fn(&Truth) -> By, state: &'static str) -> Report {
    let truth = sim.truth();
    let ids = sim
        .recordings()
        .into_iter()
        .map(|one| ((one.tracking_id, one.abonent), one.id));
    let recorded = &Recorded {
        state,
        ids: ids.collect(),
    };
    let mut report = Report {
        calls: truth.len(),
        ..Report::default()
    };
    let linked = truth
        .iter()
        .flat_map(|t| t.linked.iter().map(move |id| (id.clone(), t)));
    let consultations: BTreeMap<String, &Truth> = linked.collect();
    let lines = |calls: Vec<Value>| calls.iter().map(Line::told).collect();
    let crossed = Crossed::of(&truth);
    let of_company = |call| match by(call) {
        By::Lists => lists::of_company(call, recorded, &crossed),
        By::Either => vec![lists::of_company_in_part(call, recorded, &crossed)],
        By::Events => vec![Wanted::of_company(call, recorded)],
    };
    let company = View {
        name: "company",
        wanted: truth.iter().flat_map(of_company).collect(),
        journal: lines(node.journal(None).await),
    };
    company.compare(by, &consultations, &mut report);
    let abonents = abonents(sim);
    let mut of: BTreeMap<&str, Vec<&Truth>> = BTreeMap::new();
    for call in &truth {
        for part in &call.parts {
            of.entry(&part.abonent).or_default().push(call);
        }
    }
    for (abonent, journal) in abonents.iter().zip(node.journals(&abonents).await) {
        let own = of.get(abonent.as_str()).into_iter().flatten();
        let own = View {
            name: "abonent",
            wanted: own
                .filter_map(|t| {
                    let crossed = crossed.times(t, Some(abonent));
                    Some(Wanted {
                        crossed,
                        ..Wanted::of_abonent(t, abonent, recorded)?
                    })
                })
                .collect(),
            journal: lines(journal),
        };
        own.compare(by, &consultations, &mut report);
    }
    report
}

/// Waits until the journal agrees, or fails with the disagreements.
async fn agree(variant: &str, sim: &Sim, node: &Node, by: &dyn Fn(&Truth) -> By) {
    let begun = Instant::now();
    let longest = Duration::from_secs(60 + sim.truth().len() as u64 / 20);
    let mut last = usize::MAX;
    loop {
        let report = compare(sim, node, by, "ready").await;
        let (wrong, over) = (report.disagreements(), begun.elapsed() > longest);
        if wrong == 0 || over {
            report.assert_whole(&format!(
                "{variant}, {:.1} s after the last event",
                begun.elapsed().as_secs_f64()
            ));
            return;
        }
        // Each comparison is expensive for the relay: it is made less often while the relay is busy.
        let pause = if wrong < last { 500 } else { 2000 };
        last = wrong;
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

/// A day with all faults that leave events whole, no longer ago than the importer waits for late rows.
fn one_day(default: u32) -> History {
    let now = chrono::Utc::now().timestamp_millis();
    History {
        calls: calls(default),
        from: Some(now - 20 * 3_600_000),
        faults: History::harmless_faults(),
        ..History::default()
    }
}

/// The sources that reported a call if events of the sessions `unheard` were lost.
fn heard(call: &Truth, unheard: &BTreeSet<String>) -> By {
    let lost = unheard.contains(&call.tracking_id) || call.linked.iter().any(|id| unheard.contains(id));
    if lost { By::Either } else { By::Events }
}

fn every_event(_: &Truth) -> By {
    By::Events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_witnesses() {
    let sim = pbx(31).await;
    let node = Node::start(&sim, true, true).await;
    node.set(json!({ "graceMs": 2000 })).await;
    sim.history(&one_day(200)).await.unwrap();
    assert!(sim.unheard().is_empty(), "every event was taken");
    node.until_settled().await;
    agree("all witnesses", &sim, &node, &every_event).await;
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_alone() {
    let sim = pbx(32).await;
    for list in ["statistics", "v2/statistics", "records", "v2/records"] {
        sim.faults().path(list, FaultKind::Html503, None);
    }
    let node = Node::start(&sim, true, true).await;
    node.set(json!({ "graceMs": 2000 })).await;
    sim.history(&one_day(200)).await.unwrap();
    node.until_settled().await;
    let report = compare(&sim, &node, &every_event, "pending").await;
    report.assert_whole("events alone");
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_off() {
    let sim = pbx(33).await;
    for list in ["statistics", "v2/statistics"] {
        sim.faults().path(list, FaultKind::Html503, None);
    }
    let node = Node::start(&sim, true, true).await;
    sim.history(&one_day(200)).await.unwrap();
    node.until_settled().await;
    agree("statistics off", &sim, &node, &every_event).await;
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_lists_late() {
    let sim = pbx(34).await;
    sim.faults().change(|faults| {
        faults.statistics_late = true;
        faults.records_late = true;
    });
    let node = Node::start(&sim, true, true).await;
    sim.history(&one_day(200)).await.unwrap();
    node.until_settled().await;
    let meanwhile = compare(&sim, &node, &every_event, "pending").await;
    meanwhile.assert_whole("before the lists come");
    sim.release_late();
    agree("both lists late", &sim, &node, &every_event).await;
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_off() {
    let sim = pbx(35).await;
    let history = History {
        deliver: Deliver::Nothing,
        ..one_day(200)
    };
    sim.history(&history).await.unwrap();
    let node = Node::start(&sim, false, true).await;
    agree("events off", &sim, &node, &|_| By::Lists).await;
    node.stop().await;
    sim.shutdown().await;
}

/// Every second call is late in the statistics, and all recordings are late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_off_and_lists_by_pieces() {
    let sim = pbx(38).await;
    for list in ["records", "v2/records"] {
        sim.faults().path(list, FaultKind::Html503, None);
    }
    let history = History {
        deliver: Deliver::Nothing,
        ..one_day(200)
    };
    let mut played = Box::pin(sim.history(&history));
    loop {
        tokio::select! {
            biased;
            done = &mut played => break done.unwrap(),
            () = tokio::task::yield_now() => sim.faults().change(|faults| faults.statistics_late = !faults.statistics_late),
        }
    }
    drop(played);
    sim.faults().change(|faults| faults.statistics_late = true);
    let node = Node::start(&sim, false, true).await;
    node.until("half of the statistics are read", async || {
        node.get("/v1/health").await["import"]["statistics"]["lastAt"].is_string()
    })
    .await;
    let before = node.journal(None).await.len();
    sim.faults().clear();
    sim.release_late();
    agree("events off, lists by pieces", &sim, &node, &|_| By::Lists).await;
    assert!(
        (20..sim.truth().len()).contains(&before),
        "{before} calls were known before"
    );
    // A reader that followed the feed has the same calls as the journal: none of the superseded ones is left.
    let abonents = abonents(&sim);
    for (abonent, journal) in abonents.iter().zip(node.journals(&abonents).await) {
        let ids = |calls: &[Value]| -> BTreeSet<String> {
            let present = calls.iter().filter(|call| call["supersededBy"].is_null());
            present.map(|call| call["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&node.changes(abonent).await), ids(&journal), "{abonent}");
    }
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_lost() {
    let sim = pbx(36).await;
    let node = Node::start(&sim, true, true).await;
    node.set(json!({ "graceMs": 1000, "ringLostMs": 5000, "talkLostMs": 5000 }))
        .await;
    let history = History {
        lost_per_mille: 20,
        ..one_day(200)
    };
    sim.history(&history).await.unwrap();
    node.until_settled().await;
    let unheard = sim.unheard();
    assert!(!unheard.is_empty(), "events were lost");
    agree("2 % of the events lost", &sim, &node, &|call| heard(call, &unheard)).await;
    node.stop().await;
    sim.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random() {
    let sim = pbx(37).await;
    let mut node = Node::start(&sim, true, false).await;
    node.set(json!({ "graceMs": 1000, "ringLostMs": 5000, "talkLostMs": 5000 }))
        .await;
    let mut history = one_day(200);
    // A repeated event would deliver what the first lost: it would not be known here what was lost.
    history.faults.retain(|fault| fault != "second-subscription");
    let mut played = Box::pin(sim.history(&history));
    let (mut kills, mut next) = (0, 5);
    loop {
        tokio::select! {
            done = &mut played => break done.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(5)) => {
                // The moment is chosen by the number of calls that have ended, with others in progress.
                if sim.truth().len() >= next {
                    // Events in flight at this moment are lost.
                    sim.hold_events(true);
                    node.kill();
                    node.serve();
                    sim.hold_events(false);
                    kills += 1;
                    next += calls(200) as usize / 10 + kills % 7;
                }
            }
        }
    }
    drop(played);
    node.kill();
    node.serve();
    assert!(kills > 1, "the relay was killed while events came");
    node.until_settled().await;
    let unheard = sim.unheard();
    let variant = format!("killed {kills} times, {} sessions not heard whole", unheard.len());
    agree(&variant, &sim, &node, &|call| heard(call, &unheard)).await;
    sim.shutdown().await;
}
