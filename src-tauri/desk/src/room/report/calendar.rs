//! Local days and hours. A day has 23 or 25 hours where the clock is set, and a zone may have had another offset some
//! years ago: the time is cut into pieces of one offset, and what is local is reckoned piece by piece.

use crate::error::DeskError;
use crate::words;
use chrono::{DateTime, Datelike, Local, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

pub(super) const DAY_MS: i64 = 86_400_000;
/// 1 January of the year 1 is this many days before the epoch.
const EPOCH_FROM_CE: i64 = 719_163;

/// Where the days and hours are those of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zone {
    /// The system's, or the one the desk was given.
    Desk(words::Zone),
    Named(Tz),
}

impl Zone {
    /// The zone of this IANA name, or the desk's.
    pub(super) fn of(name: Option<&str>, desk: words::Zone) -> Result<Self, DeskError> {
        match name {
            None => Ok(Self::Desk(desk)),
            Some(name) => name.parse().map(Self::Named).map_err(|_| DeskError::BadReport),
        }
    }

    fn offset_ms(self, ms: i64) -> i64 {
        let utc = DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc();
        let offset = match self {
            Self::Desk(words::Zone::Local) => Local.offset_from_utc_datetime(&utc).fix(),
            Self::Desk(words::Zone::Fixed(offset)) => offset,
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc).fix(),
        };
        i64::from(offset.local_minus_utc()) * 1000
    }

    /// IANA name, or the offset now: `+03:00`.
    pub(super) fn name(self, now_ms: i64) -> String {
        if let Self::Named(zone) = self {
            return zone.name().to_owned();
        }
        let minutes = self.offset_ms(now_ms) / 60_000;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// Milliseconds as a clock on the wall counts them.
    pub(super) fn local_ms(self, ms: i64) -> i64 {
        ms + self.offset_ms(ms)
    }

    pub(super) fn day(self, ms: i64) -> i64 {
        self.local_ms(ms).div_euclid(DAY_MS)
    }
}

/// A time of one offset: until the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    from_ms: i64,
    offset_ms: i64,
}

/// The pieces of a time.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pieces: Vec<Piece>,
}

impl Calendar {
    /// Of everything between these two moments; before and after them the first and the last offset goes on.
    pub(super) fn over(zone: Zone, from_ms: i64, to_ms: i64) -> Self {
        let mut pieces = vec![Piece {
            from_ms: i64::MIN,
            offset_ms: zone.offset_ms(from_ms),
        }];
        let mut at = from_ms;
        while at < to_ms {
            let next = (at + DAY_MS).min(to_ms);
            let (before, after) = (zone.offset_ms(at), zone.offset_ms(next));
            if before != after {
                pieces.push(Piece {
                    from_ms: change(zone, at, next, before),
                    offset_ms: after,
                });
            }
            at = next;
        }
        Self { pieces }
    }

    /// What is local at a moment; moments are best asked in their order.
    pub(super) fn clock(&self) -> Clock<'_> {
        Clock {
            pieces: &self.pieces,
            at: 0,
        }
    }

    /// The time of these local days, the last one included; in parts where a clock that is set back over midnight brings
    /// a day back.
    pub(super) fn spans(&self, from_day: i64, to_day: i64) -> Vec<(i64, i64)> {
        let mut spans: Vec<(i64, i64)> = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            let end = self.pieces.get(at + 1).map_or(i64::MAX, |next| next.from_ms);
            let from = (from_day * DAY_MS - piece.offset_ms).max(piece.from_ms);
            let to = ((to_day + 1) * DAY_MS - piece.offset_ms).min(end);
            match spans.last_mut() {
                _ if from >= to => {}
                Some(last) if last.1 == from => last.1 = to,
                _ => spans.push((from, to)),
            }
        }
        spans
    }
}

/// The first moment of the next offset, between a moment of the one and a moment of the other.
fn change(zone: Zone, mut before_ms: i64, mut after_ms: i64, offset_ms: i64) -> i64 {
    while after_ms - before_ms > 1 {
        let middle = before_ms + (after_ms - before_ms) / 2;
        if zone.offset_ms(middle) == offset_ms {
            before_ms = middle;
        } else {
            after_ms = middle;
        }
    }
    after_ms
}

/// See [`Calendar::clock`].
pub(super) struct Clock<'a> {
    pieces: &'a [Piece],
    at: usize,
}

impl Clock<'_> {
    /// Milliseconds since the epoch as a clock on the wall counts them.
    pub(super) fn local_ms(&mut self, ms: i64) -> i64 {
        if ms < self.pieces[self.at].from_ms {
            self.at = self.pieces.partition_point(|piece| piece.from_ms <= ms) - 1;
        }
        while self.pieces.get(self.at + 1).is_some_and(|next| next.from_ms <= ms) {
            self.at += 1;
        }
        ms + self.pieces[self.at].offset_ms
    }
}

/// The date of a day since the epoch.
pub(super) fn date(day: i64) -> NaiveDate {
    i32::try_from(day + EPOCH_FROM_CE)
        .ok()
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .unwrap_or_default()
}

pub(super) fn day_of(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH_FROM_CE
}

/// Monday is 0.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The Monday of the week.
pub(super) fn monday(day: i64) -> i64 {
    day - weekday(day)
}

/// Months since January of the year 0.
pub(super) fn month(day: i64) -> i64 {
    let date = date(day);
    i64::from(date.year()) * 12 + i64::from(date.month0())
}

/// The first day of a month.
pub(super) fn month_start(month: i64) -> i64 {
    let year = i32::try_from(month.div_euclid(12)).unwrap_or_default();
    let number = u32::try_from(month.rem_euclid(12)).unwrap_or_default() + 1;
    day_of(NaiveDate::from_ymd_opt(year, number, 1).unwrap_or_default())
}
