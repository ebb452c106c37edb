//! The account token and the desk's key: in the system's keyring, or, where there is none and the user agreed, in a
//! file of the data folder (`secrets/file.rs`).
//!
//! A locked keyring blocks the caller until somebody types the password, perhaps for ever. So every call runs on a
//! thread of its own with a time limit, and at most one such thread waits: the next call waits for it, within its own
//! limit. A call that was given up may still succeed when the keyring is unlocked ([`Secrets::opened`]); what was stored
//! later wins, because calls keep their order and the file is looked at first.

mod file;

use file::File;
use keyring::Entry;
use perezvon_desk::{FailureCode, Fault, Trouble};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

pub use perezvon_desk::Secret;

/// Service under which the keyring keeps the entries.
const SERVICE: &str = "ru.perezvon.desk";

/// Longest wait for the keyring.
pub const KEYRING_TIMEOUT: Duration = Duration::from_secs(3);

/// Longest secret: tokens and keys have some dozens of letters.
const LENGTH_MAX: usize = 4096;

const TOKEN: &str = "PEREZVON_PBX_TOKEN";
const TOKEN_FILE: &str = "PEREZVON_PBX_TOKEN_FILE";

/// Which secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The account token of the PBX.
    Token,
    /// The key to a remote relay.
    DeskKey,
}

impl SecretKind {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::DeskKey => "desk-key",
        }
    }
}

/// Where a secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The system's keyring.
    Keyring,
    /// A file of the data folder, by the user's consent.
    File,
    /// `PEREZVON_PBX_TOKEN_FILE` or `PEREZVON_PBX_TOKEN`: they win over everything.
    Environment,
}

/// Why a secret could not be read or stored. That there is none is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// The system has no keyring. With the user's consent a file will do.
    NoStore(String),
    /// The keyring is locked or does not answer: unlock it and try again.
    Locked,
    /// The keyring refused for another reason.
    Keyring(String),
    /// The file of the data folder, or that of `PEREZVON_PBX_TOKEN_FILE`, could not be read or written.
    File(String),
}

impl SecretError {
    /// Code by which the window explains it.
    pub fn code(&self) -> FailureCode {
        match self {
            Self::NoStore(_) => Fault::NoKeyring.into(),
            Self::Locked => Trouble::KeyringLocked.into(),
            Self::Keyring(_) => Fault::KeyringFailed.into(),
            Self::File(_) => Fault::SecretsFile.into(),
        }
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoStore(why) => write!(f, "the system has no keyring: {why}"),
            Self::Locked => f.write_str("the keyring is locked or does not answer"),
            Self::Keyring(why) => write!(f, "the keyring refused: {why}"),
            Self::File(why) => write!(f, "the file with secrets: {why}"),
        }
    }
}

impl std::error::Error for SecretError {}

/// A secret from what a person typed or a file holds; blanks around it are dropped. None when nothing is left, when it
/// is longer than 4096 bytes or holds control letters.
pub fn parse(text: &str) -> Option<Secret> {
    let text = text.trim();
    let good = !text.is_empty() && text.len() <= LENGTH_MAX && !text.chars().any(char::is_control);
    good.then(|| Secret::new(text))
}

/// The secrets of one data folder.
#[derive(Debug)]
pub struct Secrets {
    /// The data folder is part of the account, so that two profiles do not share a token.
    profile: String,
    file: File,
    /// At most one thread waits for the keyring.
    one: Arc<Semaphore>,
    /// A call that was given up has succeeded.
    opened: Arc<Notify>,
}

impl Secrets {
    /// Reads nothing yet.
    pub fn new(data_dir: &Path) -> Self {
        let dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        let file = File::new(dir.join("secrets.json"));
        Self {
            profile: dir.display().to_string(),
            file,
            one: Arc::new(Semaphore::new(1)),
            opened: Arc::new(Notify::new()),
        }
    }

    /// Waits until a call that was given up as [`SecretError::Locked`] succeeds after all: somebody typed the password.
    /// Asking again in turns would show the password window again and again to somebody who closed it.
    pub async fn opened(&self) {
        self.opened.notified().await;
    }

    /// The secret and where it is kept: the environment first (the token only), then the file, then the keyring.
    pub async fn load(&self, place: SecretKind) -> Result<Option<(Secret, Kept)>, SecretError> {
        if place == SecretKind::Token
            && let Some(secret) = blocking(from_environment).await?
        {
            return Ok(Some((secret, Kept::Environment)));
        }
        let file = self.file.clone();
        if let Some(secret) = blocking(move || file.load(place.name())).await? {
            return Ok(Some((secret, Kept::File)));
        }
        let found = self.keyring(place, Entry::get_password).await?;
        Ok(found
            .and_then(|text| parse(&text))
            .map(|secret| (secret, Kept::Keyring)))
    }

    /// Stores the secret in the keyring. Where that fails and `file_allowed` (the user's explicit consent), in the file.
    pub async fn store(&self, place: SecretKind, secret: Secret, file_allowed: bool) -> Result<Kept, SecretError> {
        let text = secret.clone();
        let file = self.file.clone();
        match self
            .keyring(place, move |entry| entry.set_password(text.expose()))
            .await
        {
            Ok(_) => {
                // An older one in the file would win over it.
                blocking(move || file.remove(place.name())).await?;
                Ok(Kept::Keyring)
            }
            Err(error) if file_allowed => {
                tracing::warn!(%error, "a secret is kept in a file, by the user's consent");
                blocking(move || file.store(place.name(), &secret)).await?;
                Ok(Kept::File)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the secret wherever it is kept. That there was none is no error.
    pub async fn remove(&self, place: SecretKind) -> Result<(), SecretError> {
        let file = self.file.clone();
        blocking(move || file.remove(place.name())).await?;
        match self.keyring(place, Entry::delete_credential).await {
            Ok(_) | Err(SecretError::NoStore(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the keyring can be used now.
    pub async fn check_keyring(&self) -> Result<(), SecretError> {
        self.keyring(SecretKind::Token, |entry| entry.get_password().map(drop))
            .await
            .map(drop)
    }

    /// Runs one call within [`KEYRING_TIMEOUT`]. `Ok(None)`: the keyring has no such entry.
    async fn keyring<T: Send + 'static>(
        &self,
        place: SecretKind,
        work: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<Option<T>, SecretError> {
        let until = Instant::now() + KEYRING_TIMEOUT;
        let one = Arc::clone(&self.one);
        let permit = timeout_at(until, one.acquire_owned())
            .await
            .map_err(|_| SecretError::Locked)?;
        let permit = permit.map_err(|error| SecretError::Keyring(error.to_string()))?;
        timeout_at(until, reachable())
            .await
            .map_err(|_| SecretError::Locked)??;
        let account = format!("{} {}", place.name(), self.profile);
        let (answer, answered) = oneshot::channel();
        let opened = Arc::clone(&self.opened);
        let thread = std::thread::Builder::new().name("keyring".to_owned());
        thread
            .spawn(move || {
                let result = Entry::new(SERVICE, &account).and_then(|entry| work(&entry));
                let given_up = answer.send(result);
                drop(permit);
                // Nobody waits for it any more when the limit is over.
                if let Err(Ok(_) | Err(keyring::Error::NoEntry)) = given_up {
                    opened.notify_one();
                }
            })
            .map_err(|error| SecretError::Keyring(error.to_string()))?;
        let result = timeout_at(until, answered).await.map_err(|_| SecretError::Locked)?;
        match result.map_err(|_| SecretError::Keyring("the call ended without an answer".to_owned()))? {
            Ok(value) => Ok(Some(value)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(understand(&error)),
        }
    }
}

/// Only the kind of the error is told: some errors carry the secret's bytes.
fn understand(error: &keyring::Error) -> SecretError {
    match error {
        keyring::Error::NoDefaultStore => {
            let why = match Entry::store_status() {
                Err(keyring::Error::PlatformFailure(cause)) => cause.to_string(),
                _ => "restart the app once there is one".to_owned(),
            };
            SecretError::NoStore(why)
        }
        // Locked, prompt dismissed, or no collection to put it in.
        keyring::Error::NoStorageAccess(_) => SecretError::Locked,
        keyring::Error::PlatformFailure(cause) => SecretError::Keyring(cause.to_string()),
        keyring::Error::TooLong(what, most) => SecretError::Keyring(format!("{what} is longer than {most}")),
        keyring::Error::Ambiguous(found) => SecretError::Keyring(format!("{} entries instead of one", found.len())),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            SecretError::Keyring("the entry is damaged".to_owned())
        }
        _ => SecretError::Keyring("unexpected answer".to_owned()),
    }
}

/// Whether there is a Secret Service. The keyring crate asks once and keeps a "no" for the life of the process; so it is
/// not asked before there is one, and a keyring that starts later is found.
#[cfg(target_os = "linux")]
async fn reachable() -> Result<(), SecretError> {
    let no_store = |error: &dyn fmt::Display| SecretError::NoStore(error.to_string());
    let builder = zbus::connection::Builder::session().map_err(|error| no_store(&error))?;
    let connection = builder.build().await.map_err(|error| no_store(&error))?;
    let bus = zbus::fdo::DBusProxy::new(&connection)
        .await
        .map_err(|error| no_store(&error))?;
    let name = zbus::names::WellKnownName::from_static_str_unchecked("org.freedesktop.secrets");
    // A service that somebody started by hand is unknown to `StartServiceByName`.
    if bus
        .name_has_owner(name.clone().into())
        .await
        .map_err(|error| no_store(&error))?
    {
        return Ok(());
    }
    bus.start_service_by_name(name, 0)
        .await
        .map(drop)
        .map_err(|error| no_store(&error))
}

#[cfg(not(target_os = "linux"))]
async fn reachable() -> Result<(), SecretError> {
    Ok(())
}

fn from_environment() -> Result<Option<Secret>, SecretError> {
    if let Some(path) = std::env::var_os(TOKEN_FILE).filter(|path| !path.is_empty()) {
        return read_token_file(&PathBuf::from(path)).map(Some);
    }
    Ok(std::env::var(TOKEN).ok().and_then(|text| parse(&text)))
}

fn read_token_file(path: &Path) -> Result<Secret, SecretError> {
    let text = file::read(path).map_err(|error| SecretError::File(format!("{TOKEN_FILE}: {error}")))?;
    let text = text.ok_or_else(|| SecretError::File(format!("{TOKEN_FILE}: no such file")))?;
    parse(&text).ok_or_else(|| SecretError::File(format!("{TOKEN_FILE}: not a token")))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
) -> Result<T, SecretError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(SecretError::File(error.to_string())))
}
