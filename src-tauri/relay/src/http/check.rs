//! `/v1/check`.

use super::caller::Admin;
use crate::check::{self, RECENT_MS, Scene};
use crate::http::error::ApiError;
use crate::ledger::Health;
use crate::state::App;
use crate::tables::{self, LedgerError, events, subscriptions};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::PoisonError;

/// `GET /v1/check`: «Проверить сервис».
pub(crate) async fn check(State(app): State<App>, _: Admin) -> Result<Json<Value>, ApiError> {
    let callback = app.callback_url();
    let url = callback.as_ref().map(ToString::to_string);
    let since = app.now().plus(-RECENT_MS);
    let (active, unreadable, (last_event, reached_at)) = app
        .ledger
        .read(move |c| {
            let last = subscriptions::last_events(c, url.as_deref())?;
            Ok((subscriptions::active(c)?, events::unreadable_since(c, since)?, last))
        })
        .await?;
    let dir = app.data_dir.clone();
    let probe = tokio::task::spawn_blocking(move || tables::probe::write(&dir)).await;
    let write = match probe {
        // What the writer could not store last counts too.
        Ok(Ok(())) if app.ledger.health() != Health::Stores => Err(LedgerError::Busy),
        Ok(written) => written,
        Err(_) => Err(LedgerError::Busy),
    };
    let keeper = app.keeper.lock().unwrap_or_else(PoisonError::into_inner).error;
    let scene = Scene {
        pbx_url: app.pbx_url.clone(),
        portal: app.portal_for("check"),
        callback,
        active,
        last_event,
        reached_at,
        unreadable,
        keeper,
        write,
        data_dir: app.data_dir.clone(),
        clock: app.timing.clock.clone(),
        app: Some(app),
    };
    let findings = check::run(&scene).await;
    let ok = findings.iter().all(|finding| finding.ok);
    Ok(Json(json!({ "ok": ok, "checks": findings })))
}
