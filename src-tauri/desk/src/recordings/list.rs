//! The relay's list of recordings: what began before the mirror, what came late, and other abonents' for an administrator.

use super::{Recordings, RecordingsKept};
use crate::db::{Durability, Tx};
use crate::error::DeskError;
use crate::key::line_of;
use crate::relay_client::{RecordingTold, RelayClient, RelayError};
use crate::table::{contact, mirror, recording, setting};
use perezvon_core::{Direction, Number, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most pages of one abonent in one reading: 200,000 recordings. What is older than those is not listed.
const MAX_PAGES: usize = 1_000;
/// Key of the setting: since when each abonent's list is here without a gap.
const LISTED: &str = "recordings_listed";

impl Recordings {
    /// Reads what is new of everybody whose recordings are wanted.
    pub(super) async fn read_list(
        self: &Arc<Self>,
        relay: &RelayClient,
        admin: bool,
        wants: &RecordingsKept,
    ) -> Result<(), RelayError> {
        let since = wants.since(self.desk.now());
        let owner = self
            .blocking(|all| all.desk.db.read(mirror::owner))
            .await
            .unwrap_or_default();
        if owner.is_empty() {
            return Ok(());
        }
        let others = wants.abonents.iter().filter(|abonent| admin && **abonent != owner);
        for abonent in std::iter::once(&owner).chain(others) {
            let listed = Listed {
                of: format!("{owner} {abonent}"),
                since,
            };
            self.read_of(relay, admin.then_some(abonent.as_str()), listed).await?;
        }
        Ok(())
    }

    async fn read_of(
        self: &Arc<Self>,
        relay: &RelayClient,
        abonent: Option<&str>,
        listed: Listed,
    ) -> Result<(), RelayError> {
        let asked = listed.clone();
        let known = self.blocking(move |all| all.desk.db.read(|c| asked.is_known(c)));
        // Where the last reading was broken off, or fewer days were wanted, the older pages have news all the same.
        let is_known = known.await.unwrap_or(false);
        let mut cursor = None;
        for page_no in 1..=MAX_PAGES {
            let page = relay.recordings(abonent, listed.since, cursor.as_deref()).await?;
            let (told, ended) = (page.recordings, page.cursor.is_none() || page_no == MAX_PAGES);
            let listed = listed.clone();
            let took = self.blocking(move |all| all.take_list(&told, &listed, is_known, ended));
            cursor = page.cursor;
            // What could not be stored is read again the next time.
            if took.await.unwrap_or(true) {
                break;
            }
        }
        Ok(())
    }

    /// Stores a page; whether nothing new can follow. Until that is so the list has a gap, which is noted with the page: who
    /// is killed here reads on later.
    fn take_list(
        &self,
        told: &[RecordingTold],
        listed: &Listed,
        is_known: bool,
        ended: bool,
    ) -> Result<bool, DeskError> {
        self.desk.db.write(Durability::Rebuildable, |tx| {
            let owner = mirror::owner(tx)?;
            let mut news = false;
            for one in told {
                let number = one.number.as_deref().map(Number::parse);
                let key = number.as_ref().and_then(crate::key::key_of_number);
                let digits = number.as_ref().map(Number::search_digits).unwrap_or_default();
                let noted = recording::Told {
                    pbx: &one.id,
                    call: one.call_id.as_deref(),
                    abonent: Some(&one.abonent),
                    abonent_name: one.name.as_deref(),
                    incoming: one.direction == Direction::Incoming,
                    key: key.as_deref(),
                    name: None,
                    shown: one.number.as_deref().filter(|_| key.is_none()),
                    hidden: one.number.is_none(),
                    digits: &digits,
                    started_ms: one.started_at.ms(),
                    told_ms: Some(one.duration_ms),
                    told_bytes: one.size,
                    gone: one.is_gone(),
                };
                if let Some((id, new)) = recording::note(tx, &owner, &noted)? {
                    news = true;
                    tx.touched().recordings.add(id);
                    if let Some(line) = key.as_deref().map(line_of).filter(|_| new) {
                        recording::index(tx, line, &contact::texts_of_line(tx, line)?)?;
                    }
                }
            }
            // What follows a page without news was read before.
            let is_over = ended || is_known && !news;
            listed.note(tx, is_over)?;
            Ok(is_over)
        })
    }

    /// Tells the relay's audit what was listened to here of others' recordings while it could not be told.
    pub(super) async fn tell_played(self: &Arc<Self>, relay: &RelayClient) {
        let waiting = self.blocking(|all| {
            all.desk.db.read(|c| {
                let mut statement = c.prepare(
                    "SELECT id, pbx, played_ms FROM recording_played WHERE owner = ?1 ORDER BY id LIMIT 200",
                )?;
                let rows = statement.query_map([mirror::owner(c)?], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?))
                })?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?)
            })
        });
        for (id, pbx, played_ms) in waiting.await.unwrap_or_default() {
            let told = relay.recording_played(&pbx, Time::from_ms(played_ms)).await;
            let is_over = match told {
                Ok(()) => true,
                // The relay has deleted the call, or the key no longer opens it: it will never take it.
                Err(RelayError::Refused { status, .. }) => matches!(status, 400 | 403 | 404 | 405 | 422),
                Err(_) => false,
            };
            if !is_over {
                return;
            }
            let forget = move |all: &Self| {
                all.desk.db.write(Durability::Lasting, |tx| {
                    tx.execute("DELETE FROM recording_played WHERE id = ?1", [id])?;
                    Ok(())
                })
            };
            self.blocking(forget).await;
        }
    }
}

/// Since when whose list is here.
#[derive(Clone)]
struct Listed {
    /// At whose desk, and of whom.
    of: String,
    since: Time,
}

impl Listed {
    fn is_known(&self, connection: &rusqlite::Connection) -> Result<bool, DeskError> {
        let all: Option<BTreeMap<String, i64>> = setting::get(connection, LISTED)?;
        let since = all.and_then(|all| all.get(&self.of).copied());
        Ok(since.is_some_and(|since| since <= self.since.ms()))
    }

    fn note(&self, tx: &Tx<'_>, is_whole: bool) -> Result<(), DeskError> {
        let mut all: BTreeMap<String, i64> = setting::get(tx, LISTED)?.unwrap_or_default();
        match all.get(&self.of) {
            Some(since) if is_whole && *since <= self.since.ms() => return Ok(()),
            None if !is_whole => return Ok(()),
            _ if is_whole => all.insert(self.of.clone(), self.since.ms()),
            _ => all.remove(&self.of),
        };
        setting::put(tx, LISTED, &all)
    }
}
