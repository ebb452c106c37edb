//! Clients that do not speak TLS, or are too slow, are disconnected; the others are served.

use super::Scene;
use super::authority::Authority;
use crate::common::support::DEADLINE;
use reqwest::StatusCode;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Sends `first`, then a byte now and then, until the relay closes; returns everything received.
async fn drip(what: &str, stream: impl AsyncRead + AsyncWrite + Send + 'static, first: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    // The relay may close before everything was received.
    let _ = writer.write_all(first).await;
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() && writer.flush().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut said = Vec::new();
    let closed = timeout(DEADLINE, reader.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "the relay closes: {what}");
    dripping.abort();
    said
}

#[tokio::test]
async fn what_is_no_tls_or_too_slow_is_let_go() {
    let authority = Authority::new();
    let scene = Scene::limited(&authority, &json!({ "headSeconds": 1 }));
    let addr = scene.serving.addr;
    let connect = || async move { TcpStream::connect(addr).await.unwrap() };
    let mut silent = connect().await;
    let mut said = Vec::new();
    let closed = timeout(DEADLINE, silent.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "who says nothing is let go");
    let noise: Vec<u8> = (0..64 * 1024_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for (what, first) in [
        (
            "HTTP without TLS",
            &b"GET /v1/health HTTP/1.1\r\nhost: relay\r\n\r\n"[..],
        ),
        ("noise", &noise[..]),
        (
            "a greeting that never ends",
            &[0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb, 3, 3],
        ),
        ("a record of nothing", &[0x16, 3, 1, 0, 0].repeat(100)),
        (
            "a greeting larger than any",
            &[0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff, 3, 3],
        ),
    ] {
        let said = drip(what, connect().await, first).await;
        assert!(!said.starts_with(b"HTTP/"), "{what} gets no answer");
    }
    // The handshake was valid; the request is slow.
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let secured = TlsConnector::from(Arc::new(config));
    let secured = secured
        .connect(ServerName::IpAddress(addr.ip().into()), connect().await)
        .await
        .unwrap();
    drip(
        "a slow head",
        secured,
        b"GET /v1/health HTTP/1.1\r\nhost: relay\r\nx-slow: ",
    )
    .await;
    assert_eq!(
        scene.post_event(&authority.client(), 1).await,
        StatusCode::OK,
        "the others are served"
    );
}
