//! Starts the accounts of one relay, serves them behind one listener, restarts an account of which a part has ended,
//! and shuts all of them down.

use crate::account::{Account, StartError};
use crate::config::Options;
use crate::front::{self, Announced, Directory, FrontOptions};
use crate::http::Parts;
use crate::keys::{self, Secret};
use crate::listening::Listening;
use crate::tls::Tls;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// A failure within this time after the start counts as an early failure.
const EARLY_FAILURE_WITHIN: Duration = Duration::from_mins(10);
/// After this many early failures in a row the process ends, so that the service manager can act.
const MAX_EARLY_FAILURES: u32 = 5;

/// Accounts that run behind one listener. Dropping the value without [`Accounts::shutdown`] aborts every task; the
/// ledgers are then as after a power cut, which they survive.
pub(crate) struct Accounts {
    hosted: Arc<Hosted>,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    drain: Duration,
    /// Why the process must end.
    gave_up: watch::Receiver<Option<String>>,
}

/// The accounts and what is shared between them.
struct Hosted {
    listening: Listening,
    /// Whether the command line may find the relay, by a file next to each ledger.
    announced: bool,
    /// The names of all accounts.
    names: Vec<String>,
    directory: Arc<Directory>,
    running: Mutex<Vec<(Account, Option<Announced>)>>,
    started: Notify,
}

impl Accounts {
    /// Starts each account and serves on the listener. An account that cannot start does not stop the others: it is
    /// logged and tried again. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// If no account starts: the error of the first. Nothing runs then.
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
        let names: Vec<String> = set.iter().map(|one| one.account.clone()).collect();
        let hosted = Arc::new(Hosted {
            listening: Listening { addr, tls: tls.clone() },
            announced: options.announced,
            directory: Arc::new(Directory::new(names.iter().cloned())),
            names,
            running: Mutex::default(),
            started: Notify::new(),
        });
        let closed = hosted.start_all(&set).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        if let (Some(tls), Some(options)) = (tls.clone(), &options.tls) {
            tasks.spawn(tls.keep(options.clone(), timing.certificate_look, stop.clone()));
        }
        tasks.spawn(front::run(
            listener,
            hosted.directory.clone(),
            tls,
            options,
            stop.clone(),
        ));
        let (gives_up, gave_up) = watch::channel(None);
        let supervisor = Supervisor {
            set,
            closed,
            hosted: hosted.clone(),
            pause: timing.restart_pause,
            drain: timing.drain,
            gives_up,
        };
        tasks.spawn(supervisor.run(stop.clone()));
        tracing::info!(%addr, "the relay serves");
        Ok(Self {
            hosted,
            tasks,
            stop,
            drain: timing.drain,
            gave_up,
        })
    }

    /// The address and TLS of the listener.
    pub(crate) fn listening(&self) -> &Listening {
        &self.hosted.listening
    }

    /// The accounts that run.
    pub(crate) fn running(&self) -> Vec<Parts> {
        self.hosted.parts()
    }

    /// [`Self::running`] for a holder that must not keep the accounts from ending.
    pub(crate) fn watch(&self) -> Arc<dyn Fn() -> Vec<Parts> + Send + Sync> {
        let hosted = Arc::downgrade(&self.hosted);
        Arc::new(move || hosted.upgrade().map_or_else(Vec::new, |hosted| hosted.parts()))
    }

    /// The names of all accounts, including those that do not run.
    pub(crate) fn names(&self) -> &[String] {
        &self.hosted.names
    }

    /// Whether an account runs, and the writer of each running account has worked since the last call. An account
    /// that cannot start is tried again and reported by health; it must not stop the watchdog of the others.
    pub(crate) fn is_alive(&self, beats: &mut HashMap<String, u64>) -> bool {
        let running = self.running();
        running.iter().fold(!running.is_empty(), |alive, one| {
            let beat = one.ledger.beat();
            let before = beats.insert(one.account.to_string(), beat);
            alive && before != Some(beat)
        })
    }

    /// Waits until an account has failed too often; returns which one and which part ended.
    pub(crate) fn gave_up(&self) -> impl Future<Output = String> + Send + use<> {
        let mut gave_up = self.gave_up.clone();
        async move {
            let why = gave_up.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
            match why {
                Some(why) => why,
                None => std::future::pending().await,
            }
        }
    }

    /// Stops accepting, answers the requests in flight, closes the feeds and then the ledgers.
    pub(crate) async fn shutdown(self) {
        let Self {
            hosted,
            mut tasks,
            stop,
            drain,
            gave_up: _,
        } = self;
        // One limit for everything in flight.
        let end = Instant::now() + drain;
        stop.cancel();
        for (account, announced) in hosted.running().iter_mut() {
            drop(announced.take());
            account.stop();
        }
        let served = async { while tasks.join_next().await.is_some() {} };
        if timeout_at(end, served).await.is_err() {
            tracing::warn!("not every connection ended in time");
        }
        // Ends connections that hang; they hold the last handles of the ledgers.
        tasks.shutdown().await;
        let ending = std::mem::take(&mut *hosted.running());
        drop(hosted);
        let mut ends: JoinSet<()> = ending.into_iter().map(|(account, _)| account.shutdown(end)).collect();
        while ends.join_next().await.is_some() {}
    }
}

impl Hosted {
    fn running(&self) -> MutexGuard<'_, Vec<(Account, Option<Announced>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts(&self) -> Vec<Parts> {
        self.running()
            .iter()
            .map(|(account, _)| account.parts().clone())
            .collect()
    }

    /// Waits until a part of an account has ended without being stopped; returns the account and the part.
    async fn ended(&self) -> (String, &'static str) {
        loop {
            let mut watched = FuturesUnordered::new();
            for (account, _) in self.running().iter() {
                let (name, mut failed) = (account.parts().account.to_string(), account.failed());
                watched.push(async move {
                    let part = failed.wait_for(Option::is_some).await.map_or(None, |part| *part);
                    (name, part.unwrap_or("account"))
                });
            }
            tokio::select! {
                Some(ended) = watched.next() => return ended,
                // One more account to watch.
                () = self.started.notified() => {}
            }
        }
    }

    /// Starts all accounts; returns the names of those that do not start, or the first error if none starts.
    async fn start_all(&self, set: &[Options]) -> Result<Vec<String>, StartError> {
        let (mut closed, mut first) = (Vec::new(), None);
        for one in set {
            if let Err(error) = self.start(one.clone()).await {
                tracing::error!(account = one.account, %error, "the account does not start; it is tried again");
                first.get_or_insert(error);
                closed.push(one.account.clone());
            }
        }
        match first {
            Some(error) if self.running().is_empty() => Err(error),
            _ => Ok(closed),
        }
    }

    /// Starts an account and routes requests to it.
    async fn start(&self, options: Options) -> Result<(), StartError> {
        let account = Account::start(options, self.listening.clone()).await?;
        let parts = account.parts();
        let (url, key) = (self.listening.own_url(), parts.local_key.secret());
        let announced = self
            .announced
            .then(|| Announced::new(&parts.data_dir, url, key))
            .flatten();
        self.directory.open(&parts.account, account.open());
        self.running().push((account, announced));
        self.started.notify_one();
        Ok(())
    }

    /// Removes an account: requests for it are answered 503 from now on.
    fn take(&self, name: &str) -> Option<Account> {
        self.directory.close(name);
        let mut running = self.running();
        let at = running
            .iter()
            .position(|(account, _)| &*account.parts().account == name)?;
        Some(running.remove(at).0)
    }
}

/// Restarts accounts: those that could not start (the cause may pass: a full disk, another process at the ledger, a
/// file that was put back), and those of which a part has ended.
struct Supervisor {
    set: Vec<Options>,
    /// The accounts that do not run.
    closed: Vec<String>,
    hosted: Arc<Hosted>,
    pause: Duration,
    drain: Duration,
    gives_up: watch::Sender<Option<String>>,
}

impl Supervisor {
    async fn run(mut self, stop: CancellationToken) {
        let mut failures: HashMap<String, u32> = HashMap::new();
        loop {
            tokio::select! {
                (account, part) = self.hosted.ended() => {
                    let times = failures.entry(account.clone()).or_default();
                    self.end(&account, part, times).await;
                    if *times >= MAX_EARLY_FAILURES {
                        let why = format!("the account {account} has failed {times} times; last its part {part} ended");
                        self.gives_up.send_replace(Some(why));
                        return;
                    }
                }
                () = tokio::time::sleep(self.pause), if !self.closed.is_empty() => self.start_closed().await,
                () = stop.cancelled() => return,
            }
        }
    }

    /// Ends an account of which a part has ended, and counts its early failures.
    async fn end(&mut self, account: &str, part: &'static str, times: &mut u32) {
        let ran = self.hosted.take(account);
        let was_early = ran
            .as_ref()
            .is_none_or(|ran| ran.parts().started.elapsed() < EARLY_FAILURE_WITHIN);
        *times = if was_early { *times + 1 } else { 1 };
        tracing::error!(
            account,
            part,
            times,
            "a part of the account has ended; the account is started anew"
        );
        if let Some(ran) = ran {
            if let Some(options) = self.set.iter_mut().find(|one| one.account == account) {
                // The restarted account uses the token of now and the stored settings, not those of the process's
                // start.
                options.token = ran.parts().pbx.token();
                (options.public_url, options.policy) = (None, None);
                options.is_restart = true;
            }
            ran.shutdown(Instant::now() + self.drain).await;
        }
        self.closed.push(account.to_owned());
    }

    async fn start_closed(&mut self) {
        let mut still = Vec::new();
        for account in std::mem::take(&mut self.closed) {
            let Some(options) = self.set.iter().find(|one| one.account == account) else {
                continue;
            };
            match self.hosted.start(options.clone()).await {
                Ok(()) => tracing::info!(account, "the account has started"),
                Err(error) => {
                    tracing::debug!(account, %error, "the account still does not start");
                    still.push(account);
                }
            }
        }
        self.closed = still;
    }
}
