//! A test authority: it signs certificates directly, and by ACME.

pub(crate) mod acme;
mod jws;
mod look;
mod problem;

use crate::common::support::DEADLINE;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, ClientBuilder};
use std::path::Path;

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// A certificate for this machine and its key, in PEM.
    pub(crate) fn signed(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.pem(), key.serialize_pem())
    }

    /// Writes a certificate for this machine and its key.
    pub(crate) fn issue(&self, dir: &Path) {
        let (cert, key) = self.signed();
        std::fs::write(dir.join("cert.pem"), cert).unwrap();
        std::fs::write(dir.join("key.pem"), key).unwrap();
    }

    pub(crate) fn root(&self) -> Certificate {
        Certificate::from_pem(self.pem.as_bytes()).unwrap()
    }

    /// Builds a client that trusts this authority and no other, and keeps no connection.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let client = Client::builder().no_proxy().timeout(DEADLINE).http1_only();
        client
            .tls_certs_only([self.root()])
            .tls_info(true)
            .pool_max_idle_per_host(0)
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }
}
