//! The metrics of a running account; [`crate::scrape`] serves them to Prometheus. Counting an event changes only a
//! few atomic integers; no metric contains a phone number, a name or a key.

use perezvon_pbx::rest::Exchange;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Bounds of the histograms, seconds: a commit takes a millisecond, an exchange with the PBX up to a minute.
const COMMIT_BOUNDS_S: [f64; 11] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0];
const EXCHANGE_BOUNDS_S: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
/// Bounds of the histogram of jobs per transaction.
const BATCH_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 32.0, 128.0, 256.0, 512.0];

/// The fixed words of the PBX's paths (reference, part 1). Every other segment of a path is an id.
const PATH_WORDS: [&str; 16] = [
    "abonents",
    "agent",
    "bwl",
    "call",
    "callTransfer",
    "callTransferConsult",
    "cfb",
    "cfs",
    "download",
    "icr",
    "number",
    "numbers",
    "recording",
    "records",
    "reference",
    "route",
];
/// Paths that are not followed by ids.
const WORDS_WITHOUT_IDS: [&str; 2] = ["statistics", "subscription"];

/// The metrics of one account.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Readable events that were stored.
    pub(crate) stored: AtomicU64,
    /// Unreadable events that were stored.
    pub(crate) unreadable: AtomicU64,
    /// Events that were stored before.
    pub(crate) duplicate: AtomicU64,
    pub(crate) refused: Mutex<BTreeMap<&'static str, u64>>,
    /// Jobs that wait for the writer.
    pub(crate) waiting: AtomicI64,
    /// Jobs in one transaction.
    pub(crate) batch: Histogram,
    /// How long one transaction took to become durable, seconds.
    pub(crate) commit: Histogram,
    /// Transactions that were not stored.
    pub(crate) failures: AtomicU64,
    pub(crate) exchanges: Mutex<BTreeMap<ExchangeKind, Histogram>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExchangeKind {
    pub(crate) method: String,
    pub(crate) group: String,
    pub(crate) status: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            stored: AtomicU64::default(),
            unreadable: AtomicU64::default(),
            duplicate: AtomicU64::default(),
            refused: Mutex::default(),
            waiting: AtomicI64::default(),
            batch: Histogram::new(BATCH_BOUNDS),
            commit: Histogram::new(COMMIT_BOUNDS_S),
            failures: AtomicU64::default(),
            exchanges: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Counts an event that was refused, with the error's code.
    pub(crate) fn refused(&self, code: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(code).or_default() += 1;
    }

    /// Counts a transaction that is durable.
    pub(crate) fn committed(&self, jobs: usize, took: Duration) {
        self.batch.observe(jobs as f64);
        self.commit.observe(took.as_secs_f64());
    }

    /// Counts an exchange with the PBX.
    pub(crate) fn exchanged(&self, exchange: &Exchange) {
        let status = match exchange.status {
            None => "none",
            Some(100..=199) => "1xx",
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(_) => "5xx",
        };
        let kind = ExchangeKind {
            method: exchange.method.to_string(),
            group: group(&exchange.path),
            status,
        };
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges
            .entry(kind)
            .or_insert_with(|| Histogram::new(EXCHANGE_BOUNDS_S))
            .observe(exchange.duration_ms as f64 / 1000.0);
    }

    /// Counts the events of a batch: new and readable, new and unreadable, stored before.
    pub(crate) fn took(&self, [stored, unreadable, duplicate]: [u64; 3]) {
        self.stored.fetch_add(stored, Ordering::Relaxed);
        self.unreadable.fetch_add(unreadable, Ordering::Relaxed);
        self.duplicate.fetch_add(duplicate, Ordering::Relaxed);
    }
}

/// The method of a path: its fixed words without the ids between them.
fn group(path: &str) -> String {
    let known = |word: &&str| PATH_WORDS.contains(word) || WORDS_WITHOUT_IDS.contains(word);
    let words: Vec<&str> = path.split('/').filter(known).collect();
    if words.is_empty() {
        "other".to_owned()
    } else {
        words.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn a_group_has_no_ids() {
        for (path, expected) in [
            ("v2/abonents/9000000001@mpbx.sip.beeline.ru/call", "abonents/call"),
            ("abonents/ivanov/recording", "abonents/recording"),
            ("records/900201:1/ivanov/download", "records/download"),
            ("v2/statistics", "statistics"),
            ("something/new", "other"),
        ] {
            assert_eq!(group(path), expected, "{path}");
        }
    }
}
