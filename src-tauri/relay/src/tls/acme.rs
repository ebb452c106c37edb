//! A certificate by ACME (RFC 8555), validated on the listener itself by TLS-ALPN (RFC 8737): port 443 of the domain
//! must lead here.

use super::{Configs, HTTP_1, Tls, provider, until};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::acme::{AcmeError, Identifier, Problem};
use rustls_acme::caches::DirCache;
use rustls_acme::{AccountCache, AcmeConfig, AcmeState, CertCache, EventError, EventOk, OrderError};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// If there is no valid certificate and the authority has not answered for this long, the order is started anew. The
/// library retries earlier after a refusal.
const SILENCE_TIMEOUT: Duration = Duration::from_hours(1);
/// Longest text of a failure that is kept, characters.
const MAX_FAILURE_CHARS: usize = 300;

type AcmeFailure = EventError<io::Error, io::Error>;

/// The wanted certificate and its authority.
#[derive(Clone, Debug)]
pub(crate) struct Acme {
    /// Names in the certificate.
    pub(crate) domains: Vec<String>,
    /// The contact that the authority notifies of problems.
    pub(crate) email: Option<String>,
    /// Directory for the account's key and the certificate, readable by the owner only.
    pub(crate) cache_dir: PathBuf,
    /// The directory URL of the authority; Let's Encrypt if absent.
    pub(crate) directory: Option<Url>,
}

impl Acme {
    /// Creates the directory.
    pub(super) fn prepare(&self) -> Result<(), String> {
        self.make_dir()
            .map_err(|error| format!("{}: {error}", self.cache_dir.display()))
    }

    fn make_dir(&self) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.cache_dir)?;
        #[cfg(unix)]
        std::fs::set_permissions(&self.cache_dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(())
    }

    /// Gets the certificate and renews it when a third of its life is left.
    pub(super) async fn keep(&self, tls: &Tls) {
        loop {
            let valid_until = ValidUntil::default();
            let mut state = match self.state(valid_until.clone()) {
                Ok(state) => state,
                Err(error) => {
                    tracing::error!(%error, "no certificate can be asked for");
                    tls.note(|state| state.failure = Some(error));
                    return;
                }
            };
            match configs(&state) {
                Ok(configs) => tls.set(configs),
                Err(error) => return tls.note(|state| state.failure = Some(error)),
            }
            loop {
                match tokio::time::timeout(SILENCE_TIMEOUT, state.next()).await {
                    Ok(Some(event)) => store_outcome(tls, event, &valid_until),
                    Ok(None) => break,
                    Err(_) if tls.state().until.is_none_or(|until| until < tls.now()) => {
                        tracing::error!("the authority says nothing; it is asked from the beginning");
                        break;
                    }
                    Err(_) => {}
                }
            }
        }
    }

    fn state(&self, valid_until: ValidUntil) -> Result<AcmeState<io::Error>, String> {
        // The system's root certificates, so that a company's own authority works if the system trusts it.
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let config = AcmeConfig::new_with_client_config(&self.domains, Arc::new(client))
            .contact(self.email.iter().map(|email| format!("mailto:{email}")))
            .cache(Cache {
                dir: DirCache::new(self.cache_dir.clone()),
                valid_until,
            });
        let config = match &self.directory {
            Some(directory) => config.directory(directory.as_str()),
            None => config.directory_lets_encrypt(true),
        };
        Ok(config.state())
    }
}

/// Stores the result of an event of the library.
fn store_outcome(tls: &Tls, event: Result<EventOk, AcmeFailure>, valid_until: &ValidUntil) {
    // A certificate from the cache is in use, or soon will be.
    let in_use = matches!(
        event,
        Ok(EventOk::DeployedCachedCert | EventOk::CertCacheStore) | Err(AcmeFailure::CertCacheStore(_))
    );
    let until = valid_until.take().filter(|_| in_use);
    let failure = match event {
        Ok(event) => {
            tracing::info!(?event, "ACME");
            let deployed = matches!(event, EventOk::DeployedCachedCert | EventOk::DeployedNewCert);
            deployed.then_some(None)
        }
        Err(error) => {
            let reason = reason(&error);
            if matches!(error, AcmeFailure::Order(_)) {
                tracing::error!(%reason, "the authority gives no certificate; it is asked again");
            } else {
                tracing::error!(%reason, "what the authority gave cannot be kept, or read again");
            }
            Some(Some(reason))
        }
    };
    tls.note(|state| {
        if let Some(failure) = failure {
            state.failure = failure;
        }
        state.until = until.or(state.until);
    });
}

/// The error, in the authority's words if it gave any.
fn reason(error: &AcmeFailure) -> String {
    let words = |problem: Option<&Problem>| problem.and_then(|problem| problem.detail.clone());
    let text = match error {
        AcmeFailure::Order(OrderError::BadAuth(auth)) => {
            let Identifier::Dns(domain) = &auth.identifier;
            let said = auth.challenges.iter().find_map(|one| words(one.error.as_ref()));
            let said = said.unwrap_or_else(|| "the authority does not see that the name leads here".to_owned());
            format!("{domain}: {said}")
        }
        AcmeFailure::Order(OrderError::TooManyAttemptsAuth(domain)) => {
            format!("{domain}: the authority has not looked in time whether the name leads here")
        }
        AcmeFailure::Order(OrderError::BadOrder(order)) => {
            words(order.error.as_ref()).unwrap_or_else(|| "the authority refuses the order".to_owned())
        }
        AcmeFailure::Order(OrderError::Acme(AcmeError::HttpRequest(error))) => {
            let text = error.to_string();
            words(problem(&text).as_ref()).unwrap_or_else(|| format!("the authority cannot be asked: {text}"))
        }
        other => other.to_string(),
    };
    text.chars().take(MAX_FAILURE_CHARS).collect()
}

/// The problem document (RFC 8555, 6.7) that the library quotes in the text of its error.
fn problem(text: &str) -> Option<Problem> {
    let quoted = text.get(text.find('"')?..=text.rfind('"')?)?;
    serde_json::from_str(&serde_json::from_str::<String>(quoted).ok()?).ok()
}

fn configs(state: &AcmeState<io::Error>) -> Result<Configs, String> {
    let mut serve = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_cert_resolver(state.resolver());
    serve.alpn_protocols = vec![HTTP_1.to_vec()];
    Ok(Configs {
        serve: Arc::new(serve),
        challenge: Some(state.challenge_rustls_config_with_provider(provider())),
    })
}

/// The end of validity of the last certificate that passed the cache.
#[derive(Clone, Default)]
struct ValidUntil(Arc<Mutex<Option<perezvon_core::Time>>>);

impl ValidUntil {
    fn look(&self, pem: &[u8]) {
        let chain = CertificateDer::pem_slice_iter(pem).next();
        let until = chain.and_then(|first| until(&first.ok()?).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn take(&self) -> Option<perezvon_core::Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The library's directory cache, which also reads the certificates that pass.
struct Cache {
    dir: DirCache<PathBuf>,
    valid_until: ValidUntil,
}

#[async_trait]
impl CertCache for Cache {
    type EC = io::Error;

    async fn load_cert(&self, domains: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        let pem = self.dir.load_cert(domains, directory).await?;
        if let Some(pem) = &pem {
            self.valid_until.look(pem);
        }
        Ok(pem)
    }

    async fn store_cert(&self, domains: &[String], directory: &str, pem: &[u8]) -> io::Result<()> {
        self.valid_until.look(pem);
        self.dir.store_cert(domains, directory, pem).await
    }
}

#[async_trait]
impl AccountCache for Cache {
    type EA = io::Error;

    async fn load_account(&self, contact: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        self.dir.load_account(contact, directory).await
    }

    async fn store_account(&self, contact: &[String], directory: &str, account: &[u8]) -> io::Result<()> {
        self.dir.store_account(contact, directory, account).await
    }
}
