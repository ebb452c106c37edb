//! The keeper of subscriptions: one task that sees to it that the PBX posts its events here.
//!
//! It renews before half of what was granted, makes the new subscription before it ends the old one (reference 1.11:
//! there is no refresh), and looks again at once when one is terminated, the machine wakes, the network or the settings
//! change. At the end of the relay the subscriptions stay: the next start goes on with them.

mod plan;
mod round;
mod silence;
mod watch;

use crate::company::Company;
use crate::failed::Failed;
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::timing::Timing;
use crate::words;
use perezvon_core::Time;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Longest sleep: what nobody told of must be noticed soon.
const LOOK: Duration = Duration::from_secs(30);

/// What the keeper does at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeeperState {
    /// `starting`, `no_token`, `no_public_url`, `active`, `partial` (some abonents have none), or `failing`.
    pub(crate) state: &'static str,
    /// Code of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// The PBX refused a subscription for the company, so there is one for each abonent.
    pub(crate) group_refused: bool,
    /// When it acts next.
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
    /// A stable word, see [`words`].
    pub(crate) code: &'static str,
    /// One sentence in Russian.
    pub(crate) message: &'static str,
    /// The same in English.
    pub(crate) message_en: &'static str,
    /// What to do, one sentence in Russian.
    pub(crate) fix: &'static str,
    /// The same in English.
    pub(crate) fix_en: &'static str,
    /// Since when.
    pub(crate) since: Time,
    /// How many abonents it concerns; absent where it is all.
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

/// What others ask of the keeper.
#[derive(Debug, Default)]
struct Asked {
    /// Ask the PBX whether the subscriptions exist, without regard to when that was last done.
    look: bool,
    /// Make all subscriptions anew, and say how it went.
    renew: Vec<oneshot::Sender<Option<Failure>>>,
}

/// What others know of the keeper and ask of it. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Keeper {
    told: Arc<Mutex<KeeperState>>,
    asked: Arc<Mutex<Asked>>,
    wake: Arc<Notify>,
}

impl Keeper {
    /// What it does at the moment.
    pub(crate) fn state(&self) -> KeeperState {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notified where there is a reason to look at the subscriptions.
    pub(crate) fn waker(&self) -> Arc<Notify> {
        self.wake.clone()
    }

    /// Has it look at once, and ask the PBX.
    fn look(&self) {
        self.asked().look = true;
        self.wake.notify_one();
    }

    /// Has all subscriptions made anew. Gives what went wrong, when the keeper has tried.
    pub(crate) fn renew(&self) -> oneshot::Receiver<Option<Failure>> {
        let (reply, answer) = oneshot::channel();
        self.asked().renew.push(reply);
        self.wake.notify_one();
        answer
    }

    fn asked(&self) -> std::sync::MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the keeper works with.
pub(crate) struct Needs {
    pub(crate) ledger: Ledger,
    pub(crate) pbx: Pbx,
    pub(crate) callback: Callback,
    pub(crate) settings: SettingsNow,
    pub(crate) company: Company,
    pub(crate) timing: Timing,
}

/// What a round came to.
struct Done {
    /// When to look again.
    next: Duration,
    /// When the next subscription is renewed.
    renewal: Option<Duration>,
    /// Some could not be made: why, and how many.
    refused: Option<(&'static str, usize)>,
    /// Some are in force.
    any: bool,
}

/// The keeper at work.
struct Work {
    needs: Needs,
    keeper: Keeper,
    failures: u32,
    group_refused: bool,
    failure: Option<Failure>,
    /// When the PBX was last asked whether the subscriptions exist.
    verified: Option<Instant>,
    /// When each subscription was made, by the machine's counter.
    made: HashMap<String, Instant>,
    /// Those of which the PBX says that they end sooner than it granted.
    shortened: Vec<String>,
    /// What was made before is made anew.
    renew_before: Option<Instant>,
    /// When the last one was made for whom, and how often it did not last.
    ended_soon: HashMap<Option<String>, (Instant, u32)>,
    silence: silence::Silence,
}

/// Works until `stop`.
pub(crate) async fn run(keeper: Keeper, needs: Needs, stop: CancellationToken) {
    let timing = needs.timing.clone();
    tokio::select! {
        () = keep(keeper.clone(), needs, stop) => {}
        () = watch::run(&keeper, &timing) => {}
    }
}

async fn keep(keeper: Keeper, needs: Needs, stop: CancellationToken) {
    let mut token = needs.pbx.changes();
    let mut work = Work {
        needs,
        keeper: keeper.clone(),
        failures: 0,
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
            // What failed before the sleep or in the other network may succeed now.
            work.failures = 0;
        }
        if !asked.renew.is_empty() {
            work.renew_before = Some(Instant::now());
            // Perhaps the PBX takes it today.
            work.group_refused = false;
            work.ended_soon.clear();
        }
        let wait = tokio::select! {
            wait = work.round() => wait,
            () = stop.cancelled() => return,
        };
        for reply in asked.renew {
            // Nobody waits any more when the caller was cancelled.
            let _ = reply.send(work.failure.clone());
        }
        tokio::select! {
            () = woken => {}
            _ = token.changed() => {}
            () = tokio::time::sleep(wait.min(LOOK)) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Work {
    /// One look at everything; gives how long to wait for the next.
    async fn round(&mut self) -> Duration {
        let Some(portal) = self.needs.pbx.portal("keeper") else {
            self.fail("no_token", None);
            return self.tell("no_token", LOOK, None);
        };
        let Some(url) = self.needs.callback.url() else {
            self.fail("no_public_url", None);
            return self.tell("no_public_url", LOOK, None);
        };
        match self.keep(&portal, url.as_str()).await {
            Ok(done) => {
                let (state, next) = match done.refused {
                    None => {
                        self.failures = 0;
                        match self.silence.since {
                            Some(_) => self.fail("events_silent", None),
                            None => self.failure = None,
                        }
                        ("active", done.next)
                    }
                    Some((code, count)) => {
                        self.fail(code, done.any.then_some(count));
                        let state = if done.any { "partial" } else { "failing" };
                        (state, done.next.min(self.backoff()))
                    }
                };
                self.tell(state, next, done.renewal)
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
                self.tell("failing", wait, None)
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

    fn tell(&self, state: &'static str, next: Duration, renewal: Option<Duration>) -> Duration {
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
        self.needs.timing.clock.now()
    }

    /// Doubles with each failure up to the cap; a quarter of it is chance, so that many relays do not come at once.
    fn backoff(&mut self) -> Duration {
        let wait = self.grown(self.failures);
        self.failures += 1;
        wait.mul_f64(0.75 + chance() * 0.25)
    }

    fn grown(&self, times: u32) -> Duration {
        let timing = &self.needs.timing;
        timing
            .keeper_backoff
            .saturating_mul(1 << times.min(16))
            .min(timing.keeper_backoff_cap)
    }
}

/// Chance from 0 to 1.
fn chance() -> f64 {
    let mut byte = [0_u8; 1];
    // Without random numbers there is no jitter, which does no harm.
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}
