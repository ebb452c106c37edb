//! New versions of the app: what is found of them, what is wished, and how the app comes back afterwards. Who asks, fetches
//! and installs is `updating.rs`, which knows Tauri.

use crate::changes::{Own, Teller};
use crate::ipc::UpdateView;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};

/// How the app is to come back; in the data folder, from the installation until the next start.
const FILE: &str = "updated.json";
/// A start later than this is somebody's own.
const COMES_BACK_WITHIN: Duration = Duration::from_mins(10);

/// What a person wants at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To know whether there is a newer version.
    Ask,
    /// To have it.
    Install,
}

/// How the app was before the new version was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    /// The version that was replaced.
    pub(crate) version: String,
    /// The version that was to replace it.
    pub(crate) wished: String,
    /// No window was open.
    pub(crate) minimized: bool,
    /// What it was started with: an installer may give it to the next start, which is not to do it again.
    pub(crate) args: Vec<String>,
}

/// Kept while the app runs.
pub(crate) struct Updates {
    view: watch::Sender<UpdateView>,
    wish: Mutex<Option<Wish>>,
    wished: Notify,
}

impl Updates {
    pub(crate) fn new() -> Self {
        Self {
            view: watch::Sender::default(),
            wish: Mutex::default(),
            wished: Notify::new(),
        }
    }

    pub(crate) fn view(&self) -> UpdateView {
        self.view.borrow().clone()
    }

    /// Changes what is shown of it.
    pub(crate) fn show(&self, teller: &Teller, change: impl FnOnce(&mut UpdateView)) {
        let changed = self.view.send_if_modified(|view| {
            let before = view.clone();
            change(view);
            *view != before
        });
        if changed {
            teller.tell(Own::Service);
        }
    }

    /// A person wants it now. Who wants to install wants to know, too.
    pub(crate) fn wish(&self, wish: Wish) {
        let mut wanted = self.wish.lock().unwrap_or_else(PoisonError::into_inner);
        if *wanted != Some(Wish::Install) {
            *wanted = Some(wish);
        }
        self.wished.notify_one();
    }

    /// The next wish.
    pub(crate) async fn wished(&self) -> Wish {
        loop {
            if let Some(wish) = self.wish.lock().unwrap_or_else(PoisonError::into_inner).take() {
                return wish;
            }
            self.wished.notified().await;
        }
    }
}

impl Before {
    /// Kept for the start that follows.
    pub(crate) fn keep(&self, data_dir: &Path) -> std::io::Result<()> {
        std::fs::write(data_dir.join(FILE), serde_json::to_vec(self)?)
    }

    /// What was kept, once; none where this start follows no update.
    pub(crate) fn take(data_dir: &Path) -> Option<Self> {
        let file = data_dir.join(FILE);
        let written = std::fs::metadata(&file).and_then(|about| about.modified()).ok()?;
        let kept = std::fs::read(&file);
        if let Err(error) = std::fs::remove_file(&file) {
            tracing::warn!(%error, "What an update has left could not be removed");
        }
        // A clock that was set back in between makes no age.
        let age = SystemTime::now().duration_since(written).unwrap_or_default();
        (age < COMES_BACK_WITHIN)
            .then(|| serde_json::from_slice(&kept.ok()?).ok())
            .flatten()
    }
}

/// The number of this version, `1.2.3`: without what a release says of its build.
pub(crate) fn version() -> &'static str {
    let word = perezvon_core::VERSION.split(' ').next().unwrap_or_default();
    word.strip_prefix('v').unwrap_or(word)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_start_comes_back_once_and_soon() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Before::take(dir.path()), None, "no update was before it");
        let before = Before {
            version: "0.1.0".to_owned(),
            wished: "0.2.0".to_owned(),
            minimized: true,
            args: vec!["tel:101".to_owned()],
        };
        before.keep(dir.path()).unwrap();
        assert_eq!(Before::take(dir.path()), Some(before.clone()));
        assert_eq!(Before::take(dir.path()), None, "once");

        before.keep(dir.path()).unwrap();
        let old = SystemTime::now() - COMES_BACK_WITHIN - Duration::from_secs(1);
        let file = std::fs::File::options()
            .write(true)
            .open(dir.path().join(FILE))
            .unwrap();
        file.set_modified(old).unwrap();
        // Windows keeps a file that was removed for as long as it is open.
        drop(file);
        assert_eq!(
            Before::take(dir.path()),
            None,
            "a start of the next day is somebody's own"
        );
        assert!(!dir.path().join(FILE).exists());
    }

    #[tokio::test]
    async fn a_wish_to_install_is_not_lost_to_one_to_ask() {
        let updates = Updates::new();
        updates.wish(Wish::Install);
        updates.wish(Wish::Ask);
        assert_eq!(updates.wished().await, Wish::Install);
        updates.wish(Wish::Ask);
        assert_eq!(updates.wished().await, Wish::Ask);
    }

    #[test]
    fn the_version_is_a_number() {
        assert_eq!(version(), env!("CARGO_PKG_VERSION"));
    }
}
