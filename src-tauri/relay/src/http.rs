//! The HTTP interface (design, part 7), one file per subject.

mod abonents;
mod admin;
mod audit;
pub(crate) mod caller;
mod check;
pub(crate) mod error;
mod events;
mod exchanges;
mod feed;
pub(crate) mod ingest;
mod join;
mod journal;
mod place;
mod recordings;
mod settings;
mod subscriptions;
mod users;

pub(crate) use admin::{health_of, is_well};
pub(crate) use recordings::Slots;

use crate::clock::Clock;
use crate::company::Company;
use crate::feed::Feed;
use crate::http::error::ApiError;
use crate::importer::Importer;
use crate::keeper::Keeper;
use crate::keys::LocalKey;
use crate::ledger::{Ledger, SettingsNow};
use crate::listening::Listening;
use crate::metrics::Metrics;
use crate::pbx::{Callback, Pbx};
use crate::probes::Probes;
use crate::rate::{Bucket, Tries};
use crate::roster::RosterNow;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, any, delete, get, post, put};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::timeout::TimeoutLayer;

/// Longest body of the API (events have their own limit).
const MAX_BODY: usize = 64 * 1024;
/// Longest time for an answer; the long poll waits 60 s at most.
const LIMIT: Duration = Duration::from_secs(90);

/// The document that describes the interface.
const OPENAPI: &str = include_str!("openapi.json");

/// How many events a second are taken; none: no limit.
pub(crate) type IngestLimit = Arc<Option<Bucket>>;

/// What the handlers of one account work with; each names by `State` what it takes of it.
#[derive(Clone, FromRef)]
pub(crate) struct Parts {
    /// Name of the account (PBX contract).
    pub(crate) account: Arc<str>,
    pub(crate) ledger: Ledger,
    pub(crate) feed: Feed,
    pub(crate) roster: RosterNow,
    pub(crate) settings: SettingsNow,
    pub(crate) callback: Callback,
    pub(crate) pbx: Pbx,
    pub(crate) company: Company,
    pub(crate) keeper: Keeper,
    pub(crate) importer: Importer,
    pub(crate) metrics: Arc<Metrics>,
    /// Recordings that are being passed on.
    pub(crate) downloads: Arc<Slots>,
    /// Tries to join that have failed.
    pub(crate) join_tries: Arc<Tries>,
    pub(crate) ingest_limit: IngestLimit,
    pub(crate) local_key: Arc<LocalKey>,
    pub(crate) listening: Listening,
    /// What the service check has sent to the public address.
    pub(crate) probes: Arc<Probes>,
    pub(crate) clock: Clock,
    /// What must not be cut short when a request is.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) started: Instant,
    pub(crate) data_dir: PathBuf,
}

impl FromRef<Parts> for ingest::Ingest {
    fn from_ref(parts: &Parts) -> Self {
        Self {
            callback: parts.callback.clone(),
            ledger: parts.ledger.clone(),
            limit: parts.ingest_limit.clone(),
            metrics: parts.metrics.clone(),
            probes: parts.probes.clone(),
            stop: parts.stop.clone(),
        }
    }
}

impl FromRef<Parts> for place::Placing {
    fn from_ref(parts: &Parts) -> Self {
        Self {
            ledger: parts.ledger.clone(),
            pbx: parts.pbx.clone(),
            roster: parts.roster.clone(),
            clock: parts.clock.clone(),
            tasks: parts.tasks.clone(),
            stop: parts.stop.clone(),
        }
    }
}

impl FromRef<Parts> for recordings::Playback {
    fn from_ref(parts: &Parts) -> Self {
        Self {
            ledger: parts.ledger.clone(),
            pbx: parts.pbx.clone(),
            downloads: parts.downloads.clone(),
            stop: parts.stop.clone(),
        }
    }
}

type Route = (&'static str, &'static [&'static str], MethodRouter<Parts>);

/// Every route with its methods. The OpenAPI document lists the same (a test sees to it).
fn routes() -> Vec<Route> {
    vec![
        ("/xsi/{secret}", &["get", "head", "post"], any(ingest::plain)),
        ("/xsi/{secret}/", &["get", "head", "post"], any(ingest::plain)),
        ("/xsi/{secret}/{*rest}", &["get", "head", "post"], any(ingest::suffixed)),
        ("/v1/health", &["get"], get(admin::health)),
        ("/v1/openapi.json", &["get"], get(openapi)),
        ("/v1/me", &["get"], get(users::me)),
        ("/v1/feed", &["get"], get(feed::socket)),
        ("/v1/changes", &["get"], get(feed::changes)),
        ("/v1/calls", &["get", "post"], get(journal::list).post(place::call)),
        ("/v1/calls/{id}", &["get"], get(journal::one)),
        ("/v1/abonents", &["get"], get(abonents::list)),
        ("/v1/abonents/preview", &["post"], post(abonents::preview)),
        ("/v1/abonents/{id}/recording", &["put"], put(abonents::record)),
        ("/v1/abonents/refresh", &["post"], post(abonents::refresh)),
        ("/v1/abonents/{id}/subscription", &["put"], put(subscriptions::switch)),
        ("/v1/subscriptions", &["get"], get(subscriptions::list)),
        ("/v1/subscriptions/renew", &["post"], post(subscriptions::renew)),
        ("/v1/users", &["get", "post"], get(users::list).post(users::add)),
        ("/v1/users/{id}", &["delete"], delete(users::revoke)),
        ("/v1/events", &["get"], get(events::list)),
        ("/v1/events/export", &["get"], get(events::export)),
        ("/v1/events/{seq}", &["get"], get(events::one)),
        ("/v1/events/{seq}/replay", &["post"], post(events::replay)),
        ("/v1/exchanges", &["get"], get(exchanges::list)),
        ("/v1/settings/schema", &["get"], get(settings::schema)),
        ("/v1/recordings", &["get"], get(recordings::list)),
        (
            "/v1/recordings/{id}",
            &["get", "delete"],
            get(recordings::one).delete(recordings::remove),
        ),
        (
            "/v1/recordings/{id}/audio",
            &["get", "head"],
            get(recordings::audio).head(recordings::audio),
        ),
        (
            "/v1/settings",
            &["get", "put"],
            get(settings::show).put(settings::change),
        ),
        ("/v1/settings/token", &["put"], put(settings::token)),
        ("/v1/check", &["get"], get(check::check)),
        ("/v1/audit", &["get"], get(audit::list)),
        ("/v1/join-codes", &["get", "post"], get(join::list).post(join::make)),
        ("/v1/join-codes/{id}", &["delete"], delete(join::withdraw)),
        ("/v1/join", &["post"], post(join::join)),
    ]
}

/// The whole interface.
pub(crate) fn router(parts: Parts) -> Router {
    let mut router = Router::new();
    for (path, _, methods) in routes() {
        let refused = || async { ApiError::MethodNotAllowed };
        let methods = if path.starts_with("/v1/") {
            methods.fallback(refused)
        } else {
            methods
        };
        router = router.route(path, methods);
    }
    router
        .fallback(|| async { ApiError::NotFound })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            LIMIT,
        ))
        .with_state(parts)
}

async fn openapi() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        OPENAPI,
    )
}

/// What a page may hold at most.
const PAGE: usize = 200;

/// The asked page size within its bounds.
fn page_size(limit: Option<usize>) -> Result<usize, ApiError> {
    match limit {
        None => Ok(50),
        Some(n) if (1..=PAGE).contains(&n) => Ok(n),
        Some(_) => Err(ApiError::BadRequest("limit must be 1 to 200")),
    }
}

/// Longest text that is looked for, characters.
const SOUGHT: usize = 200;

/// A text to look for; an empty one is none.
fn sought(text: Option<String>) -> Result<Option<String>, ApiError> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > SOUGHT => {
            Err(ApiError::BadRequest("a text to look for has 200 characters at most"))
        }
        text => Ok(text),
    }
}

/// A switch in a query: `1`, `true`, or the bare name.
fn flag(value: Option<&String>) -> bool {
    value.is_some_and(|value| matches!(value.as_str(), "1" | "true" | ""))
}

/// The body or query as a typed value; what is wrong with it is not told in detail, it may hold numbers.
fn query<T>(query: Result<axum::extract::Query<T>, axum::extract::rejection::QueryRejection>) -> Result<T, ApiError> {
    query
        .map(|axum::extract::Query(value)| value)
        .map_err(|_| ApiError::BadRequest("a parameter is unknown or has a wrong form"))
}

fn body<T>(body: Result<axum::Json<T>, axum::extract::rejection::JsonRejection>) -> Result<T, ApiError> {
    use axum::extract::rejection::JsonRejection as R;
    body.map(|axum::Json(value)| value)
        .map_err(|rejection| match rejection {
            R::BytesRejection(error) => ApiError::of_body(&error),
            _ => ApiError::BadRequest("the body is not the JSON that is expected"),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{OPENAPI, routes};
    use std::collections::BTreeSet;

    #[test]
    fn the_document_lists_every_route_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys().filter(|key| *key != "parameters");
                methods.map(move |method| (path.clone(), method.clone()))
            })
            .collect();
        let served: BTreeSet<(String, String)> = routes()
            .into_iter()
            .flat_map(|(path, methods, _)| {
                let path = path.replace("{*rest}", "{rest}");
                methods.iter().map(move |method| (path.clone(), (*method).to_owned()))
            })
            .collect();
        assert_eq!(
            described, served,
            "the OpenAPI document and the router must list the same"
        );
    }
}
