//! The HTTP interface (design, part 7), one file per subject.

mod abonents;
mod admin;
mod audit;
pub(crate) mod caller;
mod check;
mod contract;
pub(crate) mod error;
mod events;
mod exchanges;
mod feed;
mod forwarding;
pub(crate) mod ingest;
mod input;
mod join;
mod journal;
mod place;
mod recordings;
mod releases;
mod settings;
mod subscriptions;
mod users;

pub(crate) use admin::{health_of, is_well};
pub(crate) use recordings::Slots;

use crate::clock::Clock;
use crate::company::Company;
use crate::feed::Feed;
use crate::http::contract::{Contract, For};
use crate::http::error::ApiError;
use crate::http::ingest::Ingest;
use crate::importer::Importer;
use crate::keeper::Keeper;
use crate::keys::LocalKey;
use crate::ledger::{Ledger, SettingsNow};
use crate::listening::Listening;
use crate::metrics::Metrics;
use crate::pbx::{Callback, Pbx};
use crate::probes::Probes;
use crate::rate::Tries;
use crate::releases::Releases;
use crate::roster::RosterNow;
use crate::tables::join_codes::Refused;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_axum::routes;

/// Longest body of the API (events have their own limit).
const MAX_BODY: usize = 64 * 1024;
/// Longest time for an answer; the long poll waits 60 s at most.
const LIMIT: Duration = Duration::from_secs(90);

/// What the handlers of one account work with; each names by `State` what it takes of it. Cheap to clone: every layer of
/// the router does so with each request.
#[derive(Clone)]
pub(crate) struct Parts(Arc<AllParts>);

/// See [`Parts`].
pub(crate) struct AllParts {
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
    pub(crate) ingest: Arc<Ingest>,
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
    /// What desks are updated from.
    pub(crate) releases: Releases,
}

impl Deref for Parts {
    type Target = AllParts;

    fn deref(&self) -> &AllParts {
        &self.0
    }
}

impl From<AllParts> for Parts {
    fn from(all: AllParts) -> Self {
        Self(Arc::new(all))
    }
}

macro_rules! handlers_take {
    ($($part:ident: $of:ty),* $(,)?) => {
        $(impl FromRef<Parts> for $of {
            fn from_ref(parts: &Parts) -> Self {
                parts.$part.clone()
            }
        })*
    };
}

handlers_take! {
    account: Arc<str>,
    ledger: Ledger,
    feed: Feed,
    roster: RosterNow,
    settings: SettingsNow,
    callback: Callback,
    pbx: Pbx,
    company: Company,
    keeper: Keeper,
    downloads: Arc<Slots>,
    join_tries: Arc<Tries>,
    ingest: Arc<Ingest>,
    listening: Listening,
    clock: Clock,
    tasks: TaskTracker,
    stop: CancellationToken,
    releases: Releases,
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

impl FromRef<Parts> for recordings::audio::Playback {
    fn from_ref(parts: &Parts) -> Self {
        Self {
            ledger: parts.ledger.clone(),
            pbx: parts.pbx.clone(),
            downloads: parts.downloads.clone(),
            stop: parts.stop.clone(),
        }
    }
}

/// Every route, with its part of the contract.
fn contract() -> Contract {
    let contract = Contract::new();
    let contract = routes_of_readers(contract);
    let contract = routes_of_administrators(contract);
    contract.route_at(
        &["/xsi/{secret}", "/xsi/{secret}/", "/xsi/{secret}/{*rest}"],
        &routes!(ingest::look, ingest::event),
    )
}

/// For people who have a key, and for those who have none yet.
fn routes_of_readers(contract: Contract) -> Contract {
    use ApiError as E;
    let other = [E::Forbidden];
    let recordings = [
        pbx_failed(),
        E::PbxUnauthorized,
        E::RecordingsNeedToken,
        E::RecordingGone,
    ];
    let audio = [recordings.as_slice(), &[E::NoSuchBytes(None)]].concat();
    let call = [
        E::Forbidden,
        E::KeyReused,
        E::InProgress,
        E::OutcomeUnknown,
        E::NoToken,
        E::PbxUnauthorized,
        pbx_failed(),
    ];
    let forwarding = [E::Forbidden, E::NoToken, E::PbxUnauthorized, pbx_failed()];
    let join = [
        E::JoinRefused(Refused::Unknown),
        E::JoinRefused(Refused::Used),
        E::JoinRefused(Refused::Expired),
        E::TooManyTries(1),
    ];
    contract
        .route(For::Anyone, routes!(admin::health), &[])
        .route(For::Anyone, routes!(openapi), &[])
        .route(For::Anyone, routes!(join::join), &join)
        .route(For::Any, routes!(users::me), &[])
        .route(For::Any, routes!(feed::socket), &other)
        .route(For::Any, routes!(feed::changes), &other)
        .route(For::Any, routes!(journal::list), &other)
        .route(For::Any, routes!(place::call), &call)
        .route(
            For::Any,
            routes!(forwarding::show, forwarding::set, forwarding::off),
            &forwarding,
        )
        .route(For::Any, routes!(journal::one), &other)
        .route(For::Any, routes!(journal::claim), &other)
        .route(For::Any, routes!(releases::newer), &[])
        .route(For::Any, routes!(releases::file), &[])
        .route(For::Any, routes!(recordings::list), &other)
        .route(For::Any, routes!(recordings::one), &[])
        .route(For::Any, routes!(recordings::played), &[])
        .route(For::Admin, routes!(recordings::remove), &recordings)
        .route(
            For::Any,
            routes!(recordings::audio::audio, recordings::audio::head),
            &audio,
        )
}

/// For administrators alone.
fn routes_of_administrators(contract: Contract) -> Contract {
    use ApiError as E;
    let asked = [E::NoToken, pbx_failed(), E::PbxUnauthorized];
    let renewed = [E::NoToken, E::NoPublicUrl, pbx_failed(), E::PbxUnauthorized];
    let recorded = [E::NoToken, E::OutcomeUnknown, pbx_failed(), E::PbxUnauthorized];
    contract
        .route(For::Admin, routes!(feed::company::changes), &[])
        .route(For::Admin, routes!(abonents::list), &[])
        .route(For::Admin, routes!(abonents::preview), &asked)
        .route(For::Admin, routes!(abonents::refresh), &asked)
        .route(For::Admin, routes!(abonents::record), &recorded)
        .route(For::Admin, routes!(subscriptions::switch), &[E::GroupScope])
        .route(For::Admin, routes!(subscriptions::list), &[])
        .route(For::Admin, routes!(subscriptions::renew), &renewed)
        .route(For::Admin, routes!(users::list, users::add), &[])
        .route(For::Admin, routes!(users::revoke), &[])
        .route(For::Admin, routes!(events::list), &[])
        .route(For::Admin, routes!(events::export), &[])
        .route(For::Admin, routes!(events::one), &[])
        .route(For::Admin, routes!(events::replay), &[])
        .route(For::Admin, routes!(exchanges::list), &[])
        .route(For::Admin, routes!(settings::show), &[])
        .route(
            For::Admin,
            routes!(settings::change),
            &[E::BadSetting("what is expected".to_owned())],
        )
        .route(For::Admin, routes!(settings::schema), &[])
        .route(
            For::Admin,
            routes!(settings::token),
            &[pbx_failed(), E::PbxUnauthorized],
        )
        .route(For::Admin, routes!(check::check), &[])
        .route(For::Admin, routes!(audit::list), &[])
        .route(For::Admin, routes!(join::list), &[])
        .route(For::Admin, routes!(join::make), &[E::TooManyCodes])
        .route(For::Admin, routes!(join::withdraw), &[])
}

/// What the PBX or the way to it says: one of several codes.
fn pbx_failed() -> ApiError {
    ApiError::Pbx("pbx_failed", "what the PBX says".to_owned())
}

/// The whole interface.
pub(crate) fn router(parts: Parts) -> Router {
    let (router, _) = contract().parts();
    router
        .method_not_allowed_fallback(other_method)
        .fallback(|| async { ApiError::NotFound })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn(within_limit))
        .with_state(parts)
}

/// The path is there, but not with this method. A wrong secret is no different from a path that does not exist.
async fn other_method(State(callback): State<Callback>, uri: Uri) -> ApiError {
    let secret = uri.path().strip_prefix("/xsi/").and_then(|rest| rest.split('/').next());
    match secret {
        Some(secret) if !callback.secret().is(secret) => ApiError::NotFound,
        _ => ApiError::MethodNotAllowed,
    }
}

/// Every request is answered within [`LIMIT`].
async fn within_limit(request: Request, next: Next) -> Result<Response, ApiError> {
    limited(next.run(request)).await
}

async fn limited<T>(answer: impl Future<Output = T>) -> Result<T, ApiError> {
    let answered = tokio::time::timeout(LIMIT, answer).await;
    answered.map_err(|_| ApiError::TookTooLong)
}

/// Takes an event whose secret was compared, as [`ingest::event`] does. For the events alone there is this way past the
/// router, which boxes a request for each of its layers and copies the parts of its path: they are nearly all requests.
pub(crate) async fn posted(ingest: &Ingest, request: Request) -> Result<(), ApiError> {
    limited(ingest::posted(ingest, request)).await?
}

/// This document.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200, body = Object)))]
async fn openapi() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        contract::text(),
    )
}
