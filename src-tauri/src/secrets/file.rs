//! Secrets in `secrets.json` of the data folder, for systems without a keyring. Readable by its owner only; on Windows
//! and macOS the user's own folder has that protection already. The file exists only where the user agreed to it.

use super::{Secret, SecretError};
use crate::missing::none_if_missing;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A secrets file is some hundred bytes; more is not ours.
const SIZE_MAX: u64 = 64 * 1024;

/// The file of one data folder.
#[derive(Clone, Debug)]
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.all()?.remove(name).and_then(|text| super::parse(&text)))
    }

    pub(super) fn store(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        let mut all = self.all()?;
        all.insert(name.to_owned(), secret.expose().to_owned());
        self.write(&all)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), SecretError> {
        let mut all = self.all()?;
        if all.remove(name).is_none() {
            return Ok(());
        }
        if all.is_empty() {
            return std::fs::remove_file(&self.path).map_err(|error| self.failed(&error));
        }
        self.write(&all)
    }

    fn all(&self) -> Result<BTreeMap<String, String>, SecretError> {
        match read(&self.path).map_err(|error| self.failed(&error))? {
            None => Ok(BTreeMap::new()),
            // The parser's message could quote a secret.
            Some(text) => serde_json::from_str(&text).map_err(|_| self.failed(&"damaged; remove it and enter anew")),
        }
    }

    /// Written beside and renamed: a power cut leaves the old or the new one.
    fn write(&self, all: &BTreeMap<String, String>) -> Result<(), SecretError> {
        let text = serde_json::to_string(all).map_err(|_| self.failed(&"cannot be written"))?;
        let beside = self.path.with_extension("json.new");
        let written = none_if_missing(std::fs::remove_file(&beside))
            .and_then(|_| {
                let mut options = std::fs::OpenOptions::new();
                // Not an existing one: its permissions or a link in its place would be somebody else's choice.
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&beside)?;
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| std::fs::rename(&beside, &self.path));
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> SecretError {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        SecretError::File(format!("{name}: {why}"))
    }
}

/// The text of a small file; none when there is no such file.
pub(super) fn read(path: &Path) -> std::io::Result<Option<String>> {
    let Some(file) = none_if_missing(std::fs::File::open(path))? else {
        return Ok(None);
    };
    let mut text = String::new();
    file.take(SIZE_MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}
