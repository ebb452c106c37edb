//! The importer: reads the PBX's recordings and statistics, so that no call is missing and none is told wrong, whatever
//! happened to the events (reference 1.9, 1.10; design, part 4).
//!
//! Two loops, one for each list, as long as there is a token; one request at a time, with a pause between two. The place
//! in a list is stored in the transaction that stores what was read, so a relay that ends anywhere goes on from there.

mod pace;
mod records;
mod statistics;

pub(crate) use pace::mode;

use crate::company::RefreshError;
use crate::state::App;
use crate::tables::audit::Who;
use crate::tables::{LedgerError, statistics as places};
use perezvon_core::Time;
use perezvon_pbx::rest::{Portal, PortalError};
use serde::Serialize;
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What is stored in one transaction at most: the events of a live call wait no longer than that takes.
const CHUNK: usize = 50;
/// The importer looks at the clock at least so often, seconds of its pace.
const LOOK_S: u32 = 10;
/// Longest wait after failures, seconds of its pace.
const BACKOFF_S: u32 = 600;
/// How often a longer time is read again, for what came late, seconds of its pace.
const DEEP_S: u32 = 3600;
/// How far back: what is waited for, and a bit more.
const DEEP_MS: i64 = WAITED_MS + 2 * 3_600_000;
/// How far back otherwise.
const SHALLOW_MS: i64 = 2 * 3_600_000;
/// A recording or a line that has not come for so long is not waited for any more.
const WAITED_MS: i64 = DAY_MS;
/// Each time the longer time is read, one day before it is read too, another one each time, up to so many days back:
/// what comes later than anybody waits for is found within hours, by a few requests an hour.
const OLDER_DAYS: i64 = 7;
const DAY_MS: i64 = 24 * 3_600_000;

/// The lists of the PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Call recordings.
    Records,
    /// Statistics.
    Statistics,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Records => places::RECORDS,
            Self::Statistics => places::LINES,
        }
    }
}

/// How the import of one list goes.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    /// When the list was last read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Time>,
    /// Code of the last failure, while failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// What the importer shares with the rest of the relay.
#[derive(Default)]
pub(crate) struct Import {
    records: Mutex<State>,
    statistics: Mutex<State>,
    wake_records: Notify,
    wake_statistics: Notify,
}

impl Import {
    fn state(&self, list: List) -> &Mutex<State> {
        match list {
            List::Records => &self.records,
            List::Statistics => &self.statistics,
        }
    }

    fn waker(&self, list: List) -> &Notify {
        match list {
            List::Records => &self.wake_records,
            List::Statistics => &self.wake_statistics,
        }
    }

    /// Both loops look at once.
    pub(crate) fn wake(&self) {
        self.wake_records.notify_one();
        self.wake_statistics.notify_one();
    }

    fn change(&self, list: List, change: impl FnOnce(&mut State)) {
        change(&mut self.state(list).lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// For each list by its name, how many milliseconds ago it was last read to its end, where it was.
pub(crate) fn lags(app: &App) -> [(&'static str, Option<i64>); 2] {
    [List::Records, List::Statistics].map(|list| {
        let state = app.import.state(list).lock().unwrap_or_else(PoisonError::into_inner);
        (list.name(), state.last_at.map(|at| app.now().since(at)))
    })
}

/// What an administrator is told: for each list when it was read to its end, how far it lags behind, and the code of the
/// failure; and the [`mode`].
pub(crate) async fn health(app: &App) -> Value {
    let told = |list: List| {
        let state = app
            .import
            .state(list)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let lag = state.last_at.map(|at| app.now().since(at));
        let mut told = json!(state);
        if let (Some(lag), Some(map)) = (lag, told.as_object_mut()) {
            map.insert("lagMs".to_owned(), json!(lag));
        }
        told
    };
    json!({
        "records": told(List::Records),
        "statistics": told(List::Statistics),
        "mode": mode(app).await,
    })
}

/// Why a round did not succeed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Portal(#[from] PortalError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Trouble {
    fn code(&self) -> &'static str {
        match self {
            Self::Portal(error) => error.code(),
            Self::Ledger(_) => "ledger",
        }
    }
}

/// One list's loop.
struct Loop {
    app: App,
    list: List,
    /// When a longer time was last read again.
    deep: Option<Instant>,
    /// Which day before that is read next, from 0.
    older: i64,
    failures: u32,
    /// The second edition of the statistics does not exist, as was found then.
    first_edition: Option<Instant>,
}

/// Reads one of the lists until the relay ends.
pub(crate) async fn run(app: App, list: List) {
    let mut one = Loop {
        app: app.clone(),
        list,
        deep: None,
        older: 0,
        failures: 0,
        first_edition: None,
    };
    let mut last: Option<Instant> = None;
    let mut wait = Duration::ZERO;
    loop {
        let mut woken = pin!(app.import.waker(list).notified());
        let due = last.is_none_or(|last| last.elapsed() >= wait);
        if due && let Some(portal) = app.portal_for("import") {
            let round = tokio::select! {
                round = one.round(&portal) => round,
                // Another token: with the one before there is nothing to read on. What was read is stored.
                () = &mut woken => {
                    last = None;
                    continue;
                }
                () = app.stop.cancelled() => return,
            };
            wait = one.settle(round);
            last = Some(Instant::now());
        }
        // While nothing fails, a call that waits for something brings the next look forward.
        let sleep = if one.failures == 0 {
            wait = pace::wait(&app).await;
            app.timing.import_second * LOOK_S
        } else {
            wait
        };
        let left = last.map_or(sleep, |last| wait.saturating_sub(last.elapsed()));
        tokio::select! {
            () = &mut woken => last = None,
            () = tokio::time::sleep(sleep.min(left).max(app.timing.import_pause)) => {}
            () = app.stop.cancelled() => return,
        }
    }
}

impl Loop {
    async fn round(&mut self, portal: &Portal) -> Result<(), Trouble> {
        self.company(portal).await?;
        let deep = self
            .deep
            .is_none_or(|at| at.elapsed() >= self.app.timing.import_second * DEEP_S);
        let back = if deep { DEEP_MS } else { SHALLOW_MS };
        match self.list {
            List::Records => self.records(portal, back).await?,
            List::Statistics => self.statistics(portal, back).await?,
        }
        if deep {
            // Not at the start: the first import reads all there is, and a relay that starts often must not ask often.
            if self.deep.is_some() {
                self.older(portal).await?;
            }
            self.deep = Some(Instant::now());
        }
        Ok(())
    }

    /// See [`OLDER_DAYS`].
    async fn older(&mut self, portal: &Portal) -> Result<(), Trouble> {
        let to = self.app.now().plus(-DEEP_MS - self.older * DAY_MS);
        let from = to.plus(-DAY_MS).max(self.beginning());
        if from >= to {
            self.older = 0;
            return Ok(());
        }
        match self.list {
            List::Records => self.again(portal, from, to).await?,
            List::Statistics => self.lines(portal, from, to).await?,
        }
        self.older = (self.older + 1) % OLDER_DAYS;
        Ok(())
    }

    /// Who is a colleague and which numbers are lines decides which lines are one call. The start reads the company; when
    /// that failed, it is read here.
    async fn company(&self, portal: &Portal) -> Result<(), Trouble> {
        let began = Instant::now();
        while self.app.roster().is_empty() {
            if began.elapsed() < self.app.timing.import_second * LOOK_S {
                self.pause().await;
                continue;
            }
            match crate::company::refresh(&self.app, portal, Who::relay()).await {
                Ok(_) => return Ok(()),
                Err(RefreshError::Portal(error)) => return Err(error.into()),
                Err(RefreshError::Ledger(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes note of how a round went; gives how long to wait.
    fn settle(&mut self, round: Result<(), Trouble>) -> Duration {
        let second = self.app.timing.import_second;
        let Err(trouble) = round else {
            self.failures = 0;
            let now = self.app.now();
            self.app.import.change(self.list, |state| {
                *state = State {
                    last_at: Some(now),
                    error: None,
                };
            });
            return Duration::ZERO;
        };
        let code = trouble.code();
        self.app.import.change(self.list, |state| state.error = Some(code));
        self.failures += 1;
        // A token that is refused will be refused again, until somebody gives another one.
        let refused = matches!(trouble, Trouble::Portal(PortalError::Unauthorized));
        let full = if refused {
            BACKOFF_S
        } else {
            (5 << (self.failures - 1).min(10)).min(BACKOFF_S)
        };
        let wait = pace::jittered(second * full);
        tracing::warn!(
            list = self.list.name(),
            code,
            wait_ms = wait.as_millis() as u64,
            "the PBX's list cannot be imported"
        );
        if let Trouble::Ledger(error) = &trouble {
            tracing::error!(%error, "the importer cannot use the ledger");
        }
        wait
    }

    async fn pause(&self) {
        tokio::time::sleep(self.app.timing.import_pause).await;
    }

    /// Where the first import begins.
    fn beginning(&self) -> Time {
        let days = i64::from(self.app.settings().import_days);
        self.app.now().plus(-days * DAY_MS).max(self.kept_since())
    }

    /// What began before is not taken: retention deletes it. A call is deleted with all its lines, so those of the oldest
    /// hour that is kept may be gone with it.
    fn kept_since(&self) -> Time {
        match self.app.settings().keep_calls_days {
            0 => Time::from_ms(i64::MIN),
            days => self.app.now().plus(-i64::from(days) * DAY_MS + 3_600_000),
        }
    }

    async fn place(&self) -> Result<places::Place, LedgerError> {
        let name = self.list.name();
        self.app
            .ledger
            .read(move |connection| places::place(connection, name))
            .await
    }
}
