//! A certificate in two files that another program renews.

use super::{Tls, serving, until};
use perezvon_core::Time;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where the certificate is.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// PEM, the server's certificate first, then the chain up to the authority.
    pub(crate) cert: PathBuf,
    /// PEM.
    pub(crate) key: PathBuf,
}

/// Modification times and sizes, which show a change.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Files {
    /// Reads both; returns the certificate and its end of validity.
    pub(super) fn load(&self, now: Time) -> Result<(Arc<ServerConfig>, Time), String> {
        let of = |path: &Path| {
            let path = path.display().to_string();
            move |error: &dyn std::fmt::Display| format!("{path}: {error}")
        };
        let (cert, key) = (of(&self.cert), of(&self.key));
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| cert(&error))?;
        let until =
            until(chain.first().ok_or_else(|| cert(&"there is no certificate in it"))?).map_err(|e| cert(&e))?;
        if until < now {
            return Err(cert(&format!("the certificate was good until {until}")));
        }
        let secret = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| key(&error))?;
        Ok((serving(chain, secret).map_err(|error| key(&error))?, until))
    }

    fn stamp(&self) -> Stamp {
        [&self.cert, &self.key].map(|path| {
            let meta = std::fs::metadata(path).ok()?;
            Some((meta.modified().ok()?, meta.len()))
        })
    }

    /// Checks the files each `pause`, and at once on SIGHUP. Open connections keep the certificate they began with.
    pub(super) async fn keep(&self, tls: &Tls, pause: Duration) {
        let mut seen = self.stamp();
        let mut hangup = Hangup::new();
        loop {
            let asked = tokio::select! {
                () = tokio::time::sleep(pause) => false,
                () = hangup.recv() => true,
            };
            let stamp = self.stamp();
            let failed = tls.state().failure;
            // One of the two may be written and the other not yet: a failed reading is repeated.
            if stamp == seen && failed.is_none() && !asked {
                continue;
            }
            seen = stamp;
            match self.load(tls.now()) {
                Ok(loaded) => {
                    tracing::info!(until = %loaded.1, "the certificate was read anew");
                    tls.deploy(loaded);
                }
                Err(error) => {
                    if asked || failed.as_ref() != Some(&error) {
                        tracing::error!(%error, "the new certificate cannot be used; the old one stays");
                    }
                    tls.note(|state| state.failure = Some(error));
                }
            }
        }
    }
}

/// SIGHUP: the operator's signal that the files are new.
struct Hangup(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Hangup {
    fn new() -> Self {
        #[cfg(unix)]
        return Self(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok());
        #[cfg(not(unix))]
        Self()
    }

    async fn recv(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0 {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
