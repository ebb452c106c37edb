//! What the app holds while it runs. Knows neither Tauri nor a window: those who show it listen to its changes, and what
//! it needs of the system it asks through [`Shell`].

mod shown;

use crate::again::Next;
use crate::args::{Args, Given};
use crate::asked::{Asked, Copied};
use crate::changes::{Changes, Own, Teller};
use crate::importing::Importing;
use crate::ipc::{Abonent, Failure, Keys, ServiceState, Settings, UpdateView};
use crate::joining::Joining;
use crate::orders::Orders;
use crate::player::{Listening, PlayerView};
use crate::policy::Policy;
use crate::saving::Saving;
use crate::secrets::Secrets;
use crate::settings;
use crate::sought::Sought;
use crate::toast::{self, ToastEvent, Toasts};
use crate::updates::{Before, Updates};
use crate::watched::Watched;
use perezvon_desk::recordings::Recordings;
use perezvon_desk::relay_client::{Forwarding, RelayClient};
use perezvon_desk::toast::ToastOp;
use perezvon_desk::view::{CompanyCalls, Loadings, RecordingsKept};
use perezvon_desk::{Desk, DeskError, FailureCode, Fault, Language, Trouble};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Longest wait for the desk's storage.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a click waits for a relay that is starting. The keyring may take three seconds of it.
const RELAY_START_TIMEOUT: Duration = Duration::from_secs(6);
/// Longest wait for the relay inside the app to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Toasts of recordings that wait to be shown; there are two downloads at once.
const MAX_READY: usize = 16;
/// Key of the setting: the whole company's calls are wanted.
const COMPANY: &str = "company_calls";
/// Two recordings are not asked for more often: the PBX is the whole company's.
const RECORDINGS_PACE: Duration = Duration::from_secs(1);

/// What the app asks of the desktop around it: Tauri answers, or a test.
pub trait Shell: Send + Sync {
    /// Shows the window at a route such as `contact/12`; an empty route leaves an open window where it is. Called on a
    /// person's wish only. `token`: Wayland's permission to raise a window, where the click came with one.
    fn show(&self, route: &str, token: Option<String>);
    /// Shows the small window where one dials, with the number that somebody asks to dial, if any. Called on a person's
    /// wish only. `token`: as above.
    fn panel(&self, token: Option<String>);
    /// Switches the start with the system on or off; an error where the system did not take it.
    fn autostart(&self, on: bool) -> std::io::Result<()>;
    /// Whether the system starts the app, as it is now: the user may have switched it off there.
    fn starts_with_system(&self) -> std::io::Result<bool>;
    /// Puts the entry for the start with the system right; false where the user has switched it off in the system.
    fn mend_autostart(&self) -> std::io::Result<bool>;
    /// The user's folder for downloads, where there is one.
    fn downloads(&self) -> Option<PathBuf>;
    /// Shows the file in its folder, in the system's file manager.
    fn reveal(&self, file: &Path) -> std::io::Result<()>;
    /// Opens the file in the program that the system has for it.
    fn open_file(&self, file: &Path) -> std::io::Result<()>;
    /// Ends the app and starts it anew; `example`: for the example.
    fn start_again(&self, example: bool);
}

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

/// The running app: every command gets it.
pub struct Core {
    pub(crate) shell: Arc<dyn Shell>,
    pub(crate) runtime: Handle,
    pub(crate) data_dir: PathBuf,
    /// Relay that an administrator has fixed, else the one given on the command line; wins over the settings.
    pub(crate) relay_argument: Option<String>,
    pub(crate) given: Given,
    /// What an administrator has fixed.
    pub(crate) policy: Policy,
    /// The desk's storage, or why there is none: the window must be able to say so.
    desk: Result<Arc<Desk>, FailureCode>,
    /// Recordings on disk and what is listened to of them, or why there are none.
    recordings: Result<(Arc<Recordings>, Arc<Listening>), FailureCode>,
    /// Whose recordings are kept, and how many.
    pub(crate) kept: watch::Sender<RecordingsKept>,
    /// Toasts of recordings that became ready.
    pub(crate) ready: Mutex<Option<mpsc::Receiver<ToastOp>>>,
    pub(crate) toasts: Toasts,
    /// Toasts were not shown because the user wants quiet; the desk has them.
    held_back: AtomicBool,
    pub(crate) secrets: Secrets,
    pub(crate) orders: Orders,
    /// A relay that somebody is asked to join.
    pub(crate) joining: Joining,
    /// A link that asks to dial.
    pub(crate) asked: Asked,
    /// A number that was copied in another program.
    pub(crate) copied: Copied,
    /// A report on its way into a file.
    pub(crate) saving: Saving,
    /// The abonents that the window looks for somebody in.
    pub(crate) sought: Sought,
    /// A file whose contacts are to be stored.
    pub(crate) importing: Importing,
    /// Whether the whole company's calls are wanted here, and how far they are.
    pub(crate) company_wanted: watch::Sender<bool>,
    pub(crate) company: watch::Sender<CompanyCalls>,
    /// Files with contacts that are read again when they change.
    pub(crate) watched: Watched,
    /// New versions of the app.
    pub(crate) updates: Updates,
    /// What is to be started when this process has ended.
    pub(crate) again: Mutex<Option<Next>>,
    /// How the app was before the update that this start follows.
    pub(crate) updated: Option<Before>,
    relay: watch::Sender<Way>,
    me: Mutex<Option<Abonent>>,
    settings: RwLock<Settings>,
    /// What became of the keys that are heard everywhere.
    keys: Mutex<Keys>,
    /// The desktop has a place for the icon.
    pub(crate) tray: AtomicBool,
    /// The route of a click that the window has not been told yet.
    route: Mutex<Option<String>>,
    /// The state of the relay and the PBX; the header strip and the tray follow it.
    pub(crate) service: watch::Sender<ServiceState>,
    /// Where one's calls go, as the PBX said last; none while it is not known.
    pub(crate) forwarding: watch::Sender<Option<Forwarding>>,
    teller: Teller,
    /// Something changed that the service loop must start anew with: token, relay, abonent, address.
    pub(crate) restart: Notify,
    /// The service loop is to end.
    pub(crate) quit: CancellationToken,
    /// Signalled when the service loop has drained.
    pub(crate) drained: (Mutex<bool>, Condvar),
}

impl Core {
    /// Opens the desk's storage in the folder, which is there, and starts the toasts' worker; what becomes of toasts is
    /// told through the receiver. The service does not run yet.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[expect(clippy::too_many_lines, reason = "a line for each of its fields")]
    pub(crate) fn open(
        shell: Arc<dyn Shell>,
        data_dir: PathBuf,
        args: &Args,
        given: Given,
        updated: Option<Before>,
        options: toast::Options,
    ) -> (Arc<Self>, mpsc::Receiver<ToastEvent>) {
        let desk = Desk::open(&data_dir).map(Arc::new).map_err(|error| {
            tracing::error!(%error, "The desk's database could not be opened");
            error.code()
        });
        let policy = policy(&given);
        let settings = policy.apply(desk.as_ref().map(|desk| settings::load(desk)).unwrap_or_default());
        if let Ok(desk) = &desk {
            desk.set_words(settings::words(&settings));
        }
        let (events, told) = mpsc::channel(64);
        let (readies, ready) = mpsc::channel(MAX_READY);
        let kept = desk.as_ref().map_err(|code| *code);
        let kept = kept.and_then(|desk| desk.recordings_kept().map_err(|error| error.code()));
        // Without the settings nothing is fetched, and nothing is deleted by those of a first start.
        let recordings = match kept {
            Ok(_) => recordings(desk.as_ref(), &data_dir, readies),
            Err(code) => Err(code),
        };
        let company_wanted = desk.as_ref().ok().and_then(|desk| desk.setting(COMPANY).ok().flatten());
        let toasts = Toasts::start(options, desk.as_ref().ok().cloned(), events);
        toasts.set_own(shown::own_window(&settings));
        let relay_argument = args.relay.clone().filter(|_| !given.example);
        let relay_argument = policy.relay().map(str::to_owned).or(relay_argument);
        let mut core = Self {
            shell,
            runtime: Handle::current(),
            secrets: Secrets::new(&data_dir),
            orders: Orders::default(),
            joining: Joining::default(),
            asked: Asked::default(),
            copied: Copied::default(),
            saving: Saving::default(),
            sought: Sought::default(),
            importing: Importing::default(),
            watched: Watched::default(),
            updates: Updates::new(),
            again: Mutex::default(),
            updated,
            data_dir,
            relay_argument,
            given,
            policy,
            desk,
            recordings,
            kept: watch::Sender::new(kept.unwrap_or_default()),
            ready: Mutex::new(Some(ready)),
            toasts,
            held_back: AtomicBool::new(false),
            company_wanted: watch::Sender::new(company_wanted.unwrap_or_default()),
            company: watch::Sender::default(),
            relay: watch::Sender::new(Way::Starting),
            me: Mutex::default(),
            settings: RwLock::new(settings),
            keys: Mutex::default(),
            tray: AtomicBool::new(true),
            route: Mutex::new(None),
            service: watch::Sender::default(),
            forwarding: watch::Sender::default(),
            teller: Teller::new(),
            restart: Notify::new(),
            quit: CancellationToken::new(),
            drained: (Mutex::new(false), Condvar::new()),
        };
        core.service = watch::Sender::new(core.without_service(Trouble::Starting.into()));
        (Arc::new(core), told)
    }

    /// The state without a relay that runs. Which one is wished is known: the window must not take the relay inside the
    /// app for a server.
    pub(crate) fn without_service(&self, trouble: FailureCode) -> ServiceState {
        let stored = || self.desk.as_ref().ok().map(|desk| settings::connection(desk).relay);
        let remote = self.relay_argument.clone().or_else(stored).unwrap_or_default();
        ServiceState {
            trouble: Some(trouble),
            embedded: remote.is_empty(),
            relay_url: remote,
            data_dir: self.data_dir.display().to_string(),
            ..ServiceState::default()
        }
    }

    /// Whether the data here are the person's own: the example takes no token, no key and no company's relay.
    pub(crate) fn is_mine(&self) -> Result<(), Failure> {
        if self.given.example {
            return Err(Failure::of(Fault::Example));
        }
        Ok(())
    }

    /// Whether this relay may be joined; an empty one is the relay inside the app.
    pub(crate) fn allows(&self, relay: &str) -> Result<(), Failure> {
        self.is_mine()?;
        match self.policy.relay() {
            Some(fixed) if fixed != relay => Err(Failure::with(Fault::Fixed, fixed)),
            _ => Ok(()),
        }
    }

    /// The desk's storage, or the code of its trouble.
    pub(crate) fn desk(&self) -> Result<&Arc<Desk>, Failure> {
        self.desk.as_ref().map_err(|code| Failure::of(*code))
    }

    /// The recordings on disk, or the code of their trouble.
    pub(crate) fn recordings(&self) -> Result<&Arc<Recordings>, Failure> {
        let both = self.recordings.as_ref().map_err(|code| Failure::of(*code));
        both.map(|(recordings, _)| recordings)
    }

    /// The player.
    pub(crate) fn listening(&self) -> Result<&Arc<Listening>, Failure> {
        let both = self.recordings.as_ref().map_err(|code| Failure::of(*code));
        both.map(|(_, listening)| listening)
    }

    /// Runs a piece of work on the desk's storage off the async threads. A disk that hangs is given up; the work may
    /// still be done then.
    pub(crate) async fn with_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Failure> {
        self.with_desk_within(STORAGE_TIMEOUT, work).await
    }

    /// The same, for what may take longer.
    pub(crate) async fn with_desk_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce(&Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, Failure> {
        let desk = Arc::clone(self.desk()?);
        let done = tokio::task::spawn_blocking(move || work(&desk));
        match tokio::time::timeout(limit, done).await {
            Ok(Ok(result)) => result.map_err(|error| Failure::from(&error)),
            Ok(Err(_)) => Err(Failure::of(Fault::Storage)),
            Err(_) => Err(Failure::of(Fault::Timeout)),
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
            Way::Starting => Err(Failure::of(Trouble::Starting)),
            Way::Closed => {
                let why = self.service.borrow().trouble;
                Err(Failure::of(why.unwrap_or(Trouble::RelayUnreachable.into())))
            }
        }
    }

    /// The same, as it changes.
    pub(crate) fn way(&self) -> watch::Receiver<Way> {
        self.relay.subscribe()
    }

    pub(crate) fn set_relay(&self, way: Way) {
        self.relay.send_replace(way);
    }

    /// The chosen abonent as the relay has told it in this session.
    pub(crate) fn me(&self) -> Option<Abonent> {
        self.me.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_me(&self, me: Option<Abonent>) {
        *self.me.lock().unwrap_or_else(PoisonError::into_inner) = me;
    }

    pub(crate) fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_settings(&self, settings: Settings) {
        self.toasts.set_own(shown::own_window(&settings));
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(crate) fn keys(&self) -> Keys {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_keys(&self, keys: Keys) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Sets, and gives back, the route that waits for the window.
    pub(crate) fn set_route(&self, route: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.route.lock().unwrap_or_else(PoisonError::into_inner), route)
    }

    pub(crate) fn language(&self) -> Language {
        settings::words(&self.settings()).language
    }

    /// From now on the whole company's calls are wanted here, or no longer.
    pub(crate) async fn want_company(&self, wanted: bool) -> Result<(), Failure> {
        self.with_desk(move |desk| desk.set_setting(COMPANY, &wanted)).await?;
        self.company_wanted.send_replace(wanted);
        Ok(())
    }

    /// Another abonent's calls are for an administrator. What a dismissed one had here is deleted, but not at once.
    pub(crate) fn may_see(&self, another: bool) -> Result<(), Failure> {
        if another && !self.service.borrow().admin {
            return Err(Failure::of(Fault::Refused));
        }
        Ok(())
    }

    /// Makes the toasts speak the user's language.
    pub(crate) fn set_words(&self) {
        if let Ok(desk) = self.desk() {
            desk.set_words(settings::words(&self.settings()));
        }
    }

    /// Tells whoever shows it: the window, if one is open, and the tray. What the desk stores it tells itself.
    pub(crate) fn tell(&self, own: Own) {
        self.teller.tell(own);
    }

    /// Changes what is shown of new versions.
    pub(crate) fn show_update(&self, change: impl FnOnce(&mut UpdateView)) {
        self.updates.show(&self.teller, change);
    }

    /// What is listened to, as it changes; none where there are no recordings.
    pub fn player(&self) -> Option<watch::Receiver<PlayerView>> {
        self.listening().ok().map(|listening| listening.view())
    }

    /// What is being fetched, in the same way.
    pub fn loadings(&self) -> Option<watch::Receiver<Loadings>> {
        self.recordings().ok().map(|recordings| recordings.loadings())
    }

    /// Every change from now on.
    pub fn changes(&self) -> Changes {
        self.teller.listen(self.desk.as_deref().ok())
    }

    /// The app ends: the service loop drains, for at most three seconds. Waits for that.
    pub fn stop(&self) {
        if let Ok(listening) = self.listening() {
            listening.close();
        }
        self.quit.cancel();
        let (done, signal) = &self.drained;
        let done = done.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = signal.wait_timeout_while(done, DRAIN_TIMEOUT, |done| !*done);
        if waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
            tracing::warn!("The relay did not drain in time");
        }
        tracing::info!("Stopped");
    }
}

/// What an administrator has fixed; it is for the company's own calls.
fn policy(given: &Given) -> Policy {
    match &given.policy {
        _ if given.example => Policy::default(),
        Some(file) => Policy::of_file(file).under(Policy::of_system()),
        None => Policy::of_system(),
    }
}

/// The recordings of the desk, beside its database.
fn recordings(
    desk: Result<&Arc<Desk>, &FailureCode>,
    data_dir: &Path,
    readies: mpsc::Sender<ToastOp>,
) -> Result<(Arc<Recordings>, Arc<Listening>), FailureCode> {
    let desk = desk.map_err(|code| *code)?;
    let dir = data_dir.join("recordings");
    let recordings = Recordings::open(Arc::clone(desk), dir, RECORDINGS_PACE, readies).map_err(|error| {
        tracing::error!(%error, "The folder of the recordings could not be opened");
        error.code()
    })?;
    let listening = Listening::new(Arc::clone(desk), Arc::clone(&recordings));
    Ok((recordings, listening))
}
