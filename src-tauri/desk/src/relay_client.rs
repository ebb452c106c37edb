//! The relay's HTTP API as the desk uses it (design, part 7). Answers may grow fields without breaking this.

pub mod admin;
mod answer;
mod forwarding;
mod join;
mod recordings;

pub use forwarding::{ForwardTo, Forwarding};
pub use join::{JoinLink, Joined, is_in_the_clear};

pub use answer::{Check, Health, Me, Placed, RelayAbonent, RelaySettings, RelayUser, SettingValues, SettingsChange};
pub(crate) use recordings::RecordingTold;

use crate::secret::Secret;
use crate::words::{FailureCode, Fault, Trouble};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for a connection to the relay.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for an answer; the relay itself may have to ask the PBX.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a call whose answer was lost is asked for again, under the same key.
const MAX_REPEATS: u32 = 5;
/// The pause before that.
const REPEAT_AFTER: Duration = Duration::from_secs(2);
/// Longest answer that is read, bytes.
const MAX_BODY_BYTES: usize = 8 << 20;

/// Where the key comes from: read at the moment of use.
pub type KeySource = Arc<dyn Fn() -> Option<Secret> + Send + Sync>;

/// The way to one relay. Cheap to clone.
#[derive(Clone)]
pub struct RelayClient {
    http: reqwest::Client,
    base: String,
    key: KeySource,
}

impl std::fmt::Debug for RelayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayClient")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Why a request to the relay failed.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The address is no HTTP address.
    #[error("not an HTTP address")]
    BadAddress,
    /// There is no key to the relay.
    #[error("no key to the relay")]
    NoKey,
    /// It cannot be reached: nothing was sent.
    #[error("the relay cannot be reached")]
    Unreachable,
    /// It answers, but is no relay that takes codes.
    #[error("there is no relay at this address")]
    NotARelay,
    /// No TLS could be agreed on: the certificate is not the relay's or not trusted, or there is no HTTPS.
    #[error("TLS with the relay failed")]
    Tls,
    /// The connection broke after it was made: the request may have arrived.
    #[error("the connection to the relay broke")]
    Broken,
    /// A call may have been placed or not.
    #[error("it is not known whether the call was placed")]
    OutcomeUnknown,
    /// It did not answer in time.
    #[error("the relay did not answer in time")]
    Timeout,
    /// It refused, with its own code and message.
    #[error("the relay refused: {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The contract's word.
        code: String,
        /// For support.
        message: String,
    },
    /// Its answer cannot be read.
    #[error("the relay's answer cannot be read")]
    Unreadable,
    /// What it sent could not be written here.
    #[error("the file could not be written")]
    NotWritten,
}

impl RelayError {
    /// The code for the window (`Failure::code`, `ServiceState::trouble`).
    pub fn code(&self) -> FailureCode {
        let Self::Refused { status, code, .. } = self else {
            return match self {
                Self::NoKey => Trouble::KeyRefused.into(),
                Self::Unreachable | Self::Broken | Self::Unreadable => Trouble::RelayUnreachable.into(),
                Self::BadAddress => Fault::BadAddress.into(),
                Self::NotARelay => Fault::NotARelay.into(),
                Self::Tls => Fault::RelayTls.into(),
                Self::OutcomeUnknown => Fault::CallUnknown.into(),
                Self::NotWritten => Fault::Storage.into(),
                Self::Timeout | Self::Refused { .. } => Fault::Timeout.into(),
            };
        };
        match (status, code.as_str()) {
            (401 | 403, _) => Trouble::KeyRefused.into(),
            (_, "code_unknown") => Fault::CodeUnknown.into(),
            (_, "code_used") => Fault::CodeUsed.into(),
            (_, "code_expired") => Fault::CodeExpired.into(),
            (_, "too_many_tries") => Fault::TooManyTries.into(),
            (_, "pbx_unauthorized") => Trouble::TokenRefused.into(),
            (_, "outcome_unknown" | "in_progress") => Fault::CallUnknown.into(),
            (_, "pbx_refused") => Fault::CallRefused.into(),
            (_, "bad_request" | "pbx_invalid_argument") => Fault::BadNumber.into(),
            (_, "unavailable") => Trouble::DiskFull.into(),
            (_, code) if code.starts_with("pbx_unreachable") => Trouble::PbxUnreachable.into(),
            (_, code) if code.starts_with("pbx_") => Trouble::PbxUnavailable.into(),
            (404, _) => Fault::NotFound.into(),
            (_, "no_token") => Trouble::NoToken.into(),
            (_, "timeout") => Fault::Timeout.into(),
            _ => Trouble::RelayUnreachable.into(),
        }
    }

    /// The request may have been carried out, though its answer was lost.
    fn is_answer_lost(&self) -> bool {
        match self {
            Self::Timeout | Self::Broken | Self::Unreadable => true,
            // The first attempt is still being carried out.
            Self::Refused { code, .. } if code == "in_progress" => true,
            // A proxy on the way answered, not the relay.
            Self::Refused {
                status: 500.., code, ..
            } => code.is_empty(),
            _ => false,
        }
    }
}

/// The relay's error body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: String,
    message: String,
}

/// The relay's lists under their names.
#[derive(Deserialize)]
struct Abonents {
    abonents: Vec<RelayAbonent>,
}

/// The PBX accepted the token.
#[derive(Deserialize)]
struct TokenAnswer {
    abonents: usize,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<RelayUser>,
}

#[derive(Deserialize)]
struct Checks {
    checks: Vec<Check>,
}

impl RelayClient {
    /// A client of the relay at `base`: `http://127.0.0.1:8731`.
    pub fn new(base: &str, key: KeySource) -> Result<Self, RelayError> {
        Self::trusting(base, key, Vec::new())
    }

    /// The same, trusting these authorities beside those that the system knows.
    pub fn trusting(base: &str, key: KeySource, roots: Vec<reqwest::Certificate>) -> Result<Self, RelayError> {
        let base = base.trim().trim_end_matches('/').to_owned();
        let url = reqwest::Url::parse(&base).map_err(|_| RelayError::BadAddress)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(RelayError::BadAddress);
        }
        // The feed upgrades its connection, which HTTP/2 has no way for.
        let mut http = reqwest::Client::builder()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")) {
            // The embedded relay is not behind the company's proxy.
            http = http.no_proxy();
        }
        if !roots.is_empty() {
            http = http.tls_certs_merge(roots);
        }
        let http = http.build().map_err(|_| RelayError::BadAddress)?;
        Ok(Self { http, base, key })
    }

    /// The relay's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The key that requests carry now.
    pub fn key(&self) -> Option<Secret> {
        (self.key)()
    }

    /// Places a call: the abonent's own phone rings first. Asked again under the same `idempotency_key` where the
    /// answer was lost, which the relay makes harmless. `abonent` is for an admin's key only.
    pub async fn place_call(
        &self,
        number: &str,
        abonent: Option<&str>,
        idempotency_key: &str,
    ) -> Result<Placed, RelayError> {
        let mut body = serde_json::json!({ "number": number });
        if let Some(abonent) = abonent {
            body["abonent"] = abonent.into();
        }
        let mut lost = false;
        for _ in 0..=MAX_REPEATS {
            let request = self
                .request(Method::POST, "/v1/calls")?
                .header("Idempotency-Key", idempotency_key)
                .json(&body);
            match answer(request).await {
                Err(error) if error.is_answer_lost() => lost = true,
                // It starts anew, perhaps with another key; it has noted what it was asked before.
                Err(RelayError::Unreachable | RelayError::Tls | RelayError::Refused { status: 401 | 403, .. })
                    if lost => {}
                other => return other,
            }
            tokio::time::sleep(REPEAT_AFTER).await;
        }
        Err(RelayError::OutcomeUnknown)
    }

    /// The user undertakes to call the caller of a missed call back for so many minutes; 0 gives that back. `abonent` is for
    /// an admin's key only.
    pub async fn claim(&self, call: &str, minutes: u32, abonent: Option<&str>) -> Result<(), RelayError> {
        let mut body = serde_json::json!({ "minutes": minutes });
        if let Some(abonent) = abonent {
            body["abonent"] = abonent.into();
        }
        let request = self.request(Method::PUT, &format!("/v1/calls/{call}/claim"))?;
        accepted(request.json(&body).send().await.map_err(|error| of_transport(&error))?).await?;
        Ok(())
    }

    /// The state of the relay. Needs no key; with an admin's key it tells more. A relay that cannot store answers too.
    pub async fn health(&self) -> Result<Health, RelayError> {
        let mut request = self.http.get(self.url("/v1/health")).timeout(ANSWER_TIMEOUT);
        if let Some(key) = (self.key)() {
            request = request.bearer_auth(key.expose());
        }
        let response = request.send().await.map_err(|e| of_transport(&e))?;
        serde_json::from_slice(&body(response).await?).map_err(|_| RelayError::Unreadable)
    }

    /// Whose key this is.
    pub async fn me(&self) -> Result<Me, RelayError> {
        answer(self.request(Method::GET, "/v1/me")?).await
    }

    /// Reads the abonents from the PBX anew (admin).
    pub async fn refresh_abonents(&self) -> Result<Vec<RelayAbonent>, RelayError> {
        Ok(answer::<Abonents>(self.request(Method::POST, "/v1/abonents/refresh")?)
            .await?
            .abonents)
    }

    /// The company's abonents as the relay knows them (admin).
    pub async fn abonents(&self) -> Result<Vec<RelayAbonent>, RelayError> {
        Ok(answer::<Abonents>(self.request(Method::GET, "/v1/abonents")?)
            .await?
            .abonents)
    }

    /// The relay's settings (admin).
    pub async fn settings(&self) -> Result<RelaySettings, RelayError> {
        answer(self.request(Method::GET, "/v1/settings")?).await
    }

    /// Changes settings (admin).
    pub async fn put_settings(&self, change: &SettingsChange) -> Result<(), RelayError> {
        done(self.request(Method::PUT, "/v1/settings")?.json(change)).await
    }

    /// Gives the relay the account token, which it tries at the PBX first; how many abonents the PBX told (admin).
    pub async fn put_token(&self, token: &Secret) -> Result<usize, RelayError> {
        let body = serde_json::json!({ "token": token.expose() });
        Ok(
            answer::<TokenAnswer>(self.request(Method::PUT, "/v1/settings/token")?.json(&body))
                .await?
                .abonents,
        )
    }

    /// Every check of «Проверить сервис» (admin).
    pub async fn check(&self) -> Result<Vec<Check>, RelayError> {
        Ok(answer::<Checks>(self.request(Method::GET, "/v1/check")?).await?.checks)
    }

    /// The relay's users (admin).
    pub async fn users(&self) -> Result<Vec<RelayUser>, RelayError> {
        Ok(answer::<Users>(self.request(Method::GET, "/v1/users")?).await?.users)
    }

    /// A request with the key and the usual time limit.
    pub(crate) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, RelayError> {
        let key = (self.key)().ok_or(RelayError::NoKey)?;
        Ok(self
            .http
            .request(method, self.url(path))
            .timeout(ANSWER_TIMEOUT)
            .bearer_auth(key.expose()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, RelayError> {
    let response = accepted(request.send().await.map_err(|e| of_transport(&e))?).await?;
    let body = body(response).await?;
    serde_json::from_slice(&body).map_err(|_| RelayError::Unreadable)
}

async fn done(request: RequestBuilder) -> Result<(), RelayError> {
    accepted(request.send().await.map_err(|e| of_transport(&e))?)
        .await
        .map(drop)
}

/// The response, if it is a success; else the relay's own words.
pub(crate) async fn accepted(response: Response) -> Result<Response, RelayError> {
    let status = response.status();
    if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    let said: ErrorBody = match body(response).await {
        Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
        Err(_) => ErrorBody::default(),
    };
    Err(RelayError::Refused {
        status: status.as_u16(),
        code: said.code,
        message: said.message,
    })
}

/// The body, bounded.
pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, RelayError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| of_transport(&e))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(RelayError::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn of_transport(error: &reqwest::Error) -> RelayError {
    // A connection that was never made is no lost answer.
    if error.is_connect() && is_tls(error) {
        RelayError::Tls
    } else if error.is_connect() {
        RelayError::Unreachable
    } else if error.is_timeout() {
        RelayError::Timeout
    } else {
        RelayError::Broken
    }
}

/// rustls reports a bad certificate, or that nobody speaks TLS, as invalid data.
fn is_tls(error: &reqwest::Error) -> bool {
    use std::error::Error as _;
    let mut next = error.source();
    while let Some(cause) = next {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        // The source of an io::Error is its content's source: without this step the content would be missed.
        next = match io.and_then(std::io::Error::get_ref) {
            Some(content) => Some(content),
            None => cause.source(),
        };
    }
    false
}
