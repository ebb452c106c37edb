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
use crate::config::Options;
use crate::keys::Secret;
use crate::state::App;

use crate::keys;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use local::Announced;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// An account that ran for less than this before it failed has failed at once.
const AT_ONCE: Duration = Duration::from_mins(10);
/// After this many failures at once in a row the process ends, so that the service manager can act.
const FAILURES: u32 = 5;

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
    /// Why the process must end.
    gave_up: watch::Receiver<Option<String>>,
}

/// Where accounts come in, at the start or later.
struct Entrance {
    addr: SocketAddr,
    announced: bool,
    accounts: Arc<Accounts>,
    /// What [`Accounts`] shows to the requests, for the end; and how the command line finds each.
    running: Mutex<Vec<(Account, Option<Announced>)>>,
    admitted: Notify,
}

impl Front {
    /// Starts each account and serves on the listener. An account that cannot start does not keep the others from it:
    /// it is told, and tried again. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// Where no account starts: why the first does not. Nothing runs then.
    pub(crate) async fn start(
        mut set: Vec<Options>,
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
        for one in &mut set {
            one.local_key.get_or_insert_with(|| Secret::new(keys::random_key()));
        }
        let names = set.iter().map(|one| one.account.clone());
        let entrance = Arc::new(Entrance {
            addr,
            announced: options.announced,
            accounts: Arc::new(Accounts::new(names, tls.clone())),
            running: Mutex::default(),
            admitted: Notify::new(),
        });
        let (mut failed, mut first) = (Vec::new(), None);
        for one in set.clone() {
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
        let (gives_up, gave_up) = watch::channel(None);
        let supervisor = Supervisor {
            set,
            entrance: entrance.clone(),
            pause: timing.restart_pause,
            drain: timing.drain,
            gives_up,
        };
        tasks.spawn(supervisor.run(failed, stop.clone()));
        tracing::info!(%addr, "the relay serves");
        Ok(Self {
            entrance,
            tasks,
            stop,
            drain: timing.drain,
            gave_up,
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

    /// Whether every account runs and its writer has worked since the last time that this was asked.
    pub(crate) fn is_alive(&self, beats: &mut HashMap<String, u64>) -> bool {
        let all = self.accounts().closed().next().is_none();
        self.accounts().open().fold(all, |alive, one| {
            let beat = one.app.ledger.beat();
            let before = beats.insert(one.app.account.clone(), beat);
            alive && before != Some(beat)
        })
    }

    /// Waits until an account has failed too often; says which and what ended.
    pub(crate) async fn gave_up(&self) -> String {
        let mut gave_up = self.gave_up.clone();
        let why = gave_up.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
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
            gave_up: _,
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

    /// Waits until a part of an account has ended though nobody stopped it; gives the account and the part.
    async fn ended(&self) -> (String, &'static str) {
        loop {
            let mut watched = FuturesUnordered::new();
            for (account, _) in self.running().iter() {
                let (name, mut failed) = (account.app().account.clone(), account.app().failed.subscribe());
                watched.push(async move {
                    let part = failed.wait_for(Option::is_some).await.map_or(None, |part| *part);
                    (name, part.unwrap_or("account"))
                });
            }
            tokio::select! {
                Some(ended) = watched.next() => return ended,
                // One more account has started.
                () = self.admitted.notified() => {}
            }
        }
    }

    /// Takes an account out: requests for it are answered 503 from now on.
    fn take(&self, name: &str) -> Option<Account> {
        self.accounts.close(name);
        let mut running = self.running();
        let at = running.iter().position(|(account, _)| account.app().account == name)?;
        Some(running.remove(at).0)
    }

    fn admit(&self, account: Account) {
        let app = account.app();
        // Set once: an account is admitted once.
        let _ = app.addr.set(self.addr);
        self.accounts.admit(app);
        let announced = self.announced.then(|| Announced::new(app)).flatten();
        self.running().push((account, announced));
        self.admitted.notify_one();
    }
}

/// Starts accounts anew: those that could not start (what kept them may pass: a full disk, another process at the ledger,
/// a file that was put back), and those of which a part has ended.
struct Supervisor {
    set: Vec<Options>,
    entrance: Arc<Entrance>,
    pause: Duration,
    drain: Duration,
    gives_up: watch::Sender<Option<String>>,
}

impl Supervisor {
    async fn run(self, failed: Vec<Options>, stop: CancellationToken) {
        let mut closed: Vec<String> = failed.into_iter().map(|one| one.account).collect();
        let mut failures: HashMap<String, u32> = HashMap::new();
        loop {
            let ended = tokio::select! {
                ended = self.entrance.ended() => Some(ended),
                () = tokio::time::sleep(self.pause), if !closed.is_empty() => None,
                () = stop.cancelled() => return,
            };
            let Some((account, part)) = ended else {
                let mut still = Vec::new();
                for account in std::mem::take(&mut closed) {
                    if !self.start(&account).await {
                        still.push(account);
                    }
                }
                closed = still;
                continue;
            };
            let ran = self.entrance.take(&account);
            let was_at_once = ran.as_ref().is_none_or(|ran| ran.app().started.elapsed() < AT_ONCE);
            let times = failures.entry(account.clone()).or_default();
            *times = if was_at_once { *times + 1 } else { 1 };
            tracing::error!(
                account,
                part,
                times,
                "a part of the account has ended; the account is started anew"
            );
            if let Some(ran) = ran {
                ran.shutdown(Instant::now() + self.drain).await;
            }
            if *times >= FAILURES {
                let why = format!("the account {account} has failed {times} times; last its part {part} ended");
                self.gives_up.send_replace(Some(why));
                return;
            }
            closed.push(account);
        }
    }

    async fn start(&self, account: &str) -> bool {
        let Some(options) = self.set.iter().find(|one| one.account == account) else {
            return true;
        };
        match Account::start(options.clone()).await {
            Ok(started) => {
                tracing::info!(account, "the account has started");
                self.entrance.admit(started);
                true
            }
            Err(error) => {
                tracing::debug!(account, %error, "the account still does not start");
                false
            }
        }
    }
}
