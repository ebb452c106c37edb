//! The one table from error to status (design, part 7). No stack traces, no secrets, no internals.

use crate::failed::Failed;
use crate::tables::LedgerError;
use crate::tables::join_codes::Refused;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use perezvon_pbx::rest::PortalError;
use serde::Serialize;
use utoipa::ToSchema;

/// What an error says in its body.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct Refusal {
    /// A stable word for programs.
    code: &'static str,
    /// One sentence for people.
    message: String,
}

/// What a request can end with instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// Something in the request is wrong: which, and what is expected.
    BadRequest(&'static str),
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// The body did not come in time.
    Timeout,
    TooLarge,
    /// The body is of another kind than is expected.
    UnsupportedMediaType,
    TooMany,
    /// There is no place for one more connection.
    TooManyConnections,
    /// Too many codes were tried: how long to wait, seconds.
    TooManyTries(u64),
    /// More join codes are open than anybody needs.
    TooManyCodes,
    /// The join code is not accepted.
    JoinRefused(Refused),
    /// A setting is unknown or out of its bounds: which, and what is expected.
    BadSetting(String),
    /// The idempotency key was used for another number.
    KeyReused,
    /// The same request is being carried out.
    InProgress,
    /// Nobody knows whether the call was placed; it is not repeated.
    OutcomeUnknown,
    /// There is no account token.
    NoToken,
    /// The address at which the PBX reaches the relay is not set.
    NoPublicUrl,
    /// There is one subscription for the company, so one abonent's cannot be switched.
    GroupScope,
    /// There is no account token, and what is wanted is at the PBX only.
    RecordingsNeedToken,
    /// The PBX has the recording no more.
    RecordingGone,
    /// The recording has no such bytes; its size, if it is known.
    NoSuchBytes(Option<i64>),
    /// The ledger does not take or give anything now.
    Unavailable,
    /// The answer took longer than anybody waits.
    TookTooLong,
    /// The relay is ending.
    Stopping,
    /// The PBX surely did not do it: its error code and what it says to people.
    Pbx(&'static str, String),
    /// The PBX does not accept the token.
    PbxUnauthorized,
}

impl ApiError {
    /// The word for programs.
    pub(crate) fn code(&self) -> &'static str {
        self.parts().1
    }

    #[expect(clippy::too_many_lines, reason = "the one table of errors")]
    fn parts(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        let say = |status, code, message: &str| (status, code, message.to_owned());
        match self {
            Self::BadRequest(what) => say(S::BAD_REQUEST, "bad_request", what),
            Self::Unauthorized => say(S::UNAUTHORIZED, "unauthorized", "a valid key is needed"),
            Self::Forbidden => say(S::FORBIDDEN, "forbidden", "this key may not do that"),
            Self::NotFound => say(S::NOT_FOUND, "not_found", "there is nothing here"),
            Self::MethodNotAllowed => say(S::METHOD_NOT_ALLOWED, "method_not_allowed", "not with this method"),
            Self::Timeout => say(S::REQUEST_TIMEOUT, "timeout", "the request did not come in time"),
            Self::TooLarge => say(S::PAYLOAD_TOO_LARGE, "too_large", "the body is too large"),
            Self::UnsupportedMediaType => say(
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be application/json",
            ),
            Self::TooMany => say(S::TOO_MANY_REQUESTS, "too_many", "too many requests"),
            Self::TooManyConnections => say(
                S::SERVICE_UNAVAILABLE,
                "too_many_connections",
                "there are too many connections",
            ),
            Self::TooManyTries(_) => say(
                S::TOO_MANY_REQUESTS,
                "too_many_tries",
                "too many codes were tried; wait a minute",
            ),
            Self::TooManyCodes => say(
                S::CONFLICT,
                "too_many_codes",
                "too many join codes are open: withdraw some",
            ),
            Self::JoinRefused(Refused::Unknown) => say(S::NOT_FOUND, "code_unknown", "there is no such code"),
            Self::JoinRefused(Refused::Used) => say(S::GONE, "code_used", "the code has been used"),
            Self::JoinRefused(Refused::Expired) => say(S::GONE, "code_expired", "the code's time is over"),
            Self::BadSetting(what) => (S::BAD_REQUEST, "bad_setting", what.clone()),
            Self::KeyReused => say(
                S::CONFLICT,
                "key_reused",
                "this Idempotency-Key was used for another number",
            ),
            Self::InProgress => say(S::CONFLICT, "in_progress", "the same request is being carried out"),
            Self::OutcomeUnknown => say(
                S::CONFLICT,
                "outcome_unknown",
                "it is not known whether the call was placed; it is not repeated",
            ),
            Self::NoToken => say(S::CONFLICT, "no_token", "the relay has no account token"),
            Self::NoPublicUrl => say(
                S::CONFLICT,
                "no_public_url",
                "the public address is not set: without it there are no subscriptions",
            ),
            Self::GroupScope => say(
                S::CONFLICT,
                "group_scope",
                "one subscription serves the whole company: set subscriptionScope to abonents to switch single ones",
            ),
            Self::RecordingsNeedToken => say(
                S::SERVICE_UNAVAILABLE,
                "no_token",
                "the relay has no account token, and recordings are at the PBX: an administrator must set it",
            ),
            Self::RecordingGone => say(S::GONE, "recording_gone", "the PBX has this recording no more"),
            Self::NoSuchBytes(_) => say(
                S::RANGE_NOT_SATISFIABLE,
                "no_such_bytes",
                "the recording has no such bytes",
            ),
            Self::Unavailable => say(
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "nothing can be stored at the moment",
            ),
            Self::TookTooLong => say(S::SERVICE_UNAVAILABLE, "took_too_long", "the answer took too long"),
            Self::Stopping => say(S::SERVICE_UNAVAILABLE, "stopping", "the relay is ending"),
            Self::Pbx(code, message) => (S::BAD_GATEWAY, *code, message.clone()),
            Self::PbxUnauthorized => say(S::BAD_GATEWAY, "pbx_unauthorized", "the PBX does not accept the token"),
        }
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.parts().0
    }

    /// The sentence for a person.
    pub(crate) fn message(&self) -> String {
        self.parts().2
    }

    /// From what kept a body from being read.
    pub(crate) fn of_body(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        // The connection failed or the time ran out; anything else is the limit of the size.
        if causes.any(|cause| cause.is::<std::io::Error>() || cause.is::<hyper::Error>()) {
            Self::Timeout
        } else {
            Self::TooLarge
        }
    }

    /// The whole answer for a connection that no request was read from.
    pub(crate) fn as_http1(&self) -> String {
        let (status, code, message) = self.parts();
        let body = serde_json::to_string(&Refusal { code, message }).unwrap_or_default();
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nretry-after: 5\r\nconnection: \
             close\r\n\r\n{body}",
            body.len()
        )
    }

    /// From what the PBX or the way to it said.
    pub(crate) fn of_portal(error: &PortalError) -> Self {
        match error {
            PortalError::Unauthorized => Self::PbxUnauthorized,
            PortalError::OutcomeUnknown { .. } => Self::OutcomeUnknown,
            PortalError::Invalid { .. } => Self::BadRequest("the number cannot be dialled"),
            PortalError::Refused {
                description: Some(said),
                ..
            } => Self::Pbx(error.code(), said.clone()),
            other => Self::Pbx(other.code(), other.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let mut response = (status, Json(Refusal { code, message })).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = if let Self::TooManyTries(seconds) = self {
                seconds
            } else {
                1
            };
            response
                .headers_mut()
                .insert(axum::http::header::RETRY_AFTER, wait.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = axum::http::HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(axum::http::header::WWW_AUTHENTICATE, scheme);
        }
        if let Self::NoSuchBytes(Some(size)) = self
            && let Ok(range) = axum::http::HeaderValue::try_from(format!("bytes */{size}"))
        {
            response.headers_mut().insert(axum::http::header::CONTENT_RANGE, range);
        }
        response
    }
}

impl From<crate::people::Expected> for ApiError {
    fn from(expected: crate::people::Expected) -> Self {
        Self::BadRequest(expected.0)
    }
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Portal(error) => Self::of_portal(&error),
            Failed::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        tracing::error!(%error, "the ledger failed a request");
        Self::Unavailable
    }
}
