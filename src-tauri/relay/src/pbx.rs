//! The account at the PBX: its client, while there is a token, and the address to which the PBX posts its events.

use crate::clock::Clock;
use crate::keys::Secret;
use crate::ledger::{Ledger, SettingsNow};
use crate::metrics::Metrics;
use crate::tables::exchanges::ExchangeRow;
use crate::token_file;
use perezvon_pbx::rest::{Exchange, Portal, PortalError, Timing, Token};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use url::Url;

/// The handle of the PBX's client. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pbx(Arc<Shared>);

struct Shared {
    url: Url,
    timing: Timing,
    /// Where an accepted token is stored; none: the embedding program stores it.
    token_file: Option<PathBuf>,
    clock: Clock,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    current: watch::Sender<Option<Current>>,
}

/// The token in use and the client made with it.
#[derive(Clone)]
pub(crate) struct Current {
    token: Token,
    portal: Portal,
}

/// Address and options of the PBX.
pub(crate) struct Reach {
    pub(crate) url: Url,
    pub(crate) timing: Timing,
    pub(crate) token_file: Option<PathBuf>,
}

impl Pbx {
    /// Starts with the known token, if there is one.
    pub(crate) fn new(
        reach: Reach,
        token: Option<Token>,
        clock: Clock,
        ledger: Ledger,
        metrics: Arc<Metrics>,
    ) -> Result<Self, PortalError> {
        let pbx = Self(Arc::new(Shared {
            url: reach.url,
            timing: reach.timing,
            token_file: reach.token_file,
            clock,
            ledger,
            metrics,
            current: watch::Sender::new(None),
        }));
        if let Some(token) = token {
            let portal = pbx.client(token.clone())?;
            pbx.0.current.send_replace(Some(Current { token, portal }));
        }
        Ok(pbx)
    }

    /// Base of the REST API.
    pub(crate) fn url(&self) -> &Url {
        &self.0.url
    }

    /// Whether there is a token.
    pub(crate) fn has_token(&self) -> bool {
        self.0.current.borrow().is_some()
    }

    /// The token in use.
    pub(crate) fn token(&self) -> Option<Token> {
        self.0.current.borrow().as_ref().map(|current| current.token.clone())
    }

    /// The client, if there is a token. `cause` is what it is used for; the journal of requests shows it with each
    /// exchange: `keeper`, `call:KEY`.
    pub(crate) fn portal(&self, cause: &str) -> Option<Portal> {
        let current = self.0.current.borrow();
        Some(current.as_ref()?.portal.clone().caused_by(cause))
    }

    /// Notifies of each new token.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<Current>> {
        self.0.current.subscribe()
    }

    /// A client with a token that is not in use yet. Its exchanges are recorded in the journal.
    pub(crate) fn client(&self, token: Token) -> Result<Portal, PortalError> {
        let portal = Portal::new(self.0.url.clone(), token, self.0.timing)?;
        let (clock, ledger, metrics) = (self.0.clock.clone(), self.0.ledger.clone(), self.0.metrics.clone());
        Ok(portal.observed(Arc::new(move |exchange: Exchange| {
            metrics.exchanged(&exchange);
            let row = ExchangeRow {
                at: clock.now(),
                method: exchange.method.to_string(),
                path: exchange.path,
                status: exchange.status,
                ms: exchange.duration_ms as i64,
                error: exchange.error.map(str::to_owned),
                correlation: exchange.cause.as_deref().map(str::to_owned),
            };
            if !ledger.note_exchange(row) {
                tracing::warn!("an exchange with the PBX is missing in the journal: the ledger is busy");
            }
        })))
    }

    /// Uses another token from now on, and stores it as configured.
    pub(crate) fn accept(&self, token: Token, portal: Portal) -> std::io::Result<()> {
        if let Some(file) = &self.0.token_file {
            token_file::store(file, &token)?;
        }
        self.0.current.send_replace(Some(Current { token, portal }));
        Ok(())
    }
}

/// The address to which the PBX posts: the present public address with the account's secret. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Callback {
    settings: SettingsNow,
    secret: Arc<Secret>,
}

impl Callback {
    pub(crate) fn new(settings: SettingsNow, secret: Secret) -> Self {
        Self {
            settings,
            secret: Arc::new(secret),
        }
    }

    /// The whole address, if the public one is known.
    pub(crate) fn url(&self) -> Option<Url> {
        self.settings.borrow().callback_url(self.secret.reveal())
    }

    /// The secret of the path.
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }
}
