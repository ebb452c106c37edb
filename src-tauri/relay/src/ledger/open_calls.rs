//! The calls in the writer's memory: all that are not settled, and the most recently used of the settled ones, so
//! that an event needs no query.

use super::sweeper::Sweeper;
use crate::tables::LedgerError;
use crate::tables::calls::aside::{self, ReadCall, UnreadableCall};
use crate::tables::calls::{self, CallRow};
use crate::told::Changed;
use perezvon_core::call::Policy;
use perezvon_core::{Call, Time};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Settled calls beyond this number are removed from memory, the least recently used first. About 3 KB each; one that
/// is needed again is read from the ledger.
const MAX_SETTLED_CALLS: usize = 2_000;
/// After so many stores of calls their views are filed: some ten milliseconds, in which no event is stored. With 512 these
/// views are a quarter of all that is written to the log.
const FILED_TOGETHER: usize = 2048;

/// Where a call stands among those of its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// When somebody talked; else since when it is unanswered.
    pub(super) at: Option<Time>,
    pub(super) talked: bool,
    /// The other party's last digits, [`Call::sides`].
    pub(super) side: Option<String>,
    pub(super) number: Option<String>,
}

/// One call in memory.
struct CallInMemory {
    /// The call; row number 0 until it is stored.
    row: CallRow,
    due: Option<Time>,
    used: u64,
    /// Changed since it was last stored.
    dirty: bool,
    /// Changed by the present entry.
    touched: bool,
    /// Lines or recordings made some of its legs, or it was rebuilt: an abonent may have lost their part.
    may_shrink: bool,
    /// See [`OpenCalls::placed`].
    placed: Option<Placed>,
}

/// The calls in memory, see the module.
#[derive(Default)]
pub(crate) struct OpenCalls {
    /// Name of the ledger's account.
    account: String,
    policy: Policy,
    held: HashMap<String, CallInMemory>,
    sweeper: Sweeper,
    dirty: Vec<String>,
    /// Calls stored since views were last filed.
    saved: usize,
    /// Calls of which events may be lost, and some that no longer are or have left memory: an event out of order
    /// reads this set and must not look at every call.
    doubtful: BTreeSet<String>,
    /// Changed by the present entry.
    touched: Vec<String>,
    /// The calls that the present entry used, if it may have to be undone.
    looked_at: Option<Vec<String>>,
    version: i64,
    used: u64,
    /// Seed and time of the present entry.
    seed: u64,
    at: Time,
    /// Calls whose rows cannot be read; in memory they stand as new calls.
    unread: Vec<UnreadableCall>,
}

impl OpenCalls {
    /// Loads the unsettled calls and the version.
    pub(crate) fn load(connection: &Connection, policy: &Policy, at: Time) -> Result<Self, LedgerError> {
        let mut open = Self {
            account: crate::tables::settings::account(connection)?,
            policy: *policy,
            version: calls::version(connection)?,
            at,
            ..Self::default()
        };
        for row in aside::open(connection)? {
            open.take(row);
        }
        Ok(open)
    }

    /// Begins an entry. `is_undoable`: it may be undone by [`Self::undo`].
    pub(super) fn begin(&mut self, at: Time, seed: u64, is_undoable: bool) {
        (self.at, self.seed) = (at, seed);
        self.looked_at = is_undoable.then(Vec::new);
    }

    /// The entry succeeded: each call that it changed gets its next version.
    pub(super) fn end(&mut self) {
        self.looked_at = None;
        for key in std::mem::take(&mut self.touched) {
            let Some(held) = self.held.get_mut(&key) else { continue };
            held.touched = false;
            self.version += 1;
            held.row.version = self.version;
            if held.row.call.is_in_doubt() {
                self.doubtful.insert(key.clone());
            }
            if !held.dirty {
                held.dirty = true;
                self.dirty.push(key.clone());
            }
            self.note_due(&key);
        }
    }

    /// The entry failed and its rows were rolled back: the calls that it used are read anew. Nothing was dirty before
    /// it.
    pub(super) fn undo(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.touched.clear();
        self.dirty.clear();
        self.version = calls::version(connection)?;
        let mut looked_at = self.looked_at.take().unwrap_or_default();
        looked_at.sort();
        looked_at.dedup();
        for key in looked_at {
            let former = self.held.remove(&key);
            if let Some(held) = &former {
                self.sweeper.schedule(&key, held.due, None);
            }
            self.unread.retain(|unread| unread.key != key);
            if let Some(row) = aside::by_key(connection, &key)? {
                self.take(row);
                if let (Some(held), Some(former)) = (self.held.get_mut(&key), former) {
                    // These views were revoked by an earlier entry and are sent with the batch.
                    held.row.gone = former.row.gone;
                }
            }
        }
        Ok(())
    }

    fn look_at(&mut self, key: &str) {
        if let Some(looked_at) = &mut self.looked_at {
            looked_at.push(key.to_owned());
        }
    }

    /// The newest version.
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// The id of a new call, from the present entry's seed alone.
    fn new_id(&self, key: &str) -> String {
        let mut hash = Sha256::new_with_prefix(self.seed.to_le_bytes());
        hash.update(key.as_bytes());
        let random = hash
            .finalize()
            .iter()
            .take(10)
            .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        ulid::Ulid::from_parts(self.at.ms().max(0) as u64, random).to_string()
    }

    /// A row as it was read. An unreadable one becomes a new call with the old id and row number, until
    /// [`Self::take_unread`].
    fn take(&mut self, row: ReadCall) {
        let row = row.unwrap_or_else(|unread| {
            let row = CallRow {
                seq: unread.seq,
                id: unread.id.clone(),
                version: unread.version,
                call: Call::new(&self.account, &unread.key, self.at),
                linked: Vec::new(),
                gone: Vec::new(),
            };
            self.unread.push(*unread);
            row
        });
        self.insert(row);
    }

    /// Whether there are unreadable rows that were not handled yet.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The next unreadable row, with the new call in its place.
    pub(crate) fn take_unread(&mut self) -> Option<UnreadableCall> {
        let unread = self.unread.pop()?;
        self.look_at(&unread.key);
        if let Some(held) = self.held.get_mut(&unread.key) {
            held.row.call = Call::new(&self.account, &unread.key, self.at);
            (held.may_shrink, held.placed) = (true, None);
        }
        Some(unread)
    }

    /// Removes a call without any facts; false if it has changes to store.
    pub(crate) fn forget_empty(&mut self, key: &str) -> bool {
        if self.held.get(key).is_some_and(|entry| entry.dirty || entry.touched) {
            return false;
        }
        if let Some(entry) = self.held.remove(key) {
            self.sweeper.schedule(key, entry.due, None);
        }
        true
    }

    fn insert(&mut self, row: CallRow) {
        self.used += 1;
        let key = row.call.key().to_owned();
        let due = row.call.due(&self.policy);
        self.sweeper.schedule(&key, None, due);
        if row.call.is_in_doubt() {
            self.doubtful.insert(key.clone());
        }
        let entry = CallInMemory {
            row,
            due,
            used: self.used,
            dirty: false,
            touched: false,
            may_shrink: false,
            placed: None,
        };
        self.held.insert(key, entry);
    }

    /// When [`Self::sweep`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.sweeper.next()
    }

    /// Computes all deadlines anew, after the waits were changed.
    pub(crate) fn set_policy(&mut self, policy: &Policy) {
        self.policy = *policy;
        for (key, entry) in &mut self.held {
            let due = entry.row.call.due(policy);
            self.sweeper.schedule(key, entry.due, due);
            entry.due = due;
        }
    }

    /// The call of a session, from memory or the ledger; a new one, begun at `at`, if there is none.
    pub(crate) fn get(&mut self, connection: &Connection, key: &str, at: Time) -> rusqlite::Result<&mut Call> {
        if !self.bring(connection, key)? {
            let row = CallRow {
                seq: 0,
                id: self.new_id(key),
                version: 0,
                call: Call::new(&self.account, key, at),
                linked: Vec::new(),
                gone: Vec::new(),
            };
            self.insert(row);
        }
        self.used_now(key).ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Loads a call into memory; false if there is none.
    fn bring(&mut self, connection: &Connection, key: &str) -> rusqlite::Result<bool> {
        self.look_at(key);
        if !self.held.contains_key(key) {
            let Some(row) = aside::by_key(connection, key)? else {
                return Ok(false);
            };
            self.take(row);
        }
        Ok(true)
    }

    fn used_now(&mut self, key: &str) -> Option<&mut Call> {
        self.used += 1;
        let held = self.held.get_mut(key)?;
        held.used = self.used;
        Some(&mut held.row.call)
    }

    /// Whether there is such a call, in memory or in the ledger.
    pub(crate) fn knows(&self, connection: &Connection, key: &str) -> rusqlite::Result<bool> {
        Ok(self.held.contains_key(key) || calls::exists(connection, key)?)
    }

    /// Removes a call that is being deleted; false if it has changes to store.
    pub(crate) fn forget(&mut self, key: &str) -> bool {
        if self
            .held
            .get(key)
            .is_some_and(|entry| entry.dirty || entry.touched || entry.due.is_some())
        {
            return false;
        }
        self.held.remove(key);
        true
    }

    /// The call of a session, if there is one.
    pub(crate) fn find(&mut self, connection: &Connection, key: &str) -> rusqlite::Result<Option<&mut Call>> {
        if self.bring(connection, key)? {
            Ok(self.used_now(key))
        } else {
            Ok(None)
        }
    }

    /// A call that is not stored yet replaces `former`, which turned out to be the same call: id and row number of
    /// `former` are kept, the key is the new one's.
    pub(crate) fn adopt(&mut self, connection: &Connection, former: &str, key: &str) -> rusqlite::Result<()> {
        self.look_at(former);
        self.look_at(key);
        let Some(old) = self.held.remove(former) else {
            return Ok(());
        };
        self.sweeper.schedule(former, old.due, None);
        if let Some(entry) = self.held.get_mut(key) {
            entry.row.id = old.row.id;
            entry.row.seq = old.row.seq;
            entry.row.call.inherit(&old.row.call);
            if old.row.seq != 0 {
                calls::rekey(connection, old.row.seq, key)?;
            }
        }
        Ok(())
    }

    /// The calls that the present entry has changed so far.
    pub(super) fn touched(&self) -> Vec<String> {
        self.touched.clone()
    }

    /// The ledger's id of a call in memory.
    pub(crate) fn id(&self, key: &str) -> Option<&str> {
        self.held.get(key).map(|entry| entry.row.id.as_str())
    }

    /// Whether a call in memory was made by the present entry.
    pub(crate) fn is_new(&self, key: &str) -> bool {
        self.held.get(key).is_some_and(|held| held.row.version == 0)
    }

    /// Whether the tables have a call in memory. When lists are arranged they have everything that was changed
    /// before.
    pub(super) fn is_stored(&self, key: &str) -> bool {
        self.held.get(key).is_some_and(|held| held.row.seq != 0)
    }

    /// Where a call in memory was last placed among those of its number.
    pub(super) fn placed(&self, key: &str) -> Option<&Placed> {
        self.held.get(key)?.placed.as_ref()
    }

    /// Places it there.
    pub(super) fn place(&mut self, key: &str, placed: Placed) {
        if let Some(held) = self.held.get_mut(key) {
            held.placed = Some(placed);
        }
    }

    /// A call in memory.
    pub(super) fn peek(&self, key: &str) -> Option<&Call> {
        self.held.get(key).map(|held| &held.row.call)
    }

    /// Marks a call for storing; a feature code only if it was stored as a call before it was known to be one.
    pub(crate) fn touch(&mut self, key: &str) {
        if let Some(entry) = self.held.get_mut(key)
            && !entry.touched
            && (entry.row.version != 0 || !entry.row.call.is_feature_code())
        {
            entry.touched = true;
            self.touched.push(key.to_owned());
        }
    }

    /// The keys of calls in memory for which `wanted` holds, sorted: the result must not depend on the order in
    /// memory.
    pub(crate) fn keys_where(&self, wanted: impl Fn(&Call) -> bool) -> Vec<String> {
        let held = self.held.iter().filter(|(_, held)| wanted(&held.row.call));
        let mut keys: Vec<String> = held.map(|(key, _)| key.clone()).collect();
        keys.sort_unstable();
        keys
    }

    /// The keys of calls in memory of which events may be lost, sorted, without those that the present entry marked
    /// so.
    pub(super) fn doubtful(&mut self) -> Vec<String> {
        let held = &self.held;
        self.doubtful
            .retain(|key| held.get(key).is_some_and(|held| held.row.call.is_in_doubt()));
        self.doubtful.iter().cloned().collect()
    }

    /// Lets time pass for the due calls, at most `limit` of them.
    pub(crate) fn sweep(&mut self, connection: &Connection, limit: usize) -> rusqlite::Result<()> {
        let (now, policy) = (self.at, self.policy);
        for key in self.sweeper.take_due(now, limit) {
            if let Some(held) = self.held.get_mut(&key) {
                held.due = None;
            }
            if self.get(connection, &key, now)?.tick(now, &policy) {
                self.touch(&key);
            }
            self.note_due(&key);
        }
        Ok(())
    }

    /// Updates the call's deadline.
    fn note_due(&mut self, key: &str) {
        if let Some(held) = self.held.get_mut(key) {
            let due = held.row.call.due(&self.policy);
            self.sweeper.schedule(key, held.due, due);
            held.due = due;
        }
    }

    /// Stores all changes; returns the keys.
    pub(crate) fn save(&mut self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        let dirty = std::mem::take(&mut self.dirty);
        for key in &dirty {
            let linked = self.linked_of(connection, key)?;
            let Some(held) = self.held.get_mut(key) else {
                continue;
            };
            held.dirty = false;
            held.row.linked = linked;
            held.row.seq = calls::save(connection, &held.row, held.due)?;
            held.may_shrink |= held.row.call.has_witnesses();
            if held.may_shrink {
                let gone = calls::views::revoke(connection, &held.row)?;
                held.row.gone.extend(gone);
                let call = &held.row.call;
                held.row.gone.retain(|abonent| !call.has_part(abonent));
            }
        }
        self.saved += dirty.len();
        if self.saved >= FILED_TOGETHER {
            calls::views::file(connection)?;
            self.saved = 0;
        }
        Ok(dirty)
    }

    /// Copies of the stored calls for the feeds, if there are readers, in the order of their versions. Abonents who
    /// lost their part in a call are sent these copies and no later ones.
    pub(crate) fn take_copies(&mut self, keys: &[String], is_listened_to: bool) -> Vec<Changed> {
        let mut copies: Vec<Changed> = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(held) = self.held.get_mut(key) {
                if is_listened_to {
                    copies.push(Arc::new(held.row.clone()));
                }
                held.row.gone.clear();
            }
        }
        copies.sort_by_key(|row| row.version);
        copies.dedup_by_key(|row| row.version);
        copies
    }

    /// A linked call may be as new as this one and not stored yet.
    fn linked_of(&self, connection: &Connection, key: &str) -> rusqlite::Result<Vec<(String, String)>> {
        let Some(entry) = self.held.get(key).filter(|e| !e.row.call.linked().is_empty()) else {
            return Ok(Vec::new());
        };
        let linked = entry.row.call.linked();
        let mut ids = calls::ids_of(connection, linked)?;
        for other in linked
            .iter()
            .filter(|other| !ids.iter().any(|(known, _)| known == *other))
            .collect::<Vec<_>>()
        {
            ids.extend(self.held.get(other).map(|e| (other.clone(), e.row.id.clone())));
        }
        Ok(ids)
    }

    /// Removes settled calls that were not used for long. Only between batches.
    pub(crate) fn trim(&mut self) {
        if self.held.len() < 2 * MAX_SETTLED_CALLS {
            return;
        }
        let settled = |entry: &CallInMemory| entry.due.is_none() && !entry.dirty;
        let mut used: Vec<u64> = self.held.values().filter(|e| settled(e)).map(|e| e.used).collect();
        if used.len() <= MAX_SETTLED_CALLS {
            return;
        }
        used.sort_unstable();
        let oldest_kept = used[used.len() - MAX_SETTLED_CALLS];
        self.held
            .retain(|_, entry| !settled(entry) || entry.used >= oldest_kept);
    }
}
