//! A desk with its recordings in a temporary folder.

use crate::server::{ME, Server};
use perezvon_core::Time;
use perezvon_desk::recordings::Recordings;
use perezvon_desk::relay_client::RelayClient;
use perezvon_desk::toast::ToastOp;
use perezvon_desk::view::{RecordingRow, RecordingsFilter, RecordingsKept, SoundPlace};
use perezvon_desk::{Desk, Language, Secret, Words, Zone};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Never reached unless something is broken.
const DEADLINE: Duration = Duration::from_mins(1);
pub(crate) const PACE: Duration = Duration::from_millis(2);

pub(crate) struct Library {
    pub(crate) dir: TempDir,
    pub(crate) desk: Arc<Desk>,
    pub(crate) all: Arc<Recordings>,
    pub(crate) kept: watch::Sender<RecordingsKept>,
    _toasts: mpsc::Receiver<ToastOp>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

pub(crate) fn now() -> Time {
    chrono::Utc::now().into()
}

pub(crate) fn ago(minutes: i64) -> i64 {
    now().ms() - minutes * 60_000
}

/// What one desk needs, in this folder.
pub(crate) fn opened(dir: &Path, url: &str, pace: Duration) -> (Arc<Desk>, Arc<Recordings>, mpsc::Receiver<ToastOp>) {
    let desk = Arc::new(Desk::open(dir).unwrap());
    desk.set_words(Words {
        language: Language::Ru,
        zone: Zone::Fixed(chrono::FixedOffset::east_opt(3 * 3600).unwrap()),
    });
    desk.reset_mirror(&format!("{url} {ME}")).unwrap();
    let (toasts, told) = mpsc::channel(64);
    let all = Recordings::open(Arc::clone(&desk), dir.join("recordings"), pace, toasts).unwrap();
    (desk, all, told)
}

pub(crate) fn client(url: &str) -> RelayClient {
    RelayClient::new(url, Arc::new(|| Some(Secret::new("key".to_owned())))).unwrap()
}

impl Library {
    pub(crate) fn open(url: &str) -> Self {
        Self::of(tempfile::tempdir().unwrap(), url, RecordingsKept::default())
    }

    pub(crate) fn of(dir: TempDir, url: &str, kept: RecordingsKept) -> Self {
        let (desk, all, toasts) = opened(dir.path(), url, PACE);
        all.mend().unwrap();
        Self {
            dir,
            desk,
            all,
            kept: watch::Sender::new(kept),
            _toasts: toasts,
            running: None,
        }
    }

    /// Fetches from now on.
    pub(crate) fn run(&mut self, url: &str, admin: bool) {
        let stop = CancellationToken::new();
        let (all, relay, kept, stopped) = (Arc::clone(&self.all), client(url), self.kept.subscribe(), stop.clone());
        let task = tokio::spawn(async move { all.run(&relay, admin, kept, &stopped).await });
        self.running = Some((stop, task));
    }

    pub(crate) async fn stop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            stop.cancel();
            task.await.unwrap();
        }
    }

    pub(crate) fn rows(&self) -> Vec<RecordingRow> {
        self.desk
            .recordings("test", &RecordingsFilter::default(), None, 500)
            .unwrap()
            .rows
    }

    /// The row of the PBX's id, which is in the id of its call.
    pub(crate) fn row(&self, id: &str) -> RecordingRow {
        let call = format!("01J{id}");
        let mut rows = self.rows().into_iter();
        rows.find(|row| row.call.as_deref() == Some(call.as_str())).unwrap()
    }

    pub(crate) fn is_there(&self, id: &str) -> bool {
        let call = format!("01J{id}");
        self.rows().iter().any(|row| row.call.as_deref() == Some(call.as_str()))
    }

    pub(crate) async fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is(self) {
            assert!(start.elapsed() < DEADLINE, "{what} at last: {:#?}", self.rows());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn until_place(&self, id: &str, place: SoundPlace) {
        self.until(&format!("{id} is {place:?}"), |all| {
            all.is_there(id) && all.row(id).place == place
        })
        .await;
    }

    /// Files that a person sees, with their contents.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        seen(&self.dir.path().join("recordings"))
    }

    /// Every file that is seen is the whole of a recording of the server, and the table says where.
    pub(crate) fn is_sound(&self, server: &Server) {
        let whole: Vec<Vec<u8>> = server
            .all
            .lock()
            .unwrap()
            .kept
            .values()
            .map(|kept| kept.audio.clone())
            .collect();
        for (path, bytes) in self.files() {
            assert!(whole.contains(&bytes), "{} is whole", path.display());
        }
    }
}

pub(crate) fn seen(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    // There may be none yet.
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.path().is_dir() && !hidden {
            files.extend(seen(&entry.path()));
        } else if entry.path().is_file() {
            files.push((entry.path(), std::fs::read(entry.path()).unwrap()));
        }
    }
    files
}
