//! What the simulator remembers of its traffic, for tests and the control address.

use std::collections::VecDeque;

use serde::Serialize;

/// One request that REST received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Status answered; absent where the fault `hang` or `lost-answer` gave none.
    pub status: Option<u16>,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// A click-to-call request that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Placed {
    /// The pattern in the path, as sent.
    pub pattern: String,
    /// The abonent it means.
    pub abonent: String,
    /// `phoneNumber` as sent.
    pub number: String,
    /// 1 or 2: edition of the method.
    pub edition: u8,
    /// Tracking id of the new session.
    pub tracking_id: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// One event on its way to one subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Which subscription.
    pub subscription_id: String,
    /// `eventID`.
    pub event_id: String,
    /// `sequenceNumber`.
    pub sequence: i64,
    /// Kind on the wire, for example `CallReceivedEvent`.
    pub kind: String,
    /// The abonent or system object, also where `targetId` was left out.
    pub target: String,
    /// `extTrackingId` of the first call inside.
    pub tracking_id: Option<String>,
    /// Status that the subscriber answered.
    pub status: Option<u16>,
    /// Why there is no status: time limit, no connection, `queue full`, `lost` (on purpose).
    pub error: Option<String>,
    /// When the answer came, epoch milliseconds.
    pub at: i64,
    /// How long the POST took, milliseconds.
    pub took_ms: u64,
    /// The document sent.
    #[serde(skip)]
    pub body: String,
}

/// The newest `limit` entries, and how many there ever were.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    entries: VecDeque<T>,
    limit: usize,
}

impl<T: Clone> Ring<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            limit: limit.max(1),
        }
    }

    pub(crate) fn push(&mut self, entry: T) {
        if self.entries.len() == self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }
}
