//! The app under Tauri: its core with the tray, the window and the system's links around it.

use crate::again::Next;
use crate::args::{self, Args, Given};
use crate::changes::Own;
use crate::core::{Core, Shell};
use crate::ipc::Settings;
use crate::updates::Before;
use crate::{
    action, autostart, clicks, clipboard, example, fetching, hotkey, log, media, memory, quiet, reminders, service,
    settings, small, toast, tray, updating, watching, window,
};
use anyhow::Context as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_deep_link::DeepLinkExt as _;

/// Starts everything; Tauri hands the core to the commands from then on.
pub(crate) fn start(handle: &AppHandle, args: &Args) -> anyhow::Result<()> {
    let mut data_dir = match &args.data_dir {
        Some(dir) => dir.clone(),
        None => handle.path().app_data_dir()?,
    };
    example::remove(&data_dir);
    let pbx = if args.example {
        data_dir.push(example::FOLDER);
        Some(tauri::async_runtime::block_on(example::pbx()).context("the example's company")?)
    } else {
        None
    };
    make_private_dir(&data_dir).with_context(|| format!("the data folder {}", data_dir.display()))?;
    #[cfg(windows)]
    let data_dir = at_any_length(data_dir);
    // Kept until the process ends: what is written last must get to the file.
    handle.manage(log::start(&data_dir));
    tracing::info!(version = perezvon_core::VERSION, "Starting");
    #[cfg(windows)]
    window::webview::look();
    let updated = Before::take(&data_dir);
    let (wish, hidden) = (wish(updated.as_ref(), args), is_hidden(updated.as_ref(), args));
    if wish.is_none() && !hidden {
        // The page's process starts beside what follows. It is answered when the main loop runs, and that is not before the
        // core is there.
        window::show(handle, "", None);
    }
    let options = toasts(handle, &data_dir, args.example);
    let shell = Arc::new(Desktop {
        handle: handle.clone(),
        example: args.example,
    });
    let given = pbx.as_ref().map_or_else(Given::by_environment, example::given);
    let (core, told) =
        tauri::async_runtime::block_on(async { Core::open(shell, data_dir, args, given, updated, options) });
    handle.manage(Arc::clone(&core));
    #[cfg(windows)]
    window::count(handle);
    tray::build(handle, &core, hidden)?;
    window::follow(handle, &core);
    window::follow_sound(handle, &core);
    small::follow(handle, &core);
    hotkey::follow(handle, &core);
    clipboard::follow(handle, &core);
    listen_to_links(handle, &core);
    tauri::async_runtime::spawn(clicks::hear(Arc::clone(&core), told));
    match pbx {
        Some(pbx) => drop(tauri::async_runtime::spawn(example::play(Arc::clone(&core), pbx))),
        None => drop(tauri::async_runtime::spawn(agree_with_system(Arc::clone(&core)))),
    }
    tauri::async_runtime::spawn(service::run(Arc::clone(&core)));
    tauri::async_runtime::spawn(reminders::run(Arc::clone(&core)));
    tauri::async_runtime::spawn(quiet::run(Arc::clone(&core)));
    tauri::async_runtime::spawn(watching::run(Arc::clone(&core)));
    tauri::async_runtime::spawn(updating::run(handle.clone(), Arc::clone(&core)));
    fetching::start(&core);
    media::follow(&core);
    if let Some(wish) = wish {
        action::grant(&core, wish);
    }
    if hidden {
        memory::give_back_when_idle(handle);
    }
    Ok(())
}

/// How toasts are shown.
fn toasts(handle: &AppHandle, data_dir: &Path, example: bool) -> toast::Options {
    toast::Options {
        app_name: if example {
            "Перезвон, пример"
        } else {
            "Перезвон"
        }
        .to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: handle.config().identifier.clone(),
        icon_dir: data_dir.join("icons"),
        icons: ICONS,
        bus: None,
    }
}

/// What this start is for. An app that comes back after an update does not do again what it was once started for.
fn wish(before: Option<&Before>, args: &Args) -> Option<args::Wish> {
    let is_new = before.is_none_or(|before| !std::env::args().skip(1).eq(before.args.iter().cloned()));
    args.wish().filter(|_| is_new)
}

/// Whether this start opens no window; after an update the app comes back as it was.
fn is_hidden(before: Option<&Before>, args: &Args) -> bool {
    match wish(before, args) {
        // Most open no window: the app is started as by the system.
        Some(args::Wish::Click(_)) => true,
        Some(_) => false,
        None => before.map_or(args.minimized, |before| before.minimized),
    }
}

/// A second start has handed its arguments over.
pub(crate) fn second_start(handle: &AppHandle, argv: &[String]) {
    if Args::asks_to_quit(argv) {
        handle.exit(0);
        return;
    }
    if let (Some(core), Some(wish)) = (handle.try_state::<Arc<Core>>(), Args::of_second_start(argv)) {
        action::grant(&core, wish);
    }
}

/// The app ends. What is to be started then.
pub(crate) fn stop(handle: &AppHandle) -> Option<Next> {
    let core = handle.try_state::<Arc<Core>>()?;
    core.stop();
    core.again.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The desktop, as Tauri reaches it.
struct Desktop {
    handle: AppHandle,
    /// The start with the system is the app's, and no example's.
    example: bool,
}

impl Desktop {
    fn is_mine(&self) -> std::io::Result<()> {
        if self.example {
            return Err(std::io::Error::other("this is the example"));
        }
        Ok(())
    }
}

impl Shell for Desktop {
    fn show(&self, route: &str, token: Option<String>) {
        window::show(&self.handle, route, token);
    }

    fn panel(&self, token: Option<String>) {
        small::panel(&self.handle, token);
    }

    fn autostart(&self, on: bool) -> std::io::Result<()> {
        self.is_mine()?;
        autostart::set(&self.handle, on)
    }

    fn starts_with_system(&self) -> std::io::Result<bool> {
        autostart::is_on(&self.handle)
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        self.is_mine()?;
        autostart::mend(&self.handle)
    }

    fn downloads(&self) -> Option<PathBuf> {
        self.handle.path().download_dir().ok()
    }

    fn reveal(&self, file: &Path) -> std::io::Result<()> {
        tauri_plugin_opener::reveal_item_in_dir(file).map_err(std::io::Error::other)
    }

    fn open_file(&self, file: &Path) -> std::io::Result<()> {
        tauri_plugin_opener::open_path(file, None::<&str>).map_err(std::io::Error::other)
    }

    fn start_again(&self, example: bool) {
        let next = Next::of(example);
        if next.is_none() {
            tracing::error!("The app ends and cannot be started again: nobody knows where its file is");
        }
        if let Some(core) = self.handle.try_state::<Arc<Core>>() {
            *core.again.lock().unwrap_or_else(PoisonError::into_inner) = next;
        }
        self.handle.exit(0);
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

/// A folder whose files SQLite can open: Windows takes paths of more than 260 letters only in their long form.
#[cfg(windows)]
fn at_any_length(dir: PathBuf) -> PathBuf {
    // Room for the names of files and folders in it.
    const SHORT: usize = 180;
    let is_short = dir.as_os_str().len() < SHORT;
    if is_short {
        dir
    } else {
        dir.canonicalize().unwrap_or(dir)
    }
}

/// `tel:`, `callto:` and `perezvon:` links that the system hands to the running app: macOS does. Elsewhere they come as
/// the argument of a start.
fn listen_to_links(handle: &AppHandle, core: &Arc<Core>) {
    let core = Arc::clone(core);
    handle.deep_link().on_open_url(move |event| {
        for url in event.urls() {
            action::grant(&core, args::wish_of_link(url.as_str()));
        }
    });
}

/// Corrects the entries that the system keeps of the app, for links and for the start with the system. What the user has
/// switched off there is switched off here.
async fn agree_with_system(core: Arc<Core>) {
    #[cfg(windows)]
    if let Err(error) = crate::register::links() {
        tracing::warn!(%error, "The app could not be registered for links");
    }
    if core.policy.fixes("autostart") {
        if let Err(error) = core.shell.autostart(core.settings().autostart) {
            tracing::warn!(%error, "The start with the system could not be set as the administrator wants it");
        }
        return;
    }
    if !core.settings().autostart {
        return;
    }
    match core.shell.mend_autostart() {
        Ok(true) => {}
        Ok(false) => {
            let settings = Settings {
                autostart: false,
                ..core.settings()
            };
            core.set_settings(settings.clone());
            // What could not be stored is found again at the next start.
            let _ = core.with_desk(move |desk| settings::save(desk, &settings)).await;
            core.tell(Own::Settings);
        }
        Err(error) => tracing::warn!(%error, "The entry for the start with the system could not be put right"),
    }
}
