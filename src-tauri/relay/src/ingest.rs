//! `POST /xsi/{secret}/…`: where the PBX posts its events (design, part 3, steps 1 to 3).

use crate::error::ApiError;
use crate::ledger::events::body::Body;
use crate::state::App;
use crate::writer::{Job, now};
use axum::extract::{Path, Request, State};
use axum::http::Method;
use perezvon_pbx::xsi;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Longest time for a body that is under way when the relay ends.
const LAST: Duration = Duration::from_millis(500);

/// A token bucket: so many events a second, one second's worth at once.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    level: Mutex<(f64, Instant)>,
}

impl Bucket {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            level: Mutex::new((per_second, Instant::now())),
        }
    }

    fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = now.saturating_duration_since(level.1).as_secs_f64() * self.per_second;
        let tokens = (level.0 + gained).min(self.per_second);
        let granted = tokens >= 1.0;
        *level = (if granted { tokens - 1.0 } else { tokens }, now);
        granted
    }
}

/// `/xsi/{secret}`.
pub(crate) async fn plain(app: State<App>, Path(secret): Path<String>, request: Request) -> Result<(), ApiError> {
    event(app, &secret, request).await
}

/// `/xsi/{secret}/…`: the PBX appends `/null` (reference 2.2).
pub(crate) async fn suffixed(
    app: State<App>,
    Path((secret, rest)): Path<(String, String)>,
    request: Request,
) -> Result<(), ApiError> {
    // The service check asks its own public address for a word.
    if request.method() == Method::GET && app.secret.is(&secret) {
        app.probes.arrived(&rest);
    }
    event(app, &secret, request).await
}

async fn event(State(app): State<App>, secret: &str, request: Request) -> Result<(), ApiError> {
    // A wrong secret is no different from a path that does not exist.
    if !app.secret.is(secret) {
        return Err(ApiError::NotFound);
    }
    match *request.method() {
        // The PBX may look whether somebody is there (reference 2.1).
        Method::GET | Method::HEAD => return Ok(()),
        Method::POST => {}
        _ => return Err(ApiError::MethodNotAllowed),
    }
    let taken = take(&app, request).await;
    if let Err(error) = &taken {
        app.metrics.refused(error.code());
    }
    taken
}

/// Reads the body, stores it, waits until it is safe.
async fn take(app: &App, request: Request) -> Result<(), ApiError> {
    if app.ingest_limit.as_ref().is_some_and(|bucket| !bucket.take()) {
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
        app.stop.cancelled().await;
        tokio::time::sleep(LAST).await;
    };
    let raw = tokio::select! {
        body = body => body.map_err(|error| ApiError::of_body(&error))?,
        () = ending => return Err(ApiError::Stopping),
    };
    let at = now();
    // Parsed and packed here, on any thread, and not on the one that writes.
    let read = xsi::read(&raw).map_err(|error| error.to_string());
    match &read {
        Err(reason) => tracing::warn!(%reason, "an event cannot be read; it is kept"),
        Ok(xsi::Read { mended: Some(flaw), .. }) => tracing::warn!(%flaw, "an event was mended to be read"),
        Ok(_) => {}
    }
    let read = Box::new(read.map(|read| read.event));
    let (reply, stored) = oneshot::channel();
    app.ledger
        .submit(Job::Event {
            read,
            body: Body::pack(&raw),
            at,
            reply,
        })
        .map_err(|_| ApiError::Unavailable)?;
    match stored.await {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(ApiError::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_gives_its_rate_and_a_second_of_burst() {
        let bucket = Bucket::new(10);
        let start = Instant::now();
        let granted = (0..100).filter(|_| bucket.take_at(start)).count();
        assert_eq!(granted, 10, "one second's worth at once");
        let later = start + Duration::from_millis(500);
        let granted = (0..100).filter(|_| bucket.take_at(later)).count();
        assert!(
            (4..=5).contains(&granted),
            "half a second later half of it again, got {granted}"
        );
    }
}
