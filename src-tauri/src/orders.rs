//! Calls that are being placed: a double click is one order.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Two clicks on one number within this time are one order.
const REPEATED_CLICK: Duration = Duration::from_secs(2);

/// The calls that are being placed, and those of the last moment: a second click, or a link that the system hands over
/// twice, is the same order and places no second call.
#[derive(Debug, Default)]
pub(crate) struct Orders(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    number: String,
    request: String,
    since: Instant,
    under_way: bool,
}

/// What [`Orders::begin`] found.
pub(crate) enum Begun<'a> {
    /// A new order.
    New(Order<'a>),
    /// The order that is there already: its request.
    Known(String),
}

/// An order under way; it is over when dropped.
pub(crate) struct Order<'a> {
    orders: &'a Orders,
    pub(crate) request: String,
}

impl Orders {
    pub(crate) fn begin(&self, number: &str) -> Begun<'_> {
        self.begin_at(number, Instant::now())
    }

    fn begin_at(&self, number: &str, now: Instant) -> Begun<'_> {
        let mut entries = self.lock();
        entries.retain(|entry| entry.under_way || now.saturating_duration_since(entry.since) < REPEATED_CLICK);
        if let Some(known) = entries.iter().find(|entry| entry.number == number) {
            return Begun::Known(known.request.clone());
        }
        let request = uuid::Uuid::now_v7().to_string();
        entries.push(Entry {
            number: number.to_owned(),
            request: request.clone(),
            since: now,
            under_way: true,
        });
        Begun::New(Order { orders: self, request })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Order<'_> {
    /// It came to nothing: the next click is a new order at once.
    pub(crate) fn failed(self) {
        self.orders.lock().retain(|entry| entry.request != self.request);
    }
}

impl Drop for Order<'_> {
    fn drop(&mut self) {
        for entry in self.orders.lock().iter_mut() {
            entry.under_way &= entry.request != self.request;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(begun: Begun<'_>) -> Order<'_> {
        match begun {
            Begun::New(order) => order,
            Begun::Known(request) => panic!("{request} is there already"),
        }
    }

    fn known(begun: Begun<'_>) -> String {
        match begun {
            Begun::New(order) => panic!("{} is new", order.request),
            Begun::Known(request) => request,
        }
    }

    #[test]
    fn a_second_click_is_the_same_order() {
        let orders = Orders::default();
        let start = Instant::now();
        let first = new(orders.begin_at("+79000000099", start));
        let request = first.request.clone();
        let late = start + REPEATED_CLICK * 10;
        assert_eq!(
            known(orders.begin_at("+79000000099", late)),
            request,
            "while the call is being placed, however long it takes"
        );
        let other = new(orders.begin_at("+79000000088", start));
        assert_ne!(other.request, request, "another number is another order");
        drop(first);
        assert_eq!(
            known(orders.begin_at("+79000000099", start + REPEATED_CLICK / 2)),
            request,
            "a double click, though the call is placed by then"
        );
        let again = new(orders.begin_at("+79000000099", late));
        assert_ne!(again.request, request, "later it is another call");
    }

    #[test]
    fn what_came_to_nothing_can_be_tried_at_once() {
        let orders = Orders::default();
        let start = Instant::now();
        let first = new(orders.begin_at("101", start));
        first.failed();
        let second = new(orders.begin_at("101", start));
        assert_eq!(known(orders.begin_at("101", start)), second.request);
    }
}
