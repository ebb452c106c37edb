//! The desk's side of the feed: a WebSocket, or long polls where something on the way does not let one through. What
//! has arrived is taken in batches; the cursor moves with the batch in one transaction, so a cut loses nothing. Never
//! gives up.

mod company;
mod late;
mod message;
mod pause;
mod poll;

pub use company::{CompanyCalls, follow_company};

use crate::desk::Desk;
use crate::error::DeskError;
use crate::relay_client::{RelayClient, RelayError, accepted, of_transport};
use crate::toast::ToastOp;
use crate::words::FailureCode;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use late::Late;
use message::{Batch, date, newest};
use pause::jittered;
use perezvon_core::effect::Preferences;
use perezvon_core::{CallSnapshot, Time};
use reqwest::Method;
use reqwest::header::HeaderMap;
use reqwest_websocket::{Message, Upgrade as _, WebSocket};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Most snapshots of one transaction.
const BATCH_CALLS: usize = 200;
/// First and longest pause before the next attempt.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));
/// Longest wait for the upgrade.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the desk sends a ping, and after how long without any message it closes the connection.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(50);
/// After this long without the relay it is not known whether a phone still rings.
const RING_UNKNOWN_AFTER: Duration = Duration::from_mins(1);

/// Whose calls are followed, and how.
#[derive(Clone)]
pub struct Followed {
    /// The way to the relay, with the key.
    pub relay: RelayClient,
    /// The abonent, for an admin's key; none for a user's key, which has its own.
    pub abonent: Option<String>,
    /// What the mirror belongs to: relay and abonent. [`Desk::reset_mirror`] is called with it.
    pub identity: String,
    /// The notification switches, read for every batch.
    pub preferences: Arc<dyn Fn() -> Preferences + Send + Sync>,
}

/// The state of the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FeedState {
    /// The first attempt is under way.
    #[default]
    Connecting,
    /// Snapshots arrive.
    Connected {
        /// Over long polls.
        polling: bool,
        /// The end of the backlog was reached.
        caught_up: bool,
    },
    /// The relay does not accept the key, or there is none.
    KeyRefused,
    /// The relay refused for another reason.
    Refused(FailureCode),
    /// The relay cannot be reached.
    Unreachable,
    /// The desk cannot store: [`DeskError::code`].
    Storage(FailureCode),
}

/// What a batch led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Toasts to raise, rewrite and close, in order.
    pub toasts: Vec<ToastOp>,
    /// How many calls are new or changed.
    pub calls: usize,
}

/// Why a connection ended.
enum End {
    Relay(RelayError),
    /// The other side closed, or the way broke.
    Cut,
    /// The relay closed because the key was revoked.
    KeyRevoked,
    Desk(DeskError),
    /// The app no longer listens.
    Deaf,
}

impl From<RelayError> for End {
    fn from(error: RelayError) -> Self {
        Self::Relay(error)
    }
}

impl From<DeskError> for End {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

/// Follows the feed until `stop`. `news` is bounded by its maker: an app that takes its time slows only its own feed.
pub async fn follow(
    followed: Followed,
    desk: Arc<Desk>,
    news: mpsc::Sender<News>,
    state: watch::Sender<FeedState>,
    stop: CancellationToken,
) {
    let mut feed = Feed {
        followed,
        desk,
        news,
        state,
        cursor: 0,
        end_of_backlog: None,
        late: None,
    };
    // A batch under way may still be stored: its toasts are in `pending_toasts`; a mirror that was reset refuses it.
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = feed.run() => {}
    }
}

struct Feed {
    followed: Followed,
    desk: Arc<Desk>,
    news: mpsc::Sender<News>,
    state: watch::Sender<FeedState>,
    cursor: i64,
    /// Version at which the backlog of this connection ends; none once it was reached.
    end_of_backlog: Option<i64>,
    /// Old news came after the end of the backlog.
    late: Option<Late>,
}

impl Feed {
    async fn run(&mut self) {
        // What an earlier run prepared but did not get onto the screen.
        if let Ok(toasts) = self.blocking(Desk::pending_toasts).await
            && !toasts.is_empty()
            && self.say(News { toasts, calls: 0 }).await.is_err()
        {
            return;
        }
        let mut pause = PAUSE.0;
        let mut lost: Option<(Instant, bool)> = None;
        loop {
            let Err(end) = self.connect().await else {
                (pause, lost) = (PAUSE.0, None);
                continue; // Enough long polls: a WebSocket may go through by now.
            };
            let was_connected = matches!(*self.state.borrow(), FeedState::Connected { .. });
            if was_connected {
                pause = PAUSE.0;
                lost = None;
            }
            let (since, told) = *lost.get_or_insert((Instant::now(), false));
            let now = match end {
                End::Deaf => return,
                End::Cut => FeedState::Unreachable,
                End::Desk(error) => {
                    tracing::error!(%error, "the desk cannot store calls");
                    FeedState::Storage(error.code())
                }
                End::KeyRevoked | End::Relay(RelayError::NoKey | RelayError::Refused { status: 401 | 403, .. }) => {
                    FeedState::KeyRefused
                }
                End::Relay(error @ RelayError::Refused { .. }) => FeedState::Refused(error.code()),
                End::Relay(_) => FeedState::Unreachable,
            };
            self.set_state(now);
            if !told && since.elapsed() >= RING_UNKNOWN_AFTER {
                lost = Some((since, true));
                let desk = Arc::clone(&self.desk);
                if let Ok(Ok(toasts)) = tokio::task::spawn_blocking(move || desk.lost_touch()).await {
                    let _ = self.news.send(News { toasts, calls: 0 }).await;
                }
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    fn set_state(&self, state: FeedState) {
        self.state.send_if_modified(|now| {
            let changed = *now != state;
            *now = state;
            changed
        });
    }

    /// One connection from its upgrade to its end.
    async fn connect(&mut self) -> Result<(), End> {
        self.late = None;
        let identity = self.followed.identity.clone();
        self.cursor = self
            .blocking(move |desk| {
                desk.reset_mirror(&identity)?;
                desk.cursor(&identity)
            })
            .await?;
        let request = self.request("/v1/feed", &[])?;
        // The limit of a whole request would end the feed with it; the upgrade has its own.
        let request = request.timeout(Duration::from_hours(24 * 365));
        let response = match timeout(UPGRADE_TIMEOUT, request.upgrade().send()).await {
            Err(_) => return Err(RelayError::Timeout.into()),
            Ok(Err(reqwest_websocket::Error::Reqwest(error))) => return Err(of_transport(&error).into()),
            Ok(Err(_)) => return self.poll().await,
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        if status.as_u16() == 101 {
            self.begin(response.headers()).await?;
            return match response.into_websocket().await {
                Ok(socket) => self.listen(socket).await,
                Err(_) => self.poll().await,
            };
        }
        // The relay speaks JSON when it refuses; anything else is somebody on the way.
        match accepted(response.into_inner()).await {
            Err(error @ RelayError::Refused { status: 401 | 403, .. }) => Err(error.into()),
            Err(error @ RelayError::Refused { status: 503, .. }) => Err(error.into()),
            _ => self.poll().await,
        }
    }

    /// Sets the clock and finds the end of the backlog.
    async fn begin(&mut self, headers: &HeaderMap) -> Result<(), End> {
        self.set_clock(headers);
        self.know(headers).await?;
        self.end_of_backlog = Some(newest(headers).unwrap_or(0));
        self.set_state(FeedState::Connected {
            polling: false,
            caught_up: false,
        });
        self.reach_end(false).await
    }

    /// Where the relay's ledger is older than the mirror (set up anew, restored), the mirror begins anew.
    async fn know(&mut self, headers: &HeaderMap) -> Result<(), End> {
        if newest(headers).is_some_and(|newest| newest < self.cursor) {
            tracing::warn!(
                cursor = self.cursor,
                "the relay's ledger is another: the mirror begins anew"
            );
            let identity = self.followed.identity.clone();
            self.blocking(move |desk| desk.forget_mirror(&identity)).await?;
            return Err(End::Cut);
        }
        Ok(())
    }

    async fn listen(&mut self, mut socket: WebSocket) -> Result<(), End> {
        let mut ping = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        let mut heard = Instant::now();
        loop {
            let message = tokio::select! {
                message = socket.next() => message,
                () = late::settled(self.late) => {
                    self.tell_late().await?;
                    continue;
                }
                _ = ping.tick() => {
                    if heard.elapsed() >= SILENCE_TIMEOUT {
                        return Err(End::Cut);
                    }
                    let sent = timeout(UPGRADE_TIMEOUT, socket.send(Message::Ping(reqwest_websocket::Bytes::new()))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return Err(End::Cut);
                    }
                    continue;
                }
            };
            heard = Instant::now();
            let mut batch = Batch::default();
            let mut open = batch.add(message);
            while open && batch.snapshots.len() < BATCH_CALLS {
                match socket.next().now_or_never() {
                    Some(message) => open = batch.add(message),
                    None => break,
                }
            }
            self.take(batch.snapshots, false).await?;
            if !open {
                return Err(if batch.refused { End::KeyRevoked } else { End::Cut });
            }
        }
    }

    fn request(&self, path: &str, more: &[(&str, String)]) -> Result<reqwest::RequestBuilder, End> {
        let request = self
            .followed
            .relay
            .request(Method::GET, path)?
            .query(&[("after", self.cursor)])
            .query(more);
        Ok(match &self.followed.abonent {
            Some(abonent) => request.query(&[("abonent", abonent)]),
            None => request,
        })
    }

    async fn take(&mut self, snapshots: Vec<CallSnapshot>, polling: bool) -> Result<(), End> {
        if !snapshots.is_empty() {
            let preferences = (self.followed.preferences)();
            let identity = self.followed.identity.clone();
            let highest = snapshots.iter().map(|snapshot| snapshot.version).max().unwrap_or(0);
            let taken = self
                .blocking(move |desk| desk.take(&snapshots, &identity, &preferences, desk.now()))
                .await?;
            self.cursor = self.cursor.max(highest);
            if taken.untold > 0 && self.end_of_backlog.is_none() {
                self.late = Some(Late::again(self.late));
            }
            self.say(News {
                toasts: taken.toasts,
                calls: taken.stored,
            })
            .await?;
        }
        self.reach_end(polling).await
    }

    /// Tells the summary once the backlog of this connection has been taken.
    async fn reach_end(&mut self, polling: bool) -> Result<(), End> {
        if self.end_of_backlog.is_some_and(|end| self.cursor >= end) {
            self.end_of_backlog = None;
            self.late = None;
            let digest = self.blocking(Desk::digest).await?;
            self.set_state(FeedState::Connected {
                polling,
                caught_up: true,
            });
            self.say_digest(digest).await?;
        }
        Ok(())
    }

    /// Tells the summary of what the relay learnt late, once no more of it comes.
    async fn tell_late(&mut self) -> Result<(), End> {
        self.late = None;
        let digest = self.blocking(Desk::late_digest).await?;
        self.say_digest(digest).await
    }

    async fn say_digest(&self, digest: Option<ToastOp>) -> Result<(), End> {
        let Some(digest) = digest else { return Ok(()) };
        self.say(News {
            toasts: vec![digest],
            calls: 0,
        })
        .await
    }

    async fn say(&self, news: News) -> Result<(), End> {
        self.news.send(news).await.map_err(|_| End::Deaf)
    }

    fn set_clock(&self, headers: &HeaderMap) {
        if let Some(relay) = date(headers) {
            let local = Time::from(chrono::Utc::now());
            // The header has whole seconds: a smaller difference is none.
            let apart = relay.since(local).max(local.since(relay));
            self.desk.set_clock(if apart < 2000 { local } else { relay });
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, End> {
        let desk = Arc::clone(&self.desk);
        match tokio::task::spawn_blocking(move || work(&desk)).await {
            Ok(result) => Ok(result?),
            // It is told in the log; the next attempt comes after a pause.
            Err(error) if error.is_panic() => Err(End::Cut),
            // The runtime is ending.
            Err(_) => Err(End::Deaf),
        }
    }
}
