//! One request to a server without a token: whether it can be reached, its clock, and how long its certificate holds.

use std::time::Duration;

use chrono::DateTime;
use perezvon_core::Time;
use reqwest::{Client, header, redirect, retry, tls::TlsInfo};
use url::Url;

use super::{PortalError, Reach, is_loopback};

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// HTTP status; without a token usually an error.
    pub status: u16,
    /// The server's clock, to the second.
    pub date: Option<Time>,
    /// Until when its certificate holds; none over plain HTTP.
    pub certificate_ends: Option<Time>,
}

/// One GET of an address; no error quotes it.
///
/// # Errors
/// [`PortalError::Timeout`] and [`PortalError::Unreachable`].
pub async fn reach(url: &Url, at_most: Duration) -> Result<Reached, PortalError> {
    let mut client = Client::builder()
        .user_agent(concat!("Perezvon/", env!("CARGO_PKG_VERSION")))
        .timeout(at_most)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .tls_info(true);
    if is_loopback(url) {
        client = client.no_proxy();
    }
    let client = client
        .build()
        .map_err(|_| PortalError::Unreachable { reach: Reach::Tls })?;
    let answer = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| PortalError::of_transport(&error))?;
    let date = answer
        .headers()
        .get(header::DATE)
        .and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok())
        .map(|date| Time::from_ms(date.timestamp_millis()));
    let certificate_ends = answer
        .extensions()
        .get::<TlsInfo>()
        .and_then(|tls| {
            let (_, certificate) = x509_parser::parse_x509_certificate(tls.peer_certificate()?).ok()?;
            Some(certificate.validity().not_after.timestamp())
        })
        .map(|seconds| Time::from_ms(seconds.saturating_mul(1000)));
    Ok(Reached {
        status: answer.status().as_u16(),
        date,
        certificate_ends,
    })
}
