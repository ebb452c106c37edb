//! Where each account's ledger is, and the options of each account.

use super::{DataDir, File};
use crate::config::Options;
use crate::tables::settings::MAIN;
use crate::token_file;
use anyhow::{Context as _, bail};
use perezvon_pbx::rest::Token;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use url::Url;

impl DataDir {
    /// The directory of the account's ledger, whether it exists or not.
    pub(crate) fn place(&self) -> PathBuf {
        directory(&self.data_dir, &self.account)
    }

    /// The same, checked. `main` may be created here; the others are created by `serve`.
    pub(crate) fn ledger(&self) -> anyhow::Result<PathBuf> {
        let dir = self.place();
        if self.account != MAIN && !dir.is_dir() {
            bail!(
                "there is no account {} in {}: name it under `accounts` in the configuration and start the relay",
                self.account,
                self.data_dir.display()
            );
        }
        Ok(dir)
    }
}

/// `main` uses the data directory itself.
fn directory(data_dir: &Path, account: &str) -> PathBuf {
    if account == MAIN {
        data_dir.to_owned()
    } else {
        data_dir.join("accounts").join(account)
    }
}

/// Whether the name may be used in a path and in every snapshot.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=32).contains(&name.len()) && name.bytes().all(plain)
}

/// An address from the environment.
pub(super) fn env_url(name: &str) -> anyhow::Result<Option<Url>> {
    match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => Url::parse(text.trim())
            .map(Some)
            .with_context(|| format!("{name} is not an address")),
        _ => Ok(None),
    }
}

/// Options of the account `main`: from the environment, else the configuration file, else the defaults.
pub(crate) fn options(dir: &Path, file: File) -> anyhow::Result<Options> {
    let mut options = without_token(dir, &file)?;
    options.token = main_token(&file, dir)?;
    Ok(options)
}

/// Options of every account, `main` first. With several accounts, one whose token cannot be read does not stop the
/// others: the error is printed.
pub(crate) fn all_options(dir: &Path, file: File) -> anyhow::Result<Vec<Options>> {
    if file.accounts.is_empty() {
        return Ok(vec![options(dir, file)?]);
    }
    let mut main = without_token(dir, &file)?;
    main.token = or_none(MAIN, main_token(&file, dir));
    let mut all = vec![main];
    for account in &file.accounts {
        let mut own = Options::new(directory(dir, &account.name));
        own.account.clone_from(&account.name);
        own.public_url = account.public_url.clone().or_else(|| all[0].public_url.clone());
        own.pbx_url = account.pbx_url.clone().unwrap_or_else(|| all[0].pbx_url.clone());
        own.ingest_per_second = all[0].ingest_per_second;
        let store = own.data_dir.join(STORED_TOKEN_FILE);
        let token = match &account.token_file {
            Some(named) => read_token(named).with_context(|| format!("the token file {}", named.display())),
            None => stored_token(&store),
        };
        own.token = or_none(&account.name, token);
        own.token_file = Some(store);
        all.push(own);
    }
    Ok(all)
}

fn or_none(account: &str, token: anyhow::Result<Option<Token>>) -> Option<Token> {
    token.unwrap_or_else(|error| {
        tracing::error!(account, "{error:#}; the account goes on without a token");
        None
    })
}

/// File in the data directory for a token that was accepted over the API.
const STORED_TOKEN_FILE: &str = "token";

fn without_token(dir: &Path, file: &File) -> anyhow::Result<Options> {
    let mut options = Options::new(dir);
    options.pbx_url = env_url("PEREZVON_PBX_URL")?.unwrap_or_else(|| file.pbx_url());
    options.public_url = env_url("PEREZVON_PUBLIC_URL")?.or_else(|| file.public_url.clone());
    options.token_file = Some(dir.join(STORED_TOKEN_FILE));
    options.ingest_per_second = match file.ingest_per_second {
        Some(0) => None,
        Some(limit) => Some(limit),
        None => options.ingest_per_second,
    };
    Ok(options)
}

/// The token: from the file that the environment or the configuration names, from the environment, from systemd, or
/// as it was last accepted over the API. The environment variable is the worst of these: other programs of the same
/// user can read it.
fn main_token(file: &File, dir: &Path) -> anyhow::Result<Option<Token>> {
    let named = std::env::var_os("PEREZVON_PBX_TOKEN_FILE").map(PathBuf::from);
    match (
        named.as_ref().or(file.token_file.as_ref()),
        std::env::var("PEREZVON_PBX_TOKEN"),
    ) {
        (Some(named), _) => {
            read_token(named).with_context(|| format!("cannot read the token file {}", named.display()))
        }
        (None, Ok(text)) if !text.trim().is_empty() => parse(&text).map(Some),
        (None, _) => match credential()? {
            Some(token) => Ok(Some(token)),
            None => stored_token(&dir.join(STORED_TOKEN_FILE)),
        },
    }
}

/// The credential `token` of systemd's `LoadCredential=`; a blank one counts as none.
fn credential() -> anyhow::Result<Option<Token>> {
    let Some(dir) = std::env::var_os("CREDENTIALS_DIRECTORY") else {
        return Ok(None);
    };
    let file = Path::new(&dir).join("token");
    match std::fs::read_to_string(&file) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => parse(&text).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// The token that was last accepted over the API. One that cannot be used any more counts as none, and is told: it is given
/// again over the API, for which the relay must run.
fn stored_token(store: &Path) -> anyhow::Result<Option<Token>> {
    let unusable = |why: &dyn std::fmt::Display| {
        let file = store.display();
        tracing::error!("the token in {file} cannot be used: {why}; going on without one, give it again");
        Ok(None)
    };
    match token_file::read(store) {
        Ok(text) => Token::parse(&text).map(Some).or_else(|error| unusable(&error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => unusable(&error),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", store.display())),
    }
}

fn read_token(file: &Path) -> anyhow::Result<Option<Token>> {
    parse(&std::fs::read_to_string(file)?).map(Some)
}

fn parse(text: &str) -> anyhow::Result<Token> {
    Token::parse(text).context("the account token")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stored_token_that_cannot_be_used_does_not_end_the_relay() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join(STORED_TOKEN_FILE);
        assert!(stored_token(&store).unwrap().is_none(), "there is none");
        let token = Token::parse("fictional-token-1").unwrap();
        token_file::store(&store, &token).unwrap();
        let read = stored_token(&store).unwrap().unwrap();
        assert_eq!(read.reveal(), token.reveal());
        // On Windows: sealed for another account.
        for damaged in [&[0xff, 0x00, 0xfe][..], b"", b"two\nlines"] {
            std::fs::write(&store, damaged).unwrap();
            assert!(stored_token(&store).unwrap().is_none(), "{damaged:?}");
        }
        std::fs::remove_file(&store).unwrap();
        std::fs::create_dir(&store).unwrap();
        assert!(stored_token(&store).is_err(), "what cannot be read at all is an error");
    }
}
