//! Long polls, where something on the way does not let a WebSocket through.

use super::late;
use super::message::{Changes, readable};
use super::{End, Feed, FeedState};
use crate::relay_client::{RelayError, accepted, body, of_transport};
use std::pin::pin;
use std::time::Duration;

/// How long the relay holds a long poll, seconds, and the limit for its answer.
const POLL_S: u64 = 25;
const POLL_TIMEOUT: Duration = Duration::from_secs(40);
/// After this many long polls a WebSocket is tried again.
const MAX_POLLS: u32 = 20;

impl Feed {
    /// Polls as long as before a WebSocket is tried again.
    pub(super) async fn poll(&mut self) -> Result<(), End> {
        // The first answers come at once: they are the backlog.
        let mut wait = 0;
        self.end_of_backlog = Some(i64::MAX);
        for _ in 0..MAX_POLLS {
            let request = self
                .request("/v1/changes", &[("wait", wait.to_string())])?
                .timeout(POLL_TIMEOUT);
            let mut answer = pin!(request.send());
            let response = loop {
                tokio::select! {
                    response = &mut answer => break response.map_err(|error| of_transport(&error))?,
                    () = late::settled(self.late) => self.tell_late().await?,
                }
            };
            let response = accepted(response).await?;
            self.set_clock(response.headers());
            self.know(response.headers()).await?;
            let body = body(response).await?;
            let changes: Changes = serde_json::from_slice(&body).map_err(|_| RelayError::Unreadable)?;
            self.set_state(FeedState::Connected {
                polling: true,
                caught_up: self.end_of_backlog.is_none(),
            });
            if !changes.more {
                self.end_of_backlog = self.end_of_backlog.map(|_| 0);
                wait = POLL_S;
            }
            let snapshots = changes.calls.into_iter().filter_map(readable).collect();
            self.take(snapshots, true).await?;
            self.cursor = self.cursor.max(changes.after);
        }
        Ok(())
    }
}
