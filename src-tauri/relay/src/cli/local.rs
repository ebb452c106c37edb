//! How the command line finds a relay that serves a data directory: a file beside the ledger with the relay's address
//! and the key that it made for this run, readable for the owner only. Who can read it can read the ledger as well.

use crate::state::App;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.local")
}

/// Where the relay of a data directory answers, and with which key. Never printed.
#[derive(Serialize, Deserialize)]
pub(super) struct Local {
    pub(super) url: String,
    pub(super) key: String,
}

/// Present while the relay serves.
pub(super) struct Announced(PathBuf);

impl Announced {
    /// Writes the file; whoever starts a relay goes on without it.
    pub(super) fn new(app: &App) -> Option<Self> {
        let local = Local {
            url: app.own_url()?,
            key: app.own_key.reveal().to_owned(),
        };
        let path = file(&app.data_dir);
        match write(&path, &local) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                tracing::warn!(%error, "`perezvon-relay check` will not find this relay");
                None
            }
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // One that stays is of no use to anybody: the key was this run's.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn write(path: &Path, local: &Local) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(&serde_json::to_vec(local)?)
}

/// The running relay of a data directory, if it says where it is.
pub(super) fn find(data_dir: &Path) -> Option<Local> {
    serde_json::from_slice(&std::fs::read(file(data_dir)).ok()?).ok()
}
