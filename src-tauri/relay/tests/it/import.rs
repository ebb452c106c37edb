//! The import: recordings and statistics together with events, late, alone, and after a gap (issue 3, items 3 and 8).

use crate::common::{beside, binary, support, truth};
use beside::{HOUR, beside, dir, plays, sim};
use perezvon_relay::Options;
use perezvon_sim::{Cue, FaultKind, Options as SimOptions, Sim};
use std::time::Duration;
use support::{start_in, start_with, until};
use truth::{agrees, imported, journal, talk_alike};

/// Every kind of call that statistics and recordings alone can distinguish.
const SCRIPTS: &[&str] = &[
    "incoming-answered",
    "incoming-missed",
    "incoming-rejected",
    "unreachable",
    "held",
    "group-answered",
    "group-missed",
    "multichannel",
    "callcentre",
    "callcentre-missed",
    "outgoing-answered",
    "outgoing-cancelled",
    "outgoing-busy",
    "click-to-call",
    "click-to-call-no-answer",
    "internal",
    "internal-missed",
    "internal-forwarded",
    "forward-no-answer",
    "consultative-transfer",
    "blind-transfer",
    "hidden-number",
];

fn quick(options: &mut Options) {
    options.timing.import_second = Duration::from_millis(10);
    options.timing.import_pause = Duration::from_millis(1);
    options.policy = Some(perezvon_relay::Policy {
        grace_ms: 200,
        ring_lost_ms: 500,
        talk_lost_ms: 500,
    });
}

/// A simulator whose time begins `hours` ago.
async fn long_ago(hours: i64, change: impl FnOnce(&mut SimOptions)) -> Sim {
    let now = chrono::Utc::now().timestamp_millis();
    sim(|options| {
        options.base_time = Some(now - hours * HOUR);
        options.speed = 2_000_000.0;
        change(options);
    })
    .await
}

/// Calls of all kinds, one every `gap_ms`.
fn day(count: usize, gap_ms: i64) -> Vec<Cue> {
    plays(SCRIPTS.iter().cycle().take(count), gap_ms)
}

/// Every kind once, except those in `without`.
fn all_but(without: &[&str], gap_ms: i64) -> Vec<Cue> {
    plays(SCRIPTS.iter().filter(|script| !without.contains(script)), gap_ms)
}

/// Shown differently if events came: the consultation is a call of its own, linked to the other; and a dialled
/// colleague stays the other party even if the phone forwards the call.
const OTHERWISE: &[&str] = &["consultative-transfer", "internal-forwarded"];

async fn play(sim: &Sim, cues: &[Cue]) {
    let played = sim.play_all(cues).unwrap();
    sim.finished(played.id).await;
}

#[tokio::test]
async fn after_72_hours_of_silence_the_journal_is_the_truth() {
    let sim = long_ago(72, |_| {}).await;
    play(&sim, &day(220, 18 * 60_000)).await;
    let served = beside(&sim, dir(), false, quick).await;
    agrees(&served, &sim).await;
    // The journal is in the order of the calls, not of their discovery.
    let (mut starts, mut more) = (Vec::new(), String::new());
    loop {
        let page = served.get(&format!("/v1/calls?limit=30{more}")).await;
        let calls = page["calls"].as_array().unwrap();
        starts.extend(calls.iter().map(|call| call["startedAt"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["cursor"].as_i64() else { break };
        more = format!("&cursor={cursor}");
    }
    assert!(starts.len() > 200, "all pages: {}", starts.len());
    assert!(starts.is_sorted_by(|newer, older| newer >= older), "{starts:?}");
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn an_import_that_is_killed_between_pages_goes_on() {
    let sim = long_ago(30, |_| {}).await;
    play(&sim, &day(176, 9 * 60_000)).await;
    let dir = dir();
    for _ in 0..3 {
        let serving = binary::Serving::start_as(
            binary::command(binary::EXE)
                .env("PEREZVON_PBX_URL", sim.rest_url())
                .env("PEREZVON_PBX_TOKEN", sim.token())
                .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
                .arg(dir.path()),
        );
        let asked = sim.requests().len();
        until("some pages are read", || async {
            (sim.requests().len() > asked + 2).then_some(())
        })
        .await;
        serving.kill();
    }
    let served = beside(&sim, dir, false, quick).await;
    agrees(&served, &sim).await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn an_address_that_is_lost_and_found_loses_and_doubles_nothing() {
    let sim = long_ago(1, |_| {}).await;
    let served = beside(&sim, dir(), true, quick).await;
    assert_eq!(served.get("/v1/health").await["import"]["mode"], "live");
    let third = || all_but(OTHERWISE, 50_000);
    play(&sim, &third()).await;
    sim.faults().change(|faults| faults.events_off = true);
    play(&sim, &third()).await;
    sim.faults().change(|faults| faults.events_off = false);
    play(&sim, &third()).await;
    agrees(&served, &sim).await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn events_that_come_after_the_lines_join_them() {
    let sim = long_ago(3, |_| {}).await;
    let heard = beside(&sim, dir(), true, |_| {}).await;
    play(&sim, &all_but(OTHERWISE, 5 * 60_000)).await;
    let served = beside(&sim, dir(), false, quick).await;
    agrees(&served, &sim).await;
    let key = served.admin();
    let (mut feed, _) = served.feed(&key, "after=0").await;
    let path = "/v1/events/export";
    let export = heard.send(reqwest::Method::GET, path, Some(&heard.admin()), None).await;
    for line in export.text().await.unwrap().lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let status = served.post_event(event["raw"].as_str().unwrap().to_owned()).await;
        assert_eq!(status, 200);
    }
    agrees(&served, &sim).await;
    // A reader that followed the feed has exactly the calls of the journal.
    let newest = served.newest().await;
    let mut mirror = std::collections::BTreeMap::new();
    loop {
        let snapshot = support::next(&mut feed).await;
        let id = snapshot["id"].as_str().unwrap().to_owned();
        let version = snapshot["version"].as_i64().unwrap();
        if snapshot["supersededBy"].is_string() {
            mirror.remove(&id);
        } else {
            mirror.insert(id, snapshot);
        }
        if version >= newest {
            break;
        }
    }
    let journal: std::collections::BTreeSet<String> = journal(&served, None)
        .await
        .iter()
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(mirror.into_keys().collect::<std::collections::BTreeSet<_>>(), journal);
    served.relay.shutdown().await;
    heard.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn without_statistics_the_events_are_enough() {
    let sim = long_ago(3, |_| {}).await;
    sim.faults().path("v2/statistics", FaultKind::Error500, None);
    sim.faults().path("statistics", FaultKind::Error500, None);
    let served = beside(&sim, dir(), true, quick).await;
    play(&sim, &all_but(OTHERWISE, 5 * 60_000)).await;
    agrees(&served, &sim).await;
    let told = &served.get("/v1/health").await["import"]["statistics"];
    assert_eq!(
        told["error"], "pbx_unavailable",
        "and it is said that they fail: {told}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn recordings_that_come_late_below_the_cursor_are_found() {
    let sim = long_ago(20, |options| options.late_record_delay = Duration::from_secs(4_000_000)).await;
    let mut cues = day(44, 20 * 60_000);
    for cue in cues.iter_mut().step_by(3) {
        cue.play.push_str("+late-record");
    }
    play(&sim, &cues).await;
    let served = beside(&sim, dir(), false, quick).await;
    imported(&served).await;
    agrees(&served, &sim).await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn lines_and_recordings_that_come_days_late_are_found() {
    let sim = long_ago(24 * 4, |_| {}).await;
    sim.faults().change(|faults| {
        faults.statistics_late = true;
        faults.records_late = true;
    });
    play(&sim, &day(44, 60_000)).await;
    let served = beside(&sim, dir(), false, |options| {
        quick(options);
        options.timing.import_second = Duration::from_micros(200);
    })
    .await;
    imported(&served).await;
    assert!(journal(&served, None).await.is_empty(), "the PBX lists nothing yet");
    let asked = sim.requests().len();
    sim.release_late();
    agrees(&served, &sim).await;
    // Each deep pass over the last 26 hours reads one older day, not the whole week.
    let requests = sim.requests();
    let hours_back = |path: &str| {
        let (_, query) = path.split_once("statistics?")?;
        let from = query.split('&').find_map(|pair| pair.strip_prefix("dateFrom="))?;
        let from = chrono::DateTime::parse_from_rfc3339(&from.replace("%3A", ":")).unwrap();
        Some((chrono::Utc::now().timestamp_millis() - from.timestamp_millis()) / HOUR)
    };
    let back: Vec<i64> = (requests.iter().skip(asked))
        .filter_map(|request| hours_back(&request.path))
        .collect();
    let older = back.iter().filter(|hours| **hours > 26).count();
    let deep = back.iter().filter(|hours| **hours == 26).count();
    assert!(
        (1..=deep + 1).contains(&older),
        "{older} older ones to {deep}: {back:?}"
    );
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn what_retention_deleted_does_not_come_back_from_the_lists() {
    let sim = long_ago(40, |_| {}).await;
    play(&sim, &day(44, 50 * 60_000)).await;
    let served = beside(&sim, dir(), false, quick).await;
    agrees(&served, &sim).await;
    let (set, admin) = (serde_json::json!({ "keepCallsDays": 1 }), served.admin());
    let taken = served.send(reqwest::Method::PUT, "/v1/settings", Some(&admin), Some(set));
    assert_eq!(taken.await.status(), 200, "the setting is taken");
    let before = journal(&served, None).await.len();
    let served = beside(&sim, served.stop().await, false, |options| {
        quick(options);
        options.timing.import_second = Duration::from_micros(200);
    })
    .await;
    until("old calls are deleted", || async {
        let audit = served.get("/v1/audit?what=retention_ran").await;
        audit["entries"][0]["detail"]["calls"]
            .as_u64()
            .filter(|calls| *calls > 5)
    })
    .await;
    let kept = journal(&served, None).await.len();
    assert!(kept > 5 && kept < before, "{kept} of {before} calls are kept");
    // Each list is read repeatedly, with the last 26 hours each time.
    let asked = sim.requests().len();
    until("the lists were read many times", || async {
        (sim.requests().len() > asked + 40).then_some(())
    })
    .await;
    imported(&served).await;
    assert_eq!(journal(&served, None).await.len(), kept, "none is back");
    let dir = served.stop().await;
    let connection = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    for table in ["statistics_lines", "recordings"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE started_at < (SELECT min(started_at) FROM calls)");
        let old: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        let all: i64 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        assert!(
            old == 0 && all > 0,
            "{table}: {old} of {all} rows are of calls that were deleted"
        );
    }
    sim.shutdown().await;
}

#[tokio::test]
async fn the_first_edition_of_the_statistics_tells_who_spoke() {
    let sim = long_ago(20, |_| {}).await;
    sim.faults().change(|faults| faults.v2_statistics_off = true);
    // It does not give the caller, so which agents were rung for one call is not known.
    let without = ["callcentre", "forward-no-answer"];
    play(&sim, &all_but(&without, 20 * 60_000)).await;
    let served = beside(&sim, dir(), false, quick).await;
    talk_alike(&served, &sim).await;
    served.relay.shutdown().await;
    sim.shutdown().await;
}

#[tokio::test]
async fn a_refused_token_is_told_and_a_new_one_wakes_everything() {
    let served = start_with(|_| {}).await;
    assert_eq!(served.get("/v1/health").await["import"]["mode"], "off");
    let sim = sim(|_| {}).await;
    let rest = sim.rest_url();
    // A refused request is not repeated by itself during the test: the retries come after one minute and after five.
    let served = start_in(served.stop().await, |options| {
        options.timing.import_second = Duration::from_millis(100);
        options.timing.import_pause = Duration::from_millis(1);
        options.timing.keeper_backoff = Duration::from_mins(5);
        options.pbx_url = rest.parse().unwrap();
        options.token = Some(perezvon_relay::Token::parse("00000000-0000-4000-8000-00000000dead").unwrap());
    })
    .await;
    let own = served.url("/").parse().unwrap();
    served.relay.set_public_url(Some(own)).await.unwrap();
    until("the cause is visible", || async {
        let import = served.get("/v1/health").await["import"].clone();
        let keeper = served.get("/v1/subscriptions").await["keeper"].clone();
        let lists = ["records", "statistics"].map(|list| import[list]["error"].clone());
        let told = lists.iter().all(|error| error == "pbx_unauthorized") && import["mode"] == "polling";
        (told && keeper["error"] == "pbx_unauthorized" && keeper["failure"]["fix"].is_string()).then_some(())
    })
    .await;
    let refused = sim.requests().len();
    let good = serde_json::json!({ "token": sim.token() });
    let admin = served.admin();
    let taken = served.send(reqwest::Method::PUT, "/v1/settings/token", Some(&admin), Some(good));
    assert_eq!(taken.await.status(), 200, "the right one is taken");
    until("everything works at once", || async {
        let import = served.get("/v1/health").await["import"].clone();
        let keeper = served.get("/v1/subscriptions").await["keeper"].clone();
        let read = |list: &str| import[list]["lastAt"].is_string() && import[list]["error"].is_null();
        (read("records") && read("statistics") && import["mode"] == "live" && keeper["state"] == "active").then_some(())
    })
    .await;
    let tried: Vec<_> = sim
        .requests()
        .into_iter()
        .skip(refused)
        .filter(|request| request.status == Some(401))
        .collect();
    assert!(tried.is_empty(), "nobody tries the old one again: {tried:?}");
    served.relay.shutdown().await;
    sim.shutdown().await;
}
