//! How an exchange with the portal can fail.

use std::error::Error as _;
use std::io::ErrorKind;

/// Why a request to the portal brought no result. Holds neither the token nor an address; `description` may hold what
/// the PBX tells a person and belongs in no log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortalError {
    /// 401 or 403: the token is wrong, revoked, or the API option is not paid for.
    #[error("the PBX does not accept the token")]
    Unauthorized,
    /// The PBX understood and said no: an error body (reference 1.1), whatever the status, or another 3xx or 4xx.
    #[error("the PBX refused: {code} (HTTP {status})")]
    Refused {
        /// `errorCode`, or `http` when there was none.
        code: String,
        /// `description`, for a person.
        description: Option<String>,
        /// HTTP status; may be 200.
        status: u16,
    },
    /// Something else than the API answered (an HTML page), or the answer has another form than the method's.
    #[error("the answer is not the API's (HTTP {status})")]
    NotJson {
        /// HTTP status.
        status: u16,
        /// The answer says that there is no such path, so nothing was carried out.
        no_such_path: bool,
    },
    /// 5xx.
    #[error("the PBX is out of order (HTTP {status})")]
    Unavailable {
        /// HTTP status.
        status: u16,
    },
    /// Connected, but no whole answer in time.
    #[error("the PBX did not answer in time")]
    Timeout,
    /// No connection, or it broke.
    #[error("the PBX cannot be reached: {reach}")]
    Unreachable {
        /// What failed. All but [`Reach::Broken`] mean that nothing was sent.
        reach: Reach,
    },
    /// A call may have been placed or not; it must not be placed again without asking.
    #[error("it is not known whether the call was placed ({cause})")]
    OutcomeUnknown {
        /// The [code](PortalError::code) of what happened.
        cause: &'static str,
    },
    /// The answer is longer than the method's answers can be.
    #[error("the answer is too long")]
    TooLarge,
    /// An argument that cannot be sent; nothing was.
    #[error("unusable {what}")]
    Invalid {
        /// Which one.
        what: &'static str,
    },
}

/// What kept a request from reaching the PBX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// The name did not resolve.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The certificate or the TLS handshake.
    Tls,
    /// No connection in time.
    Silent,
    /// The connection broke after it was made: the request may have arrived.
    Broken,
    /// Anything else, for example no network.
    Other,
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dns => "its name does not resolve",
            Self::Refused => "the connection was refused",
            Self::Tls => "TLS failed",
            Self::Silent => "no connection in time",
            Self::Broken => "the connection broke",
            Self::Other => "no connection",
        })
    }
}

impl PortalError {
    /// A stable word for journals, counters and the choice of the text a person reads.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "pbx_unauthorized",
            Self::Refused { .. } => "pbx_refused",
            Self::NotJson { .. } => "pbx_not_json",
            Self::Unavailable { .. } => "pbx_unavailable",
            Self::Timeout => "pbx_timeout",
            Self::Unreachable { reach } => match reach {
                Reach::Dns => "pbx_unreachable_dns",
                Reach::Refused => "pbx_unreachable_refused",
                Reach::Tls => "pbx_unreachable_tls",
                Reach::Silent => "pbx_unreachable_silent",
                Reach::Broken => "pbx_connection_broken",
                Reach::Other => "pbx_unreachable",
            },
            Self::OutcomeUnknown { .. } => "pbx_outcome_unknown",
            Self::TooLarge => "pbx_too_large",
            Self::Invalid { .. } => "pbx_invalid_argument",
        }
    }

    /// Whether the PBX said that it has no such method (404, 405, an HTML page that says so), or that what it was asked
    /// for does not exist: nothing was carried out, and another edition of the method may be tried.
    pub fn is_no_such_method(&self) -> bool {
        matches!(
            self,
            Self::Refused { status: 404 | 405, .. } | Self::NotJson { no_such_path: true, .. }
        )
    }

    /// Whether the PBX may mean that what it was asked for does not exist. It says so in words for people, with the status
    /// and the code of any wrong request (reference 1.9); "too many requests" and a redirection say nothing of the kind.
    pub fn is_perhaps_missing(&self) -> bool {
        let may_mean_it = matches!(
            self,
            Self::Refused {
                status: 200..=299 | 400 | 404 | 410,
                ..
            }
        );
        may_mean_it || self.is_no_such_method()
    }

    /// Whether the same GET may well succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Timeout | Self::Unavailable { status: 502..=504 } => true,
            Self::Unreachable { reach } => *reach != Reach::Tls,
            _ => false,
        }
    }

    /// From the HTTP client's error. Its own text is dropped: it quotes the address.
    pub fn of_transport(error: &reqwest::Error) -> Self {
        let reach = if error.is_connect() {
            Reach::of_connect(error)
        } else if error.is_timeout() {
            return Self::Timeout;
        } else {
            Reach::Broken
        };
        Self::Unreachable { reach }
    }
}

impl Reach {
    fn of_connect(error: &reqwest::Error) -> Self {
        if error.is_dns() {
            return Self::Dns;
        }
        if error.is_timeout() {
            return Self::Silent;
        }
        let mut next = error.source();
        while let Some(cause) = next {
            let io = cause.downcast_ref::<std::io::Error>();
            match io.map(std::io::Error::kind) {
                Some(ErrorKind::ConnectionRefused) => return Self::Refused,
                Some(ErrorKind::TimedOut) => return Self::Silent,
                // rustls reports a bad certificate, or no TLS at all, as invalid data.
                Some(ErrorKind::InvalidData) => return Self::Tls,
                _ => {}
            }
            // The source of an io::Error is its content's source: without this step the content would be missed.
            next = match io.and_then(std::io::Error::get_ref) {
                Some(content) => Some(content),
                None => cause.source(),
            };
        }
        Self::Other
    }
}
