//! The keeper of subscriptions: one task that ensures that the PBX posts its events here.
//!
//! It renews before half of the granted time, makes the new subscription before it ends the old one (reference 1.11:
//! there is no refresh), and acts at once when a subscription is terminated, the machine wakes up, or the network or
//! the settings change. When the relay ends the subscriptions stay: the next start goes on with them.

mod plan;
mod round;
mod silence;
mod watch;

use crate::company::Company;
use crate::failed::Failed;
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::tables::subscriptions::Subscription;
use crate::timing::{self, Timing};
use crate::words;
use perezvon_core::Time;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Longest sleep: limits how late an unreported change is noticed.
const MAX_SLEEP: Duration = Duration::from_secs(30);

/// The keeper's present state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeeperState {
    /// `starting`, `no_token`, `no_public_url`, `active`, `partial` (some abonents have none), or `failing`.
    pub(crate) state: &'static str,
    /// Code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    /// The failure in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// The PBX refused a subscription for the company, so there is one per abonent.
    pub(crate) group_refused: bool,
    /// When the keeper acts next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<Time>,
    /// When the next subscription is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_renewal_at: Option<Time>,
}

/// What is wrong with the subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeeperFailure)]
pub(crate) struct Failure {
    /// A stable code, see [`words`].
    pub(crate) code: &'static str,
    /// One sentence in Russian.
    pub(crate) message: &'static str,
    /// The same in English.
    pub(crate) message_en: &'static str,
    /// The remedy, one sentence in Russian.
    pub(crate) fix: &'static str,
    /// The same in English.
    pub(crate) fix_en: &'static str,
    /// Since when.
    pub(crate) since: Time,
    /// How many abonents are affected; absent if all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) abonents: Option<usize>,
}

impl Default for KeeperState {
    fn default() -> Self {
        Self {
            state: "starting",
            error: None,
            failure: None,
            group_refused: false,
            next_at: None,
            next_renewal_at: None,
        }
    }
}

/// Requests to the keeper.
#[derive(Debug, Default)]
struct KeeperRequests {
    /// Ask the PBX whether the subscriptions exist, however recently that was done.
    look: bool,
    /// Make all subscriptions anew, and report the result.
    renew: Vec<oneshot::Sender<Option<Failure>>>,
}

/// The keeper's handle. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    told: Arc<Mutex<KeeperState>>,
    asked: Arc<Mutex<KeeperRequests>>,
    wake: Arc<Notify>,
}

impl Keeper {
    /// The present state.
    pub(crate) fn state(&self) -> KeeperState {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notified when the subscriptions may need a change.
    pub(crate) fn waker(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Has the keeper act at once and ask the PBX.
    fn look(&self) {
        self.asked().look = true;
        self.wake.notify_one();
    }

    /// Has all subscriptions made anew. Returns the failure, if any, once the keeper has tried.
    pub(crate) fn renew(&self) -> oneshot::Receiver<Option<Failure>> {
        let (reply, answer) = oneshot::channel();
        self.asked().renew.push(reply);
        self.wake.notify_one();
        answer
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, KeeperRequests> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the keeper needs.
pub(crate) struct KeeperParts {
    pub(crate) ledger: Ledger,
    pub(crate) pbx: Pbx,
    pub(crate) callback: Callback,
    pub(crate) settings: SettingsNow,
    pub(crate) company: Company,
    pub(crate) timing: Timing,
}

/// The result of a round.
struct RoundResult {
    /// When the next round is due.
    next: Duration,
    /// When the next subscription is renewed.
    renewal: Option<Duration>,
    /// Some could not be made: the code, and how many.
    refused: Option<(&'static str, usize)>,
    /// Some are in force.
    any: bool,
}

/// The keeper's task.
struct KeeperTask {
    parts: KeeperParts,
    keeper: Keeper,
    failures: u32,
    /// Rounds in a row in which the PBX refused some of the subscriptions.
    refusals: u32,
    /// A subscription that the PBX has made and the ledger could not store.
    unstored: Option<Subscription>,
    group_refused: bool,
    failure: Option<Failure>,
    /// When the PBX was last asked whether the subscriptions exist.
    verified: Option<Instant>,
    /// When each subscription was made, by the monotonic clock.
    made: HashMap<String, Instant>,
    /// Subscriptions for which the PBX now states an earlier end than it granted.
    shortened: Vec<String>,
    /// Subscriptions made before this are made anew.
    renew_before: Option<Instant>,
    /// For whom a subscription ended early: when the last one was made, and how many in a row.
    ended_soon: HashMap<Option<String>, (Instant, u32)>,
    silence: silence::Silence,
}

/// Runs until `stop`.
pub(crate) async fn run(keeper: Keeper, parts: KeeperParts, stop: CancellationToken) {
    let timing = parts.timing.clone();
    tokio::select! {
        () = keep(keeper.clone(), parts, stop) => {}
        () = watch::run(&keeper, &timing) => {}
    }
}

async fn keep(keeper: Keeper, parts: KeeperParts, stop: CancellationToken) {
    let mut token = parts.pbx.changes();
    let mut work = KeeperTask {
        parts,
        keeper: keeper.clone(),
        failures: 0,
        refusals: 0,
        unstored: None,
        group_refused: false,
        failure: None,
        verified: None,
        made: HashMap::new(),
        shortened: Vec::new(),
        renew_before: None,
        ended_soon: HashMap::new(),
        silence: silence::Silence::default(),
    };
    loop {
        let woken = keeper.wake.notified();
        let asked = std::mem::take(&mut *keeper.asked());
        if asked.look {
            work.verified = None;
            // What failed before a sleep or in another network may succeed now.
            work.failures = 0;
        }
        if !asked.renew.is_empty() {
            work.renew_before = Some(Instant::now());
            // The PBX may accept it now.
            work.group_refused = false;
            work.ended_soon.clear();
        }
        let wait = tokio::select! {
            wait = work.round() => wait,
            () = stop.cancelled() => return,
        };
        for reply in asked.renew {
            // The receiver is gone if the caller was cancelled.
            let _ = reply.send(work.failure.clone());
        }
        tokio::select! {
            () = woken => {}
            _ = token.changed() => {}
            () = tokio::time::sleep(wait.min(MAX_SLEEP)) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl KeeperTask {
    /// One round; returns how long to wait for the next.
    async fn round(&mut self) -> Duration {
        let Some(portal) = self.parts.pbx.portal("keeper") else {
            self.fail("no_token", None);
            return self.publish("no_token", MAX_SLEEP, None);
        };
        let Some(url) = self.parts.callback.url() else {
            self.fail("no_public_url", None);
            return self.publish("no_public_url", MAX_SLEEP, None);
        };
        match self.keep(&portal, url.as_str()).await {
            Ok(done) => {
                self.failures = 0;
                let (state, next) = match done.refused {
                    None => {
                        self.refusals = 0;
                        match self.silence.since {
                            Some(_) => self.fail("events_silent", None),
                            None => self.failure = None,
                        }
                        ("active", done.next)
                    }
                    Some((code, count)) => {
                        self.fail(code, done.any.then_some(count));
                        let state = if done.any { "partial" } else { "failing" };
                        let wait = self.grown(self.refusals);
                        self.refusals += 1;
                        (state, done.next.min(timing::shortened(wait)))
                    }
                };
                self.publish(state, next, done.renewal)
            }
            Err(failed) => {
                let wait = self.backoff();
                tracing::warn!(
                    code = failed.code(),
                    wait_ms = wait.as_millis() as u64,
                    "subscriptions are not in order"
                );
                if let Failed::Ledger(error) = &failed {
                    tracing::error!(%error, "the keeper cannot use the ledger");
                }
                self.fail(failed.code(), None);
                self.publish("failing", wait, None)
            }
        }
    }

    fn fail(&mut self, code: &'static str, abonents: Option<usize>) {
        let words = words::of(code);
        let since = self
            .failure
            .take()
            .filter(|known| known.code == code)
            .map_or_else(|| self.now(), |known| known.since);
        self.failure = Some(Failure {
            code,
            message: words.ru,
            message_en: words.en,
            fix: words.fix_ru,
            fix_en: words.fix_en,
            since,
            abonents,
        });
    }

    fn publish(&self, state: &'static str, next: Duration, renewal: Option<Duration>) -> Duration {
        let after = |wait: Duration| self.now().plus(wait.as_millis() as i64);
        let told = KeeperState {
            state,
            error: self.failure.as_ref().map(|failure| failure.code),
            failure: self.failure.clone(),
            group_refused: self.group_refused,
            next_at: Some(after(next)),
            next_renewal_at: renewal.map(after),
        };
        *self.keeper.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
        next
    }

    fn now(&self) -> Time {
        self.parts.timing.clock.now()
    }

    /// Doubles with each failure up to the maximum; a quarter of it is random, so that many relays do not retry at
    /// once.
    fn backoff(&mut self) -> Duration {
        let wait = self.grown(self.failures);
        self.failures += 1;
        timing::shortened(wait)
    }

    fn grown(&self, times: u32) -> Duration {
        let timing = &self.parts.timing;
        timing
            .keeper_backoff
            .saturating_mul(1 << times.min(16))
            .min(timing.keeper_backoff_cap)
    }
}
