//! Who listens, and to what: changed calls go from the writer to each reader who may know of them.
//!
//! A reader registers first and reads his backlog afterwards, so nothing falls between the two. Each has a bounded
//! queue; one that is full loses its place and the reader resumes from his cursor. Nobody waits for a slow reader.

pub(crate) mod socket;

use crate::ledger::Ledger;
use crate::roster::RosterNow;
use crate::timing::Timing;
use crate::told::{Changed, Snapshot, Told, View, snapshot};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Batches that wait for the router. It never waits for readers, so this is only a matter of computing time.
pub(crate) const BATCHES: usize = 256;

/// What it takes to serve readers. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) hub: Arc<Hub>,
    pub(crate) ledger: Ledger,
    pub(crate) roster: RosterNow,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

struct Place {
    queue: mpsc::Sender<Snapshot>,
    user: Option<String>,
}

#[derive(Default)]
struct Places {
    next: u64,
    by_view: HashMap<View, HashMap<u64, Place>>,
}

/// See the module.
pub(crate) struct Hub {
    places: Mutex<Places>,
    readers: Arc<AtomicUsize>,
    joined: AtomicU64,
    cut: AtomicU64,
    queue: usize,
}

/// A reader's place; dropping it gives it back.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    view: View,
    number: u64,
    /// Snapshots; ends when the place was lost.
    pub(crate) news: mpsc::Receiver<Snapshot>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = self.hub.lock();
        if let Some(of_view) = places.by_view.get_mut(&self.view) {
            of_view.remove(&self.number);
            if of_view.is_empty() {
                places.by_view.remove(&self.view);
            }
        }
        drop(places);
        self.hub.readers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Hub {
    /// `queue`: snapshots that may wait for one reader.
    pub(crate) fn new(queue: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Mutex::default(),
            readers: Arc::default(),
            joined: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            queue,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place. What is committed from now on comes through it.
    pub(crate) fn join(self: &Arc<Self>, view: View, user: Option<String>) -> Seat {
        let (sender, news) = mpsc::channel(self.queue);
        // Counted before the reader looks into the ledger: either the writer sees him here, or he sees the commit.
        self.readers.fetch_add(1, Ordering::SeqCst);
        self.joined.fetch_add(1, Ordering::Relaxed);
        let mut places = self.lock();
        places.next += 1;
        let number = places.next;
        places
            .by_view
            .entry(view.clone())
            .or_default()
            .insert(number, Place { queue: sender, user });
        drop(places);
        Seat {
            hub: self.clone(),
            view,
            number,
            news,
        }
    }

    /// How many listen, for the writer: without readers it need not copy what changed.
    pub(crate) fn count(&self) -> Arc<AtomicUsize> {
        self.readers.clone()
    }

    /// How many listen.
    pub(crate) fn readers(&self) -> usize {
        self.readers.load(Ordering::SeqCst)
    }

    /// How many ever began to listen.
    pub(crate) fn joined(&self) -> u64 {
        self.joined.load(Ordering::Relaxed)
    }

    /// How many lost their place because they were too slow.
    pub(crate) fn cut_slow(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }

    /// Takes away the places of a user whose key was revoked.
    pub(crate) fn cut(&self, user: &str) {
        for of_view in self.lock().by_view.values_mut() {
            of_view.retain(|_, place| place.user.as_deref() != Some(user));
        }
    }

    /// Takes away all places: the readers come back with their cursors.
    fn cut_all(&self) {
        self.lock().by_view.clear();
    }

    fn route(&self, call: &Changed, roster: &RosterNow) {
        let roster = roster.borrow().clone();
        let mut places = self.lock();
        let abonents = call.call.abonents();
        let views = (abonents.iter().copied())
            .chain(call.gone.iter().map(String::as_str))
            .flat_map(|id| [View::Abonent(id.to_owned()), View::AdminOf(id.to_owned())])
            .chain([View::Company]);
        for view in views {
            let Some(of_view) = places.by_view.get_mut(&view) else {
                continue;
            };
            let told = snapshot(call, &view, &roster);
            of_view.retain(|_, place| match place.queue.try_send(told.clone()) {
                Ok(()) => true,
                Err(refused) => {
                    let slow = matches!(refused, mpsc::error::TrySendError::Full(_));
                    self.cut.fetch_add(u64::from(slow), Ordering::Relaxed);
                    false
                }
            });
        }
    }
}

/// Hands changed calls to the readers until the writer, who holds the other end, has ended.
pub(crate) async fn route(hub: Arc<Hub>, mut batches: mpsc::Receiver<Told>, roster: RosterNow) {
    while let Some(told) = batches.recv().await {
        match told {
            Told::Calls(calls) => calls.iter().for_each(|call| hub.route(call, &roster)),
            Told::CutAll => hub.cut_all(),
        }
    }
}
