//! The company's calls at an administrator's desk: every abonent's view but the owner's, which comes over the desk's own feed.
//! Nothing follows from them: no toast, nothing in the queue, no figure.

use super::take::{keep, touch};
use crate::changes::Ids;
use crate::db::{Durability, Tx};
use crate::desk::Desk;
use crate::error::DeskError;
use crate::table::{call, mirror, setting};
use crate::who::Party;
use perezvon_core::CallSnapshot;
use rusqlite::OptionalExtension as _;
use std::collections::HashMap;

/// Calls that are deleted in one transaction: a ring does not wait for more.
const STEP_ROWS: u32 = 500;
/// The cursor while nobody wants the company's calls: no page begins there.
const FORGOTTEN: i64 = -1;

impl Desk {
    /// Takes a page of the company's log, which lies between two versions, in one transaction. Where the mirror is another
    /// identity's, or is no longer where this page begins, nothing is taken. With `quiet` nobody is told of the calls: more follow.
    pub fn take_company(
        &self,
        parts: &[CallSnapshot],
        identity: &str,
        (after, reached): (i64, i64),
        quiet: bool,
    ) -> Result<(), DeskError> {
        self.db.write(Durability::Rebuildable, |tx| {
            if mirror::company(tx, identity)? != Some(after) {
                return Err(DeskError::OtherIdentity);
            }
            let owner = mirror::owner(tx)?;
            for part in parts {
                let Some(abonent) = part.abonent.as_deref().filter(|abonent| *abonent != owner) else {
                    continue;
                };
                let party = Party::of(&part.party);
                if take_part(tx, part, abonent, &party)? && !quiet {
                    touch(tx, part, &party);
                }
            }
            mirror::advance_company(tx, reached)
        })
    }

    /// How far the company's log was taken, to go on from there; none where the mirror is another identity's.
    pub fn company_cursor(&self, identity: &str) -> Result<Option<i64>, DeskError> {
        self.db.write(Durability::Rebuildable, |tx| {
            let cursor = mirror::company(tx, identity)?;
            if cursor == Some(FORGOTTEN) {
                mirror::advance_company(tx, 0)?;
                return Ok(Some(0));
            }
            Ok(cursor)
        })
    }

    /// Deletes the company's calls but the owner's, at most 500; true while there may be more. A page of the log that is
    /// under way is not taken any more.
    pub fn forget_company(&self) -> Result<bool, DeskError> {
        let any = self.db.read(|c| {
            let any =
                "SELECT EXISTS (SELECT 1 FROM call WHERE whose > 0) OR EXISTS (SELECT 1 FROM mirror WHERE company >= 0)";
            Ok(c.query_row(any, [], |row| row.get::<_, bool>(0))?)
        })?;
        if !any {
            return Ok(false);
        }
        self.db.write(Durability::Rebuildable, |tx| {
            mirror::advance_company(tx, FORGOTTEN)?;
            let mut delete = tx.prepare_cached(
                "DELETE FROM call WHERE id IN (SELECT id FROM call WHERE whose > 0 LIMIT ?1) RETURNING caller",
            )?;
            let callers = delete.query_map([STEP_ROWS], |row| row.get(0))?;
            let callers = callers.collect::<Result<Vec<i64>, _>>()?;
            let mut forget = tx.prepare_cached(
                "DELETE FROM caller WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM call WHERE call.caller = caller.id)",
            )?;
            for caller in &callers {
                forget.execute([caller])?;
            }
            let more = callers.len() == STEP_ROWS as usize;
            if !more {
                setting::remove(tx, setting::COMPANY_ABONENTS)?;
                tx.touched().calls = Ids::Many;
            }
            Ok(more)
        })
    }

    /// Names of the company's abonents by their ids; empty where its calls are not here.
    pub fn company_abonents(&self) -> Result<HashMap<String, String>, DeskError> {
        Ok(self
            .db
            .read(|c| setting::get(c, setting::COMPANY_ABONENTS))?
            .unwrap_or_default())
    }

    /// Stores them, if they are others than before.
    pub fn set_company_abonents(&self, names: &HashMap<String, String>) -> Result<(), DeskError> {
        if self.company_abonents()? == *names {
            return Ok(());
        }
        self.set_setting(setting::COMPANY_ABONENTS, names)
    }
}

/// True when it was newer than what is here.
fn take_part(tx: &Tx<'_>, part: &CallSnapshot, abonent: &str, party: &Party) -> Result<bool, DeskError> {
    let whose = call::word(tx, Some(abonent))?.ok_or(DeskError::NotFound)?;
    let known: Option<i64> = tx
        .prepare_cached("SELECT version FROM call WHERE ulid = ?1 AND whose = ?2")?
        .query_row(rusqlite::params![part.id, whose], |row| row.get(0))
        .optional()?;
    if known.is_some_and(|known| known >= part.version) {
        return Ok(false);
    }
    if part.superseded_by.is_some() {
        call::remove(tx, &part.id, whose)?;
        return Ok(known.is_some());
    }
    keep(tx, part, party, whose, false)?;
    Ok(true)
}
