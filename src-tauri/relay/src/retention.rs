//! Deletes old events, requests and calls: once after the start and then daily, in small steps between which the
//! writer handles what waits. Freed pages of the database are used again; the file does not shrink.

use crate::clock::Clock;
use crate::ledger::entry::{CallsForgotten, EventsForgotten, Noted, RequestsForgotten};
use crate::ledger::{Ledger, SettingsNow};
use crate::tables::LedgerError;
use crate::tables::audit::{What, Who};
use crate::tables::retention::{self, EventCut};
use crate::tables::settings::Settings;
use perezvon_core::Time;
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Pause between two runs.
const RUN_INTERVAL: Duration = Duration::from_hours(24);
/// Pause between two steps: the writer and the disk are needed for the events.
const STEP_PAUSE: Duration = Duration::from_millis(20);
const DAY_MS: i64 = 86_400_000;

/// Runs until `stop`.
pub(crate) async fn run(ledger: Ledger, settings: SettingsNow, clock: Clock, stop: CancellationToken) {
    loop {
        let pass = async {
            let settings = settings.borrow().clone();
            if let Err(error) = once(&ledger, &settings, clock.now()).await {
                tracing::warn!(%error, "what is old could not be forgotten; it is tried again tomorrow");
            }
            tokio::time::sleep(RUN_INTERVAL).await;
        };
        tokio::select! {
            () = pass => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn once(ledger: &Ledger, settings: &Settings, now: Time) -> Result<(), LedgerError> {
    let before = |days: u32| now.plus(-DAY_MS * i64::from(days)).ms();
    let mut events = events(ledger, EventCut::Before(before(settings.keep_events_days))).await?;
    let most = i64::from(settings.keep_events_mb) * 1024 * 1024;
    if let Some(cut) = cut(ledger, most).await? {
        events += self::events(ledger, EventCut::UpTo(cut)).await?;
    }
    let cut = before(settings.keep_requests_days);
    let mut requests = 0;
    while let step @ 1.. = ledger.put(RequestsForgotten { before: cut }).await? {
        requests += step;
        tokio::time::sleep(STEP_PAUSE).await;
    }
    let mut calls = 0;
    if settings.keep_calls_days > 0 {
        let cut = before(settings.keep_calls_days);
        while let step @ 1.. = ledger.put(CallsForgotten { before: cut }).await? {
            calls += step;
            tokio::time::sleep(STEP_PAUSE).await;
        }
    }
    if events + requests + calls == 0 {
        return Ok(());
    }
    tracing::info!(events, requests, calls, "what is old was forgotten");
    let ran = Noted {
        who: Who::relay(),
        what: What::RetentionRan,
        subject: None,
        detail: Some(json!({ "events": events, "requests": requests, "calls": calls })),
    };
    ledger.put(ran).await
}

/// Deletes old events; returns how many.
async fn events(ledger: &Ledger, old: EventCut) -> Result<usize, LedgerError> {
    let mut forgotten = 0;
    let mut after = None;
    loop {
        let step = ledger.put(EventsForgotten { old, after }).await?;
        forgotten += step.forgotten;
        if step.last.is_none() {
            return Ok(forgotten);
        }
        after = step.last;
        tokio::time::sleep(STEP_PAUSE).await;
    }
}

/// The newest event that exceeds the limit: the texts after it take `most` bytes.
async fn cut(ledger: &Ledger, most: i64) -> Result<Option<i64>, LedgerError> {
    if !ledger.read(move |c| Ok(retention::may_exceed(c, most)?)).await? {
        return Ok(None);
    }
    let (mut left, mut before) = (most, i64::MAX);
    loop {
        let looked = ledger
            .read(move |connection| Ok(retention::weigh(connection, before, left)?))
            .await?;
        if looked.cut.is_some() || looked.last.is_none() {
            return Ok(looked.cut);
        }
        left = looked.left;
        before = looked.last.unwrap_or(before);
    }
}
