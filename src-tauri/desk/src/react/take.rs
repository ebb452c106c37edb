//! What a new snapshot leads to.

use crate::db::Durability;
use crate::desk::Desk;
use crate::digest::Fewer;
use crate::error::DeskError;
use crate::key::key_of;
use crate::notifications::{Ops, Pen, close, raise};
use crate::subject::{Step, Subject};
use crate::table::call::{self, snapshot};
use crate::table::document;
use crate::toast::{ToastKey, ToastOp};
use crate::{digest, missed};
use perezvon_core::effect::{DocumentScope, Effect, Phase, Preferences, effects};
use perezvon_core::{CallSnapshot, Direction, Time};
use rusqlite::{OptionalExtension, Transaction};

/// A snapshot whose news is older than this happened while the desk was away.
const FRESH_MS: i64 = 120_000;

/// What one batch of snapshots led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Toasts to raise, rewrite and close, in order.
    pub toasts: Vec<ToastOp>,
    /// How many snapshots were newer than the mirror's.
    pub stored: usize,
    /// How many of them are old news that a summary has still to tell: [`Desk::digest`], [`Desk::late_digest`].
    pub untold: usize,
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
                .query_row([identity], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
                .optional()?
                .ok_or(DeskError::OtherIdentity)?;
            let mut batch = Batch {
                tx,
                pen,
                preferences,
                synced: (synced > 0).then_some(Time::from_ms(synced)),
                ops: Ops::default(),
                untold: 0,
                fewer_wait: Fewer::No,
            };
            let mut stored = 0;
            for after in snapshots {
                stored += usize::from(batch.take(after)?);
            }
            let highest = snapshots.iter().map(|s| s.version).max().unwrap_or(0).max(cursor);
            tx.execute("UPDATE mirror SET cursor = ?1", [highest])?;
            digest::correct(tx, pen, batch.fewer_wait, &mut batch.ops)?;
            Ok(Taken {
                toasts: batch.ops.into_vec(),
                stored,
                untold: batch.untold,
            })
        })
    }
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
    /// When the mirror was first whole; what began before is history.
    synced: Option<Time>,
    ops: Ops,
    /// See [`Taken::untold`].
    untold: usize,
    fewer_wait: Fewer,
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
        let begun = after.started_at.unwrap_or(after.updated_at);
        let away = self.synced.is_some_and(|synced| begun >= synced)
            && self.preferences.digest
            && !fresh
            && after.direction == Direction::Incoming
            && (before.is_none() || effects.contains(&Effect::MissedAway));
        let counted = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Missed | Effect::MissedAway));
        self.untold += usize::from(away);
        call::store(self.tx, after, away, counted)?;
        document::follow(self.tx, after)?;
        let was = before.as_ref().and_then(|before| key_of(&before.party));
        let key = key_of(&after.party);
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
        document::hand_over(tx, &known.id, by)?;
        for key in [ToastKey::Call(known.id.clone()), ToastKey::Missed(known.id.clone())] {
            self.ops.push(close(tx, pen, &key)?);
        }
        self.fewer_wait = Fewer::Withdrawn;
        if let Some(key) = key_of(&known.party) {
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
                self.fewer_wait = self.fewer_wait.max(match effect {
                    Effect::Reached => Fewer::Reached,
                    _ => Fewer::Withdrawn,
                });
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
                let registered = document::register(tx, call, pen.now)?;
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
