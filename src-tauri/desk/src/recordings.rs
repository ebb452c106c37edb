//! The recordings on this disk: what may be had by right is fetched through the relay, tried, named and kept within its bounds.
//!
//! A file is written under `.part`, tried whole, and only then gets its name, which the table is told before and after: at
//! whatever moment the program ends, no part is ever taken for the whole, and what is whole is not fetched again.

mod check;
mod fetch;
mod files;
mod keep;
mod list;
mod name;

pub use files::Mended;
pub use keep::Erased;

use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::relay_client::RelayClient;
use crate::table::recording::Kept;
use crate::toast::ToastOp;
use crate::words::{FailureCode, Fault, Trouble};
use fetch::Fetched;
use keep::Next;
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use ts_rs::TS;

/// Most recordings that are fetched at once.
const AT_ONCE: usize = 2;
/// How often the relay's list is read for what came late, or of others' calls.
const LIST_EVERY: Duration = Duration::from_mins(10);
/// How often old ones are looked for.
const FORGET_EVERY: Duration = Duration::from_hours(6);
/// The shortest and the longest pause after a failure that concerns all of them.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));
/// How long a full disk is left alone.
const FULL_PAUSE: Duration = Duration::from_mins(1);

/// Whose recordings, how many and how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export)]
pub struct RecordingsKept {
    /// The user's own are fetched by themselves.
    pub own: bool,
    /// And those of these abonents; an administrator's choice.
    pub abonents: Vec<String>,
    /// So many days back, 1 to 1,095. What is older and has no marks is deleted.
    pub days: u32,
    /// What they may take, megabytes, 100 to 1,000,000.
    pub megabytes: u32,
    /// Also where the network is paid for by the amount, or the battery is in use.
    pub metered: bool,
    /// A toast tells when the recording of a call that has just ended is here.
    pub toast: bool,
}

impl Default for RecordingsKept {
    fn default() -> Self {
        Self {
            own: true,
            abonents: Vec::new(),
            days: 90,
            megabytes: 4_096,
            metered: false,
            toast: false,
        }
    }
}

impl RecordingsKept {
    /// Within the bounds.
    pub fn checked(mut self) -> Self {
        self.days = self.days.clamp(1, 1_095);
        self.megabytes = self.megabytes.clamp(100, 1_000_000);
        self.abonents.sort();
        self.abonents.dedup();
        self.abonents.truncate(500);
        self
    }

    fn bytes(&self) -> i64 {
        i64::from(self.megabytes) << 20
    }

    /// What began before is not fetched by itself.
    fn since(&self, now: Time) -> Time {
        now.plus(-i64::from(self.days) * 24 * 3_600_000)
    }
}

/// What the window sees of a recording that is being fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Loading {
    /// The desk's id.
    #[ts(type = "number")]
    pub id: i64,
    /// Bytes that are here.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Bytes in all, where that is known.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
}

/// How the work stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Loadings {
    /// What is being fetched.
    pub now: Vec<Loading>,
    /// Why nothing is fetched; none when it goes on.
    pub trouble: Option<FailureCode>,
}

/// See the module.
pub struct Recordings {
    desk: Arc<Desk>,
    dir: PathBuf,
    pace: Duration,
    under_way: Mutex<BTreeMap<i64, Loading>>,
    loadings: watch::Sender<Loadings>,
    wake: Notify,
    /// Only one file is named, and only one deleted, at a time.
    naming: Mutex<()>,
    /// There is no room for what began before and was not asked for; epoch milliseconds.
    full_before: AtomicI64,
    begun: tokio::sync::Mutex<Option<Instant>>,
    toasts: mpsc::Sender<ToastOp>,
}

/// What came of a round's downloads.
type Work = JoinSet<(Kept, Fetched)>;

impl Recordings {
    /// The recordings in this folder, which is made; two requests for audio begin at least `pace` apart. Toasts of those that
    /// became ready go to `toasts`, if somebody takes them in time.
    pub fn open(
        desk: Arc<Desk>,
        dir: PathBuf,
        pace: Duration,
        toasts: mpsc::Sender<ToastOp>,
    ) -> Result<Arc<Self>, DeskError> {
        let recordings = Self {
            desk,
            dir,
            pace,
            under_way: Mutex::default(),
            loadings: watch::Sender::default(),
            wake: Notify::new(),
            naming: Mutex::default(),
            full_before: AtomicI64::new(i64::MIN),
            begun: tokio::sync::Mutex::default(),
            toasts,
        };
        recordings.make_folders()?;
        Ok(Arc::new(recordings))
    }

    /// What is being fetched, as it goes on.
    pub fn loadings(&self) -> watch::Receiver<Loadings> {
        self.loadings.subscribe()
    }

    /// There may be something to fetch.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The user wants these now, whatever the settings say. Those that are here stay as they are.
    pub fn ask_for(&self, ids: &[i64]) -> Result<(), DeskError> {
        let now = self.desk.now();
        self.desk.db.write(Durability::Lasting, |tx| {
            let mut ask = tx.prepare_cached(
                "UPDATE recording SET wanted = 1, asked_ms = ?2, next_ms = 0, erased_ms = NULL
                 WHERE id = ?1 AND place = 0 AND gone = 0",
            )?;
            for id in ids {
                if ask.execute([*id, now.ms()])? > 0 {
                    touch(tx, *id)?;
                }
            }
            Ok(())
        })?;
        self.wake();
        Ok(())
    }

    /// Fetches what is wanted, until it is told to stop. An end in the middle of a download costs nothing: the next run goes on
    /// from there.
    pub async fn run(
        self: &Arc<Self>,
        relay: &RelayClient,
        admin: bool,
        mut kept: watch::Receiver<RecordingsKept>,
        stop: &CancellationToken,
    ) {
        let mut work = Work::new();
        let (mut listed, mut forgotten) = (None, None);
        let mut before = None;
        let mut pause = PAUSE.0;
        while !stop.is_cancelled() {
            let wants = kept.borrow_and_update().clone();
            // They may have changed while something else was done, when nobody waited for that.
            if before.replace(wants.clone()).is_some_and(|before| before != wants) {
                (listed, forgotten) = (None, None);
            }
            if is_due(&mut forgotten, FORGET_EVERY) {
                let wants = wants.clone();
                self.blocking(move |all| all.fit(&wants)).await;
            }
            // What is broken off here is told, or read, again.
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.tell_played(relay) => {}
            }
            if is_due(&mut listed, LIST_EVERY) {
                self.full_before.store(i64::MIN, Ordering::Relaxed);
                tokio::select! {
                    () = stop.cancelled() => break,
                    read = self.read_list(relay, admin, &wants) => if let Err(error) = read {
                        tracing::info!(%error, "the list of recordings could not be read");
                    }
                }
            }
            let rest = self.start(relay, &wants, &mut work).await.min(LIST_EVERY);
            let trouble = tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = work.join_next(), if !work.is_empty() => self.done(done).await,
                () = self.wake.notified() => None,
                Ok(()) = kept.changed() => {
                    (listed, forgotten) = (None, None);
                    None
                }
                () = tokio::time::sleep(rest) => None,
            };
            let Some(trouble) = trouble else { continue };
            self.tell(|told| told.trouble = Some(trouble));
            let rest = if trouble == Trouble::DiskFull.into() {
                FULL_PAUSE
            } else {
                pause
            };
            pause = (pause * 2).min(PAUSE.1);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => pause = PAUSE.0,
                () = tokio::time::sleep(rest) => {}
            }
            self.tell(|told| told.trouble = None);
        }
        work.shutdown().await;
        lock(&self.under_way).clear();
        self.tell(|_| {});
    }

    /// Starts what is to be fetched next, up to two at once; how long nothing else is due.
    async fn start(self: &Arc<Self>, relay: &RelayClient, wants: &RecordingsKept, work: &mut Work) -> Duration {
        while work.len() < AT_ONCE {
            let busy: Vec<i64> = lock(&self.under_way).keys().copied().collect();
            let asked = wants.clone();
            let row = match self.blocking(move |all| all.next(&asked, &busy)).await {
                Some(Next::Now(row)) => *row,
                Some(Next::In(rest)) => return rest,
                Some(Next::Nothing) | None => break,
            };
            let total = row.told_bytes.and_then(|bytes| bytes.try_into().ok());
            let loading = Loading {
                id: row.id,
                bytes: 0,
                total,
            };
            lock(&self.under_way).insert(row.id, loading);
            self.tell(|_| {});
            let (all, relay, wants) = (Arc::clone(self), relay.clone(), wants.clone());
            work.spawn(async move {
                let fetched = all.fetch(&relay, &row, &wants).await;
                (row, fetched)
            });
        }
        LIST_EVERY
    }

    /// Notes what came of a download; the trouble, where it concerns all of them.
    async fn done(self: &Arc<Self>, done: Result<(Kept, Fetched), tokio::task::JoinError>) -> Option<FailureCode> {
        let (row, fetched) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a download ended by itself");
                lock(&self.under_way).clear();
                return Some(Fault::Storage.into());
            }
        };
        lock(&self.under_way).remove(&row.id);
        let trouble = match &fetched {
            Fetched::Here(toast) => {
                if let Some(toast) = toast.clone() {
                    // Who does not take it in time has other worries than a toast.
                    let _ = self.toasts.try_send(*toast);
                }
                None
            }
            Fetched::NoRoom => {
                self.full_before
                    .fetch_max(row.started_ms.saturating_add(1), Ordering::Relaxed);
                None
            }
            Fetched::Stopped(trouble) => Some(*trouble),
            Fetched::Gone | Fetched::Later(_) => None,
        };
        self.blocking(move |all| all.note(&row, &fetched)).await;
        self.tell(|_| {});
        trouble
    }

    /// Two requests for audio are at least the pace apart.
    async fn turn(&self) {
        let mut begun = self.begun.lock().await;
        if let Some(last) = *begun {
            tokio::time::sleep_until(last + self.pace).await;
        }
        *begun = Some(Instant::now());
    }

    /// Work on the disk, off the async threads. What fails is logged; none then.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, DeskError> + Send + 'static,
    ) -> Option<T> {
        let all = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&all)).await;
        let done = done.map_err(|error| error.to_string());
        match done.and_then(|done| done.map_err(|error| error.to_string())) {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::warn!(%error, "work on the recordings failed");
                None
            }
        }
    }

    fn tell(&self, change: impl FnOnce(&mut Loadings)) {
        let now = lock(&self.under_way).values().cloned().collect();
        self.loadings.send_if_modified(|told| {
            let before = told.clone();
            told.now = now;
            change(told);
            *told != before
        });
    }

    /// The download has come so far.
    fn advance(&self, id: i64, bytes: u64, total: Option<u64>) {
        if let Some(loading) = lock(&self.under_way).get_mut(&id) {
            *loading = Loading { id, bytes, total };
        }
        self.tell(|_| {});
    }
}

fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= every);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The row of a recording looks otherwise, and that of its call.
pub(crate) fn touch(tx: &Tx<'_>, id: i64) -> Result<(), DeskError> {
    tx.touched().recordings.add(id);
    let call: Option<String> = tx
        .prepare_cached("SELECT call FROM recording WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    if let Some(call) = call {
        tx.touched().calls.add(call);
    }
    Ok(())
}
