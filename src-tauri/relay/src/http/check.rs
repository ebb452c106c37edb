//! `/v1/check`.

use super::Parts;
use super::caller::Admin;
use super::input::Json;
use crate::check::{self, Finding, RECENT_MS, Running, Scene};
use crate::http::error::ApiError;
use crate::ledger::Health;
use crate::tables::{self, LedgerError, events, subscriptions};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// What the checks found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checks {
    /// None has failed.
    ok: bool,
    checks: Vec<Finding>,
}

/// Looks whether everything works («Проверить сервис»).
#[utoipa::path(get, path = "/v1/check", responses((status = 200, body = Checks)))]
pub(crate) async fn check(State(parts): State<Parts>, _: Admin) -> Result<Json<Checks>, ApiError> {
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
            ledger: parts.ledger.clone(),
            importer: parts.importer.clone(),
            listening: parts.listening.clone(),
            key: parts.local_key.secret().clone(),
            probes: parts.probes.clone(),
        }),
        clock: parts.clock.clone(),
    };
    let checks = check::run(&scene).await;
    let ok = checks.iter().all(|finding| finding.ok);
    Ok(Json(Checks { ok, checks }))
}
