//! TLS-ALPN (RFC 8737): whether the name leads to the client that asked for its certificate.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use x509_parser::extensions::GeneralName;

const ALPN: &[u8] = b"acme-tls/1";

/// Where names lead.
pub(super) type Places = watch::Sender<HashMap<String, SocketAddr>>;

/// Validates that the name leads to the client that asked for it.
pub(super) async fn look(places: &Places, name: &str, wanted: &[u8]) -> Result<(), String> {
    let mut places = places.subscribe();
    let addr = places.wait_for(|places| places.contains_key(name)).await.unwrap()[name];
    let told = |error: std::io::Error| format!("The name leads to nobody who speaks for it: {error}");
    let stream = TcpStream::connect(addr).await.map_err(told)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider())))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    let named = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(named, stream)
        .await
        .map_err(told)?;
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().and_then(|chain| chain.first());
    let shown = shown.ok_or_else(|| "There is no certificate".to_owned())?;
    let (_, cert) = x509_parser::parse_x509_certificate(shown).map_err(|error| error.to_string())?;
    let names = cert
        .subject_alternative_name()
        .unwrap()
        .map(|names| names.value.general_names.clone());
    let own = names == Some(vec![GeneralName::DNSName(name)]);
    let digest = [&[4, 32], wanted].concat();
    let mut proofs = cert
        .extensions()
        .iter()
        .filter(|one| one.oid.to_id_string() == "1.3.6.1.5.5.7.1.31");
    let proof = proofs.next().is_some_and(|one| one.critical && one.value == digest);
    if session.alpn_protocol() == Some(ALPN) && own && proof {
        Ok(())
    } else {
        Err("The certificate proves nothing".to_owned())
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificate is checked afterwards.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // By the bare key: the certificate has a critical extension that is unknown elsewhere.
        let (_, cert) = x509_parser::parse_x509_certificate(cert).unwrap();
        let key = SubjectPublicKeyInfoDer::from(cert.public_key().raw);
        rustls::crypto::verify_tls13_signature_with_raw_key(
            message,
            &key,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
