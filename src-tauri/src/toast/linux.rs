//! Toasts on Linux: the notification service of the desktop over one kept zbus connection.
//!
//! Not through notify-rust, because it installs its match rules only inside `wait_for_response`, after the `Notify`
//! call: a click that comes at once is lost. It also opens a connection per toast, and GNOME closes the toasts of a
//! connection that ends; and it blocks one thread per toast. Here the match rules are there before the first `Notify`,
//! signals are read by a task of their own while a call waits for its answer, and a signal that overtakes the answer
//! (the toast's number is not known yet) waits in order.
//!
//! A signal is believed only from the process that showed the toast: everybody on the bus can send one, and a click
//! places a call.
//!
//! The numbers of toasts are the service's. Some (dunst with `stack_duplicates`) answer a toast of the same text with the
//! number of the one that is there, and keep one toast for both; so a toast that would read like another on the screen
//! gets a number behind its title. Where two share a number all the same, closing one raises the other again.
//!
//! Reference: Desktop Notifications Specification 1.3.

mod absent;
mod heard;
mod notify;
mod signal;

use super::text::texts;
use super::{Ability, CloseReason, NOTE_SECONDS, Options, Reporter, gives_way, stays};
use notify::{FailureKind, ShownAs};
use perezvon_desk::toast::{Stay, Toast, ToastKey, ToastOp};
use signal::{Session, Signal, What};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// How often a missing session bus is looked for; work that comes in looks too.
const RECONNECT_PAUSE: Duration = Duration::from_secs(10);

/// A service that ended is asked for after this time: one that the bus can start comes back by it.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A service that does not answer is left alone for this time, so that it does not slow down what comes after.
const HOLD_OFF: Duration = Duration::from_secs(10);

/// Toasts that left the screen, kept because a click can be on its way still.
const PAST_MAX: usize = 16;

/// How long: later the service may have given the number to another program's toast.
const PAST_TIME: Duration = Duration::from_secs(10);

/// Runs until the operations end.
pub(super) async fn run(options: Options, mut ops: mpsc::Receiver<Vec<ToastOp>>, report: Reporter) {
    let mut screen = Screen {
        options,
        report,
        entries: Vec::new(),
        past: VecDeque::new(),
        token: None,
    };
    loop {
        match Session::open(screen.options.bus.as_deref()).await {
            Ok(mut session) => {
                if screen.serve(&mut session, &mut ops).await == Over::Stopped {
                    return;
                }
                screen.forget_all();
                screen
                    .report
                    .ability(Ability::None("the session bus went away".to_owned()))
                    .await;
            }
            Err(reason) => screen.report.ability(Ability::None(reason)).await,
        }
        tokio::select! {
            batch = ops.recv() => match batch {
                Some(batch) => screen.refuse(batch).await,
                None => return,
            },
            () = sleep(RECONNECT_PAUSE) => {}
        }
    }
}

/// Why serving a session ended.
#[derive(PartialEq, Eq)]
enum Over {
    /// Nobody sends operations any more.
    Stopped,
    /// The connection is gone.
    Lost,
}

/// A toast that is on the screen or waits for a service that can show it.
struct Entry {
    toast: Toast,
    /// What the same toast said before: a click on that can be on its way.
    earlier: Option<Toast>,
    /// Where it is; none while it waits.
    place: Option<ShownAs>,
    /// 1, or the number that tells it apart from others of the same text.
    copy: usize,
}

impl Entry {
    fn is_at(&self, server: &str, id: u32) -> bool {
        self.place.as_ref().is_some_and(|place| place.is(server, id))
    }
}

/// A toast that left the screen.
struct Past {
    place: ShownAs,
    toast: Toast,
    since: Instant,
}

/// The toasts and where they are.
struct Screen {
    options: Options,
    report: Reporter,
    /// Oldest first, at most [`super::VISIBLE_MAX`].
    entries: Vec<Entry>,
    past: VecDeque<Past>,
    /// The last activation token, with the number of its toast.
    token: Option<(u32, String)>,
}

impl Screen {
    async fn serve(&mut self, session: &mut Session, ops: &mut mpsc::Receiver<Vec<ToastOp>>) -> Over {
        let mut ask_at = Some(Instant::now());
        loop {
            let ask = async {
                match ask_at {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                signal = session.signals.recv() => match signal {
                    None => return Over::Lost,
                    Some(Signal { sender, position, what }) => match what {
                        What::Owner(owner) => ask_at = self.owner_changed(session, owner).await,
                        what => self.heard(session, &sender, position, what).await,
                    },
                },
                () = ask => ask_at = self.ask(session).await,
                batch = ops.recv() => match batch {
                    None => return Over::Stopped,
                    Some(batch) => for op in batch {
                        if self.carry_out(session, op).await == Answered::No {
                            ask_at = Some(Instant::now() + HOLD_OFF);
                        }
                    },
                },
            }
        }
    }

    /// Asks the service what it can do and shows what waits. Answers when to ask again.
    async fn ask(&mut self, session: &mut Session) -> Option<Instant> {
        match session.ask_capabilities().await {
            Ok(ability) => {
                self.report.ability(ability).await;
                self.raise_waiting(session).await
            }
            Err(failure) => {
                let silent = failure.kind == FailureKind::Silent;
                self.report.ability(Ability::None(failure.reason)).await;
                if !silent {
                    self.hand_over().await;
                }
                // A service that is not there announces itself when it comes; one that hangs does not.
                silent.then(|| Instant::now() + HOLD_OFF)
            }
        }
    }

    async fn owner_changed(&mut self, session: &mut Session, owner: Option<String>) -> Option<Instant> {
        let is_new = owner.is_some();
        session.owner.clone_from(&owner);
        session.held_off = false;
        let gone: Vec<usize> = (0..self.entries.len())
            .rev()
            .filter(|&index| {
                self.entries[index]
                    .place
                    .as_ref()
                    .is_some_and(|place| Some(&place.server) != owner.as_ref())
            })
            .collect();
        for index in gone {
            self.entries[index].place = None;
            if matches!(self.entries[index].toast.stay, Stay::Seconds(_)) {
                let entry = self.entries.remove(index);
                self.report.closed(&entry.toast, CloseReason::Other).await;
            }
        }
        if is_new {
            return self.ask(session).await;
        }
        self.report
            .ability(Ability::None("the notification service ended".to_owned()))
            .await;
        Some(Instant::now() + RESTART_PAUSE)
    }

    /// Shows the toasts that stay until closed and that no service shows.
    async fn raise_waiting(&mut self, session: &mut Session) -> Option<Instant> {
        for index in 0..self.entries.len() {
            if self.entries[index].place.is_none() && self.show(session, index).await == Answered::No {
                return Some(Instant::now() + HOLD_OFF);
            }
        }
        None
    }

    async fn carry_out(&mut self, session: &mut Session, op: ToastOp) -> Answered {
        match op {
            ToastOp::Show(mut toast) => {
                if !session.capabilities.reply {
                    toast.note = None;
                } else if toast.note.is_some() {
                    toast.stay = Stay::Seconds(NOTE_SECONDS);
                    // A better name is not worth what is being written in the field.
                    let same = |entry: &Entry| entry.toast.key == toast.key && entry.place.is_some();
                    if self.entries.iter().any(same) {
                        return Answered::Yes;
                    }
                }
                let Some(index) = self.take_in(session, toast).await else {
                    return Answered::Yes;
                };
                let answered = self.show(session, index).await;
                self.entries
                    .retain(|entry| entry.place.is_some() || entry.toast.stay == Stay::UntilClosed);
                answered
            }
            ToastOp::Close(key) => self.close(session, &key).await,
        }
    }

    /// The place in the list for a toast: that of the same key, or a new one. None when it is not to be shown.
    async fn take_in(&mut self, session: &mut Session, toast: Toast) -> Option<usize> {
        if let Some(index) = self.entries.iter().position(|entry| entry.toast.key == toast.key) {
            let entry = &mut self.entries[index];
            entry.earlier = Some(std::mem::replace(&mut entry.toast, toast));
            return Some(index);
        }
        match gives_way(self.entries.iter().map(|entry| stays(&entry.toast)), toast.urgency) {
            Ok(None) => {}
            Ok(Some(index)) => {
                let entry = self.entries.remove(index);
                self.take_off(session, entry, CloseReason::GaveWay).await;
            }
            Err(()) => {
                self.report.closed(&toast, CloseReason::GaveWay).await;
                return None;
            }
        }
        self.entries.push(Entry {
            toast,
            earlier: None,
            place: None,
            copy: 1,
        });
        Some(self.entries.len() - 1)
    }

    /// The smallest number by which the toast differs from all others of its text on the screen.
    fn copy_of(&self, index: usize) -> usize {
        let text = texts(&self.entries[index].toast);
        let others = self.entries.iter().enumerate().filter(|(other, _)| *other != index);
        let same = others.filter(|(_, other)| other.place.is_some() && texts(&other.toast) == text);
        let taken: Vec<usize> = same.map(|(_, other)| other.copy).collect();
        (1..=taken.len())
            .find(|copy| !taken.contains(copy))
            .unwrap_or(taken.len() + 1)
    }

    async fn show(&mut self, session: &mut Session, index: usize) -> Answered {
        let copy = self.copy_of(index);
        let entry = &mut self.entries[index];
        entry.copy = copy;
        if session.held_off {
            self.report
                .failed(&entry.toast, "the notification service does not answer".to_owned())
                .await;
            return Answered::Yes;
        }
        let replaces = entry.place.take();
        let shown = session.notify(&self.options, &entry.toast, copy, replaces.as_ref());
        match shown.await {
            Ok(mut place) => {
                // A number that a toast before had: what is told of its end may be of that one.
                place.replaced |= self.past.iter().any(|past| past.place.is(&place.server, place.id));
                if let Some(old) = replaces.filter(|old| old.id != place.id) {
                    remember(
                        &mut self.past,
                        old,
                        entry.earlier.as_ref().unwrap_or(&entry.toast).clone(),
                    );
                }
                entry.place = Some(place);
                self.report.shown(&entry.toast).await;
                Answered::Yes
            }
            Err(failure) => {
                self.report.failed(&entry.toast, failure.reason.clone()).await;
                if failure.kind != FailureKind::Refused {
                    self.report.ability(Ability::None(failure.reason)).await;
                }
                if failure.kind == FailureKind::Silent {
                    Answered::No
                } else {
                    Answered::Yes
                }
            }
        }
    }

    async fn close(&mut self, session: &mut Session, key: &ToastKey) -> Answered {
        let Some(index) = self.entries.iter().position(|entry| entry.toast.key == *key) else {
            return Answered::Yes;
        };
        let entry = self.entries.remove(index);
        self.take_off(session, entry, CloseReason::Withdrawn).await
    }

    async fn take_off(&mut self, session: &mut Session, entry: Entry, reason: CloseReason) -> Answered {
        let mut answered = Answered::Yes;
        if let Some(place) = &entry.place
            && !session.held_off
            && !session.close(place).await
        {
            answered = Answered::No;
        }
        self.gone(session, entry, reason).await;
        answered
    }

    /// It is on the screen no more.
    async fn gone(&mut self, session: &mut Session, entry: Entry, reason: CloseReason) {
        if let Some(place) = entry.place {
            remember(&mut self.past, place.clone(), entry.toast.clone());
            self.raise_sharers(session, &place).await;
        }
        self.report.closed(&entry.toast, reason).await;
    }

    /// The toast at this place is gone: others that the service has put there are shown again.
    async fn raise_sharers(&mut self, session: &mut Session, gone: &ShownAs) {
        let sharers: Vec<usize> = (0..self.entries.len())
            .filter(|index| self.entries[*index].is_at(&gone.server, gone.id))
            .collect();
        for index in &sharers {
            self.entries[*index].place = None;
        }
        for index in sharers {
            // A service that does not answer is asked again by the next toast.
            let _ = self.show(session, index).await;
        }
    }
}

/// Whether the service answered within the time limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    Yes,
    No,
}

fn remember(past: &mut VecDeque<Past>, place: ShownAs, toast: Toast) {
    let since = Instant::now();
    past.push_back(Past { place, toast, since });
    if past.len() > PAST_MAX {
        past.pop_front();
    }
}
