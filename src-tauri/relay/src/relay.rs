//! One account behind a listener of its own: the relay embedded in the app, and in the tests.

use crate::account::StartError;
use crate::accounts::Accounts;
use crate::config::Options;
use crate::front::FrontOptions;
use crate::http::Parts;
use crate::keys::Secret;
use crate::ledger::entry::SettingsChanged;
use crate::tables::LedgerError;
use crate::tables::audit::Who;
use crate::tables::settings::Settings;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use url::Url;

/// A running relay. Dropping it without [`Relay::shutdown`] aborts every task; the ledger is then as after a power
/// cut, which it survives.
pub struct Relay {
    accounts: Accounts,
    local_key: Secret,
    callback_secret: Secret,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay")
            .field("addr", &self.addr())
            .finish_non_exhaustive()
    }
}

impl Relay {
    /// Opens the ledger and serves on the listener. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing runs then.
    pub async fn start(options: Options, listener: TcpListener) -> Result<Self, StartError> {
        let accounts = Accounts::start(vec![options], FrontOptions::default(), listener).await?;
        let running = accounts.running();
        let ended = || StartError::Thread(std::io::Error::other("the account has ended at once"));
        let parts = running.first().ok_or_else(ended)?;
        Ok(Self {
            local_key: parts.local_key.secret().clone(),
            callback_secret: parts.callback.secret().clone(),
            accounts,
        })
    }

    /// The address of the listener.
    pub fn addr(&self) -> SocketAddr {
        self.accounts.listening().addr
    }

    /// An administrator's key for the embedding program: made at each start, only in memory.
    pub fn local_key(&self) -> &Secret {
        &self.local_key
    }

    /// The address that the PBX must post to, including its secret; none while the public address is not known.
    pub fn callback_url(&self) -> Option<Url> {
        self.settings().callback_url(self.callback_secret.reveal())
    }

    /// The secret of the callback's path.
    pub fn callback_secret(&self) -> &Secret {
        &self.callback_secret
    }

    /// Stores another public address and has the subscriptions made anew for it.
    pub async fn set_public_url(&self, url: Option<Url>) -> Result<(), LedgerError> {
        let values = [("publicUrl".to_owned(), serde_json::json!(url))].into_iter().collect();
        let who = Who::console();
        let parts = self.parts().ok_or(LedgerError::Busy)?;
        parts.ledger.put(SettingsChanged { values, who }).await.map(drop)
    }

    /// The settings in force; the defaults while the account is being restarted.
    pub fn settings(&self) -> Settings {
        let parts = self.parts();
        parts
            .map(|parts| Settings::clone(&parts.settings.borrow()))
            .unwrap_or_default()
    }

    /// None while the account is being restarted.
    fn parts(&self) -> Option<Parts> {
        self.accounts.running().pop()
    }

    /// Waits until the account has failed so often, each time soon after its start, that it is not restarted any
    /// more; returns which part ended. The embedding program should show that and start another relay.
    pub fn gave_up(&self) -> impl Future<Output = String> + Send + use<> {
        self.accounts.gave_up()
    }

    /// Stops accepting, answers the requests in flight, closes the feeds, moves the WAL into the database. The
    /// subscriptions stay: the next start goes on with them.
    pub async fn shutdown(self) {
        self.accounts.shutdown().await;
    }
}
