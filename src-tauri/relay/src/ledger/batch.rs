//! The entries of one transaction: those that wait, and those that come while the batches before are being synced. An
//! earlier commit would only wait for that sync, and one large commit writes fewer pages than several small ones.

use super::Job;
use super::sync::Progress;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

/// Most entries in one transaction.
const MAX_ENTRIES: usize = 512;
/// While a sync is under way and no entry waits, the writer sleeps so long. Those who post do not wake it, which would cost
/// a system call and two changes of thread for each entry; the end of the sync does. A fifth of what a fast disk takes, so
/// that few entries are left to apply then.
const NAP: Duration = Duration::from_micros(200);

/// See the module. An iterator that ends when the batch is to be committed.
pub(super) struct Batch<'a> {
    first: Option<Job>,
    queue: &'a Receiver<Job>,
    sync: Arc<Progress>,
    /// How many more may be taken.
    left: usize,
}

impl<'a> Batch<'a> {
    /// Of `first` and what follows it; empty without it.
    pub(super) fn new(first: Option<Job>, queue: &'a Receiver<Job>, sync: Arc<Progress>) -> Self {
        Self {
            left: if first.is_some() { MAX_ENTRIES } else { 0 },
            first,
            queue,
            sync,
        }
    }

    /// What still waits, without waiting for more.
    pub(super) fn rest(mut self) -> Vec<Job> {
        let first = self.first.take();
        first.into_iter().chain(self.queue.try_iter().take(self.left)).collect()
    }

    fn further(&self) -> Option<Job> {
        loop {
            match self.queue.try_recv() {
                Ok(job) => return Some(job),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if !self.sync.is_syncing() => return None,
                // The sync may end before that: then it has left a token, and this returns at once.
                Err(TryRecvError::Empty) => thread::park_timeout(NAP),
            }
        }
    }
}

impl Iterator for Batch<'_> {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        if self.left == 0 {
            return None;
        }
        let job = self.first.take().or_else(|| self.further());
        self.left = if job.is_some() { self.left - 1 } else { 0 };
        job
    }
}
