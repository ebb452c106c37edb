//! The portal's REST API (reference, part 1): one [`Portal`] per account token.
//!
//! Every method is one exchange with the PBX and goes through one function, which bounds it in time and size, tells
//! the journal about it and turns every form of failure into one [`PortalError`]. Only GET is repeated by itself.
//! `REST.md` beside this package's manifest lists every method of the API, its function and its test.

mod abonents;
mod additional_number;
mod agent;
mod answer;
mod audio;
mod call;
mod call_lists;
mod download;
mod error;
mod exchange;
mod forwarding;
mod icr;
mod numbers;
mod phone;
mod reach;
mod recording;
mod records;
mod rules;
mod selective;
mod statistics;
mod subscription;
mod token;
mod transfer;
mod words;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use perezvon_core::time::jittered;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Method, redirect, retry};
use url::{Host, Url};

pub use self::abonents::Abonent;
pub use self::agent::AgentStatus;
use self::answer::Answer;
pub use self::audio::Audio;
pub use self::call::CallPlaced;
pub use self::call_lists::{CallLists, ListKind, ListRule, ListStatus};
pub use self::download::{ByteRange, ContentRange, Download, MAX_RECORDING};
pub use self::error::{PortalError, Reach};
use self::exchange::Report;
pub use self::exchange::{ABANDONED, Exchange, OnExchange};
pub use self::forwarding::{Forward, Forwarding};
pub use self::icr::{ItemError, ItemOutcome, Route};
pub use self::numbers::InboundNumber;
pub use self::reach::{Reached, reach};
pub use self::records::{CallRecord, RecordFilter, RecordKey, RecordLink, RecordPage, Records};
pub use self::rules::{Schedule, Stored};
pub use self::selective::{ForwardRule, SelectiveForwarding};
pub use self::statistics::{LineStatus, PAGE_SIZES, StatisticsLine, StatisticsPage, StatisticsQuery};
pub use self::subscription::{Subscribed, SubscriptionInfo, SubscriptionKind, TargetType};
pub use self::token::{BadToken, Token};

/// Where Beeline serves the API (reference 1.1).
pub const BEELINE: &str = "https://cloudpbx.beeline.ru/apis/portal/";
/// Header that carries the token (reference 1.1).
pub const TOKEN_HEADER: &str = "X-MPBX-API-AUTH-TOKEN";
/// Longest answer that is a list, bytes: some 30,000 abonents.
pub const MAX_LIST: usize = 8 * 1024 * 1024;
/// Longest other answer, bytes.
pub const MAX_ANSWER: usize = 64 * 1024;

/// How often a GET is sent at most.
const MAX_TRIES: u32 = 3;

/// Everything outside RFC 3986 "unreserved", so that `@`, `:` and `/` in an id stay inside their path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long the client waits.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For one whole exchange, from connecting to the last byte of the answer.
    pub exchange: Duration,
    /// For a GET with its repeats.
    pub overall: Duration,
    /// Before the first repeat, or up to a half less; doubled before the second.
    pub backoff: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            exchange: Duration::from_secs(15),
            overall: Duration::from_secs(25),
            backoff: Duration::from_millis(300),
        }
    }
}

/// A client of the portal API. Cloning is cheap and shares the connections.
#[derive(Clone)]
pub struct Portal {
    client: Client,
    base: Url,
    token: Arc<Token>,
    timing: Timing,
    on_exchange: Option<OnExchange>,
    cause: Option<Arc<str>>,
}

impl std::fmt::Debug for Portal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal")
            .field("base", &self.base.as_str())
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

/// What one method sends.
struct Request<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<serde_json::Value>,
    /// Longest answer, bytes.
    limit: usize,
}

impl<'a> Request<'a> {
    fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self {
            method,
            path,
            query: &[],
            body: None,
            limit: MAX_ANSWER,
        }
    }
}

impl Portal {
    /// A client of the API at `base` ([`BEELINE`], or a simulator's).
    ///
    /// # Errors
    /// [`PortalError::Invalid`] if `base` is no plain http or https address, [`PortalError::Unreachable`] with
    /// [`Reach::Tls`] if this machine's TLS cannot be set up.
    pub fn new(mut base: Url, token: Token, timing: Timing) -> Result<Self, PortalError> {
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(PortalError::Invalid { what: "base address" });
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut client = Client::builder()
            .user_agent(concat!("Perezvon/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timing.connect)
            // A redirect would carry the token to another host, and no method of the API redirects.
            .redirect(redirect::Policy::none())
            // What may be repeated is decided here and nowhere else.
            .retry(retry::never())
            .referer(false);
        if is_loopback(&base) {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|_| PortalError::Unreachable { reach: Reach::Tls })?;
        Ok(Self {
            client,
            base,
            token: Arc::new(token),
            timing,
            on_exchange: None,
            cause: None,
        })
    }

    /// The same client, telling `on_exchange` about every exchange.
    pub fn observed(mut self, on_exchange: OnExchange) -> Self {
        self.on_exchange = Some(on_exchange);
        self
    }

    /// The same client for one purpose: [`Exchange::cause`] of everything it does from now on.
    pub fn caused_by(mut self, cause: &str) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// A GET, repeated where another try may help and within [`Timing::overall`].
    async fn get(&self, request: &Request<'_>) -> Result<Answer, PortalError> {
        self.repeated(|left| self.once(request, left)).await
    }

    /// Calls `once` with the time that is left, until it succeeds or another try is of no use.
    async fn repeated<T, F>(&self, once: impl Fn(Duration) -> F) -> Result<T, PortalError>
    where
        F: Future<Output = Result<T, PortalError>>,
    {
        let start = Instant::now();
        let mut pause = self.timing.backoff;
        for _ in 1..MAX_TRIES {
            let left = self.timing.overall.saturating_sub(start.elapsed());
            match once(left).await {
                Err(error) if error.is_passing() && start.elapsed() + 2 * pause < self.timing.overall => {
                    let random = RandomState::new().hash_one(0_u8) as u32;
                    tokio::time::sleep(jittered(pause, random)).await;
                    pause *= 2;
                }
                ended => return ended,
            }
        }
        once(self.timing.overall.saturating_sub(start.elapsed())).await
    }

    /// Exactly one exchange, for everything that changes something at the PBX.
    async fn send(&self, request: &Request<'_>) -> Result<Answer, PortalError> {
        self.once(request, self.timing.exchange).await
    }

    async fn once(&self, request: &Request<'_>, at_most: Duration) -> Result<Answer, PortalError> {
        let url = self.url(request)?;
        let mut report = Report::new(self, request);
        let result = match self
            .exchange(request, url, at_most.min(self.timing.exchange), &mut report.status)
            .await
        {
            Ok(answer) => answer.checked(&self.token),
            Err(error) => Err(error),
        };
        report.error = result.as_ref().err().map(PortalError::code);
        result
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        url: Url,
        at_most: Duration,
        status: &mut Option<u16>,
    ) -> Result<Answer, PortalError> {
        let mut builder = self
            .client
            .request(request.method.clone(), url)
            .timeout(at_most)
            .header(TOKEN_HEADER, self.token.header())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let mut response = builder.send().await.map_err(|e| PortalError::of_transport(&e))?;
        let code = response.status().as_u16();
        *status = Some(code);
        if response
            .content_length()
            .is_some_and(|length| length > request.limit as u64)
        {
            return Err(PortalError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| PortalError::of_transport(&e))? {
            if body.len() + chunk.len() > request.limit {
                return Err(PortalError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: code, body })
    }

    fn url(&self, request: &Request<'_>) -> Result<Url, PortalError> {
        let mut path = self.base.path().to_owned();
        for (i, segment) in request.path.iter().enumerate() {
            // The empty segment would turn one abonent into the list; dots would climb out of the API.
            if matches!(segment.trim(), "" | "." | "..") {
                return Err(PortalError::Invalid { what: "identifier" });
            }
            if i > 0 {
                path.push('/');
            }
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let mut url = self.base.clone();
        url.set_path(&path);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        Ok(url)
    }
}

/// A simulator on this machine is never reached through a proxy.
fn is_loopback(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
