//! The keeper of subscriptions: one task that sees to it that the PBX posts its events here.
//!
//! It renews before half of what was granted, makes the new subscription before it ends the old one (reference 1.11:
//! there is no refresh), and looks again at once when one is terminated, the machine wakes, the network or the settings
//! change. At the end of the relay the subscriptions stay: the next start goes on with them.

mod plan;
mod round;
mod silence;
mod watch;

use crate::state::App;
use crate::tables::LedgerError;
use crate::words;
use perezvon_core::Time;
use perezvon_pbx::rest::PortalError;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Longest sleep: what nobody told of must be noticed soon.
const LOOK: Duration = Duration::from_secs(30);

/// What the keeper does at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
pub(crate) struct Asked {
    /// Ask the PBX whether the subscriptions exist, without regard to when that was last done.
    look: bool,
    /// Make all subscriptions anew, and say how it went.
    renew: Vec<oneshot::Sender<Option<Failure>>>,
}

/// Has the keeper look at once, and ask the PBX.
pub(crate) fn ask_to_look(app: &App) {
    app.keeper_asked.lock().unwrap_or_else(PoisonError::into_inner).look = true;
    app.wake_keeper.notify_one();
}

/// Has all subscriptions made anew. Gives what went wrong, when the keeper has tried.
pub(crate) fn ask_to_renew(app: &App) -> oneshot::Receiver<Option<Failure>> {
    let (reply, answer) = oneshot::channel();
    let mut asked = app.keeper_asked.lock().unwrap_or_else(PoisonError::into_inner);
    asked.renew.push(reply);
    drop(asked);
    app.wake_keeper.notify_one();
    answer
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

/// Why a round did not succeed.
enum Trouble {
    Portal(PortalError),
    Ledger(LedgerError),
}

impl From<PortalError> for Trouble {
    fn from(error: PortalError) -> Self {
        Self::Portal(error)
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<crate::company::RefreshError> for Trouble {
    fn from(error: crate::company::RefreshError) -> Self {
        match error {
            crate::company::RefreshError::Portal(error) => Self::Portal(error),
            crate::company::RefreshError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Portal(error) => error.code(),
            Self::Ledger(_) => "ledger",
        }
    }
}

struct Keeper {
    app: App,
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

/// Works until the relay ends.
pub(crate) async fn run(app: App) {
    tokio::select! {
        () = keep(app.clone()) => {}
        () = watch::run(&app) => {}
    }
}

async fn keep(app: App) {
    let mut keeper = Keeper {
        app: app.clone(),
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
        let woken = app.wake_keeper.notified();
        let asked = std::mem::take(&mut *app.keeper_asked.lock().unwrap_or_else(PoisonError::into_inner));
        if asked.look {
            keeper.verified = None;
            // What failed before the sleep or in the other network may succeed now.
            keeper.failures = 0;
        }
        if !asked.renew.is_empty() {
            keeper.renew_before = Some(Instant::now());
            // Perhaps the PBX takes it today.
            keeper.group_refused = false;
            keeper.ended_soon.clear();
        }
        let wait = tokio::select! {
            wait = keeper.round() => wait,
            () = app.stop.cancelled() => return,
        };
        for reply in asked.renew {
            // Nobody waits any more when the caller was cancelled.
            let _ = reply.send(keeper.failure.clone());
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(wait.min(LOOK)) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

impl Keeper {
    /// One look at everything; gives how long to wait for the next.
    async fn round(&mut self) -> Duration {
        let Some(portal) = self.app.portal_for("keeper") else {
            self.fail("no_token", None);
            return self.tell("no_token", LOOK, None);
        };
        let Some(url) = self.app.callback_url() else {
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
            Err(trouble) => {
                let wait = self.backoff();
                tracing::warn!(
                    code = trouble.code(),
                    wait_ms = wait.as_millis() as u64,
                    "subscriptions are not in order"
                );
                if let Trouble::Ledger(error) = &trouble {
                    tracing::error!(%error, "the keeper cannot use the ledger");
                }
                self.fail(trouble.code(), None);
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
            .map_or_else(|| self.app.now(), |known| known.since);
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
        let after = |wait: Duration| self.app.now().plus(wait.as_millis() as i64);
        let told = KeeperState {
            state,
            error: self.failure.as_ref().map(|failure| failure.code),
            failure: self.failure.clone(),
            group_refused: self.group_refused,
            next_at: Some(after(next)),
            next_renewal_at: renewal.map(after),
        };
        *self.app.keeper.lock().unwrap_or_else(PoisonError::into_inner) = told;
        next
    }

    /// Doubles with each failure up to the cap; a quarter of it is chance, so that many relays do not come at once.
    fn backoff(&mut self) -> Duration {
        let wait = self.grown(self.failures);
        self.failures += 1;
        wait.mul_f64(0.75 + chance() * 0.25)
    }

    fn grown(&self, times: u32) -> Duration {
        let timing = &self.app.timing;
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
