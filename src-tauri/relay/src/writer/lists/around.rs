//! What may have to do with lines, recordings and calls that are new: whatever may be of one call with them, directly or by
//! others in between. What is not among it is arranged alike without them.

use super::{Settled, Unsettled};
use crate::ledger::statistics::{self, LineRow};
use crate::ledger::{LedgerError, calls, recordings};
use crate::writer::Batch;
use perezvon_core::call::{Leg, Recording, StatisticsLine};
use perezvon_core::lists::{Heard, Tolerances, may_be_of, may_be_one, may_be_recorded};
use perezvon_core::{Direction, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A call may have begun for an abonent, whom it rang twice, so long before the leg that a line is of, milliseconds.
const AGAIN_MS: i64 = 3_600_000;
/// No more is looked for once there are so many lines and calls. A company in which everybody calls everybody at once is cut
/// somewhere; what is beyond stays as it is.
const MOST: usize = 4_000;

/// See the module.
#[derive(Default)]
pub(super) struct Around {
    /// By id, with the key of the call that has it; none: it was never settled.
    pub(super) lines: BTreeMap<String, (StatisticsLine, Option<String>)>,
    /// By id, with the key of its call.
    pub(super) recordings: BTreeMap<String, (Recording, String)>,
    /// Keys of calls that are told of: not superseded.
    pub(super) calls: BTreeSet<String>,
    new_lines: Vec<String>,
    new_recordings: Vec<String>,
    new_calls: Vec<String>,
}

impl Around {
    /// Of the keys that the lines of one call can give it, the one that most of them have now; of several the earliest's.
    pub(super) fn key_of(&self, lines: &[String]) -> String {
        let with = |key: &String| {
            let keys = lines.iter().filter_map(|id| self.lines.get(id)?.1.as_ref());
            keys.filter(|now| *now == key).count()
        };
        let latest_first = lines.iter().rev();
        latest_first.max_by_key(|id| with(id)).cloned().unwrap_or_default()
    }

    /// The call that has now what `former` had: that of its earliest line, or of its recording.
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
            self.new_lines.push(line.id.clone());
            (line, None)
        })
    }

    fn add_recording(&mut self, recording: Recording, key: &str) {
        self.recordings.entry(recording.id.clone()).or_insert_with(|| {
            self.new_recordings.push(recording.id.clone());
            (recording, key.to_owned())
        });
    }

    fn is_full(&self) -> bool {
        self.lines.len() + self.calls.len() > MOST
    }
}

/// A stretch of time around `from` and `to`.
fn window(from: Time, before_ms: i64, to: Time, after_ms: i64) -> (Time, Time) {
    (from.plus(-before_ms), to.plus(after_ms))
}

impl Batch<'_> {
    /// `dirty` are the keys of calls that changed in this transaction: the ledger does not know them yet.
    pub(super) fn around(
        &mut self,
        unsettled: &Unsettled,
        early: &[String],
        dirty: &[String],
        tolerances: &Tolerances,
    ) -> Result<Around, LedgerError> {
        let mut around = Around::default();
        let mut keys = BTreeSet::new();
        // First what is new itself: a call may still have a line as it was told before.
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
        for key in early {
            self.add_call(&mut around, key)?;
        }
        while !around.is_full() {
            if let Some(id) = around.new_lines.pop() {
                let line = around.lines[&id].0.clone();
                self.look_around_line(&mut around, &line, dirty, tolerances)?;
            } else if let Some(id) = around.new_recordings.pop() {
                let recording = around.recordings[&id].0.clone();
                self.look_around_recording(&mut around, &recording, dirty, tolerances)?;
            } else if let Some(key) = around.new_calls.pop() {
                self.look_around_call(&mut around, &key, tolerances)?;
            } else {
                break;
            }
        }
        if around.is_full() {
            tracing::warn!("too many calls at once hang together; they are settled in parts");
        }
        Ok(around)
    }

    /// With all that it has.
    fn add_call(&mut self, around: &mut Around, key: &str) -> Result<(), LedgerError> {
        let call = self.state.calls.find(self.connection, key)?;
        let Some(call) = call.filter(|call| call.superseded_by.is_none()) else {
            return Ok(());
        };
        if !around.calls.insert(key.to_owned()) {
            return Ok(());
        }
        around.new_calls.push(key.to_owned());
        for line in call.lines.values() {
            around.add_line(line.clone()).1 = Some(key.to_owned());
        }
        for recording in call.recordings.values() {
            around.add_recording(recording.clone(), key);
        }
        Ok(())
    }

    /// Adds those calls of which events told and that have a leg for which `wanted` holds.
    fn add_heard(
        &mut self,
        around: &mut Around,
        keys: &[String],
        wanted: impl Fn(&Leg) -> bool,
    ) -> Result<(), LedgerError> {
        for key in keys
            .iter()
            .filter(|key| !around.calls.contains(*key))
            .collect::<BTreeSet<_>>()
        {
            let call = self.state.calls.find(self.connection, key)?;
            let is_wanted = call.is_some_and(|call| {
                // A call that we placed and of which nothing else is known may have any line of its abonent.
                Heard::of(call).is_some() && (call.legs.is_empty() || call.legs.iter().any(&wanted))
            });
            if is_wanted {
                self.add_call(around, key)?;
            }
        }
        Ok(())
    }

    fn look_around_line(
        &mut self,
        around: &mut Around,
        line: &StatisticsLine,
        dirty: &[String],
        tolerances: &Tolerances,
    ) -> Result<(), LedgerError> {
        if let Some(session) = &line.tracking_id {
            self.add_call(around, session)?;
        }
        let (connection, at) = (self.connection, line.start);
        let (ring, further) = (tolerances.ring_ms, tolerances.further_ms() + line.duration_ms);
        let near = window(at, AGAIN_MS, at, ring + tolerances.start_ms);
        let mut keys = calls::keys_of_abonent(connection, &line.abonent, near)?;
        if let Some(number) = &line.number {
            keys.extend(calls::keys_of_number(
                connection,
                number,
                window(at, ring, at, further),
            )?);
        }
        let mut lines = Vec::new();
        if let Some(caller) = statistics::caller(line) {
            lines = statistics::of_caller(connection, &caller, window(at, ring, at, further), self.at)?;
        }
        if let Some(peer) = &line.peer {
            let near = window(at, tolerances.outgoing_start_ms(), at, tolerances.outgoing_start_ms());
            keys.extend(calls::keys_of_abonent(connection, peer, near)?);
            lines.extend(statistics::of_abonent(connection, peer, near, self.at)?);
        }
        // A call of which events told may have a line of this caller, and wait in the queue for longer than any two lines
        // are apart.
        let settled = lines.iter().filter(|row| row.line.id != row.call_key);
        keys.extend(settled.map(|row| row.call_key.clone()));
        keys.extend(dirty.iter().cloned());
        self.add_heard(around, &keys, |leg| may_be_of(line, leg, tolerances))?;
        for row in lines {
            if may_be_one(line, &row.line, tolerances) {
                around.add_line(row.line);
                self.add_call(around, &row.call_key)?;
            }
        }
        let near = window(at, tolerances.start_ms, at, ring);
        for row in recordings::of_abonent(connection, &line.abonent, near.0, near.1)? {
            let recording = row.recording();
            if let Some(key) = row.call_key.filter(|_| may_be_recorded(line, &recording, tolerances)) {
                around.add_recording(recording, &key);
                self.add_call(around, &key)?;
            }
        }
        Ok(())
    }

    fn look_around_recording(
        &mut self,
        around: &mut Around,
        recording: &Recording,
        dirty: &[String],
        tolerances: &Tolerances,
    ) -> Result<(), LedgerError> {
        let (connection, at) = (self.connection, recording.start);
        let near = window(at, tolerances.ring_ms, at, tolerances.start_ms);
        for row in statistics::of_abonent(connection, &recording.abonent, near, self.at)? {
            if may_be_recorded(&row.line, recording, tolerances) {
                around.add_line(row.line);
                self.add_call(around, &row.call_key)?;
            }
        }
        if recording.session.is_none() {
            let near = window(at, AGAIN_MS, at, tolerances.start_ms);
            let mut keys = calls::keys_of_abonent(connection, &recording.abonent, near)?;
            keys.extend(dirty.iter().cloned());
            self.add_heard(around, &keys, |leg| {
                leg.abonent.as_ref() == Some(&recording.abonent)
                    && leg
                        .answer
                        .is_some_and(|answer| (answer.ms() - at.ms()).abs() <= tolerances.start_ms)
            })?;
        }
        Ok(())
    }

    /// Looks for lines of a call of which events told.
    fn look_around_call(&mut self, around: &mut Around, key: &str, tolerances: &Tolerances) -> Result<(), LedgerError> {
        let call = self.state.calls.known(key);
        let Some(call) = call.filter(|call| Heard::of(call).is_some()).cloned() else {
            return Ok(());
        };
        let (connection, at) = (self.connection, self.at);
        let mut rows = Vec::new();
        for leg in &call.legs {
            let Some(begun) = leg.start.or(leg.answer) else {
                continue;
            };
            let start = if leg.is_outgoing() {
                tolerances.outgoing_start_ms()
            } else {
                tolerances.start_ms
            };
            let rang = if leg.answer.is_some() && (leg.recording.is_some() || leg.start == leg.answer) {
                tolerances.ring_ms
            } else {
                start
            };
            if let Some(abonent) = leg.abonent.as_ref().filter(|_| !leg.system) {
                rows.extend(statistics::of_abonent(
                    connection,
                    abonent,
                    window(begun, rang, begun, start),
                    at,
                )?);
            }
            let Some((_, party)) = &leg.party else { continue };
            if let Some(colleague) = party.user_id.as_deref() {
                let colleague = self.roster.abonent(colleague).unwrap_or(colleague);
                let rings = tolerances.outgoing_start_ms();
                let near = window(begun, rings, begun, rings);
                rows.extend(statistics::of_abonent(connection, colleague, near, at)?);
            }
            let withheld = || leg.line.as_ref()?.number.as_deref().map(statistics::withheld);
            let number = party.number().key();
            let caller = number.or_else(|| withheld().filter(|_| party.privacy));
            if let Some(caller) = caller.filter(|_| !leg.is_outgoing()) {
                let further = tolerances.further_ms();
                let near = window(begun, further, leg.end.unwrap_or(begun), further);
                rows.extend(statistics::of_caller(connection, &caller, near, at)?);
            }
        }
        let is_near = |row: &LineRow| call.legs.iter().any(|leg| may_be_of(&row.line, leg, tolerances));
        let mut lines: Vec<LineRow> = rows.into_iter().filter(is_near).collect();
        if let Some(request) = call.request.as_ref().filter(|_| call.legs.is_empty()) {
            let placed = tolerances.placed_ms;
            let near = window(call.first_heard, placed, call.first_heard, placed);
            let is_outgoing = |row: &LineRow| row.line.direction == Direction::Outgoing;
            let of_abonent = statistics::of_abonent(connection, &request.abonent, near, at)?;
            lines.extend(of_abonent.into_iter().filter(is_outgoing));
        }
        for row in lines {
            around.add_line(row.line);
            self.add_call(around, &row.call_key)?;
        }
        Ok(())
    }
}
