//! Toasts on Windows, told to the system directly (`toast/xml.rs` says what it is told). A toast is known by its tag: the
//! same tag replaces, the history removes. Its clicks are links (`toast/links.rs`) that the system opens, so they reach
//! the app from the notification centre and after it was killed. notify-rust can do neither, and is what is left where
//! the system refuses us (`toast/windows/plain.rs`): a plain toast is better than none.
//!
//! * A toast shows under the name and picture of its AppUserModelID, and only when that is registered; a shortcut of the
//!   installer alone is fragile, so it is written at every start.
//! * Every call into the system has a time limit, on a thread of its own: its notification service is another process.
//!
//! A note that was written in a toast comes to the app that runs, and not as a link, which could not carry it.
//!
//! Type-checked; not run on Windows (ARCHITECTURE).

#[path = "windows/plain.rs"]
mod plain;

use plain::register;
pub(super) use plain::{notification, prepare, withdraw};

use super::links::{Issued, Links};
use super::{Ability, CloseReason, NOTE_SECONDS, Options, Reporter, gives_way, stays, threads, xml};
use perezvon_desk::toast::{Stay, Toast, ToastKey, ToastOp};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use windows::Data::Xml::Dom::XmlDocument;
use windows::Foundation::{DateTime, IPropertyValue, IReference, PropertyValue, TypedEventHandler};
use windows::UI::Notifications::{
    NotificationSetting, ToastActivatedEventArgs, ToastDismissalReason, ToastDismissedEventArgs, ToastFailedEventArgs,
    ToastNotification, ToastNotificationManager, ToastNotificationMode, ToastNotifier,
};
use windows::core::{HSTRING, IInspectable, Interface as _};

/// Longest wait for the system.
const LIMIT: Duration = Duration::from_secs(5);

/// How often the system is asked whether it shows toasts: it does not tell.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Toasts that moved to the notification centre and are remembered there.
const CENTRE_MAX: usize = 64;

/// Runs until the operations end.
pub(super) async fn run(options: Options, ops: mpsc::Receiver<Vec<ToastOp>>, report: Reporter, links: Arc<Links>) {
    match open(&options).await {
        Ok(notifier) => {
            let (answers, answered) = mpsc::channel(64);
            let screen = Screen {
                id: HSTRING::from(&options.app_id),
                options,
                report,
                links,
                notifier,
                answers,
                entries: Vec::new(),
                last: 0,
            };
            screen.serve(ops, answered).await;
        }
        Err(reason) => {
            tracing::warn!(reason, "toasts go the plain way");
            threads::run(options, ops, report).await;
        }
    }
}

/// The app registered, and the system's word that it takes toasts of it.
async fn open(options: &Options) -> Result<ToastNotifier, String> {
    register(options)?;
    let id = HSTRING::from(&options.app_id);
    system(move || {
        let notifier = ToastNotificationManager::CreateToastNotifierWithId(&id)?;
        // An identity that is not registered is refused only here.
        notifier.Setting()?;
        Ok(notifier)
    })
    .await
}

/// Calls the system, with a time limit.
async fn system<T: Send + 'static>(
    call: impl FnOnce() -> windows::core::Result<T> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(LIMIT, tokio::task::spawn_blocking(call)).await {
        Ok(Ok(done)) => done.map_err(|error| error.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the notification service does not answer".to_owned()),
    }
}

/// What the system tells of a toast.
struct Answer {
    number: u64,
    what: What,
}

enum What {
    Written(String),
    Dismissed(ToastDismissalReason),
    Failed(String),
}

/// A toast that is on the screen or in the notification centre.
struct Entry {
    toast: Toast,
    /// Of this showing; an answer to an earlier one is no end of it.
    number: u64,
    /// Holds the handlers.
    _shown: ToastNotification,
    on_screen: bool,
}

struct Screen {
    options: Options,
    /// The AppUserModelID.
    id: HSTRING,
    report: Reporter,
    links: Arc<Links>,
    notifier: ToastNotifier,
    answers: mpsc::Sender<Answer>,
    /// Oldest first.
    entries: Vec<Entry>,
    last: u64,
}

impl Screen {
    async fn serve(mut self, mut ops: mpsc::Receiver<Vec<ToastOp>>, mut answered: mpsc::Receiver<Answer>) {
        let mut ask = tokio::time::interval(ASK_AGAIN);
        loop {
            tokio::select! {
                biased;
                Some(answer) = answered.recv() => self.heard(answer).await,
                batch = ops.recv() => match batch {
                    None => return,
                    Some(batch) => for op in batch {
                        match op {
                            ToastOp::Show(toast) => self.show(toast).await,
                            ToastOp::Close(key) => self.close(&key, CloseReason::Withdrawn).await,
                        }
                    },
                },
                _ = ask.tick() => self.ask().await,
            }
        }
    }

    /// What the user and the administrator have switched.
    async fn ask(&self) {
        let notifier = self.notifier.clone();
        let asked = system(move || {
            let mode = ToastNotificationManager::GetDefault().and_then(|manager| manager.NotificationMode());
            // Before Windows 11 nobody tells the mode.
            Ok((notifier.Setting()?, mode.unwrap_or(ToastNotificationMode::Unrestricted)))
        });
        let ability = match asked.await {
            Ok((NotificationSetting::Enabled, ToastNotificationMode::Unrestricted)) => Ability::Actions,
            Ok((NotificationSetting::Enabled, _)) => Ability::Quiet,
            Ok((NotificationSetting::DisabledForApplication, _)) => off("notifications of the app are switched off"),
            Ok((NotificationSetting::DisabledForUser, _)) => off("notifications are switched off"),
            Ok((NotificationSetting::DisabledByGroupPolicy, _)) => off("a policy forbids notifications"),
            Ok(_) => Ability::None("the system shows no notifications".to_owned()),
            Err(reason) => Ability::None(reason),
        };
        self.report.ability(ability).await;
    }

    async fn show(&mut self, mut toast: Toast) {
        let before = self.entries.iter().position(|entry| entry.toast.key == toast.key);
        if toast.note.is_some() {
            toast.stay = Stay::Seconds(NOTE_SECONDS);
            // A better name is not worth what is being written in the field.
            if before.is_some() {
                return;
            }
        }
        let before = before.map(|index| self.entries.remove(index));
        let on_screen: Vec<usize> = (0..self.entries.len())
            .filter(|index| self.entries[*index].on_screen)
            .collect();
        let urgencies = on_screen.iter().map(|index| stays(&self.entries[*index].toast));
        match gives_way(urgencies, toast.urgency) {
            Ok(None) => {}
            Ok(Some(least)) => {
                let key = self.entries[on_screen[least]].toast.key.clone();
                self.close(&key, CloseReason::GaveWay).await;
            }
            Err(()) => {
                self.report.closed(&toast, CloseReason::GaveWay).await;
                return;
            }
        }
        self.last += 1;
        let pops_up = xml::pops_up(before.map(|entry| entry.toast.kind), toast.kind);
        match self.raise(&toast, pops_up).await {
            Ok(shown) => {
                self.report.shown(&toast).await;
                self.entries.push(Entry {
                    toast,
                    number: self.last,
                    _shown: shown,
                    on_screen: true,
                });
            }
            Err(reason) => {
                self.report.failed(&toast, reason).await;
                self.ask().await;
            }
        }
    }

    async fn raise(&self, toast: &Toast, pops_up: bool) -> Result<ToastNotification, String> {
        let (number, notifier, answers) = (self.last, self.notifier.clone(), self.answers.clone());
        let (toast, links) = (toast.clone(), Arc::clone(&self.links));
        let icon = self.options.icon_path(&toast.icon);
        let icon = icon.and_then(|path| url::Url::from_file_path(path).ok());
        system(move || {
            let issued: Issued = links.issue(&toast, xml::keep(&toast));
            let text = xml::document(&toast, &issued, icon.as_ref().map(url::Url::as_str));
            let shown = build(&toast, &text, pops_up)?;
            listen(&shown, number, &answers)?;
            notifier.Show(&shown)?;
            Ok(shown)
        })
        .await
    }

    /// Off the screen and out of the notification centre, whoever showed it: this run of the app or an earlier one.
    async fn close(&mut self, key: &ToastKey, reason: CloseReason) {
        let (tag, id, links, of) = (xml::tag(key), self.id.clone(), Arc::clone(&self.links), key.clone());
        let removed = system(move || {
            links.withdraw(&of);
            let history = ToastNotificationManager::History()?;
            history.RemoveGroupedTagWithId(&HSTRING::from(tag), &HSTRING::from(xml::GROUP), &id)
        });
        if let Err(reason) = removed.await {
            // Also where there is none.
            tracing::debug!(reason, "a toast was not removed");
        }
        if let Some(index) = self.entries.iter().position(|entry| entry.toast.key == *key) {
            let entry = self.entries.remove(index);
            self.report.closed(&entry.toast, reason).await;
        }
    }

    async fn heard(&mut self, answer: Answer) {
        let Some(index) = self.entries.iter().position(|entry| entry.number == answer.number) else {
            return;
        };
        match answer.what {
            // The system has taken it away with the click.
            What::Written(note) => {
                let entry = self.entries.remove(index);
                self.report.written(&entry.toast, &note).await;
                self.report.closed(&entry.toast, CloseReason::Dismissed).await;
            }
            What::Failed(reason) => {
                let entry = self.entries.remove(index);
                self.report.failed(&entry.toast, reason).await;
                self.ask().await;
            }
            What::Dismissed(ToastDismissalReason::UserCanceled) => {
                let entry = self.entries.remove(index);
                self.report.closed(&entry.toast, CloseReason::Dismissed).await;
            }
            // In the notification centre it has no field: nobody would hear what is written there once the app has ended.
            What::Dismissed(ToastDismissalReason::TimedOut) if self.entries[index].toast.note.is_some() => {
                let mut toast = self.entries.remove(index).toast;
                toast.note = None;
                self.last += 1;
                if let Err(reason) = self.raise(&toast, false).await {
                    tracing::debug!(reason, "a toast does not stay in the notification centre");
                }
                self.report.closed(&toast, CloseReason::Expired).await;
            }
            // It lies in the notification centre now.
            What::Dismissed(ToastDismissalReason::TimedOut) if self.entries[index].toast.stay == Stay::UntilClosed => {
                self.entries[index].on_screen = false;
                let in_centre = self.entries.iter().filter(|entry| !entry.on_screen).count();
                if in_centre > CENTRE_MAX {
                    self.entries.retain({
                        let mut over = in_centre - CENTRE_MAX;
                        move |entry| {
                            let goes = !entry.on_screen && over > 0;
                            over -= usize::from(goes);
                            !goes
                        }
                    });
                }
            }
            What::Dismissed(ToastDismissalReason::TimedOut) => {
                let entry = self.entries.remove(index);
                self.report.closed(&entry.toast, CloseReason::Expired).await;
            }
            // By us.
            What::Dismissed(_) => {}
        }
    }
}

fn off(reason: &str) -> Ability {
    Ability::Off(reason.to_owned())
}

fn build(toast: &Toast, text: &str, pops_up: bool) -> windows::core::Result<ToastNotification> {
    let document = XmlDocument::new()?;
    document.LoadXml(&HSTRING::from(text))?;
    let shown = ToastNotification::CreateToastNotification(&document)?;
    shown.SetTag(&HSTRING::from(xml::tag(&toast.key)))?;
    shown.SetGroup(&HSTRING::from(xml::GROUP))?;
    shown.SetSuppressPopup(!pops_up)?;
    let until = PropertyValue::CreateDateTime(date(SystemTime::now() + xml::keep(toast)))?;
    shown.SetExpirationTime(&until.cast::<IReference<DateTime>>()?)?;
    Ok(shown)
}

fn listen(shown: &ToastNotification, number: u64, answers: &mpsc::Sender<Answer>) -> windows::core::Result<()> {
    let written = answers.clone();
    shown.Activated(&TypedEventHandler::new(
        move |_, args: windows::core::Ref<'_, IInspectable>| {
            let args = args.ok()?.cast::<ToastActivatedEventArgs>()?;
            if args.Arguments()? == xml::NOTE {
                let note = args.UserInput()?.Lookup(&HSTRING::from(xml::NOTE))?;
                let what = What::Written(note.cast::<IPropertyValue>()?.GetString()?.to_string());
                // On a thread of the system's: a note waits for its place in the queue.
                drop(written.blocking_send(Answer { number, what }));
            }
            Ok(())
        },
    ))?;
    // A full queue drops an end: the toast then counts as shown until it is closed or replaced.
    let dismissed = answers.clone();
    shown.Dismissed(&TypedEventHandler::new(
        move |_, args: windows::core::Ref<'_, ToastDismissedEventArgs>| {
            let what = What::Dismissed(args.ok()?.Reason()?);
            drop(dismissed.try_send(Answer { number, what }));
            Ok(())
        },
    ))?;
    let failed = answers.clone();
    shown.Failed(&TypedEventHandler::new(
        move |_, args: windows::core::Ref<'_, ToastFailedEventArgs>| {
            let what = What::Failed(args.ok()?.ErrorCode()?.message());
            drop(failed.try_send(Answer { number, what }));
            Ok(())
        },
    ))?;
    Ok(())
}

/// The system counts in tenths of a microsecond since 1601.
fn date(time: SystemTime) -> DateTime {
    const SINCE_1601_S: u64 = 11_644_473_600;
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ticks = (since_1970 + Duration::from_secs(SINCE_1601_S)).as_nanos() / 100;
    DateTime {
        UniversalTime: i64::try_from(ticks).unwrap_or(i64::MAX),
    }
}
