//! Token buckets: an average rate with a burst.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most keys in one table.
const MAX_KEYS: usize = 65_536;

/// An average per second and a burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) burst: f64,
}

impl Rate {
    /// Requests per second; the burst is ten seconds' worth.
    pub(crate) fn requests(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            burst: 10.0 * per_second,
        }
    }

    /// Events per second; the burst is one second's worth.
    pub(crate) fn events(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            burst: per_second,
        }
    }

    /// Failures per minute; the burst is five minutes' worth.
    pub(crate) fn failures(per_minute: u32) -> Self {
        let per_minute = f64::from(per_minute);
        Self {
            per_second: per_minute / 60.0,
            burst: 5.0 * per_minute,
        }
    }
}

/// The level of one bucket at one time.
#[derive(Clone, Copy, Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Level {
    fn at(self, rate: Rate, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        (self.tokens + gained).min(rate.burst)
    }

    fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let tokens = self.at(rate, now);
        let granted = tokens >= 1.0;
        *self = Self {
            tokens: if granted { tokens - 1.0 } else { tokens },
            at: now,
        };
        granted
    }
}

/// One bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    level: Mutex<Level>,
}

impl Bucket {
    pub(crate) fn new(rate: Rate) -> Self {
        let level = Level {
            tokens: rate.burst,
            at: Instant::now(),
        };
        Self {
            rate,
            level: Mutex::new(level),
        }
    }

    /// Takes one token; false if there is none.
    pub(crate) fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        level.take(self.rate, now)
    }
}

/// A bucket per key.
pub(crate) struct Buckets<K> {
    rate: Rate,
    levels: Mutex<HashMap<K, Level>>,
}

impl<K: Hash + Eq> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            levels: Mutex::default(),
        }
    }

    /// Takes one token of the key's bucket; false if there is none.
    pub(crate) fn take(&self, key: K) -> bool {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: K, now: Instant) -> bool {
        let rate = self.rate;
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.len() >= MAX_KEYS && !levels.contains_key(&key) {
            levels.retain(|_, known| known.at(rate, now) < rate.burst);
            // If the table is still full, limits per key are useless; dropping them keeps the cost of a new key
            // constant.
            if levels.len() > MAX_KEYS / 4 * 3 {
                levels.clear();
            }
        }
        let full = Level {
            tokens: rate.burst,
            at: now,
        };
        levels.entry(key).or_insert(full).take(rate, now)
    }
}

/// Failed attempts to join that are allowed within [`JOIN_WINDOW`], for all clients together: the client is not
/// known, and behind a proxy an address proves nothing. At this rate a code of 60 bits that is valid for a week is
/// guessed with a probability of one in ten million million.
const MAX_FAILED_JOINS: usize = 10;
/// See [`MAX_FAILED_JOINS`].
const JOIN_WINDOW: Duration = Duration::from_mins(1);

/// The attempts of the last minute that have not succeeded, including those in progress.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<VecDeque<Instant>>);

impl Tries {
    /// Counts an attempt before it is made, so that concurrent attempts do not get around the limit. An error says
    /// how long to wait.
    pub(crate) fn begin(&self) -> Result<Instant, Duration> {
        self.begin_at(Instant::now())
    }

    fn begin_at(&self, now: Instant) -> Result<Instant, Duration> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tries
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) >= JOIN_WINDOW)
        {
            tries.pop_front();
        }
        match tries.front() {
            Some(oldest) if tries.len() >= MAX_FAILED_JOINS => {
                Err(JOIN_WINDOW.saturating_sub(now.saturating_duration_since(*oldest)))
            }
            _ => {
                tries.push_back(now);
                Ok(now)
            }
        }
    }

    /// The attempt that began then has succeeded.
    pub(crate) fn succeeded(&self, begun: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = tries.iter().position(|at| *at == begun) {
            tries.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = Bucket::new(Rate::events(10));
        let start = Instant::now();
        let granted = (0..100).filter(|_| bucket.take_at(start)).count();
        assert_eq!(granted, 10, "one second's worth at once");
        let later = start + Duration::from_millis(500);
        let granted = (0..100).filter(|_| bucket.take_at(later)).count();
        assert!(
            (4..=5).contains(&granted),
            "half a second later half of it again, got {granted}"
        );
    }

    #[test]
    fn each_key_has_its_own_bucket_and_the_table_a_bound() {
        let buckets = Buckets::new(Rate::requests(1));
        let start = Instant::now();
        let granted = |n: u32, at| (0..100).filter(|_| buckets.take_at(n, at)).count();
        assert_eq!(granted(1, start), 10, "ten seconds' worth at once");
        assert_eq!(granted(2, start), 10, "another key is not held up by the first");
        assert_eq!(granted(1, start + Duration::from_secs(3)), 3, "then at the rate");
        for n in 0..3 * MAX_KEYS as u32 {
            buckets.take_at(n, start);
        }
        let known = buckets.levels.lock().unwrap().len();
        assert!(known <= MAX_KEYS, "memory has a bound: {known}");
    }

    #[test]
    fn failures_use_up_the_minute_and_successes_do_not() {
        let tries = Tries::default();
        let start = Instant::now();
        for _ in 0..100 {
            let begun = tries.begin_at(start).unwrap();
            tries.succeeded(begun);
        }
        for n in 0..10 {
            let at = start + Duration::from_secs(n);
            assert!(tries.begin_at(at).is_ok(), "try {n} is allowed");
        }
        let wait = tries.begin_at(start + Duration::from_secs(20)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(40), "until the first is a minute old");
        assert!(
            tries.begin_at(start + Duration::from_mins(1)).is_ok(),
            "then there is one more"
        );
        assert!(tries.begin_at(start + Duration::from_mins(1)).is_err(), "and no second");
    }
}
