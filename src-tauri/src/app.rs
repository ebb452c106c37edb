//! What the app holds while it runs.

use crate::args::{self, Args};
use crate::ipc::{Changed, Failure, ServiceState, Settings};
use crate::service::Joining;
use crate::toast::{self, CloseReason, ToastEvent, Toasts};
use crate::{action, autostart, dial, log, secrets, settings, tray, window};
use perezvon_desk::notifications::ToastState;
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::toast::ToastOp;
use perezvon_desk::{Desk, DeskError, Language, Words, Zone};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_deep_link::DeepLinkExt as _;
use tokio::sync::{Notify, mpsc, watch};

/// Longest wait for the desk's storage.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// The way to the relay, and the abonent an admin's key speaks for.
pub(crate) type Spoken = (RelayClient, Option<String>);

/// How far the service loop is with the relay.
#[derive(Clone)]
pub(crate) enum Way {
    /// The app, or the service with new settings, is just starting.
    Starting,
    Open(Spoken),
    /// The relay could not start; the service's state says why.
    Closed,
}

/// How long a click waits for a relay that is starting. The keyring may take three seconds of it.
const RELAY_START_TIMEOUT: Duration = Duration::from_secs(6);

/// The running app. Tauri hands it to every command.
pub(crate) struct Perezvon {
    pub(crate) handle: AppHandle,
    pub(crate) data_dir: PathBuf,
    /// Relay given on the command line; wins over the settings.
    pub(crate) relay_argument: Option<String>,
    /// The desk's storage, or why there is none: the window must be able to say so.
    desk: Result<Arc<Desk>, String>,
    pub(crate) toasts: Toasts,
    pub(crate) secrets: secrets::Secrets,
    pub(crate) orders: action::Orders,
    /// A relay that somebody is asked to join.
    pub(crate) joining: Joining,
    /// A link that asks to dial.
    pub(crate) asked: dial::Asked,
    relay: watch::Sender<Way>,
    settings: RwLock<Settings>,
    /// The route of a click that the window has not been told yet.
    route: Mutex<Option<String>>,
    /// The state of the relay and the PBX; the header strip and the tray follow it.
    pub(crate) service: watch::Sender<ServiceState>,
    /// Something changed that the service loop must start anew with: token, relay, abonent, address.
    pub(crate) restart: Notify,
    /// The service loop is to end.
    pub(crate) quit: tokio_util::sync::CancellationToken,
    /// Signalled when the service loop has drained.
    pub(crate) drained: (Mutex<bool>, std::sync::Condvar),
    _log: Option<tracing_appender::non_blocking::WorkerGuard>,
}

impl Perezvon {
    pub(crate) fn open(handle: AppHandle, data_dir: PathBuf, args: &Args) -> Self {
        let log = log::start(&data_dir);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "Starting");
        let desk = Desk::open(&data_dir).map(Arc::new).map_err(|error| {
            tracing::error!(%error, "The desk's database could not be opened");
            error.code().to_owned()
        });
        let settings = desk.as_ref().map(|desk| settings::load(desk)).unwrap_or_default();
        if let Ok(desk) = &desk {
            desk.set_words(words(&settings));
        }
        let (events, answers) = mpsc::channel(64);
        let options = toast_options(&handle, &data_dir, desk.as_ref().ok());
        let shown_dir = data_dir.display().to_string();
        let toasts = tauri::async_runtime::block_on(async { Toasts::start(options, events) });
        tauri::async_runtime::spawn(hear_toasts(handle.clone(), answers));
        Self {
            handle,
            secrets: secrets::Secrets::new(&data_dir),
            orders: action::Orders::default(),
            joining: Joining::default(),
            asked: dial::Asked::default(),
            data_dir,
            relay_argument: args.relay.clone(),
            desk,
            toasts,
            relay: watch::Sender::new(Way::Starting),
            settings: RwLock::new(settings),
            route: Mutex::new(None),
            service: watch::Sender::new(ServiceState {
                level: "off".to_owned(),
                trouble: Some("starting".to_owned()),
                data_dir: shown_dir,
                ..ServiceState::default()
            }),
            restart: Notify::new(),
            quit: tokio_util::sync::CancellationToken::new(),
            drained: (Mutex::new(false), std::sync::Condvar::new()),
            _log: log,
        }
    }

    /// The desk's storage, or the code of its trouble.
    pub(crate) fn desk(&self) -> Result<&Arc<Desk>, Failure> {
        self.desk.as_ref().map_err(|code| Failure::of(code))
    }

    /// Runs a piece of work on the desk's storage off the async threads. A disk that hangs is given up; the work may
    /// still be done then.
    pub(crate) async fn with_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Failure> {
        let desk = Arc::clone(self.desk()?);
        let done = tokio::task::spawn_blocking(move || work(&desk));
        match tokio::time::timeout(STORAGE_TIMEOUT, done).await {
            Ok(Ok(result)) => result.map_err(|error| Failure::from(&error)),
            Ok(Err(_)) => Err(Failure::of("storage")),
            Err(_) => Err(Failure::of("timeout")),
        }
    }

    /// The way to the relay. Waits for one that is just starting, as at the first start by a `tel:` link and after a
    /// change of settings.
    pub(crate) async fn relay(&self) -> Result<Spoken, Failure> {
        let mut relay = self.relay.subscribe();
        let settled = relay.wait_for(|way| !matches!(way, Way::Starting));
        // What it came to, in time or not, is told below.
        let _ = tokio::time::timeout(RELAY_START_TIMEOUT, settled).await;
        self.relay_now()
    }

    /// The way to the relay, for what must not wait.
    pub(crate) fn relay_now(&self) -> Result<Spoken, Failure> {
        match &*self.relay.borrow() {
            Way::Open(spoken) => Ok(spoken.clone()),
            Way::Starting => Err(Failure::of("starting")),
            Way::Closed => Err(Failure::of(
                self.service.borrow().trouble.as_deref().unwrap_or("relay_unreachable"),
            )),
        }
    }

    pub(crate) fn set_relay(&self, way: Way) {
        self.relay.send_replace(way);
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Sets, and gives back, the route that waits for the window.
    pub(crate) fn set_route(&self, route: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.route.lock().unwrap_or_else(PoisonError::into_inner), route)
    }

    pub(crate) fn language(&self) -> Language {
        words(&self.settings()).language
    }

    /// Makes the toasts speak the user's language.
    pub(crate) fn set_words(&self) {
        if let Ok(desk) = self.desk() {
            desk.set_words(words(&self.settings()));
        }
    }

    /// Raises, rewrites or closes toasts.
    pub(crate) async fn show(&self, ops: Vec<ToastOp>) {
        if !ops.is_empty() {
            self.toasts.run(ops).await;
        }
    }

    /// Tells the window, if one is open, and the tray.
    pub(crate) fn changed(&self, changed: Changed) {
        window::notify_changed(&self.handle, changed);
        if changed.calls || changed.state || changed.contacts {
            tray::refresh(&self.handle);
        }
    }
}

/// The toasts' language.
pub(crate) fn words(settings: &Settings) -> Words {
    let language = if settings.language == "en" {
        Language::En
    } else {
        Language::Ru
    };
    Words {
        language,
        zone: Zone::Local,
    }
}

impl Failure {
    pub(crate) fn of(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            detail: None,
        }
    }
}

impl From<&DeskError> for Failure {
    fn from(error: &DeskError) -> Self {
        tracing::warn!(%error, "The desk refused");
        Self {
            code: error.code().to_owned(),
            detail: None,
        }
    }
}

fn toast_options(handle: &AppHandle, data_dir: &Path, desk: Option<&Arc<Desk>>) -> toast::Options {
    toast::Options {
        app_name: "Перезвон".to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: handle.config().identifier.clone(),
        icon_dir: data_dir.join("icons"),
        icons: ICONS,
        bus: None,
        desk: desk.cloned(),
    }
}

/// Pictures of the toasts; the first is the app's own.
const ICONS: &[(&str, &[u8])] = &[
    ("perezvon", include_bytes!("../../icons/128x128.png")),
    ("call-incoming", include_bytes!("../../icons/call-incoming.png")),
    ("call-outgoing", include_bytes!("../../icons/call-outgoing.png")),
    ("call-missed", include_bytes!("../../icons/call-missed.png")),
    (
        "call-answered",
        include_bytes!("../../icons/call-answered-elsewhere.png"),
    ),
    ("document", include_bytes!("../../icons/call-document.png")),
    ("digest", include_bytes!("../../icons/call-digest.png")),
    ("trouble", include_bytes!("../../icons/call-trouble.png")),
];

/// Tells the data folders of two profiles apart, on the session bus and in the keyring.
pub(crate) fn profile_of(data_dir: &Path) -> u64 {
    let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// Makes the data folder, readable by its owner only.
pub(crate) fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// `tel:`, `callto:` and `perezvon:` links that the system hands to the running app: macOS does. Elsewhere they come as
/// the argument of a start.
pub(crate) fn listen_to_links(handle: &AppHandle) {
    let target = handle.clone();
    handle.deep_link().on_open_url(move |event| {
        for url in event.urls() {
            action::grant(&target, args::wish_of_link(url.as_str()));
        }
    });
}

/// Corrects the entries that the system keeps of the app, for links and for the start with the system. What the user has
/// switched off there is switched off here.
pub(crate) async fn agree_with_system(app: Arc<Perezvon>) {
    #[cfg(windows)]
    if let Err(error) = crate::register::links() {
        tracing::warn!(%error, "The app could not be registered for links");
    }
    if !app.settings().autostart {
        return;
    }
    match autostart::mend(&app.handle) {
        Ok(true) => {}
        Ok(false) => {
            let settings = Settings {
                autostart: false,
                ..app.settings()
            };
            app.set_settings(settings.clone());
            // What could not be stored is found again at the next start.
            let _ = app.with_desk(move |desk| settings::save(desk, &settings)).await;
            app.changed(Changed {
                state: true,
                ..Changed::default()
            });
        }
        Err(error) => tracing::warn!(%error, "The entry for the start with the system could not be put right"),
    }
}

/// Toast → action: the second of the two hand-offs (design, part 3).
async fn hear_toasts(handle: AppHandle, mut events: mpsc::Receiver<ToastEvent>) {
    while let Some(event) = events.recv().await {
        let Some(app) = handle.try_state::<Arc<Perezvon>>().map(|state| Arc::clone(&state)) else {
            continue;
        };
        let (notification, state) = match event {
            ToastEvent::Shown { notification_id } => (notification_id, ToastState::Shown),
            ToastEvent::Clicked {
                key,
                notification_id,
                action,
                ..
            } => {
                action::carry_out(&handle, action);
                // Most services take a clicked toast away themselves, some leave it.
                app.show(vec![ToastOp::Close(key)]).await;
                (notification_id, ToastState::Clicked)
            }
            ToastEvent::Closed {
                notification_id,
                reason: CloseReason::Dismissed,
                ..
            } => (notification_id, ToastState::Dismissed),
            ToastEvent::Closed { notification_id, .. } => (notification_id, ToastState::Expired),
            // It is in the list «Уведомления», and shown once the service is there.
            ToastEvent::Failed { reason, .. } => {
                tracing::warn!(reason, "A toast could not be shown");
                continue;
            }
            ToastEvent::AbilityChanged => {
                app.restart_toasts().await;
                continue;
            }
        };
        if app
            .with_desk(move |desk| desk.note_toast(notification, state))
            .await
            .is_ok()
        {
            app.changed(Changed {
                notifications: true,
                ..Changed::default()
            });
        }
    }
}

impl Perezvon {
    /// A notification server came (back): what it has not shown and still applies is raised again.
    async fn restart_toasts(&self) {
        if let Ok(ops) = self.with_desk(Desk::pending_toasts).await {
            self.show(ops).await;
        }
        self.changed(Changed {
            state: true,
            ..Changed::default()
        });
    }
}

/// The app ends: the service loop drains, for at most three seconds.
pub(crate) fn stop(handle: &AppHandle) {
    let Some(app) = handle.try_state::<Arc<Perezvon>>() else {
        return;
    };
    app.quit.cancel();
    let (done, signal) = &app.drained;
    let done = done.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = signal.wait_timeout_while(done, Duration::from_secs(3), |done| !*done);
    if waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
        tracing::warn!("The relay did not drain in time");
    }
    tracing::info!("Stopped");
}
