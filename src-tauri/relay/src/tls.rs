//! TLS at the listener: a certificate from files, which are checked for changes, or one from an ACME authority.

mod acme;
mod files;

pub(crate) use acme::Acme;
pub(crate) use files::Files;

use crate::clock::Clock;
use perezvon_core::Time;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::Acceptor;
use serde::Serialize;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// The feed upgrades its connection to a WebSocket, which HTTP/2 does not support here.
const HTTP_1: &[u8] = b"http/1.1";

/// How connections are secured.
#[derive(Clone, Debug)]
pub(crate) enum TlsOptions {
    /// A certificate in files.
    Files(Files),
    /// A certificate by ACME.
    Acme(Acme),
}

/// The TLS configuration in use.
pub(crate) struct Tls {
    configs: RwLock<Option<Configs>>,
    /// Until an authority has given a certificate: a self-signed one, for connections from this machine only, so that
    /// the command line can ask what the problem is. None if certificates are in files.
    stopgap: Option<Arc<ServerConfig>>,
    state: Mutex<TlsState>,
    clock: Clock,
}

#[derive(Clone)]
struct Configs {
    serve: Arc<ServerConfig>,
    /// For the authority's validation connections (TLS-ALPN).
    challenge: Option<Arc<ServerConfig>>,
}

/// The state for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tls)]
pub(crate) struct TlsState {
    /// `files` or `acme`.
    pub(crate) mode: &'static str,
    /// Until when the certificate in use is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Time>,
    /// Why the last renewal failed; the certificate in use stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

impl Tls {
    /// Prepares TLS. Missing or invalid files are an error at the start; an authority may be reached later.
    pub(crate) fn new(options: &TlsOptions, clock: Clock) -> Result<Arc<Self>, String> {
        let mode = match options {
            TlsOptions::Files(_) => "files",
            TlsOptions::Acme(_) => "acme",
        };
        let stopgap = match options {
            TlsOptions::Files(_) => None,
            TlsOptions::Acme(_) => Some(self_signed()?),
        };
        let tls = Self {
            configs: RwLock::default(),
            stopgap,
            state: Mutex::new(TlsState {
                mode,
                until: None,
                failure: None,
            }),
            clock,
        };
        match options {
            TlsOptions::Files(files) => tls.deploy(files.load(tls.now())?),
            TlsOptions::Acme(acme) => acme.prepare()?,
        }
        Ok(Arc::new(tls))
    }

    /// Keeps the certificate up to date until `stop`; files are checked each `pause`.
    pub(crate) async fn keep(self: Arc<Self>, options: TlsOptions, pause: Duration, stop: CancellationToken) {
        let keeping = async {
            match options {
                TlsOptions::Files(files) => files.keep(&self, pause).await,
                TlsOptions::Acme(acme) => acme.keep(&self).await,
            }
        };
        stop.run_until_cancelled(keeping).await;
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    /// The state for an administrator.
    pub(crate) fn state(&self) -> TlsState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut TlsState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn deploy(&self, (serve, until): (Arc<ServerConfig>, Time)) {
        self.set(Configs { serve, challenge: None });
        self.note(|state| {
            state.until = Some(until);
            state.failure = None;
        });
    }

    fn set(&self, configs: Configs) {
        *self.configs.write().unwrap_or_else(PoisonError::into_inner) = Some(configs);
    }

    /// The handshake; none if it was an authority's validation, which is answered here.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        peer: IpAddr,
    ) -> io::Result<Option<TlsStream<S>>> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(challenge) = configs.as_ref().and_then(|configs| configs.challenge.clone())
            && rustls_acme::is_tls_alpn_challenge(&start.client_hello())
        {
            start.into_stream(challenge).await?.shutdown().await?;
            return Ok(None);
        }
        let stopgap = self
            .stopgap
            .clone()
            .filter(|_| peer.is_loopback() && self.state().until.is_none());
        let serve = stopgap.or_else(|| configs.map(|configs| configs.serve));
        let serve = serve.ok_or_else(|| io::Error::other("there is no certificate yet"))?;
        start.into_stream(serve).await.map(Some)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn self_signed() -> Result<Arc<ServerConfig>, String> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(|error| error.to_string())?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    serving(vec![made.cert.der().clone()], key.into())
}

/// Uses this certificate from now on.
fn serving(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Arc<ServerConfig>, String> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![HTTP_1.to_vec()];
    Ok(Arc::new(config))
}

/// Until when the first certificate of a chain in PEM is valid.
fn until(chain: &[u8]) -> Result<Time, String> {
    let (_, certificate) = x509_parser::parse_x509_certificate(chain).map_err(|_| "the certificate cannot be read")?;
    Ok(Time::from_ms(
        certificate.validity().not_after.timestamp().saturating_mul(1000),
    ))
}
