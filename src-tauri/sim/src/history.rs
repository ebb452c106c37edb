//! A stretch of the past: thousands of calls in virtual time, which go into the truth, the statistics and the records
//! without waiting for real time. Their events are sent as fast as the subscribers take them, or not at all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    company::{Company, LineKind},
    deliver::Waiting,
    plan::{Step, What},
    player::shifted,
    rng::Rng,
    scripts::{Args, MODIFIERS, SCRIPTS, write},
    world::{World, now_ms},
};

/// Most calls in one history.
const MAX_CALLS: u32 = 1_000_000;
/// Longest time from the start of a call to its end, milliseconds.
const LONGEST_CALL_MS: i64 = 15 * 60_000;
/// Length of a history whose beginning is not given, milliseconds.
const DEFAULT_SPAN_MS: i64 = 72 * 3_600_000;
/// Different outside numbers that call or are called.
const CLIENTS: u64 = 3000;
/// Events that may wait for a subscriber before the next are written.
const MAX_QUEUED_EVENTS: usize = 512;

/// Whether the events of a history are delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deliver {
    /// No events are sent: there are only statistics and records.
    Nothing,
    /// Every event is posted, as fast as the subscribers take them.
    #[default]
    Events,
}

/// What to lay out; see [`crate::Sim::history`]. The same company, run and seed give the same calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct History {
    /// How many calls, at most 1,000,000.
    pub calls: u32,
    /// The first call begins at this time or later, epoch milliseconds. Default: 72 hours before `to`.
    pub from: Option<i64>,
    /// By this time the last call is over, epoch milliseconds. Default: now.
    pub to: Option<i64>,
    /// Default: the run's seed.
    pub seed: Option<u64>,
    /// Names of scripts, each as likely as the others. Empty: all that make a call, the everyday ones more often.
    pub scripts: Vec<String>,
    /// Outside numbers that call or are called. Empty: 3000 by seed.
    pub numbers: Vec<String>,
    /// Modifiers; see `faults_per_mille`.
    pub faults: Vec<String>,
    /// So many of a thousand calls get one of the `faults`, and half of those a second one.
    pub faults_per_mille: u32,
    /// So many of a thousand events use up their sequence number and are never delivered.
    pub lost_per_mille: u32,
    /// Whether events are delivered.
    pub deliver: Deliver,
}

impl Default for History {
    fn default() -> Self {
        Self {
            calls: 1000,
            from: None,
            to: None,
            seed: None,
            scripts: Vec::new(),
            numbers: Vec::new(),
            faults: Vec::new(),
            faults_per_mille: 100,
            lost_per_mille: 0,
            deliver: Deliver::default(),
        }
    }
}

impl History {
    /// The modifiers with which every event still arrives and says whom it is about.
    pub fn harmless_faults() -> Vec<String> {
        let harmful = ["lost-released", "missing-target"];
        let names = MODIFIERS.iter().map(|(name, _)| *name);
        names.filter(|name| !harmful.contains(name)).map(Into::into).collect()
    }
}

/// How often the everyday scripts come up among a hundred or so; the others count 2, and 0 are those without a call.
fn weight(script: &str) -> u64 {
    match script {
        "incoming-answered" | "outgoing-answered" => 16,
        "incoming-missed" | "group-answered" => 8,
        "callcentre" | "internal" | "click-to-call" | "group-missed" => 5,
        "subscription-start" | "subscription-end" | "resync" => 0,
        _ => 2,
    }
}

/// One call, before it is written.
#[derive(Clone, Debug)]
struct Planned {
    at: i64,
    script: String,
    args: Args,
}

/// Chooses what happens.
struct Planner<'a> {
    company: &'a Company,
    history: &'a History,
    rng: Rng,
    seed: u64,
    scripts: Vec<(&'static str, Option<LineKind>, u64)>,
    /// When each abonent's phone is likely to be free again.
    free: Vec<i64>,
}

impl Planner<'_> {
    fn plan(mut self, from: i64, last: i64) -> Vec<Planned> {
        let days = last - from > 86_400_000;
        let mut starts: Vec<i64> = (0..self.history.calls).map(|_| self.start(from, last, days)).collect();
        starts.sort_unstable();
        let mut planned: Vec<Planned> = Vec::with_capacity(starts.len());
        for (i, at) in starts.into_iter().enumerate() {
            // One caller in 25 tries again within seconds, at the same phone or line.
            let again = planned.last().filter(|_| self.rng.below(25) == 0).cloned();
            let mut call = match again {
                Some(before) => Planned {
                    at: (before.at + 500 + self.rng.below(20_000) as i64).min(last),
                    ..before
                },
                None => self.call(at),
            };
            call.args.seed = Some(self.seed ^ (i as u64 + 1).wrapping_mul(0x9e37_79b9));
            call.args.faults = self.faults();
            planned.push(call);
        }
        planned.sort_by_key(|call| call.at);
        planned
    }

    /// Over several days most calls come in working hours of the European part of the country.
    fn start(&mut self, from: i64, last: i64, days: bool) -> i64 {
        loop {
            let at = from + self.rng.below((last - from).max(1) as u64) as i64;
            let hour = (at / 3_600_000).rem_euclid(24);
            if !days || (6..15).contains(&hour) || self.rng.below(12) == 0 {
                return at;
            }
        }
    }

    fn call(&mut self, at: i64) -> Planned {
        let total = self.scripts.iter().map(|(_, _, weight)| weight).sum();
        let mut choice = self.rng.below(total);
        let (script, kind) = self
            .scripts
            .iter()
            .find(|(_, _, weight)| {
                let found = choice < *weight;
                choice = choice.saturating_sub(*weight);
                found
            })
            .map_or((self.scripts[0].0, self.scripts[0].1), |(name, kind, _)| (*name, *kind));
        let line = kind.and_then(|kind| {
            let lines: Vec<_> = self.company.lines.iter().filter(|l| l.kind == kind).collect();
            (!lines.is_empty()).then(|| lines[self.rng.below(lines.len() as u64) as usize])
        });
        let everybody: Vec<usize> = (0..self.company.abonents.len()).collect();
        let who = self.free_one(line.map_or(&everybody, |l| &l.members), at, None);
        let colleague = self.free_one(&everybody, at, Some(who));
        let id = |i: usize| self.company.abonents[i].user_id.clone();
        // A call by REST may be to a colleague as well.
        let inside = script == "click-to-call" && self.rng.below(8) == 0;
        let number = if inside {
            self.company.abonents[colleague].extension.clone()
        } else {
            None
        };
        let number = number.unwrap_or_else(|| match &self.history.numbers[..] {
            [] => format!("+7900100{:04}", 1000 + self.rng.below(CLIENTS)),
            numbers => numbers[self.rng.below(numbers.len() as u64) as usize].clone(),
        });
        let long = (self.rng.below(20) == 0).then(|| 60_000 + self.rng.below(300_000) as i64);
        let args = Args {
            abonent: Some(id(who)),
            colleague: Some(id(colleague)),
            number: Some(number),
            line: line.map(|l| l.number_id.clone()),
            talk_ms: long,
            ..Args::default()
        };
        Planned {
            at,
            script: script.to_owned(),
            args,
        }
    }

    /// One whose phone is likely to be free; after a few tries a second call at a phone in use will do.
    fn free_one(&mut self, among: &[usize], at: i64, but: Option<usize>) -> usize {
        let mut chosen = among.first().copied().unwrap_or(0);
        for _ in 0..8 {
            chosen = among[self.rng.below(among.len() as u64) as usize];
            if Some(chosen) != but && self.free[chosen] <= at {
                break;
            }
        }
        self.free[chosen] = at + 90_000;
        chosen
    }

    fn faults(&mut self) -> Vec<String> {
        let choices = self.history.faults.len() as u64;
        if choices == 0 || self.rng.below(1000) >= u64::from(self.history.faults_per_mille) {
            return Vec::new();
        }
        let mut faults: Vec<String> = (0..=self.rng.below(2))
            .map(|_| self.history.faults[self.rng.below(choices) as usize].clone())
            .collect();
        faults.dedup();
        faults
    }
}

impl World {
    /// See [`crate::Sim::history`].
    pub(crate) async fn history(self: &Arc<Self>, history: &History) -> anyhow::Result<()> {
        let to = history.to.unwrap_or_else(now_ms);
        let from = history.from.unwrap_or(to - DEFAULT_SPAN_MS);
        let planned = self.planner(history, from, to)?.plan(from, to - LONGEST_CALL_MS);
        let (waiting, mut all_done) = mpsc::channel(1);
        let waiting = Some(waiting);
        let recorded = self.recorded();
        let recording = |user_id: &str| recorded.get(user_id).is_some_and(|on| *on);
        let mut losses = Rng::fork(history.seed.unwrap_or(self.seed), u64::MAX);
        let mut pending: BTreeMap<(i64, u64), Step> = BTreeMap::new();
        let mut count = 0;
        for call in planned {
            self.pass(&mut pending, call.at, &waiting).await;
            let context = self.context(&mut self.lock(), &recording);
            for mut step in write(&call.script, &call.args, 0, &context)?.steps {
                match &mut step.what {
                    What::End { .. } => {}
                    _ if history.deliver == Deliver::Nothing => continue,
                    What::Event(event) => {
                        event.mishap.lost |= losses.below(1000) < u64::from(history.lost_per_mille);
                    }
                    _ => {}
                }
                count += 1;
                let step = shifted(step, call.at);
                pending.insert((step.at, count), step);
            }
        }
        self.pass(&mut pending, i64::MAX, &waiting).await;
        self.flush();
        drop(waiting);
        // Nothing is ever sent: this ends when the last event has left its queue.
        all_done.recv().await;
        Ok(())
    }

    fn planner<'a>(&'a self, history: &'a History, from: i64, to: i64) -> anyhow::Result<Planner<'a>> {
        ensure!(history.calls <= MAX_CALLS, "calls are at most {MAX_CALLS}");
        ensure!(
            to - from > 2 * LONGEST_CALL_MS,
            "a history is at least {} minutes long",
            2 * LONGEST_CALL_MS / 60_000
        );
        let unknown = |name: &String| !MODIFIERS.iter().any(|(known, _)| known == name);
        if let Some(name) = history.faults.iter().find(|name| unknown(name)) {
            anyhow::bail!("no modifier named {name:?}");
        }
        let named = |name: &str| SCRIPTS.iter().find(|s| s.name == name);
        let scripts = if history.scripts.is_empty() {
            SCRIPTS.iter().map(|s| (s.name, s.line, weight(s.name))).collect()
        } else {
            let found = history.scripts.iter().map(|name| {
                let script = named(name).ok_or_else(|| anyhow::anyhow!("no script named {name:?}"))?;
                Ok((script.name, script.line, 1))
            });
            found.collect::<anyhow::Result<Vec<_>>>()?
        };
        let seed = history.seed.unwrap_or(self.seed);
        Ok(Planner {
            company: &self.options.company,
            history,
            rng: Rng::fork(seed, 0x4157),
            seed,
            scripts,
            free: vec![i64::MIN; self.options.company.abonents.len()],
        })
    }

    /// Carries out what lies before `until`. The next events wait while a subscriber has many to take.
    async fn pass(self: &Arc<Self>, pending: &mut BTreeMap<(i64, u64), Step>, until: i64, waiting: &Waiting) {
        while let Some(entry) = pending.first_entry().filter(|entry| entry.key().0 < until) {
            let step = entry.remove();
            if let What::End { truth, late_record } = step.what {
                let delay = if late_record {
                    self.options.late_record_delay.div_f64(self.speed())
                } else {
                    Duration::ZERO
                };
                self.over(*truth, delay, late_record);
                tokio::task::yield_now().await;
                continue;
            }
            self.act(0, step, waiting);
            while self.most_waiting() > MAX_QUEUED_EVENTS && !self.stop.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
