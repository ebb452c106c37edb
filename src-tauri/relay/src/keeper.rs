//! The keeper of subscriptions: one task that sees to it that the PBX posts its events here.
//!
//! It renews before half of what was granted, makes the new subscription before it ends the old one (reference 1.11:
//! there is no refresh), and looks again at once when one is terminated or the settings change. At the end of the relay
//! the subscriptions stay: the next start goes on with them.

use crate::ledger::settings::{Scope, Settings, SubscriptionKind};
use crate::ledger::subscriptions::{self, Subscription};
use crate::ledger::{LedgerError, abonents};
use crate::state::App;
use crate::writer::now;
use perezvon_core::Time;
use perezvon_pbx::rest::{Portal, PortalError, SubscriptionKind as WireKind};
use serde::Serialize;
use std::sync::PoisonError;
use std::time::Duration;

/// Longest sleep: a computer that was suspended must notice soon that time has passed.
const LOOK: Duration = Duration::from_secs(30);
/// Part of the granted life after which a subscription is renewed, percent.
const RENEW_AT: i64 = 45;

/// What the keeper does at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeeperState {
    /// `starting`, `no_token`, `no_public_url`, `active`, or `failing`.
    pub(crate) state: &'static str,
    /// Code of the last failure, while failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    /// The PBX refused a subscription for the company, so there is one for each abonent.
    pub(crate) group_refused: bool,
    /// When it acts next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<Time>,
}

impl Default for KeeperState {
    fn default() -> Self {
        Self {
            state: "starting",
            error: None,
            group_refused: false,
            next_at: None,
        }
    }
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

impl From<crate::abonents::RefreshError> for Trouble {
    fn from(error: crate::abonents::RefreshError) -> Self {
        match error {
            crate::abonents::RefreshError::Portal(error) => Self::Portal(error),
            crate::abonents::RefreshError::Ledger(error) => Self::Ledger(error),
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
    /// When the PBX was last asked whether the subscriptions exist.
    verified: Option<Time>,
}

/// Works until the relay ends.
pub(crate) async fn run(app: App) {
    let mut keeper = Keeper {
        app: app.clone(),
        failures: 0,
        group_refused: false,
        verified: None,
    };
    loop {
        let woken = app.wake_keeper.notified();
        let round = tokio::select! {
            wait = keeper.round() => wait,
            () = app.stop.cancelled() => return,
        };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(round.min(LOOK)) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

impl Keeper {
    fn tell(&self, state: &'static str, error: Option<&'static str>, wait: Duration) {
        let next_at = Some(now().plus(wait.as_millis() as i64));
        let told = KeeperState {
            state,
            error,
            group_refused: self.group_refused,
            next_at,
        };
        *self.app.keeper.lock().unwrap_or_else(PoisonError::into_inner) = told;
    }

    /// One look at everything; gives how long to wait for the next.
    async fn round(&mut self) -> Duration {
        let Some(portal) = self.app.portal() else {
            self.tell("no_token", None, LOOK);
            return LOOK;
        };
        let Some(url) = self.app.callback_url() else {
            self.tell("no_public_url", None, LOOK);
            return LOOK;
        };
        match self.keep(&portal, url.as_str()).await {
            Ok(wait) => {
                self.failures = 0;
                self.tell("active", None, wait);
                wait
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
                self.tell("failing", Some(trouble.code()), wait);
                wait
            }
        }
    }

    /// Doubles with each failure up to the cap; a quarter of it is chance, so that many relays do not come at once.
    fn backoff(&mut self) -> Duration {
        let timing = self.app.timing;
        let full = timing
            .keeper_backoff
            .saturating_mul(1 << self.failures.min(16))
            .min(timing.keeper_backoff_cap);
        self.failures += 1;
        let mut byte = [0_u8; 1];
        // Without random numbers there is no jitter, which does no harm.
        let _ = getrandom::fill(&mut byte);
        full.mul_f64(0.75 + f64::from(byte[0]) / 255.0 * 0.25)
    }

    async fn keep(&mut self, portal: &Portal, url: &str) -> Result<Duration, Trouble> {
        let settings = self.app.settings();
        let kind = settings.subscription_kind;
        self.verify(portal).await?;
        let mut active = self.app.ledger.read(subscriptions::active).await?;
        let serves = |s: &Subscription, who: Option<&str>| {
            s.url == url && s.kind == kind.as_wire() && s.abonent.as_deref() == who
        };
        for who in self.wanted(portal, &settings).await? {
            let current = active.iter().find(|s| serves(s, who.as_deref()));
            if current.is_some_and(|s| now() < renew_at(s)) {
                continue;
            }
            let made = self.make(portal, who.as_deref(), url, &settings).await;
            let made = match made {
                // Not "too many requests" and the like: those pass.
                Err(Trouble::Portal(PortalError::Refused {
                    status: 200 | 400 | 404 | 405 | 422,
                    ..
                })) if who.is_none() => {
                    tracing::warn!("the PBX refuses a subscription for the company: one is made for each abonent");
                    self.group_refused = true;
                    return Box::pin(self.keep(portal, url)).await;
                }
                made => made?,
            };
            active.push(made);
        }
        let wanted = self.wanted(portal, &settings).await?;
        let newest = |s: &Subscription| {
            active
                .iter()
                .rev()
                .find(|o| serves(o, s.abonent.as_deref()))
                .map(|o| &o.id)
        };
        let mut next = self.app.timing.keeper_verify;
        for old in &active {
            if newest(old) == Some(&old.id) && wanted.contains(&old.abonent) {
                next = next.min(Duration::from_millis(renew_at(old).since(now()) as u64));
            } else {
                let (reason, by) = match newest(old) {
                    Some(new) if wanted.contains(&old.abonent) => ("renewed", Some(new.clone())),
                    _ => ("replaced", None),
                };
                self.end(old, reason, by).await?;
                // It ends by itself if the PBX does not do it now; until then its events are duplicates.
                if let Err(error) = portal.unsubscribe(&old.id).await {
                    tracing::debug!(code = error.code(), "an old subscription was not deleted");
                }
            }
        }
        Ok(next)
    }

    /// Whose subscriptions there must be: none stands for the company.
    async fn wanted(&self, portal: &Portal, settings: &Settings) -> Result<Vec<Option<String>>, Trouble> {
        if settings.subscription_scope == Scope::Group && !self.group_refused {
            return Ok(vec![None]);
        }
        let known = self.app.ledger.read(abonents::list).await?;
        let mut present: Vec<_> = known
            .into_iter()
            .filter(|a| a.gone_at.is_none())
            .map(|a| a.id)
            .collect();
        if present.is_empty() {
            present = crate::abonents::refresh(&self.app, portal, crate::ledger::audit::Who::relay())
                .await?
                .into_iter()
                .map(|a| a.id)
                .collect();
        }
        Ok(present.into_iter().map(Some).collect())
    }

    /// Marks those as ended that the PBX does not know any more.
    async fn verify(&mut self, portal: &Portal) -> Result<(), Trouble> {
        let every = self.app.timing.keeper_verify.as_millis() as i64;
        if self.verified.is_some_and(|at| now().since(at) < every) {
            return Ok(());
        }
        for subscription in self.app.ledger.read(subscriptions::active).await? {
            if now() >= subscription.expires_at {
                self.end(&subscription, "expired", None).await?;
                continue;
            }
            match portal.subscription(&subscription.id).await {
                Ok(info) if info.url.as_ref().is_none_or(|url| *url == subscription.url) => {}
                Ok(_) => self.end(&subscription, "other_address", None).await?,
                Err(PortalError::Refused { .. }) => self.end(&subscription, "lost", None).await?,
                Err(error) => return Err(error.into()),
            }
        }
        self.verified = Some(now());
        Ok(())
    }

    async fn end(&self, subscription: &Subscription, reason: &'static str, by: Option<String>) -> Result<(), Trouble> {
        let id = subscription.id.clone();
        let end = move |batch: &mut crate::writer::Batch<'_>| {
            Ok(subscriptions::end(batch.connection, &id, reason, by.as_deref(), now())?)
        };
        self.app.ledger.write(end).await?;
        Ok(())
    }

    async fn make(
        &self,
        portal: &Portal,
        who: Option<&str>,
        url: &str,
        settings: &Settings,
    ) -> Result<Subscription, Trouble> {
        let kind = match settings.subscription_kind {
            SubscriptionKind::Basic => WireKind::Basic,
            SubscriptionKind::Advanced => WireKind::Advanced,
        };
        let asked_at = now();
        let made = portal
            .subscribe(who, u64::from(settings.subscription_expires_s), url, kind)
            .await?;
        let granted_s = i64::try_from(made.expires_s).unwrap_or(i64::MAX).clamp(1, 31_536_000);
        let subscription = Subscription {
            id: made.id,
            abonent: who.map(str::to_owned),
            kind: settings.subscription_kind.as_wire().to_owned(),
            url: url.to_owned(),
            granted_s,
            made_at: asked_at,
            expires_at: asked_at.plus(granted_s * 1000),
            renewed_by: None,
            ended_at: None,
            end_reason: None,
            last_event_at: None,
            last_sequence: None,
        };
        let row = subscription.clone();
        let add = move |batch: &mut crate::writer::Batch<'_>| {
            subscriptions::add(batch.connection, &row)?;
            batch.roster_changed = true;
            batch.follow_subscriptions()
        };
        self.app.ledger.write(add).await?;
        tracing::info!(granted_s, group = who.is_none(), "subscribed");
        Ok(subscription)
    }
}

fn renew_at(subscription: &Subscription) -> Time {
    subscription
        .made_at
        .plus(subscription.granted_s.saturating_mul(10 * RENEW_AT))
}
