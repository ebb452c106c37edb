//! The relay's list of recordings: what began before the mirror, what came late, and other abonents' for an administrator.

use super::{Recordings, RecordingsKept};
use crate::db::Durability;
use crate::error::DeskError;
use crate::key::line_of;
use crate::relay_client::{RecordingTold, RelayClient, RelayError};
use crate::table::{contact, mirror, recording};
use perezvon_core::{Direction, Number, Time};
use std::sync::Arc;

/// Most pages of one abonent in one reading: 20,000 recordings.
const MAX_PAGES: usize = 100;

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
            self.read_of(relay, admin.then_some(abonent.as_str()), since).await?;
        }
        Ok(())
    }

    async fn read_of(
        self: &Arc<Self>,
        relay: &RelayClient,
        abonent: Option<&str>,
        since: Time,
    ) -> Result<(), RelayError> {
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let page = relay.recordings(abonent, since, cursor.as_deref()).await?;
            let told = page.recordings;
            // What follows a page without news was read before.
            let news = self.blocking(move |all| all.take_list(&told)).await.unwrap_or(0);
            cursor = page.cursor;
            if news == 0 || cursor.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// How many of them were news.
    fn take_list(&self, told: &[RecordingTold]) -> Result<usize, DeskError> {
        self.desk.db.write(Durability::Rebuildable, |tx| {
            let owner = mirror::owner(tx)?;
            let mut news = 0;
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
                    news += 1;
                    tx.touched().recordings.add(id);
                    if let Some(line) = key.as_deref().map(line_of).filter(|_| new) {
                        recording::index(tx, line, &contact::texts_of_line(tx, line)?)?;
                    }
                }
            }
            Ok(news)
        })
    }

    /// Tells the relay's audit what was listened to here of others' recordings while it could not be told.
    pub(super) async fn tell_played(self: &Arc<Self>, relay: &RelayClient) {
        let waiting = self.blocking(|all| {
            all.desk.db.read(|c| {
                let mut statement =
                    c.prepare("SELECT id, pbx, played_ms FROM recording_played ORDER BY id LIMIT 200")?;
                let rows = statement.query_map([], |row| {
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
