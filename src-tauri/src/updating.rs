//! Asks for new versions of the app, fetches and installs them (tauri-plugin-updater). In a team the company's relay has
//! them, by the desk's key; else the address that was built in. Nothing is taken without the makers' signature, which names
//! the version too, so that an old file cannot come under a new name.

mod waiting;

use crate::again::program;
use crate::core::Core;
use crate::ipc::{NewerVersion, UpdateStep, UpdateTrouble, UpdateWay, Updates as Policy};
use crate::settings::words;
use crate::updates::{Before, Wish, version};
use crate::window;
use perezvon_desk::toast::{Toast, ToastOp};
use std::cmp::Ordering;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tauri::utils::config::BundleType;
use tauri::utils::platform::bundle_type;
use tauri::{AppHandle, Url};
use tauri_plugin_updater::{Error, Update, UpdaterBuilder, UpdaterExt as _};
use tokio::sync::Notify;
use tokio::time::timeout;

/// After the start nobody is in a hurry for it.
const FIRST: Duration = Duration::from_mins(2);
const INTERVAL: Duration = Duration::from_hours(6);
/// Where nobody could say, or the file was not good.
const RETRY: Duration = Duration::from_mins(30);
/// Beyond it, by the minute: a company's desks start together, and its relay sends few files at a time.
const SPREAD_MINUTES: u64 = 60;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// For the whole file.
const FETCH_TIMEOUT: Duration = Duration::from_mins(30);
/// Setting of the desk: the version that a toast has told of.
const TOLD: &str = "update_told";
/// The relay takes no larger one.
const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// Whom an app without a company's relay asks; given where a release is built.
const BUILT_IN: Option<&str> = option_env!("PEREZVON_UPDATES");

/// Who is asked.
struct Source {
    url: Url,
    /// The company's relay and the key to it.
    relay: Option<(Url, String)>,
}

/// Asks, tells and installs until the app ends.
pub(crate) async fn run(handle: AppHandle, core: Arc<Core>) {
    let way = way(&handle, &core);
    // After an installer that failed the old version starts again.
    let (failed, before) = match core.updated.clone() {
        Some(before) if before.version == version() => (Some(before.wished), None),
        before => (None, before),
    };
    core.show_update(|view| {
        view.way = way;
        view.updated_from = before.map(|before| before.version);
    });
    if way == UpdateWay::None {
        return;
    }
    // The demonstration has nobody to wait for.
    let mut pause = if core.given.demo {
        Duration::ZERO
    } else {
        FIRST + spread()
    };
    loop {
        let wish = tokio::select! {
            () = core.quit.cancelled() => return,
            wish = core.updates.wished() => Some(wish),
            () = tokio::time::sleep(pause) => None,
        };
        pause = INTERVAL + spread();
        let policy = core.settings().updates;
        if wish.is_none() && policy == Policy::Off {
            continue;
        }
        let by_hand = wish == Some(Wish::Install);
        if let Some(found) = look(&handle, &core).await {
            // What has failed once is not tried again unasked.
            let unasked = policy == Policy::Install && failed.as_ref() != Some(&found.newer.version);
            match &found.update {
                Some(update) if way == UpdateWay::Itself && (by_hand || unasked) => {
                    install(&handle, &core, update, by_hand).await;
                    core.show_update(|view| (view.step, view.percent) = (UpdateStep::Idle, None));
                }
                _ if wish.is_none() => tell(&core, &found.newer.version).await,
                _ => {}
            }
        }
        // An older relay is not soon a newer one.
        let trouble = core.updates.view().trouble;
        if trouble.is_some_and(|trouble| trouble != UpdateTrouble::OldRelay) {
            pause = RETRY + spread();
        }
    }
}

/// The makers' public key; in the configuration of Tauri, where there is one.
fn key(handle: &AppHandle, core: &Core) -> Option<String> {
    let built_in = || {
        handle
            .config()
            .plugins
            .0
            .get("updater")?
            .get("pubkey")?
            .as_str()
            .map(str::to_owned)
    };
    core.given
        .update_key
        .clone()
        .or_else(built_in)
        .filter(|key| !key.is_empty())
}

fn way(handle: &AppHandle, core: &Core) -> UpdateWay {
    if core.given.example || key(handle, core).is_none() {
        return UpdateWay::None;
    }
    match bundle_type() {
        // Who has installed a package of the system for everybody installs the next one.
        Some(BundleType::Deb | BundleType::Rpm | BundleType::Msi) => UpdateWay::System,
        _ if may_replace() => UpdateWay::Itself,
        _ => UpdateWay::System,
    }
}

/// Whether the person may replace the file.
#[cfg(target_os = "linux")]
fn may_replace() -> bool {
    use rustix::fs::{Access, access};
    let folder = program().and_then(|program| program.parent().map(Path::to_path_buf));
    folder.is_some_and(|folder| access(folder, Access::WRITE_OK).is_ok())
}

/// The installers are for one person.
#[cfg(not(target_os = "linux"))]
fn may_replace() -> bool {
    true
}

/// Up to an hour, another each time: by the clock's smallest parts.
fn spread() -> Duration {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Duration::from_mins(u64::from(now.subsec_micros()) % SPREAD_MINUTES)
}

/// A newer version.
struct Found {
    newer: NewerVersion,
    /// None: there is no file of it for this computer.
    update: Option<Update>,
}

/// Whether there is a newer version; none where there is not, or nobody knows.
async fn look(handle: &AppHandle, core: &Arc<Core>) -> Option<Found> {
    core.show_update(|view| view.step = UpdateStep::Asking);
    let asked = ask(handle, core).await;
    core.show_update(|view| {
        view.step = UpdateStep::Idle;
        view.asked_at = core.desk().ok().map(|desk| desk.now().to_string());
        (view.newer, view.trouble, view.detail) = (None, None, None);
        match &asked {
            Ok(Some(found)) => view.newer = Some(found.newer.clone()),
            Ok(None) => {}
            Err((trouble, detail)) => (view.trouble, view.detail) = (Some(*trouble), Some(detail.clone())),
        }
    });
    asked.ok().flatten()
}

/// A toast, once for each version.
async fn tell(core: &Core, version: &str) {
    let newest = version.to_owned();
    let is_news = core.with_desk(move |desk| {
        let told: Option<String> = desk.setting(TOLD)?;
        desk.set_setting(TOLD, &newest)?;
        Ok(told.as_ref() != Some(&newest))
    });
    // What cannot be stored would be told again and again.
    if is_news.await.unwrap_or_default() {
        let toast = Toast::newer_version(words(&core.settings()), version);
        core.show(vec![ToastOp::Show(toast)]).await;
    }
}

type Failed = (UpdateTrouble, String);

async fn ask(handle: &AppHandle, core: &Arc<Core>) -> Result<Option<Found>, Failed> {
    let unreachable = |error: Error| {
        tracing::warn!(%error, "Nobody says whether there is a newer version");
        (UpdateTrouble::Unreachable, error.to_string())
    };
    let source = source(core).await.ok_or_else(|| unreachable(Error::EmptyEndpoints))?;
    let offered = Offered::default();
    let builder = builder(handle, core, &source, offered.clone()).map_err(unreachable)?;
    let checked = builder.build().map_err(unreachable)?.check().await;
    let update = match checked {
        Err(Error::ReleaseNotFound) if is_old(&source).await => {
            tracing::warn!("The company's relay is older than new versions");
            return Err((UpdateTrouble::OldRelay, String::new()));
        }
        // It is there for other computers: a package of the system is told of all the same.
        Err(Error::TargetNotFound(_) | Error::TargetsNotFound(_)) => None,
        checked => checked.map_err(unreachable)?,
    };
    let offered = offered.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    match offered {
        Some((Ordering::Less, _)) => {
            tracing::warn!("An older version is offered");
            Err((UpdateTrouble::Older, String::new()))
        }
        Some((Ordering::Greater, newer)) => Ok(Some(Found {
            newer,
            update: update.map(|update| from(&source, update)),
        })),
        _ => Ok(None),
    }
}

/// Whether it is a relay that has never heard of new versions. The plugin keeps to itself how it was refused, so the
/// relay is asked again.
async fn is_old(source: &Source) -> bool {
    let Some((relay, key)) = &source.relay else {
        return false;
    };
    let Ok(client) = asks(reqwest::Client::builder(), relay).timeout(ANSWER_TIMEOUT).build() else {
        return false;
    };
    let answer = client.get(source.url.clone()).bearer_auth(key).send().await;
    answer.is_ok_and(|answer| answer.status() == reqwest::StatusCode::NOT_FOUND)
}

/// How the company's relay is asked: nobody else gets the key, and the one of this computer is behind no proxy.
fn asks(client: reqwest::ClientBuilder, relay: &Url) -> reqwest::ClientBuilder {
    let client = client.redirect(reqwest::redirect::Policy::none());
    if matches!(relay.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")) {
        client.no_proxy()
    } else {
        client
    }
}

/// What is offered, beside this version.
#[derive(Clone, Default)]
struct Offered(Arc<Mutex<Option<(Ordering, NewerVersion)>>>);

/// The update with the address of its file.
fn from(source: &Source, mut update: Update) -> Update {
    update.timeout = Some(FETCH_TIMEOUT);
    if let Some((relay, _)) = &source.relay {
        // The relay does not know by which address it is reached, and nobody else gets the key.
        let mut url = relay.clone();
        let path = update.download_url.path();
        url.set_path(&format!("{}{path}", relay.path().trim_end_matches('/')));
        update.download_url = url;
    }
    update
}

/// The company's relay where there is one, else what was built in.
async fn source(core: &Core) -> Option<Source> {
    let embedded = core.service.borrow().embedded;
    if embedded {
        let built_in = core.given.updates.as_deref().or(BUILT_IN)?;
        let url = Url::parse(built_in).ok()?;
        return Some(Source { url, relay: None });
    }
    let (client, _) = core.relay().await.ok()?;
    let relay = Url::parse(client.base()).ok()?;
    let target = format!("{}-{}", os(), std::env::consts::ARCH);
    let mut url = Url::parse(&format!("{}/v1/releases", client.base())).ok()?;
    url.query_pairs_mut()
        .append_pair("target", &target)
        .append_pair("version", version());
    let key = client.key()?.expose().to_owned();
    Some(Source {
        url,
        relay: Some((relay, key)),
    })
}

fn os() -> &'static str {
    if cfg!(target_os = "macos") {
        "darwin"
    } else {
        std::env::consts::OS
    }
}

fn builder(handle: &AppHandle, core: &Arc<Core>, source: &Source, offered: Offered) -> Result<UpdaterBuilder, Error> {
    // Else the plugin chooses one for the whole program.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let mut builder = handle
        .updater_builder()
        .pubkey(key(handle, core).unwrap_or_default())
        .endpoints(vec![source.url.clone()])?
        .timeout(ANSWER_TIMEOUT)
        .version_comparator(move |_, release| {
            let Ok(own) = version().parse::<semver::Version>() else {
                return false;
            };
            let order = release.version.cmp(&own);
            let newer = NewerVersion {
                version: release.version.to_string(),
                notes: release.notes.unwrap_or_default(),
            };
            *offered.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((order, newer));
            order == Ordering::Greater
        });
    if let Some((relay, key)) = &source.relay {
        let relay = relay.clone();
        builder = builder
            .header("Authorization", format!("Bearer {key}"))?
            .configure_client(move |client| asks(client, &relay));
    }
    if let Some(program) = program().filter(|_| cfg!(target_os = "linux")) {
        builder = builder.executable_path(program);
    }
    #[cfg(windows)]
    {
        let (handle, core) = (handle.clone(), Arc::clone(core));
        builder = builder.on_before_exit(move || {
            core.stop();
            handle.cleanup_before_exit();
        });
    }
    Ok(builder)
}

/// Fetches it, waits for a good moment and lets it take the app's place. `by_hand`: a person waits for it.
async fn install(handle: &AppHandle, core: &Arc<Core>, update: &Update, by_hand: bool) {
    let done = async {
        let file = fetch(core, update).await?;
        if !waiting::good_moment(handle, core, by_hand).await {
            return Ok(());
        }
        replace(handle, core, update, file).await
    };
    if let Err((trouble, detail)) = done.await {
        tracing::error!(?trouble, detail, "The new version is not installed");
        core.show_update(|view| (view.trouble, view.detail) = (Some(trouble), Some(detail)));
    }
}

/// The file, with its signature checked.
async fn fetch(core: &Core, update: &Update) -> Result<Vec<u8>, Failed> {
    core.show_update(|view| (view.step, view.percent) = (UpdateStep::Fetching, Some(0)));
    let (too_long, mut fetched) = (Notify::new(), 0_usize);
    let fetching = update.download(
        |count, whole| {
            fetched += count;
            if fetched > MAX_BYTES {
                too_long.notify_one();
            }
            let percent = whole
                .filter(|whole| *whole > 0)
                .map(|whole| fetched as u64 * 100 / whole);
            core.show_update(|view| view.percent = percent.map(|percent| percent.min(100) as u8));
        },
        || {},
    );
    let fetched = tokio::select! {
        fetched = timeout(FETCH_TIMEOUT, fetching) => fetched,
        () = too_long.notified() => return Err((UpdateTrouble::Incomplete, "the file is too long".to_owned())),
        () = core.quit.cancelled() => return Err((UpdateTrouble::Incomplete, "the app ends".to_owned())),
    };
    let fetched = fetched.map_err(|_| (UpdateTrouble::Incomplete, "it takes too long".to_owned()))?;
    fetched.map_err(|error| (trouble_of(&error), error.to_string()))
}

fn trouble_of(error: &Error) -> UpdateTrouble {
    match error {
        Error::Minisign(_) | Error::Base64(_) | Error::SignatureUtf8(_) | Error::MissingSignedVersion => {
            UpdateTrouble::BadSignature
        }
        Error::SignedVersionMismatch { .. } => UpdateTrouble::OtherVersion,
        Error::Reqwest(error) if error.is_connect() => UpdateTrouble::Unreachable,
        Error::Reqwest(_) => UpdateTrouble::Incomplete,
        Error::Network(_) => UpdateTrouble::Unreachable,
        _ => UpdateTrouble::NotInstalled,
    }
}

/// Ends the app for the new version. On Windows the installer does: this does not return there.
async fn replace(handle: &AppHandle, core: &Arc<Core>, update: &Update, file: Vec<u8>) -> Result<(), Failed> {
    core.show_update(|view| view.step = UpdateStep::Installing);
    let failed = |why: String| (UpdateTrouble::NotInstalled, why);
    let before = Before {
        version: version().to_owned(),
        wished: update.version.clone(),
        minimized: !window::is_open(handle),
        args: std::env::args().skip(1).collect(),
    };
    before.keep(&core.data_dir).map_err(|error| failed(error.to_string()))?;
    tracing::info!(version = update.version, "The new version is installed");
    let (update, dir) = (update.clone(), core.data_dir.clone());
    let installed = tokio::task::spawn_blocking(move || update.install(file)).await;
    let installed = installed.map_err(|error| failed(error.to_string()))?;
    if let Err(error) = installed {
        drop(Before::take(&dir));
        if cfg!(windows) {
            // The core has stopped for the installer, which has not begun.
            core.shell.start_again(false);
        }
        return Err((trouble_of(&error), error.to_string()));
    }
    core.shell.start_again(false);
    Ok(())
}
