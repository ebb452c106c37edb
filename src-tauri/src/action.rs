//! The only place where an action is carried out, whether it comes from a toast, the tray, the window or, once a person
//! has agreed (`dial.rs`), from a link or a second start (design, part 3, step 6).

use crate::app::{Perezvon, words};
use crate::args::Wish;
use crate::ipc::{Changed, Failure, Placed};
use crate::window;
use perezvon_core::Number;
use perezvon_desk::toast::{Action, Toast, ToastOp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Manager as _};
use tokio::time::timeout;

/// How long a click waits for the desk's storage.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(2);
/// Two clicks on one number within this time are one order.
const REPEATED_CLICK: Duration = Duration::from_secs(2);

/// Does what a link, an argument or a second start asks for: shows something, or asks the person.
pub(crate) fn grant(handle: &AppHandle, wish: Wish) {
    match wish {
        Wish::Show => window::show(handle, ""),
        Wish::Open(action) => carry_out(handle, action),
        Wish::Dial(dial) => crate::dial::ask(handle, dial),
        Wish::Join(link) => {
            if let Some(app) = handle.try_state::<Arc<Perezvon>>() {
                app.joining.offer(link);
                window::show(handle, "join");
            }
        }
        Wish::Click(None) => {}
        Wish::Click(Some(nonce)) => {
            if let Some(app) = handle.try_state::<Arc<Perezvon>>().map(|state| Arc::clone(&state)) {
                tauri::async_runtime::spawn(async move { app.toasts.open_link(nonce).await });
            }
        }
    }
}

/// Carries an action out in the background; what goes wrong is told by a toast.
pub(crate) fn carry_out(handle: &AppHandle, action: Action) {
    let Some(app) = handle.try_state::<Arc<Perezvon>>().map(|state| Arc::clone(&state)) else {
        return;
    };
    match action {
        Action::CallBack { number } => {
            tauri::async_runtime::spawn(async move {
                if let Err(failure) = call_back(&app, &number).await {
                    tracing::warn!(code = failure.code, "The call was not placed");
                }
            });
        }
        other => {
            if let Some(route) = other.route() {
                window::show(handle, &route);
            }
        }
    }
}

/// Asks the relay to place a call from the chosen abonent; their phone rings first. The progress toast tells how it goes.
/// The request carries its own id, so that a repeat after a lost answer places no second call; and a double click is one
/// order ([`Orders`]).
pub(crate) async fn call_back(app: &Perezvon, number: &str) -> Result<Placed, Failure> {
    let number = Number::parse(number);
    if number.dial().is_none() {
        return Err(Failure::of("bad_number"));
    }
    let order = match app.orders.begin(&number.canonical()) {
        Begun::New(order) => order,
        Begun::Known(request) => return Ok(Placed { request }),
    };
    let request = order.request.clone();
    let (id, to) = (request.clone(), number.clone());
    if app.settings().progress {
        // A desk that cannot store, or takes its time, is no reason not to call.
        let started = app.with_desk(move |desk| desk.progress_started(&id, &to));
        if let Ok(Ok(ops)) = timeout(STORAGE_TIMEOUT, started).await {
            app.show(ops).await;
        }
    }
    let placed = match app.relay().await {
        Ok((relay, me)) => {
            let answer = relay.place_call(&number.canonical(), me.as_deref(), &request).await;
            answer.map_err(|error| Failure::of(error.code()))
        }
        Err(failure) => Err(failure),
    };
    let Err(failure) = placed else {
        return Ok(Placed { request });
    };
    order.failed();
    let (id, code) = (request, failure.code.clone());
    let stored = app.with_desk(move |desk| desk.progress_failed(&id, &number, &code));
    let ops = match timeout(STORAGE_TIMEOUT, stored).await {
        Ok(Ok(ops)) => ops,
        // The person who clicked must hear of it all the same.
        _ => vec![ToastOp::Show(Toast::trouble(words(&app.settings()), &failure.code))],
    };
    app.show(ops).await;
    app.changed(Changed {
        notifications: true,
        ..Changed::default()
    });
    Err(failure)
}

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
enum Begun<'a> {
    /// A new order.
    New(Order<'a>),
    /// The order that is there already: its request.
    Known(String),
}

/// An order under way; it is over when dropped.
struct Order<'a> {
    orders: &'a Orders,
    request: String,
}

impl Orders {
    fn begin(&self, number: &str) -> Begun<'_> {
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
    fn failed(self) {
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
