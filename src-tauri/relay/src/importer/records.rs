//! The recordings: what is new after the cursor, and again what is below it and came late.

use super::{CHUNK_ROWS, GIVEN_UP_MS, ListLoop, SHALLOW_PASS_MS};
use crate::failed::Failed;
use crate::ledger::entry::{RecordingGone, RecordsRead, WaitGivenUp};
use crate::roster::Roster;
use crate::tables::recordings::{self, RecordingRow};
use perezvon_core::{Direction, Number, Time};
use perezvon_pbx::rest::{CallRecord, Portal, RecordFilter, RecordKey};
use std::collections::BTreeSet;

/// Within this distance of the ends of a listed time a recording may be missing because the PBX treats the bounds in
/// its own way, milliseconds.
const EDGE_MS: i64 = 60_000;
/// Recordings that are no longer listed are looked up one by one, at most this many in a round.
const MAX_LOOKUPS: usize = 20;

impl ListLoop {
    /// Reads what is new after the cursor; then the last `back` milliseconds again, and which recordings of them are
    /// gone.
    pub(super) async fn records(&mut self, portal: &Portal, back: i64) -> Result<(), Failed> {
        let cursor = self.place().await?.cursor;
        let is_first = cursor.is_none();
        let filter = RecordFilter {
            from: is_first.then(|| self.beginning()),
            ..RecordFilter::default()
        };
        let mut list = portal.records(filter, cursor);
        loop {
            let page = list.page().await?;
            let cursor = list.after().map(str::to_owned);
            self.keep(&page.records, cursor).await?;
            self.pause().await;
            if page.is_last {
                break;
            }
        }
        if !is_first {
            let end = self.now();
            self.again(portal, end.plus(-back).max(self.beginning()), end).await?;
        }
        let before = self.now().plus(-GIVEN_UP_MS);
        let limit = CHUNK_ROWS;
        while self.importer.ledger.put(WaitGivenUp { before, limit }).await? == limit {}
        Ok(())
    }

    /// Reads again what began between the two times; if that is long, also looks which recordings are gone.
    pub(super) async fn again(&mut self, portal: &Portal, from: Time, to: Time) -> Result<(), Failed> {
        let filter = RecordFilter {
            from: Some(from),
            to: Some(to),
            ..RecordFilter::default()
        };
        let mut list = portal.records(filter, None);
        let mut listed = BTreeSet::new();
        loop {
            let page = list.page().await?;
            listed.extend(page.records.iter().map(|record| record.id.clone()));
            self.keep(&page.records, None).await?;
            self.pause().await;
            if page.is_last {
                break;
            }
        }
        if to.since(from) <= SHALLOW_PASS_MS {
            return Ok(());
        }
        let (from, to) = (from.plus(EDGE_MS), to.plus(-EDGE_MS));
        let known = self
            .importer
            .ledger
            .read(move |connection| Ok(recordings::ready_between(connection, from, to)?));
        let missing = known.await?.into_iter().filter(|id| !listed.contains(id));
        for id in missing.take(MAX_LOOKUPS) {
            // The list may be short for another reason; looking up the recording itself decides.
            let asked = portal.record(RecordKey::Id(&id)).await;
            self.pause().await;
            match asked {
                Err(error) if error.is_perhaps_missing() => {
                    self.importer.ledger.put(RecordingGone { id }).await?;
                }
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Stores records; the cursor moves with the last of them.
    async fn keep(&self, records: &[CallRecord], cursor: Option<String>) -> Result<(), Failed> {
        let roster = self.parts.roster.borrow().clone();
        let kept = self.kept_since();
        let rows = records.iter().filter_map(|record| row(record, &roster));
        let rows: Vec<RecordingRow> = rows.filter(|row| row.started_at >= kept).collect();
        let mut chunks: Vec<Vec<RecordingRow>> = rows.chunks(CHUNK_ROWS).map(<[_]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        for chunk in chunks {
            let part = RecordsRead {
                rows: chunk,
                cursor: None,
                is_last: false,
            };
            self.importer.ledger.put(part).await?;
        }
        let last = RecordsRead {
            rows: last,
            cursor,
            is_last: true,
        };
        Ok(self.importer.ledger.put(last).await?)
    }
}

/// A record as the ledger keeps it. One without an abonent or a time cannot be joined to anything.
fn row(record: &CallRecord, roster: &Roster) -> Option<RecordingRow> {
    let told = record.abonent.as_ref()?;
    let abonent = roster.abonent(&told.user_id).unwrap_or(&told.user_id).to_owned();
    let number = record.phone.as_deref().and_then(|phone| Number::parse(phone).told());
    let whole = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
    Some(RecordingRow {
        id: record.id.clone(),
        tracking_id: record.tracking_id.clone(),
        abonent,
        call_key: None,
        number,
        direction: record.direction.unwrap_or(Direction::Incoming),
        started_at: record.start.filter(|start| *start > Time::from_ms(0))?,
        duration_ms: whole(record.duration_ms).unwrap_or(0),
        size: whole(record.file_size),
        gone_at: None,
    })
}
