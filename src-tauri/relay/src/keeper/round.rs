//! One round: which subscriptions exist and which should, and making and ending them.

use super::plan::{self, Age};
use super::{KeeperTask, RoundResult};
use crate::failed::Failed;
use crate::ledger::entry::{SubscriptionEnded, SubscriptionMade};
use crate::tables::abonents;
use crate::tables::audit::Who;
use crate::tables::settings::{Scope, Settings, SubscriptionKind};
use crate::tables::subscriptions::{self, Subscription};
use crate::timing;
use perezvon_pbx::rest::{Portal, PortalError, SubscriptionKind as WireKind};
use std::time::{Duration, Instant};

/// A subscription that ends earlier after it was made counts as ended early: the next one waits.
const ENDED_EARLY_WITHIN: Duration = Duration::from_mins(1);

/// The subscriptions that should exist.
struct WantedSubscriptions<'a> {
    /// The present callback.
    url: &'a str,
    settings: &'a Settings,
    /// For whom: none stands for the company.
    of: Vec<Option<String>>,
}

impl WantedSubscriptions<'_> {
    /// Whether the subscription brings the wanted events of `who` to the present callback.
    fn is_met(&self, by: &Subscription, who: Option<&str>) -> bool {
        let kind = self.settings.subscription_kind.as_wire();
        by.url == self.url && by.kind == kind && by.abonent.as_deref() == who
    }

    /// The newest subscription that is wanted for `who`.
    fn newest<'s>(&self, active: &'s [Subscription], who: Option<&str>) -> Option<&'s Subscription> {
        active.iter().rev().find(|one| self.is_met(one, who))
    }
}

/// The result of making the subscriptions of a round.
#[derive(Default)]
struct MadeSubscriptions {
    /// The PBX refuses a subscription for the company: the round begins anew with one per abonent.
    group_refused: bool,
    /// The wait before those whose last subscriptions ended early are made again.
    wait: Option<Duration>,
    /// How many could not be made, and the code of the last refusal.
    refused: Option<(&'static str, usize)>,
}

impl MadeSubscriptions {
    fn refuse(&mut self, code: &'static str) {
        self.refused = Some((code, self.refused.map_or(0, |known| known.1) + 1));
    }
}

impl KeeperTask {
    pub(super) async fn keep(&mut self, portal: &Portal, url: &str) -> Result<RoundResult, Failed> {
        // Before another is made: the PBX posts every event to each of them.
        if let Some(made) = &self.unstored {
            self.parts.ledger.put(SubscriptionMade(made.clone())).await?;
            self.unstored = None;
        }
        let settings = self.parts.settings.borrow().clone();
        let wanted = WantedSubscriptions {
            url,
            settings: &settings,
            of: self.wanted(portal, &settings).await?,
        };
        let refused = self.verify(portal, wanted.of.len()).await?;
        let mut active = self.parts.ledger.read(subscriptions::active).await?;
        let current: Vec<_> = active
            .iter()
            .filter(|one| wanted.is_met(one, one.abonent.as_deref()) && wanted.of.contains(&one.abonent))
            .cloned()
            .collect();
        if self.is_silence_found(portal, &current).await {
            self.renew_before = Some(Instant::now());
        }
        let made = MadeSubscriptions {
            refused,
            ..MadeSubscriptions::default()
        };
        let made = self.make_due(portal, &wanted, &mut active, made).await?;
        if made.group_refused {
            self.group_refused = true;
            return Box::pin(self.keep(portal, url)).await;
        }
        let renewal = self.end_old(portal, &wanted, &active).await?;
        let verify = self.parts.timing.keeper_verify;
        let next = made.wait.map_or(verify, |wait| wait.min(verify));
        Ok(RoundResult {
            // What is due and was refused is not made in this round; the back-off decides when it is tried again.
            next: renewal
                .filter(|left| !left.is_zero())
                .map_or(next, |left| next.min(left)),
            any: renewal.is_some(),
            renewal,
            refused: made.refused,
        })
    }

    /// Makes the subscriptions that are missing or due for renewal.
    async fn make_due(
        &mut self,
        portal: &Portal,
        wanted: &WantedSubscriptions<'_>,
        active: &mut Vec<Subscription>,
        mut made: MadeSubscriptions,
    ) -> Result<MadeSubscriptions, Failed> {
        let mut down = FailureCount::default();
        for who in &wanted.of {
            let found = wanted.newest(active, who.as_deref());
            let is_new = found.is_none();
            if found.is_some_and(|one| !self.until_renewal(one, wanted.settings).is_zero()) {
                continue;
            }
            if is_new && let Some(wait) = self.too_soon(who.as_ref()) {
                made.wait = Some(made.wait.map_or(wait, |known| known.min(wait)));
                made.refuse("subscription_ended");
                continue;
            }
            self.pace().await;
            match self.make(portal, who.as_deref(), wanted.url, wanted.settings).await {
                Ok(one) => {
                    self.note_made(who.as_ref(), &one.id, is_new);
                    active.push(one);
                }
                Err(Failed::Portal(error)) if is_permanent(&error) && who.is_none() => {
                    tracing::warn!("the PBX refuses a subscription for the company: one is made for each abonent");
                    made.group_refused = true;
                    return Ok(made);
                }
                // One abonent that the PBX refuses must not stop the events of the others.
                Err(Failed::Portal(error)) if is_permanent(&error) => {
                    tracing::warn!(code = error.code(), "the PBX refuses the subscription of an abonent");
                    made.refuse(error.code());
                }
                // Nor must one that fails for another reason; but if the PBX is down the others are not tried.
                Err(Failed::Portal(error)) if who.is_some() && down.is_of_one(&error) => {
                    tracing::warn!(code = error.code(), "the subscription of an abonent could not be made");
                    made.refuse(error.code());
                    continue;
                }
                Err(failed) => return Err(failed),
            }
            down = FailureCount::default();
        }
        Ok(made)
    }

    /// Ends those that are replaced or not wanted. Returns the time until the next renewal of the others; none if
    /// there are no others.
    async fn end_old(
        &mut self,
        portal: &Portal,
        wanted: &WantedSubscriptions<'_>,
        active: &[Subscription],
    ) -> Result<Option<Duration>, Failed> {
        let mut renewal = None::<Duration>;
        for old in active {
            let is_wanted = wanted.of.contains(&old.abonent);
            let newest = wanted.newest(active, old.abonent.as_deref()).map(|one| &one.id);
            if is_wanted && newest == Some(&old.id) {
                let left = self.until_renewal(old, wanted.settings);
                renewal = Some(renewal.map_or(left, |known| known.min(left)));
                continue;
            }
            let (reason, by) = match newest {
                Some(new) if is_wanted => (if self.is_over(old) { "expired" } else { "renewed" }, Some(new.clone())),
                None if is_wanted => ("replaced", None),
                _ => ("not_wanted", None),
            };
            self.end(old, reason, by).await?;
            self.pace().await;
            // If the PBX does not end it now, it expires by itself; until then its events are duplicates.
            if let Err(error) = portal.unsubscribe(&old.id).await {
                tracing::debug!(code = error.code(), "an old subscription was not deleted");
            }
        }
        Ok(renewal)
    }

    /// Waits before each request, so that the requests for 300 abonents, and of many relays, are spread.
    async fn pace(&self) {
        tokio::time::sleep(timing::lengthened(self.parts.timing.keeper_pace)).await;
    }

    fn age(&self, subscription: &Subscription) -> Age {
        Age {
            by_clock: self.now().ms() - subscription.made_at.ms(),
            by_counter: self.made.get(&subscription.id).map(Instant::elapsed),
        }
    }

    /// Whether the granted time is over, by either clock.
    fn is_over(&self, subscription: &Subscription) -> bool {
        let life = Duration::from_secs(subscription.granted_s.max(0) as u64);
        let age = self.age(subscription);
        age.by_clock >= life.as_millis() as i64 || age.by_counter.is_some_and(|counter| counter >= life)
    }

    /// Time until its renewal; zero: now.
    fn until_renewal(&self, subscription: &Subscription, settings: &Settings) -> Duration {
        let made = self.made.get(&subscription.id);
        let is_asked = self
            .renew_before
            .is_some_and(|before| made.is_none_or(|made| *made < before));
        if is_asked || self.shortened.contains(&subscription.id) {
            return Duration::ZERO;
        }
        let mut after = plan::renew_after(subscription.granted_s, settings.renew_minutes);
        if subscription.abonent.is_some() {
            after = plan::spread(after, &subscription.id);
        }
        plan::left(self.age(subscription), after)
    }

    /// The wait after subscriptions that ended early.
    fn too_soon(&self, who: Option<&String>) -> Option<Duration> {
        let (made, times) = self.ended_soon.get(&who.cloned())?;
        let wait = match times {
            0 => return None,
            times => self.grown(times - 1),
        };
        let wait = wait.saturating_sub(made.elapsed());
        (!wait.is_zero()).then_some(wait)
    }

    fn note_made(&mut self, who: Option<&String>, id: &str, anew: bool) {
        let now = Instant::now();
        self.made.insert(id.to_owned(), now);
        let who = who.cloned();
        let before = self.ended_soon.get(&who);
        let times = match before {
            Some((made, times)) if anew && made.elapsed() < ENDED_EARLY_WITHIN.max(self.grown(*times)) => times + 1,
            _ => 0,
        };
        self.ended_soon.insert(who, (now, times));
    }

    /// For whom subscriptions should exist: none stands for the company.
    async fn wanted(&self, portal: &Portal, settings: &Settings) -> Result<Vec<Option<String>>, Failed> {
        if settings.subscription_scope == Scope::Group && !self.group_refused {
            return Ok(vec![None]);
        }
        let (known, off) = self
            .parts
            .ledger
            .read(|connection| Ok((abonents::list(connection)?, subscriptions::off(connection)?)))
            .await?;
        let mut present: Vec<_> = known
            .into_iter()
            .filter(|a| a.gone_at.is_none())
            .map(|a| a.id)
            .collect();
        if present.is_empty() {
            present = self
                .parts
                .company
                .refresh(portal, Who::relay())
                .await?
                .into_iter()
                .map(|a| a.id)
                .collect();
        }
        present.retain(|id| !off.contains(id));
        Ok(present.into_iter().map(Some).collect())
    }

    /// Marks subscriptions that the PBX does not know any more as ended, and notes those that end earlier than
    /// granted. The clock alone never ends one, because the clock may be wrong. Returns for how many the PBX does not
    /// answer, and the code; an error if it answers for none.
    async fn verify(&mut self, portal: &Portal, wanted: usize) -> Result<Option<(&'static str, usize)>, Failed> {
        // Many are asked for less often: at most one in six seconds on average.
        let every = self.parts.timing.keeper_verify;
        let every = every.max(every.saturating_mul(wanted as u32) / 100);
        if self.verified.is_some_and(|at| at.elapsed() < every) {
            return Ok(None);
        }
        let (mut unknown, mut is_any_known) = (None::<(PortalError, usize)>, false);
        let mut down = FailureCount::default();
        for subscription in self.parts.ledger.read(subscriptions::active).await? {
            self.pace().await;
            match portal.subscription(&subscription.id).await {
                Ok(info) if info.url.as_ref().is_none_or(|url| *url == subscription.url) => {
                    let half = subscription.granted_s / 2;
                    if info.remaining_s.is_some_and(|left| (left as i64) < half) {
                        self.shortened.push(subscription.id);
                    }
                }
                Ok(_) => self.end(&subscription, "other_address", None).await?,
                Err(error) if is_permanent(&error) => {
                    let reason = if self.is_over(&subscription) { "expired" } else { "lost" };
                    self.end(&subscription, reason, None).await?;
                }
                // This one is asked again in the next round; the others are asked now.
                Err(error) if down.is_of_one(&error) => {
                    let count = unknown.map_or(0, |(_, count)| count) + 1;
                    unknown = Some((error, count));
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            is_any_known = true;
            down = FailureCount::default();
        }
        match unknown {
            None => self.verified = Some(Instant::now()),
            Some((error, _)) if !is_any_known => return Err(error.into()),
            Some((error, count)) => {
                tracing::warn!(
                    code = error.code(),
                    count,
                    "the PBX does not say whether subscriptions exist"
                );
                return Ok(Some((error.code(), count)));
            }
        }
        Ok(None)
    }

    async fn end(
        &mut self,
        subscription: &Subscription,
        reason: &'static str,
        by: Option<String>,
    ) -> Result<(), Failed> {
        let ended = SubscriptionEnded {
            id: subscription.id.clone(),
            reason,
            renewed_by: by,
        };
        self.parts.ledger.put(ended).await?;
        self.made.remove(&subscription.id);
        self.shortened.retain(|id| *id != subscription.id);
        Ok(())
    }

    async fn make(
        &mut self,
        portal: &Portal,
        who: Option<&str>,
        url: &str,
        settings: &Settings,
    ) -> Result<Subscription, Failed> {
        let kind = match settings.subscription_kind {
            SubscriptionKind::Basic => WireKind::Basic,
            SubscriptionKind::Advanced => WireKind::Advanced,
        };
        let asked_at = self.now();
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
        self.unstored = Some(subscription.clone());
        self.parts.ledger.put(SubscriptionMade(subscription.clone())).await?;
        self.unstored = None;
        tracing::info!(granted_s, group = who.is_none(), "subscribed");
        Ok(subscription)
    }
}

/// Failures in a row after which the PBX counts as down.
const DOWN_AFTER_FAILURES: u32 = 3;

/// Whether the PBX fails for one subscription or for all.
#[derive(Default)]
struct FailureCount {
    /// Failures since the last success.
    in_a_row: u32,
}

impl FailureCount {
    /// Counts a failure; true while it may concern this subscription alone. A refused token concerns all.
    fn is_of_one(&mut self, error: &PortalError) -> bool {
        self.in_a_row += 1;
        !matches!(error, PortalError::Unauthorized) && self.in_a_row < DOWN_AFTER_FAILURES
    }
}

/// The PBX processed the request and refused it. "Too many requests" and the like do not count: they pass.
fn is_permanent(error: &PortalError) -> bool {
    matches!(
        error,
        PortalError::Refused {
            status: 200 | 400 | 404 | 405 | 410 | 422,
            ..
        }
    )
}
