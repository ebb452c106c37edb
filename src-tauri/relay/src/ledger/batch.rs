//! The entries of one transaction: those that wait, and those that come while the batches before are being synced. One
//! large commit writes fewer pages than several small ones, and an earlier one would wait for that sync; but with
//! [`ENOUGH_ENTRIES`] it is made at once, so that the next sync begins where the last one ends.

use super::Job;
use super::sync::Progress;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

/// Most entries in one transaction.
const MAX_ENTRIES: usize = 512;
/// A transaction of so many entries does not wait for more. With 12 or 16 the relay stored as many events a second, and
/// writes more pages for each; with no such limit an eighth fewer (`cargo xtask bench ingest`, two cores).
const ENOUGH_ENTRIES: usize = 24;
/// While a sync is under way and no entry waits, the writer sleeps so long. Those who post do not wake it, which would cost
/// a system call and two changes of thread for each entry; the end of the sync does. A part of what a fast disk takes, so
/// that few entries are left to apply then; Windows rounds it up to a tick of its clock.
const NAP: Duration = Duration::from_micros(50);

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

    fn has_enough(&self) -> bool {
        MAX_ENTRIES - self.left >= ENOUGH_ENTRIES
    }

    fn further(&self) -> Option<Job> {
        loop {
            match self.queue.try_recv() {
                Ok(job) => return Some(job),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if self.has_enough() || !self.sync.is_syncing() => return None,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Batch, ENOUGH_ENTRIES};
    use crate::clock::Clock;
    use crate::ledger::entry::Swept;
    use crate::ledger::sync::Progress;
    use crate::ledger::{Job, stamped};
    use std::sync::Arc;
    use std::sync::mpsc::{SyncSender, sync_channel};
    use std::thread;
    use tokio::sync::oneshot;

    fn send(jobs: &SyncSender<Job>, entries: usize) {
        for _ in 0..entries {
            let (reply, _) = oneshot::channel();
            let stamped = stamped(&Clock::system(), Swept);
            jobs.try_send(Job { stamped, reply }).ok().unwrap();
        }
    }

    #[test]
    fn a_batch_takes_what_comes_during_a_sync_until_it_has_enough() {
        let sync = Arc::new(Progress::of(thread::current()));
        sync.sent();
        let (jobs, queue) = sync_channel(ENOUGH_ENTRIES);
        send(&jobs, 1);
        let mut batch = Batch::new(queue.recv().ok(), &queue, sync);
        assert!(batch.next().is_some(), "the first");
        let later = thread::spawn(move || {
            send(&jobs, ENOUGH_ENTRIES - 1);
            // The others of the batch must not end with their sender.
            jobs
        });
        assert_eq!(batch.count(), ENOUGH_ENTRIES - 1, "this sync never ends");
        drop(later.join());
    }

    #[test]
    fn a_batch_ends_with_the_sync() {
        let sync = Arc::new(Progress::of(thread::current()));
        sync.sent();
        let (jobs, queue) = sync_channel(ENOUGH_ENTRIES);
        send(&jobs, 1);
        let batch = Batch::new(queue.recv().ok(), &queue, sync.clone());
        let end = thread::spawn(move || {
            sync.settled(1);
        });
        assert_eq!(batch.count(), 1, "nothing more has come");
        end.join().unwrap();
    }
}
