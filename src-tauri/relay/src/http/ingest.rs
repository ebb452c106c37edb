//! `POST /xsi/{secret}/…`: where the PBX posts its events (design, part 3, steps 1 to 3).

use super::IngestLimit;
use crate::http::error::ApiError;
use crate::ledger::Ledger;
use crate::metrics::Metrics;
use crate::pbx::Callback;
use crate::probes::Probes;
use crate::tables::events::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::Method;
use perezvon_pbx::xsi;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest time for a body that is under way when the relay ends.
const LAST: Duration = Duration::from_millis(500);

/// What becomes of an event needs this.
#[derive(Clone)]
pub(crate) struct Ingest {
    pub(crate) callback: Callback,
    pub(crate) ledger: Ledger,
    pub(crate) limit: IngestLimit,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) probes: Arc<Probes>,
    pub(crate) stop: CancellationToken,
}

/// `/xsi/{secret}`.
pub(crate) async fn plain(
    State(ingest): State<Ingest>,
    Path(secret): Path<String>,
    request: Request,
) -> Result<(), ApiError> {
    event(&ingest, &secret, request).await
}

/// `/xsi/{secret}/…`: the PBX appends `/null` (reference 2.2).
pub(crate) async fn suffixed(
    State(ingest): State<Ingest>,
    Path((secret, rest)): Path<(String, String)>,
    request: Request,
) -> Result<(), ApiError> {
    // The service check asks its own public address for a word.
    if request.method() == Method::GET && ingest.callback.secret().is(&secret) {
        ingest.probes.arrived(&rest);
    }
    event(&ingest, &secret, request).await
}

async fn event(ingest: &Ingest, secret: &str, request: Request) -> Result<(), ApiError> {
    // A wrong secret is no different from a path that does not exist.
    if !ingest.callback.secret().is(secret) {
        return Err(ApiError::NotFound);
    }
    match *request.method() {
        // The PBX may look whether somebody is there (reference 2.1).
        Method::GET | Method::HEAD => return Ok(()),
        Method::POST => {}
        _ => return Err(ApiError::MethodNotAllowed),
    }
    let taken = take(ingest, request).await;
    if let Err(error) = &taken {
        ingest.metrics.refused(error.code());
    }
    taken
}

/// Reads the body, stores it, waits until it is safe.
async fn take(ingest: &Ingest, request: Request) -> Result<(), ApiError> {
    if (*ingest.limit).as_ref().is_some_and(|bucket| !bucket.take()) {
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
    // A slow sender must not hold up the end of the relay; nothing of his was acknowledged.
    let ending = async {
        ingest.stop.cancelled().await;
        tokio::time::sleep(LAST).await;
    };
    let raw = tokio::select! {
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
