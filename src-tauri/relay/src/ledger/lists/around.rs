//! Collects everything related to new lines, recordings and calls: all that may belong to one call with them,
//! directly or through others. Arranging this part alone gives the same result as arranging the whole ledger.

use super::Settled;
use crate::ledger::transaction::{Transaction, Unsettled};
use crate::tables::statistics::{self, LineRow};
use crate::tables::{LedgerError, calls, recordings};
use perezvon_core::call::{Recording, StatisticsLine};
use perezvon_core::lists::{By, Heard, Look, Thing};
use std::collections::{BTreeMap, BTreeSet};

/// How long before one of its legs a call may have begun, milliseconds.
const BEGUN_BEFORE_LEG_MS: i64 = 3_600_000;
/// The search stops at this many items; the rest keeps its arrangement.
const MAX_ITEMS: usize = 4_000;

/// The collected items, see the module.
#[derive(Default)]
pub(super) struct Around {
    /// By id, with the key of the call that has it; none: not arranged yet.
    pub(super) lines: BTreeMap<String, (StatisticsLine, Option<String>)>,
    /// By id, with the key of its call.
    pub(super) recordings: BTreeMap<String, (Recording, String)>,
    /// Keys of calls that are not superseded.
    pub(super) calls: BTreeSet<String>,
    /// What was found and not expanded yet.
    open: Vec<Pending>,
}

/// By id or key.
enum Pending {
    Line(String),
    Recording(String),
    Call(String),
}

impl Around {
    /// Of the keys that the lines of one call can give it: the one that most of the lines have now; on a tie that of
    /// the earliest.
    pub(super) fn key_of(&self, lines: &[String]) -> String {
        let keys = || lines.iter().filter_map(|id| self.lines.get(id)?.1.as_ref());
        let latest_first = lines.iter().rev();
        let key = latest_first.max_by_key(|id| keys().filter(|key| key == id).count());
        key.cloned().unwrap_or_default()
    }

    /// The call that replaces `former`: that of its earliest line, or of its recording.
    pub(super) fn successor<'a>(&self, former: &str, settled: &'a BTreeMap<String, Settled>) -> Option<&'a str> {
        let lines = self.lines.values().filter(|(_, key)| key.as_deref() == Some(former));
        let line = lines.map(|(line, _)| line).min_by_key(|line| (line.start, &line.id));
        let recording = self.recordings.values().find(|(_, key)| key == former);
        let has = |of: &Settled| match (line, recording) {
            (Some(line), _) => of.lines.contains_key(&line.id),
            (None, Some((one, _))) => of.recordings.contains_key(&one.id),
            (None, None) => false,
        };
        settled.iter().find(|(_, of)| has(of)).map(|(key, _)| key.as_str())
    }

    fn add_line(&mut self, line: StatisticsLine) -> &mut (StatisticsLine, Option<String>) {
        self.lines.entry(line.id.clone()).or_insert_with(|| {
            self.open.push(Pending::Line(line.id.clone()));
            (line, None)
        })
    }

    fn add_recording(&mut self, recording: Recording, key: &str) {
        self.recordings.entry(recording.id.clone()).or_insert_with(|| {
            self.open.push(Pending::Recording(recording.id.clone()));
            (recording, key.to_owned())
        });
    }
}

impl Transaction<'_> {
    /// Whether a line or a recording may belong to one of these calls. Calls known from events are related only
    /// through what was listed; without that there is nothing to arrange.
    pub(super) fn is_any_listed(&self, keys: &[String]) -> Result<bool, LedgerError> {
        for call in keys.iter().filter_map(|key| self.state.calls.peek(key)) {
            if !call.lines().is_empty() || !call.recordings().is_empty() {
                return Ok(true);
            }
            let Some(heard) = Heard::of(call) else { continue };
            let thing = Thing::Call(heard, call.legs());
            for look in thing.looks() {
                let Look { by, from, to } = self.of_canonical(look);
                let lines = statistics::found(self.connection, &by, (from, to), self.at)?;
                let is_tied = |row: &LineRow| thing.may_be_tied(Thing::Line(&row.line));
                if lines.iter().any(is_tied) {
                    return Ok(true);
                }
                if let By::Abonent(id) = &by {
                    let recordings = recordings::of_abonent(self.connection, id, from, to)?;
                    let is_tied = |one: Recording| thing.may_be_tied(Thing::Recording(&one));
                    if recordings.iter().any(|row| is_tied(row.recording())) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// The same search by the id under which the tables have the abonent.
    fn of_canonical(&self, mut look: Look) -> Look {
        if let By::Abonent(id) = &mut look.by
            && let Some(canonical) = self.state.rest.roster.abonent(id)
        {
            *id = canonical.to_owned();
        }
        look
    }

    /// `touched` are the keys of calls that the present entry changed; the tables do not have the changes yet.
    pub(super) fn around(
        &mut self,
        unsettled: &Unsettled,
        early: &[String],
        touched: &[String],
    ) -> Result<Around, LedgerError> {
        let mut around = Around::default();
        let mut keys: BTreeSet<String> = early.iter().cloned().collect();
        // The new items come first: a stored call may still have an older form of a line.
        for id in &unsettled.lines {
            if let Some(LineRow { line, call_key }) = statistics::by_id(self.connection, id, self.at)? {
                around.add_line(line);
                keys.insert(call_key);
            }
        }
        for id in &unsettled.recordings {
            if let Some(row) = recordings::by_id(self.connection, id)? {
                let key = row.call_key.clone().unwrap_or_default();
                around.add_recording(row.recording(), &key);
                keys.insert(key);
            }
        }
        for key in &keys {
            self.add_call(&mut around, key)?;
        }
        while let Some(open) = around.open.pop() {
            if around.lines.len() + around.recordings.len() + around.calls.len() > MAX_ITEMS {
                tracing::warn!("too many calls hang together; they are settled in parts");
                break;
            }
            match open {
                Pending::Line(id) => {
                    let line = around.lines[&id].0.clone();
                    self.look_around(&mut around, Thing::Line(&line), touched)?;
                }
                Pending::Recording(id) => {
                    let recording = around.recordings[&id].0.clone();
                    self.look_around(&mut around, Thing::Recording(&recording), touched)?;
                }
                Pending::Call(key) => {
                    let Some(call) = self.state.calls.peek(&key).cloned() else {
                        continue;
                    };
                    if let Some(heard) = Heard::of(&call) {
                        self.look_around(&mut around, Thing::Call(heard, call.legs()), touched)?;
                    }
                }
            }
        }
        Ok(around)
    }

    /// Adds a call with everything that it has.
    fn add_call(&mut self, around: &mut Around, key: &str) -> Result<(), LedgerError> {
        let call = self.state.calls.find(self.connection, key)?;
        let call = call.filter(|call| call.superseded_by().is_none());
        if let Some(call) = call.filter(|_| around.calls.insert(key.to_owned())) {
            around.open.push(Pending::Call(key.to_owned()));
            for line in call.lines().values() {
                around.add_line(line.clone()).1 = Some(key.to_owned());
            }
            for recording in call.recordings().values() {
                around.add_recording(recording.clone(), key);
            }
        }
        Ok(())
    }

    fn look_around(&mut self, around: &mut Around, thing: Thing<'_>, touched: &[String]) -> Result<(), LedgerError> {
        let session = match thing {
            Thing::Line(line) => line.tracking_id.clone(),
            Thing::Recording(_) | Thing::Call(..) => None,
        };
        // Calls known from events are never related directly: no other is searched for around one.
        let is_call = matches!(thing, Thing::Call(..));
        let mut keys: BTreeSet<String> = touched.iter().cloned().chain(session).collect();
        for look in thing.looks() {
            let Look { by, from, to } = self.of_canonical(look);
            let begun = from.plus(-BEGUN_BEFORE_LEG_MS);
            let lines = statistics::found(self.connection, &by, (from, to), self.at)?;
            match &by {
                By::Abonent(id) => {
                    if !is_call {
                        keys.extend(calls::keys_of_abonent(self.connection, id, begun, to)?);
                    }
                    for row in recordings::of_abonent(self.connection, id, from, to)? {
                        let recording = row.recording();
                        let is_tied = thing.may_be_tied(Thing::Recording(&recording));
                        if let Some(key) = row.call_key.filter(|_| is_tied) {
                            around.add_recording(recording, &key);
                            self.add_call(around, &key)?;
                        }
                    }
                }
                By::Number(number) if !is_call => {
                    keys.extend(calls::keys_of_number(self.connection, number, begun, to)?);
                }
                By::Number(_) | By::Withheld(_) => {}
            }
            for LineRow { line, call_key } in lines {
                if thing.may_be_tied(Thing::Line(&line)) {
                    around.add_line(line);
                    self.add_call(around, &call_key)?;
                } else {
                    keys.insert(call_key);
                }
            }
        }
        if is_call {
            return Ok(());
        }
        keys.retain(|key| !around.calls.contains(key));
        for key in &keys {
            let call = self.state.calls.find(self.connection, key)?;
            let heard = call
                .as_deref()
                .and_then(|call| Some(Thing::Call(Heard::of(call)?, call.legs())));
            if heard.is_some_and(|call| thing.may_be_tied(call)) {
                self.add_call(around, key)?;
            }
        }
        Ok(())
    }
}
