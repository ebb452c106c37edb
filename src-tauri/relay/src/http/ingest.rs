//! `POST /xsi/{secret}/…`: where the PBX posts its events (design, part 3, steps 1 to 3).

use crate::http::error::ApiError;
use crate::http::input::Path;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::pbx::Callback;
use crate::probes::Probes;
use crate::rate::Bucket;
use crate::tables::events::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use perezvon_pbx::xsi;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time for a body that is under way when the relay ends.
const LAST: Duration = Duration::from_millis(500);

/// What becomes of an event needs this.
pub(crate) struct Ingest {
    pub(crate) callback: Callback,
    pub(crate) ledger: Ledger,
    /// How many events a second are taken; none: no limit.
    pub(crate) limit: Option<Bucket>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) probes: Arc<Probes>,
    pub(crate) stop: CancellationToken,
}

/// The address of the account's events; the PBX appends `/null` (reference 2.2).
#[derive(Deserialize)]
pub(crate) struct Address {
    secret: String,
    #[serde(default)]
    rest: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(address) = Path::from_request_parts(parts, state).await?;
        Ok(address)
    }
}

impl Ingest {
    /// A wrong secret is no different from a path that does not exist.
    fn opened_by(&self, secret: &str) -> Result<(), ApiError> {
        if self.callback.secret().is(secret) {
            Ok(())
        } else {
            Err(ApiError::NotFound)
        }
    }
}

/// Answers 200 when the secret is right: the PBX may check that the address answers (reference 2.1).
#[utoipa::path(
    method(get, head),
    path = "/xsi/{secret}",
    params(("secret" = String, Path, description = "The secret of the account's address")),
    responses((status = 200, description = "There"))
)]
pub(crate) async fn look(State(ingest): State<Arc<Ingest>>, method: Method, address: Address) -> Result<(), ApiError> {
    ingest.opened_by(&address.secret)?;
    // The service check asks its own public address for a word.
    if method == Method::GET {
        ingest.probes.arrived(&address.rest);
    }
    Ok(())
}

/// Appends one event of the PBX. 200 means that it survives a power cut. What cannot be read is kept and answered 200.
#[utoipa::path(
    post,
    path = "/xsi/{secret}",
    params(("secret" = String, Path, description = "The secret of the account's address")),
    request_body(content = String, content_type = "application/xml"),
    responses((status = 200, description = "Stored"))
)]
pub(crate) async fn event(
    State(ingest): State<Arc<Ingest>>,
    address: Address,
    request: Request,
) -> Result<(), ApiError> {
    ingest.opened_by(&address.secret)?;
    posted(&ingest, request).await
}

/// The same once the secret was compared.
pub(super) async fn posted(ingest: &Ingest, request: Request) -> Result<(), ApiError> {
    let taken = take(ingest, request).await;
    if let Err(error) = &taken {
        ingest.metrics.refused(error.code());
    }
    taken
}

/// Reads the body, stores it, waits until it is safe.
async fn take(ingest: &Ingest, request: Request) -> Result<(), ApiError> {
    if ingest.limit.as_ref().is_some_and(|bucket| !bucket.take()) {
        return Err(ApiError::TooMany);
    }
    let announced = request
        .headers()
        .get(axum::http::header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > xsi::MAX_BODY) {
        return Err(ApiError::TooLarge);
    }
    let body = axum::body::to_bytes(request.into_body(), xsi::MAX_BODY);
    // A slow sender must not delay the end of the relay; nothing was acknowledged to it.
    let ending = async {
        ingest.stop.cancelled().await;
        tokio::time::sleep(LAST).await;
    };
    let raw = tokio::select! {
        // Most bodies are there already.
        biased;
        body = body => body.map_err(|error| ApiError::of_body(&error))?,
        () = ending => return Err(ApiError::Stopping),
    };
    // Parsed and packed here, on any thread, and not on the one that writes.
    let read = xsi::read(&raw).map_err(|error| error.to_string());
    match &read {
        Err(reason) => tracing::warn!(%reason, "an event cannot be read; it is kept"),
        Ok(xsi::Read { mended: Some(flaw), .. }) => tracing::warn!(%flaw, "an event was mended to be read"),
        Ok(_) => {}
    }
    ingest
        .ledger
        .append(Box::new(read.map(|read| read.event)), Body::pack(&raw))
        .await
        .map_err(|_| ApiError::Unavailable)
}
