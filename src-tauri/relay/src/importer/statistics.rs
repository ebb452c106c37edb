//! The statistics, read in windows of time.

use super::{CHUNK_ROWS, ListLoop};
use crate::failed::Failed;
use crate::ledger::entry::LinesRead;
use crate::roster::Roster;
use perezvon_core::call::{LineStatus, StatisticsLine};
use perezvon_core::{Direction, Number, Time};
use perezvon_pbx::rest::{self, Portal, StatisticsPage, StatisticsQuery};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Length of the longest window, milliseconds.
const LONGEST_WINDOW_MS: i64 = 24 * 3_600_000;
/// Length of the shortest window, which is read however many lines it has, milliseconds.
const SHORTEST_WINDOW_MS: i64 = 60_000;
/// A window with more pages is split in halves.
const MAX_WINDOW_PAGES: u32 = 100;
/// Lines per page: the PBX's maximum.
const PAGE_LINES: u32 = 100;
/// How long the second edition of the method counts as missing after it was found missing.
const EDITION_MISSING_FOR: Duration = Duration::from_hours(1);

impl ListLoop {
    /// Reads from where the last round ended, and `back` milliseconds before that again, because lines come late.
    pub(super) async fn statistics(&mut self, portal: &Portal, back: i64) -> Result<(), Failed> {
        let end = self.now();
        let first = self.beginning();
        let until = self.place().await?.until;
        let from = until.map_or(first, |until| until.min(end).plus(-back).max(first.min(until)));
        self.lines(portal, from, end).await
    }

    /// Reads and stores what lies between the two times, window by window.
    pub(super) async fn lines(&mut self, portal: &Portal, mut from: Time, end: Time) -> Result<(), Failed> {
        let mut window = LONGEST_WINDOW_MS;
        while from < end {
            let to = from.plus(window).min(end);
            match self.window(portal, from, to).await? {
                Some(lines) => {
                    self.store(lines, to).await?;
                    from = to;
                    // The next window is likely to have as many lines.
                    window = (2 * window).min(LONGEST_WINDOW_MS);
                }
                None => window = (to.since(from) / 2).max(SHORTEST_WINDOW_MS),
            }
        }
        Ok(())
    }

    /// All lines of a window, the earliest first; none if there are too many pages.
    async fn window(&mut self, portal: &Portal, from: Time, to: Time) -> Result<Option<Vec<StatisticsLine>>, Failed> {
        let mut told: Vec<rest::StatisticsLine> = Vec::new();
        let mut last = StatisticsPage::default();
        for page in 0.. {
            if page == MAX_WINDOW_PAGES && to.since(from) > SHORTEST_WINDOW_MS {
                return Ok(None);
            }
            let query = StatisticsQuery {
                user: None,
                from,
                to,
                page,
                page_size: PAGE_LINES,
            };
            let answer = self.page(portal, &query).await?;
            self.pause().await;
            if !answer.is_last && answer.lines == last.lines {
                // A PBX that ignores the page number returns the first page for ever.
                if to.since(from) > SHORTEST_WINDOW_MS {
                    return Ok(None);
                }
                tracing::warn!("the PBX does not turn the pages of its statistics; lines of a busy minute are missing");
                break;
            }
            let again = answer.lines.iter().any(|line| last.lines.contains(line));
            let moved = again && self.moved(portal, &query, &last).await?;
            let new = answer.lines.iter().filter(|line| !moved || !last.lines.contains(line));
            told.extend(new.cloned());
            if answer.is_last {
                break;
            }
            last = answer;
        }
        let roster = self.parts.roster.borrow().clone();
        let mut lines = read(told, &roster);
        lines.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        Ok(Some(lines))
    }

    /// A page has lines of the one before it, `last`: whether they are the same lines, which others that came before them
    /// have moved on meanwhile, or twins.
    async fn moved(
        &mut self,
        portal: &Portal,
        query: &StatisticsQuery<'_>,
        last: &StatisticsPage,
    ) -> Result<bool, Failed> {
        let before = StatisticsQuery {
            page: query.page - 1,
            ..query.clone()
        };
        let again = self.page(portal, &before).await?;
        self.pause().await;
        Ok(again.lines != last.lines)
    }

    /// The second edition has both numbers; the first is asked where it does not exist.
    async fn page(&mut self, portal: &Portal, query: &StatisticsQuery<'_>) -> Result<StatisticsPage, Failed> {
        if self
            .first_edition
            .is_none_or(|found| found.elapsed() > EDITION_MISSING_FOR)
        {
            match portal.statistics(query).await {
                Err(error) if error.is_no_such_method() => self.first_edition = Some(Instant::now()),
                ended => {
                    self.first_edition = None;
                    return Ok(ended?);
                }
            }
        }
        Ok(portal.statistics_v1(query).await?)
    }

    /// Stores a window's lines; the position moves with the last of them.
    async fn store(&self, mut lines: Vec<StatisticsLine>, until: Time) -> Result<(), Failed> {
        let kept = self.kept_since();
        lines.retain(|line| line.start >= kept);
        let mut chunks: Vec<Vec<StatisticsLine>> = lines.chunks(CHUNK_ROWS).map(<[_]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        for chunk in chunks {
            let (lines, until) = (chunk, None);
            self.importer.ledger.put(LinesRead { lines, until }).await?;
        }
        let (lines, until) = (last, Some(until));
        Ok(self.importer.ledger.put(LinesRead { lines, until }).await?)
    }
}

/// The lines of a window. Lines of one abonent, direction and moment are told apart by their order among all of them, so
/// that reading them again gives the same ids.
fn read(mut told: Vec<rest::StatisticsLine>, roster: &Roster) -> Vec<StatisticsLine> {
    told.sort_by_cached_key(|line| (line.start, line.from.clone(), line.to.clone(), line.duration_ms));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in &told {
        let Some(mut line) = one(line, roster) else { continue };
        let nth = seen.entry(line.id.clone()).or_default();
        if *nth > 0 {
            line.id = format!("{}:{nth}", line.id);
        }
        *nth += 1;
        lines.push(line);
    }
    lines
}

fn one(line: &rest::StatisticsLine, roster: &Roster) -> Option<StatisticsLine> {
    use rest::LineStatus as Told;
    let duration_ms = i64::try_from(line.duration_ms.unwrap_or(0)).unwrap_or(0);
    let direction = line.direction.unwrap_or(match line.status {
        Told::Placed => Direction::Outgoing,
        _ => Direction::Incoming,
    });
    let status = match (&line.status, direction) {
        (Told::Redirected, _) => LineStatus::Redirected,
        (_, Direction::Outgoing) => LineStatus::Placed,
        (Told::Missed, _) => LineStatus::Missed,
        (Told::Received | Told::Placed, _) => LineStatus::Received,
        // An unknown word: a line with a conversation is an answered one whatever the word.
        (Told::Other(_), _) if duration_ms > 0 => LineStatus::Received,
        (Told::Other(_), _) => {
            tracing::warn!("a line of the statistics has an unknown status");
            return None;
        }
    };
    let told = line.abonent.as_ref()?;
    let abonent = roster.abonent(&told.user_id).unwrap_or(&told.user_id).to_owned();
    let key = |number: &Option<String>| number.as_deref().and_then(|number| Number::parse(number).told());
    let (number, called) = match direction {
        Direction::Incoming => (key(&line.from), key(&line.to)),
        Direction::Outgoing => (key(&line.to), None),
    };
    let peer = number.as_deref().and_then(|number| roster.of_number(number));
    let peer = peer.filter(|peer| *peer != abonent).map(str::to_owned);
    Some(StatisticsLine {
        id: StatisticsLine::id_of(&abonent, direction, line.start),
        direction,
        status,
        start: line.start,
        duration_ms,
        peer,
        by_line: called.as_deref().is_some_and(|called| roster.is_line(called)),
        called,
        number,
        tracking_id: line.tracking_id.clone(),
        abonent,
    })
}
