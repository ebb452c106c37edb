//! `/v1/releases`: what desks are updated from, in the form of Tauri's updater.

use super::caller::Caller;
use super::input::{Json, Path, Query};
use crate::http::error::ApiError;
use crate::listening::Listening;
use crate::releases::{Releases, Target, Version};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use perezvon_core::Time;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::io::AsyncReadExt as _;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

/// Bytes that are read from the disk at a time.
const PIECE: usize = 64 * 1024;

/// What a desk has.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installed {
    /// Its computer.
    #[param(inline)]
    target: Target,
    /// Its version.
    #[param(inline)]
    version: Version,
}

/// A release that a desk may install. The names are Tauri's.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferedRelease {
    #[schema(inline)]
    version: Version,
    /// What is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// When it was put here.
    pub_date: Time,
    /// Where the file is, by the address that was asked. Behind a proxy the scheme may be another.
    url: String,
    /// Of the file, by the makers of the app; base64.
    signature: String,
}

/// The newest release that is newer than the desk's.
#[utoipa::path(
    get,
    path = "/v1/releases",
    params(Installed),
    responses((status = 200, body = OfferedRelease), (status = 204, description = "None is newer"))
)]
pub(crate) async fn newer(
    State(releases): State<Releases>,
    State(listening): State<Listening>,
    _: Caller,
    Query(has): Query<Installed>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = off_thread(move || releases.newer(has.target, has.version)).await?;
    let Some(release) = found else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_plain = |host: &&str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    let host = host.filter(is_plain).map_or(listening.addr.to_string(), str::to_owned);
    let (target, version) = (release.target.as_str(), release.version);
    let offered = OfferedRelease {
        version,
        notes: release.notes,
        pub_date: release.added_at,
        url: format!("{}://{host}/v1/releases/{target}/{version}/file", listening.scheme()),
        signature: release.signature,
    };
    Ok(Json(offered).into_response())
}

/// One release.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ByRelease {
    /// The computers that it is for.
    #[param(inline)]
    target: Target,
    /// Its version.
    #[param(inline)]
    version: Version,
}

/// The file of a release.
#[utoipa::path(
    get,
    path = "/v1/releases/{target}/{version}/file",
    params(ByRelease),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"))
)]
pub(crate) async fn file(
    State(releases): State<Releases>,
    _: Caller,
    Path(by): Path<ByRelease>,
) -> Result<Response, ApiError> {
    let place = releases.place_to_send().ok_or(ApiError::TooMany)?;
    let opened = off_thread(move || releases.open(by.target, by.version)).await?;
    let (file, size) = opened.ok_or(ApiError::NotFound)?;
    let sending = Sending {
        file: tokio::fs::File::from_std(file),
        _place: place,
    };
    let mut answer = Response::new(Body::from_stream(send(sending)));
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::CONTENT_LENGTH, size.into());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(answer)
}

/// A file on its way to one desk.
struct Sending {
    file: tokio::fs::File,
    _place: OwnedSemaphorePermit,
}

/// The next piece is read when the desk has taken the last.
fn send(sending: Sending) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(sending, |mut sending| async {
        let mut piece = BytesMut::with_capacity(PIECE);
        match sending.file.read_buf(&mut piece).await {
            Ok(0) => None,
            read => Some((read.map(|_| piece.freeze()), sending)),
        }
    })
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(io::Error::other);
    done.and_then(|result| result).map_err(|error| {
        tracing::error!(%error, "the releases cannot be read");
        ApiError::Unavailable
    })
}
