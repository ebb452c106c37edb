//! The mirror of the relay's calls, and what a new snapshot leads to.

use crate::db::Durability;
use crate::notifications::{Ops, Pen, close, raise};
use crate::render::{Step, Subject};
use crate::toast::{ToastKey, ToastOp};
use crate::{Desk, DeskError, documents, missed, who};
use perezvon_core::effect::{DocumentScope, Effect, Phase, Preferences, effects};
use perezvon_core::{CallSnapshot, Direction, Number, Outcome, Time};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// A snapshot whose news is older than this happened while the desk was away.
const FRESH_MS: i64 = 120_000;

/// What one batch of snapshots led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Toasts to raise, rewrite and close, in order.
    pub toasts: Vec<ToastOp>,
    /// How many snapshots were newer than the mirror's.
    pub stored: usize,
}

impl Desk {
    /// Makes the mirror one of `identity` (relay and abonent). Another identity's calls are forgotten; contacts,
    /// documents and notes stay. True when the mirror was begun anew.
    pub fn reset_mirror(&self, identity: &str) -> Result<bool, DeskError> {
        self.db.write(Durability::Lasting, |tx| {
            let now: Option<String> = tx
                .query_row("SELECT identity FROM mirror", [], |row| row.get(0))
                .optional()?;
            let same = now.as_deref() == Some(identity);
            if !same {
                begin_anew(tx, identity)?;
            }
            Ok(!same)
        })
    }

    /// Begins the mirror of the same identity anew, because the relay's ledger is another than it was.
    pub fn forget_mirror(&self, identity: &str) -> Result<(), DeskError> {
        self.db.write(Durability::Lasting, |tx| begin_anew(tx, identity))
    }

    /// The highest version taken from this identity's relay; 0 where nothing was.
    pub fn cursor(&self, identity: &str) -> Result<i64, DeskError> {
        self.db.read(|c| {
            let cursor = c.query_row("SELECT cursor FROM mirror WHERE identity = ?1", [identity], |row| {
                row.get(0)
            });
            Ok(cursor.optional()?.unwrap_or(0))
        })
    }

    /// Takes a batch of snapshots in one transaction: stores the newer ones, decides what to show, registers
    /// documents, moves the cursor. Repeats and older versions change nothing.
    pub fn take(
        &self,
        snapshots: &[CallSnapshot],
        identity: &str,
        preferences: &Preferences,
        relay_now: Time,
    ) -> Result<Taken, DeskError> {
        self.set_clock(relay_now);
        let pen = Pen {
            words: self.words(),
            now: relay_now,
        };
        // Only a call that is over registers a document; a ring need not wait for the disk.
        let lasting = preferences.documents != DocumentScope::Off && snapshots.iter().any(|s| s.outcome.is_terminal());
        let durability = if lasting {
            Durability::Lasting
        } else {
            Durability::Rebuildable
        };
        self.db.write(durability, |tx| {
            let (cursor, synced) = tx
                .prepare_cached("SELECT cursor, synced FROM mirror WHERE identity = ?1")?
                .query_row([identity], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))
                .optional()?
                .ok_or(DeskError::OtherIdentity)?;
            let mut batch = Batch {
                tx,
                pen,
                preferences,
                synced,
                ops: Ops::default(),
            };
            let mut stored = 0;
            for after in snapshots {
                stored += usize::from(batch.take(after)?);
            }
            let highest = snapshots.iter().map(|s| s.version).max().unwrap_or(0).max(cursor);
            tx.execute("UPDATE mirror SET cursor = ?1", [highest])?;
            Ok(Taken {
                toasts: batch.ops.into_vec(),
                stored,
            })
        })
    }

    /// The end of the backlog is reached: the summary of what happened while the desk was away, if somebody waits.
    /// Not for the first backlog of a mirror, which is history.
    pub fn digest(&self) -> Result<Option<ToastOp>, DeskError> {
        let pen = self.pen();
        self.db.write(Durability::Rebuildable, |tx| {
            tx.execute("UPDATE mirror SET synced = 1 WHERE synced = 0", [])?;
            let calls: i64 = tx.query_row("SELECT count(*) FROM call WHERE away = 1", [], |row| row.get(0))?;
            let waiting: i64 = tx.query_row(&callers("c.away = 1 AND c.waiting = 1"), [], |row| row.get(0))?;
            tx.execute("UPDATE call SET away = 0 WHERE away = 1", [])?;
            if waiting == 0 {
                return Ok(None);
            }
            raise(tx, pen, &ToastKey::Digest, &Subject::Digest { calls, waiting })
        })
    }
}

/// SQL that counts the persons behind the calls of the condition, of which `waiting = 1` is a part. A number of
/// several contacts counts as itself.
pub(crate) fn callers(condition: &str) -> String {
    format!(
        "SELECT count(DISTINCT coalesce(
             (SELECT 'contact ' || min(n.contact_id) FROM contact_number n
              WHERE n.key = c.number_key HAVING count(*) = 1),
             c.number_key))
         FROM call c WHERE {condition}"
    )
}

/// The call as the relay last told it.
pub(crate) fn snapshot(connection: &Connection, id: &str) -> Result<Option<CallSnapshot>, DeskError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT snapshot FROM call WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn begin_anew(tx: &Transaction<'_>, identity: &str) -> Result<(), DeskError> {
    tx.execute("DELETE FROM call", [])?;
    tx.execute("DELETE FROM mirror", [])?;
    tx.execute(
        "INSERT INTO mirror (one, identity, cursor, synced) VALUES (1, ?1, 0, 0)",
        [identity],
    )?;
    Ok(())
}

struct Batch<'a> {
    tx: &'a Transaction<'a>,
    pen: Pen,
    preferences: &'a Preferences,
    synced: bool,
    ops: Ops,
}

impl Batch<'_> {
    /// True when the snapshot was newer than the mirror's.
    fn take(&mut self, after: &CallSnapshot) -> Result<bool, DeskError> {
        let before = snapshot(self.tx, &after.id)?;
        if before.as_ref().is_some_and(|before| before.version >= after.version) {
            return Ok(false);
        }
        if let Some(by) = &after.superseded_by {
            return self.drop_call(before.as_ref(), by);
        }
        let fresh = self.pen.now.since(after.updated_at) <= FRESH_MS;
        let effects = effects(before.as_ref(), after, self.preferences, fresh);
        let away = self.synced
            && self.preferences.digest
            && !fresh
            && after.direction == Direction::Incoming
            && (before.is_none() || effects.contains(&Effect::MissedAway));
        let counted = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Missed | Effect::MissedAway));
        store(self.tx, after, away, counted)?;
        documents::follow(self.tx, after)?;
        let was = before.as_ref().and_then(|before| who::key_of(&before.party));
        let key = who::key_of(&after.party);
        let mut keys = Vec::new();
        for key in was.iter().filter(|was| key.as_ref() != Some(was)).chain(&key) {
            keys.extend(missed::settle(self.tx, key)?);
        }
        for effect in effects {
            self.act(effect, after, key.as_deref(), &keys)?;
        }
        Ok(true)
    }

    /// The call turned out to be the one of the id `by`: only that one is shown, and it keeps the document.
    fn drop_call(&mut self, known: Option<&CallSnapshot>, by: &str) -> Result<bool, DeskError> {
        let Some(known) = known else { return Ok(false) };
        let (tx, pen) = (self.tx, self.pen);
        tx.execute("DELETE FROM call WHERE id = ?1", [&known.id])?;
        documents::hand_over(tx, &known.id, by)?;
        for key in [ToastKey::Call(known.id.clone()), ToastKey::Missed(known.id.clone())] {
            self.ops.push(close(tx, pen, &key)?);
        }
        if let Some(key) = who::key_of(&known.party) {
            for key in missed::settle(tx, &key)? {
                missed::refresh(tx, pen, &key, false, &mut self.ops)?;
            }
        }
        Ok(true)
    }

    fn act(
        &mut self,
        effect: Effect,
        call: &CallSnapshot,
        number: Option<&str>,
        persons: &[String],
    ) -> Result<(), DeskError> {
        let (tx, pen) = (self.tx, self.pen);
        let ring = ToastKey::Call(call.id.clone());
        let id = || call.id.clone();
        match effect {
            Effect::Ring => self.ops.push(raise(tx, pen, &ring, &Subject::Incoming { call: id() })?),
            Effect::AnsweredElsewhere => {
                self.ops
                    .push(raise(tx, pen, &ring, &Subject::AnsweredElsewhere { call: id() })?);
            }
            Effect::CloseRing => self.ops.push(close(tx, pen, &ring)?),
            Effect::Missed => self.missed(call, number)?,
            Effect::MissedAway => {}
            Effect::WithdrawMissed | Effect::Reached => {
                self.ops.push(close(tx, pen, &ToastKey::Missed(id()))?);
                for key in persons {
                    missed::refresh(tx, pen, key, false, &mut self.ops)?;
                }
            }
            Effect::Progress(phase) => {
                if let Some(request) = &call.request {
                    let subject = Subject::Progress {
                        call: Some(id()),
                        number: number.unwrap_or_default().to_owned(),
                        step: step(phase),
                    };
                    self.ops
                        .push(raise(tx, pen, &ToastKey::Request(request.clone()), &subject)?);
                }
            }
            Effect::Document { toast } => {
                let registered = documents::register(tx, call, pen.now)?;
                if let Some(document) = registered.filter(|_| toast) {
                    let subject = Subject::Document { id: document };
                    self.ops.push(raise(tx, pen, &ToastKey::Document(document), &subject)?);
                }
            }
        }
        Ok(())
    }

    fn missed(&mut self, call: &CallSnapshot, number: Option<&str>) -> Result<(), DeskError> {
        if let Some(number) = number {
            return missed::refresh(self.tx, self.pen, number, true, &mut self.ops);
        }
        // Nobody can say whether two withheld numbers are one caller.
        let subject = Subject::Missed {
            call: call.id.clone(),
            times: 1,
        };
        self.ops
            .push(raise(self.tx, self.pen, &ToastKey::Missed(call.id.clone()), &subject)?);
        Ok(())
    }
}

fn step(phase: Phase) -> Step {
    match phase {
        Phase::OwnPhone => Step::OwnPhone,
        Phase::Dialling => Step::Dialling,
        Phase::Talking => Step::Talking,
        Phase::Over { outcome, own_phone } => Step::Over { outcome, own_phone },
    }
}

fn store(tx: &Transaction<'_>, call: &CallSnapshot, away: bool, counted: bool) -> Result<(), DeskError> {
    let number = call
        .party
        .number
        .as_deref()
        .filter(|_| !call.party.hidden)
        .map(Number::parse);
    let missed = is_missed(call);
    tx.prepare_cached(
        "INSERT INTO call (id, version, incoming, missed, started_ms, talked_ms, number_key, digits, search, away,
                           counted, snapshot)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET
             version = excluded.version, incoming = excluded.incoming, missed = excluded.missed,
             started_ms = excluded.started_ms, talked_ms = excluded.talked_ms, number_key = excluded.number_key,
             digits = excluded.digits, search = excluded.search, away = max(away, excluded.away),
             counted = excluded.missed * max(counted, excluded.counted),
             waiting = excluded.missed * waiting, snapshot = excluded.snapshot",
    )?
    .execute(params![
        call.id,
        call.version,
        call.direction == Direction::Incoming,
        missed,
        call.started_at.unwrap_or(call.updated_at).ms(),
        call.answered_at.filter(|_| !call.uncertain).map(Time::ms),
        number.as_ref().and_then(Number::key),
        number.as_ref().map(Number::search_digits).unwrap_or_default(),
        crate::contacts::fold(call.party.name.as_deref().unwrap_or_default()),
        away,
        counted,
        serde_json::to_string(call)?,
    ])?;
    Ok(())
}

/// Nobody answered, for certain, and the phone no longer rings.
pub(crate) fn is_missed(call: &CallSnapshot) -> bool {
    let rings = call
        .legs
        .iter()
        .any(|leg| leg.abonent.is_some() && leg.abonent == call.abonent && leg.state.as_deref() == Some("Alerting"));
    call.direction == Direction::Incoming
        && matches!(call.outcome, Outcome::Missed | Outcome::Unreachable)
        && !call.uncertain
        && !rings
}
