//! Health, and what an administrator looks at.

use super::Parts;
use super::caller;
use super::input::Json;
use crate::importer::ImportHealth;
use crate::keeper::KeeperState;
use crate::keys::Role;
use crate::ledger::{self, Ledger};
use crate::tables::subscriptions as ledger_subscriptions;
use crate::tables::{calls, events, settings, statistics};
use crate::tls::TlsState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use perezvon_core::Time;
use serde::Serialize;
use std::borrow::Cow;
use url::Url;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Whether the account stores. Anyone may ask, so no query is made for it.
pub(crate) fn is_well(ledger: &Ledger) -> bool {
    ledger.health() == ledger::Health::Stores
}

/// Whether something works.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HealthState)]
enum Works {
    Ok,
    Failing,
}

/// What anyone may know.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicHealth {
    status: Works,
    version: &'static str,
    ledger: Works,
}

/// What an administrator sees beside it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminHealth {
    #[serde(flatten)]
    public: PublicHealth,
    keeper: KeeperState,
    import: ImportHealth,
    /// Readers of the feed.
    readers: usize,
    /// Since when the relay runs, milliseconds.
    up_ms: u64,
    /// Whether there is an account token.
    has_token: bool,
    /// Null: the listener is plain HTTP.
    #[schema(required)]
    tls: Option<TlsState>,
    /// Where the PBX must post to, secret included; null while the public address is not set.
    #[schema(required)]
    callback_url: Option<Url>,
    /// The company is heard for as long as the subscription that ends last; null where there is none, or where
    /// the ledger cannot be read.
    #[schema(required)]
    subscription_until: Option<Time>,
    /// Rows of calls that could not be read and were put aside; their calls were built anew from the events.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls_aside: Option<i64>,
    /// Lines of the statistics that could not be read and were put aside; the PBX lists them again.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines_aside: Option<i64>,
    /// Settings that could not be read and were put aside; their defaults hold until they are set anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings_aside: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<EventsHealth>,
}

/// The event journal in numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventsHealth {
    stored: i64,
    unreadable: i64,
    /// The PBX's last event; the check's own do not count. Null where there is none.
    #[schema(required)]
    last_at: Option<Time>,
}

/// What the one who asks may know.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Health {
    Public(PublicHealth),
    Admin(Box<AdminHealth>),
}

impl PartialSchema for Health {
    fn schema() -> RefOr<Schema> {
        let one = |name: Cow<'static, str>| Ref::from_schema_name(name);
        let either = AnyOfBuilder::new()
            .item(one(PublicHealth::name()))
            .item(one(AdminHealth::name()));
        RefOr::T(Schema::AnyOf(either.build()))
    }
}

impl ToSchema for Health {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((PublicHealth::name().into(), PublicHealth::schema()));
        schemas.push((AdminHealth::name().into(), AdminHealth::schema()));
        PublicHealth::schemas(schemas);
        AdminHealth::schemas(schemas);
    }
}

/// What anyone may know.
pub(crate) fn health_of(ok: bool) -> (StatusCode, Json<PublicHealth>) {
    let (code, status) = if ok {
        (StatusCode::OK, Works::Ok)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Works::Failing)
    };
    let health = PublicHealth {
        status,
        version: env!("CARGO_PKG_VERSION"),
        ledger: status,
    };
    (code, Json(health))
}

/// Version and state of the ledger, for anyone; an administrator sees more.
#[utoipa::path(
    get,
    path = "/v1/health",
    responses(
        (status = 200, description = "Healthy", body = Health),
        (status = 503, description = "The ledger does not take changes", body = Health)
    )
)]
pub(crate) async fn health(State(parts): State<Parts>, headers: HeaderMap) -> (StatusCode, Json<Health>) {
    let (status, Json(public)) = health_of(is_well(&parts.ledger));
    let is_admin = caller::caller(&parts.ledger, &parts.local_key, &headers)
        .await
        .is_ok_and(|caller| caller.role == Role::Admin);
    let health = if is_admin {
        Health::Admin(Box::new(of_admin(&parts, public).await))
    } else {
        Health::Public(public)
    };
    (status, Json(health))
}

/// What cannot be read is left out or null: health is asked where something is wrong.
async fn of_admin(parts: &Parts, public: PublicHealth) -> AdminHealth {
    let ledger = &parts.ledger;
    let active = ledger.read(ledger_subscriptions::active).await.unwrap_or_default();
    let events = ledger.read(events::summary).await.ok();
    AdminHealth {
        public,
        keeper: parts.keeper.state(),
        import: parts.importer.health().await,
        readers: parts.feed.hub.readers(),
        up_ms: parts.started.elapsed().as_millis() as u64,
        has_token: parts.pbx.has_token(),
        tls: parts.listening.tls.as_ref().map(|tls| tls.state()),
        callback_url: parts.callback.url(),
        subscription_until: active.iter().map(|one| one.expires_at).max(),
        calls_aside: ledger.read(calls::aside::count).await.ok(),
        lines_aside: ledger.read(statistics::count_aside).await.ok(),
        settings_aside: ledger.read(settings::aside::count).await.ok(),
        events: events.map(|(stored, unreadable, last_at)| EventsHealth {
            stored,
            unreadable,
            last_at,
        }),
    }
}
