//! The writer's memory.

use super::losses::{Losses, Numbering};
use super::neighbours::Neighbours;
use super::open_calls::OpenCalls;
use crate::roster::Roster;
use crate::tables::settings::{self, Settings};
use crate::tables::{LedgerError, calls, requests, statistics, subscriptions};
use perezvon_core::Time;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Time in which the events of a placed call without a tracking id are searched for, milliseconds.
pub(super) const MATCH_WITHIN_MS: i64 = 60_000;

/// The writer's memory. All of it can be read from the ledger again.
pub(super) struct State {
    pub(super) calls: OpenCalls,
    /// Calls that may be related.
    pub(super) neighbours: Neighbours,
    pub(super) rest: RestorableState,
}

/// The part of the memory, apart from the calls, that a failed entry restores.
#[derive(Clone)]
pub(super) struct RestorableState {
    pub(super) losses: Losses,
    /// Requests that wait for their call.
    pub(super) waiting: Vec<requests::RequestRow>,
    /// Start of the newest line or recording: a call that began before may have one of its own when its event comes.
    pub(super) listed_until: Option<Time>,
    /// The statistics have been read up to this time.
    pub(super) read_until: Option<Time>,
    pub(super) roster: Arc<Roster>,
    pub(super) settings: Arc<Settings>,
    /// How many entries have been applied.
    pub(super) applied: i64,
    /// When each subscription was last heard, and its newest number; stored with the batch.
    pub(super) heard: BTreeMap<String, (Option<i64>, Time)>,
    pub(super) effects: Effects,
}

/// What is published once the batch is on the disk.
#[derive(Clone, Default)]
pub(super) struct Effects {
    pub(super) roster: bool,
    pub(super) settings: bool,
    /// The subscriptions may need a change.
    pub(super) wake_keeper: bool,
    /// Keys of the calls that were stored.
    pub(super) calls: Vec<String>,
}

impl State {
    pub(super) fn load(connection: &Connection, at: Time) -> Result<Self, LedgerError> {
        let settings = settings::load(connection)?;
        let mut rest = RestorableState {
            losses: Losses::since(at),
            waiting: requests::unmatched(connection, at.plus(-MATCH_WITHIN_MS))?,
            listed_until: statistics::newest(connection)?,
            read_until: statistics::place(connection, statistics::LINES)?.until,
            roster: Arc::new(Roster::load(connection)?),
            settings: Arc::new(settings),
            applied: calls::entries(connection)?,
            heard: BTreeMap::new(),
            effects: Effects::default(),
        };
        rest.follow(connection)?;
        let calls = OpenCalls::load(connection, &rest.settings.policy(), at)?;
        Ok(Self {
            neighbours: Neighbours::of(&calls),
            calls,
            rest,
        })
    }

    /// The entry failed and its rows were rolled back: memory becomes as it was `before` the entry.
    pub(super) fn undo(&mut self, connection: &Connection, before: RestorableState) -> rusqlite::Result<()> {
        self.calls.undo(connection)?;
        if before.settings.policy() != self.rest.settings.policy() {
            self.calls.set_policy(&before.settings.policy());
        }
        self.rest = before;
        // They may contain calls of the failed entry.
        self.neighbours = Neighbours::of(&self.calls);
        Ok(())
    }

    /// When there is something to do without a job.
    pub(super) fn next_due(&self) -> Option<Time> {
        let times = [self.calls.next_due(), self.rest.losses.next_due()];
        times.into_iter().flatten().min()
    }

    /// The number of the next entry.
    pub(super) fn next_entry(&self) -> i64 {
        self.rest.applied + 1
    }
}

impl RestorableState {
    pub(super) fn follow(&mut self, connection: &Connection) -> Result<(), LedgerError> {
        for subscription in subscriptions::active(connection)? {
            let at = subscription.last_event_at.unwrap_or(subscription.made_at);
            self.losses
                .follow(&subscription.id, Numbering::after(subscription.last_sequence, at));
        }
        Ok(())
    }
}
