//! What the journal of outgoing requests learns of each exchange with the PBX.

use std::sync::Arc;
use std::time::Instant;

use reqwest::Method;

use super::{Portal, Request};

/// [`Exchange::error`] of an exchange whose caller went away before its end: a listener closed the player, say.
pub const ABANDONED: &str = "pbx_abandoned";

/// One request to the PBX and how it ended, for the journal of outgoing requests. A repeated GET is several.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The HTTP method.
    pub method: Method,
    /// The path below the base, without the query, ids readable: `v2/abonents/9000000001@mpbx.sip.beeline.ru/call`.
    pub path: String,
    /// The HTTP status, if an answer began.
    pub status: Option<u16>,
    /// Milliseconds from the start to the end of the answer; of a download, to the last byte that was taken.
    pub duration_ms: u64,
    /// [`PortalError::code`](super::PortalError::code), if it failed, or [`ABANDONED`].
    pub error: Option<&'static str>,
    /// What it was for, as [`Portal::caused_by`] said.
    pub cause: Option<Arc<str>>,
}

/// Told about every exchange when it has ended; must not block.
pub type OnExchange = Arc<dyn Fn(Exchange) + Send + Sync>;

/// An exchange under way. Tells the journal when it is dropped, so that an abandoned one is told too.
pub(super) struct Report {
    on_exchange: Option<OnExchange>,
    cause: Option<Arc<str>>,
    method: Method,
    path: String,
    start: Instant,
    pub(super) status: Option<u16>,
    /// [`ABANDONED`] until it is known how the exchange ended.
    pub(super) error: Option<&'static str>,
}

impl Report {
    pub(super) fn new(portal: &Portal, request: &Request<'_>) -> Self {
        Self {
            on_exchange: portal.on_exchange.clone(),
            cause: portal.cause.clone(),
            method: request.method.clone(),
            path: request.path.join("/"),
            start: Instant::now(),
            status: None,
            error: Some(ABANDONED),
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let duration_ms = self.start.elapsed().as_millis() as u64;
        tracing::debug!(method = %self.method, status = self.status, duration_ms, error = self.error, "exchange with the PBX");
        if let Some(on_exchange) = &self.on_exchange {
            on_exchange(Exchange {
                method: self.method.clone(),
                path: std::mem::take(&mut self.path),
                status: self.status,
                duration_ms,
                error: self.error,
                cause: self.cause.take(),
            });
        }
    }
}
