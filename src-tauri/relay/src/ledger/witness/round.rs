//! Lines that go from one call to another. Which lines are one call, where no event told of it, is settled anew among all
//! lines of the caller with each line that comes; so the order in which the PBX's lists come does not matter.

use super::{NEAR_MS, RING_MS};
use crate::tables::statistics::{self, LineRow};
use crate::tables::{LedgerError, recordings};
use crate::ledger::transaction::Transaction;
use perezvon_core::call::{Recording, StatisticsLine, calls_of, lines_around};
use perezvon_core::{Call, Direction};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of one caller are looked at so far around the one that came, milliseconds.
const AROUND_MS: i64 = 600_000;

/// A line that goes from one call to another, both by key.
pub(super) struct Move {
    line: StatisticsLine,
    from: String,
    to: String,
}

impl Transaction<'_> {
    /// The call that `line` is of, and the other lines that have to go elsewhere.
    pub(super) fn round(&mut self, line: &StatisticsLine) -> Result<(String, Vec<Move>), LedgerError> {
        let mut keys = BTreeMap::new();
        let mut lines = Vec::new();
        for row in self.of_same_caller(line)? {
            keys.insert(row.line.id.clone(), row.call_key);
            if row.line.id != line.id {
                lines.push(row.line);
            }
        }
        lines.push(line.clone());
        let lines = lines_around(lines, line);
        let recordings = self.recordings_of(&lines)?;
        let mut home = line.id.clone();
        let mut moves = Vec::new();
        for call in calls_of(&lines, &recordings) {
            let of_call: Vec<&StatisticsLine> = call.lines.iter().map(|&i| &lines[i]).collect();
            let key = call.recorded.unwrap_or_else(|| key_of(&of_call, &keys));
            for other in of_call {
                if other.id == line.id {
                    home.clone_from(&key);
                } else if let Some(from) = keys.get(&other.id).filter(|from| **from != key) {
                    moves.push(Move {
                        line: other.clone(),
                        from: from.clone(),
                        to: key.clone(),
                    });
                }
            }
        }
        Ok((home, moves))
    }

    /// Lines of the same caller of whose calls no event told; of a caller who is not told, those of the abonent.
    fn of_same_caller(&mut self, line: &StatisticsLine) -> Result<Vec<LineRow>, LedgerError> {
        let (from, to) = (line.start.plus(-AROUND_MS), line.start.plus(AROUND_MS));
        let colleague = match line.direction {
            Direction::Outgoing => line.peer.as_ref().map(|_| &line.abonent),
            Direction::Incoming => line.peer.as_ref(),
        };
        let mut rows = Vec::new();
        if let Some(caller) = colleague {
            let placed = statistics::of_abonent(self.connection, caller, from, to)?;
            let mut peers: BTreeSet<String> = placed.iter().filter_map(|row| row.line.peer.clone()).collect();
            peers.insert(line.abonent.clone());
            rows.extend(
                placed
                    .into_iter()
                    .filter(|row| row.line.direction == Direction::Outgoing && row.line.peer.is_some()),
            );
            for peer in &peers {
                let lines = statistics::of_abonent(self.connection, peer, from, to)?;
                rows.extend(
                    lines.into_iter().filter(|row| {
                        row.line.direction == Direction::Incoming && row.line.peer.as_ref() == Some(caller)
                    }),
                );
            }
        } else {
            let is_told = line.direction == Direction::Incoming && (line.number.is_some() || line.called.is_some());
            let lines = if is_told {
                statistics::of_caller(self.connection, line, from, to)?
            } else {
                statistics::of_abonent(self.connection, &line.abonent, from, to)?
            };
            rows.extend(lines.into_iter().filter(|LineRow { line: other, .. }| {
                (other.direction, &other.number, &other.peer) == (line.direction, &line.number, &None)
            }));
        }
        let mut free = Vec::new();
        for row in rows {
            let call = self.state.calls.find(self.connection, &row.call_key)?;
            if call.is_some_and(|call| !call.is_heard()) {
                free.push(row);
            }
        }
        Ok(free)
    }

    /// Recordings that may be of the lines, with the keys of their calls, of which no event told.
    fn recordings_of(&mut self, lines: &[StatisticsLine]) -> Result<Vec<(String, Recording)>, LedgerError> {
        let abonents: BTreeSet<&String> = lines.iter().map(|line| &line.abonent).collect();
        let starts = || lines.iter().map(|line| line.start);
        let (Some(first), Some(last)) = (starts().min(), starts().max()) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for abonent in abonents {
            let (from, to) = (first.plus(-NEAR_MS), last.plus(RING_MS));
            for row in recordings::of_abonent(self.connection, abonent, from, to)? {
                if let Some(key) = &row.call_key
                    && let Some(call) = self.state.calls.find(self.connection, key)?
                    && !call.is_heard()
                {
                    found.push((key.clone(), row.recording()));
                }
            }
        }
        Ok(found)
    }

    /// Carries out what [`Self::round`] found.
    pub(super) fn settle(&mut self, moves: &[Move]) -> Result<(), LedgerError> {
        for one in moves {
            self.shift(&one.line, &one.from, &one.to)?;
        }
        Ok(())
    }

    /// A line goes from one call to another. A call that has nothing else goes with it.
    pub(super) fn shift(&mut self, line: &StatisticsLine, from: &str, to: &str) -> Result<(), LedgerError> {
        let at = self.at;
        self.state.calls.get(self.connection, to, at.min(line.start))?;
        if let Some(old) = self.state.calls.find(self.connection, from)?.cloned() {
            if old.is_of_lines() && old.lines.keys().all(|id| *id == line.id) {
                self.becomes(&old, from, to)?;
            } else {
                if let Some(old) = self.state.calls.find(self.connection, from)? {
                    old.drop_line(&line.id);
                }
                self.state.calls.touch(from);
            }
        }
        self.state
            .calls
            .get(self.connection, to, at)?
            .take_line(line.clone(), at);
        statistics::put(self.connection, line, to)?;
        self.state.calls.touch(to);
        Ok(())
    }

    /// A line goes from one call to another. A call made from lines goes with it as a whole: they were found to be one.
    pub(super) fn leave(
        &mut self,
        line: &StatisticsLine,
        from: &str,
        to: &str,
    ) -> Result<Vec<StatisticsLine>, LedgerError> {
        let at = self.at;
        let mut again = Vec::new();
        let Some(old) = self.state.calls.find(self.connection, from)? else {
            return Ok(again);
        };
        let is_of_lines = old.is_of_lines();
        let former = old.clone();
        if !is_of_lines {
            self.shift(line, from, to)?;
            return Ok(again);
        }
        for other in former.lines.values().filter(|other| other.id != line.id) {
            let call = self.state.calls.get(self.connection, to, at)?;
            let taken = call
                .lines
                .values()
                .any(|known| known.abonent == other.abonent && known.direction == other.direction);
            if taken {
                statistics::forget(self.connection, &other.id)?;
                again.push(other.clone());
            } else {
                call.take_line(other.clone(), at);
                statistics::put(self.connection, other, to)?;
            }
        }
        self.becomes(&former, from, to)?;
        self.state.calls.touch(to);
        Ok(again)
    }

    /// A call made from lines, as it was, turned out to be another one.
    fn becomes(&mut self, former: &Call, from: &str, to: &str) -> Result<(), LedgerError> {
        if self.state.calls.is_new(to) {
            self.state.calls.adopt(self.connection, from, to)?;
            return Ok(());
        }
        let by = self.state.calls.id(to).map(str::to_owned).unwrap_or_default();
        self.state.calls.get(self.connection, to, self.at)?.inherit(former);
        if let Some(old) = self.state.calls.find(self.connection, from)? {
            old.supersede(&by);
        }
        self.state.calls.touch(from);
        Ok(())
    }
}

/// Of the keys that the lines gave, the one that most of them have.
fn key_of(lines: &[&StatisticsLine], now: &BTreeMap<String, String>) -> String {
    let with = |key: &String| lines.iter().filter(|line| now.get(&line.id) == Some(key)).count();
    // Of several the last is taken: the earliest line's.
    let keys = lines.iter().rev().map(|line| &line.id);
    keys.max_by_key(|id| with(id)).cloned().unwrap_or_default()
}
