//! The importer: reads the PBX's recordings and statistics, so that no call is missing and none is told wrong, whatever
//! happened to the events (reference 1.9, 1.10; design, part 4).
//!
//! Two loops, one for each list, as long as there is a token; one request at a time, with a pause between two. The place
//! in a list is stored in the transaction that stores what was read, so a relay that ends anywhere goes on from there.

mod pace;
mod records;
mod statistics;

use crate::clock::Clock;
use crate::company::Company;
use crate::failed::Failed;
use crate::keeper::Keeper;
use crate::ledger::{Ledger, SettingsNow};
use crate::pbx::{Callback, Pbx};
use crate::roster::RosterNow;
use crate::tables::audit::Who;
use crate::tables::{LedgerError, statistics as places};
use crate::timing::Timing;
pub(crate) use pace::Mode;
use perezvon_core::Time;
use perezvon_pbx::rest::{Portal, PortalError};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

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
#[derive(Clone, Debug, Default)]
struct State {
    /// When the list was last read to its end.
    last_at: Option<Time>,
    /// Code of the last failure, while failing.
    error: Option<&'static str>,
}

/// How the import of one list goes, as an administrator is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportedList)]
pub(crate) struct ListHealth {
    /// When the list was last read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_at: Option<Time>,
    /// Code of the last failure, while failing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    /// How long ago that was, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lag_ms: Option<i64>,
}

/// How the import goes, as an administrator is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportHealth {
    pub(crate) records: ListHealth,
    pub(crate) statistics: ListHealth,
    pub(crate) mode: Mode,
}

/// What others know of the importer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Importer {
    ledger: Ledger,
    pbx: Pbx,
    callback: Callback,
    keeper: Keeper,
    clock: Clock,
    states: Arc<[Mutex<State>; 2]>,
}

impl Importer {
    pub(crate) fn new(ledger: Ledger, pbx: Pbx, callback: Callback, keeper: Keeper, clock: Clock) -> Self {
        Self {
            ledger,
            pbx,
            callback,
            keeper,
            clock,
            states: Arc::default(),
        }
    }

    fn state(&self, list: List) -> State {
        self.states[list as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, list: List, change: impl FnOnce(&mut State)) {
        change(
            &mut self.states[list as usize]
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn health_of(&self, list: List) -> ListHealth {
        let State { last_at, error } = self.state(list);
        ListHealth {
            last_at,
            error,
            lag_ms: last_at.map(|at| self.clock.now().since(at)),
        }
    }

    /// How it goes.
    pub(crate) async fn health(&self) -> ImportHealth {
        ImportHealth {
            records: self.health_of(List::Records),
            statistics: self.health_of(List::Statistics),
            mode: self.mode().await,
        }
    }

    /// For each list by its name, how many milliseconds ago it was last read to its end, where it was.
    pub(crate) fn lags(&self) -> [(&'static str, Option<i64>); 2] {
        [List::Records, List::Statistics].map(|list| (list.name(), self.health_of(list).lag_ms))
    }
}

/// What the loops work with, beside the handle.
#[derive(Clone)]
pub(crate) struct Needs {
    pub(crate) company: Company,
    pub(crate) roster: RosterNow,
    pub(crate) settings: SettingsNow,
    pub(crate) timing: Timing,
}

/// One list's loop.
struct Loop {
    importer: Importer,
    needs: Needs,
    list: List,
    /// When a longer time was last read again.
    deep: Option<Instant>,
    /// Which day before that is read next, from 0.
    older: i64,
    failures: u32,
    /// The second edition of the statistics does not exist, as was found then.
    first_edition: Option<Instant>,
}

/// Reads one of the lists until `stop`.
pub(crate) async fn run(importer: Importer, list: List, needs: Needs, stop: CancellationToken) {
    let mut token = importer.pbx.changes();
    let mut one = Loop {
        importer: importer.clone(),
        needs,
        list,
        deep: None,
        older: 0,
        failures: 0,
        first_edition: None,
    };
    let mut last: Option<Instant> = None;
    let mut wait = Duration::ZERO;
    loop {
        let due = last.is_none_or(|last| last.elapsed() >= wait);
        if due && let Some(portal) = importer.pbx.portal("import") {
            let round = tokio::select! {
                round = one.round(&portal) => round,
                // Another token: with the one before there is nothing to read on. What was read is stored.
                _ = token.changed() => {
                    last = None;
                    continue;
                }
                () = stop.cancelled() => return,
            };
            wait = one.settle(round);
            last = Some(Instant::now());
        }
        // While nothing fails, a call that waits for something brings the next look forward.
        let sleep = if one.failures == 0 {
            wait = one.wait().await;
            one.needs.timing.import_second * LOOK_S
        } else {
            wait
        };
        let left = last.map_or(sleep, |last| wait.saturating_sub(last.elapsed()));
        tokio::select! {
            _ = token.changed() => last = None,
            () = tokio::time::sleep(sleep.min(left).max(one.needs.timing.import_pause)) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl Loop {
    async fn round(&mut self, portal: &Portal) -> Result<(), Failed> {
        self.company(portal).await?;
        let deep = self
            .deep
            .is_none_or(|at| at.elapsed() >= self.needs.timing.import_second * DEEP_S);
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
    async fn older(&mut self, portal: &Portal) -> Result<(), Failed> {
        let to = self.now().plus(-DEEP_MS - self.older * DAY_MS);
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
    async fn company(&self, portal: &Portal) -> Result<(), Failed> {
        let began = Instant::now();
        while self.needs.roster.borrow().is_empty() {
            if began.elapsed() < self.needs.timing.import_second * LOOK_S {
                self.pause().await;
                continue;
            }
            self.needs.company.refresh(portal, Who::relay()).await?;
            return Ok(());
        }
        Ok(())
    }

    /// Takes note of how a round went; gives how long to wait.
    fn settle(&mut self, round: Result<(), Failed>) -> Duration {
        let second = self.needs.timing.import_second;
        let Err(failed) = round else {
            self.failures = 0;
            let now = self.now();
            self.importer.change(self.list, |state| {
                *state = State {
                    last_at: Some(now),
                    error: None,
                };
            });
            return Duration::ZERO;
        };
        let code = failed.code();
        self.importer.change(self.list, |state| state.error = Some(code));
        self.failures += 1;
        // A token that is refused will be refused again, until somebody gives another one.
        let refused = matches!(failed, Failed::Portal(PortalError::Unauthorized));
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
        if let Failed::Ledger(error) = &failed {
            tracing::error!(%error, "the importer cannot use the ledger");
        }
        wait
    }

    fn now(&self) -> Time {
        self.importer.clock.now()
    }

    async fn pause(&self) {
        tokio::time::sleep(self.needs.timing.import_pause).await;
    }

    /// Where the first import begins.
    fn beginning(&self) -> Time {
        let days = i64::from(self.needs.settings.borrow().import_days);
        self.now().plus(-days * DAY_MS).max(self.kept_since())
    }

    /// What began before is not taken: retention deletes it. A call is deleted with all its lines, so those of the oldest
    /// hour that is kept may be gone with it.
    fn kept_since(&self) -> Time {
        match self.needs.settings.borrow().keep_calls_days {
            0 => Time::from_ms(i64::MIN),
            days => self.now().plus(-i64::from(days) * DAY_MS + 3_600_000),
        }
    }

    async fn place(&self) -> Result<places::Place, LedgerError> {
        let name = self.list.name();
        self.importer
            .ledger
            .read(move |connection| places::place(connection, name))
            .await
    }
}
