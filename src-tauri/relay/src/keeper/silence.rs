//! Detects a subscription that is in force but brings no events (a router that lost its rule, a firewall, a fault of
//! the PBX). Silence alone proves nothing; silence while the PBX's statistics list calls does.

use super::KeeperTask;
use crate::tables::subscriptions::Subscription;
use perezvon_core::Time;
use perezvon_pbx::rest::{PAGE_SIZES, Portal, StatisticsQuery};
use std::time::Instant;

/// A call counts as missing only if it began this long after the last event, milliseconds.
const AFTER_LAST_EVENT_MS: i64 = 60_000;
/// Events of a call younger than this may still come, milliseconds.
const MAY_STILL_COME_MS: i64 = 300_000;

/// State of the detection.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// When the statistics were last asked.
    asked: Option<Instant>,
    /// Time of the last event before the calls without events; none while all is well.
    pub(super) since: Option<Time>,
}

impl KeeperTask {
    /// Asks the statistics if no event came for long; true if silence was found just now.
    pub(super) async fn is_silence_found(&mut self, portal: &Portal, active: &[Subscription]) -> bool {
        let Some(heard) = active.iter().map(|s| s.last_event_at.unwrap_or(s.made_at)).max() else {
            return false;
        };
        let told = active.iter().filter_map(|s| s.last_event_at).max();
        if self.silence.since.is_some_and(|since| told > Some(since)) {
            tracing::info!("events come again");
            self.silence.since = None;
        }
        let patience = self.parts.timing.keeper_silence;
        let now = self.now();
        let quiet = now.since(heard) < patience.as_millis() as i64;
        if quiet || self.silence.asked.is_some_and(|asked| asked.elapsed() < patience) {
            return false;
        }
        self.silence.asked = Some(Instant::now());
        let query = StatisticsQuery {
            user: None,
            from: heard.plus(AFTER_LAST_EVENT_MS.min(patience.as_millis() as i64)),
            to: now.plus(-MAY_STILL_COME_MS.min(patience.as_millis() as i64 / 2)),
            page: 0,
            page_size: *PAGE_SIZES.end(),
        };
        let page = match portal.statistics(&query).await {
            Err(error) if error.is_no_such_method() => portal.statistics_v1(&query).await,
            ended => ended,
        };
        let lines = match page {
            Ok(page) => page.lines,
            Err(error) => {
                tracing::debug!(
                    code = error.code(),
                    "the statistics cannot tell whether the silence is real"
                );
                return false;
            }
        };
        let is_ours = |who: Option<&str>| {
            active
                .iter()
                .any(|s| s.abonent.is_none() || (who.is_some() && s.abonent.as_deref() == who))
        };
        let untold = lines
            .iter()
            .any(|line| line.start >= query.from && is_ours(line.abonent.as_ref().map(|a| a.user_id.as_str())));
        if untold {
            tracing::warn!("the PBX lists calls of which no event told; the subscriptions are made anew");
            self.silence.since = Some(self.silence.since.unwrap_or(told.unwrap_or(heard)));
        }
        untold
    }
}
