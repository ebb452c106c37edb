//! `/v1/check`.

use super::Parts;
use super::caller::Admin;
use crate::check::{self, RECENT_MS, Running, Scene};
use crate::http::error::ApiError;
use crate::ledger::Health;
use crate::tables::{self, LedgerError, events, subscriptions};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// `GET /v1/check`: «Проверить сервис».
pub(crate) async fn check(State(parts): State<Parts>, _: Admin) -> Result<Json<Value>, ApiError> {
    let callback = parts.callback.url();
    let url = callback.as_ref().map(ToString::to_string);
    let since = parts.clock.now().plus(-RECENT_MS);
    let (active, unreadable, (last_event, reached_at)) = parts
        .ledger
        .read(move |c| {
            let last = subscriptions::last_events(c, url.as_deref())?;
            Ok((subscriptions::active(c)?, events::unreadable_since(c, since)?, last))
        })
        .await?;
    let dir = parts.data_dir.clone();
    let probe = tokio::task::spawn_blocking(move || tables::probe::write(&dir)).await;
    let write = match probe {
        // What the writer could not store last counts too.
        Ok(Ok(())) if parts.ledger.health() != Health::Stores => Err(LedgerError::Busy),
        Ok(written) => written,
        Err(_) => Err(LedgerError::Busy),
    };
    let scene = Scene {
        pbx_url: parts.pbx.url().clone(),
        portal: parts.pbx.portal("check"),
        callback,
        active,
        last_event,
        reached_at,
        unreadable,
        keeper: parts.keeper.state().error,
        write,
        data_dir: parts.data_dir.clone(),
        running: Some(Running {
            ledger: parts.ledger,
            importer: parts.importer,
            listening: parts.listening,
            key: parts.local_key.secret().clone(),
            probes: parts.probes,
        }),
        clock: parts.clock,
    };
    let findings = check::run(&scene).await;
    let ok = findings.iter().all(|finding| finding.ok);
    Ok(Json(json!({ "ok": ok, "checks": findings })))
}
