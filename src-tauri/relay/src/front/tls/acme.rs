//! A certificate from an authority by ACME (RFC 8555), proved on the listener itself by TLS-ALPN (RFC 8737): port 443 of
//! the domain must arrive here.

use super::{Configs, HTTP_1, Tls, provider, until};
use crate::writer::now;
use async_trait::async_trait;
use futures_util::StreamExt as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::caches::DirCache;
use rustls_acme::{AccountCache, AcmeConfig, AcmeState, CertCache, EventOk};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// An authority that has said nothing for so long while there is no certificate is asked from the beginning. Its own
/// repeats after a refusal come sooner.
const SILENCE: Duration = Duration::from_hours(1);
/// Longest text of a failure that is kept, characters.
const FAILURE: usize = 300;

/// Which certificate is wanted, and from whom.
#[derive(Clone, Debug)]
pub(crate) struct Acme {
    /// Names in the certificate.
    pub(crate) domains: Vec<String>,
    /// Whom the authority tells of trouble.
    pub(crate) email: Option<String>,
    /// Keeps the key of the account and the certificate; for the owner only.
    pub(crate) cache_dir: PathBuf,
    /// The authority; Let's Encrypt where nothing is said.
    pub(crate) directory: Option<Url>,
}

impl Acme {
    /// Makes the directory.
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

    /// Gets the certificate and renews it when a third of its time is left.
    pub(super) async fn keep(&self, tls: &Tls) {
        loop {
            let found = Found::default();
            let mut state = match self.state(found.clone()) {
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
                let event = tokio::time::timeout(SILENCE, state.next()).await;
                match event {
                    Ok(Some(Ok(event))) => {
                        tracing::info!(?event, "ACME");
                        if matches!(event, EventOk::DeployedCachedCert | EventOk::DeployedNewCert) {
                            tls.note(|state| state.failure = None);
                        }
                    }
                    Ok(Some(Err(error))) => {
                        let error: String = error.to_string().chars().take(FAILURE).collect();
                        tracing::error!(%error, "the authority gives no certificate; it is asked again");
                        tls.note(|state| state.failure = Some(error));
                    }
                    Ok(None) => break,
                    Err(_) if tls.state().until.is_none_or(|until| until < now()) => {
                        tracing::error!("the authority says nothing; it is asked from the beginning");
                        break;
                    }
                    Err(_) => {}
                }
                // The certificate passes the cache on its way.
                if let Some(until) = found.take() {
                    tls.note(|state| state.until = Some(until));
                }
            }
        }
    }

    fn state(&self, found: Found) -> Result<AcmeState<io::Error>, String> {
        // The system's authorities, so that a company's own one works where the system knows it.
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
                found,
            });
        let config = match &self.directory {
            Some(directory) => config.directory(directory.as_str()),
            None => config.directory_lets_encrypt(true),
        };
        Ok(config.state())
    }
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

/// Until when the certificate is good that passed the cache last.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Option<perezvon_core::Time>>>);

impl Found {
    fn look(&self, pem: &[u8]) {
        let chain = CertificateDer::pem_slice_iter(pem).next();
        let until = chain.and_then(|first| until(&first.ok()?).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn take(&self) -> Option<perezvon_core::Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The directory of the library, with a look at what passes.
struct Cache {
    dir: DirCache<PathBuf>,
    found: Found,
}

#[async_trait]
impl CertCache for Cache {
    type EC = io::Error;

    async fn load_cert(&self, domains: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        let pem = self.dir.load_cert(domains, directory).await?;
        if let Some(pem) = &pem {
            self.found.look(pem);
        }
        Ok(pem)
    }

    async fn store_cert(&self, domains: &[String], directory: &str, pem: &[u8]) -> io::Result<()> {
        self.found.look(pem);
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
