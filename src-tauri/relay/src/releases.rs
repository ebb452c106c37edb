//! Releases of the app that an administrator has put here for the company's desks, so that they need no internet. Files
//! beside the ledger, and no part of it: nothing follows from them, and a backup needs none.
//!
//! `releases/TARGET/VERSION/` holds the file and `release.json`. A release is made under another name and renamed, so it is
//! there as a whole or not at all. The relay has no key to check a signature with; every desk checks it.

use crate::private;
use perezvon_core::Time;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const FOLDER: &str = "releases";
const FILE: &str = "file";
const ABOUT: &str = "release.json";
/// An installer is some tens of megabytes.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;
/// A signature has some 400 letters.
const MAX_SIGNATURE: usize = 4096;

/// Files that are sent at a time: a company's desks all ask on the same morning, and ask again later.
const MAX_SENT: usize = 16;

/// The computers that a file is for, as Tauri's updater names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
pub(crate) enum Target {
    #[serde(rename = "windows-x86_64")]
    #[value(name = "windows-x86_64")]
    WindowsX64,
    #[serde(rename = "windows-aarch64")]
    #[value(name = "windows-aarch64")]
    WindowsArm,
    #[serde(rename = "darwin-x86_64")]
    #[value(name = "darwin-x86_64")]
    DarwinX64,
    #[serde(rename = "darwin-aarch64")]
    #[value(name = "darwin-aarch64")]
    DarwinArm,
    #[serde(rename = "linux-x86_64")]
    #[value(name = "linux-x86_64")]
    LinuxX64,
    #[serde(rename = "linux-aarch64")]
    #[value(name = "linux-aarch64")]
    LinuxArm,
}

impl Target {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WindowsX64 => "windows-x86_64",
            Self::WindowsArm => "windows-aarch64",
            Self::DarwinX64 => "darwin-x86_64",
            Self::DarwinArm => "darwin-aarch64",
            Self::LinuxX64 => "linux-x86_64",
            Self::LinuxArm => "linux-aarch64",
        }
    }
}

/// `MAJOR.MINOR.PATCH`, which is all that a release is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "a version of three numbers is expected: 1.2.3";
        let mut parts = text.split('.').map(|part| {
            let is_plain = part.bytes().all(|byte| byte.is_ascii_digit())
                && (1..=9).contains(&part.len())
                && (part == "0" || !part.starts_with('0'));
            part.parse::<u32>().ok().filter(|_| is_plain)
        });
        let mut next = || parts.next().flatten().ok_or(EXPECTED);
        let version = Self([next()?, next()?, next()?]);
        if parts.next().is_some() {
            Err(EXPECTED)
        } else {
            Ok(version)
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl PartialSchema for Version {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$"))
            .into()
    }
}

impl ToSchema for Version {}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Release {
    pub(crate) version: Version,
    pub(crate) target: Target,
    /// The name it was added under.
    pub(crate) file: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Of the file, hexadecimal: an administrator compares it with what was published.
    pub(crate) sha256: String,
    /// What Tauri's signer wrote, base64.
    pub(crate) signature: String,
    /// What is new, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<String>,
    pub(crate) added_at: Time,
}

/// Why a file was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAdded {
    #[error("{0} is there already; remove it first to replace it")]
    Known(Version),
    #[error("the file is empty, or larger than {} MB", MAX_BYTES / 1024 / 1024)]
    Size,
    #[error("that is no signature: the text of the .sig file is expected that `tauri signer sign` writes")]
    NoSignature,
    #[error("the signature is for the version {0}")]
    OtherVersion(String),
    #[error(
        "the signature does not say for which version it is, and desks refuse such a file: sign it with --app-version"
    )]
    NoVersion,
    #[error(transparent)]
    File(#[from] io::Error),
}

/// A file to add.
pub(crate) struct New<'a> {
    pub(crate) file: &'a Path,
    pub(crate) version: Version,
    pub(crate) target: Target,
    pub(crate) signature: &'a str,
    pub(crate) notes: Option<String>,
}

/// The releases of one data directory. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Releases {
    dir: Arc<Path>,
    sent: Arc<Semaphore>,
}

impl Releases {
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join(FOLDER).into(),
            sent: Arc::new(Semaphore::new(MAX_SENT)),
        }
    }

    /// A place to send a file from; none while all are taken. Given back when dropped.
    pub(crate) fn place_to_send(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.sent).try_acquire_owned().ok()
    }

    fn place(&self, target: Target, version: Version) -> PathBuf {
        self.dir.join(target.as_str()).join(version.to_string())
    }

    /// Copies the file; it is offered from then on.
    pub(crate) fn add(&self, new: New<'_>, now: Time) -> Result<Release, NotAdded> {
        let signature = new.signature.trim();
        match signed_version(signature)? {
            Some(signed) if signed.trim_start_matches('v') == new.version.to_string() => {}
            Some(signed) => return Err(NotAdded::OtherVersion(signed)),
            None => return Err(NotAdded::NoVersion),
        }
        let place = self.place(new.target, new.version);
        if place.exists() {
            return Err(NotAdded::Known(new.version));
        }
        let parent = place.parent().unwrap_or(&self.dir);
        private::dir(parent)?;
        let making = parent.join(format!(".{}", crate::keys::random_key()));
        private::dir(&making)?;
        let added = copy(new.file, &making.join(FILE)).and_then(|(size, sha256)| {
            let name = new.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let release = Release {
                version: new.version,
                target: new.target,
                file: name,
                size,
                sha256,
                signature: signature.to_owned(),
                notes: new.notes,
                added_at: now,
            };
            let mut about = private::file(&making.join(ABOUT))?;
            about.write_all(&serde_json::to_vec(&release).map_err(io::Error::other)?)?;
            about.sync_all()?;
            std::fs::rename(&making, &place)?;
            Ok(release)
        });
        if added.is_err() {
            // What cannot be removed is in no list.
            let _ = std::fs::remove_dir_all(&making);
        }
        added
    }

    /// Those that are whole, by target, the newest last. One that cannot be read is left out, with a line in the log.
    pub(crate) fn list(&self) -> io::Result<Vec<Release>> {
        let mut all = Vec::new();
        for target in children(&self.dir)? {
            for place in children(&target)? {
                match read(&place) {
                    Ok(release) if self.place(release.target, release.version) == place => all.push(release),
                    Ok(_) => tracing::warn!(place = %place.display(), "a release is not where it belongs"),
                    Err(error) => tracing::warn!(%error, place = %place.display(), "a release cannot be offered"),
                }
            }
        }
        all.sort_by_key(|release| (release.target, release.version));
        Ok(all)
    }

    /// The newest for these computers, if it is newer.
    pub(crate) fn newer(&self, target: Target, than: Version) -> io::Result<Option<Release>> {
        let mut all = self.list()?.into_iter();
        Ok(all
            .rfind(|release| release.target == target)
            .filter(|release| release.version > than))
    }

    /// The file and its size, bytes; none where there is no such release.
    pub(crate) fn open(&self, target: Target, version: Version) -> io::Result<Option<(File, u64)>> {
        let place = self.place(target, version);
        match read(&place) {
            Ok(release) => Ok(Some((File::open(place.join(FILE))?, release.size))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there was such a release.
    pub(crate) fn remove(&self, target: Target, version: Version) -> io::Result<bool> {
        match std::fs::remove_dir_all(self.place(target, version)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Folders inside, except those that are being made.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let is_made = |entry: &std::fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    Ok(entries.flatten().filter(is_made).map(|entry| entry.path()).collect())
}

/// What is known of the file; an error where the file has lost a part since.
fn read(place: &Path) -> io::Result<Release> {
    let release: Release = serde_json::from_slice(&std::fs::read(place.join(ABOUT))?)?;
    if std::fs::metadata(place.join(FILE))?.len() == release.size {
        Ok(release)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the file is not whole"))
    }
}

/// Copies to the disk; size and SHA-256 of what was copied.
fn copy(from: &Path, to: &Path) -> Result<(u64, String), NotAdded> {
    let (mut from, mut to) = (File::open(from)?, private::file(to)?);
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut piece)?;
        if count == 0 {
            break;
        }
        size += count as u64;
        if size > MAX_BYTES {
            return Err(NotAdded::Size);
        }
        hash.update(&piece[..count]);
        to.write_all(&piece[..count])?;
    }
    if size == 0 {
        return Err(NotAdded::Size);
    }
    to.sync_all()?;
    Ok((size, format!("{:x}", hash.finalize())))
}

/// For which version it says to be. What it says is true only if the signature is, which a desk finds out.
fn signed_version(signature: &str) -> Result<Option<String>, NotAdded> {
    use base64::Engine as _;
    if signature.len() > MAX_SIGNATURE {
        return Err(NotAdded::NoSignature);
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(signature);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or(NotAdded::NoSignature)?;
    let comment = text.lines().find_map(|line| line.strip_prefix("trusted comment:"));
    let comment = comment.ok_or(NotAdded::NoSignature)?.trim();
    Ok(comment
        .split('\t')
        .find_map(|field| field.strip_prefix("version:"))
        .map(str::to_owned))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn versions_are_three_numbers_in_their_order() {
        let read = |text: &str| text.parse::<Version>().ok();
        assert!(read("0.10.0") > read("0.9.12"), "by number and not by letter");
        assert_eq!(read("1.20.300").unwrap().to_string(), "1.20.300");
        for bad in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "v1.2.3",
            "1..2",
            "01.2.3",
            "1.2.-3",
            "1.2.1234567890",
            "../1.2",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
