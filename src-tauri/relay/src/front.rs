//! The front of a relay: one listener before the rooms of all accounts (PBX contracts).
//!
//! [`accept`] takes connections within their bounds, [`client`] finds out who is at the other end, [`limits`] slows down
//! who asks too much, [`dispatch`] finds the account by what the request carries. The rooms behind know nothing of it.

mod accept;
mod client;
mod dispatch;
mod limits;
mod local;
mod paced;
mod tls;

pub(crate) use client::Network;
pub(crate) use dispatch::Accounts;
pub(crate) use limits::Limits;
pub(crate) use local::Local;
pub(crate) use paced::Paced;
pub(crate) use tls::{Acme, Files, Tls, TlsOptions, TlsState};

use crate::account::{Account, StartError};
use crate::keys::Secret;
use crate::config::Options;
use crate::state::App;

use local::Announced;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// How often an account that could not start is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What stands before the accounts.
#[derive(Clone, Debug)]
pub(crate) struct FrontOptions {
    /// Bounds for clients.
    pub(crate) limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// None: connections are plain, as behind a proxy that speaks TLS.
    pub(crate) tls: Option<TlsOptions>,
    /// Whether the command line may find the relay, by a file beside each ledger.
    pub(crate) announced: bool,
}

impl Default for FrontOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            trusted_proxies: Network::LOCAL.to_vec(),
            tls: None,
            announced: false,
        }
    }
}

/// Accounts that run behind one listener. Every task ends with it: dropped without [`Front::shutdown`] they are aborted,
/// and the ledgers are as after a power cut, which they survive.
pub(crate) struct Front {
    entrance: Arc<Entrance>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    drain: Duration,
}

/// Where accounts come in, at the start or later.
struct Entrance {
    addr: SocketAddr,
    announced: bool,
    accounts: Arc<Accounts>,
    /// What [`Accounts`] shows to the requests, for the end; and how the command line finds each.
    running: Mutex<Vec<(Account, Option<Announced>)>>,
}

impl Front {
    /// Starts each account and serves on the listener. An account that cannot start does not keep the others from it:
    /// it is told, and tried again. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// Where no account starts: why the first does not. Nothing runs then.
    pub(crate) async fn start(
        set: Vec<Options>,
        options: FrontOptions,
        listener: TcpListener,
    ) -> Result<Self, StartError> {
        let addr = listener.local_addr().map_err(StartError::Listener)?;
        let timing = set.first().map(|one| one.timing.clone()).unwrap_or_default();
        let tls = options
            .tls
            .as_ref()
            .map(|options| Tls::new(options, timing.clock.clone()))
            .transpose()
            .map_err(StartError::Tls)?;
        let names = set.iter().map(|one| one.account.clone());
        let entrance = Arc::new(Entrance {
            addr,
            announced: options.announced,
            accounts: Arc::new(Accounts::new(names, tls.clone())),
            running: Mutex::default(),
        });
        let (mut failed, mut first) = (Vec::new(), None);
        for one in set {
            match Account::start(one.clone()).await {
                Ok(account) => entrance.admit(account),
                Err(error) => {
                    tracing::error!(account = one.account, %error, "the account does not start; it is tried again");
                    first.get_or_insert(error);
                    failed.push(one);
                }
            }
        }
        if let (true, Some(error)) = (entrance.accounts.open().next().is_none(), first) {
            return Err(error);
        }
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        if let (Some(tls), Some(options)) = (tls, &options.tls) {
            tasks.spawn(tls.keep(options.clone(), timing.certificate_look, stop.clone()));
        }
        let accounts = entrance.accounts.clone();
        tasks.spawn(accept::run(listener, accounts, options, stop.clone()));
        if !failed.is_empty() {
            tasks.spawn(start_later(failed, entrance.clone(), stop.clone()));
        }
        tracing::info!(%addr, "the relay serves");
        Ok(Self {
            entrance,
            tasks,
            stop,
            drain: timing.drain,
        })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.entrance.addr
    }

    /// The first account's rooms, and its key for the embedding program.
    pub(crate) fn first(&self) -> Option<(App, Secret)> {
        let running = self.entrance.running();
        let (first, _) = running.first()?;
        Some((first.app().clone(), first.local_key().clone()))
    }

    /// The accounts.
    pub(crate) fn accounts(&self) -> &Accounts {
        &self.entrance.accounts
    }

    /// The accounts, for who must not keep them from ending.
    pub(crate) fn watch(&self) -> Weak<Accounts> {
        Arc::downgrade(&self.entrance.accounts)
    }

    /// Ends: takes no more, answers what is in flight, closes the feeds and then the ledgers.
    pub(crate) async fn shutdown(self) {
        let Self {
            entrance,
            mut tasks,
            stop,
            drain,
        } = self;
        // One limit for all that is in flight, wherever it is.
        let end = Instant::now() + drain;
        stop.cancel();
        for (account, announced) in entrance.running().iter_mut() {
            drop(announced.take());
            account.stop();
        }
        let served = async { while tasks.join_next().await.is_some() {} };
        if timeout_at(end, served).await.is_err() {
            tracing::warn!("not every connection ended in time");
        }
        // Connections that hang, and with them the last ways to the ledgers.
        tasks.shutdown().await;
        let ending = std::mem::take(&mut *entrance.running());
        drop(entrance);
        let mut ends: JoinSet<()> = ending.into_iter().map(|(account, _)| account.shutdown(end)).collect();
        while ends.join_next().await.is_some() {}
    }
}

impl Entrance {
    fn running(&self) -> MutexGuard<'_, Vec<(Account, Option<Announced>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, account: Account) {
        let app = account.app();
        // Set once: an account is admitted once.
        let _ = app.addr.set(self.addr);
        self.accounts.admit(app);
        let announced = self.announced.then(|| Announced::new(app)).flatten();
        self.running().push((account, announced));
    }
}

/// What kept an account from starting may pass: a full disk, another process at the ledger, a file that was put back.
async fn start_later(mut failed: Vec<Options>, entrance: Arc<Entrance>, stop: CancellationToken) {
    while !failed.is_empty() {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = stop.cancelled() => return,
        }
        for one in std::mem::take(&mut failed) {
            match Account::start(one.clone()).await {
                Ok(account) => {
                    tracing::info!(account = one.account, "the account has started");
                    entrance.admit(account);
                }
                Err(error) => {
                    tracing::debug!(account = one.account, %error, "the account still does not start");
                    failed.push(one);
                }
            }
        }
    }
}
