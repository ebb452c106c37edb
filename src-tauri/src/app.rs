//! The app under Tauri: its core with the tray, the window and the system's links around it.

use crate::args::{self, Args, Given};
use crate::changes::Own;
use crate::core::{Core, Shell};
use crate::ipc::Settings;
use crate::{action, autostart, clicks, fetching, log, media, memory, service, settings, toast, tray, window};
use anyhow::Context as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_deep_link::DeepLinkExt as _;

/// Starts everything; Tauri hands the core to the commands from then on.
pub(crate) fn start(handle: &AppHandle, args: &Args) -> anyhow::Result<()> {
    let data_dir = match &args.data_dir {
        Some(dir) => dir.clone(),
        None => handle.path().app_data_dir()?,
    };
    make_private_dir(&data_dir).with_context(|| format!("the data folder {}", data_dir.display()))?;
    // Kept until the process ends: what is written last must get to the file.
    handle.manage(log::start(&data_dir));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "Starting");
    let options = toast::Options {
        app_name: "Перезвон".to_owned(),
        desktop_entry: "Perezvon".to_owned(),
        app_id: handle.config().identifier.clone(),
        icon_dir: data_dir.join("icons"),
        icons: ICONS,
        bus: None,
    };
    let shell = Arc::new(Desktop(handle.clone()));
    let (core, told) =
        tauri::async_runtime::block_on(async { Core::open(shell, data_dir, args, Given::by_environment(), options) });
    handle.manage(Arc::clone(&core));
    tray::build(handle, &core)?;
    window::follow(handle, &core);
    window::follow_sound(handle, &core);
    listen_to_links(handle, &core);
    tauri::async_runtime::spawn(clicks::hear(Arc::clone(&core), told));
    tauri::async_runtime::spawn(agree_with_system(Arc::clone(&core)));
    tauri::async_runtime::spawn(service::run(Arc::clone(&core)));
    fetching::start(&core);
    media::follow(&core);
    match args.wish() {
        // Most open no window: the app is started as by the system.
        Some(wish @ args::Wish::Click(_)) => {
            action::grant(&core, wish);
            memory::give_back_when_idle(handle);
        }
        Some(wish) => action::grant(&core, wish),
        None if !args.minimized => window::show(handle, "", None),
        None => memory::give_back_when_idle(handle),
    }
    Ok(())
}

/// A second start has handed its arguments over.
pub(crate) fn second_start(handle: &AppHandle, argv: &[String]) {
    if let (Some(core), Some(wish)) = (handle.try_state::<Arc<Core>>(), Args::of_second_start(argv)) {
        action::grant(&core, wish);
    }
}

/// The app ends.
pub(crate) fn stop(handle: &AppHandle) {
    if let Some(core) = handle.try_state::<Arc<Core>>() {
        core.stop();
    }
}

/// The desktop, as Tauri reaches it.
struct Desktop(AppHandle);

impl Shell for Desktop {
    fn show(&self, route: &str, token: Option<String>) {
        window::show(&self.0, route, token);
    }

    fn autostart(&self, on: bool) -> std::io::Result<()> {
        autostart::set(&self.0, on)
    }

    fn starts_with_system(&self) -> std::io::Result<bool> {
        autostart::is_on(&self.0)
    }

    fn mend_autostart(&self) -> std::io::Result<bool> {
        autostart::mend(&self.0)
    }

    fn downloads(&self) -> Option<PathBuf> {
        self.0.path().download_dir().ok()
    }

    fn reveal(&self, file: &Path) -> std::io::Result<()> {
        tauri_plugin_opener::reveal_item_in_dir(file).map_err(std::io::Error::other)
    }

    fn open_file(&self, file: &Path) -> std::io::Result<()> {
        tauri_plugin_opener::open_path(file, None::<&str>).map_err(std::io::Error::other)
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
