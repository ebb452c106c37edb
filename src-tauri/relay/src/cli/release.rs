//! `release`: what desks are updated from.

use super::{NewRelease, OldRelease, ReleaseCommand};
use crate::clock::Clock;
use crate::releases::{New, Releases};
use anyhow::{Context as _, bail};
use std::io::Write as _;
use std::path::Path;

pub(super) fn release(command: ReleaseCommand) -> anyhow::Result<()> {
    match command {
        ReleaseCommand::Add(wanted) => add(&wanted),
        ReleaseCommand::List(dir) => {
            let mut out = std::io::stdout().lock();
            for release in Releases::of(&dir.ledger()?).list()? {
                writeln!(out, "{}", serde_json::to_string(&release)?)?;
            }
            Ok(())
        }
        ReleaseCommand::Remove(wanted) => remove(&wanted),
    }
}

fn add(wanted: &NewRelease) -> anyhow::Result<()> {
    let beside = || {
        let mut name = wanted.file.clone().into_os_string();
        name.push(".sig");
        name.into()
    };
    let signature = wanted.signature.clone().unwrap_or_else(beside);
    let new = New {
        file: &wanted.file,
        version: wanted.version,
        target: wanted.target,
        signature: &read(&signature)?,
        notes: wanted.notes.as_deref().map(read).transpose()?,
    };
    let releases = Releases::of(&wanted.dir.ledger()?);
    let added = releases.add(new, Clock::system().now());
    let added = added.with_context(|| format!("{} was not added", wanted.file.display()))?;
    writeln!(
        std::io::stdout(),
        "{} for {}: {} bytes, SHA-256 {}",
        added.version,
        added.target.as_str(),
        added.size,
        added.sha256
    )?;
    Ok(())
}

/// A short text.
fn read(path: &Path) -> anyhow::Result<String> {
    const MAX_BYTES: u64 = 64 * 1024;
    let size = std::fs::metadata(path).map(|file| file.len());
    let size = size.with_context(|| format!("{} cannot be read", path.display()))?;
    if size > MAX_BYTES {
        bail!("{} is larger than such a text is", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

fn remove(wanted: &OldRelease) -> anyhow::Result<()> {
    let releases = Releases::of(&wanted.dir.ledger()?);
    if !releases.remove(wanted.target, wanted.version)? {
        bail!("there is no {} for {}", wanted.version, wanted.target.as_str());
    }
    Ok(())
}
