//! The importer: reads the PBX's recordings and statistics, so that no call is missing or wrong when events were lost
//! (reference 1.9, 1.10; design, part 4).
//!
//! Two loops, one per list, while there is a token; one request at a time, with a pause between two. The position in
//! a list is stored in the transaction that stores what was read, so a relay that ends at any moment resumes there.

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
use crate::timing::{self, Timing};
pub(crate) use pace::Mode;
use perezvon_core::Time;
use perezvon_pbx::rest::{Portal, PortalError};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Rows stored in one transaction: the events of a live call wait no longer than one such transaction.
const CHUNK_ROWS: usize = 50;
/// How often the importer compares the clock with its schedule, seconds of its pace.
const SCHEDULE_CHECK_S: u32 = 10;
/// Longest wait after failures, seconds of its pace.
const MAX_BACKOFF_S: u32 = 600;
/// How often a longer time is read again for rows that came late (a deep pass), seconds of its pace.
const DEEP_PASS_EVERY_S: u32 = 3600;
/// How far back a deep pass reads, milliseconds: what is waited for, and two hours more.
const DEEP_PASS_MS: i64 = GIVEN_UP_MS + 2 * 3_600_000;
/// How far back every other pass reads, milliseconds.
const SHALLOW_PASS_MS: i64 = 2 * 3_600_000;
/// After this long, a missing recording or line is given up, milliseconds.
const GIVEN_UP_MS: i64 = DAY_MS;
/// Every deep pass also rereads one older day, cycling through the last `OLDER_DAYS` days: rows that come later than
/// [`GIVEN_UP_MS`] are found within hours, by a few requests an hour.
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

/// State of the import of one list.
#[derive(Clone, Debug, Default)]
struct ListState {
    /// When the list was last read to its end.
    last_at: Option<Time>,
    /// Code of the last failure, while failing.
    error: Option<&'static str>,
}

/// State of the import of one list, for an administrator.
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
    /// Time since `last_at`, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lag_ms: Option<i64>,
}

/// State of the import, for an administrator.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub(crate) struct ImportHealth {
    pub(crate) records: ListHealth,
    pub(crate) statistics: ListHealth,
    pub(crate) mode: Mode,
}

/// The importer's handle. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Importer {
    ledger: Ledger,
    pbx: Pbx,
    callback: Callback,
    keeper: Keeper,
    clock: Clock,
    states: Arc<[Mutex<ListState>; 2]>,
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

    fn state(&self, list: List) -> ListState {
        self.states[list as usize]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, list: List, change: impl FnOnce(&mut ListState)) {
        change(
            &mut self.states[list as usize]
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    fn health_of(&self, list: List) -> ListHealth {
        let ListState { last_at, error } = self.state(list);
        ListHealth {
            last_at,
            error,
            lag_ms: last_at.map(|at| self.clock.now().since(at)),
        }
    }

    /// The state of both lists.
    pub(crate) async fn health(&self) -> ImportHealth {
        ImportHealth {
            records: self.health_of(List::Records),
            statistics: self.health_of(List::Statistics),
            mode: self.mode().await,
        }
    }

    /// For each list by its name: milliseconds since it was last read to its end, if it was.
    pub(crate) fn lags(&self) -> [(&'static str, Option<i64>); 2] {
        [List::Records, List::Statistics].map(|list| (list.name(), self.health_of(list).lag_ms))
    }
}

/// What the loops need in addition to the handle.
#[derive(Clone)]
pub(crate) struct ImporterParts {
    pub(crate) company: Company,
    pub(crate) roster: RosterNow,
    pub(crate) settings: SettingsNow,
    pub(crate) timing: Timing,
}

/// Reads one list.
struct ListLoop {
    importer: Importer,
    parts: ImporterParts,
    list: List,
    /// Time of the last deep pass.
    deep: Option<Instant>,
    /// Which of the older days is read next, from 0.
    older: i64,
    failures: u32,
    /// When the second edition of the statistics was found missing.
    first_edition: Option<Instant>,
}

/// Reads one of the lists until `stop`.
pub(crate) async fn run(importer: Importer, list: List, parts: ImporterParts, stop: CancellationToken) {
    let mut token = importer.pbx.changes();
    let mut one = ListLoop {
        importer: importer.clone(),
        parts,
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
                // Another token: the round with the former one is given up. What it read is stored.
                _ = token.changed() => {
                    last = None;
                    continue;
                }
                () = stop.cancelled() => return,
            };
            wait = one.settle(round);
            last = Some(Instant::now());
        }
        // Unless the PBX fails, a call that waits for something brings the next round forward.
        let sleep = if one.failures == 0 {
            wait = one.wait().await;
            one.parts.timing.import_second * SCHEDULE_CHECK_S
        } else {
            wait
        };
        let left = last.map_or(sleep, |last| wait.saturating_sub(last.elapsed()));
        tokio::select! {
            _ = token.changed() => last = None,
            () = tokio::time::sleep(sleep.min(left).max(one.parts.timing.import_pause)) => {}
            () = stop.cancelled() => return,
        }
    }
}

impl ListLoop {
    async fn round(&mut self, portal: &Portal) -> Result<(), Failed> {
        self.company(portal).await?;
        let deep = self
            .deep
            .is_none_or(|at| at.elapsed() >= self.parts.timing.import_second * DEEP_PASS_EVERY_S);
        let back = if deep { DEEP_PASS_MS } else { SHALLOW_PASS_MS };
        match self.list {
            List::Records => self.records(portal, back).await?,
            List::Statistics => self.statistics(portal, back).await?,
        }
        if deep {
            // Not in the first pass: the first import reads everything, and a relay that restarts often must not ask
            // often.
            if self.deep.is_some() {
                self.older(portal).await?;
            }
            self.deep = Some(Instant::now());
        }
        Ok(())
    }

    /// See [`OLDER_DAYS`].
    async fn older(&mut self, portal: &Portal) -> Result<(), Failed> {
        let to = self.now().plus(-DEEP_PASS_MS - self.older * DAY_MS);
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

    /// Which numbers are colleagues and which are lines decides which rows are one call. The account reads the
    /// company at its start; if that failed, it is read here.
    async fn company(&self, portal: &Portal) -> Result<(), Failed> {
        let began = Instant::now();
        while self.parts.roster.borrow().is_empty() {
            if began.elapsed() < self.parts.timing.import_second * SCHEDULE_CHECK_S {
                self.pause().await;
                continue;
            }
            self.parts.company.refresh(portal, Who::relay()).await?;
            return Ok(());
        }
        Ok(())
    }

    /// Stores the result of a round; returns how long to wait.
    fn settle(&mut self, round: Result<(), Failed>) -> Duration {
        let second = self.parts.timing.import_second;
        let Err(failed) = round else {
            self.failures = 0;
            let now = self.now();
            self.importer.change(self.list, |state| {
                *state = ListState {
                    last_at: Some(now),
                    error: None,
                };
            });
            return Duration::ZERO;
        };
        let code = failed.code();
        self.importer.change(self.list, |state| state.error = Some(code));
        self.failures += 1;
        // A refused token stays refused until it is replaced.
        let refused = matches!(failed, Failed::Portal(PortalError::Unauthorized));
        let full = if refused {
            MAX_BACKOFF_S
        } else {
            (5 << (self.failures - 1).min(10)).min(MAX_BACKOFF_S)
        };
        let wait = timing::shortened(second * full);
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
        tokio::time::sleep(self.parts.timing.import_pause).await;
    }

    /// Where the first import begins.
    fn beginning(&self) -> Time {
        let days = i64::from(self.parts.settings.borrow().import_days);
        self.now().plus(-days * DAY_MS).max(self.kept_since())
    }

    /// Calls that began before this are not imported: retention deletes them. A call is deleted with all its lines,
    /// so lines of the oldest kept hour may be gone with it.
    fn kept_since(&self) -> Time {
        match self.parts.settings.borrow().keep_calls_days {
            0 => Time::from_ms(i64::MIN),
            days => self.now().plus(-i64::from(days) * DAY_MS + 3_600_000),
        }
    }

    async fn place(&self) -> Result<places::ListPosition, LedgerError> {
        let name = self.list.name();
        self.importer
            .ledger
            .read(move |connection| places::place(connection, name))
            .await
    }
}
