//! Health, and what an administrator looks at.

use super::Parts;
use super::caller;
use crate::keys::Role;
use crate::ledger::{Health, Ledger};
use crate::tables::subscriptions as ledger_subscriptions;
use crate::tables::{calls, events, settings, statistics};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// Whether the account stores. Anyone may ask, so no query is made for it.
pub(crate) fn is_well(ledger: &Ledger) -> bool {
    ledger.health() == Health::Stores
}

/// What anyone may know.
pub(crate) fn health_of(ok: bool) -> (StatusCode, Json<Value>) {
    let state = if ok { "ok" } else { "failing" };
    let health = json!({ "status": state, "version": env!("CARGO_PKG_VERSION"), "ledger": state });
    let status = if ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health))
}

/// `GET /v1/health`: for anyone; an admin sees more.
pub(crate) async fn health(State(parts): State<Parts>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let (status, Json(mut health)) = health_of(is_well(&parts.ledger));
    let admin = caller::caller(&parts.ledger, &parts.local_key, &headers)
        .await
        .is_ok_and(|caller| caller.role == Role::Admin);
    if let (true, Some(map)) = (admin, health.as_object_mut()) {
        let tls = parts.listening.tls.as_ref();
        map.insert("keeper".to_owned(), json!(parts.keeper.state()));
        map.insert("import".to_owned(), json!(parts.importer.health().await));
        map.insert("readers".to_owned(), json!(parts.feed.hub.readers()));
        map.insert("upMs".to_owned(), json!(parts.started.elapsed().as_millis() as u64));
        map.insert("hasToken".to_owned(), json!(parts.pbx.has_token()));
        map.insert("tls".to_owned(), json!(tls.map(|tls| tls.state())));
        map.insert("callbackUrl".to_owned(), json!(parts.callback.url()));
        // The company is heard for as long as the subscription that ends last.
        if let Ok(active) = parts.ledger.read(ledger_subscriptions::active).await {
            map.insert(
                "subscriptionUntil".to_owned(),
                json!(active.iter().map(|one| one.expires_at).max()),
            );
        }
        if let Ok(aside) = parts.ledger.read(calls::aside::count).await {
            map.insert("callsAside".to_owned(), json!(aside));
        }
        if let Ok(aside) = parts.ledger.read(statistics::count_aside).await {
            map.insert("linesAside".to_owned(), json!(aside));
        }
        if let Ok(aside) = parts.ledger.read(settings::aside::count).await {
            map.insert("settingsAside".to_owned(), json!(aside));
        }
        if let Ok((stored, unreadable, last)) = parts.ledger.read(events::summary).await {
            map.insert(
                "events".to_owned(),
                json!({ "stored": stored, "unreadable": unreadable, "lastAt": last }),
            );
        }
    }
    (status, Json(health))
}
