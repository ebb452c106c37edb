//! The feed: changed calls go from the writer to each reader who may see them.
//!
//! A reader registers first and reads the backlog afterwards, so no change is missed between the two. Each reader has
//! a bounded queue; a reader whose queue is full is cut off and resumes from its cursor. A slow reader delays nobody
//! else.

pub(crate) mod socket;

use crate::ledger::Ledger;
use crate::roster::RosterNow;
use crate::timing::Timing;
use crate::told::{Changed, FeedMessage, Snapshot, View, snapshot};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Batches that may wait for the router. The router never waits for readers, so the queue is short.
pub(crate) const QUEUED_BATCHES: usize = 256;

/// What serving readers needs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) hub: Arc<Hub>,
    pub(crate) ledger: Ledger,
    pub(crate) roster: RosterNow,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

struct Reader {
    queue: mpsc::Sender<Snapshot>,
    user: Option<String>,
}

#[derive(Default)]
struct Readers {
    next: u64,
    by_view: HashMap<View, HashMap<u64, Reader>>,
}

/// The registered readers, see the module.
pub(crate) struct Hub {
    registered: Mutex<Readers>,
    readers: Arc<AtomicUsize>,
    joined: AtomicU64,
    cut: AtomicU64,
    queue: usize,
}

/// Registration of a reader, which ends when this is dropped.
pub(crate) struct Registration {
    hub: Arc<Hub>,
    view: View,
    number: u64,
    /// Snapshots; ends when the reader is cut off.
    pub(crate) news: mpsc::Receiver<Snapshot>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut registered = self.hub.lock();
        if let Some(of_view) = registered.by_view.get_mut(&self.view) {
            of_view.remove(&self.number);
            if of_view.is_empty() {
                registered.by_view.remove(&self.view);
            }
        }
        drop(registered);
        self.hub.readers.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Hub {
    /// `queue`: snapshots that may wait for one reader.
    pub(crate) fn new(queue: usize) -> Arc<Self> {
        Arc::new(Self {
            registered: Mutex::default(),
            readers: Arc::default(),
            joined: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            queue,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Readers> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a reader. Everything that is committed from now on comes through its queue.
    pub(crate) fn join(self: &Arc<Self>, view: View, user: Option<String>) -> Registration {
        let (sender, news) = mpsc::channel(self.queue);
        // Counted before the reader reads the ledger: either the writer sees the reader here, or the reader sees the
        // commit.
        self.readers.fetch_add(1, Ordering::SeqCst);
        self.joined.fetch_add(1, Ordering::Relaxed);
        let mut registered = self.lock();
        registered.next += 1;
        let number = registered.next;
        registered
            .by_view
            .entry(view.clone())
            .or_default()
            .insert(number, Reader { queue: sender, user });
        drop(registered);
        Registration {
            hub: self.clone(),
            view,
            number,
            news,
        }
    }

    /// The number of readers, for the writer: without readers it does not copy the changed calls.
    pub(crate) fn count(&self) -> Arc<AtomicUsize> {
        self.readers.clone()
    }

    /// The number of readers.
    pub(crate) fn readers(&self) -> usize {
        self.readers.load(Ordering::SeqCst)
    }

    /// How many readers have registered since the start.
    pub(crate) fn joined(&self) -> u64 {
        self.joined.load(Ordering::Relaxed)
    }

    /// How many readers were cut off because they were too slow.
    pub(crate) fn cut_slow(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }

    /// Cuts off the readers of a user whose key was revoked.
    pub(crate) fn cut(&self, user: &str) {
        for of_view in self.lock().by_view.values_mut() {
            of_view.retain(|_, reader| reader.user.as_deref() != Some(user));
        }
    }

    /// Cuts off all readers: they come back with their cursors.
    fn cut_all(&self) {
        self.lock().by_view.clear();
    }

    fn route(&self, call: &Changed, roster: &RosterNow) {
        let roster = roster.borrow().clone();
        let mut registered = self.lock();
        let abonents = call.call.abonents();
        let views = (abonents.iter().copied())
            .chain(call.gone.iter().map(String::as_str))
            .flat_map(|id| [View::Abonent(id.to_owned()), View::AdminOf(id.to_owned())])
            .chain([View::Company]);
        for view in views {
            let Some(of_view) = registered.by_view.get_mut(&view) else {
                continue;
            };
            let told = snapshot(call, &view, &roster);
            of_view.retain(|_, reader| match reader.queue.try_send(told.clone()) {
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

/// Sends changed calls to the readers until the writer, which holds the sender, has ended.
pub(crate) async fn route(hub: Arc<Hub>, mut batches: mpsc::Receiver<FeedMessage>, roster: RosterNow) {
    while let Some(told) = batches.recv().await {
        match told {
            FeedMessage::Calls(calls) => calls.iter().for_each(|call| hub.route(call, &roster)),
            FeedMessage::CutAll => hub.cut_all(),
        }
    }
}
