//! The company's log for an administrator: long polls from the cursor on, page after page. Slow or away, it delays nothing else.

use super::message::{Changes, newest, readable};
use super::pause::jittered;
use crate::desk::Desk;
use crate::error::DeskError;
use crate::relay_client::{RelayClient, RelayError, accepted, body, of_transport};
use crate::words::{FailureCode, Fault, Trouble};
use reqwest::Method;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use ts_rs::TS;

/// How long the relay holds a long poll, seconds, and the limit for its answer.
const POLL_S: u64 = 25;
const POLL_TIMEOUT: Duration = Duration::from_secs(40);
/// First and longest pause before the next attempt.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// How far the company's calls are here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct CompanyCalls {
    /// An administrator has asked for them.
    pub wanted: bool,
    /// All that there were are here; the others come as they change.
    pub whole: bool,
    /// How much of the log was read.
    pub percent: u8,
    /// Why it does not go on.
    pub trouble: Option<FailureCode>,
}

/// Mirrors the company's calls of this identity (see [`super::Followed`]) for as long as it is polled; needs an administrator's
/// key. Ends when the relay refuses the key: then the calls are to be forgotten.
pub async fn follow_company(relay: RelayClient, desk: Arc<Desk>, identity: String, told: watch::Sender<CompanyCalls>) {
    let company = Company {
        relay,
        desk,
        identity,
        told,
    };
    let mut pause = PAUSE.0;
    loop {
        let Err((why, went_on)) = company.read().await;
        if why == Trouble::KeyRefused.into() {
            return;
        }
        if went_on {
            pause = PAUSE.0;
        }
        company.told.send_modify(|told| told.trouble = Some(why));
        sleep(jittered(pause)).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

struct Company {
    relay: RelayClient,
    desk: Arc<Desk>,
    identity: String,
    told: watch::Sender<CompanyCalls>,
}

impl Company {
    /// Reads on until something is wrong; what it is, and whether something was read before.
    async fn read(&self) -> Result<Infallible, (FailureCode, bool)> {
        let of_desk = |error: DeskError| (error.code(), false);
        let identity = self.identity.clone();
        let cursor = self.blocking(move |desk| desk.company_cursor(&identity)).await;
        // Until its own feed has begun the mirror may be another's.
        let mut after = cursor.map_err(of_desk)?.ok_or((Fault::Busy.into(), false))?;
        let names = self.relay.abonents().await.map_err(|error| (error.code(), false))?;
        let names = names
            .into_iter()
            .map(|abonent| (abonent.id.clone(), abonent.name()))
            .collect();
        let stored = self.blocking(move |desk| desk.set_company_abonents(&names)).await;
        stored.map_err(of_desk)?;
        let (mut wait, mut went_on) = (0, false);
        loop {
            let (page, newest) = self.page(after, wait).await.map_err(|e| (e.code(), went_on))?;
            if newest < after {
                // The relay's ledger is another: made anew, or restored.
                while self.blocking(Desk::forget_company).await.map_err(of_desk)? {}
                return Err((Fault::Busy.into(), true));
            }
            let (reached, more) = (page.after.max(after), page.more);
            let identity = self.identity.clone();
            let parts: Vec<_> = page.calls.into_iter().filter_map(readable).collect();
            self.blocking(move |desk| desk.take_company(&parts, &identity, (after, reached), more))
                .await
                .map_err(|error| (error.code(), went_on))?;
            (after, went_on) = (reached, true);
            wait = if more { 0 } else { POLL_S };
            let percent = if newest > 0 {
                after.saturating_mul(100) / newest
            } else {
                100
            };
            self.told.send_if_modified(|told| {
                let before = told.clone();
                told.whole |= !more;
                told.percent = if told.whole { 100 } else { percent.clamp(0, 99) as u8 };
                told.trouble = None;
                *told != before
            });
        }
    }

    async fn page(&self, after: i64, wait: u64) -> Result<(Changes, i64), RelayError> {
        let request = self.relay.request(Method::GET, "/v1/company/changes")?;
        let request = request.query(&[("after", after.to_string()), ("wait", wait.to_string())]);
        let response = request.timeout(POLL_TIMEOUT).send().await;
        let response = accepted(response.map_err(|error| of_transport(&error))?).await?;
        let newest = newest(response.headers()).unwrap_or_default();
        let page = serde_json::from_slice(&body(response).await?).map_err(|_| RelayError::Unreadable)?;
        Ok((page, newest))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let desk = Arc::clone(&self.desk);
        // A panic is told in the log; the next attempt comes after a pause.
        tokio::task::spawn_blocking(move || work(&desk))
            .await
            .unwrap_or(Err(DeskError::Cancelled))
    }
}
