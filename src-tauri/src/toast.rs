//! The one module that raises, replaces and closes *the toast of a call*, and tells which of its buttons was clicked
//! (design, part 3, step 6). What a toast says is decided in `perezvon_desk::toast`; here is only how each system is
//! asked to show it.
//!
//! Linux speaks to the notification service over one kept zbus connection (`toast/linux.rs` says why), Windows to the
//! system's own (`toast/windows.rs`). macOS goes through notify-rust, one waiting thread per toast (`toast/threads.rs`),
//! and Windows does where it is refused.
//!
//! Toasts are silent and never take the focus: the telephone on the desk rings already.

#[cfg(any(not(target_os = "linux"), test))]
mod asking;
mod late;
pub mod links;
#[cfg(target_os = "linux")]
mod linux;
mod own;
#[cfg(target_os = "macos")]
#[path = "toast/macos.rs"]
mod system;
#[cfg(target_os = "windows")]
#[path = "toast/windows.rs"]
mod system;
mod text;
#[cfg(not(target_os = "linux"))]
mod threads;
#[cfg(any(target_os = "windows", test))]
mod xml;

pub(crate) use text::clean;

#[cfg(target_os = "linux")]
use linux::run;
#[cfg(target_os = "windows")]
use system::run;
#[cfg(target_os = "macos")]
use threads::run;

use late::Late;
use links::{Click, Links, Nonce};
use own::Ask;
pub use own::OwnWindow;
use perezvon_desk::Desk;
use perezvon_desk::toast::{Action, Toast, ToastKey, ToastOp, ToastView, Urgency};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Toasts on the screen at the same time.
pub const VISIBLE_MAX: usize = 8;

/// Batches of work that wait for a slow notification service.
const QUEUE_MAX: usize = 64;

/// Longest wait for a place in the event queue; then the event is dropped, because the toasts of the next calls must go on.
const EVENT_LIMIT: Duration = Duration::from_secs(2);

/// Seconds that a toast with a field stays: long enough to begin. The systems wait for what is being written.
#[cfg(not(target_os = "macos"))]
const NOTE_SECONDS: u32 = 20;

/// What the notification service can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ability {
    /// It is not known yet.
    Starting,
    /// Toasts with buttons.
    Actions,
    /// Toasts without buttons: the texts alone must do.
    Plain,
    /// Toasts with buttons, which go to the notification centre without being seen: the user wants to be left alone.
    Quiet,
    /// There is no service, and why, in English for the log.
    None(String),
    /// The user or an administrator has switched the app's toasts off in the system; where, in English for the log.
    Off(String),
}

/// Why a toast is no longer on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// Its time was over.
    Expired,
    /// The user closed it, or the service did after a click.
    Dismissed,
    /// The desk closed it, or it is shown at the other place.
    Withdrawn,
    /// A more urgent or newer toast took its place ([`VISIBLE_MAX`]).
    GaveWay,
    /// The notification service ended or gave no reason, or another program closed it.
    Other,
}

/// What became of a toast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToastEvent {
    /// The service took it.
    Shown {
        /// [`Toast::notification_id`].
        notification_id: i64,
    },
    /// The user clicked a button or the body.
    Clicked {
        /// Whose toast.
        key: ToastKey,
        /// What to do.
        action: Action,
        /// [`Toast::notification_id`].
        notification_id: i64,
        /// Wayland's permission to raise a window, where the service gives one.
        activation_token: Option<String>,
    },
    /// The user wrote a note in it.
    Written {
        /// Whose toast.
        key: ToastKey,
        /// The call that the note is about.
        call: String,
        /// What was written, not empty.
        note: String,
        /// [`Toast::notification_id`].
        notification_id: i64,
    },
    /// It left the screen.
    Closed {
        /// Whose toast.
        key: ToastKey,
        /// Why.
        reason: CloseReason,
        /// [`Toast::notification_id`].
        notification_id: i64,
    },
    /// They are to be shown at the other place: the system can show them again, or no longer.
    GivenBack {
        /// [`Toast::notification_id`] of each.
        notification_ids: Vec<i64>,
    },
    /// It could not be shown. A toast that stays until closed is shown as soon as the service can again.
    Failed {
        /// [`Toast::notification_id`].
        notification_id: i64,
        /// In English, for the log.
        reason: String,
    },
    /// [`Toasts::ability`] is another.
    AbilityChanged,
}

/// What the toasts need of the app.
#[derive(Clone)]
pub struct Options {
    /// Name the user reads: «Перезвон».
    pub app_name: String,
    /// Name of the desktop entry without `.desktop` (Linux), and the application's identity elsewhere.
    pub desktop_entry: String,
    /// Identifier of the bundle, also the Windows AppUserModelID: `ru.perezvon.desk`.
    pub app_id: String,
    /// Folder into which `icons` are written: the systems want files, and the program may be one file.
    pub icon_dir: PathBuf,
    /// Name (as in [`Toast::icon`]) and PNG of each icon; the first is the application's.
    pub icons: &'static [(&'static str, &'static [u8])],
    /// Address of the session bus; none for the one of the environment. Only Linux.
    pub bus: Option<String>,
}

impl Options {
    /// The file of an icon by [`Toast::icon`]; the application's own for an unknown name.
    fn icon_path(&self, name: &str) -> Option<PathBuf> {
        let known = self
            .icons
            .iter()
            .find(|(known, _)| *known == name)
            .or_else(|| self.icons.first());
        known.map(|(known, _)| self.icon_dir.join(format!("{known}.png")))
    }
}

/// The toasts of the app. Cheap to clone.
#[derive(Clone)]
pub struct Toasts {
    ops: mpsc::Sender<Vec<ToastOp>>,
    own: mpsc::Sender<Vec<Ask>>,
    own_views: watch::Receiver<Vec<ToastView>>,
    own_when: Arc<Mutex<OwnWindow>>,
    ability: watch::Receiver<Ability>,
    links: Arc<Links>,
    events: mpsc::Sender<ToastEvent>,
    late: Late,
}

impl Toasts {
    /// Starts the worker on the current tokio runtime. Never fails: whether toasts can be shown is told by
    /// [`ability`](Self::ability) and [`ToastEvent::AbilityChanged`]. Ends when every clone is dropped. In `desk` the links
    /// of toasts outlive the app; without it they end with it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(options: Options, desk: Option<Arc<Desk>>, events: mpsc::Sender<ToastEvent>) -> Self {
        let (ops, ops_in) = mpsc::channel(QUEUE_MAX);
        let (ability_out, ability) = watch::channel(Ability::Starting);
        let links = Arc::new(Links::open(desk));
        let (own, asked) = mpsc::channel(QUEUE_MAX);
        let (views, own_views) = watch::channel(Vec::new());
        let report = Reporter {
            ability: watch::channel(Ability::Actions).0,
            events: events.clone(),
        };
        tokio::spawn(own::run(asked, views, report));
        let toasts = Self {
            ops,
            own,
            own_views,
            own_when: Arc::default(),
            ability,
            links: Arc::clone(&links),
            events: events.clone(),
            late: Late::default(),
        };
        tokio::spawn(async move {
            let dir = options.icon_dir.clone();
            let icons = options.icons;
            // Without icons the toasts still say everything.
            match tokio::task::spawn_blocking(move || write_icons(&dir, icons)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the toasts' icons could not be written"),
                Err(error) => tracing::warn!(%error, "writing the toasts' icons ended early"),
            }
            run(
                options,
                ops_in,
                Reporter {
                    ability: ability_out,
                    events,
                },
                #[cfg(target_os = "windows")]
                links,
            )
            .await;
        });
        toasts
    }

    /// Somebody opened a link that may be one of a toast's: where it is, that toast is clicked. Waits for the disk.
    pub async fn open_link(&self, nonce: Nonce) {
        let links = Arc::clone(&self.links);
        let Ok(Some(click)) = tokio::task::spawn_blocking(move || links.take(&nonce)).await else {
            tracing::info!("A link that is no toast's, or is used up, was opened: it does nothing");
            return;
        };
        let Click {
            key,
            notification_id,
            action,
        } = click;
        let event = ToastEvent::Clicked {
            key,
            action,
            notification_id,
            activation_token: None,
        };
        if let Err(error) = self.events.send_timeout(event, EVENT_LIMIT).await {
            tracing::error!(%error, "a click on a toast was dropped");
        }
    }

    /// What the notification service can do now.
    pub fn ability(&self) -> Ability {
        self.ability.borrow().clone()
    }

    /// Waits until the ability is another than `known`; none when the worker has ended.
    pub async fn ability_after(&self, known: &Ability) -> Option<Ability> {
        let mut ability = self.ability.clone();
        ability.wait_for(|now| now != known).await.ok().map(|now| now.clone())
    }

    /// Carries the operations out in order. Waits only while the queue is full.
    pub async fn run(&self, ops: Vec<ToastOp>) {
        let ops = self.without_own(ops);
        if !ops.is_empty() && self.ops.send(ops).await.is_err() {
            tracing::error!("the toasts' worker has ended");
        }
    }

    /// The same for what must not wait: while the queue is full, of each toast the last operation is kept.
    pub fn offer(&self, ops: Vec<ToastOp>) {
        let ops = self.without_own(ops);
        if !ops.is_empty() {
            self.late.offer(&self.ops, ops);
        }
    }
}

/// Where the worker's findings go.
struct Reporter {
    ability: watch::Sender<Ability>,
    events: mpsc::Sender<ToastEvent>,
}

impl Reporter {
    async fn ability(&self, now: Ability) {
        let changed = self.ability.send_if_modified(|known| {
            let changed = *known != now;
            if changed {
                tracing::info!(ability = ?now, "notification service");
                known.clone_from(&now);
            }
            changed
        });
        if changed {
            self.event(ToastEvent::AbilityChanged).await;
        }
    }

    async fn event(&self, event: ToastEvent) {
        if let Err(error) = self.events.send_timeout(event, EVENT_LIMIT).await {
            tracing::error!(%error, "an event of a toast was dropped");
        }
    }

    async fn shown(&self, toast: &Toast) {
        self.event(ToastEvent::Shown {
            notification_id: toast.notification_id,
        })
        .await;
    }

    async fn closed(&self, toast: &Toast, reason: CloseReason) {
        let (key, notification_id) = (toast.key.clone(), toast.notification_id);
        self.event(ToastEvent::Closed {
            key,
            reason,
            notification_id,
        })
        .await;
    }

    /// An empty note is none.
    #[cfg(not(target_os = "macos"))]
    async fn written(&self, toast: &Toast, note: &str) {
        if let Some(field) = &toast.note
            && !note.trim().is_empty()
        {
            self.event(ToastEvent::Written {
                key: toast.key.clone(),
                call: field.call.clone(),
                note: note.trim().to_owned(),
                notification_id: toast.notification_id,
            })
            .await;
        }
    }

    async fn failed(&self, toast: &Toast, reason: String) {
        self.event(ToastEvent::Failed {
            notification_id: toast.notification_id,
            reason,
        })
        .await;
    }
}

/// Which of the toasts must go so that one of urgency `newcomer` can come: the oldest of the least urgent. `Ok(None)`
/// when there is room, `Err` when the newcomer itself is the least urgent of all.
fn gives_way(shown: impl ExactSizeIterator<Item = Urgency>, newcomer: Urgency) -> Result<Option<usize>, ()> {
    if shown.len() < VISIBLE_MAX {
        return Ok(None);
    }
    // `min_by_key` answers the first of equals: the oldest.
    match shown.enumerate().min_by_key(|(_, urgency)| rank(*urgency)) {
        Some((_, least)) if rank(least) > rank(newcomer) => Err(()),
        Some((index, _)) => Ok(Some(index)),
        None => Ok(None),
    }
}

/// How much a shown toast asks to stay: with its field would go what is being written in it.
#[cfg(not(target_os = "macos"))]
fn stays(toast: &Toast) -> Urgency {
    match toast.note {
        Some(_) => Urgency::Critical,
        None => toast.urgency,
    }
}

/// The urgency as the notification specification counts it.
fn rank(urgency: Urgency) -> u8 {
    match urgency {
        Urgency::Low => 0,
        Urgency::Normal => 1,
        Urgency::Critical => 2,
    }
}

/// The action behind a key that a service answered; `default` is the body. That key is every program's: where a service
/// has given a number of ours to another program's toast, a click on it opens our window at most.
fn action_of(toast: &Toast, key: &str) -> Option<Action> {
    if key == "default" {
        let dials = |action: &Action| matches!(action, Action::CallBack { .. });
        return toast.body_action.clone().filter(|action| !dials(action));
    }
    toast
        .buttons
        .iter()
        .find(|button| button.key.as_str() == key)
        .map(|button| button.action.clone())
}

fn write_icons(dir: &std::path::Path, icons: &[(&str, &[u8])]) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for (name, png) in icons {
        let path = dir.join(format!("{name}.png"));
        if std::fs::read(&path).ok().as_deref() != Some(*png) {
            std::fs::write(path, png)?;
        }
    }
    Ok(())
}
