//! What comes over the feed.

use perezvon_core::{CallSnapshot, Time};
use reqwest::header::HeaderMap;
use reqwest_websocket::Message;
use serde::Deserialize;

/// The newest version that this reader may see, at the time of the answer.
const NEWEST: &str = "x-perezvon-version";

/// What has arrived on the socket.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) snapshots: Vec<CallSnapshot>,
    pub(super) refused: bool,
}

/// WebSocket close code of a relay that no longer accepts the key (RFC 6455: policy violation).
const CLOSE_POLICY_VIOLATION: u16 = 1008;

impl Batch {
    /// False when the connection is over.
    pub(super) fn add(&mut self, message: Option<Result<Message, reqwest_websocket::Error>>) -> bool {
        match message {
            Some(Ok(Message::Text(text))) => {
                match serde_json::from_str(&text) {
                    Ok(value) => self.snapshots.extend(readable(value)),
                    Err(error) => tracing::warn!(kind = ?error.classify(), "a message of the feed is no JSON"),
                }
                true
            }
            Some(Ok(Message::Close { code, .. })) => {
                self.refused = u16::from(code) == CLOSE_POLICY_VIOLATION;
                false
            }
            Some(Ok(_)) => true,
            Some(Err(_)) | None => false,
        }
    }
}

/// A long poll's answer.
#[derive(Deserialize)]
pub(super) struct Changes {
    pub(super) calls: Vec<serde_json::Value>,
    /// The cursor after this page.
    #[serde(default)]
    pub(super) after: i64,
    /// The page was full: there is more at once.
    #[serde(default)]
    pub(super) more: bool,
}

/// One snapshot of a newer relay that this desk cannot read must not hold up the others. What the reader says of it may
/// quote a number.
pub(super) fn readable(value: serde_json::Value) -> Option<CallSnapshot> {
    serde_json::from_value(value)
        .inspect_err(|error| {
            tracing::warn!("a snapshot of the feed cannot be read");
            tracing::debug!(%error, "the unreadable snapshot");
        })
        .ok()
}

pub(super) fn newest(headers: &HeaderMap) -> Option<i64> {
    headers.get(NEWEST)?.to_str().ok()?.trim().parse().ok()
}

/// The relay's clock, in whole seconds.
pub(super) fn date(headers: &HeaderMap) -> Option<Time> {
    let date = headers.get(reqwest::header::DATE)?.to_str().ok()?;
    Some(Time::from(chrono::DateTime::parse_from_rfc2822(date).ok()?.to_utc()))
}
