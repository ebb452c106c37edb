//! How the command line finds the relay that serves a data directory: a file next to the ledger with the relay's
//! address and the key of this run, readable by the owner only. A user who can read it can read the ledger as well.

use crate::keys::Secret;
use reqwest::{Client, Method, Response};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("relay.local")
}

/// Address and key of the running relay of a data directory. Never printed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Local {
    url: String,
    key: String,
}

/// The file, which exists while the account runs.
pub(crate) struct Announced(PathBuf);

impl Announced {
    /// Writes the file; without it the relay runs all the same.
    pub(crate) fn new(data_dir: &Path, url: String, key: &Secret) -> Option<Self> {
        let local = Local {
            url,
            key: key.reveal().to_owned(),
        };
        let path = file(data_dir);
        match write(&path, &local) {
            Ok(()) => Some(Self(path)),
            Err(error) => {
                tracing::warn!(%error, "the command line will not find this relay");
                None
            }
        }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // A file that is left behind is useless: the key was valid for this run only.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn write(path: &Path, local: &Local) -> std::io::Result<()> {
    crate::private::file(path)?.write_all(&serde_json::to_vec(local)?)
}

impl Local {
    /// The running relay of a data directory, if it has announced itself.
    pub(crate) fn find(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file(data_dir)).ok()?).ok()
    }

    /// Sends a request to it; the answer may be a refusal.
    pub(crate) async fn ask(&self, method: Method, path: &str, patience: Duration) -> reqwest::Result<Response> {
        // The address is local and was announced by the relay itself; its certificate names the public host.
        let client = Client::builder()
            .no_proxy()
            .tls_danger_accept_invalid_certs(true)
            .timeout(patience)
            .build()?;
        let request = client.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.key).send().await
    }
}
