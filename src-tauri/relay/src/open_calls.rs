//! The calls in the writer's memory: all that are not settled, and the settled ones that were touched last, so that
//! an event costs no query.

use crate::ledger::calls::aside::{self, Stored, Unread};
use crate::ledger::calls::{self, CallRow};
use crate::roster::Roster;
use crate::sweeper::Sweeper;
use perezvon_core::call::{Policy, Reader};
use perezvon_core::{Call, Time};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::Arc;

/// Settled calls beyond this number are forgotten, the longest untouched first. About 3 KB each; one that is heard of
/// again is read from the ledger.
const KEPT: usize = 2_000;

/// One call in memory.
pub(crate) struct Entry {
    /// The call; row number 0 until it is stored.
    pub(crate) row: CallRow,
    due: Option<Time>,
    used: u64,
    dirty: bool,
    /// Lines or recordings made some of its legs, or it was built anew: a part may be gone.
    may_shrink: bool,
}

/// See the module.
#[derive(Default)]
pub(crate) struct OpenCalls {
    /// Name of the ledger's account.
    account: String,
    entries: HashMap<String, Entry>,
    sweeper: Sweeper,
    dirty: Vec<String>,
    version: i64,
    used: u64,
    stale: bool,
    /// Calls whose rows cannot be read; here they stand as if nothing were known of them.
    unread: Vec<Unread>,
}

/// A call that changed, for the feeds.
pub(crate) type Changed = Arc<CallRow>;

impl OpenCalls {
    /// What the ledger holds: the unsettled calls and the version.
    pub(crate) fn load(connection: &Connection) -> Result<Self, crate::ledger::LedgerError> {
        let mut open = Self {
            account: crate::ledger::settings::account(connection)?,
            version: calls::version(connection)?,
            ..Self::default()
        };
        for row in aside::open(connection)? {
            open.take(row, crate::writer::now());
        }
        Ok(open)
    }

    /// A row as it was read. One that cannot be read stands as a new call under its old id and number, until
    /// [`Self::take_unread`].
    fn take(&mut self, row: Stored, at: Time) {
        let row = row.unwrap_or_else(|unread| {
            let row = CallRow {
                seq: unread.seq,
                id: unread.id.clone(),
                version: unread.version,
                call: Call::new(&self.account, &unread.key, at),
                linked: Vec::new(),
                gone: Vec::new(),
            };
            self.unread.push(*unread);
            row
        });
        self.insert(row);
    }

    /// Whether there are rows that cannot be read and were not dealt with.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// The next row that cannot be read, with its call begun anew.
    pub(crate) fn take_unread(&mut self, at: Time) -> Option<Unread> {
        let unread = self.unread.pop()?;
        if let Some(entry) = self.entries.get_mut(&unread.key) {
            entry.row.call = Call::new(&self.account, &unread.key, at);
            entry.may_shrink = true;
        }
        Some(unread)
    }

    /// Forgets a call of which nothing is known; false where something of it waits for being stored.
    pub(crate) fn forget_empty(&mut self, key: &str) -> bool {
        if self.entries.get(key).is_some_and(|entry| entry.dirty) {
            return false;
        }
        if let Some(entry) = self.entries.remove(key) {
            self.sweeper.schedule(key, entry.due, None);
        }
        true
    }

    /// Nothing here can be relied on: the ledger could not be read.
    pub(crate) fn set_stale(&mut self) {
        self.stale = true;
    }

    /// See [`Self::set_stale`].
    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    fn insert(&mut self, row: CallRow) {
        self.used += 1;
        let key = row.call.key.clone();
        let due = row.call.due(&Policy::default());
        self.sweeper.schedule(&key, None, due);
        let entry = Entry {
            row,
            due,
            used: self.used,
            dirty: false,
            may_shrink: false,
        };
        self.entries.insert(key, entry);
    }

    /// When [`Self::sweep`] has something to do next.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.sweeper.next()
    }

    /// Deadlines anew, after the waits were changed.
    pub(crate) fn reschedule(&mut self, policy: &Policy) {
        for (key, entry) in &mut self.entries {
            let due = entry.row.call.due(policy);
            self.sweeper.schedule(key, entry.due, due);
            entry.due = due;
        }
    }

    /// The call of a session, from memory or the ledger; a new one where nobody knows it.
    pub(crate) fn get(&mut self, connection: &Connection, key: &str, at: Time) -> rusqlite::Result<&mut Call> {
        if !self.entries.contains_key(key) {
            let row = aside::by_key(connection, key)?.unwrap_or_else(|| {
                Ok(CallRow {
                    seq: 0,
                    id: ulid::Ulid::new().to_string(),
                    version: 0,
                    call: Call::new(&self.account, key, at),
                    linked: Vec::new(),
                    gone: Vec::new(),
                })
            });
            self.take(row, at);
        }
        self.used += 1;
        let used = self.used;
        let entry = self.entries.get_mut(key).ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        entry.used = used;
        Ok(&mut entry.row.call)
    }

    /// Whether there is such a call, in memory or in the ledger.
    pub(crate) fn knows(&self, connection: &Connection, key: &str) -> rusqlite::Result<bool> {
        Ok(self.entries.contains_key(key) || calls::exists(connection, key)?)
    }

    /// Forgets a call that is being deleted; false where something waits for it.
    pub(crate) fn forget(&mut self, key: &str) -> bool {
        if self
            .entries
            .get(key)
            .is_some_and(|entry| entry.dirty || entry.due.is_some())
        {
            return false;
        }
        self.entries.remove(key);
        true
    }

    /// The call of a session where somebody knows it.
    pub(crate) fn find(&mut self, connection: &Connection, key: &str) -> rusqlite::Result<Option<&mut Call>> {
        if !self.entries.contains_key(key) {
            match aside::by_key(connection, key)? {
                Some(row) => self.take(row, crate::writer::now()),
                None => return Ok(None),
            }
        }
        Ok(self.entries.get_mut(key).map(|entry| &mut entry.row.call))
    }

    /// The call of a session, where it is in memory.
    pub(crate) fn known(&self, key: &str) -> Option<&Call> {
        self.entries.get(key).map(|entry| &entry.row.call)
    }

    /// A call that is not stored yet takes the place of `former`, which turned out to be the same: id and row number
    /// stay, the key is the new one's.
    pub(crate) fn adopt(&mut self, connection: &Connection, former: &str, key: &str) -> rusqlite::Result<()> {
        let Some(old) = self.entries.remove(former) else {
            return Ok(());
        };
        self.sweeper.schedule(former, old.due, None);
        if let Some(entry) = self.entries.get_mut(key) {
            entry.row.id = old.row.id;
            entry.row.seq = old.row.seq;
            entry.row.call.inherit(&old.row.call);
            if old.row.seq != 0 {
                calls::rekey(connection, old.row.seq, key)?;
            }
        }
        Ok(())
    }

    /// The calls that wait for being stored.
    pub(crate) fn dirty(&self) -> Vec<String> {
        self.dirty.clone()
    }

    /// The ledger's id of a call in memory.
    pub(crate) fn id(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(|entry| entry.row.id.as_str())
    }

    /// Whether a call in memory was never stored.
    pub(crate) fn is_new(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|entry| entry.row.seq == 0)
    }

    /// Marks a call for storing; a feature code only if it was stored as a call before that was known.
    pub(crate) fn touch(&mut self, key: &str) {
        if let Some(entry) = self.entries.get_mut(key)
            && !entry.dirty
            && (entry.row.seq != 0 || !entry.row.call.is_feature_code())
        {
            entry.dirty = true;
            self.dirty.push(key.to_owned());
        }
    }

    /// The keys of calls in memory for which `wanted` holds.
    pub(crate) fn keys_where(&self, wanted: impl Fn(&Call) -> bool) -> Vec<String> {
        self.entries
            .iter()
            .filter(|(_, entry)| wanted(&entry.row.call))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Lets time pass for the calls that are due.
    pub(crate) fn sweep(
        &mut self,
        connection: &Connection,
        now: Time,
        policy: &Policy,
        limit: usize,
    ) -> rusqlite::Result<()> {
        for key in self.sweeper.take_due(now, limit) {
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.due = None;
            }
            if self.get(connection, &key, now)?.tick(now, policy) {
                self.touch(&key);
            }
            self.note_due(&key, policy);
        }
        Ok(())
    }

    /// Takes note of the call's next deadline.
    pub(crate) fn note_due(&mut self, key: &str, policy: &Policy) {
        if let Some(entry) = self.entries.get_mut(key) {
            let due = entry.row.call.due(policy);
            self.sweeper.schedule(key, entry.due, due);
            entry.due = due;
        }
    }

    /// Stores all that changed, each call once with its next version; gives the keys in the order of versions.
    pub(crate) fn save(&mut self, connection: &Connection, policy: &Policy) -> rusqlite::Result<Vec<String>> {
        let dirty = std::mem::take(&mut self.dirty);
        for key in &dirty {
            self.note_due(key, policy);
            self.version += 1;
            let linked = self.linked_of(connection, key)?;
            let Some(entry) = self.entries.get_mut(key) else {
                continue;
            };
            entry.dirty = false;
            entry.row.version = self.version;
            entry.row.linked = linked;
            entry.row.seq = calls::save(connection, &entry.row, entry.due)?;
            entry.may_shrink |= entry.row.call.has_witnesses();
            entry.row.gone = if entry.may_shrink {
                calls::part(connection, &entry.row)?
            } else {
                Vec::new()
            };
        }
        if !dirty.is_empty() {
            calls::set_version(connection, self.version)?;
        }
        Ok(dirty)
    }

    /// Copies of calls for the feeds.
    pub(crate) fn copies(&self, keys: &[String]) -> Vec<Changed> {
        keys.iter()
            .filter_map(|key| self.entries.get(key))
            .map(|entry| Arc::new(entry.row.clone()))
            .collect()
    }

    /// A linked call may be as new as this one and not stored yet.
    fn linked_of(&self, connection: &Connection, key: &str) -> rusqlite::Result<Vec<(String, String)>> {
        let Some(entry) = self.entries.get(key).filter(|e| !e.row.call.linked.is_empty()) else {
            return Ok(Vec::new());
        };
        let linked = &entry.row.call.linked;
        let mut ids = calls::ids_of(connection, linked)?;
        for other in linked
            .iter()
            .filter(|other| !ids.iter().any(|(known, _)| known == *other))
            .collect::<Vec<_>>()
        {
            ids.extend(self.entries.get(other).map(|e| (other.clone(), e.row.id.clone())));
        }
        Ok(ids)
    }

    /// Forgets settled calls that were not touched for long. Only between batches.
    pub(crate) fn trim(&mut self) {
        if self.entries.len() < 2 * KEPT {
            return;
        }
        let settled = |entry: &Entry| entry.due.is_none() && !entry.dirty;
        let mut used: Vec<u64> = self.entries.values().filter(|e| settled(e)).map(|e| e.used).collect();
        if used.len() <= KEPT {
            return;
        }
        used.sort_unstable();
        let oldest_kept = used[used.len() - KEPT];
        self.entries
            .retain(|_, entry| !settled(entry) || entry.used >= oldest_kept);
    }
}

/// The call as it is told to a reader.
pub(crate) fn tell(row: &CallRow, reader: Reader<'_>, roster: &Roster) -> perezvon_core::CallSnapshot {
    let id_of = |key: &str| {
        row.linked
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, id)| id.clone())
    };
    let mut told = row
        .call
        .tell(&row.id, row.version, reader, &|id| roster.name_of(id), &id_of);
    if reader.abonent().is_some_and(|abonent| !row.call.has_part(abonent)) {
        // It is no call of his any more.
        told.superseded_by.get_or_insert_with(|| row.id.clone());
    }
    told
}
