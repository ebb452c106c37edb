//! A relay next to the simulator.
#![allow(unreachable_pub, missing_docs, clippy::unwrap_used)]

use crate::common::support::{IVANOV, Served, start_in, until};
use perezvon_relay::Token;
use perezvon_sim::{Args, Cue, Options as SimOptions, Sim};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Milliseconds.
pub const HOUR: i64 = 3_600_000;

pub async fn sim(change: impl FnOnce(&mut SimOptions)) -> Sim {
    let mut options = SimOptions {
        speed: 200.0,
        seed: Some(7),
        ..SimOptions::default()
    };
    change(&mut options);
    Sim::start(options).await.unwrap()
}

/// A relay that the simulator can reach, with or without a subscription.
pub async fn beside(
    sim: &Sim,
    dir: TempDir,
    subscribed: bool,
    change: impl FnOnce(&mut perezvon_relay::Options),
) -> Served {
    let rest = sim.rest_url();
    let token = Token::parse(sim.token()).unwrap();
    let served = start_in(dir, |options| {
        options.pbx_url = rest.parse().unwrap();
        options.token = Some(token);
        change(options);
    })
    .await;
    if subscribed {
        let own = served.url("/").parse().unwrap();
        served.relay.set_public_url(Some(own)).await.unwrap();
        until("a subscription at the PBX", || async {
            (!sim.subscriptions().is_empty()).then_some(())
        })
        .await;
        until("the keeper is content", || async {
            (served.get("/v1/subscriptions").await["keeper"]["state"] == "active").then_some(())
        })
        .await;
    }
    served
}

pub fn dir() -> TempDir {
    TempDir::new().unwrap()
}

pub fn to(number: &str) -> Value {
    json!({ "number": number, "abonent": IVANOV })
}

pub fn own_abonent(sim: &Sim) -> String {
    sim.options().company.abonents[0].user_id.clone()
}

/// Ids of all abonents.
pub fn abonents(sim: &Sim) -> Vec<String> {
    let abonents = sim.options().company.abonents.iter();
    abonents.map(|abonent| abonent.user_id.clone()).collect()
}

/// A call of each script, one every `gap_ms`.
pub fn plays<'a>(scripts: impl Iterator<Item = &'a &'a str>, gap_ms: i64) -> Vec<Cue> {
    let cue = |(n, script): (usize, &&str)| Cue {
        at_ms: n as i64 * gap_ms,
        play: (*script).to_owned(),
        args: Args::default(),
    };
    scripts.enumerate().map(cue).collect()
}
