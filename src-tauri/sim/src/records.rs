//! Recordings: which exist, since when they can be seen (reference 1.9).

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::truth::{Part, Truth};

/// One recording.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) tracking_id: String,
    pub(crate) abonent: String,
    pub(crate) phone: String,
    pub(crate) outgoing: bool,
    /// Start of the conversation, epoch milliseconds.
    pub(crate) date: i64,
    /// Milliseconds.
    pub(crate) duration: i64,
}

/// A recording that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its id.
    pub id: String,
    /// The session.
    pub tracking_id: String,
    /// Whose: userId.
    pub abonent: String,
}

impl Record {
    pub(crate) fn told(&self) -> Recording {
        Recording {
            id: self.id.to_string(),
            tracking_id: self.tracking_id.clone(),
            abonent: self.abonent.clone(),
        }
    }
}

/// All recordings, ready or not.
#[derive(Debug)]
pub(crate) struct Records {
    next_id: u64,
    /// By id, ascending.
    ready: Vec<Record>,
    /// Without an id until they are ready.
    pending: Vec<(Instant, Record)>,
    /// Becomes visible late: its id is then lower than the cursor of a reader who has read on.
    late: Vec<(Instant, Record)>,
    /// Of calls that ended while recordings were late; those with an id have had it since then.
    held: Vec<Record>,
    /// Recordings are late at present.
    holding: bool,
    /// Links given out: secret, record, end. All live equally long, so the oldest ends first.
    links: VecDeque<(String, u64, Instant)>,
}

/// Most links that hold at a time; the oldest ends early.
const MAX_LINKS: usize = 10_000;

impl Records {
    pub(crate) fn new() -> Self {
        Self {
            next_id: 900_000_001,
            ready: Vec::new(),
            pending: Vec::new(),
            late: Vec::new(),
            held: Vec::new(),
            holding: false,
            links: VecDeque::new(),
        }
    }

    /// The recordings of a finished call, unless recordings are late to be seen after `delay`; `late`: with an id that they
    /// have already.
    pub(crate) fn add(&mut self, truth: &Truth, delay: Duration, late: bool) {
        self.settle();
        let from = Instant::now() + delay;
        for part in truth.parts.iter().filter(|p| p.recorded) {
            let mut record = record(part);
            if late {
                record.id = self.take_id();
            }
            if self.holding {
                self.held.push(record);
            } else if late {
                self.late.push((from, record));
            } else {
                self.pending.push((from, record));
            }
        }
    }

    /// Recordings are late from now on, or no longer: those that were held back can then be seen.
    pub(crate) fn hold(&mut self, late: bool) {
        self.holding = late;
        if late || self.held.is_empty() {
            return;
        }
        for mut record in std::mem::take(&mut self.held) {
            if record.id == 0 {
                record.id = self.take_id();
            }
            self.ready.push(record);
        }
        self.ready.sort_by_key(|r| r.id);
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Moves what has become ready to where it can be seen.
    fn settle(&mut self) {
        let now = Instant::now();
        let (due, waiting) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(from, _)| *from <= now);
        self.pending = waiting;
        let mut due: Vec<(Instant, Record)> = due;
        due.sort_by_key(|(from, _)| *from);
        for (_, mut record) in due {
            record.id = self.take_id();
            self.ready.push(record);
        }
        let (due, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(from, _)| *from <= now);
        self.late = waiting;
        if !due.is_empty() {
            self.ready.extend(due.into_iter().map(|(_, record)| record));
            self.ready.sort_by_key(|r| r.id);
        }
    }

    /// Those that can be seen, by id.
    pub(crate) fn visible(&mut self) -> &[Record] {
        self.settle();
        &self.ready
    }

    /// A link made of `secret` leads to the record for `life`.
    pub(crate) fn link(&mut self, secret: String, id: u64, life: Duration) {
        let now = Instant::now();
        while self.links.len() >= MAX_LINKS || self.links.front().is_some_and(|(_, _, ends)| *ends <= now) {
            self.links.pop_front();
        }
        self.links.push_back((secret, id, now + life));
    }

    /// The record to which a link leads, if the link still holds and the record is still there.
    pub(crate) fn linked(&mut self, secret: &str) -> Option<Record> {
        let now = Instant::now();
        let (_, id, _) = self.links.iter().find(|(s, _, ends)| s == secret && *ends > now)?;
        let id = *id;
        self.visible().iter().find(|r| r.id == id).cloned()
    }

    /// Removes one; false when there is none.
    pub(crate) fn delete(&mut self, id: u64) -> bool {
        self.settle();
        let before = self.ready.len();
        self.ready.retain(|r| r.id != id);
        self.ready.len() < before
    }
}

fn record(part: &Part) -> Record {
    let other = if part.outgoing { &part.to } else { &part.from };
    Record {
        id: 0,
        tracking_id: part.tracking_id.clone(),
        abonent: part.abonent.clone(),
        phone: other.as_deref().map(crate::number::digits).unwrap_or_default(),
        outgoing: part.outgoing,
        date: part.answer.unwrap_or(part.start),
        duration: part.release - part.answer.unwrap_or(part.release),
    }
}
